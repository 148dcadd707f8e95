//! What we answer, as the dashboard reads it. Pure; only answers that are no refusal are laid out anew.

use serde_json::{Map, Value};

use super::{
    number,
    rule::{Field, Row, Show, Words},
    table::{LISTS, ROWS},
};

/// The body that the dashboard reads.
pub(super) fn shown(layout: &[Show], own_path: &str, mut body: Map<String, Value>) -> Value {
    for value in body.values_mut() {
        rows(value, Place::One);
    }
    length(&mut body);
    if !layout.iter().any(|step| matches!(step, Show::Also(_, "data"))) {
        name(own_path, &mut body);
    }
    for step in layout {
        match *step {
            Show::Bare => return body.remove("data").unwrap_or_default(),
            Show::Nested => {
                let data = body.remove("data").unwrap_or_default();
                body.insert("data".into(), Value::Object(Map::from_iter([("data".into(), data)])));
            }
            Show::Also(name, of) => also(&mut body, name, of),
            Show::AlsoInside(name, of) => {
                if let Some(Value::Object(data)) = body.get_mut("data") {
                    also(data, name, of);
                }
            }
            Show::Within(name) => {
                if let Some(Value::Object(object)) = body.get_mut(name) {
                    let same = Value::Object(object.clone());
                    object.insert("data".into(), same);
                }
            }
            Show::Halalas(list, field) => {
                let all = body.get_mut(list).and_then(Value::as_array_mut);
                for row in all.into_iter().flatten().filter_map(Value::as_object_mut) {
                    self::field(&Field::Halalas(field), row);
                }
            }
            Show::Spread => {
                if let Some(Value::Object(data)) = body.get("data").cloned() {
                    for (name, value) in data {
                        body.entry(name).or_insert(value);
                    }
                }
            }
        }
    }
    Value::Object(body)
}

/// A list says on top how long it is.
fn length(body: &mut Map<String, Value>) {
    let total = body.get("pagination").and_then(|pagination| pagination.get("total")).cloned();
    if let Some(total) = total {
        body.entry("count").or_insert_with(|| total.clone());
        body.entry("total").or_insert(total);
    }
}

/// A list goes by the name of its rows, too: that of a client's invoices is theirs.
fn name(own_path: &str, body: &mut Map<String, Value>) {
    let path = own_path.split('?').next().unwrap_or_default();
    let name = |part: &str| LISTS.iter().find(|(known, _)| *known == part).map(|(_, name)| *name);
    let mut parts = path.split('/').rev();
    if let Some(name) = parts.find_map(name)
        && body.get("data").is_some_and(Value::is_array)
    {
        also(body, name, "data");
    }
}

fn also(object: &mut Map<String, Value>, name: &str, of: &str) {
    if let Some(value) = object.get(of).cloned() {
        object.entry(name).or_insert(value);
    }
}

/// Where a row stands.
#[derive(Clone, Copy)]
enum Place {
    One,
    Listed,
}

/// Shows every row in an answer, innermost first.
fn rows(value: &mut Value, place: Place) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|value| rows(value, Place::Listed)),
        Value::Object(object) => {
            // What is kept and never read is none of ours.
            let inner = object.iter_mut().filter(|(name, _)| *name != "details");
            inner.for_each(|(_, value)| rows(value, Place::One));
            for row in ROWS {
                if object.contains_key(row.known_by) {
                    show(row, object, place);
                }
            }
        }
        _ => {}
    }
}

fn show(row: &Row, object: &mut Map<String, Value>, place: Place) {
    let particular = match place {
        Place::One => row.one,
        Place::Listed => row.listed,
    };
    for field in row.fields.iter().chain(particular) {
        self::field(field, object);
    }
}

fn field(field: &Field, row: &mut Map<String, Value>) {
    match *field {
        Field::Word(name, words) => {
            let word = row.get(name).and_then(Value::as_str).and_then(|ours| theirs(words, ours));
            if let Some(word) = word {
                row.insert(name.into(), word.into());
            }
        }
        Field::WordKept(name, words, object) => {
            let kept = row.get(object).and_then(|object| object.get(name)).and_then(Value::as_str);
            let ours = row.get(name).and_then(Value::as_str);
            let known = words.iter().find(|pair| Some(pair.0) == kept && Some(pair.1) == ours);
            if let Some((word, _)) = known {
                row.insert(name.into(), (*word).into());
            }
        }
        Field::Halalas(name) => {
            if let Some(value) = row.get_mut(name)
                && let Some(hundredfold) = number::hundredfold(value)
            {
                *value = hundredfold;
            }
        }
        Field::Also(name, of) => also(row, name, of),
        Field::Plain(name) => {
            let id = row.get(name).and_then(|populated| populated.get("_id")).cloned();
            if let Some(id) = id {
                row.insert(name.into(), id);
            }
        }
        Field::ClientInside(name) => {
            let client = row.get("clientId").filter(|client| client.is_object()).cloned();
            if let (Some(client), Some(Value::Object(inside))) = (client, row.get_mut(name)) {
                inside.entry("clientId").or_insert(client);
            }
        }
        Field::Present(name) => {
            if row.get(name).is_some_and(Value::is_null) {
                row.remove(name);
            }
        }
        Field::Else(name, of) => {
            if row.get(name).is_some_and(Value::is_null) {
                let other = of.and_then(|of| row.get(of)).cloned();
                row.insert(name.into(), other.unwrap_or_else(|| "".into()));
            }
        }
        Field::Object(name, of) => {
            if let Some(id) = row.get(of).cloned() {
                let object = Map::from_iter([("_id".to_owned(), id)]);
                row.entry(name).or_insert(Value::Object(object));
            }
        }
        Field::Out(object, names) => {
            let Some(Value::Object(kept)) = row.get(object).cloned() else { return };
            let kept = kept.into_iter().filter(|(name, _)| names.contains(&name.as_str()));
            for (name, value) in kept {
                row.entry(name).or_insert(value);
            }
        }
    }
}

/// The dashboard's word for ours.
fn theirs(words: Words, ours: &str) -> Option<&'static str> {
    words.iter().find(|(_, word)| *word == ours).map(|(theirs, _)| *theirs)
}
