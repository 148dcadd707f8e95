//! What waits, whose turn it is, and where the answers go.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{Id, IdRun, Map, rows::Firm};
use tokio::sync::oneshot;
use tracing::{Span, field::Empty};

use crate::{GroupResult, Limits, Once, Request, SPANS, Settled, Trouble};

pub(crate) type Answer = Result<Settled, Trouble>;

/// Where the answers will come; `None` for one that was lost.
pub(crate) type Answered = oneshot::Receiver<Vec<Option<Answer>>>;

/// A request in the queue.
pub(crate) struct Waiting {
    pub request: Request,
    pub ids: IdRun,
    pub submitted: Instant,
    /// From submission to answer, for whoever traces.
    pub span: Span,
    n: usize,
    answers: Arc<Collected>,
}

impl Waiting {
    /// Answers the caller. One that has gone does not undo its command.
    pub fn answer(self, answer: Answer) {
        lock(&self.answers.given)[self.n] = Some(answer);
    }
}

/// Within the span of whoever submits.
fn span_of(request: &Request) -> Span {
    tracing::trace_span!(
        target: SPANS,
        "command",
        command = request.command.name(),
        firm = %request.actor.firm,
        request_id = &*request.request_id,
        outcome = Empty,
    )
}

/// The answers to requests that were submitted together. They are sent when the last request is gone,
/// be it answered or lost with its lane: one message for thousands of commands.
struct Collected {
    given: Mutex<Vec<Option<Answer>>>,
    caller: Option<oneshot::Sender<Vec<Option<Answer>>>>,
}

impl Drop for Collected {
    fn drop(&mut self) {
        let given = std::mem::take(&mut *lock(&self.given));
        let _ = self.caller.take().map(|caller| caller.send(given));
    }
}

/// What holds requests together that entered the queue together.
pub(crate) enum Bond {
    /// Nothing more: each is for itself, in a batch with whoever else is there.
    Free,
    /// One of a batch that could not be stored, and is now tried one by one. Nobody comes along: those
    /// who come now are behind the rest of it.
    Alone,
    /// All are carried out or none; one answer may be kept for all.
    Atomic(Option<Once<GroupResult>>),
    /// None is carried out, and yet each sees what those before it would have done.
    Rehearsal,
}

/// Requests of one firm that entered the queue together.
pub(crate) struct Arrival {
    bond: Bond,
    members: VecDeque<Waiting>,
    is_bulk: bool,
}

/// The requests whose turn it is: one batch.
pub(crate) struct Turn {
    /// Between all of them.
    pub bond: Bond,
    /// At least one.
    pub members: Vec<Waiting>,
    /// How many wait behind them.
    pub queued: usize,
}

impl Turn {
    pub const fn is_free(&self) -> bool {
        matches!(self.bond, Bond::Free)
    }
}

impl Arrival {
    /// The requests, each with the ids it may use; and where their answers will come, in their order.
    pub fn of(
        requests: Vec<Request>,
        bond: Bond,
        submitted: Instant,
        mut ids: impl FnMut() -> IdRun,
    ) -> (Self, Answered) {
        let (caller, answered) = oneshot::channel();
        let given = Mutex::new(requests.iter().map(|_| None).collect());
        let answers = Arc::new(Collected { given, caller: Some(caller) });
        let waiting = |(n, request)| {
            let (answers, span) = (Arc::clone(&answers), span_of(&request));
            Waiting { request, ids: ids(), submitted, span, n, answers }
        };
        let members: VecDeque<_> = requests.into_iter().enumerate().map(waiting).collect();
        (Self { bond, is_bulk: members.len() > 1, members }, answered)
    }

    fn batch_count_max(&self, limits: &Limits) -> usize {
        if self.is_bulk { limits.bulk_batch_count_max } else { limits.batch_count_max }
    }
}

/// Counts those who wait, together and firm by firm, so that no firm can fill the queue alone.
#[derive(Default)]
pub(crate) struct Room {
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    count: usize,
    by_firm: Map<Id<Firm>, usize>,
}

impl Room {
    /// Whether `count` more of this firm found room: all of them or none.
    pub fn enter(&self, firm: Id<Firm>, count: usize, limits: &Limits) -> bool {
        let mut taken = lock(&self.taken);
        let of_firm = taken.by_firm.get(&firm).map_or(count, |there| there + count);
        let all = taken.count + count;
        if all > limits.queue_count_max || of_firm > limits.firm_queue_count_max {
            return false;
        }
        taken.count = all;
        taken.by_firm.insert(firm, of_firm);
        true
    }

