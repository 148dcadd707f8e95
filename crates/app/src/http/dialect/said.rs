//! What the dashboard asks, in our words. Pure: the same request always becomes the same bytes, which
//! an idempotency key depends on.

use axum::extract::Query;
use hyper::Uri;
use serde_json::{Map, Value};

use super::{
    number,
    rule::{Ask, Rule, Say, Words, on},
    table::RULES,
};

/// A request of the dashboard, as far as it is translated.
#[derive(Debug)]
pub(super) struct Said {
    pub method: String,
    /// Path and query: theirs after `/api/v1`, ours with `/api`.
    pub target: String,
    /// `None` where there is none or it is no object: then it is handed on as it is.
    pub body: Option<Map<String, Value>>,
}

/// The names in a rule's path, and what stood there.
pub(super) type Named<'a> = Vec<(&'static str, &'a str)>;

/// The lines of the table that may speak for a call. A slash at the end of its path means nothing.
pub(super) fn candidates<'a>(method: &str, path: &'a str) -> Vec<(&'static Rule, Named<'a>)> {
    let method = if method == "HEAD" { "GET" } else { method };
    let of_method = RULES.iter().filter(|rule| rule.methods.contains(&method));
    of_method.filter_map(|rule| Some((rule, named(rule.path, path)?))).collect()
}

/// The line that speaks for a call with this body; else one that changes nothing.
pub(super) fn chosen<'a>(
    candidates: Vec<(&'static Rule, Named<'a>)>,
    body: Option<&Map<String, Value>>,
) -> (&'static Rule, Named<'a>) {
    static PLAIN: Rule = on(&[], "");
    let fits = |rule: &Rule| {
        rule.when.is_none_or(|(field, value)| {
            body.is_some_and(|body| body.get(field).is_some_and(|found| found == value))
        })
    };
    let found = candidates.into_iter().find(|(rule, _)| fits(rule));
    found.unwrap_or_else(|| (&PLAIN, Named::new()))
}

fn named<'a>(pattern: &'static str, path: &'a str) -> Option<Named<'a>> {
    let (pattern, path) = (segments(pattern), segments(path));
    if pattern.clone().count() != path.clone().count() {
        return None;
    }
    let mut named = Named::new();
    for (known, part) in pattern.zip(path) {
        match known.strip_prefix(':') {
            Some(name) => named.push((name, part)),
            None if known == part => {}
            None => return None,
        }
    }
    Some(named)
}

fn segments(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.trim_end_matches('/').split('/')
}

/// Translates; `None` where the row that our path must name is not named.
pub(super) fn translated(rule: &Rule, named: &Named<'_>, said: Said) -> Option<Said> {
    let Said { method, target, mut body } = said;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let read = pairs(query);
    let own = match rule.to {
        Some(template) => filled(template, named, &read, body.as_ref())?,
        None => path.trim_end_matches('/').to_owned(),
    };
    // What can't be read is refused where it arrives.
    let is_read = query.is_empty() || !read.is_empty();
    let query =
        if rule.ask.is_empty() || !is_read { query.to_owned() } else { asked(rule.ask, read) };
    let target = match (query.is_empty(), own.contains('?')) {
        (true, _) => format!("/api{own}"),
        (false, true) => format!("/api{own}&{query}"),
        (false, false) => format!("/api{own}?{query}"),
    };
    if let Some(body) = &mut body {
        for step in rule.say {
            say(step, body);
        }
    }
    Some(Said { method, target, body })
}

/// The template with what its names stand for.
fn filled(
    template: &str,
    named: &Named<'_>,
    query: &[(String, String)],
    body: Option<&Map<String, Value>>,
) -> Option<String> {
    let one = |part: &str| {
        if let Some(name) = part.strip_prefix(':') {
            return text_of(named.iter().map(|(name, text)| (*name, *text)), name)
                .map(str::to_owned);
        }
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            return Some(part.to_owned());
        };
        let text = match name.strip_prefix('?') {
            Some(name) => text_of(query.iter().map(|(name, text)| (&**name, &**text)), name),
            None => within(body?, name),
        };
        text.filter(|text| !text.is_empty()).map(encoded)
    };
    let joined = |text: &str, by: &str| {
        let parts: Option<Vec<String>> = text.split(by).map(one).collect();
        Some(parts?.join(by))
    };
    match template.split_once('?').filter(|(path, _)| !path.ends_with('{')) {
        Some((path, query)) => Some(format!("{}?{}", joined(path, "/")?, joined(query, "=")?)),
        None => joined(template, "/"),
    }
}

fn text_of<'a>(mut pairs: impl Iterator<Item = (&'a str, &'a str)>, name: &str) -> Option<&'a str> {
    pairs.find(|(known, _)| *known == name).map(|(_, text)| text)
}

/// The text at `a.b`.
fn within<'a>(body: &'a Map<String, Value>, path: &str) -> Option<&'a str> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let value = body.get(first)?;
    match rest {
        Some(rest) => within(value.as_object()?, rest),
        None => value.as_str(),
    }
}

