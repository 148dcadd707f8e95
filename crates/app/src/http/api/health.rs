//! `/health`, `/ready`, `/metrics`: for whoever runs the process. None of them asks for a token.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use engine::Trouble;
use hyper::header;

use crate::{
    App,
    http::{answer::Answer, error::Refusal},
};

/// `GET /health`: the process is alive.
pub(in crate::http) async fn health() -> Answer {
    Answer::object(|o| o.text("status", "ok"))
}

/// `GET /ready`: commands are taken and the database answers. It is open only once its schema is the
/// current one.
pub(in crate::http) async fn ready(State(app): State<Arc<App>>) -> Result<Answer, Refusal> {
    if app.engine.is_stopping() {
        return Err(Trouble::Stopping.into());
    }
    app.reader.ping().await?;
    Ok(Answer::object(|o| o.text("status", "ready")))
}

/// `GET /metrics`, in the Prometheus text format.
pub(in crate::http) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.text(app.engine.queued());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
