//! `/api/credit-notes`: what takes part or all of an invoice back. One is made at its invoice.

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    reply::{Reply, Shown},
    rows::{Case, Client, CreditNote, Firm, Invoice},
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CreditNoteFilter, CreditNoteView, ReadError, Reader};

use super::{
    clients::{self, ClientShortDoc},
    invoices::{self, InvoiceDoc},
    short::{self, CaseShortDoc, InvoiceShortDoc},
};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        field::Reference,
        json,
        read::{Entity, Question, Rows, Visible},
        route::{Resource, list, one},
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadInvoices;
    Resource::new("credit-notes", "What takes part or all of an invoice back.")
        .get("/", list("listCreditNotes", "Credit notes, newest first", READ, all))
        .get("/{id}", one::<CreditNoteView>("getCreditNote", "One credit note"))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    client_id: Reference,
    invoice_id: Reference,
}

async fn all(question: Question<Filter>) -> Result<Rows<CreditNoteView>, Refusal> {
    let filter = CreditNoteFilter {
        own: question.own,
        client: question.filter.client_id.reference(),
        invoice: question.filter.invoice_id.reference(),
    };
    let page = question.page.clone();
    let listed = question.reader.credit_notes(question.firm(), filter, page).await?;
    Ok(question.rows(listed))
}

/// A credit note, and the invoice after it.
pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::CreditNoteCreated,
    location: Some("/api/credit-notes/"),
    fields: tell,
    doc: |generator| {
        let mut object = ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<CreditNoteDoc>("creditNote", generator));
        let after = "The invoice after it.";
        object.field("invoice", true, &[after], generator.subschema_for::<InvoiceDoc>());
        object.finish()
    },
};

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::CreditNote { note, invoice, parties } = &reply.shown else {
        unreachable!("a credit note is shown")
    };
    let (client, case) = (parties.client.as_deref(), parties.case.as_deref());
    o.entity("creditNote", |out| write(out, note, invoice, client, case));
    o.with("invoice", |out| invoices::write(out, invoice, client, case, reply.today));
}

impl Entity for CreditNoteView {
    type Row = CreditNote;
    const NAME: &'static str = "creditNote";
    const READ: Action = Action::ReadInvoices;
    const NOT_FOUND: Message = Message::CreditNoteNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<CreditNote>,
    ) -> Result<Option<Self>, ReadError> {
        reader.credit_note(firm, by).await
    }
    fn version(&self) -> i64 {
        self.note.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.user == Some(user)
    }
}

impl Visible for CreditNoteView {
    type Doc = CreditNoteDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.note, &self.invoice, Some(&self.client), self.case.as_ref());
    }
}

wire! {
    /// What takes part or all of an invoice back.
    CreditNoteDoc {
        _id: wire::Id,
        __v: wire::Number,
        creditNoteNumber: String,
        invoiceId: InvoiceShortDoc,
        clientId: Option<ClientShortDoc>,
        /// The invoice's.
        caseId: Option<CaseShortDoc>,
        /// VAT included.
        amount: wire::Money,
        vatAmount: wire::Money,
        currency: wire::CurrencyCode,
        reason: Option<String>,
        issueDate: wire::Day,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

fn write(
    out: &mut Vec<u8>,
    note: &CreditNote,
    invoice: &Invoice,
    client: Option<&Client>,
    case: Option<&Case>,
) {
    json::object(out, |o| {
        o.id("_id", note.id);
        o.integer("__v", note.version);
        o.text("creditNoteNumber", &note.number);
        o.with("invoiceId", |out| short::write_invoice(out, invoice));
        o.with_or_null("clientId", client, clients::write_short);
        o.with_or_null("caseId", case, short::write_case);
        o.money("amount", note.amount);
        o.money("vatAmount", note.vat);
        o.text("currency", note.amount.currency().code());
        o.text_or_null("reason", note.reason.as_deref());
        o.day("issueDate", note.day);
        o.id("createdBy", note.created_by);
        o.time("createdAt", note.created_at);
        o.time("updatedAt", note.updated_at);
    });
}
