//! PostgreSQL is away, can't be reached, or says "not now": waited out inside for as long as a caller
//! waits, and then told as "nothing was done".

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use engine::{Settled, Trouble};
use throwaway::{Cluster, Database, Replication};

use crate::{
    failover::Pair,
    rig::{Found, Rig, Told, place},
};

/// Longer than any pause between two looks, and shorter than a database is looked for.
const AWAY: Duration = Duration::from_millis(2_500);
/// The longest that a caller waits to be told that nothing was done.
const TOLD_AFTER_MAX: Duration = Duration::from_secs(8);

/// Consumes once, while `meanwhile` takes its course.
async fn consume_while(rig: &Rig, n: i64, meanwhile: impl FnOnce()) -> Result<Settled, Trouble> {
    let consume = tokio::spawn({
        let rig = rig.clone();
        async move { rig.consume(n).await }
    });
    tokio::task::block_in_place(meanwhile);
    consume.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_for_two_seconds_is_waited_for() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    let rig = Rig::new(&proxy.url(&database.name)).await;
    for _ in 0..4 {
        proxy.refuse();
        proxy.reset_all();
        let back = || {
            sleep(AWAY);
            proxy.heal();
        };
        consume_while(&rig, rig.next(), back).await.unwrap();
    }
    assert_eq!(Found::on(cluster, &database.name).0.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stays_away_has_done_nothing() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    tokio::task::block_in_place(|| cluster.kill9());
    let (n, asked) = (rig.next(), Instant::now());
    let told = rig.consume(n).await;
    assert!(matches!(told, Err(Trouble::Unavailable(_))), "{told:?}");
    assert!(asked.elapsed() < TOLD_AFTER_MAX, "{:?}", asked.elapsed());
    tokio::task::block_in_place(|| cluster.start_again());
    assert_eq!(Found::on(&cluster, &database.name).0.len(), 0);
    rig.consume(n).await.unwrap();
}

/// Whoever takes a connection and then says nothing: a machine that hangs, a proxy before nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_connections_and_says_nothing_is_away() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    let rig = Rig::new(&proxy.url(&database.name)).await;
    proxy.blackhole();
    proxy.reset_all();
    let (n, asked) = (rig.next(), Instant::now());
    let told = tokio::time::timeout(TOLD_AFTER_MAX, rig.consume(n)).await;
    assert!(matches!(told, Ok(Err(Trouble::Unavailable(_)))), "{told:?} {:?}", asked.elapsed());
    assert_eq!(Found::on(cluster, &database.name).0.len(), 0);
    proxy.heal();
    rig.consume(n).await.unwrap();
}

/// The network swallows all between one process and the database, in the middle of its transactions:
/// PostgreSQL sees sessions that hold firms and say nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_behind_a_dead_network_does_not_hold_its_firms_for_long() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    let rig = Rig::new(&proxy.url(&database.name)).await;
    let beside = rig.beside(&database.url);
    let over = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(rig.clone().load(24, Arc::clone(&over)));
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.blackhole();
    let asked = Instant::now();
    let n = beside.next();
    beside.consume(n).await.unwrap();
    assert!(asked.elapsed() < TOLD_AFTER_MAX, "{:?}", asked.elapsed());
    over.store(true, Ordering::Relaxed);
    // What was sent meanwhile arrives late, as after an outage.
    proxy.heal();
    let mut told = load.await.unwrap();
    rig.resolve(&mut told).await;
    let found = Found::on(cluster, &database.name);
    assert_eq!((found.lost(&told), found.0.len()), (vec![], told.len() + 1));
}

