//! Writes a batch, firm by firm, parents before children: one statement a table, its rows as arrays, all
//! of them sent before the first is answered.
//!
//! Every row that changes is guarded by what it was when it was read: fewer rows changed than were sent
//! means that somebody else was first, and the whole batch is given up.

use std::{
    borrow::Borrow,
    future::{Future, poll_fn},
    task::Poll,
};

use domain::{
    Id,
    change::{Batch, CounterWrite, FirmBatch, Write},
    entities,
    rows::{
        AccountNet, Application, AuditNode, AuditRecord, ClientNet, Counter, DayNet, Entry, Firm,
        Member, Movement, Outcome, StatementLine,
    },
};
use futures_util::future::maybe_done;
use tokio_postgres::{
    Error, Statement,
    types::{ToSql, Type},
};

use super::{Failure, codec::Arrays, erase::erase, session::Session};
use crate::shape::{
    Shape, Values as _,
    append::{Appended, Guarded},
};

/// One statement, and its rows.
struct Sent<'a> {
    table: &'static str,
    sql: String,
    firm: &'a [u8],
    arrays: Arrays<'a>,
}

/// Writes everything, inside the open transaction.
pub(super) async fn batch(session: &mut Session, batch: &Batch) -> Result<(), Failure> {
    let mut all = Vec::new();
    for firm in &batch.firms {
        firm_batch(firm, &mut all);
    }
    send(session, &all).await?;
    drop(all);
    for firm in &batch.firms {
        for erasure in &firm.erasures {
            erase(session, &firm.firm.id, erasure).await?;
        }
    }
    Ok(())
}

/// Writes no more than a firm's head.
pub(super) async fn head(session: &mut Session, batch: &FirmBatch) -> Result<(), Failure> {
    let mut all = Vec::new();
    firm_head(batch, &mut all);
    send(session, &all).await
}

async fn send(session: &mut Session, all: &[Sent<'_>]) -> Result<(), Failure> {
    let mut statements = Vec::with_capacity(all.len());
    for sent in all {
        let types: Vec<Type> = [Type::BYTEA].into_iter().chain(sent.arrays.types()).collect();
        statements.push(session.prepared(&sent.sql, &types).await?);
    }
    let answers =
        all.iter().zip(&statements).map(|(sent, statement)| execute(session, sent, statement));
    for (sent, changed) in all.iter().zip(in_order(answers).await) {
        if usize::try_from(changed?) != Ok(sent.arrays.rows()) {
            return Err(Failure::Conflict(format!("{}: a row is not as it was read", sent.table)));
        }
    }
    Ok(())
}

async fn execute(session: &Session, sent: &Sent<'_>, statement: &Statement) -> Result<u64, Error> {
    let firm: &(dyn ToSql + Sync) = &sent.firm;
    let parameters: Vec<_> = [firm].into_iter().chain(sent.arrays.parameters()).collect();
    session.client.execute(statement, &parameters).await
}

/// Sends all, in their order, and only then waits for the answers.
pub(super) async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    // A question is sent when its future is first polled.
    let mut waiting: Vec<_> = futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        let pending = waiting
            .iter_mut()
            .filter_map(|future| future.as_mut().poll(context).is_pending().then_some(()));
        if pending.count() == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.iter_mut().filter_map(|future| future.as_mut().take_output()).collect()
}

fn firm_head<'a>(batch: &'a FirmBatch, all: &mut Vec<Sent<'a>>) {
    let base = batch.base.as_ref().map(|batch| batch.0.as_slice());
    let head = [(&batch.firm, base)];
    guarded::<Firm, _, _>(&batch.firm.id, head, |base, to| to.bytes(Some(base)), all);
}

/// The statements of one firm.
fn firm_batch<'a>(batch: &'a FirmBatch, all: &mut Vec<Sent<'a>>) {
    let firm = &batch.firm.id;
    firm_head(batch, all);
    let members = batch.members.iter().map(|Write { row, base }| (&**row, *base));
    guarded::<Member, _, _>(firm, members, |base, to| to.count(base), all);
    macro_rules! write_entities {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(entities(firm, &batch.$table, all);)+};
    }
    entities!(write_entities);
    let counters = batch
        .counters
        .iter()
        .map(|CounterWrite { counter, base }| (counter, (*base != 0).then(|| i64::from(*base))));
    guarded::<Counter, _, _>(firm, counters, |base, to| to.count(base), all);
    lines::<Movement, _>(firm, &batch.movements, all);
    lines::<DayNet, _>(firm, &batch.day_nets, all);
    lines::<Application, _>(firm, &batch.applications, all);
    lines::<Entry, _>(firm, &batch.entries, all);
    lines::<AccountNet, _>(firm, &batch.account_nets, all);
    lines::<StatementLine, _>(firm, &batch.statement_lines, all);
    lines::<ClientNet, _>(firm, &batch.client_nets, all);
    lines::<AuditRecord, _>(firm, &batch.audit, all);
    lines::<AuditNode, _>(firm, &batch.audit_nodes, all);
    lines::<Outcome, _>(firm, &batch.outcomes, all);
}

