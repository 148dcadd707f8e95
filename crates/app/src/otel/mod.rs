//! Traces and metrics sent to an OpenTelemetry collector, as OTLP over HTTP.
//!
//! Spans come from the engine and the edge under the target [`engine::SPANS`]; metrics are the ones of
//! `/metrics`. What can't be sent is dropped: nothing that the product does waits for a collector.
//! Sampling and what is said of the process are set as the specification names it, by
//! `OTEL_TRACES_SAMPLER` and `OTEL_RESOURCE_ATTRIBUTES`.

mod metrics;
mod text;

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use hyper::{HeaderMap, Request, Uri};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator as _},
    trace::TracerProvider as _,
};
use opentelemetry_http::{HttpClient, HttpError, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tokio::runtime::{Builder, Runtime};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

pub(crate) use metrics::run;

use crate::{Addresses, post::Poster};

const SERVICE: &str = "amanah";

/// Where a collector is.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    /// Like `http://127.0.0.1:4318`.
    base: String,
    /// How often metrics are sent.
    pub metrics_every: Duration,
}

impl Collector {
    /// # Errors
    /// It is no address.
    pub fn at(base: &str, metrics_every: Duration) -> anyhow::Result<Self> {
        let url: Uri = base.parse().with_context(|| format!("--otlp {base} is no address"))?;
        let is_http = matches!(url.scheme_str(), Some("http" | "https"));
        ensure!(is_http, "--otlp {base} is not of HTTP: it is like http://127.0.0.1:4318");
        Ok(Self { base: base.trim_end_matches('/').to_owned(), metrics_every })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Sends what is left of the spans when it is dropped.
#[derive(Debug)]
pub(crate) struct Tracing(SdkTracerProvider);

impl Drop for Tracing {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// A layer that sends spans to the collector.
///
/// # Errors
/// The operating system refuses a thread, or there is no client for such an address.
pub(crate) fn layer<S>(collector: &Collector) -> anyhow::Result<(impl Layer<S> + use<S>, Tracing)>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(collector.url("/v1/traces"))
        .with_http_client(Client {
            poster: Poster::new(Addresses::Any),
            runtime: Builder::new_current_thread().enable_all().build()?,
        })
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource())
        .build();
    let tracer = provider.tracer(SERVICE);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_filter(Targets::new().with_target(engine::SPANS, Level::TRACE));
    Ok((layer, Tracing(provider)))
}

/// What is said of this process with everything that is sent.
fn resource() -> Resource {
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder().with_service_name(SERVICE).with_attribute(version).build()
}

/// Makes a request's span go on where its caller's trace is, if it names one (W3C `traceparent`).
pub(crate) fn follow_caller(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract(&Headers(headers));
    // It fails where there is no layer, and then nobody misses it.
    let _ = span.set_parent(caller);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(hyper::header::HeaderName::as_str).collect()
    }
}

/// Sends on the thread of whoever asks: that is one that does nothing else.
struct Client {
    poster: Poster,
    runtime: Runtime,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let status = self.runtime.block_on(self.poster.post(request))?;
        Ok(Response::builder().status(status).body(Bytes::new())?)
    }
}
