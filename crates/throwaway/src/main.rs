//! `throwaway -- COMMAND…` runs a command with a PostgreSQL database of its own: `DATABASE_URL`, `PGHOST`,
//! `PGPORT`, `PGUSER` and `PGDATABASE` tell of it. It ends as the command does, and the cluster with it.

use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitCode},
};

use throwaway::Cluster;

/// What shells answer for a command that was wrongly asked for, and for one that can't be run.
const USAGE: u8 = 2;
const NOT_RUN: u8 = 127;
/// What they add to the number of a signal that ended one.
const SIGNAL: u8 = 128;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).skip_while(|first| first == "--");
    let Some(program) = arguments.next() else {
        eprintln!("usage: throwaway -- COMMAND [ARGUMENT…]");
        return USAGE.into();
    };
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let ended = Command::new(&program)
        .args(arguments)
        .env("DATABASE_URL", &database.url)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", cluster.port().to_string())
        .env("PGUSER", throwaway::USER)
        .env("PGDATABASE", &database.name)
        .status();
    match ended {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            let signal = status.signal().and_then(|signal| u8::try_from(signal).ok());
            code.or(signal.map(|signal| SIGNAL | signal)).unwrap_or(NOT_RUN).into()
        }
        Err(error) => {
            eprintln!("can't run {}: {error}", program.display());
            NOT_RUN.into()
        }
    }
}