/// Rows that must be new, and rows that must be as they were read.
fn guarded<'a, T: Guarded + 'a, B: Copy, I: IntoIterator<Item = (&'a T, Option<B>)>>(
    firm: &'a Id<Firm>,
    rows: I,
    guard: impl Fn(B, &mut Arrays<'a>),
    all: &mut Vec<Sent<'a>>,
) {
    let (mut new, mut changed) = (Arrays::default(), Arrays::default());
    for (row, base) in rows {
        let arrays = if base.is_some() { &mut changed } else { &mut new };
        arrays.row();
        row.values(arrays);
        if let Some(base) = base {
            guard(base, arrays);
        }
    }
    let (key, columns) = (bare(T::key(), T::IS_OF_FIRM), bare(T::columns(), T::IS_OF_FIRM));
    let firm_column = if T::IS_OF_FIRM { "firm_id" } else { "id" };
    let of = Table { name: T::TABLE, firm_column, guard: T::GUARD };
    push(of, firm, insert(of, &columns, T::IS_OF_FIRM, " on conflict do nothing"), new, all);
    push(of, firm, update(of, &key, &columns, ""), changed, all);
}

/// Columns without the firm's.
fn bare(columns: Vec<&'static str>, is_of_firm: bool) -> Vec<&'static str> {
    columns.into_iter().skip(usize::from(is_of_firm)).collect()
}

fn entities<'a, E: Shape>(firm: &'a Id<Firm>, writes: &'a [Write<E>], all: &mut Vec<Sent<'a>>) {
    let mut new = Arrays::default();
    let (mut changed, mut deleted) = (Arrays::default(), Arrays::default());
    for Write { row, base } in writes {
        let arrays = match base {
            None => &mut new,
            Some(_) if row.is_deleted() => &mut deleted,
            Some(_) => &mut changed,
        };
        arrays.row();
        if let Some(version) = base {
            arrays.bytes(Some(row.id().bytes()));
            row.changing(arrays);
            arrays.count(*version);
        } else {
            row.fixed(arrays);
            row.changing(arrays);
        }
    }
    let of = Table { name: E::TABLE.name, firm_column: "firm_id", guard: "version" };
    let columns: Vec<_> = E::TABLE.columns().collect();
    let updated: Vec<_> = ["id"].into_iter().chain(E::TABLE.changing.iter().copied()).collect();
    push(of, firm, insert(of, &columns, true, ""), new, all);
    push(of, firm, update(of, &["id"], &updated, ""), changed, all);
    push(of, firm, update(of, &["id"], &updated, "deleted = 1, "), deleted, all);
}

fn lines<'a, T: Appended + 'a, R: Borrow<T>>(
    firm: &'a Id<Firm>,
    rows: &'a [R],
    all: &mut Vec<Sent<'a>>,
) {
    let mut new = Arrays::default();
    for row in rows {
        new.row();
        row.borrow().values(&mut new);
    }
    let of = Table { name: T::TABLE, firm_column: "firm_id", guard: "" };
    push(of, firm, insert(of, &bare(T::columns(), true), true, &T::on_conflict()), new, all);
}

#[derive(Clone, Copy)]
struct Table {
    name: &'static str,
    firm_column: &'static str,
    guard: &'static str,
}

fn push<'a>(
    table: Table,
    firm: &'a Id<Firm>,
    sql: impl FnOnce() -> String,
    arrays: Arrays<'a>,
    all: &mut Vec<Sent<'a>>,
) {
    if arrays.rows() != 0 {
        all.push(Sent { table: table.name, sql: sql(), firm: firm.bytes(), arrays });
    }
}

/// Inserts rows; their columns are the parameters after the firm.
fn insert<'s>(
    table: Table,
    columns: &'s [&'static str],
    is_of_firm: bool,
    on_conflict: &'s str,
) -> impl FnOnce() -> String + 's {
    move || {
        let (names, arrays) = (columns.join(", "), places(columns.len()));
        let (into, firm) = if is_of_firm { ("firm_id, ", "$1, ") } else { ("", "") };
        let name = table.name;
        format!(
            "insert into {name} ({into}{names}) select {firm}u.* from unnest({arrays}) u{on_conflict}"
        )
    }
}

/// Changes rows that are as they were read: their columns, and last the guard, are the parameters after
/// the firm.
fn update<'s>(
    table: Table,
    key: &'s [&'static str],
    columns: &'s [&'static str],
    also: &'s str,
) -> impl FnOnce() -> String + 's {
    move || {
        let Table { name, firm_column, guard } = table;
        let changed = columns.iter().filter(|column| !key.contains(column));
        let set: Vec<_> = changed.map(|column| format!("{column} = u.{column}")).collect();
        let found: Vec<_> = key.iter().map(|column| format!("t.{column} = u.{column}")).collect();
        let (set, found, names) = (set.join(", "), found.join(" and "), columns.join(", "));
        let arrays = places(columns.len() + 1);
        format!(
            "update {name} t set {also}{set} from unnest({arrays}) u ({names}, base)
             where t.{firm_column} = $1 and {found} and t.{guard} = u.base"
        )
    }
}

fn places(count: usize) -> String {
    let places: Vec<String> = (2..count + 2).map(|n| format!("${n}")).collect();
    places.join(", ")
}
