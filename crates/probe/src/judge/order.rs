//! J10 and J17: histories become events and transactions here, and the checkers say whether some order
//! explains them.

use super::{Remark, effects::requests};
use crate::{
    check::{self, Act, Event, Said, Stage, State, Thing, Verdict, cycles},
    history::{History, Minor, Op, Outcome, Phase, Verb},
};

/// J10: object by object.
pub(super) fn explained(history: &History) -> Vec<Remark> {
    let made = history.ops.iter().filter(|op| op.outcome == Outcome::Ok && op.verb.is_creation());
    made.filter_map(|made| {
        let (thing, start, version, events) = of_one_object(history, made)?;
        remark(check::linearizable(thing, start, version, &events), "no order explains it")
    })
    .collect()
}

/// J17: across accounts.
pub(super) fn serializable(history: &History) -> Vec<Remark> {
    remark(cycles::check(&transactions(history)), "the transactions contradict each other")
        .into_iter()
        .collect()
}

fn remark(verdict: Verdict, what: &str) -> Option<Remark> {
    match verdict {
        Verdict::Ok => None,
        Verdict::Violated { why, ops } => {
            let arabic = format!("لا ترتيب للطلبات يفسّر {} من الأجوبة", ops.len());
            Some(Remark::new(format!("{what}: {why}"), arabic, ops))
        }
        Verdict::Inconclusive { why } => {
            Some(Remark::open(why, "لم يُحسم: الحالات أكثر من أن تُفحص".to_owned(), Vec::new()))
        }
    }
}

/// The model, the state before the race, its version if it is told, and the events of one object.
/// `None` where the history has nothing for it.
pub fn of_one_object(
    history: &History,
    made: &Op,
) -> Option<(Thing, State, Option<u64>, Vec<Event>)> {
    let object = made.on.as_deref()?;
    if has_edits(history, object) {
        return document(history, object);
    }
    let (thing, stage) = match made.verb {
        Verb::OpenRetainer => (Thing::Account, Stage::Live),
        Verb::CreatePayment => (Thing::Payment { amount: made.amount() }, Stage::Pending),
        Verb::CreateInvoice => {
            let overpay = history.header.promises.overpay;
            (Thing::Invoice { total: made.amount(), overpay }, Stage::Live)
        }
        Verb::CreateJob => (Thing::Counter, Stage::Live),
        _ => return None,
    };
    let mut events = Vec::new();
    for request in requests(history) {
        let first = request.first();
        let Some(act) = act(first, object, thing) else { continue };
        let decided = || request.ops.iter().copied().filter(|op| op.outcome == request.outcome);
        let answer = decided().find(|op| op.status.is_some()).or(decided().next()).unwrap_or(first);
        if request.outcome == Outcome::Declined {
            continue;
        }
        let call_ns = request.ops.iter().map(|op| op.call_ns).min().unwrap_or(first.call_ns);
        events.push(event(answer, call_ns, act, thing, is_telling(first, object)));
    }
    for op in history.ops.iter().filter(|op| op.verb.is_read() && op.is_on(object)) {
        if op.outcome == Outcome::Ok && op.phase != Phase::Restarted {
            events.push(event(op, op.call_ns, Act::Look, thing, true));
        }
    }
    if matches!(thing, Thing::Invoice { .. }) && is_muddled(history, object, made.amount()) {
        return None;
    }
    let amount = if thing == Thing::Account { made.amount() } else { 0 };
    // What a refusal means depends on more than this object where the object is the other end.
    events.retain(|event| event.said != Some(Said::No) || is_own(history, event, object));
    // What moves the version and not the amount is no event: then versions have gaps in them.
    let is_moved_otherwise = history.ops.iter().any(|op| {
        let is_change = !op.verb.is_read() && !op.verb.is_creation() && op.may_count();
        is_change && op.is_on(object) && act(op, object, thing).is_none()
    });
    let version = made.seen.version.filter(|_| is_versioned(&events) && !is_moved_otherwise);
    Some((thing, State { amount, stage }, version, events))
}

/// Payments that exceed the total, or go to a void invoice, leave traces elsewhere: no model of the
/// invoice alone can say what a refund then takes from where.
fn is_muddled(history: &History, invoice: &str, total: Minor) -> bool {
    let about = |op: &&Op| op.args.invoice.as_deref() == Some(invoice);
    let paid: Minor = history.of(Verb::CompletePayment).filter(about).map(Op::amount).sum();
    let is_refunded = history.of(Verb::Refund).any(|op| about(&op));
    let is_voided = history.of(Verb::VoidInvoice).any(|op| op.is_on(invoice));
    is_refunded && (paid > total || is_voided)
}

fn is_own(history: &History, event: &Event, object: &str) -> bool {
    let is_alone = |op: &Op| match op.verb {
        Verb::CompletePayment => op.args.invoice.is_none(),
        _ => op.args.to.is_none(),
    };
    history.ops.iter().any(|op| op.id == event.op && op.is_on(object) && is_alone(op))
}

fn is_versioned(events: &[Event]) -> bool {
    let mut changes = events.iter().filter(|event| event.act != Act::Look);
    changes.all(|event| event.said == Some(Said::No) || event.version.is_some())
}

