//! The benchmark: every figure is a ratio of two things measured side by side in one run, each the
//! median of several rounds, because machines differ and are noisy. **Nothing here is asserted**;
//! speed lives in this table, never in a test.

mod bulk;
mod load;
mod postgres;
mod practice;
mod report;
mod rival;
mod served;

use std::{path::PathBuf, time::Duration};

use anyhow::Context;

use self::{
    load::{Load, Sample},
    report::Report,
    served::Served,
};
use crate::integrity::Pace;

/// Measure the product on this machine.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Seconds that one round lasts.
    #[arg(long, default_value_t = 2.0)]
    round_seconds: f64,
    /// Rounds of each case; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where to write the figures as JSON, beside the table.
    #[arg(long)]
    json: Option<PathBuf>,
    /// A PostgreSQL to measure on, too, in fresh databases: a URL whose user may create them. `pgbench`,
    /// `psql` and `createdb` must be there.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Leave out what is not about PostgreSQL.
    #[arg(long, requires = "postgres")]
    only_postgres: bool,
    /// Leave out the cases that first write millions of rows.
    #[arg(long)]
    small: bool,
}

const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
const SPREAD_RETAINERS: usize = 1_000;
/// Ledger entries before the verifier is measured, before start-up is timed, and before a full database is compared with an empty one.
const WALKED_ENTRIES: u64 = 100_000;
const STARTUP_ENTRIES: u64 = 1_000_000;
const FULL_ENTRIES: u64 = 5_000_000;

/// Measures everything and prints one table.
///
/// # Errors
/// The server can't be started, or a request is answered with anything but 2xx.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    let folder = tempfile::tempdir()?;
    runtime.block_on(async {
        if let Some(url) = &args.postgres {
            postgres::measure(args, url, &mut report).await?;
        }
        if args.only_postgres {
            return Ok(());
        }
        over_http(args, folder.path(), &mut report).await?;
        verifying(args, folder.path(), &mut report).await?;
        bulk::measure(args.rounds, folder.path(), &mut report).await?;
        practice::commands(args, folder.path(), &mut report).await?;
        if !args.small {
            with_history(args, folder.path(), &mut report).await?;
            practice::with_many_rows(args, folder.path(), &mut report).await?;
        }
        anyhow::Ok(())
    })?;
    report.print();
    report.print_json();
    if let Some(path) = &args.json {
        std::fs::write(path, report.to_json())
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// What a round sends.
struct Case {
    name: &'static str,
    requests: Vec<Vec<u8>>,
    /// Where they go.
    ports: Vec<u16>,
}

impl Case {
    fn new(name: &'static str, requests: Vec<Vec<u8>>, server: &Served) -> Self {
        Self { name, requests, ports: vec![server.port] }
    }
}

impl BenchArgs {
    fn round(&self) -> Duration {
        Duration::from_secs_f64(self.round_seconds)
    }

    /// Runs the cases in turn, round by round, so that each meets the same weather; gives each case's
    /// median round.
    async fn side_by_side(
        &self,
        cases: &[Case],
        connections: usize,
    ) -> anyhow::Result<Vec<Sample>> {
        let mut samples = vec![Vec::new(); cases.len()];
        for _ in 0..self.rounds {
            for (case, samples) in cases.iter().zip(&mut samples) {
                let load = Load { ports: &case.ports, connections, lasts: self.round() };
                let sample = load.run(&case.requests).await.with_context(|| case.name)?;
                samples.push(sample);
            }
        }
        Ok(samples.into_iter().map(Sample::median).collect())
    }
}

/// Hot and spread retainers beside `/api/me` on the same server, and one command a commit beside both.
async fn over_http(
    args: &BenchArgs,
    folder: &std::path::Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let server = Served::start(&folder.join("http.db"), 128)?;
    let alone = Served::start(&folder.join("alone.db"), 1)?;
    report.note("idle memory, MB", server.resident_mb()?, "reach < 60");
    let cases = vec![
        Case::new("GET /api/me", vec![server.get("/api/me")], &server),
        Case::new("consume, hot", server.consumes(1).await?, &server),
        Case::new("consume, hot, keyed", server.keyed_consumes().await?, &server),
        Case::new("consume, spread", server.consumes(SPREAD_RETAINERS).await?, &server),
        Case::new("consume, hot, batch 1", alone.consumes(1).await?, &alone),
    ];
    for connections in CONNECTIONS {
        tracing::info!(connections, rounds = args.rounds, "measuring");
        let samples = args.side_by_side(&cases, connections).await?;
        for (case, sample) in cases.iter().zip(&samples) {
            report.http(case.name, connections, sample, samples[0].per_second);
        }
        let [me, hot, _, spread, alone] = &samples[..] else { unreachable!("five cases were run") };
        let at = |what: &str| format!("{what} at {connections}");
        let reach = match connections {
            64 => "reach ≥ 0.45",
            256 => "reach ≥ 0.6",
            _ => "",
        };
        report.note(&at("hot / me"), hot.per_second / me.per_second, reach);
        report.note(&at("hot / spread"), hot.per_second / spread.per_second, "reach ≥ 0.9");
        let reach = if connections == 256 { "reach ≥ 10" } else { "" };
        report.note(&at("default batch / batch 1"), hot.per_second / alone.per_second, reach);
    }
    report.note("memory after load, MB", server.resident_mb()?, "");
    Ok(())
}

/// The hot retainer with the verifier walking over a firm that has a history, and without.
async fn verifying(
    args: &BenchArgs,
    folder: &std::path::Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let paths = ["walked.db", "left-alone.db"].map(|name| folder.join(name));
    for path in &paths {
        bulk::fill(path, WALKED_ENTRIES).await?;
    }
    let on = Served::verifying(&paths[0], Pace::SHARE_DEFAULT)?;
    let off = Served::verifying(&paths[1], 0.0)?;
    let cases = vec![
        Case::new("consume, hot, verifier off", off.consumes(1).await?, &off),
        Case::new("consume, hot, verifier on", on.consumes(1).await?, &on),
    ];
    let samples = args.side_by_side(&cases, 64).await?;
    for (case, sample) in cases.iter().zip(&samples) {
        report.http(case.name, 64, sample, samples[0].per_second);
    }
    let ratio = samples[1].per_second / samples[0].per_second;
    report.note("verifier on / off at 64", ratio, "reach ≥ 0.95");
    report.note("memory while walking, MB", on.resident_mb()?, "");
    Ok(())
}

/// Start-up with a million ledger entries, and the hot retainer with five million beside none.
async fn with_history(
    args: &BenchArgs,
    folder: &std::path::Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let path = folder.join("full.db");
    tracing::info!(entries = FULL_ENTRIES, "filling a database");
    bulk::fill(&path, STARTUP_ENTRIES).await?;
    let server = Served::start(&path, 128)?;
    report.note("start-up with 1 M entries, s", server.start_seconds, "");
    drop(server);
    bulk::fill(&path, FULL_ENTRIES - STARTUP_ENTRIES).await?;
    let full = Served::start(&path, 128)?;
    let empty = Served::start(&folder.join("empty.db"), 128)?;
    let cases = vec![
        Case::new("consume, hot, empty", empty.consumes(1).await?, &empty),
        Case::new("consume, hot, 5 M entries", full.consumes(1).await?, &full),
    ];
    let samples = args.side_by_side(&cases, 64).await?;
    for (case, sample) in cases.iter().zip(&samples) {
        report.http(case.name, 64, sample, samples[0].per_second);
    }
    report.note("full / empty at 64", samples[1].per_second / samples[0].per_second, "reach ≥ 0.8");
    Ok(())
}
