//! `amanah migrate`

use std::process::ExitCode;

use super::DatabaseArgs;

/// Bring the database's schema up to date, and do nothing else.
///
/// Starting a server does the same, unless it was told not to. Any number may try at once: one does it.
/// An SQLite file must not be served meanwhile; on PostgreSQL servers go on.
#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) fn run(args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    store::migrate(&args.database.database)?;
    tracing::info!("the schema is up to date");
    Ok(ExitCode::SUCCESS)
}
