//! What is changed behind the product's back, in either database: found, named, parked, told, and
//! released by an owner.

use std::{path::Path, time::Duration};

use amanah::integrity::Pace;
use domain::{
    audit::{Tree, leaf},
    id::User,
    invariant,
    rows::{AuditRecord, Stored},
};
use serde_json::json;

use super::*;
use crate::support::{client::Call, database::Database, firm::Firm, server::Server, tokens};

/// Whoever can write to the database by hand.
struct Forger {
    url: String,
    /// Of a PostgreSQL.
    name: Option<String>,
}

impl Forger {
    fn of(database: &Database) -> Self {
        let name =
            matches!(database, Database::Postgres { .. }).then(|| database.name().to_owned());
        Self { url: database.url(), name }
    }

    fn forge(&self, sql: &str) {
        if let Some(name) = &self.name {
            throwaway::Cluster::shared().sql(name, sql);
            return;
        }
        let file = self.url.strip_prefix("sqlite:").unwrap();
        let database = rusqlite::Connection::open(file).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        assert!(database.execute(sql, []).unwrap() > 0, "{sql} changes nothing");
    }

    fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.name.is_some() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
    }

    fn id(&self, id: &str) -> String {
        self.blob(id.parse::<domain::Id<User>>().unwrap().bytes())
    }

    fn rows(&self, firm: &str) -> Vec<Stored> {
        let mut rows = Vec::new();
        let reader = store::open_reader(&self.url).unwrap();
        reader.rows(firm.parse().unwrap(), &mut |row| rows.push(row)).unwrap();
        rows
    }
}

async fn both(options: impl Fn() -> Options) -> [(Target, Forger); 2] {
    let mut all = Vec::new();
    for database in [Database::file(), Database::postgres().await] {
        let forger = Forger::of(&database);
        all.push((Target::of(Server::on(database, 1, options()).await), forger));
    }
    all.try_into().ok().expect("two")
}

/// A firm whose first four commands take in a client, open two retainers and consume from the first.
struct Books<'a> {
    firm: Firm<'a>,
    first: String,
    second: String,
}

impl<'a> Books<'a> {
    async fn new(target: &'a Target) -> Self {
        let firm = Firm::new(target);
        let client = firm.client().await;
        let first = firm.retainer_of(&client, 500, &json!({})).await;
        let second = firm.retainer_of(&client, 500, &json!({})).await;
        firm.make(firm.consume(&first, "10")).await;
        Self { firm, first, second }
    }

    async fn verify(&self) -> Value {
        let call = self.firm.post("/api/integrity/verify", &json!({}));
        let answer = self.firm.target.send(&call).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"].clone()
    }

    async fn alerts(&self, kind: &str) -> Vec<Value> {
        let listed = self.firm.get(format!("/api/alerts?type={kind}")).await;
        listed["data"].as_array().unwrap().clone()
    }

    async fn release(&self, account: &str, reason: &str) -> Answer {
        let path = format!("/api/integrity/accounts/{account}/release");
        self.firm.target.send(&self.firm.post(path, &json!({"reason": reason}))).await
    }

    async fn consume(&self, retainer: &str) -> Answer {
        self.firm.target.send(&self.firm.consume(retainer, "1")).await
    }
}

fn about<'v>(integrity: &'v Value, account: &str) -> Option<&'v Value> {
    let all = integrity["discrepancies"].as_array().unwrap();
    all.iter().find(|found| found["accountId"] == account)
}

