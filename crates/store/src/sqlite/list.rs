//! Lists: filters as SQL, pages by key, and answers that join two rows.
//!
//! Newest first by (created_at, id), which no change moves: a list read to its end by cursor shows
//! every row that was there all the time exactly once.

use domain::{
    Id, Ref, Timestamp,
    id::User,
    rows::{Client, Firm, Movement, Payment, Retainer, RetainerStatus},
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{
    codec::{blob, text},
    entity::{self, Kept as _},
};
use crate::{
    ClientFilter, History, Listed, PAGE_ROWS_MAX, Page, PaymentFilter, PaymentView, ReadError,
    RetainerFilter, RetainerSum, RetainerView,
    shape::{Columns, Read, journal::Plain as _, read_joined},
};

/// One client's list row needs no join; the two others show the client too. `cross join` keeps
/// SQLite's planner from starting with the client.
const RETAINER_AND_CLIENT: &str =
    "retainers r cross join clients c on c.firm_id = r.firm_id and c.id = r.client_id";
const PAYMENT_AND_CLIENT: &str =
    "payments p left join clients c on c.firm_id = p.firm_id and c.id = p.client_id";

impl Read for RetainerView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { retainer: Read::read(row)?, client: Read::read(row)? })
    }
}

impl Read for PaymentView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { payment: Read::read(row)?, client: read_joined(row)? })
    }
}

pub(super) fn retainer(
    db: &Connection,
    firm: Id<Firm>,
    by: &Ref<Retainer>,
) -> rusqlite::Result<Option<RetainerView>> {
    let from = format!(
        "select {}, {} from {RETAINER_AND_CLIENT} where r.firm_id = ?1 and r",
        Retainer::sql().columns,
        Client::sql().columns
    );
    named(db, &from, firm, by)
}

pub(super) fn payment(
    db: &Connection,
    firm: Id<Firm>,
    by: &Ref<Payment>,
) -> rusqlite::Result<Option<PaymentView>> {
    let from = format!(
        "select {}, {} from {PAYMENT_AND_CLIENT} where p.firm_id = ?1 and p",
        Payment::sql().columns,
        Client::sql().columns
    );
    named(db, &from, firm, by)
}

/// The row that `by` names; `from` ends in the alias of its table.
fn named<R, T: Read>(
    db: &Connection,
    from: &str,
    firm: Id<Firm>,
    by: &Ref<R>,
) -> rusqlite::Result<Option<T>> {
    match by {
        Ref::Id(id) => entity::one(db, &format!("{from}.id = ?2"), (firm.bytes(), id.bytes())),
        Ref::Number(number) => {
            entity::one(db, &format!("{from}.number = ?2"), (firm.bytes(), number))
        }
    }
}

pub(super) fn clients(
    db: &Connection,
    firm: Id<Firm>,
    filter: &ClientFilter,
    page: &Page,
) -> Result<Listed<Client>, ReadError> {
    let list = List {
        alias: "c",
        table: "clients c",
        from: "clients c",
        columns: Client::sql().columns.clone(),
    };
    let mut only = Only::of(firm, "c");
    if let Some(user) = &filter.own {
        only.and("c.user_id = ?", [blob(user)]);
    }
    if let Some(text) = &filter.search {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let columns = ["c.full_name", "c.number", "c.email", "c.phone"];
        let any = columns.map(|column| format!("{column} like ? escape '\\'")).join(" or ");
        only.and(&format!("({any})"), columns.map(|_| Value::Text(format!("%{escaped}%"))));
    }
    list.page(db, only, page, |client| (client.created_at, *client.id.bytes()))
}

pub(super) fn retainers(
    db: &Connection,
    firm: Id<Firm>,
    filter: &RetainerFilter,
    page: &Page,
) -> Result<Listed<RetainerView>, ReadError> {
    let list = List {
        alias: "r",
        table: "retainers r",
        from: RETAINER_AND_CLIENT,
        columns: format!("{}, {}", Retainer::sql().columns, Client::sql().columns),
    };
    list.page(db, only_retainers(firm, filter), page, |view| {
        (view.retainer.created_at, *view.retainer.id.bytes())
    })
}

