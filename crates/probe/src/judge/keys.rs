//! J7 and J8: idempotency keys, and effects that come twice without being asked twice.

use std::collections::BTreeMap;

use super::{
    Remark,
    effects::{Request, on_accounts, requests},
};
use crate::history::{History, Minor, Op, Outcome, Verb};

/// J7: one request has one effect, however often it was sent.
pub(super) fn once(history: &History) -> Vec<Remark> {
    let requests = requests(history);
    let repeated = requests.iter().filter(|request| request.ops.len() > 1);
    let distinct = repeated.filter_map(|request| {
        let ok = request.ops.iter().filter(|op| op.outcome == Outcome::Ok);
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

/// More entries of an amount than anybody asked for.
fn doubled(history: &History, requests: &[Request<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for list in history.at_rest(Verb::ListEntries) {
        let (Some(account), Some(entries)) = (&list.on, &list.seen.entries) else { continue };
        let mut found: BTreeMap<Minor, usize> = BTreeMap::new();
        for entry in entries {
            *found.entry(entry.amount).or_default() += 1;
        }
        for (amount, count) in found {
            let asked: Vec<_> = requests
                .iter()
                .filter(|all| on_accounts(all.first()).contains(&(account.as_str(), amount)))
                .collect();
            let is_doubled = count > asked.len() && !asked.is_empty();
            if is_doubled && asked.iter().all(|request| request.may_count()) {
                let times = asked.len();
                let amount = history.money(amount);
                remarks.push(Remark::new(
                    format!("{amount} was asked for {times} times and booked {count} times"),
                    format!("طُلب {amount} عدد {times} مرة وقُيّد {count} مرة"),
                    asked.iter().flat_map(|request| request.ids()).collect(),
                ));
            }
        }
    }
    remarks
}

/// J8: under one key, the same request is answered alike, and another one is never answered for it.
pub(super) fn replayed(history: &History) -> Vec<Remark> {
    let mut by_key: BTreeMap<(&str, &str), Vec<&Op>> = BTreeMap::new();
    for op in history.ops.iter().filter(|op| op.outcome == Outcome::Ok) {
        if let Some(key) = &op.key {
            by_key.entry((&op.tenant, key)).or_default().push(op);
        }
    }
    let mut remarks = Vec::new();
    for ((_, key), ops) in by_key {
        let first = ops[0];
        let ids = || ops.iter().map(|op| op.id).collect();
        if ops.iter().any(|op| op.args != first.args || op.verb != first.verb) {
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
