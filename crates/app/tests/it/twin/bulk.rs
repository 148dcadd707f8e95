//! Many commands in one request, one after another; what must be all or nothing is undone by writing
//! back what was read before.

use std::sync::Arc;

use axum::{Router, routing::post};
use serde_json::{Value, json};

use super::{
    Shared,
    documents::Kind,
    keys::{Done, no},
    requests::{Ask, does},
    retainers,
};

pub fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/commands/bulk", post(does!(bulk)))
}

async fn bulk(app: &Arc<Shared>, ask: &Ask) -> Result<Done, Done> {
    let is_atomic = ask.body["atomic"] == json!(true);
    let (mut before, mut outcomes) = (Vec::new(), Vec::new());
    for item in ask.body["commands"].as_array().into_iter().flatten() {
        let part = ask.part(item);
        if is_atomic {
            before.push(app.find(Kind::Retainer, &part.id).await?);
        }
        let done = one(app, &part, item).await;
        if is_atomic && done.0 >= 400 {
            app.pause().await;
            app.documents.with(|all| {
                before.into_iter().rev().for_each(|doc| all.put(Kind::Retainer, doc));
            });
            return Err(no(400, "atomic_refused"));
        }
        let mut outcome = done.1;
        outcome["status"] = json!(done.0);
        outcomes.push(outcome);
    }
    let is_accepted = |outcome: &&Value| outcome["success"] == json!(true);
    let accepted = outcomes.iter().filter(is_accepted).count();
    let refused = outcomes.len() - accepted;
    let body = json!({"success": true, "data": outcomes, "accepted": accepted, "refused": refused});
    Ok((200, body))
}

async fn one(app: &Arc<Shared>, part: &Ask, item: &Value) -> Done {
    let key = item["idempotencyKey"].as_str();
    if let Some(kept) = app.earlier(key).await {
        return (kept.status, kept.body);
    }
    let done = match item["command"].as_str() {
        Some("consume_retainer") => retainers::consume(app, part).await,
        Some("replenish_retainer") => retainers::replenish(app, part).await,
        _ => Err(no(400, "invalid_field")),
    };
    let done = done.unwrap_or_else(|refused| refused);
    match app.keep(key, &done).await {
        Ok(()) => done,
        Err(lost) => lost,
    }
}
