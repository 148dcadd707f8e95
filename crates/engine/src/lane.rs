//! The handle through which commands enter, and the lanes that carry them out.
//!
//! A lane is one thread with one store. Firms are hashed onto lanes; inside a lane they take turns,
//! so that a busy firm can't fill a batch.

use std::{
    collections::VecDeque,
    hash::BuildHasher,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use domain::{Asked, Book, Command, Id, IdRun, Map, Reply, Stop, rows::Firm};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{Clock, CommandReport, Ids, Limits, Observer, Request, Settled, Store, Trouble, batch};

/// How a command is decided; anything but [`domain::decide`] is for tests that need a defect.
pub type Decide = fn(&Book, Asked, &Command) -> Result<(Reply, Vec<domain::Change>), Stop>;

/// How an engine is set up.
pub struct Options {
    /// Bounds.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<Ids>,
    /// Watches.
    pub observer: Arc<dyn Observer>,
    /// Decides.
    pub decide: Decide,
}

/// The handle: cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    lanes: Vec<mpsc::UnboundedSender<Waiting>>,
    options: Arc<Options>,
    queued: AtomicUsize,
    stopping: watch::Sender<bool>,
    running: watch::Sender<usize>,
    failure: watch::Sender<Option<String>>,
}

/// A request in the queue.
pub(crate) struct Waiting {
    pub request: Request,
    pub ids: IdRun,
    pub submitted: Instant,
    pub answer: oneshot::Sender<Result<Settled, Trouble>>,
}

impl Engine {
    /// Starts one lane per store, each on its own thread; firms are hashed onto the lanes.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub fn start<S: Store>(stores: Vec<S>, options: Options) -> io::Result<Self> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            stores.iter().map(|_| mpsc::unbounded_channel()).unzip();
        let shared = Arc::new(Shared {
            lanes: senders,
            options: Arc::new(options),
            queued: AtomicUsize::new(0),
            stopping: watch::Sender::new(false),
            running: watch::Sender::new(stores.len()),
            failure: watch::Sender::new(None),
        });
        for (n, (store, queue)) in stores.into_iter().zip(receivers).enumerate() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let lane = Lane::new(store, queue, Arc::clone(&shared));
            thread::Builder::new()
                .name(format!("lane-{n}"))
                .spawn(move || runtime.block_on(lane.run()))?;
        }
        Ok(Self { shared })
    }

    /// Carries out a command. It is in the queue when this returns, behind all that came before; a
    /// caller that stops waiting does not undo it.
    ///
    /// # Errors
    /// [`Trouble`]: there is no outcome, and the variant says whether anything can have been done.
    pub fn submit(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Settled, Trouble>> + Send + use<> {
        let (command, submitted) = (request.command.name(), Instant::now());
        let enqueued = self.enqueue(request, submitted).inspect_err(|trouble| {
            let outcome = batch::trouble_name(trouble);
            let waited = submitted.elapsed();
            self.shared.options.observer.command(&CommandReport { command, outcome, waited });
        });
        async {
            let gone = |_| Err(Trouble::Unknown("the lane stopped before it answered".into()));
            enqueued?.await.unwrap_or_else(gone)
        }
    }

    fn enqueue(
        &self,
        request: Request,
        submitted: Instant,
    ) -> Result<oneshot::Receiver<Result<Settled, Trouble>>, Trouble> {
        let shared = &*self.shared;
        if *shared.stopping.borrow() {
            return Err(Trouble::Stopping);
        }
        if shared.queued.fetch_add(1, Ordering::AcqRel) >= shared.options.limits.queue_count_max {
            shared.queued.fetch_sub(1, Ordering::AcqRel);
            return Err(Trouble::Overloaded);
        }
        let ids = shared.options.ids.run(shared.options.clock.now());
        let lane =
            usize::try_from(LANE_HASH.hash_one(request.actor.firm) % shared.lanes.len() as u64)
                .expect("there are fewer lanes than addresses");
        let (answer, answered) = oneshot::channel();
        let sent = shared.lanes[lane].send(Waiting { request, ids, submitted, answer });
        if sent.is_err() {
            shared.queued.fetch_sub(1, Ordering::AcqRel);
            return Err(Trouble::Stopping);
        }
        Ok(answered)
    }

    /// Whether it takes no more commands.
    pub fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }

    /// Commands waiting now.
    pub fn queued(&self) -> usize {
        self.shared.queued.load(Ordering::Acquire)
    }

    /// Resolves when a lane has stopped because a commit's fate is unknown; the process must end.
    pub async fn failed(&self) -> String {
        let mut failure = self.shared.failure.subscribe();
        let failed = failure.wait_for(Option::is_some).await;
        failed.ok().and_then(|reason| reason.clone()).unwrap_or_default()
    }

    /// Takes no more commands, settles those that wait, and gives the stores up.
    pub async fn drain(&self) {
        self.shared.stopping.send_replace(true);
        let mut running = self.shared.running.subscribe();
        // The sender lives in `self`, so waiting can't fail.
        let _ = running.wait_for(|lanes| *lanes == 0).await;
    }
}

