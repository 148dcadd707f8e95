//! What the dashboard's client does by itself: cookies, keys, retries, timeouts.

use std::sync::atomic::Ordering::SeqCst;

use serde_json::{Value, json};

use super::Dashboard;
use crate::{
    http::{assert_refused, ours},
    support::{
        client::Call,
        firm::{halalas, id},
        server::Options,
        target::Target,
    },
};

#[tokio::test]
async fn a_cookie_will_do_from_our_own_site_only() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let retainer = dashboard.firm.retainer(100).await;
    let path = format!("/retainers/{retainer}/consume");
    let form = json!({"amount": 1, "description": "x"});
    assert!(dashboard.send(&dashboard.post(&path, &form)).await.is_ok());
    let foreign = Call::post(format!("/api/v1{path}"), &form)
        .header("Cookie", format!("accessToken={}", dashboard.firm.token))
        .header("Origin", "https://elsewhere.example")
        .header("X-CSRF-Token", "t0ken");
    assert_refused(&ours.send(&foreign).await, 403, "cross_site");
    let nobody = Call::post(format!("/api/v1{path}"), &form);
    assert_refused(&ours.send(&nobody).await, 401, "unauthenticated");
    assert_refused(&ours.send(&Call::get("/api/v1/retainers")).await, 401, "unauthenticated");
}

#[tokio::test]
async fn a_configured_origin_may_send_what_the_dashboard_sends() {
    let origin = "https://app.firm.example";
    let ours =
        Target::ours(Options { cors_origins: vec![origin.to_owned()], ..Options::default() }).await;
    let dashboard = Dashboard::open(&ours);
    let wanted = "api-version,content-type,idempotency-key,x-csrf-token,x-device-fingerprint";
    let preflight = Call::new("OPTIONS", "/api/v1/payments")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", wanted);
    let answer = ours.send(&preflight).await;
    let allowed = answer.header("access-control-allow-headers").unwrap_or_default();
    for header in wanted.split(',') {
        assert!(allowed.split(',').any(|known| known == header), "{header} in {allowed}");
    }
    let mut call = dashboard.get("/retainers");
    call.headers.retain(|(name, _)| name != "Origin");
    let answer = ours.send(&call.header("Origin", origin)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    let origins = answer.headers.iter().filter(|(name, _)| name == "access-control-allow-origin");
    assert_eq!(origins.count(), 1);
}

#[tokio::test]
async fn keys_count_on_posts_only_so_that_an_edit_there_and_back_is_not_swallowed() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let payment = dashboard.firm.pending(&client, 10, &json!({})).await;
    let edit = |notes: &str| {
        dashboard.call("PUT", &format!("/payments/{payment}"), Some(&json!({"notes": notes})))
    };
    for notes in ["A", "B", "A"] {
        let edited = dashboard.send(&edit(notes)).await;
        assert!(!edited.is_replayed());
        assert_eq!(edited.json()["payment"]["notes"], notes);
    }
    assert_eq!(dashboard.read(&format!("/payments/{payment}")).await["payment"]["notes"], "A");
    let form =
        json!({"customerId": client, "amount": 10, "paymentMethod": "cash", "status": "completed"});
    let first = dashboard.send(&dashboard.post("/payments", &form)).await;
    let again = dashboard.send(&dashboard.post("/payments", &form)).await;
    assert!(!first.is_replayed() && again.is_replayed());
    assert_eq!((first.status, first.body), (again.status, again.body));
}

