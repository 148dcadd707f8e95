//! The handle through which commands enter. Firms are hashed onto lanes; inside a lane they take turns,
//! so that a busy firm can't fill a batch.

use std::{hash::BuildHasher, io, sync::Arc, thread, time::Instant};

use domain::{Asked, Book, Command, Id, Reply, Stop, rows::Firm};
use tokio::sync::{mpsc, watch};

use crate::{
    Clock, CommandReport, GroupResult, Ids, Intent, Limits, Observer, Once, Request, Settled,
    Store, Trouble, batch, group,
    lane::Lane,
    queue::{Answer, Answered, Arrival, Bond, Room},
};

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

pub(crate) struct Shared {
    pub options: Arc<Options>,
    pub room: Room,
    pub stopping: watch::Sender<bool>,
    pub running: watch::Sender<usize>,
    pub failure: watch::Sender<Option<String>>,
    lanes: Vec<mpsc::UnboundedSender<Arrival>>,
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
            options: Arc::new(options),
            room: Room::default(),
            stopping: watch::Sender::new(false),
            running: watch::Sender::new(stores.len()),
            failure: watch::Sender::new(None),
            lanes: senders,
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
        let answers = self.enqueue(vec![request], Bond::Free);
        async { answers.await?.pop().unwrap_or_else(lost) }
    }

    /// Carries out many commands of one firm: 1 to [`Limits::bulk_count_max`], all with one intent.
    /// They enter the queue together, in their order; then each is for itself, with its own outcome,
    /// audit record and key. The answers come in the order of the requests, all at once. Of many dry
    /// runs, each sees what those before it would have done.
    ///
    /// A caller with one key for all of them makes a repetition harmless by giving the n-th the key
    /// `<key>#<n>` and each the fingerprint of the whole. Without any key, each has its own fingerprint,
    /// by which commands that come twice are noticed.
    ///
    /// # Errors
    /// [`Trouble`]: no command was enqueued. Within the list, that there is no outcome of this one.
    pub fn submit_many(
        &self,
        requests: Vec<Request>,
    ) -> impl Future<Output = Result<Vec<Result<Settled, Trouble>>, Trouble>> + Send + use<> {
        let is_dry = requests.iter().all(|request| request.intent == Intent::DryRun);
        self.enqueue(requests, if is_dry { Bond::Rehearsal } else { Bond::Free })
    }

    /// Carries out all commands or none: 1 to [`Limits::bulk_count_max`] of one actor, with one intent.
    /// They are decided in one commit, each seeing what those before it did. If one is refused, none
    /// is done: it is recorded with its own code, the others as
    /// [`AtomicRefused`](domain::Rejection::AtomicRefused).
    ///
    /// `once` is the key of the whole, and then each request carries the fingerprint of the whole;
    /// without it, its own. The requests themselves have no keys. The group expires with the first of
    /// its deadlines.
    ///
    /// # Errors
    /// [`Trouble`], of the whole group.
    pub fn submit_atomic(
        &self,
        requests: Vec<Request>,
        once: Option<Once<GroupResult>>,
    ) -> impl Future<Output = Result<Settled<GroupResult>, Trouble>> + Send + use<> {
        let answers = self.enqueue(requests, Bond::Atomic(once));
        async { group::gather(answers.await?) }
    }

    fn enqueue(
        &self,
        requests: Vec<Request>,
        bond: Bond,
    ) -> impl Future<Output = Result<Vec<Answer>, Trouble>> + Send + use<> {
        let submitted = Instant::now();
        let count = requests.len();
        let answered = match self.admit(&requests, &bond) {
            Ok(lane) => self.send(lane, requests, bond, submitted),
            Err(trouble) => {
                let (outcome, waited) = (batch::trouble_name(&trouble), submitted.elapsed());
                for request in requests {
                    let command = request.command.name();
                    let report = CommandReport { command, outcome, waited };
                    self.shared.options.observer.command(&report);
                }
                Err(trouble)
            }
        };
        async move {
            let mut answers = answered?.await.unwrap_or_default();
            answers.resize_with(count, || None);
            Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect())
        }
    }

    /// Finds room for all of them, and their firm's lane.
    fn admit(&self, requests: &[Request], bond: &Bond) -> Result<usize, Trouble> {
        let Shared { options, room, stopping, lanes, .. } = &*self.shared;
        let firm = check(requests, bond, options.limits.bulk_count_max)?;
        if *stopping.borrow() {
            return Err(Trouble::Stopping);
        }
        if !room.enter(firm, requests.len(), &options.limits) {
            return Err(Trouble::Overloaded);
        }
        let lane = usize::try_from(LANE_HASH.hash_one(firm) % lanes.len() as u64);
        Ok(lane.expect("there are fewer lanes than addresses"))
    }

    fn send(
        &self,
        lane: usize,
        requests: Vec<Request>,
        bond: Bond,
        submitted: Instant,
    ) -> Result<Answered, Trouble> {
        let Options { ids, clock, .. } = &*self.shared.options;
        let now = clock.now();
        let (arrival, answered) = Arrival::of(requests, bond, submitted, || ids.run(now));
        // A lane that has gone takes nothing back, so there is no room to be given back either.
        self.shared.lanes[lane].send(arrival).map_err(|_| Trouble::Stopping)?;
        Ok(answered)
    }

    /// Whether it takes no more commands.
    pub fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }

    /// Commands that have no outcome yet.
    pub fn queued(&self) -> usize {
        self.shared.room.count()
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

/// The firm of all of them. Requests that do not go together are a defect of whoever sends them.
fn check(requests: &[Request], bond: &Bond, count_max: usize) -> Result<Id<Firm>, Trouble> {
    let defect = |reason: String| Err(Trouble::Defect(reason));
    let Some(first) = requests.first() else { return defect("a bulk of no commands".into()) };
    let count = requests.len();
    if count > count_max {
        return defect(format!("a bulk of {count} commands, {count_max} are allowed"));
    }
    let Request { actor, intent, fingerprint, .. } = first;
    if requests.iter().any(|other| other.actor.firm != actor.firm || other.intent != *intent) {
        return defect("a bulk of several firms or intents".into());
    }
    if let Bond::Atomic(once) = bond
        && requests.iter().any(|other| {
            other.actor != *actor
                || other.once.is_some()
                || (once.is_some() && other.fingerprint != *fingerprint)
        })
    {
        return defect("an atomic group of several actors, keys or fingerprints".into());
    }
    Ok(actor.firm)
}

fn lost() -> Answer {
    Err(Trouble::Unknown("the lane stopped before it answered".into()))
}
