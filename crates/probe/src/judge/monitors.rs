//! J21: what the monitors are told. Only the prober is at the target while it asks, so a counter rises by
//! what the prober has seen happen, and by nothing else.

use super::{
    Remark,
    effects::{Request, requests},
};
use crate::history::{History, Op, Outcome, Phase, Verb};

pub(super) fn counted(history: &History) -> Vec<Remark> {
    let scrapes = |phase| history.accepted(Verb::Metrics).filter(move |op| op.phase == phase);
    let (before, after): (Vec<_>, Vec<_>) =
        (scrapes(Phase::Setup).collect(), scrapes(Phase::Final).collect());
    let (Some(first), Some(last)) = (before.last(), after.first()) else { return Vec::new() };
    let mut remarks = Vec::new();
    for name in last.seen.counters.keys() {
        // A series that appears with its first count was at zero before it.
        let sum = |scrapes: &[&Op]| -> u64 {
            scrapes.iter().filter_map(|op| *op.seen.counters.get(name)?).sum()
        };
        let ids = || after.iter().map(|op| op.id).collect();
        let Some((least, most)) = expected(history, name, first.id..last.id) else {
            if after.iter().any(|op| op.seen.counters.get(name).is_none_or(Option::is_none)) {
                let text = format!("the monitors are told nothing of {name}");
                remarks.push(Remark::new(text, format!("لا يُبلَّغ المراقبون بشيء عن {name}"), ids()));
            }
            continue;
        };
        let (was, is) = (sum(&before), sum(&after));
        let rise = is.checked_sub(was);
        if rise.is_none_or(|rise| !(least..=most).contains(&rise)) {
            remarks.push(Remark::new(
                format!("{least} happened, and the counter {name} went from {was} to {is}"),
                format!("حدث {least} والعدّاد {name} انتقل من {was} إلى {is}"),
                ids(),
            ));
        }
    }
    remarks
}

/// How often between two scrapes what the name says has happened, at least and at most; `None`: the name
/// says nothing of requests, and only has to be there.
fn expected(history: &History, name: &str, between: std::ops::Range<usize>) -> Option<(u64, u64)> {
    let (of, what) = name.split_once('.')?;
    let here = |request: &&Request<'_>| {
        let first = request.first();
        first.verb.name() == of && between.contains(&first.id)
    };
    let all = requests(history);
    let of = |outcome| all.iter().filter(here).filter(move |all| all.outcome == outcome);
    let unknown: usize = of(Outcome::Unknown).map(|request| request.ops.len()).sum();
    let least = match what {
        "ok" => of(Outcome::Ok).count(),
        "refused" => of(Outcome::Refused).count(),
        "replayed" => {
            let kept = of(Outcome::Ok).chain(of(Outcome::Refused));
            kept.map(|request| request.ops.len() - 1).sum()
        }
        _ => return None,
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Some((count(least), count(least + unknown)))
}
