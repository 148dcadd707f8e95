//! What callers send about the firm's own books.

use domain::{
    Currency,
    books::{
        Progress, TransactionDetails, cancel_transaction::CancelTransaction,
        create_transaction::CreateTransaction, delete_transactions::DeleteTransactions,
        update_transaction::UpdateTransaction,
    },
    rows::{PaymentMethod, TransactionType},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        api::deleted,
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Ignored, List, Named, Notes, Reference, Text, Version, When},
        route::EmptyBody,
    },
    messages::Message,
};

impl Named for Progress {
    const TITLE: &'static str = "Progress";
    const NAMES: &'static [&'static str] = &["pending", "completed"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "pending" => Some(Self::Pending),
            "completed" => Some(Self::Completed),
            _ => None,
        }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["type", "amount"]),
    example = json!({"type": "expense", "amount": "1250.75", "category": "rent", "description": "June"})
)]
pub(super) struct CreateBody {
    // Text, because clients match on what is said about an unknown one.
    #[schemars(with = "Choice<TransactionType>")]
    r#type: Text,
    amount: Amount,
    currency: Choice<Currency>,
    category: Text,
    description: Notes,
    /// Today, where nothing is said. What has not happened yet may lie ahead.
    date: When,
    /// `completed` where nothing is said; only that counts.
    status: Choice<Progress>,
    payment_method: Choice<PaymentMethod>,
    reference: Text,
    /// The case's client, where a case is named and nothing is said.
    client_id: Reference,
    case_id: Reference,
    #[serde(rename = "transactionNumber")]
    _transaction_number: Ignored,
    #[serde(rename = "transactionId")]
    _transaction_id: Ignored,
}

pub(super) fn create(_: &Of, body: CreateBody) -> Result<CreateTransaction, Refusal> {
    let (Some(name), false) = (&body.r#type.0, body.amount.is_absent()) else {
        let missing = [("type", body.r#type.0.is_none()), ("amount", body.amount.is_absent())];
        let missing = missing.iter().filter(|(_, is_missing)| *is_missing);
        let missing = missing.map(|(field, _)| *field).collect();
        return Err(Refusal::fields_required(Message::TransactionFieldsRequired, missing));
    };
    Ok(CreateTransaction {
        kind: kind(name)?,
        amount: body.amount.required("amount")?,
        currency: body.currency.0,
        progress: body.status.0,
        details: TransactionDetails {
            category: body.category.0,
            description: body.description.0,
            method: body.payment_method.0,
            reference: body.reference.0,
            client: body.client_id.reference(),
            case: body.case_id.reference(),
            date: body.date.0,
        },
    })
}

/// Only the fields that are named change.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"amount": "1300", "status": "completed", "__v": 0}))]
pub(super) struct UpdateBody {
    #[serde(rename = "__v")]
    version: Version,
    #[schemars(with = "Choice<TransactionType>")]
    r#type: Text,
    amount: Amount,
    category: Text,
    description: Notes,
    date: When,
    /// What was completed does not become pending again.
    status: Choice<Progress>,
    payment_method: Choice<PaymentMethod>,
    reference: Text,
    client_id: Reference,
    case_id: Reference,
}

pub(super) fn update(of: &Of, body: UpdateBody) -> Result<UpdateTransaction, Refusal> {
    Ok(UpdateTransaction {
        transaction: of.row(),
        version: of.version(&body.version)?,
        kind: body.r#type.0.as_deref().map(kind).transpose()?,
        amount: body.amount.optional("amount")?,
        progress: body.status.0,
        details: TransactionDetails {
            category: body.category.0,
            description: body.description.0,
            method: body.payment_method.0,
            reference: body.reference.0,
            client: body.client_id.reference(),
            case: body.case_id.reference(),
            date: body.date.0,
        },
    })
}

fn kind(name: &str) -> Result<TransactionType, Refusal> {
    let message = Message::TransactionTypeInvalid;
    TransactionType::named(name).ok_or_else(|| Refusal::field(message, "type", message))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"reason": "Recorded twice"}))]
pub(super) struct CancelBody {
    reason: Notes,
}

pub(super) fn cancel(of: &Of, body: CancelBody) -> Result<CancelTransaction, Refusal> {
    Ok(CancelTransaction { transaction: of.row(), reason: body.reason.0 })
}

pub(super) fn delete(of: &Of, _: EmptyBody) -> Result<DeleteTransactions, Refusal> {
    Ok(DeleteTransactions { transactions: vec![of.row()] })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"transactionIds": ["TXN-202601-00001", "TXN-202601-00002"]}))]
pub(super) struct DeleteManyBody {
    /// At least one, at most 100; required, unless `ids` is given.
    transaction_ids: List<Reference>,
    /// Another name of `transactionIds`.
    ids: List<Reference>,
}

pub(super) fn delete_many(_: &Of, body: DeleteManyBody) -> Result<DeleteTransactions, Refusal> {
    let (field, named) = match (body.transaction_ids, body.ids) {
        (named, others) if others.0.is_empty() => ("transactionIds", named),
        (others, named) if others.0.is_empty() => ("ids", named),
        _ => return Err(Refusal::field(Message::InvalidField, "ids", Message::InvalidField)),
    };
    Ok(DeleteTransactions { transactions: deleted::named(named, field)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    #[test]
    fn type_and_amount_are_asked_for_before_they_are_looked_at() {
        let code = |json: &str| {
            let body: CreateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
            create(&Of::default(), body).map(drop).map_err(|refusal| refusal.code)
        };
        for json in ["{}", r#"{"type":"income"}"#, r#"{"type":"gift","amount":""}"#] {
            assert_eq!(code(json), Err("fields_required"), "{json}");
        }
        assert_eq!(code(r#"{"type":"gift","amount":"x"}"#), Err("transaction_type_invalid"));
        assert_eq!(code(r#"{"type":"income","amount":"x"}"#), Err("amount_malformed"));
        assert_eq!(code(r#"{"type":5,"amount":5}"#), Err("invalid_field"));
        assert_eq!(
            code(r#"{"type":"income","amount":5,"status":"cancelled"}"#),
            Err("invalid_field")
        );
        assert_eq!(code(r#"{"type":"income","amount":5,"transactionId":"TXN-1"}"#), Ok(()));
    }

    #[test]
    fn a_list_to_delete_comes_under_either_name() {
        let many = |json: &str| {
            let body: DeleteManyBody = body::read(json.as_bytes()).map_err(|it| it.code)?;
            delete_many(&Of::default(), body).map(|it| it.transactions.len()).map_err(|it| it.code)
        };
        assert_eq!(many(r#"{"transactionIds":["a","b"]}"#), Ok(2));
        assert_eq!(many(r#"{"transactionIds":[],"ids":["a"]}"#), Ok(1));
        assert_eq!(many(r#"{"transactionIds":["a"],"ids":["a"]}"#), Err("invalid_field"));
        for json in ["{}", r#"{"ids":[]}"#, r#"{"ids":["a",""]}"#, r#"{"transactionIds":[null]}"#] {
            assert_eq!(many(json), Err("ids_required"), "{json}");
        }
    }
}
