//! A commit waits for the standby's disk, and something ends the wait: what was committed here is not
//! yet there. It must be told to nobody as done, and be done once.

use std::time::{Duration, Instant};

use engine::Trouble;
use throwaway::{Cluster, Replication};
use tokio_postgres::NoTls;

use crate::{
    failover::{Pair, UNKNOWN_AFTER_MAX},
    rig::{Rig, Told, place},
};

/// What ends a wait.
const CANCEL: &str = "pg_cancel_backend";
const TERMINATE: &str = "pg_terminate_backend";

impl Pair {
    /// Ends the wait of the commit that waits.
    fn end_wait(&self, how: &str) {
        let waiting = self.primary.waiting_commit(&self.database.name);
        self.primary.sql("postgres", &format!("select {how}({waiting})"));
    }
}

/// A batch whose wait is ended: nobody knows, and after the failover, which loses it, its key is free.
async fn a_wait_that_ends(how: &str) {
    let pair = Pair::new(Replication::Synchronous);
    let rig = Rig::new(&pair.url).await;
    pair.primary.hold_back();
    let (n, asked) = (rig.next(), Instant::now());
    let consume = tokio::spawn({
        let rig = rig.clone();
        async move { rig.consume(n).await }
    });
    tokio::task::block_in_place(|| pair.end_wait(how));
    let told = consume.await.unwrap();
    assert!(matches!(told, Err(Trouble::Unknown(_))), "{told:?}");
    assert!(asked.elapsed() < UNKNOWN_AFTER_MAX, "{:?}", asked.elapsed());
    tokio::task::block_in_place(|| pair.fail_over());
    assert_eq!(pair.on_standby().0.len(), 0, "the standby had it, so nothing is shown");
    let mut told = Told::from([(n, Err(Trouble::Unknown(String::new())))]);
    rig.resolve(&mut told).await;
    let found = pair.on_standby();
    assert_eq!((found.lost(&told), found.0.len()), (vec![], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_wait_is_cancelled_is_told_to_nobody_as_done() {
    a_wait_that_ends(CANCEL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_session_is_ended_in_its_wait_is_told_to_nobody_as_done() {
    a_wait_that_ends(TERMINATE).await;
}

/// As above, with nothing there that could be locked while it is asked after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_firm_whose_first_commit_nobody_confirmed_is_not_told_as_founded() {
    let pair = Pair::new(Replication::Synchronous);
    let rig = Rig::before_any(&pair.url);
    pair.primary.hold_back();
    let found = tokio::spawn({
        let rig = rig.clone();
        async move { rig.found().await }
    });
    tokio::task::block_in_place(|| pair.end_wait(TERMINATE));
    let told = found.await.unwrap();
    assert!(matches!(told, Err(Trouble::Unknown(_))), "{told:?}");
    tokio::task::block_in_place(|| pair.fail_over());
    let clients = || pair.standby.sql(&pair.database.name, "select count(*) from clients");
    assert_eq!(clients(), [["0"]]);
    rig.found().await.unwrap();
    assert_eq!(clients(), [["1"]]);
}

/// The limits that we set ourselves end no wait either: it outlasts them, and our connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_waits_for_its_standby_longer_than_any_limit_of_ours() {
    const OUTLASTS: Duration = Duration::from_secs(12);
    let pair = Pair::new(Replication::Synchronous);
    let rig = Rig::new(&pair.url).await;
    pair.primary.hold_back();
    let (n, asked) = (rig.next(), Instant::now());
    let first = tokio::spawn({
        let rig = rig.clone();
        async move { rig.consume(n).await }
    });
    let waiting = || pair.primary.waiting_commit(&pair.database.name);
    let session = tokio::task::block_in_place(waiting);
    let told = first.await.unwrap();
    assert!(matches!(told, Err(Trouble::Unknown(_))), "{told:?}");
    tokio::time::sleep(OUTLASTS.saturating_sub(asked.elapsed())).await;
    assert_eq!(tokio::task::block_in_place(waiting), session);
    assert_eq!(pair.on_primary().0.len(), 0, "it is seen, and can still be lost");
    tokio::task::block_in_place(|| pair.primary.thaw());
    let mut told = Told::from([(n, told.map(|settled| place(&settled)))]);
    rig.resolve(&mut told).await;
    assert_eq!(pair.on_primary().0.len(), 1);
}

/// One who takes PostgreSQL's word for it, and one who takes its error for a failure.
struct Naive {
    pair: Pair,
}

impl Naive {
    fn new() -> Self {
        let pair = Pair::new(Replication::Synchronous);
        pair.primary.sql(&pair.database.name, "create table retainers as select 0 as taken");
        pair.primary.hold_back();
        Self { pair }
    }

    /// Takes once, while the wait is ended.
    async fn take(&self, how: &str) -> Result<(), tokio_postgres::Error> {
        let url = &self.pair.database.url;
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let take = tokio::spawn(async move {
            client.batch_execute("update retainers set taken = taken + 1").await
        });
        tokio::task::block_in_place(|| self.pair.end_wait(how));
        take.await.unwrap()
    }

    fn taken(&self, on: &Cluster) -> Vec<Vec<String>> {
        on.sql(&self.pair.database.name, "select taken from retainers")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_wait_is_answered_as_done_and_lost_in_a_failover() {
    let naive = Naive::new();
    naive.take(CANCEL).await.unwrap();
    tokio::task::block_in_place(|| naive.pair.fail_over());
    assert_eq!(naive.taken(&naive.pair.standby), [["0"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_repeats_blindly_takes_twice_when_its_session_is_ended() {
    let naive = Naive::new();
    naive.take(TERMINATE).await.unwrap_err();
    // Not done, it thinks, and does it again.
    naive.take(CANCEL).await.unwrap();
    assert_eq!(naive.taken(&naive.pair.primary), [["2"]]);
}
