//! Two processes of the program on one PostgreSQL, and somebody who now and then stops one of them in
//! the middle of what it does, and continues it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use store::Reader;
use throwaway::Cluster;
use tokio::{task::spawn_blocking, time::sleep};

use super::{database::Database, sound, target::random_share};
use crate::process::Process;

/// What PostgreSQL calls the sessions of each.
const NAMES: [&str; 2] = ["one", "two"];
/// How many races have a process stopped in them.
const STOPPED_SHARE: f64 = 0.3;
/// And for how long at most. What becomes of one that is stopped for so long that PostgreSQL ends its
/// session has a test of its own: `p9_a_process_stopped_in_the_middle_…`.
const STOPPED_MAX: Duration = Duration::from_millis(150);
/// No batch takes longer here.
const BATCH_MS_MAX: f64 = 12.0;
/// What was sent before the stop has arrived by then.
const ARRIVED: Duration = Duration::from_millis(10);

/// Dropping it drops the database.
pub struct Pair {
    reader: Reader,
    processes: [Process; 2],
    seen: Seen,
    pub database: Database,
}

/// What became of those that were stopped.
#[derive(Debug, Default)]
pub struct Seen {
    pub stopped: AtomicU32,
    /// With a firm's head locked.
    pub inside: AtomicU32,
}

impl Pair {
    pub async fn start() -> Self {
        let database = Database::postgres().await;
        let processes = NAMES.map(|name| Process::serve_on(&database.url_of(name), &[]));
        let reader = store::open_reader(&database.url()).expect("it is migrated");
        Self { reader, processes, seen: Seen::default(), database }
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.processes.iter().map(|process| process.address).collect()
    }

    /// Of committed rows.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Stops one of them, perhaps, in the first moments after this is called.
    pub async fn disturb(self: Arc<Self>) {
        if random_share() > STOPPED_SHARE {
            return;
        }
        let time = STOPPED_MAX.mul_f64(random_share());
        sleep(Duration::from_secs_f64(BATCH_MS_MAX / 1_000.0 * random_share())).await;
        self.stop(usize::from(random_share() < 0.5), time).await;
    }

    async fn stop(self: &Arc<Self>, n: usize, time: Duration) {
        let (_stopped, _) = self.stopped(n).await;
        sleep(time.saturating_sub(ARRIVED)).await;
    }

    /// Stops the n-th, for so long if it holds a firm; whether it did.
    pub async fn stop_while_inside(self: &Arc<Self>, n: usize, time: Duration) -> bool {
        let (_stopped, is_inside) = self.stopped(n).await;
        if is_inside {
            sleep(time).await;
        }
        is_inside
    }

    /// The n-th, stopped; and whether it holds a firm.
    async fn stopped(self: &Arc<Self>, n: usize) -> (Stopped, bool) {
        let stopped = Stopped::new(self.processes[n].id());
        self.seen.stopped.fetch_add(1, Relaxed);
        sleep(ARRIVED).await;
        let pair = Arc::clone(self);
        let is_inside = spawn_blocking(move || pair.is_inside(n)).await.expect("it can be asked");
        self.seen.inside.fetch_add(is_inside.into(), Relaxed);
        (stopped, is_inside)
    }

    /// Only who has locked or written something has an id among the writing transactions.
    fn is_inside(&self, n: usize) -> bool {
        let (database, process) = (self.database.name(), NAMES[n]);
        let held = format!(
            "select from pg_stat_activity where datname = '{database}'
             and application_name = '{process}' and backend_xid is not null"
        );
        !self.database.sql(&held).is_empty()
    }

    /// How many sessions PostgreSQL has ended because nothing happened in their transaction.
    pub fn ended_count(&self) -> usize {
        let of = |process: &str| format!("{process} {} FATAL:", self.database.name());
        let marks = NAMES.map(of);
        let is_ended = |line: &&str| {
            line.contains("idle-in-transaction timeout")
                && marks.iter().any(|mark| line.contains(mark))
        };
        Cluster::shared().log().lines().filter(is_ended).count()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        sound::check_at_the_end(&self.reader);
    }
}

/// A stopped process; it goes on when this is dropped.
struct Stopped(Pid);

impl Stopped {
    fn new(id: u32) -> Self {
        let id = Pid::from_raw(id.cast_signed());
        kill(id, Signal::SIGSTOP).expect("it is our child");
        Self(id)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have been killed meanwhile.
        let _ = kill(self.0, Signal::SIGCONT);
    }
}
