//! `/api/invoices`: what clients owe, from draft to paid.

mod body;
mod lists;
mod show;

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    rows::{Firm, Invoice},
};
use hyper::Method;
use store::{InvoiceView, ReadError, Reader};

pub(super) use self::show::{InvoiceDoc, write};
use super::{credit_notes, deleted, payments};
use crate::{
    http::{
        read::{Entity, Visible},
        route::{Resource, command, command_as, list, one, read},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadInvoices;
    let overdue = list("listOverdueInvoices", "The longest overdue first", READ, lists::overdue);
    let open = list("listOpenInvoices", "What a client still owes on", READ, lists::open);
    let about = "What was set against it and taken off, newest first";
    let applications = list("listApplications", about, READ, lists::applications);
    let update = command("Change a draft", body::update, show::UPDATED);
    let submit = command("Ask for a draft to be approved", body::submit, show::SUBMITTED);
    let write_off = command("Give up what is due", body::write_off, show::WRITTEN_OFF);
    let apply = command("Pay it from a retainer", body::apply_retainer, show::RETAINER_APPLIED);
    let credit = command("Take part or all of it back", body::credit, credit_notes::CREATED);
    let summary = "A payment of this invoice has arrived";
    let pay = command_as("payInvoice", summary, payments::pay_invoice, payments::RECORDED);
    Resource::new("invoices", "What clients owe, from draft to paid.")
        .post("/", command("Draft an invoice", body::create, show::CREATED))
        .get("/", list("listInvoices", "Invoices, newest first", READ, lists::all))
        .get("/overdue", overdue)
        .get(
            "/stats",
            read("getInvoiceStats", "Sums by status and currency", READ, lists::stats).may_lag(),
        )
        .get("/open/{client}", open)
        .get("/{id}", one::<InvoiceView>("getInvoice", "One invoice"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", command("Delete a draft", body::delete, deleted::INVOICE))
        .post("/{id}/submit-for-approval", submit)
        .post("/{id}/approve", command("Approve it", body::approve, show::APPROVED))
        .post("/{id}/reject", command("Send it back as a draft", body::reject, show::REJECTED))
        .post("/{id}/send", command("Send it: the client owes it", body::send, show::SENT))
        .post("/{id}/viewed", command("It was seen by its client", body::viewed, show::VIEWED))
        .post("/{id}/void", command("Take it back unpaid", body::void, show::VOIDED))
        .post("/{id}/write-off", write_off)
        .post("/{id}/duplicate", command("Draft it again", body::duplicate, show::CREATED))
        .post("/{id}/record-payment", pay.clone())
        .post("/{id}/payments", pay.named("payInvoiceAlias"))
        .get("/{id}/payments", applications)
        .post("/{id}/apply-retainer", apply)
        .post("/{id}/convert-to-credit-note", credit)
}

impl Entity for InvoiceView {
    type Row = Invoice;
    const NAME: &'static str = "invoice";
    const READ: Action = Action::ReadInvoices;
    const NOT_FOUND: Message = Message::InvoiceNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Invoice>,
    ) -> Result<Option<Self>, ReadError> {
        reader.invoice(firm, by).await
    }
    fn version(&self) -> i64 {
        self.invoice.version
    }
    /// To its client an invoice is not there before it was sent.
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.user == Some(user) && self.invoice.issued.is_some()
    }
}

impl Visible for InvoiceView {
    type Doc = InvoiceDoc;

    fn hide(&mut self) {
        show::hide(&mut self.invoice);
    }
    fn write(&self, out: &mut Vec<u8>, today: Day) {
        write(out, &self.invoice, Some(&self.client), self.case.as_ref(), today);
    }
}
