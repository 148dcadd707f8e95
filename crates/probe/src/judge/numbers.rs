//! J5, J6 and J22: numbers for people.

use std::collections::BTreeMap;

use super::{Remark, effects::requests};
use crate::history::{History, Op, Outcome, Verb};

/// J5: two objects have two numbers.
pub(super) fn distinct(history: &History) -> Vec<Remark> {
    let mut holders: BTreeMap<(&str, &str), Vec<&Op>> = BTreeMap::new();
    for op in numbered(history) {
        if let Some(number) = &op.seen.number {
            holders.entry((&op.tenant, number)).or_default().push(op);
        }
    }
    let twice =
        holders.into_iter().filter(|(_, ops)| ops.iter().any(|op| op.seen.id != ops[0].seen.id));
    twice
        .map(|((_, number), ops)| {
            let count = ops.len();
            Remark::new(
                format!("{number} was given to {count} documents"),
                format!("أُعطي {number} لعدد {count} من المستندات"),
                ops.iter().map(|op| op.id).collect(),
            )
        })
        .collect()
}

/// J6: where it is promised, the numbers of one series have no gap, but for requests whose fate is
/// unknown.
pub(super) fn gapless(history: &History) -> Vec<Remark> {
    if !history.header.promises.gapless {
        return Vec::new();
    }
    let mut series: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for op in numbered(history) {
        let Some(number) = &op.seen.number else { continue };
        let digits = number.len() - number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (prefix, last) = number.split_at(number.len() - digits);
        if let Ok(last) = last.parse() {
            series.entry((&op.tenant, prefix)).or_default().push(last);
        }
    }
    let unknown = requests(history).iter().filter(|all| all.outcome == Outcome::Unknown).count();
    let mut remarks = Vec::new();
    for ((_, prefix), mut numbers) in series {
        numbers.sort_unstable();
        numbers.dedup();
        let pairs = numbers.windows(2).filter(|pair| pair[1] - pair[0] > 1);
        let gaps: Vec<String> =
            pairs.map(|pair| format!("{prefix}{} → {prefix}{}", pair[0], pair[1])).collect();
        if gaps.len() > unknown {
            let gaps = gaps.join(", ");
            let text = format!("numbers are missing between {gaps}");
            remarks.push(Remark::new(text, format!("أرقام ناقصة بين {gaps}"), Vec::new()));
        }
    }
    remarks
}

/// J22: where it is promised, a number has the year in it. While the clock is being set, it may be the one
/// or the other.
pub(super) fn dated(history: &History) -> Vec<Remark> {
    if !history.header.promises.yearly {
        return Vec::new();
    }
    let clocks: Vec<&Op> = history.accepted(Verb::SetClock).collect();
    let mut remarks = Vec::new();
    for op in numbered(history) {
        let (Some(number), Some(ret_ns)) = (&op.seen.number, op.ret_ns) else { continue };
        let Some(set) = clocks.iter().rposition(|clock| clock.precedes(op)) else { continue };
        let begun = clocks[set..].iter().take_while(|clock| clock.call_ns <= ret_ns);
        let years: Vec<&str> =
            begun.filter_map(|clock| clock.args.value.as_deref()?.get(..4)).collect();
        if !years.iter().any(|year| has_year(number, year)) {
            let years = years.join(", ");
            remarks.push(Remark::new(
                format!("{number} was given in {years}"),
                format!("أُعطي {number} في سنة {years}"),
                vec![op.id],
            ));
        }
    }
    remarks
}

/// Some run of digits before the last, which counts, begins with the year: `PAY-2025-0001`,
/// `INV-202512-0001`.
fn has_year(number: &str, year: &str) -> bool {
    let runs: Vec<&str> =
        number.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    runs.split_last().is_some_and(|(_, runs)| runs.iter().any(|run| run.starts_with(year)))
}

fn numbered(history: &History) -> impl Iterator<Item = &Op> {
    let made = history.ops.iter().filter(|op| op.verb.is_creation());
    made.filter(|op| op.outcome == Outcome::Ok && op.key.is_none() || is_first_of_key(history, op))
}

/// Repetitions under one key name the same document.
fn is_first_of_key(history: &History, op: &Op) -> bool {
    op.outcome == Outcome::Ok
        && !history.ops[..op.id.min(history.ops.len())].iter().any(|other| {
            other.key == op.key && other.tenant == op.tenant && other.outcome == Outcome::Ok
        })
}
