//! The lists of invoices, their sums, and what was set against one.

use domain::{
    Day, Money, Ref,
    rows::{ApplicationKind, Client, Invoice, InvoiceStatus},
};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{
    ApplicationView, Direction, InvoiceFilter, InvoiceSort, InvoiceStats, InvoiceSum, InvoiceView,
    Order,
};

use crate::{
    http::{
        api::{
            days,
            short::{self, PaymentShortDoc, RetainerShortDoc},
        },
        error::Refusal,
        field::{Choice, Choices, Named, Reference, Text, Toggle, When},
        json,
        read::{Beside, Object, Question, Rows, Visible},
        wire::{self, wire},
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    status: Choices<StatusAsked>,
    /// `true`: only those past their due date with something owed.
    overdue: Toggle,
    client_id: Reference,
    case_id: Reference,
    /// The first day on which they were issued.
    start_date: When,
    /// The last one.
    end_date: When,
    /// Only those whose number, or whose client's name, contains this.
    search: Text<200>,
    /// `createdAt` where nothing is said.
    sort_by: Choice<InvoiceSort>,
    /// `desc` where nothing is said.
    sort_order: Choice<Direction>,
}

/// A status, or `overdue`, which stands beside it.
#[derive(Debug, Clone, Copy)]
enum StatusAsked {
    Is(InvoiceStatus),
    Overdue,
}

impl Named for StatusAsked {
    const TITLE: &'static str = "InvoiceStatusAsked";
    const NAMES: &'static [&'static str] = &[
        "draft",
        "pending_approval",
        "approved",
        "sent",
        "viewed",
        "partial",
        "paid",
        "void",
        "written_off",
        "cancelled",
        "overdue",
    ];

    fn named(name: &str) -> Option<Self> {
        if name == "overdue" {
            return Some(Self::Overdue);
        }
        InvoiceStatus::from_name(name).map(Self::Is)
    }
}

impl Named for InvoiceSort {
    const TITLE: &'static str = "InvoiceSort";
    const NAMES: &'static [&'static str] =
        &["createdAt", "issueDate", "dueDate", "totalAmount", "balanceDue", "invoiceNumber"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "createdAt" => Some(Self::Created),
            "issueDate" => Some(Self::IssueDay),
            "dueDate" => Some(Self::DueDay),
            "totalAmount" => Some(Self::Total),
            "balanceDue" => Some(Self::Due),
            "invoiceNumber" => Some(Self::Number),
            _ => None,
        }
    }
}

pub(super) async fn all(question: Question<Filter>) -> Result<Rows<InvoiceView, Summary>, Refusal> {
    let asked = &question.filter;
    let statuses = asked.status.0.iter().filter_map(|status| match status {
        StatusAsked::Is(status) => Some(*status),
        StatusAsked::Overdue => None,
    });
    let is_overdue = |status: &StatusAsked| matches!(status, StatusAsked::Overdue);
    let filter = InvoiceFilter {
        own: question.own,
        statuses: statuses.collect(),
        overdue: asked.overdue.0 == Some(true) || asked.status.0.iter().any(is_overdue),
        client: asked.client_id.reference(),
        case: asked.case_id.reference(),
        issued: days::between(&question, &asked.start_date, &asked.end_date).await?,
        search: asked.search.0.clone(),
        order: Order {
            by: asked.sort_by.0.unwrap_or_default(),
            direction: asked.sort_order.0.unwrap_or(Direction::Descending),
        },
        ..InvoiceFilter::all(question.today)
    };
    part(&question, filter).await
}

/// The longest overdue first.
pub(super) async fn overdue(question: Question) -> Result<Rows<InvoiceView, Summary>, Refusal> {
    let filter = InvoiceFilter {
        own: question.own,
        overdue: true,
        order: SOONEST_DUE,
        ..InvoiceFilter::all(question.today)
    };
    part(&question, filter).await
}

/// What one client still owes on, the first to be paid first.
pub(super) async fn open(question: Question) -> Result<Rows<InvoiceView, Summary>, Refusal> {
    let client = question.row::<Client>().await?;
    let filter = InvoiceFilter {
        own: question.own,
        open_only: true,
        client: Some(Ref::Id(client.id)),
        order: SOONEST_DUE,
        ..InvoiceFilter::all(question.today)
    };
    part(&question, filter).await
}

const SOONEST_DUE: Order<InvoiceSort> =
    Order { by: InvoiceSort::DueDay, direction: Direction::Ascending };

async fn part<F>(
    question: &Question<F>,
    filter: InvoiceFilter,
) -> Result<Rows<InvoiceView, Summary>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.invoices_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

/// The sums over the whole list, status by status.
pub(super) struct Summary(Vec<InvoiceSum>);

impl Beside for Summary {
    type Doc = InvoiceSummaryDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.with("summary", |out| json::array(out, &self.0, write_sum));
    }
}

