//! J19 and J20: what a crash and a crowd may not do.

use super::{
    Remark,
    effects::{on_accounts, requests},
};
use crate::history::{History, Outcome, Phase, Verb};

/// J19: what had been acknowledged is there after a restart, once; what had been refused is not.
pub(super) fn survived(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let restarted = history.ops.iter().filter(|op| op.phase == Phase::Restarted);
    for list in restarted.filter(|op| op.verb == Verb::ListEntries) {
        let (Some(account), Some(entries)) = (&list.on, &list.seen.entries) else { continue };
        for request in requests(history) {
            for (_, amount) in
                on_accounts(request.first()).into_iter().filter(|(on, _)| on == account)
            {
                let found = entries.iter().filter(|entry| entry.amount == amount).count();
                let (is_wrong, what, what_ar) = match request.outcome {
                    Outcome::Ok => (found != 1, "acknowledged", "أُقرّ"),
                    Outcome::Unknown => (found > 1, "sent once", "أُرسل مرة"),
                    Outcome::Refused | Outcome::Declined => (found != 0, "refused", "رُفض"),
                };
                if is_wrong {
                    let amount = history.money(amount);
                    remarks.push(Remark::new(
                        format!("{amount} was {what}, and after the restart it is there {found} times"),
                        format!("{what_ar} {amount} وبعد إعادة التشغيل موجود {found} مرة"),
                        request.ids(),
                    ));
                }
            }
        }
    }
    remarks
}

/// J20: no raced request ends in a server error, unless the server was being killed.
pub(super) fn available(history: &History) -> Vec<Remark> {
    if history.of(Verb::Restart).next().is_some() {
        return Vec::new();
    }
    let is_error = |status: u16| status >= 500;
    let failed: Vec<_> =
        history.raced().filter(|op| op.status.is_some_and(is_error)).collect();
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
