//! The primary dies and a standby takes over; a standby stops answering; an old primary comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine::Trouble;
use throwaway::{Cluster, Database, Replication};

use crate::rig::{Found, Rig, Told};

const CALLERS: usize = 24;
const A_WHILE: Duration = Duration::from_millis(400);
/// The longest that a caller waits to be told that nobody knows.
pub const UNKNOWN_AFTER_MAX: Duration = Duration::from_secs(15);

pub struct Pair {
    pub primary: Cluster,
    pub standby: Cluster,
    pub database: Database,
    /// Names both.
    pub url: String,
}

impl Pair {
    pub fn new(replication: Replication) -> Self {
        let primary = Cluster::start();
        let database = primary.fresh_database();
        let standby = primary.standby(replication);
        let (before, after) = database.url.rsplit_once('/').unwrap();
        let url = format!("{before},127.0.0.1:{}/{after}", standby.port());
        Self { primary, standby, database, url }
    }

    /// The primary dies and the standby takes over.
    pub fn fail_over(&self) {
        self.primary.kill9();
        self.standby.promote();
    }

    /// The standby takes over from a primary that lives on. It has the tables: an asynchronous one may
    /// be behind.
    pub fn promote_alive(&self) {
        self.standby.catch_up_with(&self.primary);
        self.standby.promote();
    }

    pub fn on_primary(&self) -> Found {
        Found::on(&self.primary, &self.database.name)
    }

    pub fn on_standby(&self) -> Found {
        Found::on(&self.standby, &self.database.name)
    }
}

/// What callers are told while `events` take their course.
async fn under_load(rig: &Rig, events: &[&dyn Fn()]) -> Told {
    let over = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(rig.clone().load(CALLERS, Arc::clone(&over)));
    for event in events {
        tokio::time::sleep(A_WHILE).await;
        tokio::task::block_in_place(event);
    }
    tokio::time::sleep(A_WHILE).await;
    over.store(true, Ordering::Relaxed);
    load.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_has_all_that_was_acknowledged_and_the_old_primary_gets_no_more() {
    let pair = Pair::new(Replication::Synchronous);
    let rig = Rig::new(&pair.url).await;
    let mut told = under_load(&rig, &[&|| pair.fail_over()]).await;
    let acknowledged = told.values().filter(|told| told.is_ok()).count();
    assert!(acknowledged > CALLERS, "{acknowledged} acknowledged: no load");
    assert_eq!(pair.on_standby().lost(&told), [0; 0]);
    rig.resolve(&mut told).await;
    let found = pair.on_standby();
    assert_eq!((found.lost(&told), found.0.len()), (vec![], told.len()));

    // The old primary comes back, and takes itself for the primary.
    pair.primary.start_again();
    pair.primary.set("synchronous_standby_names", "");
    let before = pair.on_primary().0.len();
    let end_all = || while pair.standby.terminate_random_backend(&pair.database.name) {};
    // Also while the new one can't be reached.
    let disappear = || {
        pair.standby.kill9();
        std::thread::sleep(A_WHILE);
        pair.standby.start_again();
    };
    let mut told = under_load(&rig, &[&end_all, &disappear, &end_all]).await;
    rig.resolve(&mut told).await;
    assert_eq!(pair.on_standby().lost(&told), [0; 0]);
    // A process that starts now and sees both takes the new one, too.
    let fresh = rig.beside(&pair.url);
    fresh.consume(fresh.next()).await.unwrap();
    assert_eq!(pair.on_primary().0.len(), before);

    // It would have taken the money: from a process that knows of no other.
    let misled = rig.beside(&pair.database.url);
    misled.consume(misled.next()).await.unwrap();
    assert_eq!(pair.on_primary().0.len(), before + 1);
}

/// What is lost without a standby that is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_nobody_waits_for_loses_what_was_acknowledged() {
    let pair = Pair::new(Replication::Asynchronous);
    let rig = Rig::new(&pair.url).await;
    let told = under_load(&rig, &[&|| pair.standby.freeze(), &|| pair.fail_over()]).await;
    assert_ne!(pair.on_standby().lost(&told), [0; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_stops_answering_leaves_outcomes_unknown_and_keys_resolve_them() {
    let pair = Pair::new(Replication::Synchronous);
    let rig = Rig::new(&pair.url).await;
    pair.standby.freeze();
    let (n, asked) = (rig.next(), Instant::now());
    let told = rig.consume(n).await;
    assert!(matches!(told, Err(Trouble::Unknown(_))), "{told:?}");
    assert!(asked.elapsed() < UNKNOWN_AFTER_MAX, "{:?}", asked.elapsed());
    // Asked again, it is not told either, and not done a second time.
    let again = rig.consume(n).await;
    assert!(again.is_err(), "{again:?}");
    pair.standby.thaw();
    let mut told = Told::from([(n, Err(Trouble::Unknown(String::new())))]);
    rig.resolve(&mut told).await;
    let found = pair.on_primary();
    assert_eq!((found.lost(&told), found.0.len()), (vec![], 1));
}
