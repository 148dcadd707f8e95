//! Plays rounds and counts. A cell is one scenario with one delivery; the same cell is played against the
//! naive twin on the same machine, which says what a clean result is worth.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{
    adapter::Adapter,
    control::Years,
    history::History,
    judge::{self, Finding},
    round::{Round, Settings, Stop, Target},
    scenario::Scenario,
    tally::{Numbers, Tally},
    twin::{self, Options, Twin},
    wire::{Delivery, Limits, Wire},
};

/// How much is played.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds of each cell.
    pub rounds: u32,
    /// Rounds against the naive twin; ten times as many until it is caught.
    pub twin_rounds: u32,
    /// Requests at once, where the scenario leaves it open.
    pub n: usize,
    /// What every choice follows from.
    pub seed: u64,
    /// A cell stops after this, however many rounds are left.
    pub cell_time_max: Duration,
    /// The hard cap on requests of one cell.
    pub requests_max: usize,
}

/// How much later the second kind of request goes, by turns.
const OFFSETS: [u64; 8] = [0, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/// What a cell came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// Clean, and the twin was caught.
    Clean,
    /// The adapter does not map what it needs.
    Skipped,
    /// Nobody can say.
    Inconclusive,
    /// The target or the adapter does not work.
    Error,
    /// Money or truth was lost.
    Violation,
}

/// One scenario with one delivery.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// `S01` …
    pub scenario: &'static str,
    /// How requests were released.
    pub delivery: String,
    /// What it came to.
    pub result: Result,
    /// Why, where it needs saying.
    pub why: String,
    /// Rounds played, those in which two requests were under way at once, and those that raced nothing.
    pub fired: u32,
    /// See `fired`.
    pub raced: u32,
    /// See `fired`.
    pub void: u32,
    /// How many requests were under way at once, at most, over the raced rounds.
    pub overlap_p50: u64,
    /// Between the first release and the last, in microseconds.
    pub spread_us_p50: u64,
    /// See `spread_us_p50`.
    pub spread_us_p95: u64,
    /// Raced requests by what became of them.
    pub outcomes: BTreeMap<String, u32>,
    /// Rounds with a violation.
    pub violated: u32,
    /// Rounds in which each judge found something.
    pub judges: BTreeMap<String, u32>,
    /// The first violations, each judge's first.
    pub findings: Vec<Finding>,
    /// The history of the first, shrunk.
    #[serde(skip)]
    pub evidence: Option<History>,
    /// The same in a shell: see [`crate::report::script`].
    pub curl: Vec<String>,
    /// Rounds in which the naive twin was caught, of those raced against it.
    pub twin_caught: u32,
    /// See `twin_caught`.
    pub twin_raced: u32,
    /// A clean result says: less than this share of such rounds goes wrong, with 95 % confidence.
    pub bound: Option<f64>,
    /// Seconds.
    pub seconds: f64,
}

/// Told after each round.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// Plays a cell against the target, and then against the naive twin.
pub async fn cell(
    target: &Target,
    scenario: &'static Scenario,
    delivery: Delivery,
    plan: Plan,
    progress: Progress<'_>,
) -> Cell {
    let started = Instant::now();
    if let Some(why) = unable(target, scenario) {
        return Tally::default().into_cell(scenario, delivery, Result::Skipped, why);
    }
    let tally = play(target, scenario, delivery, plan, plan.rounds, progress).await;
    let mut cell = verdict(tally, scenario, delivery);
    if cell.result == Result::Clean && scenario.turns_year && !target.has_clock() {
        cell.why = "within one year: the clock can't be set (--set-clock)".to_owned();
    }
    if !matches!(cell.result, Result::Error) {
        calibrate(&mut cell, scenario, delivery, plan, progress).await;
    }
    cell.seconds = started.elapsed().as_secs_f64();
    cell
}

