//! The fields that bodies and queries are made of: each checks its shape and describes it.
//!
//! `""` and `null` mean absent. A number is taken by its text, so that **money never passes through a
//! float**; what the amount means is the domain's business.

use std::{borrow::Cow, fmt, marker::PhantomData};

use domain::rows::{
    AlertKind, ApplicationKind, CaseStatus, CheckState, ClientType, DeliveryStage, InvoiceStatus,
    JobStatus, LineKind, MovementKind, Overpayment, PaymentMethod, PaymentStatus, PaymentTerms,
    PaymentType, ProposalStatus, RetainerStatus, RetainerType, Review, StatementKind,
    TransactionStatus, TransactionType,
};
use domain::{
    Currency, Decimal, Id, Moment, Ref, Rejection, Role, id::User, invariant::AccountKind,
    money::MoneyError,
};
use hyper::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{json, value::RawValue};
use store::Direction;

use super::error::Refusal;
use crate::messages::Message;

/// Most characters of a name, number, address or reference.
pub(crate) const NAME_CHARS_MAX: usize = 500;
/// Most characters of free text.
pub(crate) const TEXT_CHARS_MAX: usize = 10_000;

/// How the message of an error begins that is about length.
pub(super) const TOO_LONG: &str = "too long";

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

/// Describes a field under a name of its own.
macro_rules! described {
    ($field:ty $(where $n:ident)?, $name:expr, $schema:expr) => {
        impl$(<const $n: usize>)? JsonSchema for $field {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                Schema::try_from($schema).expect("an object is a schema")
            }
        }
    };
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

described!(
    Text<CHARS_MAX> where CHARS_MAX,
    format!("Text{CHARS_MAX}"),
    json!({
        "type": ["string", "null"],
        "maxLength": CHARS_MAX,
        "pattern": NO_ZERO,
        "description": format!("At most {CHARS_MAX} characters; blank means absent."),
    })
);

const NO_ZERO: &str = "^[^\\u0000]*$";

/// Free text.
pub(crate) type Notes = Text<TEXT_CHARS_MAX>;

/// A row by id or number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reference(pub Option<String>);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::<NAME_CHARS_MAX>::deserialize(deserializer).map(|text| Self(text.0))
    }
}

impl Reference {
    /// The row, if one is named.
    pub fn reference<T>(&self) -> Option<Ref<T>> {
        self.0.as_deref().map(Ref::parse)
    }
}

described!(
    Reference,
    "Reference",
    json!({
        "type": ["string", "null"],
        "maxLength": NAME_CHARS_MAX,
        "pattern": NO_ZERO,
        "description": "A row by its id (24 hex digits) or by its number, such as `RET-2026-0001`.",
        "examples": ["64f1a2b3c4d5e6f708192a3b"],
    })
);

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

described!(
    Amount,
    "Amount",
    json!({
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^([0-9]{1,12}(\\.[0-9]{1,2})?)?$"},
            {"type": "null"},
        ],
        "description": "Money as a JSON number or a decimal string, taken by its exact text; no \
                        more digits after the point than its currency has.",
        "examples": ["60.50"],
    })
);

/// A quantity, a unit price or a percentage: as an [`Amount`], with up to four digits after the point.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Quantity(Amount);

impl Quantity {
    /// The number, if there is one.
    pub fn optional(&self, field: &str) -> Result<Option<Decimal>, Refusal> {
        self.0.optional(field)
    }
}

described!(
    Quantity,
    "Quantity",
    json!({
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^([0-9]{1,12}(\\.[0-9]{1,4})?)?$"},
            {"type": "null"},
        ],
        "description": "A JSON number or a decimal string, taken by its exact text; at most four \
                        digits after the point.",
        "examples": ["1.5"],
    })
);

/// One JSON object that is kept as it is and never read.
#[derive(Debug, Default)]
pub(crate) struct Verbatim(pub Option<String>);

impl<'de> Deserialize<'de> for Verbatim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(raw) = raw(deserializer)? else { return Ok(Self(None)) };
        // Read once in full: what is given back must be JSON to everybody.
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw)
            .map_err(|_| D::Error::custom("not an object"))?;
        if raw.chars().count() > TEXT_CHARS_MAX {
            return Err(D::Error::custom(TOO_LONG));
        }
        Ok(Self(Some(raw.to_owned())))
    }
}

described!(
    Verbatim,
    "Verbatim",
    json!({
        "type": ["object", "null"],
        "additionalProperties": true,
        "description": "One JSON object of at most 10,000 characters, kept as it is.",
    })
);

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

described!(
    When,
    "When",
    json!({
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"enum": ["", null]},
        ],
        "description": "A civil date, or an RFC 3339 instant; midnight UTC means that date.",
        "examples": ["2026-01-31"],
    })
);

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

described!(Flag, "Flag", json!({"enum": [true, false, "", null]}));

/// `true` or `false` in a query, where everything is text.
#[derive(Debug, Default)]
pub(crate) struct Toggle(pub Option<bool>);

impl<'de> Deserialize<'de> for Toggle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match raw(deserializer)? {
            None => Ok(Self(None)),
            Some("\"true\"") => Ok(Self(Some(true))),
            Some("\"false\"") => Ok(Self(Some(false))),
            Some(_) => Err(D::Error::custom("neither true nor false")),
        }
    }
}

