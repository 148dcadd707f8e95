//! I8 and I10: the audit log, kept answers, and that nothing acknowledged is missing.

use std::collections::BTreeMap;

use super::{
    finding::Account,
    log::{Past, Remembered},
    verdict::Verdicts,
};
use crate::{
    audit::{self, Hash, Tree},
    id::Id,
    rows::{AuditNode, AuditRecord, Firm, Outcome, Said, Told},
};

/// What was recorded, in order.
#[derive(Default)]
pub(super) struct Record {
    pub firm: Option<Firm>,
    tree: Tree,
    past: Past,
    /// The last record's place.
    last_n: i64,
    /// The nodes that must be stored.
    nodes: BTreeMap<(i64, i64), Hash>,
    /// The last accepted command's place in the journal.
    accepted: i64,
    /// What must be kept, by audit record, and what the command was about.
    kept: BTreeMap<i64, (Hash, Hash, Account)>,
    /// The records of which nothing may be kept, and what they are about.
    erased: BTreeMap<i64, Account>,
    /// What the accepted commands were about, each with its first audit record.
    objects: BTreeMap<[u8; 12], i64>,
    /// Every row that is there.
    rows: BTreeMap<[u8; 12], Account>,
}

impl Record {
    pub fn remembering(logs: Vec<Remembered>) -> Self {
        Self { past: Past::of(logs), ..Self::default() }
    }

    pub fn to_remember(&self) -> Remembered {
        Remembered { size: self.tree.size(), root: self.tree.root() }
    }

    pub fn see_row(&mut self, row: impl Into<Account>) {
        let account = row.into();
        self.rows.insert(account.id, account);
    }

    /// What a command was about, if it is still there.
    pub fn account_of(&self, object: Option<[u8; 12]>) -> Account {
        object.and_then(|id| self.rows.get(&id).copied()).unwrap_or(Account::LOG)
    }

    /// Takes in an audit record; the place of its command in the journal, if it was accepted.
    pub fn see_audit(&mut self, v: &mut Verdicts, record: &AuditRecord) -> Option<i64> {
        let object = self.account_of(record.object);
        let due = self.last_n.saturating_add(1);
        self.last_n = record.n;
        v.i8.check(record.n == due, || {
            Account::LOG.off(due.into(), format!("audit record {due} is missing"))
        });
        let leaf = audit::leaf(record);
        v.i8.check(record.leaf == leaf, || {
            let text = format!(
                "audit record {} ({}, {}) is not what was recorded: its leaf is {}, should be {}",
                record.n,
                record.command,
                record.outcome,
                hex(&record.leaf),
                hex(&leaf)
            );
            object.off(record.n.into(), text)
        });
        for AuditNode { level, at, hash } in self.tree.append(record.leaf) {
            self.nodes.insert((level, at), hash);
        }
        self.past.see(&self.tree, object);
        match record.told {
            Told::Said(Said { fingerprint, kept: Some(kept), .. }) => {
                self.kept.insert(record.n, (fingerprint, kept, object));
            }
            Told::Said(_) => {}
            Told::Erased(_) => _ = self.erased.insert(record.n, object),
        }
        let seq = record.seq?;
        let due = self.accepted.saturating_add(1);
        self.accepted = seq;
        v.i10.check(seq == due, || {
            object
                .off(seq.into(), format!("audit record {} has seq {seq}, due was {due}", record.n))
        });
        if let Some(object) = record.object {
            self.objects.entry(object).or_insert(record.n);
        }
        Some(seq)
    }

    pub fn see_node(&mut self, v: &mut Verdicts, node: &AuditNode) {
        let holds = self.nodes.remove(&(node.level, node.at)) == Some(node.hash);
        v.i8.check(holds, || {
            let text = format!(
                "node {} at level {} does not follow from the audit records",
                node.at, node.level
            );
            Account::LOG.off(node.at.into(), text)
        });
    }

    pub fn see_outcome(&mut self, v: &mut Verdicts, outcome: &Outcome) {
        let digest = audit::kept(outcome.user, &outcome.key, &outcome.answer);
        let (holds, account) = match self.erased.get(&outcome.audit_n) {
            Some(account) => {
                let is_empty = outcome.is_erased() && outcome.fingerprint == Hash::default();
                (is_empty, Some(*account))
            }
            None => {
                let kept = self.kept.remove(&outcome.audit_n);
                let said = kept.map(|(fingerprint, digest, _)| (fingerprint, digest));
                let account = kept.map(|(_, _, account)| account);
                (said == Some((outcome.fingerprint, digest)), account)
            }
        };
        v.i8.check(holds, || {
            let text = format!("the outcome under key {:?} is not what was answered", outcome.key);
            account.unwrap_or(Account::LOG).off(outcome.audit_n.into(), text)
        });
    }

    pub fn judge(&self, v: &mut Verdicts) {
        self.past.judge(v, &self.tree);
        let Some(firm) = &self.firm else { return };
        for (n, (_, _, account)) in &self.kept {
            v.i8.check(false, || {
                account.off((*n).into(), format!("the outcome of audit record {n} is missing"))
            });
        }
        for (object, n) in &self.objects {
            v.i10.check(self.rows.contains_key(object), || {
                let id = Id::<Firm>::new(*object);
                let text = format!("{id}, that audit record {n} made or changed, is missing");
                Account::FIRM.off((*n).into(), text)
            });
        }
        for (level, at) in self.nodes.keys() {
            v.i8.check(false, || {
                let text = format!("node {at} at level {level} of the audit log is missing");
                Account::LOG.off((*at).into(), text)
            });
        }
        v.i8.check(firm.audit == self.tree, || {
            let text = format!(
                "the head of the audit log has size {} and root {}, the records make {} and {}",
                firm.audit.size(),
                hex(&firm.audit.root()),
                self.tree.size(),
                hex(&self.tree.root())
            );
            Account::LOG.says(text)
        });
        v.i10.check(firm.seq == self.accepted, || {
            let text = format!(
                "the head's seq is {}, the last accepted command has {}",
                firm.seq, self.accepted
            );
            Account::LOG.off(i128::from(firm.seq).saturating_sub(self.accepted.into()), text)
        });
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
