//! The contract, request by request.

mod audit;
mod bodies;
mod books;
mod bulk;
mod cases;
mod clients;
mod dashboard;
mod documents;
mod dry_run;
mod edge;
mod entities;
mod events;
mod generated;
mod integrity;
mod invoices;
mod life_of_a_matter;
mod lists;
mod market;
mod metrics;
mod openapi;
mod payments;
mod peers;
mod persons;
mod protocol;
mod reports;
mod roles;
mod webhooks;
mod work;

use serde_json::Value;

use crate::support::{client::Answer, server::Options, target::Target};

async fn ours() -> Target {
    Target::ours(Options::default()).await
}

/// A refusal in the envelope: status, code, both languages, the request's id, nothing cached.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{}", answer.text());
    assert_eq!((&body["success"], &body["error"]), (&false.into(), &true.into()));
    for text in ["message", "messageAr", "messageEn"] {
        assert!(body[text].as_str().is_some_and(|text| !text.is_empty()), "{text} in {body}");
    }
    assert_eq!(body["requestId"].as_str(), answer.header("x-request-id"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(
        body.get("errors")
            .is_none_or(|errors| errors.as_array().is_some_and(|errors| !errors.is_empty()))
    );
    body
}
