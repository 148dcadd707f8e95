//! What callers send about a payment. What it has paid and what is left of it is in no body: money goes
//! where commands put it.

use domain::{
    Currency, Decimal, Ref,
    billing::{
        NAMED_COUNT_MAX,
        apply_payment::ApplyPayment,
        cancel_payment::CancelPayment,
        complete_payment::CompletePayment,
        delete_payments::{AskedFor, DeletePayments},
        fail_payment::FailPayment,
        mark_receipt::MarkReceipt,
        move_check::MoveCheck,
        reconcile_payment::ReconcilePayment,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
        refund_payment::RefundPayment,
        unapply_payment::UnapplyPayment,
        update_payment::{PaymentEdit, UpdatePayment},
    },
    rows::{CheckState, Client, Invoice, Overpayment, PaymentMethod, PaymentType},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        error::Refusal,
        extract::Of,
        field::{
            Amount, Choice, Ignored, List, Named, Notes, Reference, Text, Verbatim, Version, When,
        },
        route::EmptyBody,
    },
    messages::Message,
};

/// Declares a body that has the fields which are written down about a payment and decide nothing, and
/// turns them into [`PaymentDetails`].
macro_rules! body_with_details {
    ($(#[$attribute:meta])* $body:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $(#[$attribute])*
        pub(in crate::http::api) struct $body {
            $($(#[$field_attribute])* $field: $type,)*
            gateway_provider: Text,
            /// The payer's or gateway's own reference.
            transaction_id: Text,
            check_number: Text,
            /// The drawer's bank.
            check_bank: Text,
            check_date: When,
            /// Card, fees and bank details: kept and given back, never read.
            details: Verbatim,
            notes: Notes,
            #[serde(rename = "paymentNumber")]
            _payment_number: Ignored,
            #[serde(rename = "invoiceNumber")]
            _invoice_number: Ignored,
        }

        impl $body {
            fn details(&mut self) -> PaymentDetails {
                PaymentDetails {
                    gateway: self.gateway_provider.0.take(),
                    reference: self.transaction_id.0.take(),
                    check_number: self.check_number.0.take(),
                    check_bank: self.check_bank.0.take(),
                    check_date: self.check_date.0,
                    details: self.details.0.take(),
                    notes: self.notes.0.take(),
                }
            }
        }
    };
}

body_with_details! {
    #[schemars(
        extend("required" = ["amount", "paymentMethod"]),
        extend("anyOf" = [
            {"required": ["clientId"]},
            {"required": ["customerId"]},
            {"required": ["invoiceId"]},
            {"required": ["retainerId"]},
            {
                "required": ["paymentType"],
                "properties": {"paymentType": {"enum": ["vendor_payment", "transfer"]}},
            },
        ]),
        example = json!({"clientId": "CLT-2026-0001", "amount": "1500", "paymentMethod": "cash"})
    )]
    RecordBody {
        /// Who pays, by this name or as `customerId`; required where no invoice and no retainer tells.
        client_id: Reference,
        /// Another name of `clientId`.
        customer_id: Reference,
        amount: Amount,
        payment_method: Choice<PaymentMethod>,
        /// `retainer` where nothing but a retainer is named, else `customer_payment`.
        payment_type: Choice<PaymentType>,
        currency: Choice<Currency>,
        invoice_id: Reference,
        retainer_id: Reference,
        case_id: Reference,
        /// The parts to set against invoices, in this order.
        #[schemars(extend("maxItems" = NAMED_COUNT_MAX))]
        invoice_applications: List<ApplicationBody>,
        /// Another name of `invoiceApplications`.
        #[schemars(extend("maxItems" = NAMED_COUNT_MAX))]
        allocations: List<ApplicationBody>,
        overpayment_action: Choice<Overpayment>,
        payment_date: When,
        /// `completed` records and completes in one commit; a cheque then still has to clear.
        status: Choice<Receipt>,
    }
}
body_with_details! {
    /// Only the fields that are named change.
    #[schemars(example = json!({"amount": "1200", "notes": "As agreed", "__v": 0}))]
    UpdateBody {
        #[serde(rename = "__v")]
        version: Version,
        amount: Amount,
        payment_method: Choice<PaymentMethod>,
        invoice_id: Reference,
        retainer_id: Reference,
        case_id: Reference,
        /// The parts to set against invoices, in this order; an empty list: none.
        #[schemars(extend("maxItems" = NAMED_COUNT_MAX))]
        invoice_applications: Option<List<ApplicationBody>>,
        /// Another name of `invoiceApplications`.
        #[schemars(extend("maxItems" = NAMED_COUNT_MAX))]
        allocations: Option<List<ApplicationBody>>,
        overpayment_action: Choice<Overpayment>,
        payment_date: When,
    }
}
body_with_details! {
    #[schemars(
        extend("required" = ["amount", "paymentMethod"]),
        example = json!({"amount": "1150", "paymentMethod": "bank_transfer", "transactionId": "TRX-1001"})
    )]
    InvoicePaymentBody {
        /// At most what is due.
        amount: Amount,
        payment_method: Choice<PaymentMethod>,
        payment_date: When,
    }
}

