//! What callers send about an invoice. Its totals are ours: those in a body are compared and never
//! used, and what was paid on it is in no body at all.

use domain::{
    Currency, Decimal,
    invoicing::{
        apply_retainer::ApplyRetainer,
        approve::ApproveInvoice,
        create::{Content, CreateInvoice},
        credit::CreditInvoice,
        delete::DeleteInvoice,
        duplicate::DuplicateInvoice,
        lines::{DiscountInput, LINES_COUNT_MAX, LineInput, TotalsInput},
        reject::RejectInvoice,
        send::SendInvoice,
        submit::SubmitInvoice,
        update::UpdateInvoice,
        viewed::ViewInvoice,
        void::VoidInvoice,
        write_off::WriteOffInvoice,
    },
    rows::{LineKind, PaymentTerms},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        api::payments::client_named,
        error::Refusal,
        extract::Of,
        field::{
            Amount, Choice, Flag, Ignored, List, Named, Notes, Quantity, Reference, Version, When,
        },
        route::EmptyBody,
    },
    messages::Message,
};

/// Declares a body that has the fields of an invoice's content, and turns them into [`Content`].
macro_rules! body_with_content {
    ($(#[$attribute:meta])* $body:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $(#[$attribute])*
        pub(super) struct $body {
            $($(#[$field_attribute])* $field: $type,)*
            #[schemars(extend("minItems" = 1, "maxItems" = LINES_COUNT_MAX))]
            items: Option<List<ItemBody>>,
            /// In percent: 15 where nothing else is said.
            vat_rate: Quantity,
            discount_type: Choice<DiscountType>,
            discount_value: Quantity,
            /// The day on the document; today where nothing is said.
            issue_date: When,
            /// Follows from the terms where nothing is said.
            due_date: When,
            /// `net_30` where nothing is said.
            payment_terms: Choice<PaymentTerms>,
            case_id: Reference,
            notes: Notes,
            /// Compared with ours, as the next three.
            subtotal: Amount,
            discount_amount: Amount,
            vat_amount: Amount,
            total_amount: Amount,
            #[serde(rename = "invoiceNumber")]
            _invoice_number: Ignored,
        }

        impl $body {
            fn content(&mut self) -> Result<Content, Refusal> {
                let items = self.items.take().map(|items| items.0);
                Ok(Content {
                    lines: items.map(lines).transpose()?,
                    vat_rate: self.vat_rate.optional("vatRate")?,
                    discount: discount(&self.discount_type, &self.discount_value, "")?,
                    totals: TotalsInput {
                        subtotal: self.subtotal.optional("subtotal")?,
                        discount: self.discount_amount.optional("discountAmount")?,
                        vat: self.vat_amount.optional("vatAmount")?,
                        total: self.total_amount.optional("totalAmount")?,
                    },
                    issue: self.issue_date.0,
                    due: self.due_date.0,
                    terms: self.payment_terms.0,
                    case: self.case_id.reference(),
                    notes: self.notes.0.take(),
                })
            }
        }
    };
}

body_with_content! {
    #[schemars(
        extend("required" = ["items"]),
        extend("anyOf" = [{"required": ["clientId"]}, {"required": ["customerId"]}]),
        example = json!({
            "clientId": "CLT-2026-0001",
            "items": [{"description": "Statement of claim", "quantity": 1, "unitPrice": "1000"}],
        })
    )]
    CreateBody {
        /// Who is to pay; required, by this name or as `customerId`.
        client_id: Reference,
        /// Another name of `clientId`.
        customer_id: Reference,
        currency: Choice<Currency>,
    }
}
body_with_content! {
    /// Only the fields that are named change; a list of items replaces all of them.
    #[schemars(example = json!({"paymentTerms": "net_15", "__v": 0}))]
    UpdateBody {
        #[serde(rename = "__v")]
        version: Version,
        /// Who is to pay; a draft keeps its client, and another is refused.
        client_id: Reference,
    }
}

/// A line.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ItemBody {
    /// `flat_fee` where nothing is said.
    #[serde(rename = "type")]
    kind: Choice<LineKind>,
    description: Notes,
    /// 1 where nothing is said.
    quantity: Quantity,
    unit_price: Quantity,
    discount_type: Choice<DiscountType>,
    discount_value: Quantity,
    /// `true` where nothing is said.
    taxable: Flag,
    /// The work that it bills.
    time_entry_id: Reference,
    /// The outlay that it bills.
    expense_id: Reference,
    #[serde(rename = "total")]
    _total: Ignored,
}

/// How a discount is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum DiscountType {
    Percentage,
    Fixed,
}

