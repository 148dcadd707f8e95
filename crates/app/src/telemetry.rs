//! Log lines, on stderr: standard output belongs to what a command prints.

use anyhow::Context;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

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
}

/// How log lines look.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogStyle {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging, for the whole process.
pub(crate) fn start(args: &LogArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log_level)
        .with_context(|| format!("--log-level {} is no level", args.log_level))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log {
        LogStyle::Text => lines.with_ansi(false).init(),
        LogStyle::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
