//! Payments as JSON, and how each command's outcome is told.

use domain::{
    reply::{Reply, Shown},
    rows::{
        Case, CheckState, Client, Invoice, Overpayment, Payment, PaymentMethod, PaymentStage,
        PaymentStatus, PaymentType, Target,
    },
};
use hyper::StatusCode;
use schemars::{Schema, SchemaGenerator};

use crate::{
    http::{
        answer::Telling,
        api::{
            clients::{self, ClientShortDoc},
            invoices::{self, InvoiceDoc},
            retainers::{self, RetainerDoc},
            short::{self, CaseShortDoc, InvoiceShortDoc},
        },
        json,
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(in crate::http::api) const RECORDED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::PaymentCreated,
    location: Some("/api/payments/"),
    fields: tell,
    doc: describe,
};
pub(super) const COMPLETED: Telling = said(Message::PaymentCompleted);
pub(super) const UPDATED: Telling = said(Message::PaymentUpdated);
pub(super) const FAILED: Telling = said(Message::PaymentFailed);
pub(super) const CANCELLED: Telling = said(Message::PaymentCancelled);
pub(super) const APPLIED: Telling = said(Message::PaymentApplied);
pub(super) const UNAPPLIED: Telling = said(Message::PaymentUnapplied);
pub(super) const RECONCILED: Telling = said(Message::PaymentReconciled);
pub(super) const CHECK_MOVED: Telling = said(Message::CheckMoved);
pub(super) const RECEIPT_SENT: Telling = said(Message::ReceiptSent);

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, ..RECORDED }
}

/// The payment, and beside it what it has just filled or paid.
fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Payment { payment, parties, invoice, retainer } = &reply.shown else {
        unreachable!("a payment command shows a payment")
    };
    let client = parties.client.as_deref();
    let named =
        Named { client, case: parties.case.as_deref(), invoice: reply.beside.invoice.as_deref() };
    o.entity("payment", |out| write(out, payment, named));
    let Some(client) = client else { return };
    // A payment that is only expected has done nothing to its invoice, which may hold what a client
    // who announces it is not to read.
    let invoice = invoice.as_ref().filter(|_| payment.stage == PaymentStage::Completed);
    if let Some(invoice) = invoice {
        let case = reply.case(invoice.case);
        o.with("invoice", |out| invoices::write(out, invoice, Some(client), case, reply.today));
    }
    if let Some(retainer) = retainer {
        let case = reply.case(retainer.terms.case);
        o.with("retainer", |out| retainers::write(out, retainer, client, case, reply.today));
    }
}

fn describe(generator: &mut SchemaGenerator) -> Schema {
    let mut object = ObjectDoc::new(&[]);
    object.fields_of(wire::entity::<PaymentDoc>("payment", generator));
    let paid = "The invoice that it was set against last, or that it names.";
    object.field("invoice", false, &[paid], generator.subschema_for::<InvoiceDoc>());
    let filled = "The retainer that it went into, or that it names.";
    object.field("retainer", false, &[filled], generator.subschema_for::<RetainerDoc>());
    object.finish()
}

