//! `probe run`

use std::{collections::BTreeMap, io::IsTerminal as _, path::PathBuf, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use super::{VIOLATION, say};
use crate::{
    adapter::Adapter,
    attack::{self, Cell, Plan},
    control::Years,
    naive,
    report::{self, Machine, Report},
    round::Target,
    scenario::{self, Scenario},
    twin,
    wire::{Delivery, Endpoint, Limits, Trust, Wire},
};

/// The adapter for Amanah's own API.
const AMANAH: &str = include_str!("../../adapters/amanah.toml");

/// Attack a server: it must be yours. Only objects that the prober made itself are touched.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// `all`, or ids like S01,S03.
    #[arg(long, default_value = "all", value_delimiter = ',')]
    scenario: Vec<String>,
    /// `all`, or some of single-write, streams-4, last-byte, cold, one-by-one.
    #[arg(long, default_value = "all", value_delimiter = ',')]
    delivery: Vec<String>,
    /// Requests at once, where the scenario leaves it open.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=200))]
    n: u64,
    /// Rounds of each scenario with each delivery.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Rounds of the same against the built-in naive twin, which calibrate the result; 0: none, and
    /// every clean result is inconclusive.
    #[arg(long, default_value_t = 20)]
    twin_rounds: u32,
    /// What every choice follows from.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The longest that one scenario with one delivery may take, in seconds.
    #[arg(long, default_value_t = 300)]
    cell_seconds_max: u64,
    /// The most requests that one scenario with one delivery may send.
    #[arg(long, default_value_t = 500_000)]
    requests_max: usize,
    /// Which commit or version of the server it is, for the report.
    #[arg(long)]
    commit: Option<String>,
    /// A folder for report.html, report.json, junit.xml and the histories of violations.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What is attacked.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    /// Where the server is; once for each of its processes.
    #[arg(long = "target", required = true, value_name = "URL")]
    targets: Vec<Endpoint>,
    /// How it is spoken to: a TOML file, or amanah, express, twin.
    #[arg(long, default_value = "amanah")]
    adapter: String,
    /// What a tenant is known by: a=TOKEN, b=TOKEN, and p1=TOKEN … for people who propose.
    #[arg(long = "token", value_name = "TENANT=TOKEN", value_parser = token)]
    tokens: Vec<(String, String)>,
    /// Certificates in PEM of those who vouch for an https:// target, beside those this machine trusts.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A shell command that kills the server and starts it again, for S28.
    #[arg(long, value_name = "COMMAND")]
    restart: Option<String>,
    /// A process of the server that may be put to sleep, for S28.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// A shell command that sets the server's clock to $PROBE_TIME, like 2031-01-02 12:00:00 in UTC, for
    /// numbers over the turn of a year.
    #[arg(long, value_name = "COMMAND")]
    set_clock: Option<String>,
    /// Anything but this machine is only attacked by those who say this.
    #[arg(long)]
    i_own_this_target: bool,
}

fn token(text: &str) -> Result<(String, String), String> {
    let (tenant, token) = text.split_once('=').ok_or("a token is given as a=TOKEN")?;
    Ok((tenant.to_owned(), token.to_owned()))
}

impl TargetArgs {
    pub(super) fn open(&self) -> Result<Target, String> {
        let foreign = self.targets.iter().find(|endpoint| !endpoint.is_loopback());
        if let Some(foreign) = foreign.filter(|_| !self.i_own_this_target) {
            return Err(format!(
                "{} is not this machine; if it is yours, say --i-own-this-target",
                foreign.authority()
            ));
        }
        let text = match self.adapter.as_str() {
            "amanah" => AMANAH.to_owned(),
            "express" => naive::ADAPTER.to_owned(),
            "twin" => twin::ADAPTER.to_owned(),
            path => std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?,
        };
        let adapter = Adapter::from_toml(&text)
            .map_err(|error| format!("the adapter {}: {error}", self.adapter))?;
        let mut tokens: BTreeMap<String, String> = self.tokens.iter().cloned().collect();
        tokens.entry("a".to_owned()).or_insert_with(|| "a".to_owned());
        if self.adapter == "twin" {
            tokens.entry("b".to_owned()).or_insert_with(|| "b".to_owned());
        }
        Ok(Target {
            wire: Wire::trusting(self.targets.clone(), Limits::default(), self.trust()?),
            adapter,
            tokens,
            restart: self.restart.clone(),
            pids: self.pid.into_iter().collect(),
            years: Years::new(self.set_clock.clone()),
        })
    }

