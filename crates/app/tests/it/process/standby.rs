//! Served from PostgreSQL: what it says while something is missing, and reports read from a standby.

use serde_json::{Value, json};
use throwaway::{Cluster, Replication};

use super::{Process, amanah, output, text};
use crate::support::{client::Call, firm::id, tokens};

fn serve(arguments: &[&str]) -> Process {
    let all: Vec<&str> =
        ["serve", "--listen", "127.0.0.1:0"].iter().chain(arguments).copied().collect();
    Process::start(amanah(&all))
}

/// A firm with one retainer of 100.
struct Firm<'p> {
    process: &'p Process,
    token: String,
    retainer: String,
}

impl<'p> Firm<'p> {
    async fn new(process: &'p Process) -> Self {
        let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
        let post = async |path: &str, body: &Value| {
            let made = process.send(&Call::post(path, body).token(&token)).await;
            assert_eq!(made.status, 201, "{}", made.text());
            id(&made.json()["data"])
        };
        let client = post("/api/clients", &json!({"fullName": "Noura"})).await;
        let body = json!({"clientId": client, "initialAmount": 100});
        let retainer = post("/api/retainers", &body).await;
        Self { process, token, retainer }
    }

    /// Takes 1, and gives the `seq` of that.
    async fn consume(&self) -> i64 {
        let path = format!("/api/retainers/{}/consume", self.retainer);
        let call = Call::post(path, &json!({"amount": 1})).token(&self.token);
        let answer = self.process.send(&call).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["seq"].as_i64().unwrap()
    }

    /// What the statistics say is left, and up to where they are known to go.
    async fn left(&self, query: &str) -> (Value, i64) {
        let call = Call::get(format!("/api/retainers/stats{query}")).token(&self.token);
        let answer = self.process.send(&call).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seq = answer.header("as-of-seq").expect("a report says how new it is");
        let left = answer.json()["data"]["totals"][0]["totalCurrentBalance"].clone();
        (left, seq.parse().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_come_from_a_standby_and_are_as_new_as_is_asked() {
    let primary = Cluster::start();
    let database = primary.fresh_database();
    let standby = primary.standby(Replication::Asynchronous);
    let behind = standby.database(&database.name);
    let process = serve(&["--database", &database.url, "--read-database", &behind.url]);
    let firm = Firm::new(&process).await;
    let before = firm.consume().await;
    // Asked for what has been done, the standby is waited for.
    assert_eq!(firm.left(&format!("?seq={before}")).await, (json!(99), before));

    let sql = |sql: &str| standby.sql("postgres", sql);
    sql("select pg_wal_replay_pause()");
    while sql("select pg_get_wal_replay_pause_state()") != [["paused"]] {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let after = firm.consume().await;
    assert_eq!(firm.left("").await, (json!(99), before), "it is the standby that is asked");
    // It does not catch up in time, and the primary answers.
    let at_least = format!("?seq={after}");
    assert_eq!(firm.left(&at_least).await, (json!(98), after));
    let asked = firm.left("?seq=9999999").await;
    assert_eq!(asked, (json!(98), after), "more than there is, and so all there is");
    let (asked, ()) = tokio::join!(firm.left(&at_least), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| sql("select pg_wal_replay_resume()"));
    });
    assert_eq!(asked, (json!(98), after));
    for wrong in ["?seq=x", "?seq=-1", "?seq=0", "?seq=1&seq=2"] {
        let call = Call::get(format!("/api/retainers/stats{wrong}")).token(&firm.token);
        assert_eq!(process.send(&call).await.code(), "invalid_field", "{wrong}");
    }

    // Without it, the primary does it all.
    standby.kill9();
    assert_eq!(firm.left("").await, (json!(98), after));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_told_what_is_missing() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let url: &str = &database.url;
    let process = serve(&["--database", url, "--no-migrate"]);
    let missing = async || {
        let answer = process.send(&Call::get("/ready").header("Accept-Language", "en")).await;
        let body = answer.json();
        let missing = body["errors"].as_array().cloned().unwrap_or_default();
        let each = missing.iter().map(|error| format!("{}: {}", error["field"], error["code"]));
        (answer.status, body["code"].clone(), each.collect::<Vec<_>>())
    };
    let (status, code, fields) = missing().await;
    assert_eq!((status, code), (503, json!("not_ready")));
    assert_eq!(fields[0], r#""0001_core": "migration_missing""#);
    let migrated = output(amanah(&["migrate", "--database", url]));
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert_eq!(missing().await, (200, Value::Null, vec![]));
    Firm::new(&process).await.consume().await;
    cluster.kill9();
    let away = vec![r#""database": "database_away""#.to_owned()];
    assert_eq!(missing().await, (503, json!("not_ready"), away));
    assert_eq!(process.send(&Call::get("/health")).await.status, 200);
    cluster.start_again();
    assert_eq!(missing().await.0, 200);
    let verified = output(amanah(&["verify", "--database", url]));
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

#[tokio::test]
async fn a_postgres_that_can_not_be_used_is_named_and_the_password_is_not() {
    let cluster = Cluster::shared();
    let port = cluster.port();
    for (url, word) in [
        (format!("postgres://postgres:hidden@127.0.0.1:{port}/nowhere"), "nowhere"),
        ("postgres://postgres:hidden@127.0.0.1:1/a".to_owned(), "127.0.0.1:1"),
        (format!("postgres://u:hidden@127.0.0.1:{port}/a?sslmode=perhaps"), "sslmode=perhaps"),
        ("mysql://u:hidden@h/a".to_owned(), "postgres://USER@HOST/DATABASE"),
    ] {
        for command in ["serve", "migrate", "verify"] {
            let said = output(amanah(&[command, "--database", &url]));
            let (success, said) = (said.status.success(), text(&said.stderr));
            assert!(!success && said.contains(word) && !said.contains("hidden"), "{said}");
        }
    }
    let database = cluster.fresh_database();
    let said = output(amanah(&["verify", "--database", &database.url]));
    assert!(text(&said.stderr).contains("amanah migrate"), "{}", text(&said.stderr));
    let lagging = ["serve", "--database", &database.url, "--read-database", "sqlite:a.db"];
    let said = text(&output(amanah(&lagging)).stderr);
    assert!(said.contains("--read-database: a standby is a PostgreSQL"), "{said}");
}
