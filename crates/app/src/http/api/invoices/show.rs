//! Invoices as JSON, and how each command's outcome is told.

use domain::{
    Day,
    reply::{Reply, Shown},
    rows::{Case, Client, Discount, Invoice, InvoiceStatus, Line, LineKind, PaymentTerms},
};
use hyper::StatusCode;

use super::body::DiscountType;
use crate::{
    http::{
        answer::Telling,
        api::{
            clients::{self, ClientShortDoc},
            retainers::{self, MovementDoc, RetainerDoc},
            short::{self, CaseShortDoc},
        },
        json,
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::InvoiceCreated,
    location: Some("/api/invoices/"),
    fields: tell,
    doc: |generator| wire::entity::<InvoiceDoc>("invoice", generator),
};
pub(super) const UPDATED: Telling = said(Message::InvoiceUpdated);
pub(super) const SUBMITTED: Telling = said(Message::InvoiceSubmitted);
pub(super) const APPROVED: Telling = said(Message::InvoiceApproved);
pub(super) const REJECTED: Telling = said(Message::InvoiceRejected);
pub(super) const SENT: Telling = said(Message::InvoiceSent);
pub(super) const VOIDED: Telling = said(Message::InvoiceVoided);
pub(super) const WRITTEN_OFF: Telling = said(Message::InvoiceWrittenOff);
/// As its client may see it, because a client may ask for it.
pub(super) const VIEWED: Telling = Telling {
    fields: |o, reply| {
        let told = Told::of(reply);
        let mut invoice = Invoice::clone(told.invoice);
        hide(&mut invoice);
        o.entity("invoice", |out| Told { invoice: &invoice, ..told }.write(out, reply.today));
    },
    ..said(Message::InvoiceViewed)
};
pub(super) const RETAINER_APPLIED: Telling = Telling {
    fields: |o, reply| {
        tell(o, reply);
        let told = Told::of(reply);
        let (Some(client), Shown::Invoice { retainer: Some((retainer, movement)), .. }) =
            (told.client, &reply.shown)
        else {
            unreachable!("a retainer that was applied is shown")
        };
        let case = reply.case(retainer.terms.case);
        o.with("retainer", |out| retainers::write(out, retainer, client, case, reply.today));
        o.with("transaction", |out| retainers::write_movement(out, movement));
    },
    doc: |generator| {
        let mut object = ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<InvoiceDoc>("invoice", generator));
        let after = "The retainer after it.";
        object.field("retainer", true, &[after], generator.subschema_for::<RetainerDoc>());
        let moved = "What left the retainer.";
        object.field("transaction", true, &[moved], generator.subschema_for::<MovementDoc>());
        object.finish()
    },
    ..said(Message::RetainerApplied)
};

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, ..CREATED }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    o.entity("invoice", |out| Told::of(reply).write(out, reply.today));
}

/// An invoice and the rows that it names.
struct Told<'a> {
    invoice: &'a Invoice,
    client: Option<&'a Client>,
    case: Option<&'a Case>,
}

impl<'a> Told<'a> {
    fn of(reply: &'a Reply) -> Self {
        let Shown::Invoice { invoice, parties, .. } = &reply.shown else {
            unreachable!("an invoice command shows an invoice")
        };
        Self { invoice, client: parties.client.as_deref(), case: parties.case.as_deref() }
    }

    fn write(&self, out: &mut Vec<u8>, today: Day) {
        write(out, self.invoice, self.client, self.case, today);
    }
}

/// Takes away what is for the firm alone.
pub(super) fn hide(invoice: &mut Invoice) {
    (invoice.notes, invoice.reason) = (None, None);
}