impl Named for DiscountType {
    const TITLE: &'static str = "DiscountType";
    const NAMES: &'static [&'static str] = &["percentage", "fixed"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "percentage" => Some(Self::Percentage),
            "fixed" => Some(Self::Fixed),
            _ => None,
        }
    }
}

/// A value without a type takes nothing off if it is zero; else it could mean either.
fn discount(
    kind: &Choice<DiscountType>,
    value: &Quantity,
    at: &str,
) -> Result<Option<DiscountInput>, Refusal> {
    let Some(value) = value.optional(&format!("{at}discountValue"))? else { return Ok(None) };
    match kind.0 {
        Some(DiscountType::Percentage) => Ok(Some(DiscountInput::Percentage(value))),
        Some(DiscountType::Fixed) => Ok(Some(DiscountInput::Fixed(value))),
        None if value == Decimal::whole(0) => Ok(None),
        None => {
            let field = format!("{at}discountType");
            Err(Refusal::field(Message::InvalidField, field, Message::FieldRequired))
        }
    }
}

fn lines(items: Vec<ItemBody>) -> Result<Vec<LineInput>, Refusal> {
    items.into_iter().enumerate().map(|(n, item)| line(item, &format!("items[{n}]."))).collect()
}

fn line(item: ItemBody, at: &str) -> Result<LineInput, Refusal> {
    Ok(LineInput {
        kind: item.kind.0.unwrap_or(LineKind::FlatFee),
        description: item.description.0,
        quantity: item.quantity.optional(&format!("{at}quantity"))?,
        unit_price: item.unit_price.optional(&format!("{at}unitPrice"))?,
        discount: discount(&item.discount_type, &item.discount_value, at)?,
        taxable: item.taxable.0.unwrap_or(true),
        time_entry: item.time_entry_id.reference(),
        expense: item.expense_id.reference(),
    })
}

pub(super) fn create(_: &Of, mut body: CreateBody) -> Result<CreateInvoice, Refusal> {
    let client = client_named(&body.client_id, &body.customer_id)?;
    let has_items = body.items.as_ref().is_some_and(|items| !items.0.is_empty());
    let (Some(client), true) = (client, has_items) else {
        let has_client = body.client_id.0.is_some() || body.customer_id.0.is_some();
        let missing = [("clientId", !has_client), ("items", !has_items)];
        let missing = missing.iter().filter(|(_, is_missing)| *is_missing).map(|(field, _)| *field);
        return Err(Refusal::fields_required(Message::InvoiceFieldsRequired, missing.collect()));
    };
    Ok(CreateInvoice { client, currency: body.currency.0, content: body.content()? })
}

pub(super) fn update(of: &Of, mut body: UpdateBody) -> Result<UpdateInvoice, Refusal> {
    let (version, client) = (of.version(&body.version)?, body.client_id.reference());
    Ok(UpdateInvoice { invoice: of.row(), version, client, content: body.content()? })
}

/// Why.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"reason": "Billed by mistake"}))]
pub(super) struct ReasonBody {
    reason: Notes,
}

pub(super) fn send(of: &Of, _: EmptyBody) -> Result<SendInvoice, Refusal> {
    Ok(SendInvoice { invoice: of.row() })
}

pub(super) fn submit(of: &Of, _: EmptyBody) -> Result<SubmitInvoice, Refusal> {
    Ok(SubmitInvoice { invoice: of.row() })
}

pub(super) fn approve(of: &Of, _: EmptyBody) -> Result<ApproveInvoice, Refusal> {
    Ok(ApproveInvoice { invoice: of.row() })
}

pub(super) fn reject(of: &Of, body: ReasonBody) -> Result<RejectInvoice, Refusal> {
    Ok(RejectInvoice { invoice: of.row(), reason: body.reason.0 })
}

pub(super) fn viewed(of: &Of, _: EmptyBody) -> Result<ViewInvoice, Refusal> {
    Ok(ViewInvoice { invoice: of.row() })
}

pub(super) fn void(of: &Of, body: ReasonBody) -> Result<VoidInvoice, Refusal> {
    Ok(VoidInvoice { invoice: of.row(), reason: body.reason.0 })
}

pub(super) fn write_off(of: &Of, body: ReasonBody) -> Result<WriteOffInvoice, Refusal> {
    Ok(WriteOffInvoice { invoice: of.row(), reason: body.reason.0 })
}

pub(super) fn duplicate(of: &Of, _: EmptyBody) -> Result<DuplicateInvoice, Refusal> {
    Ok(DuplicateInvoice { invoice: of.row() })
}

