//! What an operator sees when somebody writes to the database past the program.

use std::{path::Path, process::Command, time::Duration};

use serde_json::{Value, json};

use super::{Process, amanah, text, url};
use crate::support::{client::Call, firm::id, receiver::Receiver, tokens};

#[tokio::test]
async fn numbers_that_fail_are_counted_told_and_sent_on() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let database = folder.path().join("test.db");
    let mut command = amanah(&["serve", "--database", &url(&database), "--listen", "127.0.0.1:0"]);
    command.arg("--private-webhooks");
    let process = Process::start(command);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let hook = json!({"url": receiver.url(), "types": ["numbers_fail"]});
    assert!(process.send(&Call::post("/api/webhooks", &hook).token(&token)).await.is_ok());
    let take_in = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token);
    for _ in 0..2 {
        id(&process.send(&take_in).await.json()["data"]);
    }
    let set_back = || {
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(connection.execute("update counters set taken = 1", []).unwrap(), 1);
    };
    set_back();
    for _ in 0..4 {
        let failed = process.send(&take_in).await;
        assert_eq!((failed.status, failed.code().as_str()), (500, "defect"), "{}", failed.text());
    }
    let got = receiver.wait_for(1).await.remove(0);
    assert!(got.text().contains("alert.numbers_fail"), "{}", got.text());
    let told = process.send(&Call::get("/api/alerts?type=numbers_fail").token(&token)).await.json();
    assert_eq!(told["data"].as_array().map(Vec::len), Some(1), "{told}");
    let metrics = process.send(&Call::get("/metrics")).await.text();
    assert!(metrics.contains("amanah_unique_violations_total{of=\"number\"} 4\n"), "{metrics}");
    assert!(metrics.contains("amanah_alerts_total{type=\"numbers_fail\"} 1\n"), "{metrics}");
}

/// Two scrapes as Prometheus has them, the second from the third minute on; the rules that fire then, and
/// did not before.
fn fired(folder: &Path, scrapes: [&str; 2], rules: &[&str]) {
    let lines = |scrape: &str| -> Vec<(String, String)> {
        let samples = scrape.lines().filter(|line| !line.starts_with('#'));
        let split = samples.filter_map(|line| line.rsplit_once(' '));
        split.map(|(series, value)| (series.to_owned(), value.to_owned())).collect()
    };
    let before = lines(scrapes[0]);
    let series = lines(scrapes[1]).into_iter().map(|(series, after)| {
        let found = before.iter().find(|(known, _)| *known == series);
        let early = found.map_or("_", |(_, value)| value);
        json!({"series": series, "values": format!("{early}x2 {after}x20")})
    });
    let series: Vec<Value> = series.collect();
    let asked = |rule: &str, at: &str, count: u32| {
        let samples = match count {
            0 => json!([]),
            _ => json!([{"labels": format!("{{alertname=\"{rule}\"}}"), "value": count}]),
        };
        let expr =
            format!("count by (alertname) (ALERTS{{alertname=\"{rule}\",alertstate=\"firing\"}})");
        json!({"expr": expr, "eval_time": at, "exp_samples": samples})
    };
    let asked = rules.iter().flat_map(|rule| [asked(rule, "2m", 0), asked(rule, "10m", 1)]);
    let test = json!({
        "rule_files": [concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/amanah.rules.yml")],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": asked.collect::<Vec<_>>(),
        }],
    });
    // JSON is YAML.
    let file = folder.join("scenario.yml");
    std::fs::write(&file, test.to_string()).unwrap();
    let judged = Command::new("promtool").args(["test", "rules"]).arg(&file).output().unwrap();
    assert!(judged.status.success(), "{}{}", text(&judged.stdout), text(&judged.stderr));
}

/// The report's four; that numbers fail has a test of its own above. Nobody asks for a verification.
#[tokio::test]
async fn each_of_the_reports_alerts_is_counted_told_sent_on_and_fires() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let database = folder.path().join("test.db");
    let process = Process::serve_on(&url(&database), &["--private-webhooks", "--verify-share=0.2"]);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let make = async |path: &str, body: Value| {
        let call = Call::post(path, &body).token(&token).key(tokens::new_id());
        let answer = process.send(&call).await;
        assert!(answer.is_ok(), "{path}: {}", answer.text());
        answer.json()["data"].clone()
    };
    let scrape = async || process.send(&Call::get("/metrics")).await.text();
    make("/api/webhooks", json!({"url": receiver.url(), "types": []})).await;
    let client = id(&make("/api/clients", json!({"fullName": "Noura"})).await);
    make("/api/clients", json!({"fullName": "Huda"})).await;
    let retainer = json!({"clientId": client, "initialAmount": 100});
    let retainer = id(&make("/api/retainers", retainer).await);
    let items = json!([{"description": "Work", "quantity": 1, "unitPrice": 100}]);
    let invoice = json!({"clientId": client, "vatRate": 0, "items": items});
    let invoice = id(&make("/api/invoices", invoice).await);
    make(&format!("/api/invoices/{invoice}/send"), json!({})).await;
    let before = scrape().await;

    let pay = json!({"clientId": client, "amount": 10, "paymentMethod": "cash",
        "paymentType": "customer_payment", "status": "completed", "invoiceId": invoice});
    for _ in 0..2 {
        make("/api/payments", pay.clone()).await;
    }
    let forge = |sql: &str| {
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
    };
    forge("update retainers set balance = balance + 1, deposits = deposits + 1");
    forge("update invoices set paid = paid + 1, due = due - 1");
    forge("update counters set taken = 1 where series = 'CLT'");
    for _ in 0..4 {
        let take_in = Call::post("/api/clients", &json!({"fullName": "Sara"})).token(&token);
        assert_eq!(process.send(&take_in).await.status, 500);
    }

    let all = [
        ("invoice_paid_twice", Some(&invoice)),
        ("balance_below_zero", Some(&retainer)),
        ("amount_paid_differs", Some(&invoice)),
        ("numbers_fail", None),
    ];
    for (kind, about) in all {
        let is_it = |body: &Value| {
            body["type"] == format!("alert.{kind}")
                && about.is_none_or(|about| body["data"]["about"] == **about)
        };
        let mut came = false;
        for _ in 0..3_000 {
            let got = receiver.got();
            came = got.iter().any(|got| is_it(&serde_json::from_slice(&got.body).unwrap()));
            if came {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(came, "{kind} was not sent on");
        let path = format!("/api/alerts?type={kind}");
        let told = process.send(&Call::get(path).token(&token)).await.json();
        assert!(!told["data"].as_array().unwrap().is_empty(), "{kind}: {told}");
    }
    let after = scrape().await;
    for (kind, _) in all {
        let none = format!("amanah_alerts_total{{type=\"{kind}\"}} 0");
        assert!(before.contains(&none) && !after.contains(&none), "{kind}: {after}");
    }
    let rules = [
        "AmanahInvoicePaidTwice",
        "AmanahBalanceBelowZero",
        "AmanahAmountPaidDiffers",
        "AmanahNumberAllocationFails",
    ];
    fired(folder.path(), [&before, &after], &rules);
}
