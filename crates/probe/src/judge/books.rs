//! J16 and J18: the double-entry books, and the records of who did what.

use super::{Remark, effects::requests};
use crate::history::{History, Outcome, Verb};

/// J16: at any moment at which they are told, debits are credits.
pub(super) fn balanced(history: &History) -> Vec<Remark> {
    let told = history.accepted(Verb::Journal);
    told.filter_map(|op| {
        let (debits, credits) = (op.seen.debits?, op.seen.credits?);
        (debits != credits).then(|| {
            let (debits, credits) = (history.money(debits), history.money(credits));
            Remark::new(
                format!("debits are {debits} and credits are {credits}"),
                format!("المدين {debits} والدائن {credits}"),
                vec![op.id],
            )
        })
    })
    .collect()
}

/// J18: each accepted request stands once among the audit records, under the name it was sent with.
pub(super) fn audited(history: &History) -> Vec<Remark> {
    let Some(names) = history.at_rest(Verb::Audit).find_map(|op| op.seen.names.as_ref()) else {
        return Vec::new();
    };
    let mut remarks = Vec::new();
    for request in requests(history) {
        let tenants_own =
            history.at_rest(Verb::Audit).any(|op| op.tenant == request.first().tenant);
        if request.outcome != Outcome::Ok || !tenants_own || request.first().verb.is_from_outside()
        {
            continue;
        }
        let sent = || request.ops.iter().filter_map(|op| op.request.as_ref());
        let count = names.iter().filter(|name| sent().any(|sent| sent == *name)).count();
        // A repetition may be recorded as what it is; the effect is recorded once at least.
        let is_right = if request.ops.len() == 1 { count == 1 } else { count >= 1 };
        if !is_right && sent().next().is_some() {
            remarks.push(Remark::new(
                format!("an accepted request has {count} audit records"),
                format!("لطلب مقبول {count} من سجلات التدقيق"),
                request.ids(),
            ));
        }
    }
    remarks
}