/// What is forged of the first retainer: the statement, the rule, the alert, what the finding says.
fn forgeries(
    forger: &Forger,
    first: &str,
) -> Vec<(String, &'static str, &'static str, &'static str)> {
    let first = forger.id(first);
    vec![
        (
            format!(
                "update retainers set balance = balance + 100, deposits = deposits + 100 where id = {first}"
            ),
            "I1",
            "balance_below_zero",
            "the row says 49100 after 2 movements, 2 movements add up to 49000",
        ),
        (
            format!(
                "update movements set amount = amount - 1 where n = 2 and retainer_id = {first}"
            ),
            "I1",
            "balance_below_zero",
            "movement 2 (seq 4) says 49000 after it, the journal adds up to 49001",
        ),
        (
            "update entries set amount = amount + 1 where seq = 4 and line = 1".to_owned(),
            "I1",
            "balance_below_zero",
            "the row says 49000, ledger 2130 says 48999",
        ),
        (
            format!("update retainers set number = 'RET-2026-0009' where id = {first}"),
            "I5",
            "discrepancy",
            "RET-2026-0009 was never given out, 2 were",
        ),
        (
            "update audit set request_id = 'another' where n = 4".to_owned(),
            "I8",
            "discrepancy",
            "audit record 4 (consume_retainer, accepted) is not what was recorded",
        ),
    ]
}

#[tokio::test]
async fn what_is_forged_is_found_named_parked_told_and_released() {
    for n in 0..5 {
        for (target, forger) in both(Options::default).await {
            let books = Books::new(&target).await;
            let Books { firm, first, second } = &books;
            let clean = books.verify().await;
            assert_eq!((&clean["holds"], &clean["seq"]), (&json!(true), &json!(4)), "{clean}");
            let (sql, rule, kind, says) = forgeries(&forger, first).remove(n);
            forger.forge(&sql);
            target.expect_unsound().await;

            let found = books.verify().await;
            let named = about(&found, first).unwrap_or_else(|| panic!("{sql}: {found}"));
            assert_eq!((&named["rule"], &named["parked"]), (&json!(rule), &json!(true)), "{named}");
            assert_eq!(named["accountKind"], "retainer");
            let text = named["finding"].as_str().unwrap();
            assert!(text.contains(says), "{sql}: {text}");
            assert_eq!(about(&found, second), None, "{found}");
            assert_eq!(found["holds"], false);
            let alerts = books.alerts(kind).await;
            let alert = alerts.iter().find(|alert| &alert["about"] == first).expect("it is told");
            assert_eq!(
                (&alert["finding"], &alert["acknowledged"]),
                (&named["finding"], &json!(false))
            );
            let metrics = target.send(&Call::get("/metrics")).await.text();
            let none = format!("amanah_broken_facts{{invariant=\"{rule}\"}} 0");
            assert!(!metrics.lines().any(|line| line == none), "{rule} is in the metrics");

            assert_refused(&books.consume(first).await, 409, "account_parked");
            let deposit = target.send(&firm.replenish(first, "5")).await;
            assert_refused(&deposit, 409, "account_parked");
            assert!(books.consume(second).await.is_ok(), "its neighbour goes on");
            let again = books.verify().await;
            assert_eq!(books.alerts(kind).await.len(), alerts.len(), "told once: {again}");

            let path = format!("/api/integrity/accounts/{first}/release");
            for role in ["admin", "accountant", "lawyer"] {
                let token = firm.token_of(&tokens::new_id(), role);
                let body = json!({"reason": "mine"});
                let refused = target.send(&Call::post(&path, &body).token(&token)).await;
                assert_refused(&refused, 403, "forbidden");
            }
            assert_refused(&books.release(first, "").await, 400, "reason_required");
            assert_refused(&books.release(second, "why not").await, 404, "account_not_parked");
            let released = books.release(first, "seen, and accepted").await;
            assert_eq!(released.status, 200, "{}", released.text());
            assert_eq!(released.json()["data"]["releaseReason"], "seen, and accepted");
            let audit = firm.get("/api/audit?limit=1").await["data"][0].clone();
            assert_eq!(audit["command"], "release_account", "{audit}");
            assert!(books.consume(first).await.is_ok(), "{sql}: it is in use again");
            let later = books.verify().await;
            assert_eq!(about(&later, first), None, "{sql}: it is not parked for the same: {later}");
            assert!(books.consume(first).await.is_ok());
        }
    }
}

