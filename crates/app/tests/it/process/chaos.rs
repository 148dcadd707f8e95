//! Races on a bad day: the database is slow, refuses, and leaves commits unknown. Clients do what the
//! recipe says, the same key until there is an outcome, and every rule holds.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Process, amanah, output, text, url};
use crate::support::{
    client::{Answer, Call},
    firm::id,
    tokens,
};

const FAULTS: &str =
    "delay=0..2ms,refuse=0.05,fail=0.05,conflict=0.1,unknown=0.08,lost=0.08,seed=20261127";

const ROUNDS_MIN: usize = 4;
/// By then the rarest fault has come.
const ROUNDS_MAX: usize = 100;

struct Scene {
    folder: tempfile::TempDir,
    process: Arc<Process>,
    token: String,
    client: String,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = url(&folder.path().join("test.db"));
        let mut command = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
        command.args(["--chaos", FAULTS]);
        let process = Arc::new(Process::start(command));
        let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
        let mut scene = Self { folder, process, token, client: String::new() };
        scene.client = id(&scene.make("/api/clients", json!({"fullName": "Noura"})).await);
        scene
    }

    /// As the recipe says: the same key until there is an outcome.
    async fn make(&self, path: &str, body: Value) -> Value {
        let answer = self.settled(self.call(path, &body)).await;
        assert!(answer.is_ok(), "{path}: {} {}", answer.status, answer.text());
        answer.json()["data"].clone()
    }

    fn call(&self, path: &str, body: &Value) -> Call {
        Call::post(path, body).token(&self.token).key(tokens::new_id())
    }

    async fn settled(&self, call: Call) -> Answer {
        settled(Arc::clone(&self.process), call).await
    }

    /// Which faults the metrics have not counted yet.
    async fn missing_faults(&self) -> Vec<&'static str> {
        let metrics = self.process.send(&Call::get("/metrics")).await.text();
        let is_missing = |fault: &&str| {
            let line = format!("amanah_chaos_injected_total{{fault=\"{fault}\"}} ");
            let count = metrics.lines().find_map(|found| found.strip_prefix(&line));
            count.is_none_or(|count| count == "0")
        };
        let all = ["delay", "refuse", "fail", "conflict", "unknown", "lost"];
        all.into_iter().filter(is_missing).collect()
    }

    async fn get(&self, path: &str) -> Value {
        self.process.send(&Call::get(path).token(&self.token)).await.json()
    }

    /// All at the same time; each with its own key.
    async fn race(&self, calls: Vec<Call>) -> Vec<Answer> {
        let mut running = JoinSet::new();
        for call in calls {
            running.spawn(settled(Arc::clone(&self.process), call));
        }
        running.join_all().await
    }

    async fn retainer(&self, amount: i64) -> String {
        let body = json!({"clientId": self.client, "initialAmount": amount});
        id(&self.make("/api/retainers", body).await)
    }
}

async fn settled(process: Arc<Process>, call: Call) -> Answer {
    const ATTEMPTS_MAX: u32 = 200;
    for _ in 0..ATTEMPTS_MAX {
        let answer = process.send(&call).await;
        match answer.status {
            503 => assert!(answer.header("retry-after").is_some(), "{}", answer.text()),
            504 => {}
            _ => return answer,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no outcome after {ATTEMPTS_MAX} attempts: {}", call.path);
}

fn accepted(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn races_hold_under_chaos_and_what_was_injected_is_counted() {
    let scene = Scene::new().await;
    let health = scene.get("/health").await;
    assert!(health["chaos"].as_str().is_some_and(|told| told.contains("unknown=0.08")), "{health}");
    for round in 0.. {
        let missing = scene.missing_faults().await;
        if round >= ROUNDS_MIN && missing.is_empty() {
            break;
        }
        assert!(round < ROUNDS_MAX, "never came: {missing:?}");
        // Ten consumes of 60 on 100: one.
        let retainer = scene.retainer(100).await;
        let consume = format!("/api/retainers/{retainer}/consume");
        let calls = (0..10).map(|_| scene.call(&consume, &json!({"amount": 60}))).collect();
        assert_eq!(accepted(&scene.race(calls).await), 1);
        let after = scene.get(&format!("/api/retainers/{retainer}")).await;
        assert_eq!(after["data"]["currentBalance"], json!(40), "{after}");

        // Ten payments of 80 for an invoice of 100: the first takes 80, the next 20, the rest is credit.
        let items = json!([{"description": "Work", "quantity": 1, "unitPrice": 100}]);
        let body = json!({"clientId": scene.client, "vatRate": 0, "items": items});
        let invoice = id(&scene.make("/api/invoices", body).await);
        scene.make(&format!("/api/invoices/{invoice}/send"), json!({})).await;
        let pay = json!({"clientId": scene.client, "amount": 80, "paymentMethod": "cash",
            "paymentType": "customer_payment", "status": "completed", "invoiceId": invoice});
        let calls = (0..10).map(|_| scene.call("/api/payments", &pay)).collect();
        let answers = scene.race(calls).await;
        assert_eq!(accepted(&answers), 10, "{}", answers[0].text());
        let after = scene.get(&format!("/api/invoices/{invoice}")).await;
        assert_eq!(after["data"]["amountPaid"], json!(100), "{after}");

        // Ten clients: ten numbers.
        let calls =
            (0..10).map(|n| scene.call("/api/clients", &json!({"fullName": format!("C{n}")})));
        let answers = scene.race(calls.collect()).await;
        let mut numbers: Vec<_> = answers
            .iter()
            .map(|answer| answer.json()["data"]["clientNumber"].to_string())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 10, "{numbers:?}");

        // The same key ten times: once.
        let retainer = scene.retainer(100).await;
        let once =
            scene.call(&format!("/api/retainers/{retainer}/consume"), &json!({"amount": 30}));
        let answers = scene.race(vec![once; 10]).await;
        assert_eq!(accepted(&answers), 10);
        let bodies: std::collections::BTreeSet<_> = answers.iter().map(Answer::text).collect();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        let after = scene.get(&format!("/api/retainers/{retainer}")).await;
        assert_eq!(after["data"]["currentBalance"], json!(70), "{after}");
    }
    let database = url(&scene.folder.path().join("test.db"));
    drop(scene.process);
    let verified = output(amanah(&["verify", "--database", &database]));
    assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
}

#[test]
fn production_has_no_chaos() {
    let folder = tempfile::tempdir().unwrap();
    let database = url(&folder.path().join("test.db"));
    let mut by_flag = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
    by_flag.args(["--chaos", "fail=0.1", "--production"]);
    let mut by_environment = amanah(&["serve", "--database", &database, "--chaos", "fail=0.1"]);
    by_environment.env("AMANAH_PRODUCTION", "1");
    for command in [by_flag, by_environment] {
        let refused = output(command);
        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains("--production"), "{}", text(&refused.stderr));
    }
    let bad = output(amanah(&["serve", "--database", &database, "--chaos", "fire=1"]));
    assert!(text(&bad.stderr).contains("fire is no fault"), "{}", text(&bad.stderr));
    assert!(!folder.path().join("test.db").exists(), "nothing was touched");
}
