//! What callers send about a retainer. A balance or status in a body is an unknown field: nobody sets
//! money but by moving it.

use domain::{
    Currency,
    rows::RetainerType,
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
        replenish::ReplenishRetainer,
        transfer::TransferRetainer,
        update::UpdateRetainer,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        api::payments::client_named,
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Flag, Ignored, Notes, Reference, Text, Version, When},
    },
    messages::Message,
};

/// Declares a body that has the fields of a retainer's terms, and turns them into [`Terms`]. (serde's
/// `flatten` would do it, but not together with `deny_unknown_fields`.)
macro_rules! body_with_terms {
    ($(#[$attribute:meta])* $body:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $(#[$attribute])*
        pub(super) struct $body {
            $($(#[$field_attribute])* $field: $type,)*
            retainer_type: Choice<RetainerType>,
            minimum_balance: Amount,
            start_date: When,
            end_date: When,
            auto_replenish: Flag,
            replenish_threshold: Amount,
            replenish_amount: Amount,
            case_id: Reference,
            agreement_url: Text,
            agreement_signed_date: When,
            notes: Notes,
            #[serde(rename = "retainerNumber")]
            _retainer_number: Ignored,
        }

        impl $body {
            fn terms(&mut self) -> Result<Terms, Refusal> {
                Ok(Terms {
                    kind: self.retainer_type.0,
                    minimum_balance: self.minimum_balance.optional("minimumBalance")?,
                    start: self.start_date.0,
                    end: self.end_date.0,
                    auto_replenish: self.auto_replenish.0,
                    replenish_threshold: self.replenish_threshold.optional("replenishThreshold")?,
                    replenish_amount: self.replenish_amount.optional("replenishAmount")?,
                    case: self.case_id.reference(),
                    agreement_url: self.agreement_url.0.take(),
                    agreement_signed: self.agreement_signed_date.0,
                    notes: self.notes.0.take(),
                })
            }
        }
    };
}

body_with_terms! {
    #[schemars(
        extend("required" = ["initialAmount"]),
        extend("anyOf" = [{"required": ["clientId"]}, {"required": ["customerId"]}]),
        example = json!({"clientId": "CLT-2026-0001", "initialAmount": "5000"})
    )]
    OpenBody {
        /// Whose money it is; required, by this name or as `customerId`.
        client_id: Reference,
        /// Another name of `clientId`.
        customer_id: Reference,
        initial_amount: Amount,
        currency: Choice<Currency>,
    }
}
body_with_terms! {
    /// Only the fields that are named change.
    #[schemars(example = json!({"minimumBalance": "500", "__v": 0}))]
    UpdateBody {
        #[serde(rename = "__v")]
        version: Version,
    }
}

pub(super) fn open(_: &Of, mut body: OpenBody) -> Result<OpenRetainer, Refusal> {
    let client = client_named(&body.client_id, &body.customer_id)?;
    let (Some(client), Some(amount)) = (client, body.initial_amount.optional("initialAmount")?)
    else {
        let has_client = body.client_id.0.is_some() || body.customer_id.0.is_some();
        let missing =
            [("clientId", !has_client), ("initialAmount", body.initial_amount.is_absent())];
        let missing = missing.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
        return Err(Refusal::fields_required(Message::RetainerFieldsRequired, missing.collect()));
    };
    Ok(OpenRetainer { client, amount, currency: body.currency.0, terms: body.terms()? })
}

pub(super) fn update(of: &Of, mut body: UpdateBody) -> Result<UpdateRetainer, Refusal> {
    let terms = body.terms()?;
    Ok(UpdateRetainer { retainer: of.row(), version: of.version(&body.version)?, terms })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["amount"]),
    example = json!({"amount": "60.50", "description": "Court fees"})
)]
pub(super) struct ConsumeBody {
    amount: Amount,
    invoice_id: Reference,
    date: When,
    description: Notes,
    #[serde(rename = "invoiceNumber")]
    _invoice_number: Ignored,
}