/// The parameters of a query. One that can't be read is none.
fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse::<Uri>();
    let pairs = uri.ok().and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    pairs.map(|Query(pairs)| pairs).unwrap_or_default()
}

/// A query in our words.
fn asked(ask: &[Ask], mut pairs: Vec<(String, String)>) -> String {
    for (name, value) in &mut pairs {
        for step in ask {
            match step {
                Ask::Word(field, words) if name == field => {
                    if let Some(word) = ours(words, value) {
                        word.clone_into(value);
                    }
                }
                Ask::Name(theirs, ours) if name == theirs => (*ours).clone_into(name),
                Ask::Word(..) | Ask::Name(..) | Ask::Else(..) => {}
            }
        }
    }
    for step in ask {
        if let Ask::Else(ours, value) = step
            && pairs.iter().all(|(name, _)| name != ours)
        {
            pairs.push(((*ours).to_owned(), (*value).to_owned()));
        }
    }
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Our word for the dashboard's.
fn ours(words: Words, theirs: &str) -> Option<&'static str> {
    words.iter().find(|(word, _)| *word == theirs).map(|(_, ours)| *ours)
}

fn say(step: &Say, body: &mut Map<String, Value>) {
    match *step {
        Say::Percent(field) => number(body, field, number::percent),
        Say::Halalas(field) => number(body, field, number::hundredth),
        Say::Noise(fields) => {
            for field in fields {
                number(body, field, number::without_noise);
            }
        }
        Say::Name(ours, theirs) => rename(body, ours, theirs),
        Say::Word(field, words) => {
            word(body, field, words);
        }
        Say::WordKept(field, words, object) => {
            if let Some(theirs) = word(body, field, words) {
                keep(body, object, field, theirs);
            }
        }
        Say::Out(object, fields) => out(body, object, fields),
        Say::Aside(object, fields) => {
            for field in fields {
                let value = body.remove(*field).and_then(without_blanks);
                if let Some(value) = value {
                    keep(body, object, field, value);
                }
            }
        }
        Say::Leave(fields) => {
            for field in fields {
                body.remove(*field);
            }
        }
        Say::Each(list, steps) => {
            let elements = body.get_mut(list).and_then(Value::as_array_mut);
            for element in elements.into_iter().flatten().filter_map(Value::as_object_mut) {
                for step in steps {
                    say(step, element);
                }
            }
        }
        Say::With(field, name, value) => {
            if body.get(field).is_some_and(|value| !is_blank(value)) {
                body.insert(name.to_owned(), value.into());
            }
        }
        Say::Only(fields) => body.retain(|name, _| fields.contains(&name.as_str())),
        Say::Text(field, parts) => {
            if let Some(Value::Object(object)) = body.get(field) {
                let parts = parts.iter().filter_map(|part| object.get(*part)?.as_str());
                let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
                let text = parts.join(", ");
                body.insert(field.to_owned(), text.into());
            }
        }
        Say::Nothing => body.clear(),
    }
}

fn number(body: &mut Map<String, Value>, field: &str, f: fn(&Value) -> Option<Value>) {
    if let Some(value) = body.get_mut(field)
        && let Some(ours) = f(value)
    {
        *value = ours;
    }
}

fn rename(body: &mut Map<String, Value>, ours: &str, theirs: &[&str]) {
    for name in theirs {
        let says_nothing = |value: Option<&Value>| value.is_none_or(is_blank);
        if says_nothing(body.get(*name)) {
            body.remove(*name);
        } else if says_nothing(body.get(ours))
            && let Some(value) = body.remove(*name)
        {
            body.insert(ours.to_owned(), value);
        }
    }
}

/// Replaces a word by ours; the dashboard's, where there was one to replace.
fn word(body: &mut Map<String, Value>, field: &str, words: Words) -> Option<Value> {
    let value = body.get_mut(field)?;
    let word = ours(words, value.as_str()?)?;
    Some(std::mem::replace(value, word.into()))
}

fn out(body: &mut Map<String, Value>, object: &str, fields: &[&str]) {
    for field in fields {
        let inner = body.get_mut(object).and_then(Value::as_object_mut);
        let Some(value) = inner.and_then(|inner| inner.remove(*field)) else { continue };
        if body.get(*field).is_none_or(is_blank) {
            body.insert((*field).to_owned(), value);
        }
    }
}

/// Puts a value into an object of the body. What is no object is left as it is, to be refused.
fn keep(body: &mut Map<String, Value>, object: &str, field: &str, value: Value) {
    let kept = body.entry(object).or_insert(Value::Null);
    if is_blank(kept) {
        *kept = Value::Object(Map::new());
    }
    if let Some(kept) = kept.as_object_mut() {
        kept.insert(field.to_owned(), value);
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What is left without fields that say nothing.
fn without_blanks(value: Value) -> Option<Value> {
    let value = match value {
        Value::Object(all) => {
            let said = all.into_iter();
            Value::Object(said.filter_map(|(k, v)| Some((k, without_blanks(v)?))).collect())
        }
        value => value,
    };
    if is_blank(&value) { None } else { Some(value) }
}