    /// These wait no more.
    pub fn leave(&self, firms: impl Iterator<Item = Id<Firm>>) {
        let mut taken = lock(&self.taken);
        for firm in firms {
            taken.count -= 1;
            if let Some(there) = taken.by_firm.get_mut(&firm) {
                *there -= 1;
                if *there == 0 {
                    taken.by_firm.remove(&firm);
                }
            }
        }
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        lock(&self.taken).count
    }
}

/// Nothing here is ever left half done, so a panic elsewhere does no harm to it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The waiting requests of a lane, firm by firm.
#[derive(Default)]
pub(crate) struct Turns {
    by_firm: Map<Id<Firm>, VecDeque<Arrival>>,
    count: usize,
    /// Firms whose next request goes into a batch with others'.
    ring: VecDeque<Id<Firm>>,
    /// Firms whose next requests have a batch to themselves.
    apart: VecDeque<Id<Firm>>,
    was_apart: bool,
}

impl Turns {
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn push(&mut self, arrival: Arrival) {
        let firm = arrival.members[0].request.actor.firm;
        self.count += arrival.members.len();
        let queue = self.by_firm.entry(firm).or_default();
        queue.push_back(arrival);
        if queue.len() == 1 {
            self.line_up(firm);
        }
    }

    /// The firm goes to the end of its line, if it still waits.
    fn line_up(&mut self, firm: Id<Firm>) {
        match self.by_firm.get(&firm).and_then(VecDeque::front) {
            None => drop(self.by_firm.remove(&firm)),
            Some(Arrival { bond: Bond::Free, .. }) => self.ring.push_back(firm),
            Some(_) => self.apart.push_back(firm),
        }
    }

    /// The next batch. Those that have one to themselves and all others take turns, so that neither
    /// has to wait for more than one of the other kind.
    pub fn take(&mut self, limits: &Limits) -> Turn {
        self.was_apart = !self.apart.is_empty() && (self.ring.is_empty() || !self.was_apart);
        let (bond, members) =
            if self.was_apart { self.take_apart() } else { (Bond::Free, Vec::new()) };
        let mut turn = Turn { bond, members, queued: 0 };
        if turn.is_free() {
            self.take_in_turn(&mut turn.members, |_| true, limits);
        }
        self.count -= turn.members.len();
        Turn { queued: self.count, ..turn }
    }

    /// Adds requests of these firms to a batch of requests for themselves, while there is room in it.
    pub fn take_more(&mut self, turn: &mut Turn, firms: &[Id<Firm>], limits: &Limits) {
        let before = turn.members.len();
        self.take_in_turn(&mut turn.members, |firm| firms.contains(firm), limits);
        self.count -= turn.members.len() - before;
        turn.queued = self.count;
    }

    fn take_apart(&mut self) -> (Bond, Vec<Waiting>) {
        let firm = self.apart.pop_front().expect("somebody waits for a batch of their own");
        let arrival = self.queue(firm).pop_front().expect("a firm that is in line waits");
        self.line_up(firm);
        (arrival.bond, arrival.members.into())
    }

    /// One request of each of these firms in turn. Only requests that came in bulk may make the batch
    /// larger than it usually is.
    fn take_in_turn(
        &mut self,
        members: &mut Vec<Waiting>,
        of: impl Fn(&Id<Firm>) -> bool,
        limits: &Limits,
    ) {
        let mut others = Vec::new();
        while let Some(firm) = self.ring.pop_front() {
            if !of(&firm) {
                others.push(firm);
                continue;
            }
            let queue = self.queue(firm);
            let arrival = queue.front_mut().expect("a firm that is in line waits");
            if members.len() >= arrival.batch_count_max(limits) {
                self.ring.push_front(firm);
                break;
            }
            members.extend(arrival.members.pop_front());
            if arrival.members.is_empty() {
                queue.pop_front();
            }
            self.line_up(firm);
        }
        // They keep their places before those that had a turn.
        others.into_iter().rev().for_each(|firm| self.ring.push_front(firm));
    }

    fn queue(&mut self, firm: Id<Firm>) -> &mut VecDeque<Arrival> {
        self.by_firm.get_mut(&firm).expect("a firm that is in line waits")
    }

    /// Everybody, in any order.
    pub fn take_all(&mut self) -> impl Iterator<Item = Waiting> {
        std::mem::take(self).by_firm.into_values().flatten().flat_map(|arrival| arrival.members)
    }
}