/// What keeps the scenario from being played.
fn unable(target: &Target, scenario: &Scenario) -> Option<String> {
    let missing: Vec<String> = scenario
        .needs
        .iter()
        .filter(|verb| !target.adapter.has(**verb))
        .map(|verb| verb.name())
        .collect();
    if !missing.is_empty() {
        return Some(format!("the adapter does not map {}", missing.join(", ")));
    }
    if scenario.source == "idempotency" && target.adapter.key_header.is_none() {
        return Some("the server knows no idempotency keys".to_owned());
    }
    if scenario.id == "S21" && target.adapter.key_header.is_none() {
        return Some("the server knows no idempotency keys".to_owned());
    }
    let needs_b = scenario.id == "S20" || scenario.id == "S22";
    if needs_b && !target.tokens.contains_key("b") {
        return Some("there is no second tenant's token (--token b=…)".to_owned());
    }
    (scenario.disturbs && !target.can_be_disturbed())
        .then(|| "the target can't be killed and started again (--restart, --pid)".to_owned())
}

/// Plays until so many rounds have raced and been decided, and counts. On a busy machine some race nothing;
/// where none does, trying on is of no use.
pub async fn play(
    target: &Target,
    scenario: &Scenario,
    delivery: Delivery,
    plan: Plan,
    rounds: u32,
    progress: Progress<'_>,
) -> Tally {
    const TRIES_MAX: u32 = 3;
    let is_enough =
        |tally: &Tally| tally.raced >= rounds || tally.fired >= rounds && tally.raced == 0;
    let max = rounds.saturating_mul(TRIES_MAX);
    play_until(target, scenario, delivery, plan, (max, &is_enough), progress).await
}

/// At most so many rounds, and until they are enough.
type Until<'a> = (u32, &'a (dyn Fn(&Tally) -> bool + Sync));

async fn play_until(
    target: &Target,
    scenario: &Scenario,
    delivery: Delivery,
    plan: Plan,
    (rounds_max, is_enough): Until<'_>,
    progress: Progress<'_>,
) -> Tally {
    let (mut tally, mut numbers) = (Tally::default(), Numbers::default());
    let started = Instant::now();
    for round in 0..rounds_max {
        let is_over = started.elapsed() > plan.cell_time_max || tally.requests > plan.requests_max;
        if is_over || is_enough(&tally) {
            break;
        }
        match one(target, scenario, settings(plan, delivery, round)).await {
            Ok((mut history, mut findings)) => {
                if numbers.recall(&mut history) {
                    findings = judge::judge(&history);
                }
                tally.count(scenario, history, findings);
            }
            Err(Stop::Void(_)) => {
                tally.fired += 1;
                tally.void += 1;
            }
            Err(Stop::Target(why)) => {
                tally.fired += 1;
                tally.failed.get_or_insert(why);
                break;
            }
        }
        progress(&format!("{} {delivery}", scenario.id));
    }
    tally
}

/// The settings of a round follow from the plan and its number alone.
pub fn settings(plan: Plan, delivery: Delivery, round: u32) -> Settings {
    // Shifted after each turn, so that every shape of a scenario gets every offset.
    let round_n = round as usize;
    let offset = OFFSETS[(round_n / 2 + round_n / (2 * OFFSETS.len())) % OFFSETS.len()];
    Settings { n: plan.n, delivery, offset: Duration::from_micros(offset), seed: plan.seed, round }
}

/// One round and what the judges say of it.
///
/// # Errors
/// When it raced nothing, or the target does not work.
pub async fn one(
    target: &Target,
    scenario: &Scenario,
    settings: Settings,
) -> std::result::Result<(History, Vec<Finding>), Stop> {
    const ROUND_TIME_MAX: Duration = Duration::from_secs(60);
    let mut round = Round::new(target, scenario.id, settings);
    let played = tokio::time::timeout(ROUND_TIME_MAX, (scenario.play)(&mut round)).await;
    played.unwrap_or_else(|_| Err(Stop::Target("a round took longer than a minute".to_owned())))?;
    let history = round.into_history();
    let findings = judge::judge(&history);
    Ok((history, findings))
}

/// One round in so many may be undecided, which is told; more, and nobody can say.
const UNDECIDED_SHARE: u32 = 10;

