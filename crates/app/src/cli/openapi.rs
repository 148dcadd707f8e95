//! `amanah openapi`: what the server can be asked, for whoever generates a client or checks a change.

use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Print the OpenAPI document of this version.
#[derive(Debug, clap::Args)]
pub(super) struct OpenapiArgs {}

pub(super) fn run() -> anyhow::Result<ExitCode> {
    match io::stdout().write_all(crate::http::openapi_text().as_bytes()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => Ok(written.map(|()| ExitCode::SUCCESS)?),
    }
}
