//! Writes answers: JSON objects straight into bytes, money by its exact text.
//!
//! Serde would have to build money as a number type of its own; here its `Display` is the number.
//! **No float is ever written.**

use std::io::Write;

use domain::{Day, Decimal, Id, Money, Rate, Timestamp};

/// Writes one object; `fields` writes what is in it.
pub(crate) fn object(out: &mut Vec<u8>, fields: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    fields(&mut Object { out, is_empty: true });
    out.push(b'}');
}

/// Writes one array; `item` writes each element.
pub(crate) fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (n, element) in items.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        item(out, element);
    }
    out.push(b']');
}

/// Writes a string with its quotes.
pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    serde_json::to_writer(out, value).expect("a string is JSON, and a vector takes every byte");
}

/// Writes names and texts that are not ours as one object.
pub(crate) fn pairs(out: &mut Vec<u8>, pairs: &[(String, String)]) {
    out.push(b'{');
    for (n, (name, value)) in pairs.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        text(out, name);
        out.push(b':');
        text(out, value);
    }
    out.push(b'}');
}

/// An object being written. Names are ours and need no escaping.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Object<'_> {
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A value that `write` writes.
    pub fn with(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        write(self.name(name));
    }

    /// A value that `write` writes, or null.
    pub fn with_or_null<T>(
        &mut self,
        name: &str,
        value: Option<T>,
        write: impl FnOnce(&mut Vec<u8>, T),
    ) {
        match value {
            Some(value) => write(self.name(name), value),
            None => self.null(name),
        }
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, json: &[u8]) {
        self.name(name).extend_from_slice(json);
    }

    /// Names and values that are JSON already, without their braces.
    pub fn fields_of(&mut self, object: &[u8]) {
        let inner = &object[1..object.len() - 1];
        if !inner.is_empty() {
            if !self.is_empty {
                self.out.push(b',');
            }
            self.is_empty = false;
            self.out.extend_from_slice(inner);
        }
    }

    /// An entity under its own name and under `data`: written once and copied.
    pub fn entity(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let written = self.name(name);
        let start = written.len();
        write(written);
        let end = written.len();
        self.out.extend_from_slice(b",\"data\":");
        self.out.extend_from_within(start..end);
    }

    pub fn text(&mut self, name: &str, value: &str) {
        text(self.name(name), value);
    }

    pub fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    pub fn null(&mut self, name: &str) {
        self.raw(name, b"null");
    }

    pub fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { b"true" } else { b"false" });
    }

    pub fn integer(&mut self, name: &str, value: impl Into<i128>) {
        let value: i128 = value.into();
        write(self.name(name), format_args!("{value}"));
    }

    pub fn integer_or_null(&mut self, name: &str, value: Option<impl Into<i128>>) {
        match value {
            Some(value) => self.integer(name, value),
            None => self.null(name),
        }
    }

    pub fn money(&mut self, name: &str, value: Money) {
        write(self.name(name), format_args!("{value}"));
    }

    pub fn money_or_null(&mut self, name: &str, value: Option<Money>) {
        match value {
            Some(value) => self.money(name, value),
            None => self.null(name),
        }
    }

    /// A number that is no amount, exactly.
    pub fn decimal(&mut self, name: &str, value: Decimal) {
        write(self.name(name), format_args!("{value}"));
    }

    /// A part of a whole, in percent.
    pub fn percent(&mut self, name: &str, value: Rate) {
        write(self.name(name), format_args!("{value}"));
    }

    pub fn id<T>(&mut self, name: &str, value: Id<T>) {
        id(self.name(name), value);
    }

    pub fn id_or_null<T>(&mut self, name: &str, value: Option<Id<T>>) {
        match value {
            Some(value) => self.id(name, value),
            None => self.null(name),
        }
    }

    pub fn time(&mut self, name: &str, value: Timestamp) {
        write(self.name(name), format_args!("\"{value}\""));
    }

    pub fn time_or_null(&mut self, name: &str, value: Option<Timestamp>) {
        match value {
            Some(value) => self.time(name, value),
            None => self.null(name),
        }
    }

    /// A civil day as the browser's date fields write it: midnight UTC.
    pub fn day(&mut self, name: &str, value: Day) {
        write(self.name(name), format_args!("\"{value}T00:00:00.000Z\""));
    }

    pub fn day_or_null(&mut self, name: &str, value: Option<Day>) {
        match value {
            Some(value) => self.day(name, value),
            None => self.null(name),
        }
    }
}

fn write(out: &mut Vec<u8>, value: std::fmt::Arguments<'_>) {
    out.write_fmt(value).expect("a vector takes every byte");
}

/// Writes an id in hex. `Display` formats byte by byte, which at five ids an answer is felt.
pub(crate) fn id<T>(out: &mut Vec<u8>, id: Id<T>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [b'"'; 26];
    for (pair, byte) in hex[1..25].as_chunks_mut::<2>().0.iter_mut().zip(id.bytes()) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    out.extend_from_slice(&hex);
}

#[cfg(test)]
mod tests {
    use domain::{Currency, id::User};

    use super::*;

    fn written(fields: impl FnOnce(&mut Object<'_>)) -> String {
        let mut out = Vec::new();
        object(&mut out, fields);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn money_is_written_exactly() {
        for (minor, currency, text) in [
            (6_000, Currency::SAR, "60"),
            (6_050, Currency::SAR, "60.5"),
            (1, Currency::SAR, "0.01"),
            (9_007_199_254_740_993, Currency::SAR, "90071992547409.93"),
            (1_234, Currency::KWD, "1.234"),
            (15, Currency::JPY, "15"),
        ] {
            let json = written(|o| o.money("amount", Money::from_minor(minor, currency)));
            assert_eq!(json, format!("{{\"amount\":{text}}}"));
        }
    }

    #[test]
    fn ids_days_and_text_are_written() {
        let user: Id<User> = "64f1a2b3c4d5e6f708192a3b".parse().unwrap();
        let json = written(|o| {
            o.id("_id", user);
            o.text("name", "a \"b\"\n\u{1} ريال");
            o.day("startDate", Day::of_date(2026, 1, 31).unwrap());
            o.time("at", Timestamp::from_micros(1_700_000_000_123_456));
            o.fields_of(b"{}");
            o.fields_of(br#"{"x":1}"#);
        });
        assert_eq!(
            json,
            "{\"_id\":\"64f1a2b3c4d5e6f708192a3b\",\"name\":\"a \\\"b\\\"\\n\\u0001 ريال\",\
             \"startDate\":\"2026-01-31T00:00:00.000Z\",\"at\":\"2023-11-14T22:13:20.123Z\",\"x\":1}"
        );
    }
}
