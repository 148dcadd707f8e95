//! Streaming replication, frozen, thawed, promoted.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use throwaway::{Cluster, Replication};

/// Far longer than a commit takes; long enough to see that it waits.
const WAITS_MS: u64 = 500;

#[test]
fn a_synchronous_standby_holds_commits_while_frozen_and_loses_none_when_promoted() {
    let primary = Cluster::start();
    let database = primary.fresh_database().name;
    primary.sql(&database, "create table kept (line int)");
    let standby = primary.standby(Replication::Synchronous);
    assert_eq!(primary.sql("postgres", "select sync_state from pg_stat_replication"), [["sync"]]);
    assert!(standby.try_sql(&database, "insert into kept values (0)").is_err(), "it only reads");

    standby.freeze();
    let (told, committed) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            primary.sql(&database, "insert into kept values (1)");
            told.send(()).unwrap();
        });
        let early = committed.recv_timeout(Duration::from_millis(WAITS_MS));
        standby.thaw();
        assert_eq!(early, Err(RecvTimeoutError::Timeout), "committed without its standby");
    });

    primary.kill9();
    standby.promote();
    assert_eq!(standby.sql(&database, "select line from kept"), [["1"]]);
    standby.sql(&database, "insert into kept values (2)");
    standby.restart_immediate();
    assert_eq!(standby.sql(&database, "select count(*) from kept"), [["2"]]);
}

#[test]
fn an_asynchronous_standby_is_waited_for_by_nobody_and_catches_up() {
    let primary = Cluster::start();
    let standby = primary.standby(Replication::Asynchronous);
    standby.freeze();
    primary.sql("postgres", "create table kept (line int); insert into kept values (1)");
    assert!(standby.try_sql("postgres", "select line from kept").is_err(), "it heard nothing");
    standby.thaw();
    primary.restart_immediate();
    primary.sql("postgres", "insert into kept values (2)");
    for _ in 0..500 {
        match standby.try_sql("postgres", "select count(*) from kept") {
            Ok(count) if count == [["2"]] => return,
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
    panic!("it did not catch up:\n{}", standby.log());
}
