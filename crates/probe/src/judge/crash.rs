//! J19 and J20: what a crash and a crowd may not do.

use super::{
    Remark,
    effects::{booked, requests},
};
use crate::history::{History, Outcome, Phase, Verb};

/// J19: what had been acknowledged is there after a restart, once; what had been refused is not.
pub(super) fn survived(history: &History) -> Vec<Remark> {
    let requests = requests(history);
    let restarted = history.of(Verb::ListEntries).filter(|op| op.phase == Phase::Restarted);
    let all = restarted.flat_map(|list| booked(list, &requests));
    all.filter(|booked| !booked.is_right())
        .map(|booked| {
            let (amount, found) = (history.money(booked.amount), booked.found);
            let (ok, unknown) = (booked.count(Outcome::Ok), booked.count(Outcome::Unknown));
            Remark::new(
                format!(
                    "{amount} was acknowledged {ok} times ({unknown} unknown), and after the restart it \
                     is there {found} times"
                ),
                format!("أُقرّ {amount} عدد {ok} مرة وبعد إعادة التشغيل موجود {found} مرة"),
                booked.ids(),
            )
        })
        .collect()
}

/// J20: no raced request ends in a server error, unless the server was being killed.
pub(super) fn available(history: &History) -> Vec<Remark> {
    if history.of(Verb::Restart).next().is_some() {
        return Vec::new();
    }
    let is_error = |status: u16| status >= 500;
    let failed: Vec<_> = history.raced().filter(|op| op.status.is_some_and(is_error)).collect();
    let mut statuses: Vec<u16> = failed.iter().filter_map(|op| op.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    if failed.is_empty() {
        return Vec::new();
    }
    let (count, all) = (failed.len(), history.raced().count());
    vec![Remark::new(
        format!("{count} of {all} raced requests were answered {statuses:?}"),
        format!("{count} من {all} من الطلبات أُجيبت {statuses:?}"),
        failed.iter().map(|op| op.id).collect(),
    )]
}
