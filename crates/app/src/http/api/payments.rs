//! `/api/payments`: money received. Recorded first, completed when it has arrived.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Currency,
    actor::Action,
    billing::{complete_payment::CompletePayment, record_payment::RecordPayment},
    reply::{Reply, Shown},
    rows::{Client, Payment, PaymentMethod, PaymentStatus, PaymentType},
};
use hyper::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use store::PaymentFilter;

use super::{
    clients,
    list::{self, Asked, Part},
};
use crate::{
    App,
    http::{
        answer::{Answer, Telling},
        body::{Amount, Choice, Notes, Reference, Text, When},
        error::Refusal,
        extract::{Ask, Caller, Named},
        json,
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::http) struct RecordBody {
    client_id: Reference,
    customer_id: Reference,
    amount: Amount,
    payment_method: Choice<PaymentMethod>,
    payment_type: Choice<PaymentType>,
    currency: Choice<Currency>,
    retainer_id: Reference,
    invoice_id: Reference,
    status: Choice<PaymentStatus>,
    transaction_id: Text,
    payment_date: When,
    notes: Notes,
    #[serde(rename = "paymentNumber")]
    _payment_number: Option<IgnoredAny>,
    #[serde(rename = "invoiceNumber")]
    _invoice_number: Option<IgnoredAny>,
}

impl TryFrom<RecordBody> for RecordPayment {
    type Error = Refusal;

    fn try_from(body: RecordBody) -> Result<Self, Refusal> {
        let client = client_named(&body.client_id, &body.customer_id)?;
        let (Some(client), Some(amount), Some(method)) =
            (client, body.amount.optional("amount")?, body.payment_method.0)
        else {
            let missing = [
                ("clientId", body.client_id.0.is_none() && body.customer_id.0.is_none()),
                ("amount", body.amount.is_absent()),
                ("paymentMethod", body.payment_method.0.is_none()),
            ];
            let missing =
                missing.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
            return Err(Refusal::fields_required(
                Message::PaymentFieldsRequired,
                missing.collect(),
            ));
        };
        let retainer = body.retainer_id.reference();
        // A payment that names nothing but a retainer is for that retainer.
        let names_retainer = retainer.is_some() && body.invoice_id.0.is_none();
        let usual =
            if names_retainer { PaymentType::Retainer } else { PaymentType::CustomerPayment };
        Ok(Self {
            client,
            amount,
            currency: body.currency.0,
            method,
            kind: body.payment_type.0.unwrap_or(usual),
            retainer,
            invoice: body.invoice_id.reference(),
            status: body.status.0.unwrap_or(PaymentStatus::Pending),
            reference: body.transaction_id.0,
            notes: body.notes.0,
            date: body.payment_date.0,
        })
    }
}

/// `clientId` and `customerId` are two names of one field; both may be sent if they agree.
pub(super) fn client_named(
    client: &Reference,
    customer: &Reference,
) -> Result<Option<domain::Ref<Client>>, Refusal> {
    if client.0.is_some() && customer.0.is_some() && client.0 != customer.0 {
        return Err(Refusal::field(Message::InvalidField, "customerId", Message::InvalidField));
    }
    Ok(client.reference().or_else(|| customer.reference()))
}

const RECORDED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::PaymentCreated,
    location: Some("/api/payments/"),
    fields: tell,
};
const COMPLETED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::PaymentCompleted,
    location: None,
    fields: tell,
};

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Payment { payment, client, retainer } = &reply.shown else {
        unreachable!("a payment command shows a payment")
    };
    let mut out = Vec::with_capacity(1_024);
    write(&mut out, payment, client);
    o.raw("payment", &out);
    o.raw("data", &out);
    if let Some(retainer) = retainer {
        o.with("retainer", |out| super::retainers::write(out, retainer, client, reply.today));
    }
}

/// `POST /api/payments`
pub(in crate::http) async fn record(mut ask: Ask<RecordBody>) -> Result<Answer, Refusal> {
    let command = RecordPayment::try_from(std::mem::take(&mut ask.body))?;
    ask.carry_out(command, RECORDED).await
}

/// A body that may only be empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Nothing {}

