//! Invoices, what is set against them, and credit notes.

use domain::{
    Currency, Day, Id, Money, Ref,
    rows::{
        Application, Case, Client, CreditNote, Firm, Invoice, InvoiceStatus, Payment, Retainer,
    },
};

use super::{
    Db,
    query::{Only, Sorted, View, join, journal_page, one, page},
};
use crate::{
    ApplicationView, Applications, CreditNoteFilter, CreditNoteView, Days, InvoiceFilter,
    InvoiceSort, InvoiceStats, InvoiceSum, InvoiceView, Listed, Order, Page, ReadError, Reader,
    shape::{Columns, Read, Shape as _, journal::Plain as _, read_joined},
};

impl Reader {
    /// An invoice, its client and its case.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invoice(
        &self,
        firm: Id<Firm>,
        by: &Ref<Invoice>,
    ) -> Result<Option<InvoiceView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of invoices, in the filter's order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invoices(
        &self,
        firm: Id<Firm>,
        filter: InvoiceFilter,
        part: Page,
    ) -> Result<Listed<InvoiceView>, ReadError> {
        self.ask(move |db| page(db, only(firm, &filter), sorted(filter.order), &part)).await
    }

    /// The invoices that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invoice_sums(
        &self,
        firm: Id<Firm>,
        filter: InvoiceFilter,
    ) -> Result<Vec<InvoiceSum>, ReadError> {
        let filter = InvoiceFilter { order: Order::default(), ..filter };
        self.ask(move |db| sums(db, only(firm, &filter))).await
    }

    /// Both at once, of one moment: a part of the list of invoices and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invoices_and_sums(
        &self,
        firm: Id<Firm>,
        filter: InvoiceFilter,
        part: Page,
    ) -> Result<(Listed<InvoiceView>, Vec<InvoiceSum>), ReadError> {
        self.ask(move |db| {
            let listed = page(db, only(firm, &filter), sorted(filter.order), &part)?;
            let filter = InvoiceFilter { order: Order::default(), ..filter.clone() };
            Ok((listed, sums(db, only(firm, &filter))?))
        })
        .await
    }

    /// What all invoices add up to, and what is due and overdue on `today`.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invoice_stats(
        &self,
        firm: Id<Firm>,
        today: Day,
    ) -> Result<InvoiceStats, ReadError> {
        self.ask(move |db| {
            Ok(InvoiceStats {
                sums: sums(db, Only::of::<Invoice>(firm))?,
                open: due(db, firm, None)?,
                overdue: due(db, firm, Some(today))?,
            })
        })
        .await
    }

    /// An invoice and a part of its journal, newest first; `None`: no such invoice.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn applications(
        &self,
        firm: Id<Firm>,
        by: &Ref<Invoice>,
        part: Page,
    ) -> Result<Option<Applications>, ReadError> {
        let by = by.clone();
        self.ask(move |db| applications(db, firm, &by, &part)).await
    }

    /// A credit note, its invoice and its client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn credit_note(
        &self,
        firm: Id<Firm>,
        by: &Ref<CreditNote>,
    ) -> Result<Option<CreditNoteView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of credit notes, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn credit_notes(
        &self,
        firm: Id<Firm>,
        filter: CreditNoteFilter,
        part: Page,
    ) -> Result<Listed<CreditNoteView>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<CreditNote>(firm);
            only.own(filter.own.as_ref());
            only.names("client_id", filter.client.as_ref());
            only.names("invoice_id", filter.invoice.as_ref());
            only.by("credit_notes_invoice", filter.invoice.is_some());
            only.by("credit_notes_client", filter.own.is_some() || filter.client.is_some());
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }
}

impl View for InvoiceView {
    type Of = Invoice;
    const JOINS: &'static str = concat!(join!(client of "i"), join!(case of "i"));
    const JOINED: &'static [&'static str] = &[Client::TABLE.selected(), Case::TABLE.selected()];
}

impl Read for InvoiceView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { invoice: Read::read(row)?, client: Read::read(row)?, case: read_joined(row)? })
    }
}

impl View for CreditNoteView {
    type Of = CreditNote;
    const JOINS: &'static str =
        concat!(join!(invoice of "n"), join!(client of "n"), join!(case of "i"));
    const JOINED: &'static [&'static str] =
        &[Invoice::TABLE.selected(), Client::TABLE.selected(), Case::TABLE.selected()];
}

impl Read for CreditNoteView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            note: Read::read(row)?,
            invoice: Read::read(row)?,
            client: Read::read(row)?,
            case: read_joined(row)?,
        })
    }
}

