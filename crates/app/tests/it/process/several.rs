//! Several processes on one PostgreSQL: one killed again and again, two that start at once, two versions
//! side by side, and one that waits for somebody else to migrate.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use super::{Process, amanah, crash::Scene, judge::Told, output, text};
use crate::support::{
    client::{Call, Connection},
    database::Database,
    sound,
    target::random_share,
    tokens,
};

const CALLERS: usize = 16;

/// Where servers are; who finds none at one address goes to another.
type Addresses = Arc<Mutex<Vec<SocketAddr>>>;

/// What callers met.
#[derive(Debug, Default)]
struct Met {
    /// Commands that got no answer where they were sent first.
    cut_off: usize,
    /// Of those, the ones that had been carried out.
    landed: usize,
}

/// Callers that send one command after another, over all servers in turn, until told to stop. Who gets
/// no answer asks the next server under the same key; an answer that is an error is for nobody.
fn load(scene: &Arc<Scene>, addresses: &Addresses, until: &Arc<AtomicBool>) -> JoinSet<Met> {
    let mut running = JoinSet::new();
    for caller in 0..CALLERS {
        let (scene, addresses, until) =
            (Arc::clone(scene), Arc::clone(addresses), Arc::clone(until));
        running.spawn(async move {
            let (mut met, mut connection) = (Met::default(), None);
            let mut turn = caller;
            for n in 0.. {
                if until.load(SeqCst) {
                    break;
                }
                let (key, call) = scene.command(caller, n, format!("c{caller}-{n}"));
                let mut is_cut_off = false;
                let answer = loop {
                    match sent(&mut connection, &addresses, turn, &call).await {
                        Ok(answer) => break answer,
                        Err(_) => {
                            is_cut_off = true;
                            connection = None;
                            turn += 1;
                            sleep(Duration::from_millis(2)).await;
                        }
                    }
                };
                assert!(
                    [200, 201, 400].contains(&answer.status),
                    "{key} was answered {} {}",
                    answer.status,
                    answer.text()
                );
                met.cut_off += usize::from(is_cut_off);
                met.landed += usize::from(answer.is_replayed());
                scene.told.lock().unwrap().push(Told { call, key, answer });
            }
            met
        });
    }
    running
}

async fn sent(
    connection: &mut Option<Connection>,
    addresses: &Addresses,
    turn: usize,
    call: &Call,
) -> std::io::Result<crate::support::client::Answer> {
    let open = match connection {
        Some(open) => open,
        None => {
            let address = {
                let addresses = addresses.lock().unwrap();
                addresses[turn % addresses.len()]
            };
            connection.insert(Connection::open(address).await?)
        }
    };
    open.send(call).await
}

async fn met(mut running: JoinSet<Met>) -> Met {
    let mut all = Met::default();
    while let Some(one) = running.join_next().await {
        let one = one.unwrap();
        all.cut_off += one.cut_off;
        all.landed += one.landed;
    }
    all
}