fn act(op: &Op, object: &str, thing: Thing) -> Option<Act> {
    let is_on = op.is_on(object);
    let is_to = op.args.to.as_deref() == Some(object);
    match (thing, op.verb) {
        (Thing::Account, Verb::Deposit) if is_on => Some(Act::In(op.amount())),
        (Thing::Account, Verb::Consume | Verb::Transfer | Verb::Withdraw) if is_on => {
            Some(Act::Out(op.amount()))
        }
        (Thing::Account, Verb::Transfer) if is_to => Some(Act::In(op.amount())),
        (Thing::Account, Verb::CompletePayment) if op.args.retainer.as_deref() == Some(object) => {
            Some(Act::In(op.amount()))
        }
        (Thing::Account, Verb::CloseRetainer) if is_on => Some(Act::End),
        (Thing::Payment { .. }, Verb::CompletePayment) if is_on => Some(Act::Arrive),
        (Thing::Payment { .. }, Verb::CancelPayment) if is_on => Some(Act::End),
        (Thing::Payment { .. }, Verb::Refund) if is_on => Some(Act::Out(op.amount())),
        (Thing::Invoice { .. }, Verb::CompletePayment | Verb::Refund)
            if op.args.invoice.as_deref() == Some(object) =>
        {
            let amount = op.amount();
            Some(if op.verb == Verb::Refund { Act::Out(amount) } else { Act::In(amount) })
        }
        (Thing::Invoice { .. }, Verb::VoidInvoice) if is_on => Some(Act::End),
        (Thing::Counter, Verb::Propose) if is_on => Some(Act::Count),
        (Thing::Counter, Verb::CloseJob) if is_on => Some(Act::End),
        _ => None,
    }
}

/// Whether the answer's amounts and version are this object's.
fn is_telling(op: &Op, object: &str) -> bool {
    op.is_on(object)
}

fn event(op: &Op, call: u64, act: Act, thing: Thing, is_telling: bool) -> Event {
    let stage = op.seen.status.as_deref().and_then(|status| stage(thing, status));
    let amount = match thing {
        // Whether the proposals for what was taken back still count is the server's own rule.
        Thing::Counter if stage == Some(Stage::Ended) => None,
        Thing::Account => op.seen.balance,
        Thing::Payment { .. } => op.seen.refunded,
        Thing::Invoice { .. } => op.seen.paid,
        Thing::Counter => op.seen.count.and_then(|count| Minor::try_from(count).ok()),
        Thing::Document => None,
    };
    let said = match op.outcome {
        Outcome::Ok if is_telling => Some(Said::Done { amount, stage }),
        Outcome::Ok => Some(Said::Done { amount: None, stage: None }),
        Outcome::Refused | Outcome::Declined => Some(Said::No),
        Outcome::Unknown => None,
    };
    let version = op.seen.version.filter(|_| is_telling);
    Event { op: op.id, act, said, call, ret: op.ret_ns, version }
}

fn stage(thing: Thing, status: &str) -> Option<Stage> {
    match (thing, status) {
        (Thing::Payment { .. }, "pending") => Some(Stage::Pending),
        (Thing::Payment { .. }, "completed" | "refunded") => Some(Stage::Live),
        (_, "cancelled" | "void" | "closed") => Some(Stage::Ended),
        (Thing::Invoice { .. }, "open" | "partial" | "paid") => Some(Stage::Live),
        (Thing::Account, "active" | "depleted") => Some(Stage::Live),
        (Thing::Counter, "active" | "open") => Some(Stage::Live),
        _ => None,
    }
}

fn has_edits(history: &History, object: &str) -> bool {
    history.of(Verb::Patch).any(|op| op.is_on(object) && op.args.version.is_some())
}

/// A document that is edited at a version: its version is its state.
fn document(history: &History, object: &str) -> Option<(Thing, State, Option<u64>, Vec<Event>)> {
    const STALE: [u16; 2] = [409, 412];
    let edits = history.of(Verb::Patch).filter(|op| op.is_on(object) && op.phase == Phase::Race);
    let first = edits.clone().find_map(|op| op.args.version)?;
    let mut events = Vec::new();
    for op in edits {
        let is_stale = op.status.is_some_and(|status| STALE.contains(&status));
        let said = match op.outcome {
            Outcome::Ok => Some(Said::Done { amount: None, stage: None }),
            Outcome::Declined | Outcome::Refused if is_stale => Some(Said::No),
            Outcome::Unknown => None,
            Outcome::Declined | Outcome::Refused => continue,
        };
        let act = Act::Edit(op.args.version?);
        events.push(Event {
            op: op.id,
            act,
            said,
            call: op.call_ns,
            ret: op.ret_ns,
            version: None,
        });
    }
    let amount = Minor::try_from(first).ok()?;
    Some((Thing::Document, State { amount, stage: Stage::Live }, None, events))
}

/// Transfers and withdrawals append their amounts, which are distinct, to the accounts' lists.
fn transactions(history: &History) -> Vec<cycles::Txn> {
    let relevant = history
        .ops
        .iter()
        .filter(|op| op.may_count() && matches!(op.phase, Phase::Race | Phase::Final));
    relevant
        .filter_map(|op| {
            let appends = match (op.verb, op.on.clone(), op.args.to.clone()) {
                (Verb::Transfer, Some(on), Some(to)) => {
                    vec![(on, -op.amount()), (to, op.amount())]
                }
                (Verb::Withdraw | Verb::Consume, Some(on), _) => vec![(on, -op.amount())],
                (Verb::Deposit, Some(on), _) => vec![(on, op.amount())],
                _ => Vec::new(),
            };
            let reads: Vec<_> = op.seen.lists.clone().into_iter().collect();
            let is_telling = !appends.is_empty() || !reads.is_empty();
            let (call, ret) = (op.call_ns, op.ret_ns);
            is_telling.then_some(cycles::Txn { op: op.id, call, ret, appends, reads })
        })
        .collect()
}
