//! What waits, whose turn it is, and where the answers go.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{Id, IdRun, Map, rows::Firm};
use tokio::sync::oneshot;

use crate::{Limits, Request, Settled, Trouble};

pub(crate) type Answer = Result<Settled, Trouble>;

/// A request in the queue.
pub(crate) struct Waiting {
    pub request: Request,
    pub ids: IdRun,
    pub submitted: Instant,
    n: usize,
    answers: Arc<Collected>,
}

impl Waiting {
    /// Answers the caller. One that has gone does not undo its command.
    pub fn answer(self, answer: Answer) {
        lock(&self.answers.given)[self.n] = Some(answer);
    }
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

/// Requests of one firm that entered the queue together.
pub(crate) struct Arrival {
    members: VecDeque<Waiting>,
    is_bulk: bool,
}

impl Arrival {
    /// The requests, each with the ids it may use; and where their answers will come, in their order.
    pub fn of(
        requests: Vec<Request>,
        submitted: Instant,
        mut ids: impl FnMut() -> IdRun,
    ) -> (Self, oneshot::Receiver<Vec<Option<Answer>>>) {
        let (caller, answered) = oneshot::channel();
        let given = Mutex::new(requests.iter().map(|_| None).collect());
        let answers = Arc::new(Collected { given, caller: Some(caller) });
        let waiting = |(n, request)| {
            let answers = Arc::clone(&answers);
            Waiting { request, ids: ids(), submitted, n, answers }
        };
        let members: VecDeque<_> = requests.into_iter().enumerate().map(waiting).collect();
        (Self { is_bulk: members.len() > 1, members }, answered)
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
    ring: VecDeque<Id<Firm>>,
    by_firm: Map<Id<Firm>, VecDeque<Arrival>>,
    count: usize,
}

impl Turns {
    /// How many wait here.
    pub const fn count(&self) -> usize {
        self.count
    }

    pub fn push(&mut self, arrival: Arrival) {
        let Some(first) = arrival.members.front() else { return };
        let firm = first.request.actor.firm;
        self.count += arrival.members.len();
        let queue = self.by_firm.entry(firm).or_default();
        if queue.is_empty() {
            self.ring.push_back(firm);
        }
        queue.push_back(arrival);
    }

    /// The next batch: one request of each firm in turn. Only requests that came in bulk may make it
    /// larger than a batch usually is.
    pub fn take(&mut self, limits: &Limits) -> Vec<Waiting> {
        let mut taken = Vec::new();
        while let Some(firm) = self.ring.pop_front() {
            let queue = self.by_firm.get_mut(&firm).expect("a firm that has its turn waits");
            let arrival = queue.front_mut().expect("a firm that waits has a request");
            if taken.len() >= arrival.batch_count_max(limits) {
                self.ring.push_front(firm);
                break;
            }
            taken.extend(arrival.members.pop_front());
            if arrival.members.is_empty() {
                queue.pop_front();
            }
            if queue.is_empty() {
                self.by_firm.remove(&firm);
            } else {
                self.ring.push_back(firm);
            }
        }
        self.count -= taken.len();
        taken
    }

    /// Everybody, in any order.
    pub fn take_all(&mut self) -> impl Iterator<Item = Waiting> {
        self.ring.clear();
        self.count = 0;
        std::mem::take(&mut self.by_firm)
            .into_values()
            .flatten()
            .flat_map(|arrival| arrival.members)
    }
}
