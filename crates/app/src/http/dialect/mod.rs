//! `/api/v1`: what the existing React dashboard says and reads, beside our own words for it.
//!
//! A call is translated into the call of our own route, answered by the very same router, and its answer
//! laid out anew. **No rule of the business, no database and no second handler is here**: take this
//! folder away and nothing else changes. What differs stands in [`table`].

mod number;
mod rule;
mod said;
mod shown;
mod strict;
mod table;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Method, StatusCode, Uri,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
};
use serde_json::Value;
use tower::ServiceExt;

use self::{rule::Rule, said::Said};
use super::{
    error::Refusal,
    extract::{Caller, Context},
    sent,
};
use crate::{App, messages::Message};

/// What the dashboard waits for an answer. Commands have a time of their own, and tell what became of
/// them; a read that takes longer is given up.
const READ_WAIT_MAX: Duration = Duration::from_millis(9_500);

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Headers that the dashboard sends and nobody reads.
pub(super) const HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("api-version"),
    HeaderName::from_static("x-csrf-token"),
    HeaderName::from_static("x-device-fingerprint"),
];

/// Our routes, and beside them the dashboard's way of asking for them.
pub(super) fn beside(own: Router, app: &Arc<App>) -> Router {
    let (inner, app) = (own.clone(), Arc::clone(app));
    let answer = move |request: Request| answered(inner.clone(), Arc::clone(&app), request);
    own.route("/api/v1/{*path}", any(answer))
}

async fn answered(own: Router, app: Arc<App>, request: Request) -> Response {
    let (call, request) = match asked(&app, request).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let wait_max = request.method().is_safe().then_some(READ_WAIT_MAX);
    let answer = async {
        match own.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    };
    told(&call, in_time(wait_max, answer).await).await
}

/// The answer, or that there is none within the time.
async fn in_time(wait_max: Option<Duration>, answer: impl Future<Output = Response>) -> Response {
    match wait_max {
        None => answer.await,
        Some(wait_max) => match tokio::time::timeout(wait_max, answer).await {
            Ok(response) => response,
            Err(_) => given_up(),
        },
    }
}

fn given_up() -> Response {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Message::Overloaded).into_response()
}

/// What must be known of a call to lay its answer out.
struct Call {
    rule: &'static Rule,
    method: Method,
    own_path: String,
}

/// The request of our own route.
async fn asked(app: &Arc<App>, request: Request) -> Result<(Call, Request), Refusal> {
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let target = target.strip_prefix("/api/v1").unwrap_or_default().to_owned();
    let path = target.split('?').next().unwrap_or_default();
    let method = parts.method.as_str().to_owned();
    let candidates = said::candidates(&method, path);
    let reads_body = candidates.iter().any(|(rule, _)| rule.reads_body());
    // Of who is not known nothing is read; our own route refuses them.
    let (body, object) = if reads_body && Caller::known(&parts, app).is_ok() {
        let context = parts.extensions.get::<Context>();
        let context = context.expect("the front makes a context of each request");
        let bytes = sent::collect(body, context.body_bytes_max, context).await?;
        let object = if is_json(&parts.headers) { strict::object(&bytes) } else { None };
        (Body::from(bytes), object)
    } else {
        (body, None)
    };
    let (rule, named) = said::chosen(candidates, object.as_ref());
    let said = Said { method, target: target.clone(), body: object };
    let said = said::translated(rule, &named, said);
    let said = said.ok_or_else(|| Refusal::not_found(rule.absent.unwrap_or(Message::NotFound)))?;
    let body = match &said.body {
        Some(object) => Body::from(serde_json::to_vec(object).expect("what was JSON is JSON")),
        None => body,
    };
    let own_path = said.target.clone();
    let call = Call { rule, method: parts.method.clone(), own_path };
    let request = own_request(&mut parts, &said, body)?;
    Ok((call, request))
}

/// A request of its own: what axum has noted about the dashboard's path is not about ours.
fn own_request(parts: &mut Parts, said: &Said, body: Body) -> Result<Request, Refusal> {
    let uri: Uri = said.target.parse().map_err(|_| Refusal::not_found(Message::NotFound))?;
    let mut request = Request::new(body);
    *request.method_mut() = said.method.parse().unwrap_or_else(|_| parts.method.clone());
    *request.uri_mut() = uri;
    *request.version_mut() = parts.version;
    *request.headers_mut() = std::mem::take(&mut parts.headers);
    request.headers_mut().remove(header::CONTENT_LENGTH);
    if parts.method != Method::POST {
        // A key counts on what the dashboard posts, whatever we do then.
        request.headers_mut().remove("idempotency-key");
    }
    if let Some(context) = parts.extensions.remove::<Context>() {
        request.extensions_mut().insert(context);
    }
    Ok(request)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/json")
}

/// Our answer as the dashboard reads it.
async fn told(call: &Call, response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND
        && let Some(message) = call.rule.absent
    {
        let mut refused = Refusal::not_found(message).into_response();
        let replayed = response.headers().get(REPLAYED).cloned();
        refused.headers_mut().extend(replayed.map(|value| (REPLAYED, value)));
        return refused;
    }
    let is_ours = response.status().is_success()
        && call.method != Method::HEAD
        && is_json(response.headers());
    if !is_ours {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return given_up();
    };
    let bytes = match strict::object(&bytes) {
        Some(object) => {
            let shown: Value = shown::shown(call.rule.show, &call.own_path, object);
            Bytes::from(serde_json::to_vec(&shown).expect("what was JSON is JSON"))
        }
        None => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(location) = parts.headers.get_mut(header::LOCATION)
        && let Some(path) = location.to_str().ok().and_then(|path| path.strip_prefix("/api/"))
        && let Ok(theirs) = HeaderValue::from_str(&format!("/api/v1/{path}"))
    {
        *location = theirs;
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod time {
    use super::*;

    #[tokio::test]
    async fn a_read_that_takes_too_long_is_given_up() {
        let never = std::future::pending::<Response>();
        let response = in_time(Some(Duration::from_millis(1)), never).await;
        assert_eq!(response.status(), 503);
        let refusal = response.extensions().get::<Refusal>().unwrap();
        assert_eq!(refusal.retry_after_seconds(), Some(1));
        let ready = async { Response::new(Body::empty()) };
        assert_eq!(in_time(Some(READ_WAIT_MAX), ready).await.status(), 200);
    }
}