/// Makes PostgreSQL fail the next so many batches with this error.
fn fail_with(cluster: &Cluster, database: &Database, code: &str, times: u32) {
    cluster.sql(
        &database.name,
        &format!(
            "drop sequence if exists failures; create sequence failures;
             create or replace function fail() returns trigger language plpgsql as $$ begin
                 if nextval('failures') <= {times} then
                     raise exception 'injected' using errcode = '{code}';
                 end if;
                 return new;
             end $$;
             create or replace trigger fail before insert on audit
                 for each row execute function fail()"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgresql_calls_a_conflict_is_decided_again_and_shown_to_nobody() {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    // Serialization failure, deadlock, lock timeout, a statement that took too long, a shutdown.
    for code in ["40001", "40P01", "55P03", "57014", "57P01"] {
        let before = rig.conflicts();
        fail_with(cluster, &database, code, 5);
        rig.consume(rig.next()).await.unwrap();
        assert_eq!(rig.conflicts() - before, 5, "{code}");
    }
    assert_eq!(Found::on(cluster, &database.name).0.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_without_end_come_to_nothing_done() {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    fail_with(cluster, &database, "40001", 1_000);
    let n = rig.next();
    let told = rig.consume(n).await;
    assert!(matches!(told, Err(Trouble::Unavailable(_))), "{told:?}");
    fail_with(cluster, &database, "40001", 0);
    rig.consume(n).await.unwrap();
    assert_eq!(Found::on(cluster, &database.name).0.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_as_nothing_done() {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    // Disk full, out of memory, an input or output error.
    for code in ["53100", "53200", "58030"] {
        fail_with(cluster, &database, code, 1);
        let n = rig.next();
        let told = rig.consume(n).await;
        assert!(matches!(told, Err(Trouble::Unavailable(_))), "{code}: {told:?}");
        rig.consume(n).await.unwrap();
    }
    assert_eq!(Found::on(cluster, &database.name).0.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_firm_that_somebody_else_has_locked_is_waited_for() {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    let locked = std::thread::spawn({
        let name = database.name.clone();
        move || {
            let lock = "begin; select from firms for update; select pg_sleep(2.6); commit";
            Cluster::shared().sql(&name, lock)
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    rig.consume(rig.next()).await.unwrap();
    assert!(rig.conflicts() > 0, "nobody had to wait");
    locked.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_firm_that_stays_locked_is_not_waited_for_longer_than_its_callers_wait() {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    let mut rig = Rig::new(&database.url).await;
    rig.patience = Duration::from_secs(1);
    let locked = std::thread::spawn({
        let name = database.name.clone();
        move || {
            let lock = "begin; select from firms for update; select pg_sleep(9); commit";
            Cluster::shared().sql(&name, lock)
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    let told = rig.consume(rig.next()).await;
    assert!(matches!(told, Err(Trouble::Unavailable(_))), "{told:?}");
    assert!(asked.elapsed() < TOLD_AFTER_MAX, "{:?}", asked.elapsed());
    locked.join().unwrap();
}

/// A setting that changes under a session: what is committed must still be kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_on_waiting_for_the_disk_when_the_server_is_told_not_to() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let rig = Rig::new(&database.url).await;
    cluster.set("wal_writer_delay", "10s");
    cluster.set("synchronous_commit", "off");
    let mut told = Told::new();
    for _ in 0..20 {
        let n = rig.next();
        told.insert(n, rig.consume(n).await.map(|settled| place(&settled)));
    }
    tokio::task::block_in_place(|| cluster.restart_immediate());
    assert_eq!(Found::on(&cluster, &database.name).lost(&told), [0; 0]);
}

/// An old primary that nobody stopped, and sessions that were there before: whoever has heard of the
/// new one leaves the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_session_leaves_a_primary_that_another_was_promoted_over() {
    let pair = Pair::new(Replication::Asynchronous);
    let rig = Rig::new(&pair.url).await;
    let before = pair.on_primary().0.len();
    tokio::task::block_in_place(|| pair.promote_alive());
    // A connection that reads is made now, and sees both.
    rig.reader.lacking().await.unwrap();
    rig.consume(rig.next()).await.unwrap();
    assert_eq!((pair.on_primary().0.len(), pair.on_standby().0.len()), (before, 1));
}

/// The same for those that read: what was answered must be seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_leave_a_primary_that_another_was_promoted_over() {
    let pair = Pair::new(Replication::Asynchronous);
    let rig = Rig::before_any(&pair.url);
    assert_eq!(rig.reader.firms().await.unwrap(), []);
    tokio::task::block_in_place(|| pair.promote_alive());
    // The lane has had no connection before: it looks at both.
    rig.found().await.unwrap();
    assert_eq!(rig.reader.firms().await.unwrap().len(), 1);
}
