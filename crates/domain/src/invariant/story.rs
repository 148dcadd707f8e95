//! I2 and I6, command by command: what moved is what the command is there to move, and the ledger
//! lines posted with it say the same.

use std::collections::BTreeMap;

use super::verdict::Verdicts;
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
                format!(
                    "seq {seq} posts {} against {}",
                    posting.debit.account.code(),
                    posting.credit.account.code()
                )
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
        let told = self.by_seq.get_mut(&seq);
        let holds = match told {
            Some(told) => {
                told.is_posted = true;
                posted == told.by_retainer && days.iter().all(|day| told.days.contains(day))
            }
            None => posted.is_empty(),
        };
        v.i6.check(holds && trust == held, || {
            format!("the ledger lines of seq {seq} are not what moved")
        });
    }

    pub fn see_accepted(&mut self, v: &mut Verdicts, record: &AuditRecord, seq: i64) {
        let told = self.by_seq.get_mut(&seq);
        let kinds: &[MovementKind] = told.as_ref().map_or(&[], |told| &told.kinds);
        let holds = does_what_it_says(&record.command, kinds);
        if let Some(told) = told {
            told.is_audited = true;
        }
        v.i2.check(holds, || format!("{} with seq {seq} did not do what it says", record.command));
    }

    /// Every movement is in the ledger and in the audit log.
    pub fn finish(&self, v: &mut Verdicts) {
        for (seq, told) in &self.by_seq {
            v.i2.check(told.is_audited, || format!("the movement with seq {seq} has no command"));
            v.i6.check(told.is_posted, || {
                format!("the movement with seq {seq} is not in the ledger")
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
