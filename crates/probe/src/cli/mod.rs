//! The command line, alone (`probe …`) or as a part of another program's.

mod check;
mod load;
mod run;
mod selftest;
mod twin;
mod wire;

use std::{io::Write as _, process::ExitCode};

use clap::Subcommand;

use crate::selftest::Launcher;

/// Clean, and able to see.
const CLEAN: u8 = 0;
/// Money or truth was lost.
const VIOLATION: u8 = 1;
/// Nobody can say.
const INCONCLUSIVE: u8 = 2;
/// The target, the adapter or the question is wrong.
const ERROR: u8 = 3;

/// Attack a server with the races that lose money, and judge what became of the money.
///
/// Exit codes: 0 clean, and the naive twin was caught in the same run; 1 a violation; 2 inconclusive;
/// 3 the target or the adapter does not work.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Attack a server.
    Run(Box<run::RunArgs>),
    /// Show that the judges can be believed, on twins with known bugs.
    Selftest(selftest::SelftestArgs),
    /// Judge a kept history.
    Check(check::CheckArgs),
    /// Send at a steady rate, and judge the books afterwards.
    Load(load::LoadArgs),
    /// Delay what passes between two addresses, so that races have time to happen.
    Wire(wire::WireArgs),
    /// Serve a twin: right, or with one known bug.
    Twin(twin::TwinArgs),
    /// Serve the report's backend, with its ten findings.
    Naive(twin::NaiveArgs),
}

/// Does what was asked; what comes before the subcommand is needed to start this same program again.
pub fn run(command: Command, before: Vec<String>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let program = std::env::current_exe().ok();
    let launcher = program.map(|program| Launcher { program, before });
    let done = runtime.block_on(async {
        match command {
            Command::Run(args) => run::run(*args).await,
            Command::Selftest(args) => selftest::run(&args, launcher.as_ref()).await,
            Command::Check(args) => check::run(&args),
            Command::Load(args) => load::run(args).await,
            Command::Wire(args) => wire::run(args).await,
            Command::Twin(args) => twin::run(args).await,
            Command::Naive(args) => twin::naive(args).await,
        }
    });
    runtime.shutdown_background();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(why) => failed(&why),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(ERROR)
}

/// The one place that prints. Whoever reads may have read enough and be gone.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
