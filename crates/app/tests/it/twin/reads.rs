//! The twin's reads: by id, whosever it is.

use std::sync::Arc;

use axum::{Router, routing::get};
use serde_json::{Value, json};

use super::{
    Shared,
    documents::{Doc, Kind},
    keys::{Done, no},
    requests::{Ask, shows},
};

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/outcomes/{key}", get(shows!(outcome)))
        .route("/api/me", get(shows!(me)))
}

async fn me(_: &Shared, ask: &Ask) -> Result<Done, Done> {
    Ok((200, json!({"firmId": ask.firm})))
}

async fn outcome(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let kept = app.documents.with(|all| all.kept.get(&ask.id).cloned());
    let kept = kept.ok_or_else(|| no(404, "outcome_not_found"))?;
    let data = json!({"key": ask.id, "status": kept.status, "body": kept.body});
    Ok((200, json!({"success": true, "data": data})))
}

/// `GET /api/<kind>/:id`
pub async fn one(app: &Shared, ask: &Ask, kind: Kind) -> Result<Done, Done> {
    let doc = app.documents.find(kind, &ask.id).ok_or_else(|| no(404, kind.absent()))?;
    let (entity, _) = kind.entity();
    Ok((200, json!({"success": true, entity: doc.0, "data": doc.0})))
}

/// `GET /api/<kind>`, with `?status`, `?clientId`, `?invoiceId` and `?jobId`.
pub async fn list(app: &Shared, ask: &Ask, kind: Kind) -> Result<Done, Done> {
    // Jobs and proposals are everybody's.
    let is_public = matches!(kind, Kind::Job | Kind::Proposal);
    let is_wanted = |doc: &&Doc| {
        let is_named = |field: &str| {
            ask.query(field).is_none_or(|value| doc.of(field) == value || doc.text(field) == value)
        };
        let fields = ["status", "clientId", "invoiceId", "jobId"];
        (is_public || doc.text("firmId") == ask.firm) && fields.into_iter().all(is_named)
    };
    let found: Vec<Value> =
        app.documents.with(|all| all.of(kind).filter(is_wanted).map(|doc| doc.0.clone()).collect());
    Ok(rows(&found))
}

pub fn rows(rows: &[Value]) -> Done {
    (200, json!({"success": true, "pagination": {"total": rows.len()}, "data": rows}))
}
