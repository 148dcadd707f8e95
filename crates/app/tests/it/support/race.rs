//! A race test: our server must come clean out of every round, on a file and as two processes on one
//! PostgreSQL, and the naive twin must be caught. A scenario that the twin survives is a defect of the
//! scenario.

use super::{
    firm::Firm,
    server::Options,
    target::{Delivery, Target},
};
use crate::twin::Flaw;

/// What is promised holds in any round; two processes need few to be caught.
const POSTGRES_ROUNDS_MAX: u32 = 5;
const CHAOS: &str =
    "delay=0..1ms,refuse=0.03,fail=0.03,conflict=0.1,unknown=0.05,lost=0.05,seed=20261128";
const CHAOS_ROUNDS_MAX: u32 = 3;
/// More must catch the twin; one that is caught by hanging up on it at the right moment takes some.
const TWIN_ROUNDS_MAX: u32 = 150;

/// How a scenario is run.
pub struct Race {
    rounds: u32,
    options: Options,
    /// The scenario pulls levers that processes don't have.
    is_in_process: bool,
    flaw: Flaw,
    /// The twin breaks the rule even when asked one by one: no timing is involved.
    is_rule: bool,
    /// What the twin has to be caught at; a part of the scenario's message.
    red: &'static str,
    /// Why it is not run under chaos, if it is not.
    calm: Option<&'static str>,
}

impl Race {
    pub fn new(rounds: u32, red: &'static str) -> Self {
        let (options, flaw) = (Options::default(), Flaw::ReadWaitWrite);
        Self { rounds, options, is_in_process: false, flaw, is_rule: false, red, calm: None }
    }

    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }.in_this_process()
    }

    /// The scenario sets the clock or asks for faults: on PostgreSQL both servers run in this process.
    pub fn in_this_process(self) -> Self {
        Self { is_in_process: true, ..self }
    }

    pub fn flaw(self, flaw: Flaw) -> Self {
        Self { flaw, ..self }
    }

    pub fn broken_in_any_order(self) -> Self {
        Self { is_rule: true, ..self }
    }

    /// The scenario is about what clients who repeat with a key do not see.
    pub fn without_chaos(self, why: &'static str) -> Self {
        Self { calm: Some(why), ..self }
    }

    /// Runs `scenario` for a fresh firm in every round: on ours, of one process and of two; on the twin;
    /// and, where only concurrency makes the difference, on the twin one request at a time, where it
    /// must be clean. A twin that lets one request in at a time must be clean, too, and be caught as
    /// soon as there are two processes of it.
    pub async fn run(self, scenario: impl AsyncFn(&Firm<'_>) -> Result<(), String>) {
        let ours = Target::ours(self.options.clone()).await;
        clean(&ours, self.rounds, "ours on a file", &scenario).await;
        drop(ours);
        self.under_chaos(&scenario).await;
        self.on_postgres(&scenario).await;
        if !self.is_rule {
            let twin = Target::twin(self.flaw, Delivery::OneByOne).await;
            clean(&twin, 1, "the twin without a race", &scenario).await;
        }
        self.caught(&Target::twin(self.flaw, Delivery::AtOnce).await, "the twin", &scenario).await;
        if self.is_rule || self.flaw != Flaw::ReadWaitWrite {
            return;
        }
        let flaw = Flaw::LockInProcess;
        let twin = Target::twin(flaw, Delivery::AtOnce).await;
        clean(&twin, 1, "the twin with a lock", &scenario).await;
        let twins = Target::twins(2, flaw, Delivery::AtOnce).await;
        self.caught(&twins, "the twin with a lock in each of two processes", &scenario).await;
    }

    /// On a database that is slow, refuses and forgets, with clients that do what the recipe says.
    async fn under_chaos(&self, scenario: &impl AsyncFn(&Firm<'_>) -> Result<(), String>) {
        if let Some(why) = self.calm {
            return println!("not under chaos: {why}");
        }
        let options = Options { chaos: CHAOS.parse().expect("a plan"), ..self.options.clone() };
        let ours = Target::ours(options).await.repeating();
        clean(&ours, self.rounds.min(CHAOS_ROUNDS_MAX), "ours under chaos", scenario).await;
    }

    /// With as many servers on one database as it takes to be without a lock in common.
    async fn on_postgres(&self, scenario: &impl AsyncFn(&Firm<'_>) -> Result<(), String>) {
        let rounds = self.rounds.min(POSTGRES_ROUNDS_MAX);
        if self.is_in_process {
            let ours = Target::two_of_ours(self.options.clone()).await;
            return clean(&ours, rounds, "two of ours on PostgreSQL", scenario).await;
        }
        let ours = Target::processes().await;
        clean(&ours, rounds, "two processes on PostgreSQL", scenario).await;
        let (stopped, inside) = ours.stops();
        if stopped > 0 {
            println!("a process was stopped {stopped} times, {inside} times with a firm locked");
        }
    }

    async fn caught(
        &self,
        target: &Target,
        who: &str,
        scenario: &impl AsyncFn(&Firm<'_>) -> Result<(), String>,
    ) {
        let mut others = None;
        for round in 1..=TWIN_ROUNDS_MAX {
            let Err(violation) = scenario(&Firm::new(target)).await else { continue };
            if violation.contains(self.red) {
                return println!("{who} was caught in round {round}: {violation}");
            }
            // A twin with one flaw has others; this scenario is about one.
            others = Some(violation);
        }
        panic!(
            "{who} was not caught at it in {TWIN_ROUNDS_MAX} rounds: this scenario proves nothing; \
             last caught at something else: {others:?}"
        );
    }
}

async fn clean(
    target: &Target,
    rounds: u32,
    who: &str,
    scenario: &impl AsyncFn(&Firm<'_>) -> Result<(), String>,
) {
    for round in 1..=rounds {
        let clean = scenario(&Firm::new(target)).await;
        clean.unwrap_or_else(|violation| panic!("round {round} of {rounds}, {who}: {violation}"));
    }
    target.check().await;
    println!("{rounds} rounds clean: {who}");
}