/// A part of a payment for one invoice.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["invoiceId", "amount"]))]
pub(in crate::http::api) struct ApplicationBody {
    invoice_id: Reference,
    amount: Amount,
}

impl Named for Receipt {
    const TITLE: &'static str = "Receipt";
    const NAMES: &'static [&'static str] = &["pending", "completed"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "pending" => Some(Self::Expected),
            "completed" => Some(Self::Received),
            _ => None,
        }
    }
}

pub(super) fn record(_: &Of, mut body: RecordBody) -> Result<RecordPayment, Refusal> {
    let client = client_named(&body.client_id, &body.customer_id)?;
    let kind = body.payment_type.0;
    let needs_client = kind.is_none_or(PaymentType::is_from_client)
        && body.invoice_id.0.is_none()
        && body.retainer_id.0.is_none();
    let (Some(amount), Some(method), true) =
        (body.amount.optional("amount")?, body.payment_method.0, client.is_some() || !needs_client)
    else {
        let missing = [
            ("clientId", needs_client && client.is_none()),
            ("amount", body.amount.is_absent()),
            ("paymentMethod", body.payment_method.0.is_none()),
        ];
        return Err(required(&missing));
    };
    let parts = one_of_both(&body.invoice_applications, &body.allocations, "allocations")?;
    Ok(RecordPayment {
        client,
        amount,
        currency: body.currency.0,
        method,
        kind,
        retainer: body.retainer_id.reference(),
        invoice: body.invoice_id.reference(),
        applications: applications(parts)?,
        case: body.case_id.reference(),
        receipt: body.status.0.unwrap_or(Receipt::Expected),
        overpayment: body.overpayment_action.0.unwrap_or(Overpayment::Credit),
        details: body.details(),
        date: body.payment_date.0,
    })
}

fn required(fields: &[(&'static str, bool)]) -> Refusal {
    let missing = fields.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
    Refusal::fields_required(Message::PaymentFieldsRequired, missing.collect())
}

/// A payment of one invoice, that is here already.
pub(in crate::http::api) fn pay_invoice(
    of: &Of,
    mut body: InvoicePaymentBody,
) -> Result<RecordPayment, Refusal> {
    let amount = body.amount.required("amount")?;
    let Some(method) = body.payment_method.0 else {
        return Err(required(&[("paymentMethod", true)]));
    };
    Ok(RecordPayment {
        client: None,
        amount,
        currency: None,
        method,
        kind: Some(PaymentType::CustomerPayment),
        retainer: None,
        invoice: Some(of.row()),
        applications: Vec::new(),
        case: None,
        receipt: Receipt::ForInvoiceOnly,
        overpayment: Overpayment::Credit,
        details: body.details(),
        date: body.payment_date.0,
    })
}

/// `clientId` and `customerId` are two names of one field; both may be sent if they agree.
pub(in crate::http::api) fn client_named(
    client: &Reference,
    customer: &Reference,
) -> Result<Option<Ref<Client>>, Refusal> {
    if client.0.is_some() && customer.0.is_some() && client.0 != customer.0 {
        return Err(Refusal::field(Message::InvalidField, "customerId", Message::InvalidField));
    }
    Ok(client.reference().or_else(|| customer.reference()))
}

/// The list that was sent, of two names for one.
fn one_of_both<'a>(
    first: &'a List<ApplicationBody>,
    second: &'a List<ApplicationBody>,
    second_name: &str,
) -> Result<&'a [ApplicationBody], Refusal> {
    match (first.0.as_slice(), second.0.as_slice()) {
        (first, []) => Ok(first),
        ([], second) => Ok(second),
        _ => Err(Refusal::field(Message::InvalidField, second_name, Message::InvalidField)),
    }
}

