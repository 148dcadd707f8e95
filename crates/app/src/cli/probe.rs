//! `amanah probe`: the race prober, which knows nothing of this program but its address.

use std::process::ExitCode;

/// Attack a server of yours with the races that lose money, and judge what became of the money.
///
/// Exit codes: 0 clean, and the built-in naive server was caught in the same run; 1 a violation;
/// 2 inconclusive; 3 the target or the adapter does not work.
#[derive(Debug, clap::Args)]
pub(super) struct ProbeArgs {
    #[command(subcommand)]
    command: probe::cli::Command,
}

pub(super) fn run(args: ProbeArgs) -> ExitCode {
    probe::cli::run(args.command, vec!["probe".to_owned()])
}
