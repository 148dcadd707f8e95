//! Calls of its other screens: answered where we have the data, else in the envelope.

use serde_json::json;

use super::Dashboard;
use crate::http::{assert_refused, ours};

#[tokio::test]
async fn what_we_know_of_other_screens_is_served() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let me = dashboard.read("/auth/me").await;
    assert_eq!(
        (&me["user"]["firmId"], &me["user"]["role"]),
        (&json!(dashboard.firm.id), &json!("owner"))
    );
    let client = dashboard.firm.client().await;
    let invoice = dashboard.firm.invoice(&client, 100).await;
    let credit = dashboard
        .posted(&format!("/invoices/{invoice}/convert-to-credit-note"), &json!({"amount": 40}))
        .await;
    let notes = dashboard.read("/credit-notes").await;
    assert_eq!((&notes["total"], &notes["creditNotes"]), (&json!(1), &notes["data"]));
    let number = credit["creditNote"]["creditNoteNumber"].as_str().unwrap();
    assert_eq!(
        dashboard.read(&format!("/credit-notes/{number}")).await["creditNote"],
        credit["creditNote"]
    );
    let ledger = dashboard.read("/general-ledger/entries?page=1&limit=1").await;
    let entry = &ledger["entries"][0];
    assert_eq!((&ledger["entries"], ledger["total"].is_u64()), (&ledger["data"], true));
    // The last thing written is the credit note, which takes something back.
    assert_eq!((&entry["credit"]["code"], &entry["credit"]["of"]), (&json!(1201), &json!(invoice)));
    let statement =
        format!("/statements?clientId={client}&startDate=2026-06-01&endDate=2026-06-30");
    let statement = dashboard.read(&statement).await;
    assert_eq!(statement["client"]["_id"], json!(client));
    assert_eq!(statement["closing"][0]["balance"], json!(60));
    assert_eq!((&statement["total"], statement["from"].is_string()), (&json!(2), true));
    assert_eq!(
        dashboard.read(&format!("/clients/{client}/statement")).await["data"],
        statement["data"]
    );
}

#[tokio::test]
async fn what_is_not_ours_is_not_there_in_the_envelope() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    for path in [
        "/auth/csrf",
        "/statements",
        "/hr/employees",
        "/crm/leads",
        "/leads",
        "/notifications",
        "/time-tracking/timer/status",
        "/",
    ] {
        assert_refused(&dashboard.send(&dashboard.get(path)).await, 404, "not_found");
    }
    for path in ["/auth/login", "/auth/refresh", "/invoices/x/send-reminder", "/leads"] {
        let answer =
            dashboard.send(&dashboard.post(path, &json!({"email": "a@example.com"}))).await;
        assert_refused(&answer, 404, "not_found");
    }
    assert_refused(
        &dashboard.send(&dashboard.get("/invoices/billable-items")).await,
        404,
        "invoice_not_found",
    );
    let wrong = dashboard.call("DELETE", "/retainers/RET-2026-0001", None);
    assert_refused(&dashboard.send(&wrong).await, 405, "method_not_allowed");
}
