//! J9 and J11: versions.

use std::collections::BTreeMap;

use super::{Remark, effects::requests};
use crate::history::{History, Op, Outcome, Phase};

/// A version, and when it was made or read.
#[derive(Debug, Clone, Copy)]
struct Told {
    op: usize,
    version: u64,
    call_ns: u64,
    ret_ns: Option<u64>,
}

impl Told {
    fn of(op: &Op) -> Option<Self> {
        let version = op.seen.version.filter(|_| op.outcome == Outcome::Ok)?;
        Some(Self { op: op.id, version, call_ns: op.call_ns, ret_ns: op.ret_ns })
    }

    fn precedes(&self, other: &Self) -> bool {
        self.ret_ns.is_some_and(|ret| ret < other.call_ns)
    }
}

/// The accepted changes of each object that tell its version. Of repetitions nobody knows which made the
/// change: it was not before the first was asked, nor after the first answer.
fn changes(history: &History) -> BTreeMap<&str, Vec<Told>> {
    let mut all: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
    for request in requests(history) {
        let told = request.ops.iter().filter_map(|op| Told::of(op));
        let made = told.reduce(|a, b| Told { ret_ns: a.ret_ns.min(b.ret_ns), ..a });
        let asked = request.ops.iter().map(|op| op.call_ns).min();
        if let (Some(made), Some(asked), Some(on)) = (made, asked, &request.first().on) {
            all.entry(on).or_default().push(Told { call_ns: asked, ..made });
        }
    }
    all
}

/// J9: each accepted change has a version of its own; where it is promised, one above the last.
pub(super) fn steps(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (object, mut ops) in changes(history) {
        ops.sort_by_key(|op| op.version);
        for pair in ops.windows(2) {
            let (a, b) = (pair[0].version, pair[1].version);
            let ids = vec![pair[0].op, pair[1].op];
            if a == b {
                remarks.push(Remark::new(
                    format!("two accepted changes of {object} both made version {a}"),
                    format!("تغييران مقبولان صنعا النسخة {a} نفسها"),
                    ids,
                ));
            } else if b > a + 1 && is_stepping(history, object) {
                remarks.push(Remark::new(
                    format!("{object} went from version {a} to {b} without anybody's change"),
                    format!("من النسخة {a} إلى {b} دون تغيير من أحد"),
                    ids,
                ));
            }
        }
    }
    remarks
}

/// Whether a gap between its versions needs an explanation.
fn is_stepping(history: &History, object: &str) -> bool {
    let is_told = |op: &Op| op.outcome != Outcome::Unknown && op.args.to.as_deref() != Some(object);
    let involved = history.ops.iter().filter(|op| {
        let names = [&op.args.invoice, &op.args.retainer, &op.args.to];
        op.is_on(object) || names.iter().any(|name| name.as_deref() == Some(object))
    });
    history.header.promises.version_steps
        && involved.filter(|op| !op.verb.is_read()).all(|op| is_told(op) && op.is_on(object))
}

/// J11: a change that began after another had ended has the higher version, and a read that began after
/// it shows at least its version.
pub(super) fn real_time(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (object, changes) in changes(history) {
        let reads = history.ops.iter().filter(|op| op.verb.is_read() && op.is_on(object));
        let reads = reads.filter(|op| op.phase != Phase::Restarted).filter_map(Told::of);
        // A read may show the version that was acknowledged; a change has to make another.
        let changed = changes.iter().map(|told| (*told, told.version));
        for (later, least) in changed.chain(reads.map(|told| (told, told.version + 1))) {
            let known = changes.iter().filter(|told| told.precedes(&later));
            let missed = known.filter(|told| told.version >= least);
            if let Some(missed) = missed.max_by_key(|told| told.version) {
                let (had, shown) = (missed.version, later.version);
                remarks.push(Remark::new(
                    format!(
                        "version {had} had been acknowledged, and a later answer shows {shown}"
                    ),
                    format!("أُقرّت النسخة {had} ثم أظهر جواب لاحق النسخة {shown}"),
                    vec![missed.op, later.op],
                ));
            }
        }
    }
    remarks
}
