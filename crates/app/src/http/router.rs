//! Every route, on one screen.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
    routing::{get, post, put},
};
use tower_http::cors::CorsLayer;

use super::{
    api::{clients, health, me, members, outcomes, payments, retainers},
    error::Refusal,
};
use crate::{App, messages::Message};

/// The routes, ready to answer.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let retainers = Router::new()
        .route("/", post(retainers::open).get(retainers::list))
        .route("/stats", get(retainers::stats))
        .route("/low-balance", get(retainers::low_balance))
        .route("/{id}", get(retainers::one).put(retainers::update).patch(retainers::update))
        .route("/{id}/consume", post(retainers::consume))
        .route("/{id}/replenish", post(retainers::replenish))
        .route("/{id}/refund", post(retainers::refund))
        .route("/{id}/history", get(retainers::history));
    let clients = Router::new()
        .route("/", post(clients::create).get(clients::list))
        .route("/{id}", get(clients::one));
    let payments = Router::new()
        .route("/", post(payments::record).get(payments::list))
        .route("/{id}", get(payments::one))
        .route("/{id}/complete", post(payments::complete));
    let all = Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/api/me", get(me::me))
        .route("/api/members", get(members::list))
        .route("/api/members/{id}", put(members::set))
        .route("/api/outcomes/{key}", get(outcomes::one))
        .nest("/api/retainers", retainers)
        .nest("/api/clients", clients)
        .nest("/api/payments", payments)
        .fallback(async || Refusal::not_found(Message::NotFound))
        .method_not_allowed_fallback(async || {
            Refusal::new(hyper::StatusCode::METHOD_NOT_ALLOWED, Message::MethodNotAllowed)
        })
        .with_state(Arc::clone(app));
    if app.cors_origins.is_empty() { all } else { all.layer(cors(&app.cors_origins)) }
}

/// Browsers of these origins may call with credentials; no other origin is told anything.
fn cors(origins: &[String]) -> CorsLayer {
    let allowed = origins.iter().filter_map(|origin| origin.parse::<HeaderValue>().ok());
    let own = |name| HeaderName::from_static(name);
    CorsLayer::new()
        .allow_origin(allowed.collect::<Vec<_>>())
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            header::IF_MATCH,
            own("idempotency-key"),
            own("x-request-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            own("idempotency-replayed"),
            own("x-request-id"),
        ])
}