wire! {
    /// What a client owes.
    InvoiceDoc {
        _id: wire::Id,
        __v: wire::Number,
        invoiceNumber: String,
        clientId: Option<ClientShortDoc>,
        caseId: Option<CaseShortDoc>,
        status: wire::Name<InvoiceStatus>,
        /// Past its due date with something owed.
        overdue: bool,
        items: Vec<InvoiceItemDoc>,
        currency: wire::CurrencyCode,
        /// The lines before discounts.
        subtotal: wire::Money,
        discountType: Option<wire::Name<DiscountType>>,
        /// In percent, or an amount.
        discountValue: Option<wire::Decimal>,
        /// Everything taken off, on lines and on the whole.
        discountAmount: wire::Money,
        /// What VAT is due on.
        taxableAmount: wire::Money,
        /// In percent.
        vatRate: wire::Decimal,
        vatAmount: wire::Money,
        totalAmount: wire::Money,
        /// By payments.
        amountPaid: wire::Money,
        /// By retainers.
        retainerApplied: wire::Money,
        /// By credit notes.
        creditedAmount: wire::Money,
        writtenOffAmount: wire::Money,
        /// What is owed; nothing until it is sent.
        balanceDue: wire::Money,
        issueDate: wire::Day,
        dueDate: wire::Day,
        paymentTerms: wire::Name<PaymentTerms>,
        sentAt: Option<wire::Time>,
        viewedAt: Option<wire::Time>,
        /// When nothing was owed any more.
        paidDate: Option<wire::Time>,
        /// Why it was rejected, voided or written off.
        reason: Option<String>,
        notes: Option<String>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// A line of an invoice.
    InvoiceItemDoc {
        r#type: wire::Name<LineKind>,
        description: Option<String>,
        quantity: wire::Decimal,
        unitPrice: wire::Decimal,
        discountType: Option<wire::Name<DiscountType>>,
        discountValue: Option<wire::Decimal>,
        taxable: bool,
        /// Quantity × price, less the discount.
        total: wire::Money,
        timeEntryId: Option<wire::Id>,
        expenseId: Option<wire::Id>,
    }
}

/// An invoice as it is on `today`.
pub(in crate::http::api) fn write(
    out: &mut Vec<u8>,
    invoice: &Invoice,
    client: Option<&Client>,
    case: Option<&Case>,
    today: Day,
) {
    let totals = &invoice.totals;
    json::object(out, |o| {
        o.id("_id", invoice.id);
        o.integer("__v", invoice.version);
        o.text("invoiceNumber", &invoice.number);
        o.with_or_null("clientId", client, clients::write_short);
        o.with_or_null("caseId", case, short::write_case);
        o.text("status", invoice.status().name());
        o.flag("overdue", invoice.is_overdue(today));
        o.with("items", |out| json::array(out, invoice.lines.iter(), write_item));
        o.text("currency", invoice.currency().code());
        o.money("subtotal", totals.subtotal);
        write_discount(o, invoice.discount);
        o.money("discountAmount", totals.discount);
        o.money("taxableAmount", totals.taxable);
        o.percent("vatRate", invoice.vat_rate);
        o.money("vatAmount", totals.vat);
        o.money("totalAmount", totals.total);
        o.money("amountPaid", invoice.paid);
        o.money("retainerApplied", invoice.retainer_applied);
        o.money("creditedAmount", invoice.credited);
        o.money("writtenOffAmount", invoice.written_off);
        o.money("balanceDue", invoice.due());
        o.day("issueDate", invoice.issue_day);
        o.day("dueDate", invoice.due_day);
        o.text("paymentTerms", invoice.terms.name());
        o.time_or_null("sentAt", invoice.issued.map(|issued| issued.at));
        o.time_or_null("viewedAt", invoice.viewed_at);
        o.time_or_null("paidDate", invoice.paid_at);
        o.text_or_null("reason", invoice.reason.as_deref());
        o.text_or_null("notes", invoice.notes.as_deref());
        o.id("createdBy", invoice.created_by);
        o.time("createdAt", invoice.created_at);
        o.time("updatedAt", invoice.updated_at);
    });
}

fn write_item(out: &mut Vec<u8>, line: &Line) {
    json::object(out, |o| {
        o.text("type", line.kind.name());
        o.text_or_null("description", line.description.as_deref());
        o.decimal("quantity", line.quantity);
        o.decimal("unitPrice", line.unit_price);
        write_discount(o, line.discount);
        o.flag("taxable", line.taxable);
        o.money("total", line.total);
        o.id_or_null("timeEntryId", line.time_entry);
        o.id_or_null("expenseId", line.expense);
    });
}

fn write_discount(o: &mut json::Object<'_>, discount: Option<Discount>) {
    match discount {
        None => {
            o.null("discountType");
            o.null("discountValue");
        }
        Some(Discount::Percentage(rate)) => {
            o.text("discountType", "percentage");
            o.percent("discountValue", rate);
        }
        Some(Discount::Fixed(amount)) => {
            o.text("discountType", "fixed");
            o.money("discountValue", amount);
        }
    }
}
