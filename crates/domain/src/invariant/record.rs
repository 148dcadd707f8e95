//! I5, I8 and I10: numbers, the audit log, kept answers, and that nothing acknowledged is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::Verdicts;
use crate::{
    audit::{self, Hash, Tree},
    number::Series,
    rows::{AuditNode, AuditRecord, Counter, Firm, Outcome, Said, Told},
    time::Timestamp,
};

/// What was recorded, in order.
#[derive(Default)]
pub(super) struct Record {
    pub firm: Option<Firm>,
    counters: BTreeMap<(Series, i32), u32>,
    numbers: BTreeMap<Series, Vec<(i32, u32, Timestamp)>>,
    tree: Tree,
    /// The nodes that must be stored.
    nodes: BTreeMap<(i64, i64), Hash>,
    accepted: i64,
    /// What must be kept, by audit record.
    kept: BTreeMap<i64, (Hash, Hash)>,
    /// The records of which nothing may be kept.
    erased: BTreeSet<i64>,
    /// What the accepted commands were about, each with its first audit record.
    objects: BTreeMap<[u8; 12], i64>,
    /// Every row that is there.
    rows: BTreeSet<[u8; 12]>,
}

impl Record {
    pub fn see_row(&mut self, id: [u8; 12]) {
        self.rows.insert(id);
    }

    pub fn see_number(&mut self, series: Series, number: &str, at: Timestamp) {
        if let Some((period, n)) = series.parse(number) {
            self.numbers.entry(series).or_default().push((period, n, at));
        }
    }

    pub fn see_counter(&mut self, counter: Counter) {
        self.counters.insert((counter.series, counter.period), counter.taken);
    }

    /// Takes in an audit record; the place of its command in the journal, if it was accepted.
    pub fn see_audit(&mut self, v: &mut Verdicts, record: &AuditRecord) -> Option<i64> {
        let due = self.tree.count().saturating_add(1);
        let holds = record.n == due && record.leaf == audit::leaf(record);
        v.i8.check(holds, || {
            format!("audit record {} is not what was recorded as the {due}.", record.n)
        });
        for AuditNode { level, at, hash } in self.tree.append(record.leaf) {
            self.nodes.insert((level, at), hash);
        }
        match record.told {
            Told::Said(Said { fingerprint, kept: Some(kept), .. }) => {
                self.kept.insert(record.n, (fingerprint, kept));
            }
            Told::Said(_) => {}
            Told::Erased(_) => _ = self.erased.insert(record.n),
        }
        let seq = record.seq?;
        self.accepted = self.accepted.saturating_add(1);
        v.i10.check(seq == self.accepted, || {
            format!("audit record {} has seq {seq}, due was {}", record.n, self.accepted)
        });
        if let Some(object) = record.object {
            self.objects.entry(object).or_insert(record.n);
        }
        Some(seq)
    }

    pub fn see_node(&mut self, v: &mut Verdicts, node: &AuditNode) {
        let holds = self.nodes.remove(&(node.level, node.at)) == Some(node.hash);
        v.i8.check(holds, || {
            format!(
                "node {} at level {} does not follow from the audit records",
                node.at, node.level
            )
        });
    }

    pub fn see_outcome(&mut self, v: &mut Verdicts, outcome: &Outcome) {
        let digest = audit::kept(outcome.user, &outcome.key, &outcome.answer);
        let holds = if self.erased.contains(&outcome.audit_n) {
            outcome.is_erased() && outcome.fingerprint == Hash::default()
        } else {
            self.kept.remove(&outcome.audit_n) == Some((outcome.fingerprint, digest))
        };
        v.i8.check(holds, || {
            format!("the outcome under key {:?} is not what was answered", outcome.key)
        });
    }

    pub fn judge(mut self, v: &mut Verdicts) {
        self.judge_numbers(v);
        let Some(firm) = &self.firm else { return };
        for n in self.kept.keys() {
            v.i8.check(false, || format!("the outcome of audit record {n} is missing"));
        }
        for (object, n) in &self.objects {
            v.i10.check(self.rows.contains(object), || {
                format!("what audit record {n} made or changed is missing")
            });
        }
        for (level, at) in self.nodes.keys() {
            v.i8.check(false, || format!("node {at} at level {level} of the audit log is missing"));
        }
        v.i8.check(firm.audit == self.tree, || {
            format!(
                "the head of the audit log has size {} and root {}, the records make {} and {}",
                firm.audit.size(),
                hex(&firm.audit.root()),
                self.tree.size(),
                hex(&self.tree.root())
            )
        });
        v.i10.check(firm.seq == self.accepted, || {
            format!("the head's seq is {}, {} commands were accepted", firm.seq, self.accepted)
        });
    }

    fn judge_numbers(&mut self, v: &mut Verdicts) {
        let mut taken: BTreeMap<(Series, i32), u32> = BTreeMap::new();
        for (series, numbers) in &mut self.numbers {
            numbers.sort_unstable();
            let mut latest = Timestamp::default();
            for (period, n, at) in numbers {
                let last = taken.entry((*series, *period)).or_default();
                let dense = Some(*n) == last.checked_add(1);
                *last = *n;
                v.i5.check(dense && *at >= latest, || {
                    format!(
                        "{} is a gap, a duplicate or out of time order",
                        series.number(*period, *n)
                    )
                });
                latest = *at;
            }
        }
        v.i5.check(taken == self.counters, || {
            format!("counters say {:?}, documents say {taken:?}", self.counters)
        });
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
