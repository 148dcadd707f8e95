//! Reads JSON that says one thing only. An object in which a name stands twice means this to one reader
//! and that to another; it is not translated but handed on as it came, and refused where it arrives.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The object that a text is, if it is one and unambiguous.
pub(super) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<Unambiguous>(text).ok()?;
    serde_json::from_slice(text).ok()
}

/// Any value without a name that stands twice.
struct Unambiguous;

/// What the JSON library takes for a text that holds JSON; no caller of ours says that.
const RAW: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Unambiguous;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value in which no name stands twice")
            }
            fn visit_unit<E>(self) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Unambiguous, A::Error> {
                while let Some(Unambiguous) = all.next_element()? {}
                Ok(Unambiguous)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Unambiguous, A::Error> {
                let mut names = HashSet::new();
                while let Some(name) = all.next_key::<String>()? {
                    if name == RAW || !names.insert(name) {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                    let _: Unambiguous = all.next_value()?;
                }
                Ok(Unambiguous)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_that_says_one_thing_is_read() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":[{"b":{"c":1,"c":2}}]}"#,
            r#"{"a":{"$serde_json::private::RawValue":"[]"}}"#,
            "[]",
            "1",
            "",
            "{",
            "{} x",
            r#"{"a":01}"#,
        ] {
            assert!(object(text.as_bytes()).is_none(), "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(object(deep.as_bytes()).is_none());
        let text = r#"{"a":12345678901234567890.10,"b":[{"c":-1},{"c":null}],"d":"x","e":true}"#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()).to_string(), text);
    }
}
