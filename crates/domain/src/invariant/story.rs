//! I2 and I6, command by command: what moved is what the command is there to move, and the ledger
//! lines posted with it say the same.

use std::collections::BTreeMap;

use super::{finding, ledger::about, verdict::Verdicts};
use crate::{
    id::Id,
    ledger::{Account, Posting},
    rows::{AuditRecord, Entry, Movement, MovementKind, Retainer},
    time::Day,
};

/// What one command moved in retainers.
#[derive(Default)]
struct Told {
    kinds: Vec<MovementKind>,
    by_retainer: BTreeMap<Id<Retainer>, i128>,
    days: Vec<Day>,
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
pub(super) struct Story {
    by_seq: BTreeMap<i64, Told>,
    lines: Option<Lines>,
}

impl Story {
    pub fn see_movement(&mut self, movement: &Movement) {
        let told = self.by_seq.entry(movement.seq).or_default();
        told.kinds.push(movement.kind);
        told.days.push(movement.day);
        let sum = told.by_retainer.entry(movement.retainer).or_default();
        *sum = sum.saturating_add(i128::from(movement.signed_minor()));
    }

    /// Takes in a ledger line; lines come command by command.
    pub fn see_entry(&mut self, v: &mut Verdicts, entry: &Entry) {
        if self.lines.as_ref().is_some_and(|lines| lines.seq != entry.seq) {
            self.judge_lines(v);
        }
        let lines = self.lines.get_or_insert(Lines { seq: entry.seq, postings: Vec::new() });
        lines.postings.push((entry.posting, entry.day));
    }

    /// Client money in the lines of a command is what its movements moved, on their days; every line
    /// is between two accounts that money moves between.
    pub fn judge_lines(&mut self, v: &mut Verdicts) {
        let Some(Lines { seq, postings }) = self.lines.take() else { return };
        for (posting, _) in &postings {
            v.i6.check(is_usual(posting), || {
                let (debit, credit) = (posting.debit.account.code(), posting.credit.account.code());
                let side = if posting.debit.of.is_some() { posting.debit } else { posting.credit };
                about(side).says(format!("seq {seq} posts {debit} against {credit}"))
            });
        }
        let mut posted: BTreeMap<Id<Retainer>, i128> = BTreeMap::new();
        let mut trust: i128 = 0;
        let mut days: Vec<Day> = Vec::new();
        for (posting, day) in &postings {
            let amount = i128::from(posting.amount.minor());
            for (side, signed) in
                [(posting.debit, amount.saturating_neg()), (posting.credit, amount)]
            {
                if let (Account::ClientMoney, Some(of)) = (side.account, side.of) {
                    let sum = posted.entry(Id::new(of)).or_default();
                    *sum = sum.saturating_add(signed);
                    days.push(*day);
                }
                if side.account == Account::TrustBank {
                    trust = trust.saturating_sub(signed);
                }
            }
        }
        let held = posted.values().copied().fold(0, i128::saturating_add);
        let none = BTreeMap::new();
        let (holds, moved) = match self.by_seq.get_mut(&seq) {
            Some(told) => {
                told.is_posted = true;
                let on_its_days = days.iter().all(|day| told.days.contains(day));
                (posted == told.by_retainer && on_its_days, &told.by_retainer)
            }
            None => (posted.is_empty(), &none),
        };
        v.i6.check(holds && trust == held, || {
            let retainer = moved.keys().chain(posted.keys()).next();
            let account = retainer.map_or(finding::Account::FIRM, |id| (*id).into());
            let due = moved.values().copied().fold(0, i128::saturating_add);
            let text = format!(
                "the ledger lines of seq {seq} say {trust} in the bank and {held} held, \
                 {due} has moved"
            );
            account.off(trust.saturating_sub(due), text)
        });
    }

    /// `object`: what the command was about.
    pub fn see_accepted(
        &mut self,
        v: &mut Verdicts,
        record: &AuditRecord,
        seq: i64,
        object: finding::Account,
    ) {
        let told = self.by_seq.get_mut(&seq);
        let kinds: &[MovementKind] = told.as_ref().map_or(&[], |told| &told.kinds);
        let holds = does_what_it_says(&record.command, kinds);
        if let Some(told) = told {
            told.is_audited = true;
        }
        v.i2.check(holds, || {
            let text = format!("{} with seq {seq} did not do what it says", record.command);
            object.off(seq.into(), text)
        });
    }

    /// Every movement is in the ledger and in the audit log.
    pub fn finish(&self, v: &mut Verdicts) {
        for (seq, told) in &self.by_seq {
            let retainer = || told.by_retainer.keys().next();
            let account = || retainer().map_or(finding::Account::FIRM, |id| (*id).into());
            v.i2.check(told.is_audited, || {
                let text = format!("the movement with seq {seq} has no command");
                account().off((*seq).into(), text)
            });
            v.i6.check(told.is_posted, || {
                let text = format!("the movement with seq {seq} is not in the ledger");
                account().off((*seq).into(), text)
            });
        }
    }
}

/// Whether a command of this name may have moved retainers like this.
fn does_what_it_says(command: &str, kinds: &[MovementKind]) -> bool {
    use MovementKind::{Consumption, Deposit, Refund, TransferIn, TransferOut};
    match command {
        "open_retainer" | "replenish_retainer" => kinds == [Deposit],
        "consume_retainer" | "apply_retainer" => kinds == [Consumption],
        "refund_retainer" => kinds == [Refund],
        "transfer_retainer" => {
            kinds == [TransferOut, TransferIn] || kinds == [TransferIn, TransferOut]
        }
        "record_payment" | "complete_payment" | "move_check" => {
            kinds.is_empty() || kinds == [Deposit]
        }
        "refund_payment" => kinds.iter().all(|kind| *kind == Refund),
        "credit_invoice" => kinds.iter().all(|kind| *kind == Deposit),
        _ => kinds.is_empty(),
    }
}

/// Whether money moves between these two accounts at all.
fn is_usual(posting: &Posting) -> bool {
    use Account::{
        ClientCredit, ClientMoney, LegalFees, OperatingBank, Receivables, TrustBank, VatPayable,
        WriteOffs,
    };
    matches!(
        (posting.debit.account, posting.credit.account),
        (TrustBank, ClientMoney | OperatingBank)
            | (ClientMoney, LegalFees | TrustBank | Receivables | ClientMoney)
            | (OperatingBank, TrustBank | ClientCredit | Receivables)
            | (ClientCredit, ClientMoney | Receivables | OperatingBank)
            | (Receivables, LegalFees | VatPayable | ClientCredit | ClientMoney | OperatingBank)
            | (LegalFees | VatPayable | WriteOffs, Receivables)
    )
}
