//! Time, whose rates it counts in halalas, and expenses.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{http::ours, support::firm::id};

#[tokio::test]
async fn time_is_told_in_minutes_and_halalas() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let form = json!({
        "description": "جلسة", "caseId": "", "clientId": client, "activityCode": "L210", "date": "2026-06-01", "duration": 90,
        "hourlyRate": 50050, "isBillable": true, "billStatus": "unbilled", "timeType": "billable", "startTime": "09:00",
    });
    let made = dashboard.posted("/time-tracking/entries", &form).await;
    let entry = &made["timeEntry"];
    assert_eq!(entry, &made["data"]);
    for (field, expected) in [
        ("duration", json!(90)),
        ("hourlyRate", json!(50050)),
        ("totalAmount", json!(75075)),
        ("isBillable", json!(true)),
        ("isBilled", json!(false)),
    ] {
        assert_eq!(entry[field], expected, "{field}");
    }
    // Ours are riyals.
    let own = dashboard.firm.get(format!("/api/time-entries/{}", id(entry))).await["data"].clone();
    assert_eq!([&own["hourlyRate"], &own["amount"]].map(Value::to_string), ["500.5", "750.75"]);
    let path = format!("/time-tracking/entries/{}", id(entry));
    assert_eq!(dashboard.read(&path).await["data"], *entry);
    let edit = json!({"duration": 60, "hourlyRate": 10001});
    let edited = dashboard.accepted(&dashboard.call("PATCH", &path, Some(&edit))).await;
    assert_eq!([&edited["data"]["totalAmount"], &edited["data"]["hourlyRate"]], [&json!(10001); 2]);
    let list = dashboard.read("/time-tracking/entries?isBillable=true&startDate=2026-06-01").await;
    assert_eq!((&list["data"], &list["total"]), (&json!([edited["data"]]), &json!(1)));
    assert_eq!(list["summary"][0]["totalAmount"], json!(10001));
    assert_eq!(dashboard.read("/time-tracking/entries?isBillable=false").await["total"], json!(0));
    let approved =
        dashboard.accepted(&dashboard.call("POST", &format!("{path}/approve"), None)).await;
    assert_eq!(approved["timeEntry"]["status"], "approved");
    assert_eq!(
        dashboard.accepted(&dashboard.call("DELETE", &path, None)).await["deleted"],
        json!(1)
    );
    assert_eq!(dashboard.send(&dashboard.get(&path)).await.status, 404);
}

#[tokio::test]
async fn a_timer_is_started_and_stopped() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let start =
        json!({"caseId": "", "clientId": client, "activityCode": "L110", "description": "بحث"});
    let started = dashboard.posted("/time-tracking/timer/start", &start).await;
    assert_eq!(
        (&started["timeEntry"]["duration"], &started["timeEntry"]["description"]),
        (&json!(0), &json!("بحث"))
    );
    ours.clock.set("2026-06-01T10:30:00Z");
    let stop = json!({"notes": "انتهى", "isBillable": true});
    let stopped = dashboard.posted("/time-tracking/timer/stop", &stop).await;
    assert_eq!(
        (&stopped["timeEntry"]["duration"], &stopped["timeEntry"]["description"]),
        (&json!(90), &json!("انتهى"))
    );
    let again = dashboard.send(&dashboard.post("/time-tracking/timer/stop", &json!({}))).await;
    assert_eq!(again.code(), "timer_not_running");
}

#[tokio::test]
async fn an_expenses_form_has_more_than_we_keep() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let form = json!({
        "description": "رسوم محكمة", "amount": 250.5, "category": "court_fees", "date": "2026-06-01", "paymentMethod": "petty_cash",
        "expenseType": "non_reimbursable", "isBillable": true, "vendor": "وزارة العدل", "clientId": client, "taxAmount": 0,
        "receiptNumber": "9", "markupType": "percentage", "markupValue": 0,
    });
    let made = dashboard.posted("/expenses", &form).await;
    assert_eq!(
        (
            &made["expense"],
            made["data"]["amount"].to_string().as_str(),
            &made["data"]["isBillable"]
        ),
        (&made["data"], "250.5", &json!(true))
    );
    let list = dashboard.read("/expenses?isBillable=true").await;
    assert_eq!((&list["expenses"], &list["total"]), (&json!([made["data"]]), &json!(1)));
}
