//! What an operation does to the money, read off its meaning. The one place that knows it.

use std::collections::BTreeMap;

use crate::history::{History, Minor, Op, Outcome, Verb};

/// The signed effects of an operation on accounts, were it accepted.
pub(super) fn on_accounts(op: &Op) -> Vec<(&str, Minor)> {
    let on = op.on.as_deref();
    let parts = match op.verb {
        Verb::OpenRetainer | Verb::Deposit => [account(on, op.amount()), None],
        Verb::Consume | Verb::Withdraw => [account(on, -op.amount()), None],
        Verb::Transfer => [account(on, -op.amount()), account(op.args.to.as_deref(), op.amount())],
        Verb::CompletePayment => [account(op.args.retainer.as_deref(), op.amount()), None],
        _ => [None, None],
    };
    parts.into_iter().flatten().collect()
}

fn account(id: Option<&str>, amount: Minor) -> Option<(&str, Minor)> {
    id.map(|id| (id, amount))
}

/// Every account of the history.
pub(super) fn accounts(history: &History) -> Vec<&str> {
    history.accepted(Verb::OpenRetainer).filter_map(|op| op.on.as_deref()).collect()
}

/// One effect for all operations that share a key and a question: those are repetitions.
/// The outcome is the best known of them.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub ops: Vec<&'a Op>,
    pub outcome: Outcome,
}

impl<'a> Request<'a> {
    pub fn first(&self) -> &'a Op {
        self.ops[0]
    }

    pub fn may_count(&self) -> bool {
        matches!(self.outcome, Outcome::Ok | Outcome::Unknown)
    }

    pub fn ids(&self) -> Vec<usize> {
        self.ops.iter().map(|op| op.id).collect()
    }
}

/// The operations that change something, repetitions taken together.
pub(super) fn requests(history: &History) -> Vec<Request<'_>> {
    let mut all: Vec<Request<'_>> = Vec::new();
    let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
    for op in history.ops.iter().filter(|op| !op.verb.is_read()) {
        let known = op.key.as_ref().map(|key| {
            let made = if op.verb.is_creation() { None } else { op.on.clone() };
            format!("{:?}", (&op.tenant, key, op.verb, made, &op.args))
        });
        match known.as_ref().and_then(|name| by_key.get(name)) {
            Some(n) => {
                let request = &mut all[*n];
                request.ops.push(op);
                request.outcome = better(request.outcome, op.outcome);
            }
            None => {
                if let Some(name) = known {
                    by_key.insert(name, all.len());
                }
                all.push(Request { ops: vec![op], outcome: op.outcome });
            }
        }
    }
    all
}

/// The same, but a payment arrives once, however often its arrival was accepted: who counts money counts
/// it once.
pub(super) fn effects(history: &History) -> Vec<Request<'_>> {
    let mut all = requests(history);
    let arrivals = |request: &Request<'_>| request.first().verb == Verb::CompletePayment;
    let mut arrived: Vec<Option<String>> = Vec::new();
    all.sort_by_key(|request| (request.outcome != Outcome::Ok, request.first().id));
    all.retain(|request| {
        let is_new = !arrivals(request) || !arrived.contains(&request.first().on);
        if arrivals(request) && request.may_count() {
            arrived.push(request.first().on.clone());
        }
        is_new
    });
    all
}

fn better(a: Outcome, b: Outcome) -> Outcome {
    let rank = |outcome| match outcome {
        Outcome::Ok => 3,
        Outcome::Refused => 2,
        Outcome::Unknown => 1,
        Outcome::Declined => 0,
    };
    if rank(a) >= rank(b) { a } else { b }
}

/// What a statement says of one amount, and who asked for it.
pub(super) struct Booked<'a> {
    pub amount: Minor,
    pub found: usize,
    pub asked: Vec<&'a Request<'a>>,
}

impl Booked<'_> {
    pub fn count(&self, outcome: Outcome) -> usize {
        self.asked.iter().filter(|request| request.outcome == outcome).count()
    }

    /// As many as were accepted, and no more than were not refused.
    pub fn is_right(&self) -> bool {
        let least = self.count(Outcome::Ok);
        (least..=least + self.count(Outcome::Unknown)).contains(&self.found)
    }

    pub fn ids(&self) -> Vec<usize> {
        self.asked.iter().flat_map(|request| request.ids()).collect()
    }
}

/// A statement by amount; amounts that nobody asked for are among them.
pub(super) fn booked<'a>(list: &Op, requests: &'a [Request<'a>]) -> Vec<Booked<'a>> {
    let (Some(account), Some(entries)) = (&list.on, &list.seen.entries) else { return Vec::new() };
    let mut by_amount: BTreeMap<Minor, (usize, Vec<&Request<'_>>)> = BTreeMap::new();
    for request in requests {
        for (_, amount) in on_accounts(request.first()).into_iter().filter(|(on, _)| on == account)
        {
            by_amount.entry(amount).or_default().1.push(request);
        }
    }
    for entry in entries {
        by_amount.entry(entry.amount).or_default().0 += 1;
    }
    let all = by_amount.into_iter();
    all.map(|(amount, (found, asked))| Booked { amount, found, asked }).collect()
}

/// Whether `left` is a sum of some of `parts`; what is not known may have happened or not.
/// Gives the benefit of the doubt beyond twenty parts.
pub(super) fn is_some_sum(left: Minor, parts: &[Minor]) -> bool {
    const PARTS_MAX: usize = 20;
    if left == 0 || parts.len() > PARTS_MAX {
        return true;
    }
    match parts.split_first() {
        None => false,
        Some((first, rest)) => is_some_sum(left - first, rest) || is_some_sum(left, rest),
    }
}
