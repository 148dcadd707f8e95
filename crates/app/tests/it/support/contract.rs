//! Every answer that a test gets from our server, compared with the OpenAPI document: the status must be
//! a described one, and the body must have what is described, **all of it and nothing else**.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::client::{Answer, Call};

static DOCUMENT: LazyLock<Value> = LazyLock::new(amanah::http::openapi);

/// Fails when the answer is not as described. What has no route is answered by the envelope alone.
pub fn check(call: &Call, answer: &Answer) {
    let path = call.path.split('?').next().unwrap_or_default();
    let Some(operation) = operation(call.method, path) else { return };
    let at = format!("{} {path}: {}", call.method, answer.text());
    let status = answer.status.to_string();
    let response = resolved(&operation["responses"][status.as_str()]);
    assert!(!response.is_null(), "{status} is not described: {at}");
    let content = response["content"].as_object().expect("every answer has a body");
    let (kind, media) = content.iter().next().expect("one kind of body is described");
    let sent = answer.header("content-type").unwrap_or_default();
    assert!(sent.starts_with(kind), "{sent} is not {kind}: {at}");
    if kind == "application/json" && media["schema"].is_object() {
        let mut wrong = Vec::new();
        compare(&media["schema"], &answer.json(), "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}\nin {at}");
    }
}

/// A path without parameters goes before one with them, as in the router.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(known, part)| known.starts_with('{') || known == part)
    };
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let mut fitting: Vec<_> = paths.filter(|(template, _)| fits(template)).collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    fitting.first()?.1.get(method.to_ascii_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(&reference[1..]).expect("references lead somewhere"),
        None => value,
    }
}

fn compare(schema: &'static Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let schema = resolved(schema);
    let mut must = |is_so: bool, what: &str| {
        if !is_so {
            wrong.push(format!("{at}: {value} {what}"));
        }
    };
    if let Some(constant) = schema.get("const") {
        must(value == constant, "is not the constant");
    }
    if let Some(Value::Array(names)) = schema.get("enum") {
        must(names.contains(value), "is not one of the names");
    }
    if let Some(kind) = schema.get("type") {
        let kinds = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
        must(kinds.iter().any(|kind| is_a(value, kind)), &format!("is no {kind}"));
    }
    if let Some(least) = schema["minimum"].as_i64() {
        must(value.as_i64().is_none_or(|number| number >= least), "is too small");
    }
    if schema["format"] == "date-time" {
        let instant = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        must(instant.is_some() || !value.is_string(), "is no instant");
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let fits = |choice| {
            let mut wrong = Vec::new();
            compare(choice, value, at, &mut wrong);
            wrong.is_empty()
        };
        must(choices.iter().any(fits), "fits none of the choices");
    }
    if let (Some(items), Value::Array(elements)) = (schema.get("items"), value) {
        for (n, element) in elements.iter().enumerate() {
            compare(items, element, &format!("{at}[{n}]"), wrong);
        }
    }
    if let (Some(Value::Object(properties)), Value::Object(fields)) =
        (schema.get("properties"), value)
    {
        compare_fields(schema, properties, fields, at, wrong);
    }
}

fn compare_fields(
    schema: &'static Value,
    properties: &'static Map<String, Value>,
    fields: &Map<String, Value>,
    at: &str,
    wrong: &mut Vec<String>,
) {
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name is text");
        if !fields.contains_key(name) {
            wrong.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, field) in fields {
        match properties.get(name) {
            Some(schema) => compare(schema, field, &format!("{at}.{name}"), wrong),
            None => wrong.push(format!("{at}.{name} is not described")),
        }
    }
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_i64().is_some() || value.as_u64().is_some(),
        Some("boolean") => value.is_boolean(),
        _ => value.is_null(),
    }
}
