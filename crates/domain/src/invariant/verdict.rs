//! What came of checking: one verdict an invariant.

use super::finding::{Broken, Finding, Sign};

/// Most counterexamples kept per invariant.
pub const EXAMPLES_MAX: usize = 64;

/// One invariant's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `I1` … as the specification numbers them.
    pub id: &'static str,
    /// What it says.
    pub rule: &'static str,
    /// How many facts were checked.
    pub checked: u64,
    /// How many of them do not hold.
    pub broken: u64,
    /// The first of them; of those about one account that are off by the same, only the first.
    pub examples: Vec<Finding>,
}

impl Verdict {
    const fn new(id: &'static str, rule: &'static str) -> Self {
        Self { id, rule, checked: 0, broken: 0, examples: Vec::new() }
    }

    pub(super) fn check(&mut self, holds: bool, example: impl FnOnce() -> Broken) {
        self.checked = self.checked.saturating_add(1);
        if holds {
            return;
        }
        self.broken = self.broken.saturating_add(1);
        if self.examples.len() < EXAMPLES_MAX {
            let Broken { account, off_by, text } = example();
            self.keep(Finding { account, sign: Sign { rule: self.id, off_by }, text });
        }
    }

    fn keep(&mut self, found: Finding) {
        let same = |known: &Finding| (known.account, known.sign) == (found.account, found.sign);
        if !self.examples.iter().any(same) {
            self.examples.push(found);
        }
    }

    /// Adds another firm's verdict on the same invariant.
    pub fn merge(&mut self, other: Self) {
        self.checked = self.checked.saturating_add(other.checked);
        self.broken = self.broken.saturating_add(other.broken);
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES_MAX);
    }
}

/// All of them.
pub(super) struct Verdicts {
    pub i1: Verdict,
    pub i2: Verdict,
    pub i3: Verdict,
    pub i4: Verdict,
    pub i5: Verdict,
    pub i6: Verdict,
    pub i7: Verdict,
    pub i8: Verdict,
    pub i9: Verdict,
    pub i10: Verdict,
}

impl Default for Verdicts {
    fn default() -> Self {
        Self {
            i1: Verdict::new(
                "I1",
                "a retainer's balance is what its movements and the ledger add up to, never below zero",
            ),
            i2: Verdict::new(
                "I2",
                "each command moved what it says once, and no more was drawn than deposited",
            ),
            i3: Verdict::new("I3", "an invoice is paid by exactly what was applied to it"),
            i4: Verdict::new(
                "I4",
                "a payment is what was applied, deposited, returned and is left of it",
            ),
            i5: Verdict::new("I5", "numbers are unique, gapless and in time order"),
            i6: Verdict::new(
                "I6",
                "the ledger balances, trust bank equals client money, accounts equal their documents",
            ),
            i7: Verdict::new(
                "I7",
                "at most one accepted proposal per job, and the job points at it",
            ),
            i8: Verdict::new(
                "I8",
                "every command has one audit record, the head is their tree, outcomes never change",
            ),
            i9: Verdict::new("I9", "nothing refers to what is not the firm's"),
            i10: Verdict::new("I10", "what was acknowledged is there, without gaps"),
        }
    }
}

impl Verdicts {
    pub fn into_vec(self) -> Vec<Verdict> {
        let Self { i1, i2, i3, i4, i5, i6, i7, i8, i9, i10 } = self;
        vec![i1, i2, i3, i4, i5, i6, i7, i8, i9, i10]
    }
}
