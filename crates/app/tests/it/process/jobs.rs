//! What the product does by itself, done by two processes on one PostgreSQL: they share it, and one goes
//! on where the other has died.

use std::{collections::BTreeMap, time::Duration};

use engine::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::Process;
use crate::support::{
    client::Call,
    database::Database,
    firm::id,
    receiver::{Got, Receiver},
    sound, tokens,
};

struct Scene {
    database: Database,
    token: String,
}

impl Scene {
    async fn new() -> Self {
        let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
        Self { database: Database::postgres().await, token }
    }

    fn process(&self) -> Process {
        Process::serve_on(&self.database.url(), &["--private-webhooks"])
    }

    async fn make(&self, process: &Process, path: &str, body: Value) -> Value {
        let answer = process.send(&Call::post(path, &body).token(&self.token)).await;
        assert!(answer.is_ok(), "{path}: {}", answer.text());
        answer.json()["data"].clone()
    }

    async fn get(&self, process: &Process, path: &str) -> Vec<Value> {
        let answer = process.send(&Call::get(path).token(&self.token)).await;
        answer.json()["data"].as_array().expect("a list").clone()
    }

    async fn webhook(&self, process: &Process, receiver: &Receiver) -> String {
        let hook = json!({"url": receiver.url(), "types": []});
        id(&self.make(process, "/api/webhooks", hook).await)
    }

    /// Waits until so many deliveries stand like this.
    async fn deliveries(&self, process: &Process, stage: &str, count: usize) {
        for _ in 0..3_000 {
            let path = format!("/api/deliveries?limit=100&stage={stage}");
            if self.get(process, &path).await.len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.get(process, "/api/deliveries?limit=100").await);
    }
}

/// How often each came.
fn counts(got: &[Got]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for got in got {
        *counts.entry(got.header("webhook-id")).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_deliveries_and_none_is_made_twice() {
    const COUNT: usize = 60;
    /// Deliveries that one process makes at the same time.
    const UNDER_WAY_MAX: usize = 16;
    let (scene, receiver) = (Scene::new().await, Receiver::start().await);
    let both = [scene.process(), scene.process()];
    let hook = scene.webhook(&both[0], &receiver).await;
    receiver.be_silent(true);
    for n in 0..COUNT {
        scene.make(&both[n % 2], &format!("/api/webhooks/{hook}/test"), json!({})).await;
    }
    // More than one process alone would send: each holds some when the answers come.
    receiver.wait_for(UNDER_WAY_MAX + 1).await;
    receiver.be_silent(false);
    scene.deliveries(&both[0], "delivered", COUNT).await;
    let got = receiver.got();
    let counts = counts(&got);
    assert_eq!(counts.len(), COUNT);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let mut made = Vec::new();
    for process in &both {
        let metrics = process.send(&Call::get("/metrics")).await.text();
        let line = "amanah_delivery_attempts_total{outcome=\"delivered\"} ";
        let count = metrics.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        made.push(count.parse::<usize>().unwrap());
    }
    assert_eq!(made.iter().sum::<usize>(), COUNT);
    assert!(made.iter().all(|made| *made > 0), "{made:?}");
    drop(both);
    sound::check(&store::open_reader(&scene.database.url()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_process_has_claimed_is_delivered_by_another() {
    let (scene, receiver) = (Scene::new().await, Receiver::start().await);
    let mut dies = scene.process();
    let hook = scene.webhook(&dies, &receiver).await;
    receiver.be_silent(true);
    for _ in 0..5 {
        scene.make(&dies, &format!("/api/webhooks/{hook}/test"), json!({})).await;
    }
    receiver.wait_for(5).await;
    dies.kill();
    receiver.be_silent(false);
    let lives = scene.process();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.got().len(), 5, "somebody else has claimed them");
    // Sooner than the claims would run out by themselves.
    scene.database.sql("update deliveries set next_at = 0");
    scene.deliveries(&lives, "delivered", 5).await;
    let got = receiver.got();
    let counts = counts(&got);
    assert_eq!((got.len(), counts.len()), (10, 5), "each again, under its own id");
    for delivery in scene.get(&lives, "/api/deliveries").await {
        assert_eq!(delivery["attempts"], 2, "{delivery}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_find_the_same_ending_retainers_tell_once() {
    const COUNT: usize = 20;
    let scene = Scene::new().await;
    let first = scene.process();
    let client = id(&scene.make(&first, "/api/clients", json!({"fullName": "Noura"})).await);
    let ends = SystemClock.now().plus_micros(10 * 86_400_000_000).micros();
    let ends = jiff::Timestamp::from_microsecond(ends).unwrap();
    for _ in 0..COUNT {
        let body = json!({"clientId": client, "initialAmount": 100, "endDate": ends.to_string()});
        scene.make(&first, "/api/retainers", body).await;
    }
    drop(first);
    // The job looks when a server starts.
    let both = [scene.process(), scene.process()];
    let path = "/api/alerts?type=retainer_expiring&limit=100";
    for _ in 0..1_000 {
        if scene.get(&both[0], path).await.len() == COUNT {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.get(&both[1], path).await.len(), COUNT);
}
