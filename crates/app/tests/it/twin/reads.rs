//! The twin's reads: by id, whosever it is.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Shared,
    documents::{All, Client, Line, Payment, Retainer},
    keys::no,
    routes::respond,
};

type App = State<Arc<Shared>>;

pub async fn me(State(app): App, headers: HeaderMap) -> Response {
    respond(
        app.firm(&headers)
            .await
            .map_or_else(|refused| refused, |firm| (200, json!({"firmId": firm}))),
    )
}

pub async fn one_client(State(app): App, Path(id): Path<String>) -> Response {
    one("client", app.documents.client(&id).map(|doc| doc.json()))
}

pub async fn one_retainer(State(app): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = app.firm(&headers).await {
        return respond(refused);
    }
    one("retainer", app.documents.retainer(&id).map(|doc| doc.json()))
}

pub async fn one_payment(State(app): App, Path(id): Path<String>) -> Response {
    one("payment", app.documents.payment(&id).map(|doc| doc.json()))
}

fn one(entity: &str, doc: Option<Value>) -> Response {
    let Some(doc) = doc else { return respond(no(404, &format!("{entity}_not_found"))) };
    let tag = format!("\"{}\"", doc["__v"]);
    let mut response = respond((200, json!({"success": true, entity: doc, "data": doc})));
    response.headers_mut().insert("etag", tag.parse().expect("a value"));
    response
}

pub async fn history(State(app): App, Path(id): Path<String>) -> Response {
    let Some(doc) = app.documents.retainer(&id) else {
        return respond(no(404, "retainer_not_found"));
    };
    let lines: Vec<_> = doc.lines.iter().rev().map(Line::json).collect();
    let mut body = list(&lines);
    for (name, value) in [("currentBalance", "currentBalance"), ("initialAmount", "initialAmount")]
    {
        body[name] = doc.json()[value].clone();
    }
    body["retainerNumber"] = json!(doc.number);
    respond((200, body))
}

fn list(rows: &[Value]) -> Value {
    json!({"success": true, "pagination": {"total": rows.len()}, "data": rows})
}

pub async fn list_clients(State(app): App, headers: HeaderMap) -> Response {
    of_firm(&app, &headers, |all, firm| {
        all.clients.values().filter(|doc| doc.firm == firm).map(Client::json).collect()
    })
    .await
}

pub async fn list_retainers(State(app): App, headers: HeaderMap) -> Response {
    of_firm(&app, &headers, |all, firm| {
        all.retainers.values().filter(|doc| doc.firm == firm).map(Retainer::json).collect()
    })
    .await
}

pub async fn list_payments(
    State(app): App,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    of_firm(&app, &headers, |all, firm| {
        let of_firm = all.payments.values().filter(|doc| doc.firm == firm);
        let wanted =
            of_firm.filter(|doc| query.get("status").is_none_or(|status| status == doc.status));
        wanted.map(Payment::json).collect()
    })
    .await
}

async fn of_firm(
    app: &Shared,
    headers: &HeaderMap,
    rows: impl FnOnce(&All, &str) -> Vec<Value>,
) -> Response {
    match app.firm(headers).await {
        Ok(firm) => respond((200, list(&app.documents.with(|all| rows(all, &firm))))),
        Err(refused) => respond(refused),
    }
}

pub async fn outcome(State(app): App, Path(key): Path<String>) -> Response {
    let Some(kept) = app.documents.with(|all| all.kept.get(&key).cloned()) else {
        return respond(no(404, "outcome_not_found"));
    };
    respond((
        200,
        json!({"success": true, "data": {"key": key, "status": kept.status, "body": kept.body}}),
    ))
}
