//! `/api/refunds`: money returned, always out of one payment.

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    reply::{Reply, Shown},
    rows::{Client, Firm, PaymentMethod, Refund},
};
use hyper::StatusCode;
use store::{ReadError, Reader, RefundView};

use super::{
    clients::{self, ClientShortDoc},
    payments::{self, Named, PaymentDoc},
};
use crate::{
    http::{
        answer::Telling,
        json,
        read::{Entity, Visible},
        route::{Resource, one},
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("refunds", "Money returned, out of one payment.")
        .get("/{id}", one::<RefundView>("getRefund", "One refund"))
}

/// A refund, and the payment after it.
pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::RefundCreated,
    location: Some("/api/refunds/"),
    fields: tell,
    doc: |generator| {
        let mut object = ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<RefundDoc>("refund", generator));
        let after = "The payment after it.";
        object.field("payment", true, &[after], generator.subschema_for::<PaymentDoc>());
        object.finish()
    },
};

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Refund { refund, payment, parties } = &reply.shown else {
        unreachable!("a refund shows a refund")
    };
    let (client, case) = (parties.client.as_deref(), parties.case.as_deref());
    o.entity("refund", |out| write(out, refund, client));
    let named = Named { client, case, invoice: reply.beside.invoice.as_deref() };
    o.with("payment", |out| payments::write(out, payment, named));
}

impl Entity for RefundView {
    type Row = Refund;
    const NAME: &'static str = "refund";
    const READ: Action = Action::ReadPayments;
    const NOT_FOUND: Message = Message::RefundNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Refund>,
    ) -> Result<Option<Self>, ReadError> {
        reader.refund(firm, by).await
    }
    fn version(&self) -> i64 {
        self.refund.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.user == Some(user)
    }
}

impl Visible for RefundView {
    type Doc = RefundDoc;

    fn hide(&mut self) {
        self.refund.reason = None;
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.refund, Some(&self.client));
    }
}

wire! {
    /// Money returned.
    RefundDoc {
        _id: wire::Id,
        __v: wire::Number,
        refundNumber: String,
        /// The payment that it was taken out of.
        paymentId: wire::Id,
        clientId: Option<ClientShortDoc>,
        /// The sum of the next three.
        amount: wire::Money,
        /// Taken from the client's credit.
        fromCredit: wire::Money,
        /// Taken back out of retainers.
        fromRetainers: wire::Money,
        /// Taken off invoices, which are due again.
        fromInvoices: wire::Money,
        currency: wire::CurrencyCode,
        refundMethod: wire::Name<PaymentMethod>,
        reason: Option<String>,
        refundDate: wire::Day,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

pub(super) fn write(out: &mut Vec<u8>, refund: &Refund, client: Option<&Client>) {
    json::object(out, |o| {
        o.id("_id", refund.id);
        o.integer("__v", refund.version);
        o.text("refundNumber", &refund.number);
        o.id("paymentId", refund.payment);
        o.with_or_null("clientId", client, clients::write_short);
        o.money("amount", refund.amount);
        o.money("fromCredit", refund.from_credit);
        o.money("fromRetainers", refund.from_retainers);
        o.money("fromInvoices", refund.from_invoices);
        o.text("currency", refund.amount.currency().code());
        o.text("refundMethod", refund.method.name());
        o.text_or_null("reason", refund.reason.as_deref());
        o.day("refundDate", refund.day);
        o.id("createdBy", refund.created_by);
        o.time("createdAt", refund.created_at);
        o.time("updatedAt", refund.updated_at);
    });
}