fn applications(parts: &[ApplicationBody]) -> Result<Vec<(Ref<Invoice>, Decimal)>, Refusal> {
    let read = |(n, part): (usize, &ApplicationBody)| {
        let field = format!("invoiceApplications[{n}].invoiceId");
        let missing = || Refusal::field(Message::InvalidField, field, Message::FieldRequired);
        let invoice = part.invoice_id.reference().ok_or_else(missing)?;
        let amount = part.amount.required(&format!("invoiceApplications[{n}].amount"))?;
        Ok((invoice, amount))
    };
    parts.iter().enumerate().map(read).collect()
}

pub(super) fn update(of: &Of, mut body: UpdateBody) -> Result<UpdatePayment, Refusal> {
    let parts = match (&body.invoice_applications, &body.allocations) {
        (None, None) => None,
        (Some(only), None) | (None, Some(only)) => Some(only.0.as_slice()),
        (Some(first), Some(second)) => Some(one_of_both(first, second, "allocations")?),
    };
    let edit = PaymentEdit {
        amount: body.amount.optional("amount")?,
        method: body.payment_method.0,
        invoice: body.invoice_id.reference(),
        retainer: body.retainer_id.reference(),
        applications: parts.map(applications).transpose()?,
        case: body.case_id.reference(),
        overpayment: body.overpayment_action.0,
        details: body.details(),
        date: body.payment_date.0,
    };
    Ok(UpdatePayment { payment: of.row(), version: of.version(&body.version)?, edit })
}

pub(super) fn complete(of: &Of, _: EmptyBody) -> Result<CompletePayment, Refusal> {
    Ok(CompletePayment { payment: of.row() })
}

/// Why.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"reason": "The card was declined"}))]
pub(super) struct ReasonBody {
    reason: Notes,
}

pub(super) fn fail(of: &Of, body: ReasonBody) -> Result<FailPayment, Refusal> {
    Ok(FailPayment { payment: of.row(), reason: body.reason.0 })
}

pub(super) fn cancel(of: &Of, body: ReasonBody) -> Result<CancelPayment, Refusal> {
    Ok(CancelPayment { payment: of.row(), reason: body.reason.0 })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"amount": "100", "reason": "Paid twice"}))]
pub(super) struct RefundBody {
    /// All that is left, where nothing is said.
    amount: Amount,
    reason: Notes,
    /// How it is returned; the way it came, where nothing is said.
    refund_method: Choice<PaymentMethod>,
}

pub(super) fn refund(of: &Of, body: RefundBody) -> Result<RefundPayment, Refusal> {
    Ok(RefundPayment {
        payment: of.row(),
        amount: body.amount.optional("amount")?,
        reason: body.reason.0,
        method: body.refund_method.0,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("minProperties" = 1),
    example = json!({
        "invoiceApplications": [{"invoiceId": "INV-202601-0001", "amount": "500"}],
    })
)]
pub(super) struct ApplyBody {
    /// The parts to set against invoices, in this order; at least one.
    #[schemars(extend("minItems" = 1, "maxItems" = NAMED_COUNT_MAX))]
    invoice_applications: List<ApplicationBody>,
    /// Another name of `invoiceApplications`.
    #[schemars(extend("minItems" = 1, "maxItems" = NAMED_COUNT_MAX))]
    invoices: List<ApplicationBody>,
}

pub(super) fn apply(of: &Of, body: ApplyBody) -> Result<ApplyPayment, Refusal> {
    let ApplyBody { invoice_applications, invoices } = body;
    let parts = one_of_both(&invoice_applications, &invoices, "invoices")?;
    if parts.is_empty() {
        let field = "invoiceApplications";
        return Err(Refusal::field(Message::InvalidField, field, Message::FieldRequired));
    }
    Ok(ApplyPayment { payment: of.row(), applications: applications(parts)? })
}

pub(super) fn unapply(of: &Of, _: EmptyBody) -> Result<UnapplyPayment, Refusal> {
    Ok(UnapplyPayment { payment: of.row(), invoice: of.second() })
}

pub(super) fn reconcile(of: &Of, _: EmptyBody) -> Result<ReconcilePayment, Refusal> {
    Ok(ReconcilePayment { payment: of.row() })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["status"]), example = json!({"status": "deposited"}))]
pub(super) struct CheckBody {
    /// Where the cheque is now.
    status: Choice<CheckState>,
    /// Why it bounced.
    reason: Notes,
}

