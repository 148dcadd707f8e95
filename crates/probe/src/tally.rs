//! Counts rounds, and remembers the numbers that were given in them.

use std::collections::{BTreeMap, HashMap};

use crate::{
    attack::{Cell, Result},
    history::{History, Op, Phase, Seen},
    judge::{Finding, Weight},
    scenario::Scenario,
    shrink,
    wire::Delivery,
};

/// What was counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rounds begun.
    pub fired: u32,
    /// Rounds with at least two requests under way at once, and a verdict.
    pub raced: u32,
    /// Rounds that raced nothing.
    pub void: u32,
    /// Rounds with a violation.
    pub violated: u32,
    /// Rounds that a judge could not decide.
    pub undecided: u32,
    /// Rounds by judge.
    pub judges: BTreeMap<String, u32>,
    /// Each judge's first finding.
    pub findings: Vec<Finding>,
    /// The first history with a violation.
    pub evidence: Option<History>,
    /// Why the rounds ended early, if they did.
    pub failed: Option<String>,
    /// Sent so far.
    pub requests: usize,
    outcomes: BTreeMap<String, u32>,
    overlaps: Vec<u64>,
    spreads: Vec<u64>,
}

impl Tally {
    /// Counts a round that was played to its end.
    pub fn count(&mut self, scenario: &Scenario, history: History, findings: Vec<Finding>) {
        self.fired += 1;
        self.requests += history.ops.len();
        let overlap = history.overlap();
        let is_raced = overlap >= 2 || scenario.is_serial;
        self.overlaps.push(overlap as u64);
        self.spreads.push(history.header.spread_us);
        for op in history.raced() {
            let name = format!("{:?}", op.outcome).to_lowercase();
            *self.outcomes.entry(name).or_default() += 1;
        }
        let mut seen: Vec<&str> = Vec::new();
        for finding in &findings {
            if !seen.contains(&finding.judge.as_str()) {
                seen.push(&finding.judge);
                *self.judges.entry(finding.judge.clone()).or_default() += 1;
            }
        }
        let is_violated = findings.iter().any(|finding| finding.weight == Weight::Violation);
        let is_undecided = findings.iter().any(|finding| finding.weight == Weight::Inconclusive);
        let is_open = is_undecided && !is_violated;
        self.violated += u32::from(is_violated);
        self.undecided += u32::from(is_raced && is_open);
        // A round that nobody can judge is no clean one.
        self.raced += u32::from(is_raced && !is_open);
        self.void += u32::from(!is_raced);
        if is_violated && self.evidence.is_none() {
            self.evidence = Some(shrink::shrunk(history, &findings));
            self.findings.clear();
        }
        for finding in findings {
            if !self.findings.iter().any(|known| known.judge == finding.judge) {
                self.findings.push(finding);
            }
        }
    }

    /// The cell that it comes to.
    pub fn into_cell(
        mut self,
        scenario: &Scenario,
        delivery: Delivery,
        result: Result,
        why: String,
    ) -> Cell {
        self.overlaps.sort_unstable();
        self.spreads.sort_unstable();
        let at = |all: &[u64], percent: usize| {
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0)
        };
        let is_bounded = result == Result::Clean && self.raced > 0;
        Cell {
            scenario: scenario.id,
            delivery: delivery.to_string(),
            result,
            why,
            fired: self.fired,
            raced: self.raced,
            void: self.void,
            overlap_p50: at(&self.overlaps, 50),
            spread_us_p50: at(&self.spreads, 50),
            spread_us_p95: at(&self.spreads, 95),
            outcomes: self.outcomes,
            violated: self.violated,
            judges: self.judges,
            findings: self.findings,
            evidence: self.evidence,
            curl: Vec::new(),
            twin_caught: 0,
            twin_raced: 0,
            bound: is_bounded.then(|| rule_of_three(self.raced)),
            seconds: 0.0,
        }
    }
}

/// With so many clean rounds, less than this share goes wrong, with 95 % confidence.
pub fn rule_of_three(rounds: u32) -> f64 {
    (3.0 / f64::from(rounds)).min(1.0)
}

/// The numbers of a cell's rounds, each with the object it was given to, so that thousands of one month are
/// held against each other.
#[derive(Debug, Default)]
pub struct Numbers(HashMap<(String, String), String>);

impl Numbers {
    /// Puts an earlier round's creation into the history where the same number was given then; whether
    /// there was any.
    pub fn recall(&mut self, history: &mut History) -> bool {
        let mut earlier: Vec<Op> = Vec::new();
        for op in history.ops.iter().filter(|op| op.verb.is_creation() && op.is_answered_ok()) {
            let (Some(id), Some(number)) = (&op.seen.id, &op.seen.number) else { continue };
            let known = self.0.entry((op.tenant.clone(), number.clone())).or_insert(id.clone());
            if known != id {
                earlier.push(Op {
                    id: history.ops.len() + earlier.len(),
                    phase: Phase::Setup,
                    on: Some(known.clone()),
                    key: None,
                    request: None,
                    call_ns: 0,
                    ret_ns: Some(0),
                    seen: Seen {
                        id: Some(known.clone()),
                        number: Some(number.clone()),
                        ..Seen::default()
                    },
                    ..op.clone()
                });
            }
        }
        let is_any = !earlier.is_empty();
        history.ops.extend(earlier);
        is_any
    }
}
