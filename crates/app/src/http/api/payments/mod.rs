//! `/api/payments`: money received. Recorded first, completed when it has arrived.

mod body;
mod lists;
mod show;

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    rows::{Firm, Payment},
};
use hyper::Method;
use store::{PaymentView, ReadError, Reader};

pub(super) use self::{
    body::{client_named, pay_invoice},
    show::{Named, PaymentDoc, RECORDED, write},
};
use super::{deleted, refunds};
use crate::{
    http::{
        read::{Entity, Visible},
        route::{Resource, command, command_as, list, one, read},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const READ: Action = Action::ReadPayments;
    let update = command("Change a payment that has not arrived", body::update, show::UPDATED);
    let apply = command("Set client credit against invoices", body::apply, show::APPLIED);
    let unapply = command("Take it off an invoice again", body::unapply, show::UNAPPLIED);
    let delete_many = command("Delete several, all or none", body::delete_many, deleted::PAYMENTS);
    let summary = "Delete a payment that has not arrived";
    let delete = command_as("deletePayment", summary, body::delete, deleted::PAYMENT);
    let reconcile = command("It was found in the bank's books", body::reconcile, show::RECONCILED);
    let summary = read("getPaymentSummary", "At a glance", READ, lists::summary).may_lag();
    let about = "Here, and not found in the bank's books";
    let unreconciled = list("listUnreconciledPayments", about, READ, lists::unreconciled);
    let pending_checks =
        list("listPendingChecks", "Cheques on their way", READ, lists::pending_checks);
    let refunds = read("listRefundsOfPayment", "What was returned of it", READ, lists::refunds_of);
    let move_check = command("A cheque has moved on", body::move_check, show::CHECK_MOVED);
    Resource::new("payments", "Money received: recorded first, completed when it has arrived.")
        .post("/", command("Record a payment", body::record, RECORDED))
        .get("/", list("listPayments", "Payments, newest first", READ, lists::all))
        .get(
            "/stats",
            read("getPaymentStats", "Sums by status and currency", READ, lists::stats).may_lag(),
        )
        .get("/summary", summary)
        .get("/unreconciled", unreconciled)
        .get("/pending-checks", pending_checks)
        .on(&[Method::DELETE], "/bulk", delete_many)
        .get("/{id}", one::<PaymentView>("getPayment", "One payment"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", delete)
        .post("/{id}/complete", command("A payment has arrived", body::complete, show::COMPLETED))
        .post("/{id}/fail", command("It did not arrive", body::fail, show::FAILED))
        .post("/{id}/cancel", command("It will not arrive", body::cancel, show::CANCELLED))
        .post("/{id}/refund", command("Return it, or a part", body::refund, refunds::CREATED))
        .get("/{id}/refunds", refunds)
        .on(&[Method::POST, Method::PUT], "/{id}/apply", apply)
        .on(&[Method::DELETE], "/{id}/unapply/{invoice}", unapply)
        .post("/{id}/reconcile", reconcile)
        .put("/{id}/check-status", move_check)
        .post("/{id}/receipt", command("Its receipt was sent", body::receipt, show::RECEIPT_SENT))
}

impl Entity for PaymentView {
    type Row = Payment;
    const NAME: &'static str = "payment";
    const READ: Action = Action::ReadPayments;
    const NOT_FOUND: Message = Message::PaymentNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Payment>,
    ) -> Result<Option<Self>, ReadError> {
        reader.payment(firm, by).await
    }
    fn version(&self) -> i64 {
        self.payment.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.as_ref().is_some_and(|client| client.user == Some(user))
    }
}

impl Visible for PaymentView {
    type Doc = PaymentDoc;

    fn hide(&mut self) {
        self.payment.notes = None;
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let (client, case) = (self.client.as_ref(), self.case.as_ref());
        write(out, &self.payment, Named { client, case, invoice: self.invoice.as_ref() });
    }
}
