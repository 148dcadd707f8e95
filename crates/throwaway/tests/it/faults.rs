//! Committed rows outlive every crash, open transactions none.

use throwaway::{Cluster, Database};
use tokio_postgres::{Client, NoTls, error::SqlState};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect(url);
    tokio::spawn(connection);
    client
}

fn with_a_row(cluster: &Cluster) -> Database {
    let database = cluster.fresh_database();
    let made = "create table kept (line text); insert into kept values ('committed')";
    cluster.sql(&database.name, made);
    database
}

/// A row committed, another one not; then the fault.
async fn survives(fault: impl FnOnce(&Cluster)) {
    let cluster = Cluster::start();
    let database = with_a_row(&cluster);
    let client = connect(&database.url).await;
    let open = "begin; insert into kept values ('open')";
    client.batch_execute(open).await.expect("the server runs");

    let (port, url) = (cluster.port(), database.url.clone());
    fault(&cluster);

    assert!(client.batch_execute("commit").await.is_err(), "the connection is lost");
    assert_eq!((cluster.port(), cluster.url(&database.name)), (port, url));
    assert_eq!(cluster.sql(&database.name, "select line from kept"), [["committed"]]);
    assert!(cluster.log().contains("automatic recovery in progress"), "{}", cluster.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_rows_survive_an_immediate_restart() {
    survives(Cluster::restart_immediate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_rows_survive_a_kill_and_nobody_answers_before_the_start() {
    survives(|cluster| {
        cluster.kill9();
        assert!(cluster.try_sql("postgres", "select 1").is_err());
        cluster.start_again();
    })
    .await;
}

#[test]
fn a_killed_cluster_leaves_nothing_behind() {
    let cluster = Cluster::start();
    cluster.kill9();
    let folder = cluster.socket_folder().to_owned();
    let file = format!("{folder}/data/postmaster.pid");
    let file = std::fs::read_to_string(file).expect("a crash leaves it");
    let segment = file.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)).unwrap();
    let there = || {
        let all = std::fs::read_to_string("/proc/sysvipc/shm").expect("Linux has it");
        all.lines().any(|line| line.split_whitespace().nth(1) == Some(segment))
    };
    assert!(there());
    drop(cluster);
    assert!(!there());
    assert!(!std::path::Path::new(&folder).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_is_ended_by_application_or_database_and_others_are_not() {
    let cluster = Cluster::shared();
    let (chosen, other) = (cluster.fresh_database(), cluster.fresh_database());
    let kept = connect(&other.url).await;

    let by_database = connect(&chosen.url).await;
    assert!(cluster.terminate_random_backend(&chosen.name));
    assert_terminated(&by_database).await;

    let name = format!("it's {}", chosen.name);
    let by_application = connect(&chosen.url).await;
    by_application
        .batch_execute(&format!("set application_name = '{}'", name.replace('\'', "''")))
        .await
        .unwrap();
    assert!(cluster.terminate_random_backend(&name));
    assert_terminated(&by_application).await;

    kept.batch_execute("select 1").await.expect("it was not chosen");
    assert!(!cluster.terminate_random_backend("nobody"));
}

async fn assert_terminated(client: &Client) {
    let error = client.batch_execute("select 1").await.expect_err("it was ended");
    assert!(
        error.is_closed() || error.code() == Some(&SqlState::ADMIN_SHUTDOWN),
        "neither closed nor 57P01: {error}"
    );
}

#[test]
fn a_setting_is_in_force_when_the_call_returns() {
    let cluster = Cluster::start();
    for milliseconds in ["1001ms", "1002ms", "1003ms"] {
        cluster.set("lock_timeout", milliseconds);
        assert_eq!(cluster.sql("postgres", "show lock_timeout"), [[milliseconds]]);
    }
}