/// Changes who sent the fourth command, and everything that follows from it.
fn rewrite_the_log(forger: &Forger, firm: &str) {
    let mut tree = Tree::default();
    let rows = forger.rows(firm);
    let records = rows.into_iter().filter_map(|row| match row {
        Stored::Audit(record) => Some(record),
        _ => None,
    });
    for record in records {
        if record.n != 4 {
            tree.append(record.leaf);
            continue;
        }
        let forged = AuditRecord { user: domain::Id::new([9; 12]), ..record };
        let leaf = leaf(&forged);
        let (user, hash) = (forger.blob(&[9; 12]), forger.blob(&leaf));
        forger.forge(&format!("update audit set user_id = {user}, leaf = {hash} where n = 4"));
        tree.append(leaf);
    }
    forger.forge(&format!("update firms set audit_peaks = {}", forger.blob(tree.peaks())));
}

#[tokio::test]
async fn a_log_that_was_rewritten_and_agrees_with_itself_is_found_after_a_restart() {
    for is_kept in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let databases = [Database::file(), Database::postgres().await];
        for (n, database) in databases.into_iter().enumerate() {
            let past = is_kept.then(|| folder.path().join(n.to_string()));
            let forger = Forger::of(&database);
            let server = Server::on(database, 1, Options { past, ..Options::default() }).await;
            rewritten(&Target::of(server), &forger, is_kept).await;
            assert_eq!(is_kept, has_files(&folder.path().join(n.to_string())));
        }
    }
}

/// The checkpoints of one firm.
fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|files| files.count() == 1)
}

async fn rewritten(target: &Target, forger: &Forger, is_kept: bool) {
    let firm = Firm::new(target);
    let client = firm.client().await;
    let first = firm.retainer_of(&client, 500, &json!({})).await;
    let second = firm.retainer_of(&client, 500, &json!({})).await;
    let books = Books { firm, first, second };
    books.verify().await;
    books.firm.make(books.firm.consume(&books.first, "10")).await;
    books.verify().await;
    books.firm.make(books.firm.consume(&books.second, "10")).await;
    rewrite_the_log(forger, &books.firm.id);
    for verdict in invariant::check(forger.rows(&books.firm.id)) {
        assert_eq!(verdict.broken, 0, "it agrees with itself: {verdict:?}");
    }
    target.restart().await;

    let found = books.verify().await;
    if !is_kept {
        assert_eq!(found["holds"], true, "without a checkpoint nobody can know: {found}");
        return;
    }
    let rewritten = "audit records 4 to 4 are not what they were: the log was rewritten";
    let named = about(&found, &books.first).unwrap_or_else(|| panic!("{found}"));
    assert!(named["finding"].as_str().unwrap().starts_with(rewritten), "{named}");
    let log = about(&found, &"0".repeat(24)).unwrap_or_else(|| panic!("{found}"));
    assert_eq!((&log["accountKind"], &log["parked"]), (&json!("audit_log"), &json!(false)));
    assert_eq!(log["finding"], rewritten);
    assert_eq!(about(&found, &books.second), None, "{found}");
    assert_refused(&books.consume(&books.first).await, 409, "account_parked");
    assert!(books.consume(&books.second).await.is_ok());
    books.verify().await;
    assert_eq!(books.alerts("discrepancy").await.len(), 2, "told once");

    for account in [&books.first, &"0".repeat(24)] {
        let released = books.release(account, "the backup of March was put back").await;
        assert_eq!(released.status, 200, "{}", released.text());
    }
    books.verify().await;
    let anew = books.verify().await;
    assert_eq!(anew["holds"], true, "{anew}");
    assert!(books.consume(&books.first).await.is_ok());
    assert_eq!(books.verify().await["holds"], true);
}

