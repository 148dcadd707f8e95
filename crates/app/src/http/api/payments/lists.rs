//! The lists of payments, and their sums.

use domain::{
    Day, Money,
    rows::{PaymentMethod, PaymentStatus, PaymentType, Refund},
};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{
    Days, Direction, Order, PaymentFilter, PaymentSort, PaymentStats, PaymentSum, PaymentView,
};

use crate::http::{
    api::{
        days,
        refunds::{self, RefundDoc},
    },
    error::Refusal,
    field::{Choice, Choices, Named, Reference, Toggle, When},
    json,
    read::{Beside, Object, Question, Rows},
    wire::{self, wire},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    status: Choices<PaymentStatus>,
    payment_method: Choice<PaymentMethod>,
    payment_type: Choice<PaymentType>,
    client_id: Reference,
    /// Those that name this invoice, or were ever set against it.
    invoice_id: Reference,
    case_id: Reference,
    /// The first day on which they were made.
    start_date: When,
    /// The last one.
    end_date: When,
    /// `false`: those that are here and were not found in the bank's books.
    is_reconciled: Toggle,
    /// `createdAt` where nothing is said.
    sort_by: Choice<PaymentSort>,
    /// `desc` where nothing is said.
    order: Choice<Direction>,
}

impl Named for PaymentSort {
    const TITLE: &'static str = "PaymentSort";
    const NAMES: &'static [&'static str] = &["createdAt", "paymentDate", "amount", "paymentNumber"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "createdAt" => Some(Self::Created),
            "paymentDate" => Some(Self::Day),
            "amount" => Some(Self::Amount),
            "paymentNumber" => Some(Self::Number),
            _ => None,
        }
    }
}

pub(super) async fn all(question: Question<Filter>) -> Result<Rows<PaymentView, Summary>, Refusal> {
    let asked = &question.filter;
    let filter = PaymentFilter {
        own: question.own,
        statuses: asked.status.0.clone(),
        method: asked.payment_method.0,
        kind: asked.payment_type.0,
        client: asked.client_id.reference(),
        invoice: asked.invoice_id.reference(),
        case: asked.case_id.reference(),
        days: days::between(&question, &asked.start_date, &asked.end_date).await?,
        is_reconciled: asked.is_reconciled.0,
        pending_checks: false,
        order: Order {
            by: asked.sort_by.0.unwrap_or_default(),
            direction: asked.order.0.unwrap_or(Direction::Descending),
        },
    };
    part(&question, filter).await
}

/// Here, and not yet found in the bank's books.
pub(super) async fn unreconciled(
    question: Question,
) -> Result<Rows<PaymentView, Summary>, Refusal> {
    let filter =
        PaymentFilter { own: question.own, is_reconciled: Some(false), ..PaymentFilter::default() };
    part(&question, filter).await
}

/// Cheques on their way.
pub(super) async fn pending_checks(
    question: Question,
) -> Result<Rows<PaymentView, Summary>, Refusal> {
    let filter =
        PaymentFilter { own: question.own, pending_checks: true, ..PaymentFilter::default() };
    part(&question, filter).await
}

async fn part<F>(
    question: &Question<F>,
    filter: PaymentFilter,
) -> Result<Rows<PaymentView, Summary>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.payments_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

/// The sums over the whole list, status by status.
pub(super) struct Summary(Vec<PaymentSum>);

impl Beside for Summary {
    type Doc = PaymentSummaryDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.with("summary", |out| json::array(out, &self.0, write_sum));
    }
}

