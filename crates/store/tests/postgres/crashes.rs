//! PostgreSQL crashes and ends sessions under load: nothing that was acknowledged is lost, nothing is
//! done twice, and the work goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use throwaway::{Cluster, Database};

use crate::{
    cuts::hasty,
    rig::{Found, Rig, Told},
};

const CALLERS: usize = 24;
const BETWEEN_FAULTS: Duration = Duration::from_millis(150);

/// Loads the cluster from two processes, lets `fault` befall it so many times, and looks at what is
/// there when every command has an outcome.
async fn under_load(cluster: &Cluster, database: &Database, times: usize, fault: impl Fn()) {
    under_load_at(&database.url, cluster, database, times, fault).await;
}

async fn under_load_at(
    url: &str,
    cluster: &Cluster,
    database: &Database,
    times: usize,
    fault: impl Fn(),
) {
    let rig = Rig::new(url).await;
    let over = Arc::new(AtomicBool::new(false));
    let rigs = [rig.clone(), rig.beside(url)];
    let loads = rigs.map(|rig| tokio::spawn(rig.load(CALLERS, Arc::clone(&over))));
    for _ in 0..times {
        tokio::time::sleep(BETWEEN_FAULTS).await;
        tokio::task::block_in_place(&fault);
    }
    tokio::time::sleep(BETWEEN_FAULTS).await;
    over.store(true, Ordering::Relaxed);
    let mut told = Told::new();
    for load in loads {
        told.append(&mut load.await.unwrap());
    }
    rig.resolve(&mut told).await;
    assert!(told.len() > CALLERS * 4, "{} commands are no load", told.len());
    let found = Found::on(cluster, &database.name);
    assert_eq!((found.lost(&told), found.0.len()), (vec![], told.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_immediate_restart_loses_nothing() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    under_load(&cluster, &database, 3, || cluster.restart_immediate()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_ended_at_random_lose_nothing() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let end_four = || {
        for _ in 0..4 {
            cluster.terminate_random_backend(&database.name);
        }
    };
    under_load(&cluster, &database, 16, end_four).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_reset_at_random_lose_nothing() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    let url = proxy.url(&database.name);
    under_load_at(&url, cluster, &database, 16, || proxy.reset_all()).await;
}

/// What resets do to a client that repeats whatever failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_repeats_what_failed_takes_twice_when_connections_are_reset() {
    const PATIENCE: Duration = Duration::from_secs(30);
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    cluster.sql(&database.name, "create table retainers as select 0 as taken");
    let (url, until) = (proxy.url(&database.name), Instant::now() + PATIENCE);
    let taken = || -> i64 {
        cluster.sql(&database.name, "select taken from retainers")[0][0].parse().unwrap()
    };
    let mut told = 0;
    while taken() == told {
        assert!(Instant::now() < until, "no reset came between a commit and its answer");
        let take = tokio::spawn({
            let url = url.clone();
            async move { while hasty(&url).await.is_err() {} }
        });
        while !take.is_finished() {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(500..8_000))).await;
            proxy.reset_all();
            // Room for one that goes well.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..40))).await;
        }
        told += 1;
    }
    assert!(taken() > told, "{} of {told}", taken());
}

/// What a restart does to commits that wait for no disk: acknowledged, and gone.
#[test]
fn commits_that_wait_for_no_disk_are_lost_in_a_restart() {
    const COUNT: usize = 50;
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    cluster.set("synchronous_commit", "off");
    cluster.set("wal_writer_delay", "10s");
    cluster.sql(&database.name, "create table counts as select 0 as taken");
    cluster.sql(&database.name, "checkpoint");
    for _ in 0..COUNT {
        cluster.sql(&database.name, "update counts set taken = taken + 1");
    }
    cluster.restart_immediate();
    let taken = cluster.sql(&database.name, "select taken from counts");
    assert_ne!(taken, [[COUNT.to_string()]], "the restart loses nothing, so it shows nothing");
}

#[test]
fn a_server_that_may_lose_commits_is_refused() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    for (setting, value) in [
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("fsync", "off"),
        ("full_page_writes", "off"),
    ] {
        cluster.set(setting, value);
        let refusal = store::migrate(&database.url).unwrap_err().to_string();
        assert!(refusal.contains(&format!("`{setting}` is `{value}`")), "{refusal}");
        cluster.set(setting, "on");
    }
    store::migrate(&database.url).unwrap();
}
