//! What stands for a row inside another one.

use domain::rows::{Case, Invoice, InvoiceStatus};

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
