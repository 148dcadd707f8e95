//! Every resource, on one screen; their routes stand in their files, each with what describes it.

use std::sync::Arc;

use axum::Router;
use hyper::{
    Method,
    header::{self, HeaderName, HeaderValue},
};
use tower_http::cors::CorsLayer;

use super::{
    api::{
        alerts, audit, cases, clients, commands, credit_notes, events, expenses, health, integrity,
        invoices, jobs, me, members, outcomes, payments, proposals, refunds, reports, retainers,
        time_entries, transactions, webhooks,
    },
    dialect, docs,
    error::Refusal,
    route::Resource,
};
use crate::{App, messages::Message};

/// The one list: served by [`routes`], described by the document, sent in bulk.
pub(crate) fn resources() -> Vec<Resource> {
    vec![
        health::routes(),
        docs::routes(),
        me::routes().nested("/api/me"),
        members::routes().nested("/api/members"),
        commands::routes().nested("/api/commands"),
        outcomes::routes().nested("/api/outcomes"),
        clients::routes().nested("/api/clients"),
        cases::routes().nested("/api/cases"),
        retainers::routes().nested("/api/retainers"),
        payments::routes().nested("/api/payments"),
        refunds::routes().nested("/api/refunds"),
        invoices::routes().nested("/api/invoices"),
        credit_notes::routes().nested("/api/credit-notes"),
        transactions::routes().nested("/api/transactions"),
        time_entries::routes().nested("/api/time-entries"),
        expenses::routes().nested("/api/expenses"),
        jobs::routes().nested("/api/jobs"),
        proposals::routes().nested("/api/proposals"),
        reports::routes().nested("/api/reports"),
        alerts::routes().nested("/api/alerts"),
        webhooks::routes().nested("/api/webhooks"),
        webhooks::deliveries().nested("/api/deliveries"),
        events::routes().nested("/api/events"),
        audit::routes().nested("/api/audit"),
        integrity::routes().nested("/api/integrity"),
    ]
}

/// The routes, ready to answer.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let described = resources().into_iter().flat_map(|resource| resource.routes);
    let all = described
        .fold(Router::new(), |router, route| {
            router.route(&route.path, route.operation.router(&route.methods))
        })
        .merge(docs::page())
        .fallback(async || Refusal::not_found(Message::NotFound))
        .method_not_allowed_fallback(async || {
            Refusal::new(hyper::StatusCode::METHOD_NOT_ALLOWED, Message::MethodNotAllowed)
        })
        .with_state(Arc::clone(app));
    let all = dialect::beside(all, app);
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
        .allow_headers(
            [
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::ACCEPT_LANGUAGE,
                header::IF_MATCH,
                own("idempotency-key"),
                own("x-request-id"),
            ]
            .into_iter()
            .chain(dialect::HEADERS)
            .collect::<Vec<_>>(),
        )
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            own("dry-run"),
            own("idempotency-replayed"),
            own("x-request-id"),
        ])
}