pub(super) fn payments(
    db: &Connection,
    firm: Id<Firm>,
    filter: &PaymentFilter,
    page: &Page,
) -> Result<Listed<PaymentView>, ReadError> {
    let list = List {
        alias: "p",
        table: "payments p",
        from: PAYMENT_AND_CLIENT,
        columns: format!("{}, {}", Payment::sql().columns, Client::sql().columns),
    };
    let mut only = Only::of(firm, "p");
    only.of_client("p", filter.own.as_ref(), filter.client.as_ref());
    if let Some(status) = filter.status {
        only.and("p.status = ?", [text(status.name())]);
    }
    list.page(db, only, page, |view| (view.payment.created_at, *view.payment.id.bytes()))
}

pub(super) fn retainer_sums(
    db: &Connection,
    firm: Id<Firm>,
    filter: &RetainerFilter,
) -> Result<Vec<RetainerSum>, ReadError> {
    let only = only_retainers(firm, filter);
    let sql = format!(
        "select {} as status, r.currency, count(*), sum(r.initial_amount), sum(r.balance), sum(r.deposits),
             sum(r.consumptions), sum(r.refunds)
         from retainers r where {} group by 1, 2 order by 1, 2",
        status(filter),
        only.sql
    );
    Ok(entity::all(db, &sql, params_from_iter(only.values))?)
}

impl Read for RetainerSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (status, currency) = (row.name(RetainerStatus::from_name)?, row.currency()?);
        Ok(Self {
            status,
            count: row.whole()?,
            initial: row.money(currency)?,
            current: row.money(currency)?,
            deposits: row.money(currency)?,
            consumptions: row.money(currency)?,
            refunds: row.money(currency)?,
        })
    }
}

/// The journal counts from 1 without gaps, so any page of it is a range.
pub(super) fn history(
    db: &Connection,
    firm: Id<Firm>,
    by: &Ref<Retainer>,
    page: &Page,
) -> Result<Option<History>, ReadError> {
    let Some(retainer) = entity::find(db, firm, by)? else {
        return Ok(None);
    };
    let limit = i64::from(limit(page));
    let below = match page {
        Page::Number { page, .. } => {
            let skipped = i64::from(page.saturating_sub(1)).saturating_mul(limit);
            retainer.movements.saturating_sub(skipped).saturating_add(1)
        }
        Page::After { cursor, .. } if cursor.is_empty() => i64::MAX,
        Page::After { cursor, .. } => cursor.parse().map_err(|_| ReadError::BadCursor)?,
    };
    let sql = format!(
        "select {} from movements j where j.firm_id = ?1 and j.retainer_id = ?2 and j.n < ?3
         order by j.n desc limit ?4",
        Movement::COLUMNS
    );
    let rows: Vec<Movement> =
        entity::all(db, &sql, (firm.bytes(), retainer.id.bytes(), below, limit))?;
    let next = rows.last().filter(|movement| movement.n > 1).map(|movement| movement.n.to_string());
    let total = retainer.movements.unsigned_abs();
    Ok(Some(History { retainer, movements: Listed { rows, total, next } }))
}

/// A list's table and what is shown of it.
struct List {
    alias: &'static str,
    /// What is counted.
    table: &'static str,
    /// What is shown: the table and what is joined to it.
    from: &'static str,
    columns: String,
}

