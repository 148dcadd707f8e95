//! `/health`, `/ready`, `/metrics`: for whoever runs the process. None of them asks for a token.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
    routing::on,
};
use engine::Trouble;
use hyper::header;

use crate::{
    App,
    http::{
        error::Refusal,
        read::Object,
        route::{Resource, public, text},
        wire::wire,
    },
    messages::Message,
};

const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(in crate::http) fn routes() -> Resource {
    Resource::new("operations", "For whoever runs the process.")
        .get("/health", public("getHealth", "The process is alive", health))
        .get("/ready", public("getReady", "Commands are taken, the database answers", ready))
        .get(
            "/metrics",
            text("getMetrics", "Metrics for Prometheus", METRICS, |filter| on(filter, metrics)),
        )
}

wire! {
    /// How the process is.
    HealthDoc {
        status: String,
    }
}

async fn health(_: Arc<App>) -> Result<Object<HealthDoc>, Refusal> {
    Ok(Object::new(|o| o.text("status", "ok")))
}

/// Whoever it is not ready for is told what is missing.
async fn ready(app: Arc<App>) -> Result<Object<HealthDoc>, Refusal> {
    if app.engine.is_stopping() {
        return Err(Trouble::Stopping.into());
    }
    match app.reader.lacking().await {
        Ok(lacking) if lacking.is_empty() => Ok(Object::new(|o| o.text("status", "ready"))),
        Ok(lacking) => Err(Refusal::not_ready(lacking, Message::MigrationMissing)),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Refusal::not_ready(vec!["database".to_owned()], Message::DatabaseAway))
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.text(app.engine.queued());
    ([(header::CONTENT_TYPE, METRICS)], text).into_response()
}
