//! J7 and J8: idempotency keys, and effects that come twice without being asked twice.

use std::collections::BTreeMap;

use super::{
    Remark,
    effects::{Request, booked, requests},
};
use crate::history::{History, Op, Verb};

/// J7: one request has one effect, however often it was sent.
pub(super) fn once(history: &History) -> Vec<Remark> {
    let requests = requests(history);
    let distinct = requests.iter().filter_map(|request| {
        let ok = request.ops.iter().filter(|op| op.is_answered_ok());
        let mut effects: Vec<_> = ok.map(|op| effect(op)).collect();
        effects.sort_unstable();
        effects.dedup();
        (effects.len() > 1).then(|| {
            let (count, key) = (effects.len(), request.first().key.as_deref().unwrap_or_default());
            Remark::new(
                format!("one key, {count} effects ({key})"),
                format!("مفتاح واحد و{count} من الآثار ({key})"),
                request.ids(),
            )
        })
    });
    distinct.chain(doubled(history, &requests)).collect()
}

fn effect(op: &Op) -> (Option<&str>, Option<u64>, Option<u64>) {
    let made = if op.verb.is_creation() { op.seen.id.as_deref() } else { None };
    (made, op.seen.seq, op.seen.version)
}

/// More entries of an amount than anybody asked for, where none of those who asked was refused.
fn doubled(history: &History, requests: &[Request<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for list in history.at_rest(Verb::ListEntries) {
        for booked in booked(list, requests) {
            let (times, count) = (booked.asked.len(), booked.found);
            let is_meant = booked.asked.iter().all(|request| request.may_count());
            if times > 0 && count > times && is_meant {
                let amount = history.money(booked.amount);
                remarks.push(Remark::new(
                    format!("{amount} was asked for {times} times and booked {count} times"),
                    format!("طُلب {amount} عدد {times} مرة وقُيّد {count} مرة"),
                    booked.ids(),
                ));
            }
        }
    }
    remarks
}

/// J8: under one key, the same request is answered alike, and another one is never answered for it.
pub(super) fn replayed(history: &History) -> Vec<Remark> {
    // Whether one key may be used with two endpoints is the server's own rule.
    let mut by_key: BTreeMap<(&str, &str, Verb), Vec<&Op>> = BTreeMap::new();
    for op in history.ops.iter().filter(|op| op.is_answered_ok()) {
        if let Some(key) = &op.key {
            by_key.entry((&op.tenant, key, op.verb)).or_default().push(op);
        }
    }
    let mut remarks = Vec::new();
    for ((_, key, _), ops) in by_key {
        let first = ops[0];
        let ids = || ops.iter().map(|op| op.id).collect();
        if ops.iter().any(|op| op.args != first.args) {
            remarks.push(Remark::new(
                format!("two different requests were accepted under one key ({key})"),
                format!("قُبل طلبان مختلفان بمفتاح واحد ({key})"),
                ids(),
            ));
        } else if ops.iter().any(|op| op.seen.body != first.seen.body) {
            remarks.push(Remark::new(
                format!("one request was answered in two ways under one key ({key})"),
                format!("أُجيب طلب واحد بجوابين بمفتاح واحد ({key})"),
                ids(),
            ));
        }
    }
    remarks
}
