//! `/api/outcomes`: what became of a command, asked by the key it was sent with. For a caller who lost
//! the answer and does not want to send the command again.

use std::sync::Arc;

use axum::extract::{Path, State, rejection::PathRejection};
use bytes::Bytes;

use crate::{
    App,
    http::{
        answer::{Answer, split_kept},
        error::Refusal,
        extract::Caller,
    },
    messages::Message,
};

/// `GET /api/outcomes/:key`: only the caller's own keys.
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    key: Result<Path<String>, PathRejection>,
) -> Result<Answer, Refusal> {
    let not_found = || Refusal::not_found(Message::OutcomeNotFound);
    let Path(key) = key.map_err(|_| not_found())?;
    caller.is_member().await?;
    let outcome = app.reader.outcome(caller.actor.firm, caller.actor.user, &key).await?;
    let outcome = outcome.ok_or_else(not_found)?;
    let (status, body) = split_kept(&Bytes::from_owner(outcome.answer)).ok_or_else(|| {
        tracing::error!(key, "a stored outcome is damaged");
        Refusal::new(hyper::StatusCode::INTERNAL_SERVER_ERROR, Message::Defect)
    })?;
    Ok(Answer::object(|o| {
        o.with("data", |out| {
            crate::http::json::object(out, |o| {
                o.text("key", &outcome.key);
                o.time("at", outcome.at);
                o.integer("status", status.as_u16());
                o.raw("body", &body);
            });
        });
    }))
}
