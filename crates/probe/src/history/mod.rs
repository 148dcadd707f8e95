//! What happened in one round, as the client saw it: every request with its interval and its outcome.
//! The judges read nothing else, so a history can be kept, sent to somebody and judged again.
//!
//! On disk: JSON Lines. The first line is the [`Header`], each other line one [`Op`].
//!
//! **An interval begins no later than the last byte of the request was let go, and ends no earlier than
//! the answer was read whole.** An operation whose outcome is unknown never ends.

mod jsonl;
mod op;
mod seen;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use jsonl::FormatError;
pub use op::{Args, Op, Outcome, Phase, Verb};
pub use seen::{Entry, Seen};

/// An amount in the currency's smallest unit.
pub type Minor = i64;

/// The version of the format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Whose history it is, and what the target has promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u32,
    /// The scenario's id.
    pub scenario: String,
    /// The round within its run.
    #[serde(default)]
    pub round: u32,
    /// What every choice of the run follows from.
    #[serde(default)]
    pub seed: u64,
    /// How the requests were released.
    #[serde(default)]
    pub delivery: String,
    /// From the first release of the widest race to its last, in microseconds.
    #[serde(default)]
    pub spread_us: u64,
    /// What the target promises.
    #[serde(default)]
    pub promises: Promises,
    /// Two accounts whose sum may not fall below an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint_minimum: Option<Minor>,
    /// Words that only this tenant may ever be told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Digits after the point of the currency, for the messages.
    #[serde(default = "two")]
    pub digits: u32,
}

fn two() -> u32 {
    2
}

/// What a target says of itself in its adapter; a judge holds it to no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Promises {
    /// Numbers have no gaps.
    pub gapless: bool,
    /// A version rises by exactly one with each accepted change.
    pub version_steps: bool,
    /// A number has the year in it in which it was given.
    pub yearly: bool,
    /// What becomes of a payment that exceeds what is due.
    pub overpay: Overpay,
}

/// What becomes of money beyond what an invoice is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overpay {
    /// The payment is refused.
    Refuse,
    /// The invoice takes what is due, the rest is the client's credit.
    #[default]
    Credit,
}

/// A round, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Whose it is.
    pub header: Header,
    /// In the order they were asked.
    pub ops: Vec<Op>,
}

impl History {
    /// The accepted operations of one kind.
    pub fn accepted(&self, verb: Verb) -> impl Iterator<Item = &Op> {
        self.of(verb).filter(|op| op.outcome == Outcome::Ok)
    }

    /// All operations of one kind.
    pub fn of(&self, verb: Verb) -> impl Iterator<Item = &Op> + Clone {
        self.ops.iter().filter(move |op| op.verb == verb)
    }

    /// The accepted reads of one kind after everything had come to rest.
    pub fn at_rest(&self, verb: Verb) -> impl Iterator<Item = &Op> {
        self.accepted(verb).filter(|op| op.phase == Phase::Final)
    }

    /// The raced operations.
    pub fn raced(&self) -> impl Iterator<Item = &Op> {
        self.ops.iter().filter(|op| op.phase == Phase::Race)
    }

    /// The most raced operations that were under way at one moment.
    pub fn overlap(&self) -> usize {
        self.raced()
            .map(|op| self.raced().filter(|other| other.is_under_way_at(op.call_ns)).count())
            .max()
            .unwrap_or(0)
    }

    /// An amount for people: `100.00`.
    pub fn money(&self, minor: Minor) -> String {
        money(minor, self.header.digits)
    }
}

/// An amount for people, with so many digits after the point.
pub fn money(minor: Minor, digits: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let unit = 10_u64.pow(digits);
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{part:0width$}", width = digits as usize)
}
