//! Payments and refunds.

use std::collections::BTreeMap;

use domain::{
    Currency, Id, Money, Ref,
    rows::{Case, Client, Firm, Invoice, Payment, PaymentStatus, Refund},
};

use super::{
    Db,
    query::{Only, Sorted, View, columns, join, one, page},
};
use crate::{
    Days, Listed, Order, PAGE_ROWS_MAX, Page, PaymentFilter, PaymentSort, PaymentStats, PaymentSum,
    PaymentView, ReadError, Reader, RefundView,
    shape::{Columns, Read, Shape as _, read_joined},
};

impl Reader {
    /// A payment, and the rows it names.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn payment(
        &self,
        firm: Id<Firm>,
        by: &Ref<Payment>,
    ) -> Result<Option<PaymentView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of payments, in the filter's order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn payments(
        &self,
        firm: Id<Firm>,
        filter: PaymentFilter,
        part: Page,
    ) -> Result<Listed<PaymentView>, ReadError> {
        self.ask(move |db| page(db, only(firm, &filter), sorted(filter.order), &part)).await
    }

    /// The payments that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn payment_sums(
        &self,
        firm: Id<Firm>,
        filter: PaymentFilter,
    ) -> Result<Vec<PaymentSum>, ReadError> {
        let filter = PaymentFilter { order: Order::default(), ..filter };
        self.ask(move |db| sums(db, only(firm, &filter))).await
    }

    /// Both at once, of one moment: a part of the list of payments and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn payments_and_sums(
        &self,
        firm: Id<Firm>,
        filter: PaymentFilter,
        part: Page,
    ) -> Result<(Listed<PaymentView>, Vec<PaymentSum>), ReadError> {
        self.ask(move |db| {
            let listed = page(db, only(firm, &filter), sorted(filter.order), &part)?;
            let filter = PaymentFilter { order: Order::default(), ..filter.clone() };
            Ok((listed, sums(db, only(firm, &filter))?))
        })
        .await
    }

    /// What all payments add up to in each currency, by code; `recent` are those made on these days.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn payment_stats(
        &self,
        firm: Id<Firm>,
        recent: Days,
    ) -> Result<Vec<PaymentStats>, ReadError> {
        self.ask(move |db| stats(db, firm, recent)).await
    }

    /// A refund, its payment and its client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn refund(
        &self,
        firm: Id<Firm>,
        by: &Ref<Refund>,
    ) -> Result<Option<RefundView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// What was returned of a payment, oldest first; at most [`PAGE_ROWS_MAX`].
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn refunds_of(
        &self,
        firm: Id<Firm>,
        payment: Id<Payment>,
    ) -> Result<Vec<Refund>, ReadError> {
        self.ask(move |db| {
            let sql = format!(
                "select {} from refunds f where f.firm_id = ?1 and f.payment_id = ?2
                 order by f.created_at, f.id limit {PAGE_ROWS_MAX}",
                columns::<Refund>()
            );
            db.all(&sql, &[firm.into(), payment.into()])
        })
        .await
    }
}

impl View for PaymentView {
    type Of = Payment;
    const JOINS: &'static str =
        concat!(join!(client of "p"), join!(case of "p"), join!(invoice of "p"));
    const JOINED: &'static [&'static str] =
        &[Client::TABLE.selected(), Case::TABLE.selected(), Invoice::TABLE.selected()];
}

impl Read for PaymentView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            payment: Read::read(row)?,
            client: read_joined(row)?,
            case: read_joined(row)?,
            invoice: read_joined(row)?,
        })
    }
}

impl View for Refund {
    type Of = Self;
}

impl View for RefundView {
    type Of = Refund;
    const JOINS: &'static str =
        concat!(join!(payment of "f"), join!(client of "f"), join!(case of "p"));
    const JOINED: &'static [&'static str] =
        &[Payment::TABLE.selected(), Client::TABLE.selected(), Case::TABLE.selected()];
}

impl Read for RefundView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            refund: Read::read(row)?,
            payment: Read::read(row)?,
            client: Read::read(row)?,
            case: read_joined(row)?,
        })
    }
}