#[tokio::test]
async fn a_key_stands_for_what_was_meant_not_for_how_it_was_written() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let call = |body: String| {
        let form = json!({});
        let mut call = dashboard.post("/payments", &form);
        call.headers.retain(|(name, _)| name != "Idempotency-Key");
        call.bytes(body).key("k")
    };
    let first = call(format!(r#"{{"customerId":"{client}","amount":10,"paymentMethod":"cash"}}"#));
    let same = call(format!(
        r#"{{ "paymentMethod":"cash", "amount":10, "memo":"", "customerId":"{client}" }}"#
    ));
    let other = call(format!(r#"{{"customerId":"{client}","amount":11,"paymentMethod":"cash"}}"#));
    assert_eq!(dashboard.send(&first).await.status, 201);
    assert!(dashboard.send(&same).await.is_replayed());
    assert_refused(&dashboard.send(&other).await, 422, "idempotency_key_reused");
    // The same request in our own words is the same request.
    let own = dashboard.firm.post(
        "/api/payments",
        &json!({"amount": 10, "customerId": client, "paymentMethod": "cash"}),
    );
    assert!(ours.send(&own.key("k")).await.is_replayed());
}

#[tokio::test]
async fn keyless_retries_of_consume_and_replenish_are_carried_out_and_raise_an_alert() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let retainer = dashboard.firm.retainer(100).await;
    let form = json!({"amount": 10, "description": "رسوم"});
    let mut alerts = 0;
    for (step, balances) in [("consume", [9_000, 8_000]), ("replenish", [9_000, 10_000])] {
        let call = dashboard.post(&format!("/retainers/{retainer}/{step}"), &form);
        assert!(call.headers.iter().all(|(name, _)| name != "Idempotency-Key"));
        for balance in balances {
            let done = dashboard.accepted(&call).await;
            assert_eq!(halalas(&done["retainer"]["currentBalance"]), balance, "{step}");
        }
        alerts += 1;
        let raised = dashboard.read("/alerts?type=possible_duplicate").await;
        assert_eq!(raised["total"], json!(alerts), "{step}");
        assert_eq!(raised["data"][0]["about"], json!(retainer));
    }
    ours.check().await;
}

#[tokio::test]
async fn what_cannot_be_done_now_is_answered_503_and_not_done() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let retainer = dashboard.firm.retainer(100).await;
    ours.faults.away.store(true, SeqCst);
    let form = json!({"amount": 10, "description": "رسوم"});
    let answer =
        dashboard.send(&dashboard.post(&format!("/retainers/{retainer}/consume"), &form)).await;
    assert_refused(&answer, 503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    ours.faults.away.store(false, SeqCst);
    let one = dashboard.read(&format!("/retainers/{retainer}")).await;
    assert_eq!(halalas(&one["retainer"]["currentBalance"]), 10_000);
}

#[tokio::test]
async fn a_body_that_cannot_be_translated_is_refused_as_it_came() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let call = |path: &str, body: &str| dashboard.post(path, &Value::Null).bytes(body);
    for (path, body, code) in [
        ("/payments", "{", "malformed_body"),
        ("/payments", "[]", "malformed_body"),
        ("/payments", r#"{"amount":1,"amount":2}"#, "malformed_body"),
        ("/payments", r#"{"balance":1}"#, "unknown_field"),
        ("/payments", r#"{"details":5,"memo":"x"}"#, "invalid_field"),
        ("/payments", "", "fields_required"),
        ("/retainers", r#"{"currentBalance":5}"#, "unknown_field"),
    ] {
        assert_refused(&dashboard.send(&call(path, body)).await, 400, code);
    }
    let form = json!({"customerId": client, "amount": 1, "paymentMethod": "cash"});
    let mut text = dashboard.post("/payments", &form);
    text.headers.retain(|(name, _)| name != "Content-Type");
    let text = text.header("Content-Type", "text/plain");
    assert_refused(&dashboard.send(&text).await, 415, "unsupported_media_type");
    let large = call("/payments", &format!(r#"{{"notes":"{}"}}"#, "x".repeat(1_100_000)));
    assert_refused(&dashboard.send(&large).await, 413, "body_too_large");
    let deep = call("/payments", &format!(r#"{{"fees":{}{}}}"#, "[".repeat(100), "]".repeat(100)));
    assert_refused(&dashboard.send(&deep).await, 400, "malformed_body");
}

#[tokio::test]
async fn what_is_made_is_found_where_the_answer_says() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let form = json!({"customerId": client, "amount": 10, "paymentMethod": "cash"});
    let made = dashboard.send(&dashboard.post("/payments", &form)).await;
    let path = format!("/payments/{}", id(&made.json()["payment"]));
    assert_eq!(made.header("location"), Some(format!("/api/v1{path}").as_str()));
    let read = dashboard.send(&dashboard.get(&path)).await;
    assert_eq!((read.header("etag"), read.status), (Some("\"0\""), 200));
    assert_eq!(dashboard.send(&dashboard.get(&format!("{path}/"))).await.json(), read.json());
    let dry = dashboard.post("/payments?dryRun=true", &form);
    assert_eq!(dashboard.send(&dry).await.header("dry-run"), Some("true"));
}