    fn trust(&self) -> Result<Trust, String> {
        let Some(path) = &self.ca else { return Ok(Trust::default()) };
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| named(&error))?;
        Trust::of_pem(&pem).map_err(|error| named(&error))
    }

    fn command(&self) -> String {
        let targets = self.targets.iter().map(|endpoint| {
            let scheme = if endpoint.is_tls { "https" } else { "http" };
            format!(" --target {scheme}://{}{}", endpoint.authority(), endpoint.base)
        });
        let targets: String = targets.collect();
        // Tokens are secrets: the report says that there were some, not which.
        let tokens = self.tokens.iter().map(|(tenant, _)| format!(" --token {tenant}=…"));
        let ca = self.ca.as_ref().map_or(String::new(), |path| format!(" --ca {}", path.display()));
        let tokens: String = tokens.collect();
        format!("probe run{targets}{ca} --adapter {}{tokens}", self.adapter)
    }
}

pub(super) async fn run(args: RunArgs) -> Result<u8, String> {
    let target = args.target.open()?;
    let scenarios = scenarios(&args.scenario)?;
    let deliveries = deliveries(&args.delivery)?;
    let plan = Plan {
        rounds: args.rounds,
        twin_rounds: args.twin_rounds,
        n: usize::try_from(args.n).unwrap_or(10),
        seed: args.seed,
        cell_time_max: Duration::from_secs(args.cell_seconds_max),
        requests_max: args.requests_max,
    };
    let bar = bar(scenarios.len() * deliveries.len() * (plan.rounds + plan.twin_rounds) as usize);
    let mut cells: Vec<Cell> = Vec::new();
    for scenario in scenarios {
        for delivery in &deliveries {
            let step = |what: &str| {
                bar.set_message(what.to_owned());
                bar.inc(1);
            };
            let mut cell = attack::cell(&target, scenario, *delivery, plan, &step).await;
            if let Some(history) = &cell.evidence {
                let endpoints = &args.target.targets;
                cell.curl = report::script(&target.adapter, endpoints, history, &cell.findings);
            }
            cells.push(cell);
        }
    }
    bar.finish_and_clear();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        server: target.adapter.name.clone(),
        targets: args.target.targets.iter().map(Endpoint::authority).collect(),
        seed: args.seed,
        n: plan.n,
        machine: Machine::here(),
        commit: args.commit,
        adapter_sha256: target.adapter.sha256.clone(),
        command: args.target.command(),
        cells,
    };
    tell(&report);
    if let Some(folder) = &args.out {
        report.save(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        say(&format!("{} tells the whole story", folder.join("report.html").display()));
    }
    Ok(attack::exit_code(&report.cells))
}

fn tell(report: &Report) {
    for line in report.lines() {
        say(&line);
    }
    let violated = report.cells.iter().find(|cell| cell.evidence.is_some());
    if let Some(cell) = violated {
        let history = cell.evidence.as_ref();
        say("");
        say(&history.map_or(String::new(), |it| report::timeline(it, &cell.findings)));
        say(&format!("see it again: {}", report.reproduce(cell)));
        say("or, as near as curl comes:");
        cell.curl.iter().for_each(|line| say(&format!("  {line}")));
    }
    say(&report.summary());
    if attack::exit_code(&report.cells) == VIOLATION {
        say("money or truth was lost");
    }
}

fn scenarios(asked: &[String]) -> Result<Vec<&'static Scenario>, String> {
    if asked.iter().any(|id| id == "all") {
        return Ok(scenario::ALL.iter().collect());
    }
    let known = || scenario::ALL.iter().map(|known| known.id).collect::<Vec<_>>().join(", ");
    let one =
        |id: &String| scenario::by_id(id).ok_or_else(|| format!("{id}: known are {}", known()));
    asked.iter().map(one).collect()
}

fn deliveries(asked: &[String]) -> Result<Vec<Delivery>, String> {
    if asked.iter().any(|name| name == "all") {
        return Ok(Delivery::ALL.to_vec());
    }
    asked.iter().map(|name| name.parse()).collect()
}

/// On a terminal; else nothing.
fn bar(steps: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
