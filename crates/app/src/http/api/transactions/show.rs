//! Transactions as JSON, and how each command's outcome is told.

use domain::{
    reply::{Reply, Shown},
    rows::{Case, Client, PaymentMethod, Transaction, TransactionStatus, TransactionType},
};
use hyper::StatusCode;

use crate::{
    http::{
        answer::Telling,
        api::{
            clients::{self, ClientShortDoc},
            deleted,
            short::{self, CaseShortDoc},
        },
        json,
        wire::{self, wire},
    },
    messages::Message,
};

pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::TransactionCreated,
    location: Some("/api/transactions/"),
    fields: tell,
    doc: |generator| wire::entity::<TransactionDoc>("transaction", generator),
};
pub(super) const UPDATED: Telling = said(Message::TransactionUpdated);
pub(super) const CANCELLED: Telling = said(Message::TransactionCancelledOk);
pub(super) const DELETED: Telling = deleted::telling(Message::TransactionDeleted);

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, ..CREATED }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Transaction { transaction, parties } = &reply.shown else {
        unreachable!("a command about a transaction shows it")
    };
    let (client, case) = (parties.client.as_deref(), parties.case.as_deref());
    o.entity("transaction", |out| write(out, transaction, client, case));
}

wire! {
    /// A record of the firm's own books.
    TransactionDoc {
        _id: wire::Id,
        __v: wire::Number,
        transactionNumber: String,
        /// The same, by the name that the old platform gave it.
        transactionId: String,
        r#type: wire::Name<TransactionType>,
        /// Only what is completed counts.
        status: wire::Name<TransactionStatus>,
        amount: wire::Money,
        currency: wire::CurrencyCode,
        category: Option<String>,
        description: Option<String>,
        date: wire::Day,
        paymentMethod: Option<wire::Name<PaymentMethod>>,
        reference: Option<String>,
        clientId: Option<ClientShortDoc>,
        caseId: Option<CaseShortDoc>,
        /// Why it was cancelled.
        reason: Option<String>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

pub(super) fn write(
    out: &mut Vec<u8>,
    transaction: &Transaction,
    client: Option<&Client>,
    case: Option<&Case>,
) {
    json::object(out, |o| {
        o.id("_id", transaction.id);
        o.integer("__v", transaction.version);
        o.text("transactionNumber", &transaction.number);
        o.text("transactionId", &transaction.number);
        o.text("type", transaction.kind.name());
        o.text("status", transaction.status.name());
        o.money("amount", transaction.amount);
        o.text("currency", transaction.amount.currency().code());
        o.text_or_null("category", transaction.category.as_deref());
        o.text_or_null("description", transaction.description.as_deref());
        o.day("date", transaction.day);
        o.text_or_null("paymentMethod", transaction.method.map(PaymentMethod::name));
        o.text_or_null("reference", transaction.reference.as_deref());
        o.with_or_null("clientId", client, clients::write_short);
        o.with_or_null("caseId", case, short::write_case);
        o.text_or_null("reason", transaction.reason.as_deref());
        o.id("createdBy", transaction.created_by);
        o.time("createdAt", transaction.created_at);
        o.time("updatedAt", transaction.updated_at);
    });
}