wire! {
    /// The sums over the whole list.
    PaymentSummaryDoc {
        summary: Vec<PaymentSumDoc>,
    }

    /// Payments of one status and currency.
    PaymentSumDoc {
        _id: wire::Name<PaymentStatus>,
        count: wire::Number,
        currency: wire::CurrencyCode,
        totalAmount: wire::Money,
    }

    /// Payments of one currency.
    PaymentTotalDoc {
        currency: wire::CurrencyCode,
        /// Those that have arrived, whatever was returned of them since.
        completedCount: wire::Number,
        totalCompleted: wire::Money,
        /// Those that are expected.
        pendingCount: wire::Number,
        totalPending: wire::Money,
        failedCount: wire::Number,
        totalFailed: wire::Money,
        /// Refunds.
        refundedCount: wire::Number,
        totalRefunded: wire::Money,
        /// Those made this month that have arrived.
        thisMonthCount: wire::Number,
        totalThisMonth: wire::Money,
        /// What nothing has claimed yet.
        totalUnapplied: wire::Money,
    }

    /// Every status with its sums, and the whole, one line a currency.
    PaymentStatsDoc {
        count: wire::Number,
        byStatus: Vec<PaymentSumDoc>,
        totals: Vec<PaymentTotalDoc>,
    }

    /// Payments in sums.
    PaymentsInSumsDoc {
        data: PaymentStatsDoc,
        stats: PaymentStatsDoc,
    }

    /// The firm's own currency at a glance.
    PaymentsAtAGlanceDoc {
        data: PaymentTotalDoc,
        summary: PaymentTotalDoc,
    }

    /// The refunds of one payment, oldest first.
    RefundsOfDoc {
        data: Vec<RefundDoc>,
    }
}

fn write_sum(out: &mut Vec<u8>, sum: &PaymentSum) {
    json::object(out, |o| {
        o.text("_id", sum.status.name());
        o.integer("count", sum.count);
        o.text("currency", sum.total.currency().code());
        o.money("totalAmount", sum.total);
    });
}

fn write_totals(out: &mut Vec<u8>, stats: &PaymentStats) {
    json::object(out, |o| {
        o.text("currency", stats.currency().code());
        for (count, total, of) in [
            ("completedCount", "totalCompleted", stats.completed),
            ("pendingCount", "totalPending", stats.pending),
            ("failedCount", "totalFailed", stats.failed),
            ("refundedCount", "totalRefunded", stats.refunded),
            ("thisMonthCount", "totalThisMonth", stats.recent),
        ] {
            o.integer(count, of.0);
            o.money(total, of.1);
        }
        o.money("totalUnapplied", stats.unapplied);
    });
}

/// From the first of the month.
fn this_month(today: Day) -> Days {
    let (year, month, _) = today.date();
    Days { from: Day::of_date(year, month, 1), to: Some(today) }
}

pub(super) async fn stats(question: Question) -> Result<Object<PaymentsInSumsDoc>, Refusal> {
    question.reaches_all()?;
    let (reader, firm) = (&question.reader, question.firm());
    let sums = reader.payment_sums(firm, PaymentFilter::default()).await?;
    let totals = reader.payment_stats(firm, this_month(question.today)).await?;
    let mut out = Vec::with_capacity(1_024);
    json::object(&mut out, |o| {
        o.integer("count", sums.iter().map(|sum| sum.count).sum::<u64>());
        o.with("byStatus", |out| json::array(out, &sums, write_sum));
        o.with("totals", |out| json::array(out, &totals, write_totals));
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("stats", &out);
    }))
}

pub(super) async fn summary(question: Question) -> Result<Object<PaymentsAtAGlanceDoc>, Refusal> {
    question.reaches_all()?;
    let currency = days::firm(&question).await?.currency;
    let month = this_month(question.today);
    let stats = question.reader.payment_stats(question.firm(), month).await?;
    let own = stats.into_iter().find(|stats| stats.currency() == currency);
    let own = own.unwrap_or_else(|| {
        let nothing = (0, Money::zero(currency));
        PaymentStats {
            completed: nothing,
            pending: nothing,
            failed: nothing,
            refunded: nothing,
            recent: nothing,
            unapplied: Money::zero(currency),
        }
    });
    let mut out = Vec::with_capacity(512);
    write_totals(&mut out, &own);
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("summary", &out);
    }))
}

pub(super) async fn refunds_of(question: Question) -> Result<Object<RefundsOfDoc>, Refusal> {
    let PaymentView { payment, client, .. } = question.row::<PaymentView>().await?;
    let mut refunds = question.reader.refunds_of(question.firm(), payment.id).await?;
    if question.own.is_some() {
        refunds.iter_mut().for_each(|refund: &mut Refund| refund.reason = None);
    }
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::array(out, &refunds, |out, refund| {
                refunds::write(out, refund, client.as_ref());
            });
        });
    }))
}
