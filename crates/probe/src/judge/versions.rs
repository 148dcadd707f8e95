//! J9 and J11: versions.

use std::collections::BTreeMap;

use super::{Remark, effects::requests};
use crate::history::{History, Op, Outcome, Phase};

/// The accepted changes of each object that tell its version, repetitions left out.
fn changes(history: &History) -> BTreeMap<&str, Vec<&Op>> {
    let mut all: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
    for request in requests(history) {
        let told = |op: &&&Op| op.outcome == Outcome::Ok && op.seen.version.is_some();
        if let Some(op) = request.ops.iter().find(told)
            && let Some(on) = &op.on
        {
            all.entry(on).or_default().push(op);
        }
    }
    all
}

fn version(op: &Op) -> u64 {
    op.seen.version.unwrap_or(0)
}

/// J9: each accepted change has a version of its own; where it is promised, one above the last.
pub(super) fn steps(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (object, mut ops) in changes(history) {
        ops.sort_by_key(|op| version(op));
        for pair in ops.windows(2) {
            let (a, b) = (version(pair[0]), version(pair[1]));
            let ids = vec![pair[0].id, pair[1].id];
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
    let reads = |object: &str| {
        let object = object.to_owned();
        let told = history.ops.iter().filter(|op| op.verb.is_read() && op.seen.version.is_some());
        let live = told.filter(|op| op.phase != Phase::Restarted && op.outcome == Outcome::Ok);
        live.filter(move |op| op.is_on(&object))
    };
    for (object, ops) in changes(history) {
        for later in ops.iter().copied().chain(reads(object)) {
            let least = version(later) + u64::from(later.verb.is_read());
            let known = ops.iter().chain(&[]).copied().filter(|op| op.precedes(later));
            if let Some(missed) =
                known.filter(|op| version(op) >= least).max_by_key(|op| version(op))
            {
                let (had, shown) = (version(missed), version(later));
                remarks.push(Remark::new(
                    format!(
                        "version {had} had been acknowledged, and a later answer shows {shown}"
                    ),
                    format!("أُقرّت النسخة {had} ثم أظهر جواب لاحق النسخة {shown}"),
                    vec![missed.id, later.id],
                ));
            }
        }
    }
    remarks
}