/// `POST /api/payments/:id/complete`
pub(in crate::http) async fn complete(
    Named(payment): Named<Payment>,
    ask: Ask<Nothing>,
) -> Result<Answer, Refusal> {
    ask.carry_out(CompletePayment { payment }, COMPLETED).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::http) struct Filter {
    status: String,
    client_id: String,
}

/// `GET /api/payments`
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(filter): Asked<Filter>,
    Asked(part): Asked<Part>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadPayments).await?;
    let status = list::choice("status", &filter.status)?;
    let page = part.page()?;
    let filter = PaymentFilter { own, status, client: list::client(&filter.client_id) };
    let mut listed = app.reader.payments(caller.actor.firm, filter, page.clone()).await?;
    for view in &mut listed.rows {
        clients::hide_from(own, &mut view.payment.notes);
    }
    Ok(list::answer(&listed, &page, |out, view| write(out, &view.payment, &view.client), |_| {}))
}

/// `GET /api/payments/:id`
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(by): Named<Payment>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadPayments).await?;
    let found = app.reader.payment(caller.actor.firm, &by).await?;
    let mut view = found
        .filter(|view| clients::belongs(&view.client, own))
        .ok_or_else(|| Refusal::not_found(Message::PaymentNotFound))?;
    clients::hide_from(own, &mut view.payment.notes);
    let mut out = Vec::with_capacity(1_024);
    write(&mut out, &view.payment, &view.client);
    Ok(Answer::one("payment", view.payment.version, &out))
}

fn write(out: &mut Vec<u8>, payment: &Payment, client: &Client) {
    json::object(out, |o| {
        o.id("_id", payment.id);
        o.integer("__v", payment.version);
        o.text("paymentNumber", &payment.number);
        o.with("clientId", |out| clients::write_short(out, client));
        o.money("amount", payment.amount);
        o.text("currency", payment.amount.currency().code());
        o.money("unappliedAmount", payment.unapplied);
        o.money("depositedAmount", payment.deposited);
        o.text("paymentMethod", payment.method.name());
        o.text("paymentType", payment.kind.name());
        o.text("status", payment.status.name());
        o.id_or_null("retainerId", payment.retainer);
        o.null("invoiceId");
        o.text_or_null("transactionId", payment.reference.as_deref());
        o.text_or_null("notes", payment.notes.as_deref());
        o.day("paymentDate", payment.day);
        o.id("createdBy", payment.created_by);
        o.time("createdAt", payment.created_at);
        o.time("updatedAt", payment.updated_at);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn command(json: &str) -> Result<RecordPayment, &'static str> {
        let body: RecordBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        RecordPayment::try_from(body).map_err(|refusal| refusal.code)
    }

    #[test]
    fn either_name_of_the_client_will_do() {
        for client in
            [r#""clientId":"CLT-2026-0001""#, r#""customerId":"CLT-2026-0001","clientId":"""#]
        {
            let json =
                format!(r#"{{{client},"amount":"5","paymentMethod":"cash","paymentNumber":7}}"#);
            assert_eq!(command(&json).unwrap().client.to_string(), "CLT-2026-0001");
        }
        let both = r#"{"clientId":"a","customerId":"b","amount":5,"paymentMethod":"cash"}"#;
        assert_eq!(command(both).unwrap_err(), "invalid_field");
    }

    #[test]
    fn what_a_payment_needs_is_asked_for() {
        for json in [
            "{}",
            r#"{"clientId":"a","amount":5}"#,
            r#"{"clientId":"","amount":5,"paymentMethod":"cash"}"#,
        ] {
            assert_eq!(command(json).unwrap_err(), "fields_required", "{json}");
        }
    }

    #[test]
    fn a_payment_that_names_only_a_retainer_is_for_it() {
        let kind = |more: &str| {
            let json = format!(r#"{{"clientId":"a","amount":5,"paymentMethod":"cash"{more}}}"#);
            command(&json).unwrap().kind
        };
        assert_eq!(kind(""), PaymentType::CustomerPayment);
        assert_eq!(kind(r#","retainerId":"RET-2026-0001""#), PaymentType::Retainer);
        assert_eq!(kind(r#","paymentType":"advance""#), PaymentType::Advance);
        assert_eq!(
            kind(r#","retainerId":"r","paymentType":"customer_payment""#),
            PaymentType::CustomerPayment
        );
    }
}
