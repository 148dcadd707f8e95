//! What stands for a row inside another one.

use domain::rows::{Case, Invoice, InvoiceStatus, Payment, PaymentStatus, Retainer};

use crate::http::{
    json,
    wire::{self, wire},
};

wire! {
    /// An invoice inside another entity.
    InvoiceShortDoc {
        _id: wire::Id,
        invoiceNumber: String,
        totalAmount: wire::Money,
        status: wire::Name<InvoiceStatus>,
    }

    /// A payment inside another entity.
    PaymentShortDoc {
        _id: wire::Id,
        paymentNumber: String,
        amount: wire::Money,
        status: wire::Name<PaymentStatus>,
    }

    /// A retainer inside another entity.
    RetainerShortDoc {
        _id: wire::Id,
        retainerNumber: String,
    }

    /// A case inside another entity.
    CaseShortDoc {
        _id: wire::Id,
        title: String,
        caseNumber: Option<String>,
    }
}

/// What stands for an invoice.
pub(super) fn write_invoice(out: &mut Vec<u8>, invoice: &Invoice) {
    json::object(out, |o| {
        o.id("_id", invoice.id);
        o.text("invoiceNumber", &invoice.number);
        o.money("totalAmount", invoice.totals.total);
        o.text("status", invoice.status().name());
    });
}

/// What stands for a case.
pub(super) fn write_case(out: &mut Vec<u8>, case: &Case) {
    json::object(out, |o| {
        o.id("_id", case.id);
        o.text("title", &case.title);
        o.text_or_null("caseNumber", case.number.as_deref());
    });
}

/// What stands for a payment.
pub(super) fn write_payment(out: &mut Vec<u8>, payment: &Payment) {
    json::object(out, |o| {
        o.id("_id", payment.id);
        o.text("paymentNumber", &payment.number);
        o.money("amount", payment.amount);
        o.text("status", payment.status().name());
    });
}

/// What stands for a retainer.
pub(super) fn write_retainer(out: &mut Vec<u8>, retainer: &Retainer) {
    json::object(out, |o| {
        o.id("_id", retainer.id);
        o.text("retainerNumber", &retainer.number);
    });
}
