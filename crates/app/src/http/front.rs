//! What every request passes, whatever its route: an id, a language, a log line, the metrics; and the
//! last step, where refusals and panics become envelopes.

use std::{
    future::poll_fn,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
    routing::RouterIntoService,
};
use engine::SPANS;
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
};
use tower::Service;
use tracing::{Instrument as _, Span, field::Empty};

use super::{error::Refusal, extract::Context};
use crate::{
    App,
    messages::{Lang, Message},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Answers requests of one connection.
#[derive(Clone)]
pub(crate) struct Front {
    pub app: Arc<App>,
    pub routes: RouterIntoService<Body>,
    /// Who has connected.
    pub peer: IpAddr,
    /// As an audit record names them.
    pub origin: Arc<str>,
    pub body_bytes_max: usize,
    pub bulk_bytes_max: usize,
    pub body_read_max: Duration,
}

impl Front {
    /// Answers one request. It never fails: what goes wrong is an answer too.
    pub async fn answer(mut self, request: Request<Incoming>) -> Response {
        let started = Instant::now();
        let context = self.context(request.headers());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(context.clone());
        let asked = (request.method().clone(), request.uri().clone());
        let span = span_of(&request, &context);
        let mut response = contained(self.routes.call(request)).instrument(span.clone()).await;
        span.record("http.response.status_code", response.status().as_u16());
        finish(&mut response, &context);
        let taken = started.elapsed();
        self.app.metrics.request(response.status().as_u16(), taken);
        log(&asked.0, asked.1.path(), response.status(), &context, taken);
        response
    }

    fn context(&self, headers: &HeaderMap) -> Context {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())
                && id.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        });
        let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let forwarded = self.app.proxies.origin(self.peer, headers);
        Context {
            request_id: given.map_or_else(|| self.app.request_ids.next(), Arc::from),
            lang: language.map_or(Lang::Ar, Lang::preferred),
            origin: forwarded.unwrap_or_else(|| Arc::clone(&self.origin)),
            body_bytes_max: self.body_bytes_max,
            bulk_bytes_max: self.bulk_bytes_max,
            body_read_max: self.body_read_max,
        }
    }
}

/// A request from its head to its answer, for whoever traces.
fn span_of(request: &Request<Body>, context: &Context) -> Span {
    let span = tracing::trace_span!(
        target: SPANS,
        "request",
        otel.kind = "server",
        http.request.method = %request.method(),
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        request_id = &*context.request_id,
    );
    #[cfg(feature = "otel")]
    crate::otel::follow_caller(&span, request.headers());
    span
}

/// Makes ids for requests that bring none: random for the process, then counted.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub fn new(process: u32) -> Self {
        Self { process, next: AtomicU64::new(1) }
    }

    fn next(&self) -> Arc<str> {
        format!("{:08x}-{}", self.process, self.next.fetch_add(1, Ordering::Relaxed)).into()
    }
}

/// Runs a handler; a panic in it is an answer like any other and ends no connection.
async fn contained<E>(answer: impl Future<Output = Result<Response, E>>) -> Response {
    let mut answer = pin!(answer);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| {
            let reason = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let reason =
                reason.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            tracing::error!(reason, "a handler panicked");
            let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, Message::Defect);
            std::task::Poll::Ready(Ok(refusal.into_response()))
        })
    })
    .await
    .unwrap_or_else(|_| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, Message::Defect).into_response()
    })
}

/// Writes a refusal down, and sets the headers that every answer has.
fn finish(response: &mut Response, context: &Context) {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        *response.body_mut() = Body::from(refusal.body(context.lang, &context.request_id));
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        if let Some(seconds) = refusal.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// One line a request; at the default level only what somebody may have to look at.
fn log(method: &Method, path: &str, status: StatusCode, context: &Context, taken: Duration) {
    let (request_id, origin) = (&*context.request_id, &*context.origin);
    let (status, micros) = (status.as_u16(), taken.as_micros());
    match status {
        500.. => tracing::error!(%method, path, status, micros, request_id, origin, "answered"),
        400.. => tracing::info!(%method, path, status, micros, request_id, origin, "answered"),
        _ => tracing::debug!(%method, path, status, micros, request_id, origin, "answered"),
    }
}
