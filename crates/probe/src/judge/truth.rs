//! J15: the answer is true. Refused means that nothing happened, accepted that it did.

use std::collections::BTreeSet;

use super::{
    Remark,
    effects::{Request, booked, requests},
};
use crate::history::{History, Op, Outcome, Phase, Verb};

pub(super) fn told(history: &History) -> Vec<Remark> {
    let requests = requests(history);
    let mut remarks = entries(history, &requests);
    remarks.extend(edits(history, &requests));
    remarks.extend(totals(history, &requests));
    remarks.extend(creations(history));
    remarks.extend(readable(history));
    remarks
}

/// By amount: as many entries as were accepted, and no more than were not refused.
fn entries(history: &History, requests: &[Request<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for list in history.at_rest(Verb::ListEntries) {
        for booked in booked(list, requests).into_iter().filter(|booked| !booked.is_right()) {
            let (found, ok) = (booked.found, booked.count(Outcome::Ok));
            let is_refused = booked.asked.len() > ok + booked.count(Outcome::Unknown);
            let amount = history.money(booked.amount);
            if (0..ok).contains(&found) {
                remarks.push(Remark::new(
                    format!("{amount} was accepted {ok} times and booked {found} times"),
                    format!("قُبل {amount} عدد {ok} مرة وقُيّد {found} مرة"),
                    booked.ids(),
                ));
            } else if is_refused {
                remarks.push(Remark::new(
                    format!("{amount} was refused, and is booked all the same"),
                    format!("رُفض {amount} ومع ذلك قُيّد"),
                    booked.ids(),
                ));
            }
        }
    }
    remarks
}

/// An accepted edit stands, unless another accepted one of the same field may have come after it; a
/// refused one does not.
fn edits(history: &History, requests: &[Request<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let all: Vec<_> = requests.iter().filter(|all| all.first().verb.is_edit()).collect();
    let edited: BTreeSet<&String> =
        all.iter().filter_map(|all| all.first().args.field.as_ref()).collect();
    for rest in history.ops.iter().filter(|op| is_document_at_rest(op)) {
        // A read that tells no field at all tells nothing of those that are gone.
        for field in edited.iter().copied().filter(|_| !rest.seen.fields.is_empty()) {
            let value = rest.seen.fields.get(field);
            let of_field = |request: &&&Request<'_>| {
                let op = request.first();
                op.on == rest.on && op.args.field.as_ref() == Some(field)
            };
            let here: Vec<_> = all.iter().filter(of_field).collect();
            let accepted: Vec<_> =
                here.iter().filter(|request| request.outcome == Outcome::Ok).collect();
            let stands =
                here.iter().find(|all| value.is_some() && all.first().args.value.as_ref() == value);
            let is_theirs = stands.is_some_and(|all| all.may_count());
            if stands.is_some() && !is_theirs {
                let text = format!("the edit of {field} was refused, and stands");
                let arabic = format!("رُفض تعديل {field} ومع ذلك بقي");
                remarks.push(Remark::new(text, arabic, vec![rest.id]));
            } else if !accepted.is_empty() && !is_theirs {
                let text = format!("the edit of {field} was accepted, and is gone");
                let arabic = format!("قُبل تعديل {field} ثم ضاع");
                let ids = accepted.iter().flat_map(|request| request.ids());
                remarks.push(Remark::new(text, arabic, ids.chain([rest.id]).collect()));
            }
        }
    }
    remarks
}

/// The same of an invoice's total: it is that of an edit that counts, or as it was made.
fn totals(history: &History, requests: &[Request<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for rest in history.at_rest(Verb::ReadInvoice) {
        let Some(total) = rest.seen.total else { continue };
        let here =
            |all: &&Request<'_>| all.first().verb == Verb::EditInvoice && all.first().on == rest.on;
        let edits: Vec<_> = requests.iter().filter(here).collect();
        let accepted = edits.iter().filter(|all| all.outcome == Outcome::Ok);
        let ids: Vec<usize> = accepted.flat_map(|all| all.ids()).chain([rest.id]).collect();
        let made = history.accepted(Verb::CreateInvoice).find(|op| op.on == rest.on);
        let as_made = made.map(Op::amount).filter(|_| ids.len() == 1);
        let wanted = edits.iter().filter(|all| all.may_count()).map(|all| all.first().amount());
        if !edits.is_empty() && !wanted.chain(as_made).any(|wanted| wanted == total) {
            let total = history.money(total);
            remarks.push(Remark::new(
                format!("the invoice is over {total}, which no edit that counts made it"),
                format!("الفاتورة بمبلغ {total} ولم يجعلها كذلك تعديل مقبول"),
                ids,
            ));
        }
    }
    remarks
}

fn is_document_at_rest(op: &Op) -> bool {
    let is_read = matches!(op.verb, Verb::ReadClient | Verb::ReadInvoice | Verb::ReadJob);
    is_read && op.phase == Phase::Final && op.outcome == Outcome::Ok
}

/// What was made is in the list of what there is.
fn creations(history: &History) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for list in history.at_rest(Verb::ListClients) {
        let Some(names) = &list.seen.names else { continue };
        let made = history.accepted(Verb::CreateClient);
        let made = made.filter(|op| op.tenant == list.tenant && op.precedes(list));
        let gone = |op: &&Op| !history.of(Verb::DeleteClient).any(|deleted| deleted.on == op.on);
        let missing: Vec<usize> = made
            .filter(gone)
            .filter(|op| op.on.as_ref().is_some_and(|id| !names.contains(id)))
            .map(|op| op.id)
            .collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let twice = names.len() - sorted.len();
        if !missing.is_empty() || twice > 0 {
            let count = missing.len();
            remarks.push(Remark::new(
                format!("a list leaves out {count} rows that were there, and shows {twice} twice"),
                format!("قائمة تُسقط {count} من الصفوف وتكرر {twice}"),
                missing.into_iter().chain([list.id]).collect(),
            ));
        }
    }
    remarks
}

/// An accepted creation can be read.
fn readable(history: &History) -> Vec<Remark> {
    let reads = history.ops.iter().filter(|op| op.verb.is_read() && op.status == Some(404));
    reads
        .filter_map(|read| {
            let mut made = history.ops.iter().filter(|op| {
                op.verb.is_creation() && op.outcome == Outcome::Ok && op.tenant == read.tenant
            });
            let made = made.find(|op| op.on.is_some() && op.on == read.on && op.precedes(read))?;
            let is_deleted = history.of(Verb::DeleteClient).any(|op| op.on == made.on);
            (!is_deleted).then(|| {
                Remark::new(
                    "what was made can't be read".to_owned(),
                    "ما أُنشئ لا يُقرأ".to_owned(),
                    vec![made.id, read.id],
                )
            })
        })
        .collect()
}