pub(super) fn move_check(of: &Of, body: CheckBody) -> Result<MoveCheck, Refusal> {
    let missing = || Refusal::field(Message::InvalidField, "status", Message::FieldRequired);
    let state = body.status.0.ok_or_else(missing)?;
    Ok(MoveCheck { payment: of.row(), state, reason: body.reason.0 })
}

pub(super) fn receipt(of: &Of, _: EmptyBody) -> Result<MarkReceipt, Refusal> {
    Ok(MarkReceipt { payment: of.row() })
}

pub(super) fn delete(of: &Of, _: EmptyBody) -> Result<DeletePayments, Refusal> {
    Ok(DeletePayments { payments: vec![of.row()], asked: AskedFor::One })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["paymentIds"]),
    example = json!({"paymentIds": ["PAY-2026-0001", "PAY-2026-0002"]})
)]
pub(super) struct DeleteManyBody {
    /// All or none of them are deleted.
    #[schemars(extend("minItems" = 1, "maxItems" = NAMED_COUNT_MAX))]
    payment_ids: List<Reference>,
}

pub(super) fn delete_many(_: &Of, body: DeleteManyBody) -> Result<DeletePayments, Refusal> {
    let DeleteManyBody { payment_ids: List(ids) } = body;
    let payments: Vec<_> = ids.iter().filter_map(Reference::reference).collect();
    if payments.is_empty() || payments.len() < ids.len() {
        let field = "paymentIds";
        let mut refusal =
            Refusal::field(Message::PaymentIdsRequired, field, Message::FieldRequired);
        refusal.code = Message::IdsRequired.id();
        return Err(refusal);
    }
    Ok(DeletePayments { payments, asked: AskedFor::Many })
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
            assert_eq!(command(&json).unwrap().client.unwrap().to_string(), "CLT-2026-0001");
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
            r#"{"invoiceId":"i","amount":5}"#,
        ] {
            assert_eq!(command(json).unwrap_err(), "fields_required", "{json}");
        }
        for more in [r#""invoiceId":"i""#, r#""retainerId":"r""#, r#""paymentType":"transfer""#] {
            let json = format!(r#"{{{more},"amount":5,"paymentMethod":"cash"}}"#);
            assert!(command(&json).unwrap().client.is_none(), "{json}");
        }
    }

    #[test]
    fn applications_come_under_either_name() {
        let with = |more: &str| {
            let json = format!(r#"{{"clientId":"a","amount":5,"paymentMethod":"cash",{more}}}"#);
            command(&json).map(|command| command.applications.len())
        };
        let part = r#"[{"invoiceId":"i","amount":"2"}]"#;
        assert_eq!(with(&format!(r#""invoiceApplications":{part}"#)), Ok(1));
        assert_eq!(with(&format!(r#""allocations":{part},"invoiceApplications":[]"#)), Ok(1));
        let both = format!(r#""allocations":{part},"invoiceApplications":{part}"#);
        assert_eq!(with(&both), Err("invalid_field"));
        assert_eq!(with(r#""allocations":[{"amount":2}]"#), Err("invalid_field"));
        assert_eq!(with(r#""allocations":[{"invoiceId":"i"}]"#), Err("amount_required"));
        assert_eq!(with(r#""allocations":[{"invoiceId":"i","x":1}]"#), Err("unknown_field"));
    }

    #[test]
    fn details_are_one_object_kept_as_it_is() {
        let with = |details: &str| {
            let json = format!(
                r#"{{"clientId":"a","amount":5,"paymentMethod":"cash","details":{details}}}"#
            );
            command(&json).map(|command| command.details.details)
        };
        let card = r#"{"lastFour": "4242", "fees": 1.50}"#;
        assert_eq!(with(card), Ok(Some(card.to_owned())));
        assert_eq!(with("null"), Ok(None));
        for other in ["[]", "5", "\"x\""] {
            assert_eq!(with(other), Err("invalid_field"), "{other}");
        }
    }

    #[test]
    fn a_list_to_delete_names_every_one() {
        let many = |json: &str| {
            let body: DeleteManyBody = body::read(json.as_bytes()).map_err(|it| it.code)?;
            delete_many(&Of::default(), body).map(|it| it.payments.len()).map_err(|it| it.code)
        };
        assert_eq!(many(r#"{"paymentIds":["a","b"]}"#), Ok(2));
        for json in ["{}", r#"{"paymentIds":[]}"#, r#"{"paymentIds":["a",""]}"#] {
            assert_eq!(many(json), Err("ids_required"), "{json}");
        }
    }
}