described!(Toggle, "Toggle", json!({"enum": ["true", "false", ""]}));

/// A whole number from 1 in a query, where everything is text.
#[derive(Debug, Default)]
pub(crate) struct Count(pub Option<u32>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(raw) = raw(deserializer)? else { return Ok(Self(None)) };
        let number = raw.trim_matches('"').parse().ok().filter(|number| *number > 0);
        number.map(|number| Self(Some(number))).ok_or_else(|| D::Error::custom("not from 1"))
    }
}

described!(Count, "Count", json!({"type": "integer", "minimum": 1, "maximum": u32::MAX}));

/// The version that the caller read.
#[derive(Debug, Default)]
pub(crate) struct Version(pub Option<i64>);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = raw(deserializer)?.map(str::parse).transpose();
        version.map(Self).map_err(|_| D::Error::custom("not a version"))
    }
}

described!(
    Version,
    "Version",
    json!({
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": i64::MAX,
        "description": "The version that was read; another one by now is 409 `version_conflict`.",
        "examples": [0],
    })
);

/// A field that some clients send and nobody reads.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Ignored(
    #[expect(dead_code, reason = "it is read so that it is not unknown")] Option<IgnoredAny>,
);

described!(
    Ignored,
    "Ignored",
    json!({"description": "Taken from clients that send it, and ignored.", "deprecated": true})
);

/// Several of the same; absent is none.
#[derive(Debug)]
pub(crate) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<List<T>, E> {
                if text.is_empty() { Ok(List::default()) } else { Err(E::custom("not a list")) }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    list.push(element);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_any(Elements(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["array", "null"], "items": generator.subschema_for::<T>()})
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

impl<'de, T: Named> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(name) = string(deserializer)? else { return Ok(Self(None)) };
        T::named(&name)
            .map(|value| Self(Some(value)))
            .ok_or_else(|| D::Error::custom("not one of the names"))
    }
}

impl<T: Named> JsonSchema for Choice<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Choice", T::TITLE).into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = one_of_names::<T>();
        json_schema!({"anyOf": [one, {"enum": ["", null]}]})
    }
}

/// Several names with commas between, in a query.
#[derive(Debug)]
pub(crate) struct Choices<T>(pub Vec<T>);

impl<T> Default for Choices<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Named> Deserialize<'de> for Choices<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = string(deserializer)?.unwrap_or_default();
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        let unknown = || D::Error::custom("not one of the names");
        names.map(|name| T::named(name).ok_or_else(unknown)).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: Named> JsonSchema for Choices<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Choices", T::TITLE).into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = one_of_names::<T>();
        json_schema!({
            "type": "array",
            "items": one,
            "description": "One or several, with commas between.",
        })
    }
}

/// The names themselves, as they stand in answers.
pub(super) fn one_of_names<T: Named>() -> serde_json::Value {
    match T::NAMES {
        [] => json!({"type": "string", "pattern": T::PATTERN}),
        names => json!({"type": "string", "enum": names}),
    }
}

/// What has a name on the wire.
pub(crate) trait Named: Sized {
    /// What all of them together are called in the document.
    const TITLE: &'static str;
    /// Every name; empty where only a [pattern](Self::PATTERN) can say it.
    const NAMES: &'static [&'static str];
    const PATTERN: &'static str = "";

    fn named(name: &str) -> Option<Self>;
}

macro_rules! named {
    ($($type:ident),+ $(,)?) => {
        $(impl Named for $type {
            const TITLE: &'static str = stringify!($type);
            const NAMES: &'static [&'static str] = <Self as domain::Named>::NAMES;
            fn named(name: &str) -> Option<Self> { Self::from_name(name) }
        })+
    };
}
named! {
    AccountKind,
    AlertKind,
    ApplicationKind,
    CaseStatus,
    CheckState,
    ClientType,
    DeliveryStage,
    InvoiceStatus,
    JobStatus,
    LineKind,
    MovementKind,
    Overpayment,
    PaymentMethod,
    PaymentStatus,
    PaymentTerms,
    PaymentType,
    ProposalStatus,
    RetainerStatus,
    RetainerType,
    Review,
    Role,
    StatementKind,
    TransactionStatus,
    TransactionType,
}

impl Named for Currency {
    const TITLE: &'static str = "Currency";
    const NAMES: &'static [&'static str] = &[];
    const PATTERN: &'static str = "^[A-Z]{3}$";
    fn named(name: &str) -> Option<Self> {
        Self::from_code(name)
    }
}

impl Named for Direction {
    const TITLE: &'static str = "Direction";
    const NAMES: &'static [&'static str] = &["asc", "desc"];

    fn named(name: &str) -> Option<Self> {
        match name {
            "asc" => Some(Self::Ascending),
            "desc" => Some(Self::Descending),
            _ => None,
        }
    }
}

impl Named for Id<User> {
    const TITLE: &'static str = "User";
    const NAMES: &'static [&'static str] = &[];
    const PATTERN: &'static str = "^[0-9a-fA-F]{24}$";
    fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}