fn verdict(tally: Tally, scenario: &Scenario, delivery: Delivery) -> Cell {
    let (result, why) = if tally.violated > 0 {
        (Result::Violation, String::new())
    } else if let Some(why) = &tally.failed {
        (Result::Error, why.clone())
    } else if tally.undecided > tally.raced / UNDECIDED_SHARE {
        (Result::Inconclusive, format!("{} rounds could not be decided", tally.undecided))
    } else if tally.raced == 0 {
        let void = "answered before the request was whole, or one after the other";
        (Result::Inconclusive, format!("no round raced anything: {} were {void}", tally.void))
    } else if tally.undecided > 0 {
        let why = format!("{} more rounds could not be decided", tally.undecided);
        (Result::Clean, why)
    } else {
        (Result::Clean, String::new())
    };
    tally.into_cell(scenario, delivery, result, why)
}

/// Attacks the naive twin in the same way, at most so many times as long as was asked for, until it is
/// caught. One that is not caught makes a clean result worthless.
const TWIN_TRIES_MAX: u32 = 10;

async fn calibrate(
    cell: &mut Cell,
    scenario: &'static Scenario,
    delivery: Delivery,
    plan: Plan,
    progress: Progress<'_>,
) {
    let naive = match twin_target(&Options { flaw: Some(scenario.flaw), ..Options::default() }) {
        Ok(naive) => naive,
        Err(error) => {
            cell.why = format!("the twin could not be started: {error}");
            cell.result = cell.result.max(Result::Inconclusive);
            return;
        }
    };
    let is_enough = |tally: &Tally| tally.fired >= plan.twin_rounds && tally.violated > 0;
    let max = plan.twin_rounds.saturating_mul(TWIN_TRIES_MAX);
    let until: Until<'_> = (max, &is_enough);
    let tally = play_until(&naive.target, scenario, delivery, plan, until, progress).await;
    (cell.twin_caught, cell.twin_raced) = (tally.violated, tally.raced);
    if cell.twin_caught == 0 && cell.result == Result::Clean {
        cell.result = Result::Inconclusive;
        cell.bound = None;
        cell.why = match plan.twin_rounds {
            0 => "clean, but the naive twin was not attacked".to_owned(),
            _ => "the naive twin was not caught either: this run sees too little".to_owned(),
        };
    }
}

/// A twin and the way to it.
pub struct TwinTarget {
    /// As it is attacked.
    pub target: Target,
    /// Ends when this is dropped.
    pub twin: Twin,
}

/// Starts a twin, and knows the way to it.
///
/// # Errors
/// When it can't be started.
pub fn twin_target(options: &Options) -> std::io::Result<TwinTarget> {
    let twin = Twin::start(options)?;
    let target = target_of(twin::ADAPTER, &twin.urls())?;
    Ok(TwinTarget { target, twin })
}

/// A target with two tenants whose tokens are their names.
///
/// # Errors
/// When the adapter or the addresses can't be read.
pub fn target_of(adapter: &str, urls: &[String]) -> std::io::Result<Target> {
    let wrong = |error: String| std::io::Error::new(std::io::ErrorKind::InvalidInput, error);
    let adapter = Adapter::from_toml(adapter).map_err(|error| wrong(error.to_string()))?;
    let endpoints = urls.iter().map(|url| url.parse().map_err(|error| wrong(format!("{error}"))));
    let endpoints = endpoints.collect::<std::io::Result<Vec<_>>>()?;
    let limits = Limits { settle: Duration::from_millis(5), ..Limits::default() };
    let tokens = ["a", "b"].map(|name| (name.to_owned(), name.to_owned()));
    Ok(Target {
        wire: Wire::new(endpoints, limits),
        adapter,
        tokens: BTreeMap::from(tokens),
        restart: None,
        pids: Vec::new(),
        years: Years::new(None),
    })
}

/// What a whole run came to, as the program's exit code.
pub fn exit_code(cells: &[Cell]) -> u8 {
    match cells.iter().map(|cell| cell.result).max() {
        Some(Result::Violation) => 1,
        Some(Result::Error) => 3,
        Some(Result::Inconclusive) => 2,
        // Nothing but skipped scenarios is no clean run.
        Some(Result::Skipped) | None if !cells.iter().any(|cell| cell.result == Result::Clean) => 2,
        _ => 0,
    }
}
