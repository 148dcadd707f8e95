//! Descriptions of what answers are made of, for the document.
//!
//! Answers are written by hand ([`super::json`]); beside each writer stands its description, made with
//! [`wire!`]. **A field that is written and not described, or the other way round, fails a test**: the
//! integration tests compare every answer they get with the document.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::field::{Named, one_of_names};

/// Describes an object: `name: Type` is always there, `name? Type` sometimes. The description's name
/// in the document is the struct's without `Doc`.
macro_rules! wire {
    ($($(#[doc = $about:literal])+ $doc:ident {
        $($(#[doc = $what:literal])* $field:ident $presence:tt $type:ty),* $(,)?
    })+) => {
        $(
            $(#[doc = $about])+
            pub(crate) struct $doc;

            impl schemars::JsonSchema for $doc {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($doc).trim_end_matches("Doc").into()
                }
                fn schema_id() -> std::borrow::Cow<'static, str> {
                    concat!(module_path!(), stringify!($doc)).into()
                }
                fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    let mut object = $crate::http::wire::ObjectDoc::new(&[$($about),+]);
                    $(object.field(
                        stringify!($field),
                        stringify!($presence) == ":",
                        &[$($what),*],
                        generator.subschema_for::<$type>(),
                    );)*
                    object.finish()
                }
            }
        )+
    };
}
pub(crate) use wire;

/// An object's description in the making.
pub(crate) struct ObjectDoc {
    about: String,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl ObjectDoc {
    pub fn new(about: &[&str]) -> Self {
        Self { about: sentence(about), properties: Map::new(), required: Vec::new() }
    }

    pub fn field(&mut self, name: &str, is_required: bool, what: &[&str], schema: Schema) {
        let name = name.trim_start_matches("r#");
        let mut schema = Value::from(schema);
        if let (false, Value::Object(schema)) = (what.is_empty(), &mut schema) {
            schema.insert("description".into(), sentence(what).into());
        }
        self.properties.insert(name.into(), schema);
        if is_required {
            self.required.push(name.into());
        }
    }

    /// Takes over the fields of another object.
    pub fn fields_of(&mut self, other: Schema) {
        let mut other = Value::from(other);
        if let Some(Value::Object(properties)) = other.get_mut("properties").map(Value::take) {
            self.properties.extend(properties);
        }
        if let Some(Value::Array(required)) = other.get_mut("required").map(Value::take) {
            self.required.extend(required);
        }
    }

    pub fn finish(self) -> Schema {
        let Self { about, properties, required } = self;
        let mut object = json!({"type": "object", "properties": properties});
        if !about.is_empty() {
            object["description"] = about.into();
        }
        if !required.is_empty() {
            object["required"] = required.into();
        }
        Schema::try_from(object).expect("an object is a schema")
    }
}

fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// An entity under its own name and under `data`.
pub(crate) fn entity<D: JsonSchema>(name: &str, generator: &mut SchemaGenerator) -> Schema {
    let mut object = ObjectDoc::new(&[]);
    object.field(name, true, &[], generator.subschema_for::<D>());
    object.field("data", true, &["The same object."], generator.subschema_for::<D>());
    object.finish()
}

/// `{success: true}` and what else a body has.
pub(crate) fn success(more: Schema) -> Schema {
    let mut object = ObjectDoc::new(&[]);
    object.field("success", true, &[], schema_of(json!({"const": true})));
    object.fields_of(more);
    object.finish()
}

/// What a command's outcome has beside `success`.
pub(crate) fn outcome(more: Schema, generator: &mut SchemaGenerator) -> Schema {
    let mut object = ObjectDoc::new(&[]);
    let message = "For people, in the language asked for.";
    object.field("message", true, &[message], generator.subschema_for::<String>());
    object.fields_of(more);
    let seq = "The command's place in the firm's journal, without gaps.";
    object.field("seq", true, &[seq], generator.subschema_for::<Number>());
    object.finish()
}

/// A body in which what is required is neither blank nor null.
pub(crate) fn required_is_there(body: Schema) -> Schema {
    let mut body = Value::from(body);
    let required = body["required"].as_array().cloned().unwrap_or_default();
    for name in required.iter().filter_map(Value::as_str) {
        let field = body["properties"][name].take();
        body["properties"][name] = json!({"allOf": [field, {"not": {"enum": ["", null]}}]});
    }
    schema_of(body)
}

pub(crate) fn schema_of(value: Value) -> Schema {
    Schema::try_from(value).expect("an object is a schema")
}

/// Values that stand for themselves.
macro_rules! values {
    ($($(#[doc = $about:literal])+ $value:ident = $schema:tt;)+) => {
        $(
            $(#[doc = $about])+
            pub(crate) struct $value;

            impl JsonSchema for $value {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($value).into()
                }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    let mut schema = schema_of(json!($schema));
                    schema.insert("description".into(), sentence(&[$($about),+]).into());
                    schema
                }
            }
        )+
    };
}
values! {
    /// An id: 24 hex digits.
    Id = {"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["64f1a2b3c4d5e6f708192a3b"]};
    /// An amount, exactly; its currency stands beside it.
    Money = {"type": "number", "examples": [60.5]};
    /// A number that is no amount, exactly.
    Decimal = {"type": "number", "minimum": 0, "examples": [1.5]};
    /// ISO 4217.
    CurrencyCode = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["SAR"]};
    /// An instant, UTC.
    Time = {"type": "string", "format": "date-time", "examples": ["2026-01-31T09:00:00.000Z"]};
    /// A civil day, as midnight UTC.
    Day = {"type": "string", "format": "date-time", "examples": ["2026-01-31T00:00:00.000Z"]};
    /// Nothing more.
    NothingDoc = {"type": "object"};
    /// A whole number from 0.
    Number = {"type": "integer", "minimum": 0, "examples": [1]};
}

/// One of a closed list of names.
pub(crate) struct Name<T>(PhantomData<T>);

impl<T: Named> JsonSchema for Name<T> {
    fn schema_name() -> Cow<'static, str> {
        T::TITLE.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema_of(one_of_names::<T>())
    }
}
