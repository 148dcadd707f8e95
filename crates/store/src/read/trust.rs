//! Retainers and their journals.

use domain::{
    Day, Id, Ref,
    rows::{Case, Client, Firm, Movement, Retainer, RetainerStatus},
};

use super::{
    Db,
    query::{Only, Sorted, View, find, join, journal_page, one, page},
};
use crate::{
    History, Listed, Page, ReadError, Reader, RetainerFilter, RetainerSum, RetainerView,
    shape::{Columns, Read, Shape as _, journal::Plain as _, read_joined},
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

    /// Both at once, of one moment: a part of the list of retainers and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn retainers_and_sums(
        &self,
        firm: Id<Firm>,
        filter: RetainerFilter,
        part: Page,
    ) -> Result<(Listed<RetainerView>, Vec<RetainerSum>), ReadError> {
        self.ask(move |db| {
            let listed = page(db, only(firm, &filter), Sorted::NEWEST, &part)?;
            Ok((listed, sums(db, firm, &filter)?))
        })
        .await
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
    const JOINED: &'static [&'static str] = &[Client::TABLE.selected(), Case::TABLE.selected()];
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
    only.is_option("kind", filter.kind.map(|kind| kind.name().into()));
    if !filter.statuses.is_empty() {
        let names = filter.statuses.iter().map(|status| only.bind(status.name().into()));
        let places = names.collect::<Vec<_>>().join(", ");
        let status = status(&mut only, filter.today);
        only.and(format!("{status} in ({places})"));
    }
    if filter.low_only {
        let status = status(&mut only, filter.today);
        only.and(format!(
            "{status} = 'active' and r.minimum_balance <> 0 and r.balance <= r.minimum_balance"
        ));
    }
    only
}

/// [`Retainer::status`] in SQL, with the same precedence; an open end is never past.
fn status(only: &mut Only, today: Day) -> String {
    let today = only.bind(today.into());
    format!(
        "case when r.refunded = 1 then 'refunded' when r.end_day < {today} then 'expired'
             when r.balance = 0 then 'depleted' else 'active' end"
    )
}

fn sums(db: &Db, firm: Id<Firm>, filter: &RetainerFilter) -> Result<Vec<RetainerSum>, ReadError> {
    let mut only = only(firm, filter);
    let status = status(&mut only, filter.today);
    let sql = format!(
        "select {status} as status, r.currency, count(*), cast(sum(r.initial_amount) as bigint),
             cast(sum(r.balance) as bigint), cast(sum(r.deposits) as bigint),
             cast(sum(r.consumptions) as bigint), cast(sum(r.refunds) as bigint)
         from {} where {} group by 1, 2 order by 1, 2",
        only.table::<Retainer>(),
        only.sql()
    );
    db.all(&sql, &only.values)
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
    db: &Db,
    firm: Id<Firm>,
    by: &Ref<Retainer>,
    part: &Page,
) -> Result<Option<History>, ReadError> {
    let Some(retainer) = find(db, firm, by)? else {
        return Ok(None);
    };
    let sql = format!(
        "select {} from movements j where j.firm_id = ?1 and j.retainer_id = ?2 and j.n < ?3
         order by j.n desc limit ?4",
        Movement::COLUMNS
    );
    let of = vec![firm.into(), retainer.id.into()];
    let place = |movement: &Movement| movement.n;
    let movements = journal_page(db, of, retainer.movements, &sql, place, part)?;
    Ok(Some(History { retainer, movements }))
}
