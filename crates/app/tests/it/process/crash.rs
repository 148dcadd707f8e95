//! `kill -9` under load, again and again, on one database; and an orderly end.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::json;
use tokio::task::JoinSet;

use super::{
    PATIENCE, Process, amanah,
    judge::{Found, Told, differences},
    output, text, url,
};
use crate::support::{
    client::{Call, Connection},
    database::Database,
    firm::{Firm, id},
    server::Options,
    target::{Target, random_share},
    tokens,
};

/// A database, a firm in it, and what its callers have been told.
pub(super) struct Scene {
    place: Database,
    pub token: String,
    client: String,
    retainers: Vec<String>,
    pub told: Arc<Mutex<Vec<Told>>>,
}

/// A command that was sent and not answered.
type Unanswered = Vec<(String, Call)>;

impl Scene {
    async fn new() -> (Self, Process) {
        Self::on(Database::file()).await
    }

    /// And the process that serves it.
    pub async fn on(place: Database) -> (Self, Process) {
        let process = Process::serve_on(&place.url(), &[]);
        let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
        let made = process
            .send(&Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token))
            .await;
        let mut scene = Self {
            place,
            token,
            client: id(&made.json()["data"]),
            retainers: Vec::new(),
            told: Arc::default(),
        };
        for n in 0..4 {
            let (key, call) = scene.open(format!("setup-{n}"), 1_000_000);
            let answer = process.send(&call).await;
            scene.retainers.push(id(&answer.json()["data"]));
            scene.told.lock().unwrap().push(Told { call, key, answer });
        }
        (scene, process)
    }

    pub fn place(&self) -> &Database {
        &self.place
    }

    /// The file.
    fn database(&self) -> std::path::PathBuf {
        let Database::File(folder) = &self.place else { panic!("it is no file") };
        folder.path().join("test.db")
    }

    fn open(&self, key: String, amount: i64) -> (String, Call) {
        let body = json!({"clientId": self.client, "initialAmount": amount, "notes": key});
        let call = Call::post("/api/retainers", &body).token(&self.token).key(&key);
        (key, call)
    }

    /// The n-th command of a caller: most draw, some deposit, some open, some must be refused.
    pub fn command(&self, caller: usize, n: usize, key: String) -> (String, Call) {
        let at = |what: &str| {
            format!("/api/retainers/{}/{what}", self.retainers[(caller + n) % self.retainers.len()])
        };
        let (path, amount) = match n % 8 {
            0 => return self.open(key, 10),
            1 => (at("replenish"), "3.50"),
            2 => (at("consume"), "9000000000"),
            _ => (at("consume"), "0.25"),
        };
        let call = Call::post(path, &json!({"amount": amount, "description": key}));
        let call = call.token(&self.token).key(&key);
        (key, call)
    }

    /// Callers that send one command after another until the server is gone.
    fn load(
        self: &Arc<Self>,
        process: &Process,
        round: usize,
        callers: usize,
    ) -> JoinSet<Unanswered> {
        let mut running = JoinSet::new();
        for caller in 0..callers {
            let (scene, address) = (Arc::clone(self), process.address);
            running.spawn(async move {
                let Ok(mut connection) = Connection::open(address).await else { return Vec::new() };
                for n in 0.. {
                    let (key, call) = scene.command(caller, n, format!("r{round}-c{caller}-{n}"));
                    match connection.send(&call).await {
                        // "Nothing was done, try again" is no outcome, and the server is leaving.
                        Ok(answer) if answer.status == 503 => return vec![(key, call)],
                        Ok(answer) => scene.told.lock().unwrap().push(Told { call, key, answer }),
                        Err(_) => return vec![(key, call)],
                    }
                }
                Vec::new()
            });
        }
        running
    }

    /// Sends what was not answered again, under the same keys.
    async fn settle(&self, process: &Process, unanswered: Unanswered) -> usize {
        let mut replayed = 0;
        let mut connection = Connection::open(process.address).await.unwrap();
        for (key, call) in unanswered {
            let answer = connection.send(&call).await.unwrap();
            assert!([200, 201, 400].contains(&answer.status), "{key}: {}", answer.text());
            replayed += usize::from(answer.is_replayed());
            self.told.lock().unwrap().push(Told { call, key, answer });
        }
        replayed
    }

    pub async fn differences(&self, process: &Process) -> Vec<String> {
        let mut connection = Connection::open(process.address).await.unwrap();
        let found = Found::read(&mut connection, &self.token).await.unwrap();
        differences(&self.told.lock().unwrap(), &found)
    }

    /// Asks some of what was answered again: the answer must be the same, to the byte.
    pub async fn ask_again(&self, process: &Process, count: usize) {
        let told: Vec<Told> = {
            let told = self.told.lock().unwrap();
            (0..count)
                .map(|n| told[told.len() - 1 - n * told.len() / (count + 1)].clone())
                .collect()
        };
        for Told { key, call, answer } in told {
            let again = process.send(&call).await;
            assert_eq!((again.status, again.text()), (answer.status, answer.text()), "{key}");
            assert!(again.is_replayed(), "{key}");
        }
    }

    pub fn verify(&self) {
        let verified = output(amanah(&["verify", "--database", &self.place.url()]));
        assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
    }
}

