//! `/openapi.json` and `/docs`: the document, for programs and for people. Nothing is fetched from
//! anywhere: the page's script and style are compiled in.

use std::sync::LazyLock;

use axum::{
    response::{IntoResponse, Response},
    routing::on,
};
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use super::{
    document,
    route::{Resource, text},
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("documentation", "What can be asked.").get(
        "/openapi.json",
        text("getDocument", "This document", "application/json", |filter| {
            on(filter, async || served("application/json", "", &DOCUMENT))
        }),
    )
}

static DOCUMENT: LazyLock<String> = LazyLock::new(document::openapi_text);

fn served(media_type: &'static str, policy: &'static str, body: &'static str) -> Response {
    ([(CONTENT_TYPE, media_type), (CONTENT_SECURITY_POLICY, policy)], body).into_response()
}