pub(super) fn delete(of: &Of, _: EmptyBody) -> Result<DeleteInvoice, Refusal> {
    Ok(DeleteInvoice { invoice: of.row() })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["amount", "retainerId"]),
    example = json!({"amount": "500", "retainerId": "RET-2026-0001"})
)]
pub(super) struct ApplyBody {
    /// At most what is due, and what the retainer holds.
    amount: Amount,
    retainer_id: Reference,
}

pub(super) fn apply_retainer(of: &Of, body: ApplyBody) -> Result<ApplyRetainer, Refusal> {
    let ApplyBody { amount, retainer_id } = body;
    let amount = amount.required("amount")?;
    let missing = || Refusal::field(Message::InvalidField, "retainerId", Message::FieldRequired);
    let retainer = retainer_id.reference().ok_or_else(missing)?;
    Ok(ApplyRetainer { invoice: of.row(), retainer, amount })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"amount": "115", "reason": "One hour too many"}))]
pub(super) struct CreditBody {
    /// VAT included; all that was not credited yet, where nothing is said.
    amount: Amount,
    reason: Notes,
}

pub(super) fn credit(of: &Of, body: CreditBody) -> Result<CreditInvoice, Refusal> {
    let amount = body.amount.optional("amount")?;
    Ok(CreditInvoice { invoice: of.row(), amount, reason: body.reason.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn created(json: &str) -> Result<CreateInvoice, &'static str> {
        let body: CreateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        create(&Of::default(), body).map_err(|refusal| refusal.code)
    }

    fn with_item(item: &str) -> Result<LineInput, &'static str> {
        let created = created(&format!(r#"{{"clientId":"a","items":[{item}]}}"#))?;
        Ok(created.content.lines.unwrap().remove(0))
    }

    #[test]
    fn client_and_items_are_asked_for() {
        for json in
            ["", r#"{"clientId":"a"}"#, r#"{"clientId":"a","items":[]}"#, r#"{"items":[{}]}"#]
        {
            assert_eq!(created(json).unwrap_err(), "fields_required", "{json}");
        }
    }

    #[test]
    fn a_line_has_usual_parts() {
        let line = with_item(r#"{"unitPrice":"0.3350","total":9}"#).unwrap();
        assert_eq!((line.kind, line.taxable, line.quantity), (LineKind::FlatFee, true, None));
        assert_eq!(line.unit_price, Some("0.335".parse().unwrap()));
        for (item, code) in [
            (r#"{"quantity":"x"}"#, "amount_malformed"),
            (r#"{"type":"gift"}"#, "invalid_field"),
            (r#"{"lineTotal":1}"#, "unknown_field"),
            ("5", "invalid_field"),
        ] {
            assert_eq!(with_item(item).unwrap_err(), code, "{item}");
        }
    }

    #[test]
    fn a_discount_says_how_it_is_counted() {
        let discount = |json: &str| with_item(json).map(|line| line.discount);
        let ten = "10".parse().unwrap();
        assert_eq!(
            discount(r#"{"discountType":"percentage","discountValue":10}"#),
            Ok(Some(DiscountInput::Percentage(ten)))
        );
        assert_eq!(
            discount(r#"{"discountType":"fixed","discountValue":"10"}"#),
            Ok(Some(DiscountInput::Fixed(ten)))
        );
        assert_eq!(discount(r#"{"discountType":"fixed","discountValue":""}"#), Ok(None));
        assert_eq!(discount(r#"{"discountType":"","discountValue":0}"#), Ok(None));
        assert_eq!(discount(r#"{"discountValue":10}"#), Err("invalid_field"));
    }

    #[test]
    fn an_edit_leaves_what_it_does_not_name() {
        let edit = |json: &str| {
            let body: UpdateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
            update(&Of::row_named("i"), body).map_err(|refusal| refusal.code)
        };
        let command = edit(r#"{"notes":"n","invoiceNumber":"X-1"}"#).unwrap();
        assert!(command.content.lines.is_none() && command.content.vat_rate.is_none());
        assert_eq!(
            edit(r#"{"items":[]}"#).unwrap().content.lines.map(|lines| lines.len()),
            Some(0)
        );
        // Named, it is compared; nobody's draft becomes another's.
        assert!(command.client.is_none());
        assert!(edit(r#"{"clientId":"CLT-2026-0001"}"#).unwrap().client.is_some());
        for field in ["amountPaid", "balanceDue", "status", "retainerApplied", "customerId"] {
            assert_eq!(edit(&format!(r#"{{"{field}":"1"}}"#)).unwrap_err(), "unknown_field");
        }
    }
}