wire! {
    /// Money received.
    PaymentDoc {
        _id: wire::Id,
        __v: wire::Number,
        paymentNumber: String,
        /// Null where the money is not a client's.
        clientId: Option<ClientShortDoc>,
        amount: wire::Money,
        currency: wire::CurrencyCode,
        /// What nothing has claimed yet: the client's credit.
        unappliedAmount: wire::Money,
        /// What is set against invoices.
        appliedAmount: wire::Money,
        /// What it holds in retainers.
        depositedAmount: wire::Money,
        /// What was returned.
        refundedAmount: wire::Money,
        paymentMethod: wire::Name<PaymentMethod>,
        paymentType: wire::Name<PaymentType>,
        status: wire::Name<PaymentStatus>,
        /// The retainer that it names, or has filled.
        retainerId: Option<wire::Id>,
        /// The invoice that it names.
        invoiceId: Option<InvoiceShortDoc>,
        caseId: Option<CaseShortDoc>,
        /// What is set against each invoice; while it is expected, what is to be.
        invoiceApplications: Vec<InvoiceApplicationDoc>,
        overpaymentAction: wire::Name<Overpayment>,
        gatewayProvider: Option<String>,
        transactionId: Option<String>,
        checkNumber: Option<String>,
        checkBank: Option<String>,
        checkDate: Option<wire::Day>,
        /// Null where it did not come as a cheque.
        checkStatus: Option<wire::Name<CheckState>>,
        /// As it was sent.
        details: Option<std::collections::BTreeMap<String, serde_json::Value>>,
        notes: Option<String>,
        failureReason: Option<String>,
        paymentDate: wire::Day,
        completedAt: Option<wire::Time>,
        isReconciled: bool,
        reconciledAt: Option<wire::Time>,
        receiptSent: bool,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// A part of a payment for one invoice.
    InvoiceApplicationDoc {
        invoiceId: wire::Id,
        amount: wire::Money,
    }
}

/// The rows that a payment names.
#[derive(Clone, Copy)]
pub(in crate::http::api) struct Named<'a> {
    pub client: Option<&'a Client>,
    pub case: Option<&'a Case>,
    pub invoice: Option<&'a Invoice>,
}

pub(in crate::http::api) fn write(out: &mut Vec<u8>, payment: &Payment, named: Named<'_>) {
    let filled = payment.claims.iter().find_map(|claim| match claim.target {
        Target::Retainer(id) => Some(id),
        Target::Invoice(_) => None,
    });
    json::object(out, |o| {
        o.id("_id", payment.id);
        o.integer("__v", payment.version);
        o.text("paymentNumber", &payment.number);
        o.with_or_null("clientId", named.client, clients::write_short);
        o.money("amount", payment.amount);
        o.text("currency", payment.amount.currency().code());
        o.money("unappliedAmount", payment.unapplied);
        o.money("appliedAmount", payment.applied());
        o.money("depositedAmount", payment.deposited());
        o.money("refundedAmount", payment.refunded);
        o.text("paymentMethod", payment.method.name());
        o.text("paymentType", payment.kind.name());
        o.text("status", payment.status().name());
        o.id_or_null("retainerId", payment.retainer.or(filled));
        o.with_or_null("invoiceId", named.invoice, short::write_invoice);
        o.with_or_null("caseId", named.case, short::write_case);
        o.with("invoiceApplications", |out| write_applications(out, payment));
        o.text("overpaymentAction", payment.overpayment.name());
        o.text_or_null("gatewayProvider", payment.gateway.as_deref());
        o.text_or_null("transactionId", payment.reference.as_deref());
        let check = payment.check.as_ref();
        o.text_or_null("checkNumber", check.and_then(|check| check.number.as_deref()));
        o.text_or_null("checkBank", check.and_then(|check| check.bank.as_deref()));
        o.day_or_null("checkDate", check.and_then(|check| check.day));
        o.text_or_null("checkStatus", check.map(|check| check.state.name()));
        o.raw("details", payment.details.as_deref().unwrap_or("null").as_bytes());
        o.text_or_null("notes", payment.notes.as_deref());
        o.text_or_null("failureReason", payment.failure.as_deref());
        o.day("paymentDate", payment.day);
        o.time_or_null("completedAt", payment.arrived.map(|arrived| arrived.at));
        o.flag("isReconciled", payment.reconciled_at.is_some());
        o.time_or_null("reconciledAt", payment.reconciled_at);
        o.flag("receiptSent", payment.receipt_sent);
        o.id("createdBy", payment.created_by);
        o.time("createdAt", payment.created_at);
        o.time("updatedAt", payment.updated_at);
    });
}

fn write_applications(out: &mut Vec<u8>, payment: &Payment) {
    let claimed = payment.claims.iter().filter_map(|claim| match claim.target {
        Target::Invoice(id) => Some((id, claim.amount)),
        Target::Retainer(_) => None,
    });
    json::array(out, claimed.chain(payment.wanted.iter().copied()), |out, (invoice, amount)| {
        json::object(out, |o| {
            o.id("invoiceId", invoice);
            o.money("amount", amount);
        });
    });
}