fn only(firm: Id<Firm>, filter: &InvoiceFilter) -> Only {
    let mut only = Only::of::<Invoice>(firm);
    if filter.own.is_some() {
        only.own(filter.own.as_ref());
        only.and("i.issued_at is not null".to_owned());
    }
    let is_of_client = filter.own.is_some() || filter.client.is_some();
    only.by("invoices_open", is_of_client && filter.open_only);
    only.by("invoices_client", is_of_client);
    only.by("invoices_case", filter.case.is_some());
    only.by("invoices_overdue", filter.open_only || filter.overdue && filter.statuses.is_empty());
    only.by("invoices_status", !filter.statuses.is_empty() && !filter.overdue);
    let is_ordered = !matches!(filter.order.by, InvoiceSort::Created | InvoiceSort::Number);
    let has_days = filter.issued != Days::default();
    only.by("invoices_issued", has_days || is_ordered || filter.overdue);
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    only.days("issue_day", filter.issued);
    let statuses = filter.statuses.iter().map(|status| status.name());
    let in_status = only.one_of_condition("status", statuses);
    let is_overdue = filter.overdue.then(|| {
        let today = only.bind(filter.today.into());
        format!("i.due > 0 and i.due_day < {today}")
    });
    match (in_status, is_overdue) {
        (Some(status), Some(overdue)) => only.and(format!("({status} or {overdue})")),
        (one, other) => one.or(other).into_iter().for_each(|condition| only.and(condition)),
    }
    if filter.open_only {
        only.and("i.due > 0".to_owned());
    }
    if let Some(words) = &filter.search {
        let pattern = only.pattern(words);
        only.and(format!(
            "(lower(i.number) {pattern} or i.client_id in
                 (select id from clients where firm_id = ?1 and searched_by {pattern}))"
        ));
    }
    only
}

fn sorted(order: Order<InvoiceSort>) -> Sorted {
    let by = |column| Sorted::by(column, order.direction);
    match order.by {
        InvoiceSort::Created => by("created_at"),
        InvoiceSort::IssueDay => by("issue_day"),
        InvoiceSort::DueDay => by("due_day"),
        InvoiceSort::Total => by("total"),
        InvoiceSort::Due => by("due"),
        InvoiceSort::Number => Sorted::by_number(order.direction),
    }
}

fn sums(db: &Db, mut only: Only) -> Result<Vec<InvoiceSum>, ReadError> {
    only.by_instead("invoices_status", "invoices_sums");
    let sql = format!(
        "select i.status, i.currency, count(*), cast(sum(i.total) as bigint) from {} where {}
         group by 1, 2 order by 1, 2",
        only.table::<Invoice>(),
        only.sql()
    );
    db.all(&sql, &only.values)
}

impl Read for InvoiceSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (status, currency) = (row.name(InvoiceStatus::from_name)?, row.currency()?);
        Ok(Self { status, count: row.whole()?, total: row.money(currency)? })
    }
}

/// How many rows, and what they add up to.
struct CountAndSum(u64, Money);

impl Read for CountAndSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency: Currency = row.currency()?;
        Ok(Self(row.whole()?, row.money(currency)?))
    }
}

/// What is due, or past its due day on `today`, in each currency.
fn due(db: &Db, firm: Id<Firm>, today: Option<Day>) -> Result<Vec<(u64, Money)>, ReadError> {
    let before = today.map_or(i64::MAX, |today| i64::from(today.days()));
    let sql = "select currency, count(*), cast(sum(due) as bigint) from invoices
         where firm_id = ?1 and due > 0 and deleted = 0 and due_day < ?2 group by 1 order by 1";
    let sums: Vec<CountAndSum> = db.all(sql, &[firm.into(), before.into()])?;
    Ok(sums.into_iter().map(|CountAndSum(count, sum)| (count, sum)).collect())
}

impl Read for ApplicationView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            application: Read::read(row)?,
            payment: read_joined(row)?,
            retainer: read_joined(row)?,
        })
    }
}

fn applications(
    db: &Db,
    firm: Id<Firm>,
    by: &Ref<Invoice>,
    part: &Page,
) -> Result<Option<Applications>, ReadError> {
    let Some(InvoiceView { invoice, .. }) = one(db, firm, by)? else {
        return Ok(None);
    };
    let sql = format!(
        "select {}, {}, {} from applications l{}{}
         where l.firm_id = ?1 and l.invoice_id = ?2 and l.n < ?3 order by l.n desc limit ?4",
        Application::COLUMNS,
        Payment::TABLE.selected(),
        Retainer::TABLE.selected(),
        join!(payment of "l"),
        join!(retainer of "l"),
    );
    let of = vec![firm.into(), invoice.id.into()];
    let place = |view: &ApplicationView| view.application.n;
    let lines = journal_page(db, of, invoice.applications, &sql, place, part)?;
    Ok(Some(Applications { invoice, lines }))
}
