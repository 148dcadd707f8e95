//! The audit log as it was earlier: what a verifier remembers from walk to walk, so that a log that was
//! rewritten from some record on is found though it agrees with itself.

use std::collections::BTreeSet;

use super::{finding::Account, verdict::Verdicts};
use crate::audit::{Hash, Tree};

/// Most rows named for one rewriting.
pub const SUSPECTS_MAX: usize = 32;

/// A log of so many records had this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// How many records.
    pub size: u64,
    /// The hash of the whole.
    pub root: Hash,
}

/// Compares a log, record by record, with what is remembered of it.
#[derive(Default)]
pub(super) struct Past {
    /// From the longest to the shortest.
    ahead: Vec<Remembered>,
    /// The last that was found again.
    found: u64,
    /// The first that was not.
    lost: Option<u64>,
    /// What the records after `found` are about.
    suspects: BTreeSet<Account>,
}

impl Past {
    /// `logs`: in any order.
    pub fn of(mut logs: Vec<Remembered>) -> Self {
        logs.sort_unstable_by_key(|log| std::cmp::Reverse(log.size));
        Self { ahead: logs, ..Self::default() }
    }

    /// A record was appended to the tree.
    pub fn see(&mut self, tree: &Tree, object: Account) {
        if self.lost.is_some() || self.ahead.is_empty() {
            return;
        }
        if object.kind.can_be_parked() && self.suspects.len() < SUSPECTS_MAX {
            self.suspects.insert(object);
        }
        while let Some(due) = self.ahead.pop_if(|due| due.size == tree.size()) {
            if due.root == tree.root() {
                self.found = due.size;
                self.suspects.clear();
            } else {
                self.lost = Some(due.size);
                return;
            }
        }
    }

    pub fn judge(&self, v: &mut Verdicts, tree: &Tree) {
        if let Some(longest) = self.ahead.first().filter(|log| log.size > tree.size()) {
            let text = format!("the log had {} records, and has {}", longest.size, tree.size());
            v.i8.check(false, || Account::LOG.off(longest.size.into(), text));
        }
        v.i8.check(self.lost.is_none(), || {
            Account::LOG.off(self.lost.unwrap_or(0).into(), self.rewritten())
        });
        for suspect in self.suspects.iter().filter(|_| self.lost.is_some()) {
            v.i8.check(false, || {
                suspect.off(
                    self.lost.unwrap_or(0).into(),
                    format!("{}; it is named there", self.rewritten()),
                )
            });
        }
    }

    fn rewritten(&self) -> String {
        let (from, to) = (self.found.saturating_add(1), self.lost.unwrap_or(self.found));
        format!("audit records {from} to {to} are not what they were: the log was rewritten")
    }
}
