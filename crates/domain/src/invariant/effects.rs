//! What each command did, told three times: by the retainer's journal, by the ledger and by the audit
//! log. The three must tell the same story, command by command.

use std::collections::BTreeMap;

use super::Verdict;
use crate::{
    id::Id,
    ledger::{self, Posting},
    rows::{AuditRecord, Entry, Movement, MovementKind, Retainer},
    time::Day,
};

/// The movement of one command.
struct Effect {
    retainer: Id<Retainer>,
    kind: MovementKind,
    amount: crate::Money,
    day: Day,
    from_payment: bool,
    is_posted: bool,
    is_audited: bool,
}

/// The ledger lines of one command, while they are read.
struct Lines {
    seq: i64,
    postings: Vec<(Posting, Day)>,
}

/// Movements by the command that made them.
#[derive(Default)]
pub(super) struct Effects {
    by_seq: BTreeMap<i64, Effect>,
    lines: Option<Lines>,
}

impl Effects {
    /// Takes in a movement: a command makes one at most.
    pub fn see_movement(&mut self, i2: &mut Verdict, movement: &Movement) {
        let effect = Effect {
            retainer: movement.retainer,
            kind: movement.kind,
            amount: movement.amount,
            day: movement.day,
            from_payment: movement.payment.is_some(),
            is_posted: false,
            is_audited: false,
        };
        let earlier = self.by_seq.insert(movement.seq, effect);
        i2.check(earlier.is_none(), || format!("seq {} moved money twice", movement.seq));
    }

    /// Takes in a ledger line; lines come command by command.
    pub fn see_entry(&mut self, i6: &mut Verdict, entry: &Entry) {
        if self.lines.as_ref().is_some_and(|lines| lines.seq != entry.seq) {
            self.judge_lines(i6);
        }
        let lines = self.lines.get_or_insert(Lines { seq: entry.seq, postings: Vec::new() });
        lines.postings.push((entry.posting, entry.day));
    }

    /// The lines of a command are what its movement posts, or one line of client credit.
    pub fn judge_lines(&mut self, i6: &mut Verdict) {
        let Some(Lines { seq, postings }) = self.lines.take() else { return };
        let holds = match self.by_seq.get_mut(&seq) {
            Some(effect) => {
                effect.is_posted = true;
                effect.explains(&postings)
            }
            None => is_credit(&postings),
        };
        i6.check(holds, || format!("the ledger lines of seq {seq} are not what moved"));
    }

    /// Takes in the audit record of an accepted command.
    pub fn see_accepted(&mut self, i2: &mut Verdict, record: &AuditRecord, seq: i64) {
        let effect = self.by_seq.get_mut(&seq);
        let kind = effect.as_ref().map(|effect| effect.kind);
        let holds = match &*record.command {
            "open_retainer" | "replenish_retainer" => kind == Some(MovementKind::Deposit),
            "consume_retainer" => kind == Some(MovementKind::Consumption),
            "refund_retainer" => kind == Some(MovementKind::Refund),
            "record_payment" | "complete_payment" => {
                kind.is_none_or(|kind| kind == MovementKind::Deposit)
            }
            _ => kind.is_none(),
        };
        if let Some(effect) = effect {
            effect.is_audited = true;
        }
        i2.check(holds, || format!("{} with seq {seq} did not do what it says", record.command));
    }

    /// Every movement is in the ledger and in the audit log.
    pub fn finish(&self, i2: &mut Verdict, i6: &mut Verdict) {
        for (seq, effect) in &self.by_seq {
            i2.check(effect.is_audited, || format!("the movement with seq {seq} has no command"));
            i6.check(effect.is_posted, || {
                format!("the movement with seq {seq} is not in the ledger")
            });
        }
    }
}

impl Effect {
    fn explains(&self, postings: &[(Posting, Day)]) -> bool {
        let posts = |expected: &[Posting]| {
            postings.iter().map(|(posting, _)| posting).eq(expected)
                && postings.iter().all(|(_, day)| *day == self.day)
        };
        match self.kind {
            MovementKind::Consumption => posts(&ledger::earn(self.retainer, self.amount)),
            MovementKind::Refund => posts(&ledger::give_back(self.retainer, self.amount)),
            MovementKind::Deposit => {
                let from_credit =
                    |client| ledger::credit_to_trust(client, self.retainer, self.amount);
                posts(&ledger::deposit(self.retainer, self.amount))
                    || self.from_payment
                        && debited(postings).is_some_and(|client| posts(&from_credit(client)))
            }
        }
    }
}

/// The client whose credit the first line takes.
fn debited(postings: &[(Posting, Day)]) -> Option<Id<crate::rows::Client>> {
    postings.first()?.0.debit.of.map(Id::new)
}

fn is_credit(postings: &[(Posting, Day)]) -> bool {
    let [(posting, _)] = postings else { return false };
    posting
        .credit
        .of
        .is_some_and(|client| [*posting] == ledger::credit(Id::new(client), posting.amount))
}
