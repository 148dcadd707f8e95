//! Two versions on one database: the one that runs goes on while another adds to the schema.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use domain::{
    Actor, Id, Role, Timestamp,
    billing::client::CreateClient,
    rows::{ClientProfile, Firm},
};
use engine::{
    Clock, CommandResult, Engine, Ids, Intent, Limits, Once, Options, Render, Request, Settled,
    Silent, Trouble,
};
use throwaway::{Cluster, Database};

use super::open_knowing;
use crate::{
    OpenError, Opening, Reader,
    migrate::{ALL, Migration, SchemaError},
};

/// What the next version adds: a table, an index, and a column that may be empty.
const NEXT: Migration = Migration {
    number: NEXT_NUMBER,
    name: "next",
    sql: "create table reminders (
    firm_id blob not null references firms (id),
    id      blob not null,
    client_id blob not null,
    primary key (firm_id, id),
    foreign key (firm_id, client_id) references clients (firm_id, id)
) strict;
create index clients_named on clients (firm_id, full_name);
alter table clients add column nickname text;
alter table firms add column motto text;
",
};
const NEWER: &[Migration] = &[ALL[0], ALL[1], ALL[2], NEXT];
const NEXT_NUMBER: i64 = 4;
const OLDER: &[Migration] = &[ALL[0]];

const FIRM: Id<Firm> = Id::new([1; 12]);
const LOAD: Duration = Duration::from_millis(300);

/// 2026-06-01T00:00:00Z, always.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_780_272_000_000_000)
    }
}

fn opened(database: &Database, migrates: bool, known: &'static [Migration]) -> Engine {
    let opening = Opening { lane_count: 1, migrates };
    let (stores, _) = open_knowing(&database.url, opening, known).unwrap();
    let options = Options {
        limits: Limits::default(),
        clock: Arc::new(Noon),
        ids: Arc::new(Ids::random().unwrap()),
        observer: Arc::new(Silent),
        decide: domain::decide,
    };
    Engine::start(stores, options).unwrap()
}

/// Makes a client of one firm; the answer is its number.
async fn make(engine: &Engine, key: u64) -> Result<String, Trouble> {
    let key = format!("key {key}");
    let render = Render(Arc::new(|result: &CommandResult| match result {
        Ok(reply) => reply.seq.to_string().into_bytes().into(),
        Err(rejection) => rejection.code().as_bytes().into(),
    }));
    let profile = ClientProfile { full_name: "Noura".to_owned(), ..ClientProfile::default() };
    let request = Request {
        actor: Actor { user: Id::new([2; 12]), firm: FIRM, claimed: Role::Owner },
        command: CreateClient { kind: None, profile, user: None }.into(),
        intent: Intent::CarryOut,
        origin: "test".into(),
        request_id: "test".into(),
        fingerprint: domain::audit::fingerprint(&[key.as_bytes()]),
        once: Some(Once { key: key.as_str().into(), render }),
        deadline: Instant::now() + Duration::from_mins(1),
    };
    match engine.submit(request).await? {
        Settled::Decided { kept: Some(kept), .. } | Settled::Replayed(kept) => {
            Ok(String::from_utf8(kept.to_vec()).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

/// Makes clients until told to stop, from four callers at once; nobody may be told an error.
/// The clients made.
async fn load(engine: Engine, next: Arc<AtomicU64>, until: Arc<AtomicBool>) -> u64 {
    let callers = (0..4).map(|_| {
        let (engine, next, until) = (engine.clone(), Arc::clone(&next), Arc::clone(&until));
        tokio::spawn(async move {
            let mut made = 0;
            while !until.load(Relaxed) {
                make(&engine, next.fetch_add(1, Relaxed)).await.unwrap();
                made += 1;
            }
            made
        })
    });
    let mut made = 0;
    for caller in callers.collect::<Vec<_>>() {
        made += caller.await.unwrap();
    }
    made
}

/// Reads all that the firm has, in one snapshot after the other, until told to stop; how often.
fn read(database: &Database, until: &AtomicBool) -> usize {
    // Not one of those that are ended.
    let url = format!("{}?application_name=reader", database.url);
    let reader: Reader = super::open_reader(&url).unwrap().into();
    let mut count = 0;
    while !until.load(Relaxed) {
        reader.rows(FIRM, &mut |_| ()).unwrap();
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_version_goes_on_while_a_newer_one_migrates_and_serves_beside_it() {
    let cluster = Cluster::shared();
    for _ in 0..5 {
        let database = cluster.fresh_database();
        let old = opened(&database, true, ALL);
        let (next, until) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        make(&old, u64::MAX).await.unwrap();
        let on_old = tokio::spawn(load(old.clone(), Arc::clone(&next), Arc::clone(&until)));
        let reading = tokio::task::spawn_blocking({
            let (database, until) = (database.clone(), Arc::clone(&until));
            move || read(&database, &until)
        });
        tokio::time::sleep(LOAD).await;
        // Under load; in the middle of it the sessions of the old one end, and it must connect anew.
        let new = tokio::task::spawn_blocking({
            let database = database.clone();
            move || opened(&database, true, NEWER)
        });
        let new = new.await.unwrap();
        let on_new = tokio::spawn(load(new, Arc::clone(&next), Arc::clone(&until)));
        tokio::time::sleep(LOAD).await;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'amanah'";
        assert!(!cluster.sql(&database.name, end).is_empty());
        tokio::time::sleep(LOAD).await;
        until.store(true, Relaxed);
        assert!(reading.await.unwrap() > 0);
        let made = 1 + on_old.await.unwrap() + on_new.await.unwrap();
        let found = "select count(*), count(distinct number), max(number) from clients";
        let numbered = format!("CLT-2026-{made:04}");
        let rows = cluster.sql(&database.name, found);
        assert_eq!(rows, [[made.to_string(), made.to_string(), numbered]]);
        // What has not started yet is told which version to run.
        let refused = open_knowing(&database.url, Opening::default(), ALL).map(drop).unwrap_err();
        assert!(
            matches!(refused, OpenError::Schema(SchemaError::Unknown { number: NEXT_NUMBER, .. })),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_carried_out_while_the_schema_is_behind() {
    let database = Cluster::shared().fresh_database();
    for (known, applied) in [(None, 0), (Some(OLDER), OLDER.len())] {
        let applied = format!("{applied} of {}", ALL.len());
        if let Some(known) = known {
            drop(opened(&database, true, known));
        }
        let waiting = opened(&database, false, ALL);
        let told = make(&waiting, 1).await.unwrap_err();
        let behind =
            |told: &Trouble| matches!(told, Trouble::Unavailable(why) if why.contains(&applied));
        assert!(behind(&told), "{told:?}");
        if known.is_some() {
            drop(opened(&database, true, ALL));
            assert_eq!(make(&waiting, 1).await.unwrap(), "1");
        }
    }
    // A migration that was changed since it was applied is another one.
    Cluster::shared().sql(&database.name, "update schema_migrations set checksum = 'x'");
    let told = make(&opened(&database, false, ALL), 2).await.unwrap_err();
    assert!(matches!(&told, Trouble::Unavailable(why) if why.contains("was changed")), "{told:?}");
}