pub(super) fn consume(of: &Of, body: ConsumeBody) -> Result<ConsumeRetainer, Refusal> {
    Ok(ConsumeRetainer {
        retainer: of.row(),
        amount: body.amount.required("amount")?,
        invoice: body.invoice_id.reference(),
        date: body.date.0,
        description: body.description.0,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["amount"]), example = json!({"amount": "1000"}))]
pub(super) struct ReplenishBody {
    amount: Amount,
    /// The payment whose credit it comes from; without one the money came in as it is.
    payment_id: Reference,
    date: When,
    description: Notes,
    #[serde(rename = "paymentNumber")]
    _payment_number: Ignored,
}

pub(super) fn replenish(of: &Of, body: ReplenishBody) -> Result<ReplenishRetainer, Refusal> {
    Ok(ReplenishRetainer {
        retainer: of.row(),
        amount: body.amount.required("amount")?,
        payment: body.payment_id.reference(),
        date: body.date.0,
        description: body.description.0,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"reason": "The matter is closed"}))]
pub(super) struct RefundBody {
    /// All that is left, where nothing is said.
    amount: Amount,
    reason: Notes,
}

pub(super) fn refund(of: &Of, body: RefundBody) -> Result<RefundRetainer, Refusal> {
    let amount = body.amount.optional("amount")?;
    Ok(RefundRetainer { retainer: of.row(), amount, reason: body.reason.0 })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["toRetainerId", "amount"]),
    example = json!({"toRetainerId": "RET-2026-0002", "amount": "1000"})
)]
pub(super) struct TransferBody {
    /// Another retainer of the same client.
    to_retainer_id: Reference,
    amount: Amount,
    description: Notes,
}

pub(super) fn transfer(of: &Of, body: TransferBody) -> Result<TransferRetainer, Refusal> {
    let amount = body.amount.required("amount")?;
    let missing = || Refusal::field(Message::InvalidField, "toRetainerId", Message::FieldRequired);
    let to = body.to_retainer_id.reference().ok_or_else(missing)?;
    Ok(TransferRetainer { retainer: of.row(), to, amount, description: body.description.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn opened(json: &str) -> Result<OpenRetainer, &'static str> {
        let body: OpenBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        open(&Of::default(), body).map_err(|refusal| refusal.code)
    }

    #[test]
    fn client_and_amount_are_asked_for() {
        for json in [
            "",
            "{}",
            r#"{"clientId":"a"}"#,
            r#"{"initialAmount":5}"#,
            r#"{"clientId":"","initialAmount":5}"#,
        ] {
            assert_eq!(opened(json).unwrap_err(), "fields_required", "{json}");
        }
        assert_eq!(
            opened(r#"{"clientId":"a","initialAmount":"x"}"#).unwrap_err(),
            "amount_malformed"
        );
        let command =
            opened(r#"{"customerId":"a","initialAmount":5,"retainerNumber":"x","endDate":""}"#)
                .unwrap();
        assert_eq!(command.client.to_string(), "a");
        assert!(command.terms.end.is_none());
    }

    #[test]
    fn money_that_stands_is_in_no_body() {
        for field in [
            "currentBalance",
            "status",
            "initialAmount",
            "clientId",
            "totalDeposits",
            "_id",
            "currency",
        ] {
            let json = format!(r#"{{"{field}":"1"}}"#);
            let refusal = body::read::<UpdateBody>(json.as_bytes()).unwrap_err();
            assert_eq!(refusal.code, "unknown_field", "{field}");
        }
        let body = body::read::<UpdateBody>(br#"{"minimumBalance":"10.50","__v":4}"#).unwrap();
        let command = update(&Of::named([Some("RET-2026-0001"), None]), body);
        let command = command.map_err(|refusal| refusal.code).unwrap();
        let minimum = command.terms.minimum_balance;
        assert_eq!((minimum, command.version), (Some("10.5".parse().unwrap()), Some(4)));
    }
}