async fn all(mut running: JoinSet<Unanswered>) -> Unanswered {
    let mut unanswered = Vec::new();
    while let Some(ended) = running.join_next().await {
        unanswered.extend(ended.unwrap());
    }
    unanswered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_and_do_nothing_twice() {
    const ROUNDS: usize = 50;
    const CALLERS: usize = 32;
    let (scene, mut process) = Scene::new().await;
    let scene = Arc::new(scene);
    let (mut cut_off, mut landed) = (0, 0);
    for round in 0..ROUNDS {
        let running = scene.load(&process, round, CALLERS);
        tokio::time::sleep(Duration::from_millis(60).mul_f64(1.0 + 3.0 * random_share())).await;
        process.kill();
        let unanswered = all(running).await;
        cut_off += unanswered.len();
        process = Process::serve(&scene.database());
        landed += scene.settle(&process, unanswered).await;
        scene.ask_again(&process, 5).await;
    }
    let wrong = scene.differences(&process).await;
    assert!(wrong.is_empty(), "{} differences, first {:?}", wrong.len(), wrong.first());
    let told = scene.told.lock().unwrap().len();
    println!(
        "{ROUNDS} kills: {told} answers kept, {cut_off} cut off, of which {landed} had been carried out"
    );
    assert!(cut_off >= ROUNDS, "the kills met no load: {cut_off} commands were cut off");
    scene.verify();
    process.kill();
    scene.verify();
}

/// The same judge, on a server that acknowledges before it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_acknowledges_before_it_commits_is_caught() {
    let ours = Target::ours(Options::default()).await;
    let firm = Firm::new(&ours);
    let body = json!({"clientId": firm.client().await, "initialAmount": 100, "notes": "open"});
    let open = firm.post("/api/retainers", &body).key("open");
    let answer = ours.send(&open).await;
    let retainer = id(&answer.json()["data"]);
    let mut told = vec![Told { call: open, key: "open".to_owned(), answer }];
    for n in 0..20 {
        let key = format!("k{n}");
        let body = json!({"amount": 1, "description": key});
        let call = firm.post(format!("/api/retainers/{retainer}/consume"), &body).key(&key);
        ours.faults.acknowledge_only.store(n == 13, SeqCst);
        let answer = ours.send(&call).await;
        assert!(answer.is_ok());
        told.push(Told { call, key, answer });
    }
    ours.restart().await;
    let mut connection = Connection::open(ours.address()).await.unwrap();
    let found = Found::read(&mut connection, &firm.token).await.unwrap();
    let wrong = differences(&told, &found);
    println!("{wrong:?}");
    assert!(wrong.contains(&"k13 was acknowledged and is lost".to_owned()), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_cuts_nothing_that_was_carried_out() {
    for round in 0..8 {
        let (scene, mut process) = Scene::new().await;
        let scene = Arc::new(scene);
        let running = scene.load(&process, round, 16);
        tokio::time::sleep(Duration::from_millis(50).mul_f64(1.0 + random_share())).await;
        process.terminate();
        let unanswered = all(running).await;
        assert!(process.ended().success());
        assert!(Connection::open(process.address).await.is_err(), "it still listens");
        let process = Process::serve(&scene.database());
        for (key, _) in &unanswered {
            let outcome =
                process.send(&Call::get(format!("/api/outcomes/{key}")).token(&scene.token)).await;
            assert_eq!(outcome.status, 404, "{key} was carried out and its caller was not told");
        }
        assert_eq!(scene.settle(&process, unanswered).await, 0);
        assert_eq!(scene.differences(&process).await, [""; 0]);
        scene.verify();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let (_scene, mut process) = Scene::new().await;
    let mut idle = Connection::open(process.address).await.unwrap();
    assert_eq!(idle.send(&Call::get("/ready")).await.unwrap().status, 200);
    process.terminate();
    assert!(idle.is_closed_within(PATIENCE).await);
    assert!(process.ended().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_second_process_on_one_file_is_refused() {
    let (scene, mut first) = Scene::new().await;
    let arguments = ["serve", "--database", &url(&scene.database()), "--listen", "127.0.0.1:0"];
    let second = output(amanah(&arguments));
    assert!(!second.status.success());
    assert!(
        text(&second.stderr).contains("is being served by another process"),
        "{}",
        text(&second.stderr)
    );
    // The first is not disturbed, and its place is free when it has gone, however it went.
    assert_eq!(first.send(&Call::get("/ready")).await.status, 200);
    first.kill();
    let third = Process::serve(&scene.database());
    assert_eq!(third.send(&Call::get("/ready")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_under_load_is_whole() {
    let (scene, process) = Scene::new().await;
    let scene = Arc::new(scene);
    let running = scene.load(&process, 0, 8);
    let stop = Arc::new(AtomicBool::new(false));
    for n in 0..3 {
        tokio::time::sleep(Duration::from_millis(80)).await;
        let copy = scene.database().with_file_name(format!("copy-{n}.db"));
        let (file, database) = (copy.display().to_string(), url(&scene.database()));
        let backup = tokio::task::spawn_blocking(move || {
            output(amanah(&["backup", &file, "--database", &database]))
        });
        let backup = backup.await.unwrap();
        assert!(backup.status.success(), "{}", text(&backup.stderr));
        let verified = output(amanah(&["verify", "--database", &url(&copy)]));
        assert!(verified.status.success(), "{}", text(&verified.stdout));
        // It can be served, and its numbers go on where they stood.
        let served = Process::serve(&copy);
        let list = Call::get("/api/retainers?limit=1").token(&scene.token);
        let total = served.send(&list).await.json()["pagination"]["total"].as_i64().unwrap();
        let (_, open) = scene.open(format!("after-{n}"), 5);
        let made =
            served.send(&open).await.json()["data"]["retainerNumber"].as_str().unwrap().to_owned();
        assert!(made.ends_with(&format!("-{:04}", total + 1)), "{made} after {total}");
    }
    stop.store(true, SeqCst);
    drop(process);
    all(running).await;
    let again = output(amanah(&[
        "backup",
        &scene.database().with_file_name("copy-0.db").display().to_string(),
        "--database",
        &url(&scene.database()),
    ]));
    assert!(!again.status.success(), "a backup overwrote an earlier one");
}
