//! What an operator sees when somebody writes to the database past the program.

use std::time::Duration;

use serde_json::json;

use super::{Process, amanah, url};
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
