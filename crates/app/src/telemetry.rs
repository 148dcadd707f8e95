//! Log lines, on stderr: standard output belongs to what a command prints. With the feature `otel`, also
//! traces and metrics for a collector.

#[cfg(feature = "otel")]
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

#[cfg(feature = "otel")]
use crate::otel;

/// How and how much is logged.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or per module like `amanah=debug`.
    ///
    /// At `info` an answered request is a line only when it was refused; at `debug` each one is.
    #[arg(long, global = true, env = "AMANAH_LOG", default_value = "info", value_name = "LEVEL")]
    log_level: String,
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value_t = LogStyle::Text)]
    log: LogStyle,
    /// Send traces and metrics to the OpenTelemetry collector there (OTLP over HTTP), like
    /// http://127.0.0.1:4318.
    #[cfg(feature = "otel")]
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp: Option<String>,
    /// How often metrics are sent there.
    #[cfg(feature = "otel")]
    #[arg(long, global = true, env = "OTEL_METRIC_EXPORT_INTERVAL", value_name = "MS", default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(10..))]
    otlp_metrics_every_ms: u64,
}

/// What must live as long as the process does.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    /// Where metrics are sent.
    #[cfg(feature = "otel")]
    pub collector: Option<otel::Collector>,
    #[cfg(feature = "otel")]
    _tracing: Option<otel::Tracing>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogStyle {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Telemetry {
    /// Sends what is left to be sent, once nobody is served any more.
    pub fn end(self) {}
}

/// Starts logging, for the whole process.
pub(crate) fn start(args: &LogArgs) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(&args.log_level)
        .with_context(|| format!("--log-level {} is no level", args.log_level))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match args.log {
        LogStyle::Text => lines.with_ansi(false).with_filter(filter).boxed(),
        LogStyle::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otel")]
    if let Some(base) = &args.otlp {
        let collector =
            otel::Collector::at(base, Duration::from_millis(args.otlp_metrics_every_ms))?;
        let (layer, tracing) = otel::layer(&collector)?;
        subscriber.with(layer).init();
        return Ok(Telemetry { collector: Some(collector), _tracing: Some(tracing) });
    }
    subscriber.init();
    Ok(Telemetry::default())
}
