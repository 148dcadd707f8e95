//! `amanah verify`

use std::process::ExitCode;

use super::DatabaseArgs;

/// Recompute the books from the journal and compare.
///
/// Checks every rule that must always hold, over every firm, from one snapshot; also beside a running
/// server. Exits with 1 when anything is off.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let reader = store::open_reader(&args.database.database)?;
    let is_clean = crate::verify::run(&reader)?;
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
