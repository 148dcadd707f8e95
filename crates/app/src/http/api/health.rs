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
    /// Whether the process can work.
    ReadyDoc {
        status: String,
    }

    /// How the process is.
    HealthDoc {
        status: String,
        /// What is done to the database on purpose; null, as it should be: nothing.
        chaos: Option<String>,
    }
}

async fn health(app: Arc<App>) -> Result<Object<HealthDoc>, Refusal> {
    let chaos = app.chaos.as_ref().map(ToString::to_string);
    Ok(Object::new(|o| {
        o.text("status", "ok");
        o.text_or_null("chaos", chaos.as_deref());
    }))
}

/// Whoever it is not ready for is told what is missing.
async fn ready(app: Arc<App>) -> Result<Object<ReadyDoc>, Refusal> {
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
    ([(header::CONTENT_TYPE, METRICS)], app.metrics_text().await).into_response()
}
