//! `amanah openapi`: what the server can be asked, for whoever generates a client or checks a change.

use std::process::ExitCode;

/// Print the OpenAPI document of this version.
#[derive(Debug, clap::Args)]
pub(super) struct OpenapiArgs {}

#[expect(clippy::print_stdout, reason = "the document is what was asked for")]
pub(super) fn run() -> ExitCode {
    print!("{}", crate::http::openapi_text());
    ExitCode::SUCCESS
}
