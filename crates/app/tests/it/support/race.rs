//! A race test: our server must come clean out of every round, and the naive twin must be caught. A
//! scenario that the twin survives is a defect of the scenario.

use super::{
    firm::Firm,
    server::Options,
    target::{Delivery, Target},
};
use crate::twin::Flaw;

/// How a scenario is run.
pub struct Race {
    rounds: u32,
    options: Options,
    flaw: Flaw,
    /// The twin breaks the rule even when asked one by one: no timing is involved.
    is_rule: bool,
    /// What the twin has to be caught at; a part of the scenario's message.
    red: &'static str,
}

impl Race {
    pub fn new(rounds: u32, red: &'static str) -> Self {
        Self { rounds, options: Options::default(), flaw: Flaw::ReadWaitWrite, is_rule: false, red }
    }

    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    pub fn flaw(self, flaw: Flaw) -> Self {
        Self { flaw, ..self }
    }

    pub fn broken_in_any_order(self) -> Self {
        Self { is_rule: true, ..self }
    }

    /// Runs `scenario` for a fresh firm in every round: on ours; on the twin; and, where only
    /// concurrency makes the difference, on the twin one request at a time, where it must be clean.
    pub async fn run(self, scenario: impl AsyncFn(&Firm<'_>) -> Result<(), String>) {
        const TWIN_ROUNDS_MAX: u32 = 40;
        let ours = Target::ours(self.options.clone()).await;
        for round in 1..=self.rounds {
            let clean = scenario(&Firm::new(&ours)).await;
            clean.unwrap_or_else(|violation| {
                panic!("round {round} of {}: {violation}", self.rounds)
            });
        }
        ours.check().await;
        if !self.is_rule {
            let twin = Target::twin(self.flaw, Delivery::OneByOne).await;
            let clean = scenario(&Firm::new(&twin)).await;
            clean.unwrap_or_else(|violation| {
                panic!("the scenario blames the twin without a race: {violation}")
            });
        }
        let twin = Target::twin(self.flaw, Delivery::AtOnce).await;
        for round in 1..=TWIN_ROUNDS_MAX {
            let Err(violation) = scenario(&Firm::new(&twin)).await else { continue };
            assert!(
                violation.contains(self.red),
                "the twin was caught at something else: {violation}"
            );
            println!(
                "{} rounds clean; the twin was caught in round {round}: {violation}",
                self.rounds
            );
            return;
        }
        panic!(
            "the naive twin came clean out of {TWIN_ROUNDS_MAX} rounds: this scenario proves nothing"
        );
    }
}