/// Everything that was told is there, once.
async fn assert_told_is_there(scene: &Scene, process: &Process) {
    let wrong = scene.differences(process).await;
    assert!(wrong.is_empty(), "{} differences, first {:?}", wrong.len(), wrong.first());
    scene.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_kills_of_one_of_two_processes_lose_nothing_and_do_nothing_twice() {
    const KILLS: usize = 20;
    let (scene, first) = Scene::on(Database::postgres().await).await;
    let scene = Arc::new(scene);
    let url = scene.place().url();
    let mut processes = [first, Process::serve_on(&url, &[])];
    let addresses =
        Arc::new(Mutex::new(processes.iter().map(|process| process.address).collect::<Vec<_>>()));
    let until = Arc::default();
    let running = load(&scene, &addresses, &until);
    for n in 0..KILLS {
        sleep(Duration::from_millis(60).mul_f64(1.0 + 3.0 * random_share())).await;
        processes[n % 2].kill();
        let url = url.clone();
        let again = spawn_blocking(move || Process::serve_on(&url, &[])).await.unwrap();
        addresses.lock().unwrap()[n % 2] = again.address;
        processes[n % 2] = again;
        scene.ask_again(&processes[n % 2], 5).await;
    }
    until.store(true, SeqCst);
    let Met { cut_off, landed } = met(running).await;
    let told = scene.told.lock().unwrap().len();
    println!(
        "{KILLS} kills: {told} answers kept, {cut_off} cut off, {landed} had been carried out"
    );
    assert!(cut_off >= KILLS, "the kills met no load: {cut_off} commands were cut off");
    assert_told_is_there(&scene, &processes[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_start_at_once_on_an_empty_database_both_serve() {
    const ROUNDS: usize = 6;
    for _ in 0..ROUNDS {
        let database = Database::empty_postgres().await;
        let start = || {
            let url = database.url();
            spawn_blocking(move || Process::serve_on(&url, &[]))
        };
        let (one, two) = tokio::join!(start(), start());
        let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
        let create = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token);
        for (n, process) in [one.unwrap(), two.unwrap()].iter().enumerate() {
            assert_eq!(process.send(&Call::get("/ready")).await.status, 200);
            let made = process.send(&create).await.json();
            let number = made["data"]["clientNumber"].as_str().expect("it was made").to_owned();
            assert!(number.ends_with(&format!("-{:04}", n + 1)), "{number}");
        }
    }
}

/// What the next version would add: a table, an index, and a column that may be empty; in one
/// transaction, under the lock of whoever migrates, the firms first.
const NEXT: &str = "begin;
    select pg_advisory_xact_lock(x'616d616e6168'::bigint);
    lock table firms in exclusive mode;
    create table reminders (firm_id bytea not null references firms (id), id bytea not null,
        primary key (firm_id, id));
    create index retainers_noted on retainers (firm_id, notes);
    alter table retainers add column reminded_at bigint;
    insert into schema_migrations select max(number) + 1, 'reminders', 'of the next version'
        from schema_migrations;
    commit";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_go_on_while_a_newer_version_migrates_and_start_no_more_after_it() {
    let (scene, first) = Scene::on(Database::postgres().await).await;
    let scene = Arc::new(scene);
    let url = scene.place().url();
    let processes = [first, Process::serve_on(&url, &[])];
    let addresses = Arc::new(Mutex::new(processes.iter().map(|one| one.address).collect()));
    let until = Arc::default();
    let reader = store::open_reader(&url).unwrap();
    let running = load(&scene, &addresses, &until);
    sleep(Duration::from_millis(300)).await;
    let migrating = Arc::clone(&scene);
    spawn_blocking(move || migrating.place().sql(NEXT)).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    // Whoever has to connect anew is let in, too.
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'amanah'";
    let ended = scene.place().sql(end).len();
    assert!(ended >= processes.len(), "{ended} sessions were ended");
    sleep(Duration::from_millis(300)).await;
    until.store(true, SeqCst);
    let Met { cut_off, .. } = met(running).await;
    assert_eq!(cut_off, 0, "servers that go on answer everybody");
    let wrong = scene.differences(&processes[1]).await;
    assert!(wrong.is_empty(), "{} differences, first {:?}", wrong.len(), wrong.first());
    sound::check(&reader).await;
    println!("{} answers kept", scene.told.lock().unwrap().len());
    let late = output(amanah(&["serve", "--database", &url, "--listen", "127.0.0.1:0"]));
    assert!(!late.status.success());
    let why = text(&late.stderr);
    assert!(why.contains("(reminders), which this version does not know"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_must_not_migrate_carries_nothing_out_until_somebody_has() {
    let database = Database::empty_postgres().await;
    let process = Process::serve_on(&database.url(), &["--no-migrate"]);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let create = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token).key("k");
    let told = process.send(&create).await;
    assert_eq!((told.status, told.header("retry-after")), (503, Some("1")), "{}", told.text());
    assert_eq!(database.sql("select from pg_class where relname = 'firms'").len(), 0);
    let migrated = output(amanah(&["migrate", "--database", &database.url()]));
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let made = process.send(&create).await;
    assert_eq!((made.status, made.is_replayed()), (201, false), "{}", made.text());
}
