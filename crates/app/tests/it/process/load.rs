//! The report's own load test, `ab`: nobody is told anything but yes.

use std::{path::Path, process::Command};

use serde_json::json;

use super::{Process, amanah, output, text, url};
use crate::support::{
    client::Call,
    firm::{halalas, id},
    tokens,
};

/// Debian's `apache2-utils`; installed when it is not there.
fn ab() -> Command {
    let is_there =
        || Command::new("ab").arg("-V").output().is_ok_and(|output| output.status.success());
    if !is_there() {
        println!("ab is not there: installing apache2-utils");
        let installed = Command::new("apt-get").args(["install", "-y", "apache2-utils"]).output();
        assert!(
            installed.is_ok_and(|output| output.status.success()) && is_there(),
            "ab can't be installed"
        );
    }
    Command::new("ab")
}

fn thousand_by_fifty(process: &Process, token: &str, path: &str, body: &Path) {
    let mut command = ab();
    // Answers differ in length; -l says that this is no failure.
    command.args(["-l", "-n", "1000", "-c", "50", "-T", "application/json"]);
    command.args([
        "-H",
        &format!("Authorization: Bearer {token}"),
        "-p",
        &body.display().to_string(),
    ]);
    command.arg(format!("http://{}{path}", process.address));
    let report = text(&output(command).stdout);
    let figure =
        |name: &str| report.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(figure("Complete requests:"), Some("1000"), "{report}");
    assert_eq!(figure("Failed requests:"), Some("0"), "{report}");
    assert_eq!(figure("Non-2xx responses:"), None, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ab_is_told_yes_a_thousand_times() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("test.db");
    let mut process = Process::serve(&database);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let send = async |call: Call| process.send(&call.token(&token)).await.json();
    let client = id(&send(Call::post("/api/clients", &json!({"fullName": "Noura"}))).await["data"]);
    let open = json!({"clientId": client, "initialAmount": 1_000});
    let retainer = id(&send(Call::post("/api/retainers", &open)).await["data"]);
    let (create, consume) = (folder.path().join("create.json"), folder.path().join("consume.json"));
    std::fs::write(&create, open.to_string()).unwrap();
    std::fs::write(&consume, json!({"amount": 0.25}).to_string()).unwrap();
    thousand_by_fifty(&process, &token, "/api/retainers", &create);
    thousand_by_fifty(&process, &token, &format!("/api/retainers/{retainer}/consume"), &consume);
    let left = send(Call::get(format!("/api/retainers/{retainer}"))).await;
    assert_eq!(halalas(&left["data"]["currentBalance"]), 100_000 - 25_000);
    let listed = send(Call::get("/api/retainers?limit=1")).await;
    assert_eq!(
        listed["data"][0]["retainerNumber"].as_str().map(|number| &number[9..]),
        Some("1001")
    );
    process.terminate();
    assert!(process.ended().success());
    assert!(output(amanah(&["verify", "--database", &url(&database)])).status.success());
}
