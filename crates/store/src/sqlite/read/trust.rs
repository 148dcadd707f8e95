//! Retainers and their journals.

use domain::{
    Id, Ref,
    rows::{Case, Client, Firm, Movement, Retainer, RetainerStatus},
};
use rusqlite::{Connection, params_from_iter};

use super::query::{Only, Sorted, View, join, journal_page, one, page};
use crate::{
    History, Listed, Page, ReadError, Reader, RetainerFilter, RetainerSum, RetainerView,
    shape::{Columns, Read, journal::Plain as _, read_joined},
    sqlite::{
        codec::{blob, text},
        entity::{self, Kept as _},
    },
};

impl Reader {
    /// A retainer, its client and its case.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn retainer(
        &self,
        firm: Id<Firm>,
        by: &Ref<Retainer>,
    ) -> Result<Option<RetainerView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of retainers, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn retainers(
        &self,
        firm: Id<Firm>,
        filter: RetainerFilter,
        part: Page,
    ) -> Result<Listed<RetainerView>, ReadError> {
        self.ask(move |db| page(db, only(firm, &filter), Sorted::NEWEST, &part)).await
    }

    /// The retainers that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn retainer_sums(
        &self,
        firm: Id<Firm>,
        filter: RetainerFilter,
    ) -> Result<Vec<RetainerSum>, ReadError> {
        self.ask(move |db| sums(db, firm, &filter)).await
    }

    /// A retainer and a part of its journal, newest first; `None`: no such retainer.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn history(
        &self,
        firm: Id<Firm>,
        by: &Ref<Retainer>,
        part: Page,
    ) -> Result<Option<History>, ReadError> {
        let by = by.clone();
        self.ask(move |db| history(db, firm, &by, &part)).await
    }
}

impl View for RetainerView {
    type Of = Retainer;
    const JOINS: &'static str = concat!(join!(client of "r"), join!(case of "r"));
    fn joined() -> Vec<&'static str> {
        vec![&Client::sql().columns, &Case::sql().columns]
    }
}

impl Read for RetainerView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { retainer: Read::read(row)?, client: Read::read(row)?, case: read_joined(row)? })
    }
}

fn only(firm: Id<Firm>, filter: &RetainerFilter) -> Only {
    let mut only = Only::of::<Retainer>(firm);
    only.own(filter.own.as_ref());
    only.names("client_id", filter.client.as_ref());
    only.by("retainers_client", filter.own.is_some() || filter.client.is_some());
    only.names("case_id", filter.case.as_ref());
    only.is_option("kind", filter.kind.map(|kind| text(kind.name())));
    if !filter.statuses.is_empty() {
        let names = filter.statuses.iter().map(|status| only.bind(text(status.name())));
        let places = names.collect::<Vec<_>>().join(", ");
        only.and(format!("{} in ({places})", status(filter)));
    }
    if filter.low_only {
        only.and(format!(
            "{} = 'active' and r.minimum_balance <> 0 and r.balance <= r.minimum_balance",
            status(filter)
        ));
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

fn sums(
    db: &Connection,
    firm: Id<Firm>,
    filter: &RetainerFilter,
) -> Result<Vec<RetainerSum>, ReadError> {
    let only = only(firm, filter);
    let sql = format!(
        "select {} as status, r.currency, count(*), sum(r.initial_amount), sum(r.balance), sum(r.deposits),
             sum(r.consumptions), sum(r.refunds)
         from {} where {} group by 1, 2 order by 1, 2",
        status(filter),
        only.table::<Retainer>(),
        only.sql()
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

fn history(
    db: &Connection,
    firm: Id<Firm>,
    by: &Ref<Retainer>,
    part: &Page,
) -> Result<Option<History>, ReadError> {
    let Some(retainer) = entity::find(db, firm, by)? else {
        return Ok(None);
    };
    let sql = format!(
        "select {} from movements j where j.firm_id = ?1 and j.retainer_id = ?2 and j.n < ?3
         order by j.n desc limit ?4",
        Movement::COLUMNS
    );
    let of = (firm, blob(&retainer.id));
    let place = |movement: &Movement| movement.n;
    let movements = journal_page(db, of, retainer.movements, &sql, place, part)?;
    Ok(Some(History { retainer, movements }))
}
