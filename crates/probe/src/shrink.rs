//! Makes the history of a violation small enough to read. **Only what had no effect is dropped**: reads,
//! refusals and unused objects. Dropping an accepted change would make a liar of what follows it.

use crate::{
    history::{History, Op, Outcome},
    judge::{Finding, Weight, by_id},
};

/// The history without what the first violation's judge does not need.
pub fn shrunk(history: History, findings: &[Finding]) -> History {
    let first = findings.iter().find(|finding| finding.weight == Weight::Violation);
    let Some(judge) = first.and_then(|finding| by_id(&finding.judge)) else { return history };
    let is_violated = |history: &History| {
        judge.findings(history).iter().any(|finding| finding.weight == Weight::Violation)
    };
    let mut history = history;
    for n in (0..history.ops.len()).rev() {
        if !is_without_effect(&history.ops[n]) {
            continue;
        }
        let mut less = history.clone();
        less.ops.remove(n);
        if is_violated(&less) {
            history = less;
        }
    }
    history
}

fn is_without_effect(op: &Op) -> bool {
    op.verb.is_read() || matches!(op.outcome, Outcome::Refused | Outcome::Declined)
}