wire! {
    /// The sums over the whole list.
    InvoiceSummaryDoc {
        summary: Vec<InvoiceSumDoc>,
    }

    /// Invoices of one status and currency.
    InvoiceSumDoc {
        _id: wire::Name<InvoiceStatus>,
        count: wire::Number,
        currency: wire::CurrencyCode,
        totalAmount: wire::Money,
    }

    /// How many invoices, and what is due on them.
    InvoicesDueDoc {
        count: wire::Number,
        currency: wire::CurrencyCode,
        balanceDue: wire::Money,
    }

    /// Every status with its sums, and what is due, one line a currency.
    InvoiceStatsDoc {
        count: wire::Number,
        byStatus: Vec<InvoiceSumDoc>,
        /// With something due.
        open: Vec<InvoicesDueDoc>,
        /// Past their due date with something due.
        overdue: Vec<InvoicesDueDoc>,
    }

    /// Invoices in sums.
    InvoicesInSumsDoc {
        data: InvoiceStatsDoc,
        stats: InvoiceStatsDoc,
    }

    /// The invoice that a journal belongs to.
    InvoiceHeadDoc {
        invoiceNumber: String,
        currency: wire::CurrencyCode,
        totalAmount: wire::Money,
        amountPaid: wire::Money,
        retainerApplied: wire::Money,
        balanceDue: wire::Money,
    }

    /// Money that was set against an invoice, or taken off it.
    ApplicationDoc {
        /// Its place in the invoice's journal, from 1.
        n: wire::Number,
        /// The place in the firm's journal of the command that made it.
        seq: wire::Number,
        /// All but `applied` take off.
        r#type: wire::Name<ApplicationKind>,
        /// Without a sign.
        amount: wire::Money,
        date: wire::Day,
        /// Where it came from, or went back to, if that was a payment.
        paymentId: Option<PaymentShortDoc>,
        /// The same, if it was a retainer.
        retainerId: Option<RetainerShortDoc>,
        createdBy: wire::Id,
        createdAt: wire::Time,
    }
}

fn write_sum(out: &mut Vec<u8>, sum: &InvoiceSum) {
    json::object(out, |o| {
        o.text("_id", sum.status.name());
        o.integer("count", sum.count);
        o.text("currency", sum.total.currency().code());
        o.money("totalAmount", sum.total);
    });
}

fn write_due(out: &mut Vec<u8>, (count, due): &(u64, Money)) {
    json::object(out, |o| {
        o.integer("count", *count);
        o.text("currency", due.currency().code());
        o.money("balanceDue", *due);
    });
}

pub(super) async fn stats(question: Question) -> Result<Object<InvoicesInSumsDoc>, Refusal> {
    question.reaches_all()?;
    let reader = &question.reader;
    let stats = reader.invoice_stats(question.firm(), question.today).await?;
    let InvoiceStats { sums, open, overdue } = stats;
    let mut out = Vec::with_capacity(1_024);
    json::object(&mut out, |o| {
        o.integer("count", sums.iter().map(|sum| sum.count).sum::<u64>());
        o.with("byStatus", |out| json::array(out, &sums, write_sum));
        o.with("open", |out| json::array(out, &open, write_due));
        o.with("overdue", |out| json::array(out, &overdue, write_due));
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("stats", &out);
    }))
}

/// What dashboards read beside a journal.
pub(super) struct Head(Invoice);

impl Beside for Head {
    type Doc = InvoiceHeadDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        let Self(invoice) = self;
        o.text("invoiceNumber", &invoice.number);
        o.text("currency", invoice.currency().code());
        o.money("totalAmount", invoice.totals.total);
        o.money("amountPaid", invoice.paid);
        o.money("retainerApplied", invoice.retainer_applied);
        o.money("balanceDue", invoice.due());
    }
}

/// What was set against an invoice and taken off it, newest first.
pub(super) async fn applications(
    question: Question,
) -> Result<Rows<ApplicationView, Head>, Refusal> {
    // Asked for by id from here on: the journal must be the one of the row that was checked.
    let by = Ref::Id(question.row::<InvoiceView>().await?.invoice.id);
    let page = question.page.clone();
    let found = question.reader.applications(question.firm(), &by, page).await?;
    let found = found.ok_or_else(|| Refusal::not_found(Message::InvoiceNotFound))?;
    Ok(question.rows_beside(found.lines, Head(found.invoice)))
}

impl Visible for ApplicationView {
    type Doc = ApplicationDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let line = &self.application;
        json::object(out, |o| {
            o.integer("n", line.n);
            o.integer("seq", line.seq);
            o.text("type", line.kind.name());
            o.money("amount", line.amount);
            o.day("date", line.day);
            o.with_or_null("paymentId", self.payment.as_ref(), short::write_payment);
            o.with_or_null("retainerId", self.retainer.as_ref(), short::write_retainer);
            o.id("createdBy", line.by);
            o.time("createdAt", line.at);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_can_be_asked_for() {
        let (last, names) = StatusAsked::NAMES.split_last().unwrap();
        assert_eq!((*last, names), ("overdue", <InvoiceStatus as domain::Named>::NAMES));
    }
}
