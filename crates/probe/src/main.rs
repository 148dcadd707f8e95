//! The prober on its own.

use std::process::ExitCode;

use clap::Parser;
use probe::cli::{self, Command};

/// Attack a server with the races that lose money, and judge what became of the money.
#[derive(Debug, Parser)]
#[command(name = "probe", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    cli::run(Cli::parse().command, Vec::new())
}
