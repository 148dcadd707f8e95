//! Bodies and queries: JSON read strictly, every shape checked before a command is made of it.

use axum::extract::Query;
use hyper::Uri;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{error::Refusal, field::TOO_LONG, json};
use crate::messages::Message;

/// Deepest nesting of a body; ours need two.
const DEPTH_MAX: usize = 32;

/// Reads a body. No body is an empty object.
pub(crate) fn read<'de, B: Deserialize<'de>>(bytes: &'de [u8]) -> Result<B, Refusal> {
    let malformed = || Refusal::bad(Message::MalformedBody);
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    let text = if text.is_empty() { "{}" } else { text };
    if !text.trim_ascii_start().starts_with('{') || depth(text) > DEPTH_MAX {
        return Err(malformed());
    }
    read_shallow(text)
}

/// As [`read`], for a text that is known not to be nested too deep.
pub(crate) fn read_shallow<'de, B: Deserialize<'de>>(text: &'de str) -> Result<B, Refusal> {
    serde_json::from_str(text).or_else(|_| {
        // What is wrong, and where? The whole text first, so that what is no JSON is never told that
        // one of its fields is wrong.
        serde_json::from_str::<&RawValue>(text)
            .map_err(|_| Refusal::bad(Message::MalformedBody))?;
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| refused(&error))
    })
}

/// Reads a query by the same fields as a body; parameters that `Q` does not know are ignored.
pub(crate) fn query<Q: DeserializeOwned>(uri: &Uri) -> Result<Q, Refusal> {
    let invalid = |field: &str| Refusal::field(Message::InvalidField, field, Message::InvalidField);
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| invalid("query"))?;
    let mut text = Vec::with_capacity(128);
    json::pairs(&mut text, &pairs.0);
    let mut json = serde_json::Deserializer::from_slice(&text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // A known parameter that stands twice: which of them was meant?
        let twice = error.inner().to_string();
        match twice.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
            Some(field) => invalid(field),
            None => refused(&error),
        }
    })
}

