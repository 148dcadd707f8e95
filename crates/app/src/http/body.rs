//! Bodies and their fields: JSON read strictly, every shape checked before a command is made of it.
//!
//! `""` and `null` mean absent. A number is taken by its text, so that **money never passes through a
//! float**; what the amount means is the domain's business.

use domain::rows::{ClientType, PaymentMethod, PaymentStatus, PaymentType, RetainerType};
use domain::{Currency, Decimal, Id, Moment, Ref, Rejection, Role, id::User, money::MoneyError};
use hyper::StatusCode;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

use super::error::Refusal;
use crate::messages::Message;

/// Most characters of a name, number, address or reference.
pub(crate) const NAME_CHARS_MAX: usize = 500;
/// Most characters of free text.
pub(crate) const TEXT_CHARS_MAX: usize = 10_000;

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
    // The whole text first, so that what is no JSON is never told that one of its fields is wrong.
    serde_json::from_str::<&RawValue>(text).map_err(|_| malformed())?;
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| refused(&error))
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

const TOO_LONG: &str = "too long";

/// A field's value as it stands in the body; `None` when it is `null` or `""`.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok(Some(raw).filter(|raw| !matches!(*raw, "null" | "\"\"")))
}

/// A string's text, unescaped; any other value is refused.
fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(raw) = raw(deserializer)? else { return Ok(None) };
    let text: String = serde_json::from_str(raw).map_err(|_| D::Error::custom("not a string"))?;
    if text.contains('\0') {
        return Err(D::Error::custom("a zero character"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Text of at most `CHARS_MAX` characters.
#[derive(Debug, Default)]
pub(crate) struct Text<const CHARS_MAX: usize = NAME_CHARS_MAX>(pub Option<String>);

impl<'de, const CHARS_MAX: usize> Deserialize<'de> for Text<CHARS_MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = string(deserializer)?;
        if text.as_ref().is_some_and(|text| text.chars().count() > CHARS_MAX) {
            return Err(D::Error::custom(TOO_LONG));
        }
        Ok(Self(text))
    }
}

/// Free text.
pub(crate) type Notes = Text<TEXT_CHARS_MAX>;

/// A row by id or number.
pub(crate) type Reference = Text;

impl Text {
    pub fn reference<T>(&self) -> Option<Ref<T>> {
        self.0.as_deref().map(Ref::parse)
    }
}

/// An amount: a JSON number or a decimal string, by its exact text.
#[derive(Debug, Default)]
pub(crate) struct Amount(Option<Result<Decimal, MoneyError>>);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(raw) = raw(deserializer)? else { return Ok(Self(None)) };
        let text = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        match raw.as_bytes().first() {
            Some(b'"' | b'-' | b'0'..=b'9') => Ok(Self(Some(text.parse()))),
            _ => Err(D::Error::custom("not a number")),
        }
    }
}

impl Amount {
    /// The amount, if there is one.
    pub fn optional(&self, field: &str) -> Result<Option<Decimal>, Refusal> {
        let refused = |error| {
            let rejection = Rejection::Amount(error);
            let message = Message::from(&rejection);
            debug_assert_eq!(message.id(), rejection.code());
            Refusal::field(message, field, message)
        };
        self.0.transpose().map_err(refused)
    }

    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// The amount, without which the command makes no sense.
    pub fn required(&self, field: &str) -> Result<Decimal, Refusal> {
        let missing =
            || Refusal::rejected(&Rejection::Amount(MoneyError::NotPositive), StatusCode::CONFLICT);
        self.optional(field)?.ok_or_else(missing)
    }
}

/// A civil date or an instant.
#[derive(Debug, Default)]
pub(crate) struct When(pub Option<Moment>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(text) = string(deserializer)? else { return Ok(Self(None)) };
        let moment = Moment::parse(&text).ok_or_else(|| D::Error::custom("not a date"))?;
        Ok(Self(Some(moment)))
    }
}

/// `true` or `false`.
#[derive(Debug, Default)]
pub(crate) struct Flag(pub Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match raw(deserializer)? {
            None => Ok(Self(None)),
            Some("true") => Ok(Self(Some(true))),
            Some("false") => Ok(Self(Some(false))),
            Some(_) => Err(D::Error::custom("neither true nor false")),
        }
    }
}

/// The version that the caller read.
#[derive(Debug, Default)]
pub(crate) struct Version(pub Option<i64>);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = raw(deserializer)?.map(str::parse).transpose();
        version.map(Self).map_err(|_| D::Error::custom("not a version"))
    }
}

/// One of a closed list of names.
#[derive(Debug)]
pub(crate) struct Choice<T>(pub Option<T>);

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What has a name on the wire.
pub(crate) trait Named: Sized {
    fn named(name: &str) -> Option<Self>;
}

macro_rules! named {
    ($($type:ty: $from:path),+ $(,)?) => {
        $(impl Named for $type {
            fn named(name: &str) -> Option<Self> { $from(name) }
        })+
    };
}
named! {
    ClientType: ClientType::from_name,
    RetainerType: RetainerType::from_name,
    PaymentMethod: PaymentMethod::from_name,
    PaymentType: PaymentType::from_name,
    PaymentStatus: PaymentStatus::from_name,
    Role: Role::from_name,
    Currency: Currency::from_code,
    Id<User>: parse_id,
}

fn parse_id(text: &str) -> Option<Id<User>> {
    text.parse().ok()
}

impl<'de, T: Named> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(name) = string(deserializer)? else { return Ok(Self(None)) };
        T::named(&name)
            .map(|value| Self(Some(value)))
            .ok_or_else(|| D::Error::custom("not one of the names"))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;
    use crate::messages::Lang;

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
        _ignored: Option<IgnoredAny>,
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
