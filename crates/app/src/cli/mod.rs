//! The command line. Its names are fixed: scripts and unit files depend on them.

mod audit;
mod backup;
mod demo;
mod migrate;
mod openapi;
mod probe;
mod serve;
mod token;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{bench::BenchArgs, telemetry};

/// The financial core of a law firm: retainers, payments and their books, as one server.
///
/// Money never races: every command is decided in order inside one database transaction and is
/// durable before it is answered.
#[derive(Debug, Parser)]
#[command(name = "amanah", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: telemetry::LogArgs,
}

const EXAMPLES: &str = "\
Examples:
  Look around, with made-up data that is thrown away:
    amanah serve --demo

  Serve a firm:
    export JWT_SECRET=$(openssl rand -hex 32)
    amanah serve --database sqlite:firm.db --listen 127.0.0.1:5000

  Serve it from several machines, on PostgreSQL:
    amanah serve --database 'postgres://amanah@db.example.com/amanah?passfile=/etc/amanah/pgpass'

  A token to try it with:
    amanah token --user 64f1a2b3c4d5e6f708192a3b --firm 64f1a2b3c4d5e6f708192a00 --role owner

  Check the books, also while the server runs:
    amanah verify --database sqlite:firm.db

  Keep a copy, also while the server runs:
    amanah backup firm-copy.db --database sqlite:firm.db

  Prove what was done, to somebody who has the public key and nothing else:
    amanah audit export --firm 64f1a2b3c4d5e6f708192a00 --database sqlite:firm.db > log.jsonl
    amanah audit verify log.jsonl --key amanah/64f1a2b3c4d5e6f708192a00+…";

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::ServeArgs>),
    Token(token::TokenArgs),
    Migrate(migrate::MigrateArgs),
    Verify(verify::VerifyArgs),
    Backup(backup::BackupArgs),
    Audit(audit::AuditArgs),
    Openapi(openapi::OpenapiArgs),
    /// Measure the product on this machine.
    Bench(BenchArgs),
    Probe(probe::ProbeArgs),
}

/// Which database; every command that opens one takes this.
#[derive(Debug, clap::Args)]
struct DatabaseArgs {
    /// Where the books are kept: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, env = "AMANAH_DATABASE", value_name = "URL", hide_env_values = true)]
    database: String,
}

/// Reads the command line and does what it says.
///
/// # Errors
/// Whatever stands in the way, in words for the person at the terminal.
pub fn run() -> anyhow::Result<ExitCode> {
    let Cli { command, log } = Cli::parse();
    let telemetry = telemetry::start(&log)?;
    match command {
        Command::Serve(args) => serve::run(*args, telemetry),
        Command::Token(args) => token::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Openapi(_) => openapi::run(),
        Command::Bench(args) => crate::bench::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Probe(args) => Ok(probe::run(args)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
