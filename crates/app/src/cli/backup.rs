//! `amanah backup`

use std::{path::PathBuf, process::ExitCode};

use super::DatabaseArgs;

/// Write the committed state of one moment to a new file.
///
/// The server may run meanwhile. The file is complete and durable when the command ends with success,
/// and not there otherwise; it is a database of its own and can be served.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The new file; it must not exist yet.
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    store::open_reader(&args.database.database)?.backup(&args.file)?;
    tracing::info!(file = %args.file.display(), "the backup is written");
    Ok(ExitCode::SUCCESS)
}