/// The same firm on the same lane in every run.
const LANE_HASH: std::hash::BuildHasherDefault<std::hash::DefaultHasher> =
    std::hash::BuildHasherDefault::new();

/// One thread, one store.
pub(crate) struct Lane<S> {
    pub store: S,
    pub books: Map<Id<Firm>, Book>,
    pub options: Arc<Options>,
    queue: mpsc::UnboundedReceiver<Waiting>,
    turns: Turns,
    shared: Arc<Shared>,
}

/// A commit's fate is unknown: the lane may not go on.
#[derive(Debug)]
pub(crate) struct Fatal(pub String);

impl<S: Store> Lane<S> {
    fn new(store: S, queue: mpsc::UnboundedReceiver<Waiting>, shared: Arc<Shared>) -> Self {
        let options = Arc::clone(&shared.options);
        Self { store, books: Map::default(), options, queue, turns: Turns::default(), shared }
    }

    /// The book of the request's firm.
    pub fn book(&mut self, request: &Request) -> &mut Book {
        let book = self.books.get_mut(&request.actor.firm);
        book.expect("every firm of a batch has its book open")
    }

    async fn run(mut self) {
        let departure = Departure(Arc::clone(&self.shared));
        while self.wait_for_work().await {
            let batch = self.turns.take(self.options.limits.batch_count_max);
            self.shared.queued.fetch_sub(batch.len(), Ordering::AcqRel);
            let queued = self.turns.count;
            match batch::carry_out(&mut self, batch, queued).await {
                Ok(undecided) => {
                    self.shared.queued.fetch_add(undecided.len(), Ordering::AcqRel);
                    self.turns.put_back(undecided);
                }
                Err(Fatal(reason)) => {
                    tracing::error!(
                        reason,
                        "stopping: a commit's fate is unknown, only a restart can tell"
                    );
                    self.shared.stopping.send_replace(true);
                    self.turn_away();
                    self.shared.failure.send_replace(Some(reason));
                    break;
                }
            }
        }
        // The store is closed before anybody is told that the lane has gone.
        drop(self.store);
        drop(departure);
    }

    /// Tells those who still wait that nothing was done.
    fn turn_away(&mut self) {
        self.queue.close();
        while let Ok(waiting) = self.queue.try_recv() {
            self.turns.push(waiting);
        }
        for waiting in self.turns.take(usize::MAX) {
            // A caller that has gone asks no more.
            let _ = waiting.answer.send(Err(Trouble::Stopping));
        }
    }

    /// Takes in what has come; waits only when there is nothing to do. `false`: nothing will come.
    async fn wait_for_work(&mut self) -> bool {
        let mut stopping = self.shared.stopping.subscribe();
        while self.turns.count == 0 {
            tokio::select! {
                biased;
                waiting = self.queue.recv() => match waiting {
                    Some(waiting) => self.turns.push(waiting),
                    None => return false,
                },
                // The sender lives in `shared`, so this resolves only when it is time to stop.
                _ = stopping.wait_for(|stop| *stop), if !self.queue.is_closed() => self.queue.close(),
            }
        }
        while let Ok(waiting) = self.queue.try_recv() {
            self.turns.push(waiting);
        }
        true
    }
}

/// Tells the handle that a lane has gone, also when it panicked.
struct Departure(Arc<Shared>);

impl Drop for Departure {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.failure.send_replace(Some("a lane panicked".into()));
        }
        self.0.stopping.send_replace(true);
        self.0.running.send_modify(|lanes| *lanes -= 1);
    }
}

/// Waiting requests, firm by firm.
#[derive(Default)]
struct Turns {
    ring: VecDeque<Id<Firm>>,
    by_firm: Map<Id<Firm>, VecDeque<Waiting>>,
    count: usize,
}

impl Turns {
    fn push(&mut self, waiting: Waiting) {
        let firm = waiting.request.actor.firm;
        let queue = self.by_firm.entry(firm).or_default();
        if queue.is_empty() {
            self.ring.push_back(firm);
        }
        queue.push_back(waiting);
        self.count += 1;
    }

    /// Up to `count_max` requests, one of each firm in turn.
    fn take(&mut self, count_max: usize) -> Vec<Waiting> {
        let mut taken = Vec::with_capacity(count_max.min(self.count));
        while taken.len() < count_max
            && let Some(firm) = self.ring.pop_front()
        {
            let Some(queue) = self.by_firm.get_mut(&firm) else { continue };
            taken.extend(queue.pop_front());
            if queue.is_empty() {
                self.by_firm.remove(&firm);
            } else {
                self.ring.push_back(firm);
            }
        }
        self.count -= taken.len();
        taken
    }

    /// Requests that a batch had no time for go back to the front, in their order.
    fn put_back(&mut self, undecided: Vec<Waiting>) {
        self.count += undecided.len();
        for waiting in undecided.into_iter().rev() {
            let firm = waiting.request.actor.firm;
            let queue = self.by_firm.entry(firm).or_default();
            if queue.is_empty() {
                self.ring.push_front(firm);
            }
            queue.push_front(waiting);
        }
    }
}
