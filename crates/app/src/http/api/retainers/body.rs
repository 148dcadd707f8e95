//! What callers send about a retainer. A balance or status in a body is an unknown field: nobody sets
//! money but by moving it.

use domain::{
    Currency,
    rows::RetainerType,
    trust::open::{OpenRetainer, Terms},
};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    http::{
        api::payments::client_named,
        body::{Amount, Choice, Flag, Notes, Reference, Text, Version, When},
        error::Refusal,
    },
    messages::Message,
};

/// Declares a body that has the fields of a retainer's terms, and turns them into [`Terms`]. (serde's
/// `flatten` would do it, but not together with `deny_unknown_fields`.)
macro_rules! body_with_terms {
    ($body:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub(in crate::http) struct $body {
            $($field: $type,)*
            #[serde(rename = "__v")]
            version: Version,
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
            _retainer_number: Option<IgnoredAny>,
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

body_with_terms!(OpenBody {
    client_id: Reference,
    customer_id: Reference,
    initial_amount: Amount,
    currency: Choice<Currency>,
});
body_with_terms!(UpdateBody {});

impl TryFrom<OpenBody> for OpenRetainer {
    type Error = Refusal;

    fn try_from(mut body: OpenBody) -> Result<Self, Refusal> {
        let client = client_named(&body.client_id, &body.customer_id)?;
        let (Some(client), Some(amount)) = (client, body.initial_amount.optional("initialAmount")?)
        else {
            let has_client = body.client_id.0.is_some() || body.customer_id.0.is_some();
            let missing =
                [("clientId", !has_client), ("initialAmount", body.initial_amount.is_absent())];
            let missing =
                missing.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
            return Err(Refusal::fields_required(
                Message::RetainerFieldsRequired,
                missing.collect(),
            ));
        };
        if body.version.0.is_some() {
            // What does not exist yet has no version.
            return Err(Refusal::field(Message::UnknownField, "__v", Message::UnknownField));
        }
        Ok(Self { client, amount, currency: body.currency.0, terms: body.terms()? })
    }
}

impl UpdateBody {
    /// The new terms, and the version that the caller read.
    pub fn split(mut self) -> Result<(Terms, Option<i64>), Refusal> {
        Ok((self.terms()?, self.version.0))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::http) struct ConsumeBody {
    pub amount: Amount,
    pub invoice_id: Reference,
    pub date: When,
    pub description: Notes,
    #[serde(rename = "invoiceNumber")]
    _invoice_number: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::http) struct ReplenishBody {
    pub amount: Amount,
    pub payment_id: Reference,
    pub date: When,
    pub description: Notes,
    #[serde(rename = "paymentNumber")]
    _payment_number: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct RefundBody {
    pub amount: Amount,
    pub reason: Notes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn opened(json: &str) -> Result<OpenRetainer, &'static str> {
        let body: OpenBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        OpenRetainer::try_from(body).map_err(|refusal| refusal.code)
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
        let (terms, version) = body.split().map_err(|refusal| refusal.code).unwrap();
        assert_eq!((terms.minimum_balance, version), (Some("10.5".parse().unwrap()), Some(4)));
    }
}
