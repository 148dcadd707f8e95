//! Point queries by key: what a decision asks for, from inside the writer's transaction, and what a
//! reader looks up. Every statement names one firm.

use domain::{
    Day, Id, Key, Loaded, Ref,
    id::User,
    number::Series,
    rows::{Client, Counter, DayNet, Firm, Member, Outcome, Payment, Retainer},
};
use rusqlite::{Connection, OptionalExtension, Params, Result};

use super::{codec::Columns, rows};

/// Answers `key`: by its row, or by its absence.
pub(super) fn load(connection: &Connection, firm: Id<Firm>, key: &Key) -> Result<Loaded> {
    let found = match key {
        Key::Member(user) => member(connection, firm, *user)?.map(Loaded::Member),
        Key::Client(by) => client(connection, firm, by)?.map(Loaded::Client),
        Key::Retainer(by) => retainer(connection, firm, by)?.map(Loaded::Retainer),
        Key::Payment(by) => payment(connection, firm, by)?.map(Loaded::Payment),
        Key::Counter(series, period) => {
            counter(connection, firm, *series, *period)?.map(Loaded::Counter)
        }
        Key::Outcome(user, key) => outcome(connection, firm, *user, key)?.map(Loaded::Outcome),
        Key::DaysFrom(retainer, from) => {
            let nets = days(connection, firm, *retainer, *from)?;
            Some(Loaded::Days { retainer: *retainer, from: *from, nets })
        }
    };
    Ok(found.unwrap_or_else(|| Loaded::Absent(key.clone())))
}

pub(super) fn firm(connection: &Connection, id: Id<Firm>) -> Result<Option<Firm>> {
    let sql = format!("select {} from firms f where f.id = ?1", rows::FIRM);
    one(connection, &sql, [id.bytes()], rows::firm)
}

pub(super) fn member(
    connection: &Connection,
    firm: Id<Firm>,
    user: Id<User>,
) -> Result<Option<Member>> {
    let sql =
        format!("select {} from members m where m.firm_id = ?1 and m.user_id = ?2", rows::MEMBER);
    one(connection, &sql, [firm.bytes(), user.bytes()], rows::member)
}

pub(super) fn client(
    connection: &Connection,
    firm: Id<Firm>,
    by: &Ref<Client>,
) -> Result<Option<Client>> {
    let from = format!("select {} from clients c where c.firm_id = ?1 and c", rows::CLIENT);
    named(connection, &from, firm, by, rows::client)
}

pub(super) fn retainer(
    connection: &Connection,
    firm: Id<Firm>,
    by: &Ref<Retainer>,
) -> Result<Option<Retainer>> {
    let from = format!("select {} from retainers r where r.firm_id = ?1 and r", rows::RETAINER);
    named(connection, &from, firm, by, rows::retainer)
}

pub(super) fn payment(
    connection: &Connection,
    firm: Id<Firm>,
    by: &Ref<Payment>,
) -> Result<Option<Payment>> {
    let from = format!("select {} from payments p where p.firm_id = ?1 and p", rows::PAYMENT);
    named(connection, &from, firm, by, rows::payment)
}

pub(super) fn outcome(
    connection: &Connection,
    firm: Id<Firm>,
    user: Id<User>,
    key: &str,
) -> Result<Option<Outcome>> {
    let sql = format!(
        "select {} from outcomes o where o.firm_id = ?1 and o.user_id = ?2 and o.key = ?3",
        rows::OUTCOME
    );
    one(connection, &sql, (firm.bytes(), user.bytes(), key), rows::outcome)
}

fn counter(
    connection: &Connection,
    firm: Id<Firm>,
    series: Series,
    period: i32,
) -> Result<Option<Counter>> {
    let sql = format!(
        "select {} from counters n where n.firm_id = ?1 and n.series = ?2 and n.period = ?3",
        rows::COUNTER
    );
    one(connection, &sql, (firm.bytes(), series.prefix(), period), rows::counter)
}

fn days(
    connection: &Connection,
    firm: Id<Firm>,
    retainer: Id<Retainer>,
    from: Day,
) -> Result<Vec<DayNet>> {
    let sql = format!(
        "select {} from retainer_days d where d.firm_id = ?1 and d.retainer_id = ?2 and d.day >= ?3",
        rows::DAY_NET
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let nets = statement.query_map((firm.bytes(), retainer.bytes(), from.days()), |row| {
        rows::day_net(&mut Columns::of(row))
    })?;
    nets.collect()
}

/// The row that `by` names; `from` ends in the alias of its table.
pub(super) fn named<R, T>(
    connection: &Connection,
    from: &str,
    firm: Id<Firm>,
    by: &Ref<R>,
    decode: fn(&mut Columns<'_>) -> Result<T>,
) -> Result<Option<T>> {
    match by {
        Ref::Id(id) => {
            one(connection, &format!("{from}.id = ?2"), (firm.bytes(), id.bytes()), decode)
        }
        Ref::Number(number) => {
            one(connection, &format!("{from}.number = ?2"), (firm.bytes(), number), decode)
        }
    }
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    decode: fn(&mut Columns<'_>) -> Result<T>,
) -> Result<Option<T>> {
    connection
        .prepare_cached(sql)?
        .query_row(params, |row| decode(&mut Columns::of(row)))
        .optional()
}