#[tokio::test]
async fn the_verifier_finds_it_by_itself_and_two_of_them_tell_it_once() {
    let database = Database::postgres().await;
    let forger = Forger::of(&database);
    let options = Options { verify: Pace::FULL, ..Options::default() };
    let target = Target::of(Server::on(database, 2, options).await);
    let books = Books::new(&target).await;
    let first = forger.id(&books.first);
    forger.forge(&format!(
        "update retainers set balance = balance - 1, deposits = deposits - 1, version = version + 7
         where id = {first}"
    ));
    target.expect_unsound().await;
    let mut told = Vec::new();
    for _ in 0..1_000 {
        told = books.alerts("balance_below_zero").await;
        if !told.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(told.len(), 1, "{told:?}");
    for _ in 0..2 {
        assert_refused(&books.consume(&books.first).await, 409, "account_parked");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(books.alerts("balance_below_zero").await.len(), 1);
    let found = books.firm.get("/api/integrity").await["data"].clone();
    assert!(about(&found, &books.first).is_some(), "{found}");
    // Whoever puts it right and releases it is not held back by what a server remembers.
    forger.forge(&format!(
        "update retainers set balance = balance + 1, deposits = deposits + 1 where id = {first}"
    ));
    assert_eq!(books.release(&books.first, "put right by hand").await.status, 200);
    for _ in 0..2 {
        assert!(books.consume(&books.first).await.is_ok());
    }
    assert_eq!(books.verify().await["holds"], true);
}

#[tokio::test]
async fn a_busy_firm_is_never_suspected() {
    const SECONDS: u64 = 5;
    for (target, _) in both(|| Options { verify: Pace::FULL, ..Options::default() }).await {
        let books = Books::new(&target).await;
        let client = books.firm.client().await;
        let started = std::time::Instant::now();
        let mut round = 0;
        while started.elapsed() < Duration::from_secs(SECONDS) {
            let invoice = books.firm.invoice(&client, 20).await;
            let mut calls = vec![
                books.firm.pay(&invoice, 20),
                books.firm.pay(&invoice, 5),
                books.firm.consume(&books.first, "0.05"),
                books.firm.replenish(&books.second, "3"),
            ];
            calls.extend((0..8).map(|_| books.firm.consume(&books.second, "0.10")));
            target.race(calls).await.unwrap();
            round += 1;
        }
        let seen = books.firm.get("/api/integrity").await["data"].clone();
        assert!(
            seen["seq"].as_i64().unwrap_or(0) > 8,
            "it walks all the time: {seen}, {round} rounds"
        );
        assert_eq!(seen["discrepancies"], json!([]), "{round} rounds");
        for kind in ["discrepancy", "balance_below_zero", "amount_paid_differs"] {
            assert_eq!(books.alerts(kind).await, Vec::<Value>::new());
        }
        let now = books.verify().await;
        assert_eq!(now["holds"], true, "{now}");
        let held = &now["held"][0];
        assert_eq!(
            (&held["balance"], &held["currency"]),
            (&now["currencies"][0]["trustBank"], &json!("SAR"))
        );
    }
}

#[tokio::test]
async fn who_may_not_reconcile_sees_nothing() {
    let target = ours().await;
    let books = Books::new(&target).await;
    let id = tokens::new_id();
    let token = books.firm.token_of(&id, "secretary");
    for call in [Call::get("/api/integrity"), Call::post("/api/integrity/verify", &json!({}))] {
        assert_refused(&target.send(&call.token(&token)).await, 403, "forbidden");
    }
    let none = books.release("none", "there is none").await;
    assert_refused(&none, 404, "account_not_parked");
    let shown = books.firm.get("/api/integrity").await["data"].clone();
    assert_eq!((&shown["verifiedAt"], &shown["seq"]), (&Value::Null, &Value::Null), "{shown}");
    assert_eq!(shown["rules"].as_array().map(Vec::len), Some(10));
}