impl List {
    fn page<T: Read>(
        &self,
        db: &Connection,
        mut only: Only,
        page: &Page,
        place: fn(&T) -> (Timestamp, [u8; 12]),
    ) -> Result<Listed<T>, ReadError> {
        let Self { alias, table, from, columns } = self;
        let count = format!("select count(*) from {table} where {}", only.sql);
        let total: i64 = db
            .prepare_cached(&count)?
            .query_row(params_from_iter(&only.values), |row| row.get(0))?;
        let limit = limit(page);
        let skipped = match page {
            Page::Number { page, .. } => {
                i64::from(page.saturating_sub(1)).saturating_mul(i64::from(limit))
            }
            Page::After { cursor, .. } => {
                if !cursor.is_empty() {
                    let (at, id) = parse_cursor(cursor)?;
                    only.and(
                        &format!("({alias}.created_at, {alias}.id) < (?, ?)"),
                        [Value::Integer(at.micros()), Value::Blob(id.to_vec())],
                    );
                }
                0
            }
        };
        let sql = format!(
            "select {columns} from {from} where {} order by {alias}.created_at desc, {alias}.id desc limit ? offset ?",
            only.sql
        );
        // One more than asked for, to know whether there is more.
        only.values.extend([Value::Integer(i64::from(limit) + 1), Value::Integer(skipped)]);
        let mut rows: Vec<T> = entity::all(db, &sql, params_from_iter(&only.values))?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = rows.last().filter(|_| more).map(|row| cursor(place(row)));
        Ok(Listed { rows, total: total.unsigned_abs(), next })
    }
}

/// Conditions and their values, in order.
struct Only {
    sql: String,
    values: Vec<Value>,
}

impl Only {
    fn of(firm: Id<Firm>, alias: &str) -> Self {
        Self { sql: format!("{alias}.firm_id = ?"), values: vec![blob(&firm)] }
    }

    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" and ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    fn of_client(&mut self, alias: &str, own: Option<&Id<User>>, client: Option<&Ref<Client>>) {
        // Every statement names its firm, also inside: its value is always the first.
        let firm = self.values.first().cloned().unwrap_or(Value::Null);
        let mut one_of = |column: &str, value: Value| {
            let clients = format!("select id from clients where firm_id = ? and {column} = ?");
            self.and(&format!("{alias}.client_id in ({clients})"), [firm.clone(), value]);
        };
        if let Some(user) = own {
            one_of("user_id", blob(user));
        }
        match client {
            Some(Ref::Id(id)) => self.and(&format!("{alias}.client_id = ?"), [blob(id)]),
            Some(Ref::Number(number)) => one_of("number", text(number)),
            None => {}
        }
    }
}

fn only_retainers(firm: Id<Firm>, filter: &RetainerFilter) -> Only {
    let mut only = Only::of(firm, "r");
    only.of_client("r", filter.own.as_ref(), filter.client.as_ref());
    if let Some(kind) = filter.kind {
        only.and("r.kind = ?", [text(kind.name())]);
    }
    if !filter.statuses.is_empty() {
        let places = vec!["?"; filter.statuses.len()].join(", ");
        let names = filter.statuses.iter().map(|status| text(status.name()));
        only.and(&format!("{} in ({places})", status(filter)), names);
    }
    if filter.low_only {
        only.and(
            &format!(
                "{} = ? and r.minimum_balance <> 0 and r.balance <= r.minimum_balance",
                status(filter)
            ),
            [text(RetainerStatus::Active.name())],
        );
    }
    only
}

/// [`Retainer::status`] in SQL, with the same precedence; an open end is never past.
fn status(filter: &RetainerFilter) -> String {
    format!(
        "case when r.refunded = 1 then 'refunded' when r.end_day < {} then 'expired'
             when r.balance = 0 then 'depleted' else 'active' end",
        filter.today.days()
    )
}

fn limit(page: &Page) -> u32 {
    let (Page::Number { limit, .. } | Page::After { limit, .. }) = page;
    (*limit).clamp(1, PAGE_ROWS_MAX)
}

fn cursor((at, id): (Timestamp, [u8; 12])) -> String {
    format!("{}-{}", at.micros(), Id::<Firm>::new(id))
}

fn parse_cursor(cursor: &str) -> Result<(Timestamp, [u8; 12]), ReadError> {
    let (at, id) = cursor.rsplit_once('-').ok_or(ReadError::BadCursor)?;
    let id: Id<Firm> = id.parse().map_err(|_| ReadError::BadCursor)?;
    let at = at.parse().map_err(|_| ReadError::BadCursor)?;
    Ok((Timestamp::from_micros(at), *id.bytes()))
}