/// How deep brackets are nested, those in strings not counted.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn refused(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let (field, inner) = (error.path().to_string(), error.inner());
    let text = inner.to_string();
    if !inner.is_data() || text.starts_with("duplicate field") {
        return Refusal::bad(Message::MalformedBody);
    }
    if text.starts_with("unknown field") {
        return Refusal::field(Message::UnknownField, field, Message::UnknownField);
    }
    let what = if text.starts_with(TOO_LONG) { Message::TooLong } else { Message::InvalidField };
    Refusal::field(Message::InvalidField, field, what)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, rows::RetainerType};
    use serde_json::Value;

    use super::*;
    use crate::{
        http::field::{Amount, Choice, Choices, Count, Flag, Ignored, Text, Toggle, Version, When},
        messages::Lang,
    };

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
    #[derive(Default)]
    struct Body {
        amount: Amount,
        notes: Text<5>,
        end_date: When,
        auto: Flag,
        kind: Choice<RetainerType>,
        currency: Choice<Currency>,
        #[serde(rename = "__v")]
        version: Version,
        #[serde(rename = "invoiceNumber")]
        _ignored: Ignored,
    }

    fn refusal(body: &[u8]) -> (String, Value) {
        let refusal = match read::<Body>(body) {
            Err(refusal) => refusal,
            Ok(body) => body.amount.required("amount").unwrap_err(),
        };
        let body: Value = serde_json::from_slice(&refusal.body(Lang::En, "r")).unwrap();
        (body["code"].as_str().unwrap().to_owned(), body["errors"][0]["field"].clone())
    }

    #[test]
    fn amounts_are_taken_by_their_text() {
        for (json, text) in [
            ("60.10", "60.1"),
            ("\"60.10\"", "60.1"),
            ("6e1", "60"),
            ("9007199254740993", "9007199254740993"),
        ] {
            let body = format!("{{\"amount\":{json}}}");
            let amount = read::<Body>(body.as_bytes()).unwrap().amount.required("amount").unwrap();
            assert_eq!(amount, text.parse().unwrap(), "{json}");
        }
    }

    #[test]
    fn a_query_is_read_by_the_same_fields() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Filter {
            status: Choices<RetainerType>,
            kind: Choice<RetainerType>,
            is_open: Toggle,
            search: Text<5>,
            top: Count,
        }
        let read = |text: &str| query::<Filter>(&format!("/?{text}").parse().unwrap());
        let filter = read("status=advance,%20flat_fee&isOpen=true&search=%22a%22&top=3&x=1&x=2");
        let filter = filter.unwrap();
        assert_eq!(filter.status.0, [RetainerType::Advance, RetainerType::FlatFee]);
        assert_eq!((filter.is_open.0, filter.top.0), (Some(true), Some(3)));
        assert_eq!((filter.search.0.as_deref(), filter.kind.0), (Some("\"a\""), None));
        let filter = read("status=&kind=&isOpen=&search=&top=").unwrap();
        assert!(filter.status.0.is_empty() && filter.is_open.0.is_none() && filter.top.0.is_none());
        for (text, field) in [
            ("status=advance,gone", "status"),
            ("kind=gone", "kind"),
            ("kind=advance&kind=advance", "kind"),
            ("isOpen=yes", "isOpen"),
            ("search=123456", "search"),
            ("search=%00", "search"),
            ("top=0", "top"),
        ] {
            let body = read(text).unwrap_err().body(Lang::En, "r");
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (&body["code"], &body["errors"][0]["field"]),
                (&"invalid_field".into(), &field.into())
            );
        }
    }

    #[test]
    fn blank_means_absent() {
        for body in [
            "",
            "{}",
            r#"{"amount":"","notes":"","endDate":"","auto":"","kind":"","__v":"","currency":null}"#,
        ] {
            let body = read::<Body>(body.as_bytes()).unwrap();
            assert!(body.amount.is_absent() && body.notes.0.is_none() && body.end_date.0.is_none());
            assert!(body.auto.0.is_none() && body.kind.0.is_none() && body.version.0.is_none());
        }
    }

    #[test]
    fn known_fields_are_read() {
        let body = r#"{"notes":"ريالx","endDate":"2026-01-31","auto":true,"kind":"flat_fee","__v":3,"currency":"KWD","invoiceNumber":[1]}"#;
        let body = read::<Body>(body.as_bytes()).unwrap();
        assert_eq!(body.notes.0.as_deref(), Some("ريالx"));
        assert_eq!((body.auto.0, body.version.0), (Some(true), Some(3)));
        assert_eq!(
            (body.kind.0, body.currency.0),
            (Some(RetainerType::FlatFee), Some(Currency::KWD))
        );
    }

    #[test]
    fn wrong_bodies_are_refused_with_the_field() {
        let deep = format!("{{\"amount\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for (body, code, field) in [
            (r#"{"amount":1"#, "malformed_body", ""),
            (r#"[]"#, "malformed_body", ""),
            (r#""x""#, "malformed_body", ""),
            (r#"{} x"#, "malformed_body", ""),
            (r#"{"amount":1,"amount":2}"#, "malformed_body", ""),
            (r#"{"notes":"\ud800"}"#, "invalid_field", "notes"),
            (r#"{"amount":01}"#, "malformed_body", ""),
            (r#"{"amount":NaN}"#, "malformed_body", ""),
            (r#"{"amount":1,"currentBalance":9}"#, "unknown_field", "currentBalance"),
            (r#"{"amount":true}"#, "invalid_field", "amount"),
            (r#"{"amount":[1]}"#, "invalid_field", "amount"),
            (r#"{"amount":{"$serde_json::private::Number":"1"}}"#, "invalid_field", "amount"),
            (r#"{"amount":"abc"}"#, "amount_malformed", "amount"),
            (r#"{"amount":"1\u0030"}"#, "amount_malformed", "amount"),
            (r#"{"amount":1e99999999999}"#, "amount_malformed", "amount"),
            (r#"{"amount":1e400}"#, "amount_too_large", "amount"),
            (r#"{"amount":null}"#, "amount_required", ""),
            (r#"{"notes":5}"#, "invalid_field", "notes"),
            (r#"{"notes":"123456"}"#, "invalid_field", "notes"),
            (r#"{"notes":"a\u0000"}"#, "invalid_field", "notes"),
            (r#"{"endDate":"2026-02-30"}"#, "invalid_field", "endDate"),
            (r#"{"auto":"yes"}"#, "invalid_field", "auto"),
            (r#"{"kind":"free"}"#, "invalid_field", "kind"),
            (r#"{"__v":1.5}"#, "invalid_field", "__v"),
            (r#"{"amount":[["}}"]]}"#, "invalid_field", "amount"),
            (r#"{"balance":1"#, "malformed_body", ""),
            (deep.as_str(), "malformed_body", ""),
        ] {
            let (found, at) = refusal(body.as_bytes());
            let at = at.as_str().unwrap_or_default().to_owned();
            assert_eq!(
                (found.as_str(), at.as_str()),
                (code, field),
                "{}",
                &body[..body.len().min(60)]
            );
        }
        assert_eq!(refusal(b"{\"notes\":\"\xff\"}").0, "malformed_body");
    }
}
