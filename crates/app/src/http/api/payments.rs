//! `/api/payments`: money received. Recorded first, completed when it has arrived.

use domain::{
    Currency, Day, Id, Ref,
    actor::Action,
    billing::{complete_payment::CompletePayment, record_payment::RecordPayment},
    id::User,
    reply::{Reply, Shown},
    rows::{Client, Firm, Payment, PaymentMethod, PaymentStatus, PaymentType},
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{PaymentFilter, PaymentView, ReadError, Reader};

use super::{
    clients::{self, ClientShortDoc},
    retainers::RetainerDoc,
};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Ignored, Notes, Reference, Text, When},
        json,
        read::{Entity, Question, Rows, Visible},
        route::{EmptyBody, Resource, command, list, one},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("payments", "Money received: recorded first, completed when it has arrived.")
        .post("/", command("Record a payment", record, RECORDED))
        .get("/", list("listPayments", "Payments, newest first", Action::ReadPayments, all))
        .get("/{id}", one::<PaymentView>("getPayment", "One payment"))
        .post("/{id}/complete", command("A payment has arrived", complete, COMPLETED))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["amount", "paymentMethod"]),
    extend("anyOf" = [{"required": ["clientId"]}, {"required": ["customerId"]}]),
    example = json!({"clientId": "CLT-2026-0001", "amount": "1500", "paymentMethod": "cash"})
)]
struct RecordBody {
    /// Who pays; required, by this name or as `customerId`.
    client_id: Reference,
    /// Another name of `clientId`.
    customer_id: Reference,
    amount: Amount,
    payment_method: Choice<PaymentMethod>,
    /// `retainer` where nothing but a retainer is named, else `customer_payment`.
    payment_type: Choice<PaymentType>,
    currency: Choice<Currency>,
    retainer_id: Reference,
    invoice_id: Reference,
    /// `completed` records and completes in one commit.
    status: Choice<PaymentStatus>,
    transaction_id: Text,
    payment_date: When,
    notes: Notes,
    #[serde(rename = "paymentNumber")]
    _payment_number: Ignored,
    #[serde(rename = "invoiceNumber")]
    _invoice_number: Ignored,
}

fn record(_: &Of, body: RecordBody) -> Result<RecordPayment, Refusal> {
    let client = client_named(&body.client_id, &body.customer_id)?;
    let (Some(client), Some(amount), Some(method)) =
        (client, body.amount.optional("amount")?, body.payment_method.0)
    else {
        let missing = [
            ("clientId", body.client_id.0.is_none() && body.customer_id.0.is_none()),
            ("amount", body.amount.is_absent()),
            ("paymentMethod", body.payment_method.0.is_none()),
        ];
        let missing = missing.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
        return Err(Refusal::fields_required(Message::PaymentFieldsRequired, missing.collect()));
    };
    let retainer = body.retainer_id.reference();
    // A payment that names nothing but a retainer is for that retainer.
    let names_retainer = retainer.is_some() && body.invoice_id.0.is_none();
    let usual = if names_retainer { PaymentType::Retainer } else { PaymentType::CustomerPayment };
    Ok(RecordPayment {
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

/// `clientId` and `customerId` are two names of one field; both may be sent if they agree.
pub(super) fn client_named(
    client: &Reference,
    customer: &Reference,
) -> Result<Option<Ref<Client>>, Refusal> {
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
    doc: |generator| {
        let mut object = wire::ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<PaymentDoc>("payment", generator));
        let filled = "The retainer that it went into.";
        object.field("retainer", false, &[filled], generator.subschema_for::<RetainerDoc>());
        object.finish()
    },
};
const COMPLETED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::PaymentCompleted,
    location: None,
    ..RECORDED
};

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Payment { payment, client, retainer } = &reply.shown else {
        unreachable!("a payment command shows a payment")
    };
    o.entity("payment", |out| write(out, payment, client));
    if let Some(retainer) = retainer {
        o.with("retainer", |out| super::retainers::write(out, retainer, client, reply.today));
    }
}

fn complete(of: &Of, _: EmptyBody) -> Result<CompletePayment, Refusal> {
    Ok(CompletePayment { payment: of.row() })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    status: Choice<PaymentStatus>,
    client_id: Reference,
}

async fn all(question: Question<Filter>) -> Result<Rows<PaymentView>, Refusal> {
    let Filter { status, client_id } = &question.filter;
    let filter =
        PaymentFilter { own: question.own, status: status.0, client: client_id.reference() };
    let listed =
        question.app.reader.payments(question.firm(), filter, question.page.clone()).await?;
    Ok(question.rows(listed))
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
        self.client.user == Some(user)
    }
}

impl Visible for PaymentView {
    type Doc = PaymentDoc;

    fn hide(&mut self) {
        self.payment.notes = None;
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.payment, &self.client);
    }
}

wire! {
    /// Money received.
    PaymentDoc {
        _id: wire::Id,
        __v: wire::Number,
        paymentNumber: String,
        clientId: ClientShortDoc,
        amount: wire::Money,
        currency: wire::CurrencyCode,
        /// What nothing has claimed yet: the client's credit.
        unappliedAmount: wire::Money,
        /// What went into retainers.
        depositedAmount: wire::Money,
        paymentMethod: wire::Name<PaymentMethod>,
        paymentType: wire::Name<PaymentType>,
        status: wire::Name<PaymentStatus>,
        retainerId: Option<wire::Id>,
        invoiceId: Option<wire::Id>,
        transactionId: Option<String>,
        notes: Option<String>,
        paymentDate: wire::Day,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
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
        record(&Of::default(), body).map_err(|refusal| refusal.code)
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
