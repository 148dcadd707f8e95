//! Queries by key: what a decision asks for, from inside the writer's transaction.
//! Every statement names one firm.

use domain::{
    Day, Id, Key, Loaded, Set, entities,
    id::User,
    lately::LATELY_COUNT_MAX,
    number::Series,
    rows::{Application, Counter, DayNet, Firm, Invoice, Member, Outcome, Retainer},
};
use rusqlite::{Connection, Result};

use super::entity::{all, find, one};
use crate::shape::{
    Shape,
    journal::{Plain as _, Seen},
    sets::{self, Asks},
};

macro_rules! answers {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// Answers `key`: by its row, or by its absence.
        pub(super) fn load(connection: &Connection, firm: Id<Firm>, key: &Key) -> Result<Loaded> {
            let found = match key {
                Key::Member(user) => member(connection, firm, *user)?.map(Loaded::Member),
                $(Key::$row(by) => find(connection, firm, by)?.map(Loaded::$row),)+
                Key::Counter(series, period) => {
                    counter(connection, firm, *series, *period)?.map(Loaded::Counter)
                }
                Key::Outcome(user, key) => {
                    outcome(connection, firm, *user, key)?.map(Loaded::Outcome)
                }
                Key::DaysFrom(retainer, from) => {
                    let nets = days(connection, firm, *retainer, *from)?;
                    Some(Loaded::Days { retainer: *retainer, from: *from, nets })
                }
                Key::Applications(invoice) => {
                    let lines = applications(connection, firm, *invoice)?;
                    Some(Loaded::Applications { invoice: *invoice, lines })
                }
                Key::Lately => Some(lately(connection, firm)?),
                Key::Set(set) => Some(Loaded::Set(set.clone(), in_set(connection, firm, set)?)),
            };
            Ok(found.unwrap_or_else(|| Loaded::Absent(key.clone())))
        }
    };
}
entities!(answers);

/// Every row of a set, by table and primary key.
fn in_set(connection: &Connection, firm: Id<Firm>, set: &Set) -> Result<Vec<Loaded>> {
    let mut asked = InSet { connection, firm, rows: Vec::new() };
    sets::ask(set, &mut asked)?;
    Ok(asked.rows)
}

struct InSet<'c> {
    connection: &'c Connection,
    firm: Id<Firm>,
    rows: Vec<Loaded>,
}

impl Asks for InSet<'_> {
    type Error = rusqlite::Error;

    fn rows<E: Shape>(
        &mut self,
        column: &'static str,
        of: &[u8; 12],
        condition: &'static str,
        loaded: fn(E) -> Loaded,
    ) -> Result<()> {
        let (name, alias, columns) = (E::TABLE.name, E::TABLE.alias, E::TABLE.selected());
        let sql = format!(
            "select {columns} from {name} {alias} \
             where {alias}.firm_id = ?1 and {column} = ?2 and {condition} order by id"
        );
        let rows: Vec<E> = all(self.connection, &sql, (self.firm.bytes(), of))?;
        self.rows.extend(rows.into_iter().map(loaded));
        Ok(())
    }
}

pub(super) fn firm(connection: &Connection, id: Id<Firm>) -> Result<Option<Firm>> {
    one(connection, &Firm::select("f.id = ?1"), [id.bytes()])
}

fn member(connection: &Connection, firm: Id<Firm>, user: Id<User>) -> Result<Option<Member>> {
    let sql = Member::select("m.firm_id = ?1 and m.user_id = ?2");
    one(connection, &sql, [firm.bytes(), user.bytes()])
}

fn outcome(
    connection: &Connection,
    firm: Id<Firm>,
    user: Id<User>,
    key: &str,
) -> Result<Option<Outcome>> {
    let sql = Outcome::select("y.firm_id = ?1 and y.user_id = ?2 and y.key = ?3");
    one(connection, &sql, (firm.bytes(), user.bytes(), key))
}

fn counter(
    connection: &Connection,
    firm: Id<Firm>,
    series: Series,
    period: i32,
) -> Result<Option<Counter>> {
    let sql = Counter::select("q.firm_id = ?1 and q.series = ?2 and q.period = ?3");
    one(connection, &sql, (firm.bytes(), series.prefix(), period))
}

fn days(
    connection: &Connection,
    firm: Id<Firm>,
    retainer: Id<Retainer>,
    from: Day,
) -> Result<Vec<DayNet>> {
    let sql = DayNet::select("d.firm_id = ?1 and d.retainer_id = ?2 and d.day >= ?3");
    all(connection, &sql, (firm.bytes(), retainer.bytes(), from.days()))
}

fn applications(
    connection: &Connection,
    firm: Id<Firm>,
    invoice: Id<Invoice>,
) -> Result<Vec<Application>> {
    let sql = Application::select("l.firm_id = ?1 and l.invoice_id = ?2");
    all(connection, &sql, [firm.bytes(), invoice.bytes()])
}

fn lately(connection: &Connection, firm: Id<Firm>) -> Result<Loaded> {
    let sql = format!(
        "select fingerprint, at from audit \
         where firm_id = ?1 and seq is not null and fingerprint is not null order by n desc limit {LATELY_COUNT_MAX}"
    );
    let seen: Vec<Seen> = all(connection, &sql, [firm.bytes()])?;
    Ok(Loaded::Lately(seen.into_iter().map(|Seen(fingerprint, at)| (fingerprint, at)).collect()))
}
