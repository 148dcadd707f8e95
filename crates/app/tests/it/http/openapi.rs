//! The OpenAPI document: complete, served, committed.

use std::path::Path;

use domain::{
    Role,
    actor::{Action, Reach},
};
use serde_json::{Value, json};

use super::ours;
use crate::support::{client::Call, firm::Firm, tokens};

#[test]
fn the_committed_document_is_the_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == amanah::http::openapi_text(),
        "docs/openapi.json is stale; refresh it with: cargo run --bin amanah -- openapi > docs/openapi.json"
    );
}

#[test]
fn every_route_is_described_in_full() {
    let document = amanah::http::openapi();
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            count += 1;
            let at = format!("{method} {path}");
            for field in ["operationId", "summary", "x-action"] {
                assert!(operation[field].as_str().is_some_and(|text| !text.is_empty()), "{at}");
            }
            let tag = &operation["tags"][0];
            let is_known = |known: &Value| known["name"] == *tag;
            assert!(document["tags"].as_array().unwrap().iter().any(is_known), "{at}: {tag}");
            let is_public = operation["x-action"] == "public";
            assert_eq!(operation["security"] == json!([]), is_public, "{at}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{at}");
            assert_eq!(responses.contains_key("401"), !is_public, "{at}");
            // To look at everything anew is asked for, and changes nothing.
            let is_command = method != "get" && path != "/api/integrity/verify";
            assert_eq!(operation["requestBody"].is_object(), is_command, "{at}");
            let takes = |name: &str| {
                let reference = format!("#/components/parameters/{name}");
                let parameters = operation["parameters"].as_array().unwrap();
                parameters.iter().any(|parameter| parameter["$ref"] == *reference)
            };
            assert_eq!(takes("DryRun"), is_command, "{at}");
            assert_eq!(takes("IdempotencyKey"), is_command, "{at}");
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let body = body["$ref"].as_str().and_then(|path| document.pointer(&path[1..]));
            let has_version = body.is_some_and(|body| body["properties"]["__v"].is_object());
            assert_eq!(takes("IfMatch"), has_version, "{at}");
            for part in path.split('/').filter(|part| part.starts_with('{')) {
                let name = part.trim_matches(['{', '}']);
                let parameters = operation["parameters"].as_array().unwrap();
                let is_it = |parameter: &Value| parameter["name"] == *name;
                assert!(parameters.iter().any(is_it), "{at}: {name}");
            }
        }
    }
    assert!(count > 20, "{count} operations");
    every_reference_leads_somewhere(&document, &document);
}

fn every_reference_leads_somewhere(value: &Value, document: &Value) {
    match value {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap_or_default();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            object.values().for_each(|value| every_reference_leads_somewhere(value, document));
        }
        Value::Array(array) => {
            array.iter().for_each(|value| every_reference_leads_somewhere(value, document));
        }
        _ => {}
    }
}

/// What the document says that a route needs is what it asks for.
#[tokio::test]
async fn every_route_asks_for_what_it_says_that_it_needs() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let document = amanah::http::openapi();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let call = call(&document, template, method, operation);
            // A stream has no end; one that is wrongly asked for has.
            let is_stream = template == "/api/events";
            let call = if is_stream { call.header("Last-Event-ID", "x") } else { call };
            let at = format!("{} {template}", call.method);
            let needs = operation["x-action"].as_str().unwrap();
            let stranger = ours.send(&call).await;
            assert_eq!(stranger.status == 401, needs != "public", "{at}: {}", stranger.text());
            // No token is the server's own.
            for role in Role::ALL.iter().filter(|role| **role != Role::System) {
                let token = firm.token_of(&tokens::new_id(), role.name());
                let answer = ours.send(&call.clone().token(&token)).await;
                let at = format!("{} at {at}: {}", role.name(), answer.text());
                assert_ne!(answer.status, 401, "{at}");
                match Action::from_name(needs).map(|action| role.reach(action)) {
                    Some(Reach::Nothing) => assert_eq!(answer.brief(), "403 forbidden", "{at}"),
                    Some(Reach::Firm) | None => assert_ne!(answer.code(), "forbidden", "{at}"),
                    // Whose row it is decides; there is none here.
                    Some(Reach::Own) => {}
                }
            }
        }
    }
    ours.check().await;
}

/// A request with the body's example, about rows that are not there.
fn call(document: &Value, template: &str, method: &str, operation: &Value) -> Call {
    let part = |part: &str| {
        if part.starts_with('{') { tokens::new_id() } else { part.to_owned() }
    };
    let path = template.split('/').map(part).collect::<Vec<_>>().join("/");
    let method = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(method))
        .expect("a method that we know");
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    match schema["$ref"].as_str() {
        None => Call::new(method, path),
        Some(reference) => {
            let body = document.pointer(&reference[1..]).unwrap();
            let example = body["examples"].get(0).cloned().unwrap_or_else(|| json!({}));
            Call::new(method, path).json(&example)
        }
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let ours = ours().await;
    let answer = ours.send(&Call::get("/openapi.json")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json(), amanah::http::openapi());
    let page = ours.send(&Call::get("/docs")).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src 'unsafe"));
    // Everything that the page names is served from here.
    let text = page.text();
    let named = text.split(['"']).filter(|text| text.starts_with('/')).collect::<Vec<_>>();
    assert_eq!(named.len(), 3, "{named:?}");
    assert!(!text.contains("//"), "{text}");
    for path in named {
        let answer = ours.send(&Call::get(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        let is_packed = answer.header("content-encoding") == Some("gzip");
        assert!(is_packed == answer.body.starts_with(&[0x1f, 0x8b]), "{path}");
    }
}