fn only(firm: Id<Firm>, filter: &PaymentFilter) -> Only {
    let mut only = Only::of::<Payment>(firm);
    only.own(filter.own.as_ref());
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    only.days("day", filter.days);
    only.one_of("status", filter.statuses.iter().map(|status| status.name()));
    only.is_option("method", filter.method.map(|method| method.name().into()));
    only.is_option("kind", filter.kind.map(|kind| kind.name().into()));
    // Every id it names is looked up.
    only.by("sqlite_autoindex_payments_1", filter.invoice.is_some());
    only.by("payments_client", filter.own.is_some() || filter.client.is_some());
    only.by("payments_case", filter.case.is_some());
    only.by("payments_status", !filter.statuses.is_empty() || filter.pending_checks);
    let is_ordered = !matches!(filter.order.by, PaymentSort::Created | PaymentSort::Number);
    only.by("payments_day", filter.days != Days::default() || is_ordered);
    only.by("payments_unreconciled", filter.is_reconciled == Some(false));
    if let Some(invoice) = &filter.invoice {
        let id = only.id_of(invoice);
        only.and(format!(
            "p.id in (select id from payments indexed by payments_invoice
                      where firm_id = ?1 and invoice_id = {id}
                 union select payment_id from applications where firm_id = ?1 and invoice_id = {id})"
        ));
    }
    match filter.is_reconciled {
        Some(true) => only.and("p.reconciled_at is not null".to_owned()),
        Some(false) => {
            only.and("p.stage = 'completed' and p.reconciled_at is null".to_owned());
        }
        None => {}
    }
    if filter.pending_checks {
        only.and("p.status = 'pending' and p.check_state in ('received', 'deposited')".to_owned());
    }
    only
}

fn sorted(order: Order<PaymentSort>) -> Sorted {
    let by = |column| Sorted::by(column, order.direction);
    match order.by {
        PaymentSort::Created => by("created_at"),
        PaymentSort::Day => by("day"),
        PaymentSort::Amount => by("amount"),
        PaymentSort::Number => Sorted::by_number(order.direction),
    }
}

fn sums(db: &Db, mut only: Only) -> Result<Vec<PaymentSum>, ReadError> {
    only.by_instead("payments_status", "payments_sums");
    let sql = format!(
        "select p.status, p.currency, count(*), cast(sum(p.amount) as bigint) from {} where {}
         group by 1, 2 order by 1, 2",
        only.table::<Payment>(),
        only.sql()
    );
    db.all(&sql, &only.values)
}

impl Read for PaymentSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (status, currency) = (row.name(PaymentStatus::from_name)?, row.currency()?);
        Ok(Self { status, count: row.whole()?, total: row.money(currency)? })
    }
}

/// How many rows of one currency, and what they add up to.
struct CountAndSum {
    currency: Currency,
    count: u64,
    sum: Money,
}

impl Read for CountAndSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self { currency, count: row.whole()?, sum: row.money(currency)? })
    }
}

fn stats(db: &Db, firm: Id<Firm>, recent: Days) -> Result<Vec<PaymentStats>, ReadError> {
    let mut stats: BTreeMap<&'static str, PaymentStats> = BTreeMap::new();
    let mut of = |currency: Currency, note: &mut dyn FnMut(&mut PaymentStats)| {
        let zero = || PaymentStats::zero(currency);
        note(stats.entry(currency.code()).or_insert_with(zero));
    };
    for sum in sums(db, Only::of::<Payment>(firm))? {
        of(sum.total.currency(), &mut |stats| {
            let part = match sum.status {
                PaymentStatus::Completed
                | PaymentStatus::PartiallyRefunded
                | PaymentStatus::Refunded => &mut stats.completed,
                PaymentStatus::Pending => &mut stats.pending,
                PaymentStatus::Failed => &mut stats.failed,
                PaymentStatus::Cancelled => return,
            };
            let minor = part.1.minor().saturating_add(sum.total.minor());
            *part = (part.0 + sum.count, Money::from_minor(minor, sum.total.currency()));
        });
    }
    let refunds = "select currency, count(*), cast(sum(amount) as bigint) from refunds where firm_id = ?1 group by 1";
    for sum in db.all::<CountAndSum>(refunds, &[firm.into()])? {
        of(sum.currency, &mut |stats| stats.refunded = (sum.count, sum.sum));
    }
    let credit = "select currency, count(*), cast(sum(unapplied) as bigint) from payments indexed by payments_sums
         where firm_id = ?1 and deleted = 0 and unapplied > 0
             and status in ('completed', 'partially_refunded') group by 1";
    for sum in db.all::<CountAndSum>(credit, &[firm.into()])? {
        of(sum.currency, &mut |stats| stats.unapplied = sum.sum);
    }
    let mut only = Only::of::<Payment>(firm);
    only.days("day", recent);
    only.by("payments_day", recent != Days::default());
    only.and("p.stage = 'completed'".to_owned());
    let sql = format!(
        "select p.currency, count(*), cast(sum(p.amount) as bigint) from {} where {} group by 1",
        only.table::<Payment>(),
        only.sql()
    );
    for sum in db.all::<CountAndSum>(&sql, &only.values)? {
        of(sum.currency, &mut |stats| stats.recent = (sum.count, sum.sum));
    }
    Ok(stats.into_values().collect())
}
