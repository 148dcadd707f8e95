//! Alerts, from what causes them to the receiver of a webhook.

use std::{collections::BTreeSet, time::Duration};

use amanah::Addresses;
use serde_json::json;

use super::*;
use crate::support::{
    client::Call,
    clock::JUNE,
    firm::{Firm, id},
    receiver::{Got, Receiver},
};

async fn webhook(firm: &Firm<'_>, receiver: &Receiver, types: Value) -> (String, String) {
    let body = json!({"url": receiver.url(), "types": types});
    let made = firm.target.send(&firm.post("/api/webhooks", &body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = made.json()["secret"].as_str().expect("it is shown once").to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    (id(&made.json()["data"]), secret)
}

async fn low_balance(firm: &Firm<'_>) -> String {
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({"minimumBalance": 50})).await;
    let consume = format!("/api/retainers/{retainer}/consume");
    firm.make(firm.post(consume, &json!({"amount": 60}))).await;
    retainer
}

/// As the specification says it is signed, computed by somebody else: openssl.
fn expected(secret: &str, got: &Got) -> String {
    let signed =
        format!("{}.{}.{}", got.header("webhook-id"), got.header("webhook-timestamp"), got.text());
    let script = "printf %s \"$SIGNED\" | openssl dgst -sha256 -binary -mac HMAC \
        -macopt hexkey:$(printf %s \"$KEY\" | base64 -d | od -An -v -tx1 | tr -d ' \\n') | base64 -w0";
    let key = secret.strip_prefix("whsec_").expect("a secret");
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .envs([("SIGNED", signed.as_str()), ("KEY", key)])
        .output()
        .expect("openssl runs");
    format!("v1,{}", String::from_utf8_lossy(&made.stdout))
}

async fn deliveries(firm: &Firm<'_>) -> Vec<Value> {
    firm.get("/api/deliveries").await["data"].as_array().expect("a list").clone()
}

/// Puts the clock at the time of the next attempt.
fn set_clock_to_next(target: &Target, delivery: &Value) {
    let Some(at) = delivery["nextAttemptAt"].as_str() else { return };
    let at: jiff::Timestamp = at.parse().unwrap();
    // It is shown in milliseconds.
    let at = at.as_microsecond() + 1_000;
    if at > target.clock.micros() {
        target.clock.set(&jiff::Timestamp::from_microsecond(at).unwrap().to_string());
    }
}

/// Waits until the only delivery stands like this.
async fn delivery_that(firm: &Firm<'_>, holds: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1_000 {
        let all = deliveries(firm).await;
        assert!(all.len() <= 1, "{all:?}");
        if let Some(found) = all.into_iter().find(&holds) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", deliveries(firm).await);
}

#[tokio::test]
async fn an_alert_reaches_the_receiver_signed_and_once() {
    let (target, receiver) = (ours().await, Receiver::start().await);
    let firm = Firm::new(&target);
    let (hook, secret) = webhook(&firm, &receiver, json!(["low_balance"])).await;
    let retainer = low_balance(&firm).await;
    let got = receiver.wait_for(1).await.remove(0);
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["type"], "alert.low_balance");
    assert_eq!(body["data"]["about"], json!(retainer));
    assert_eq!(got.header("webhook-signature"), expected(&secret, &got));
    assert_eq!((got.path.as_str(), got.header("content-type")), ("/hook", "application/json"));
    let settled = delivery_that(&firm, |row| row["stage"] == "delivered").await;
    assert_eq!(settled["_id"].as_str(), Some(got.header("webhook-id")));
    assert_eq!((&settled["lastStatus"], &settled["attempts"]), (&json!(204), &json!(1)));
    assert_eq!(settled["webhookId"], json!(hook));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.got().len(), 1, "it came twice");
    let shown = firm.get(format!("/api/webhooks/{hook}")).await;
    assert!(!shown.to_string().contains("whsec_"), "{shown}");
}

#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_id_and_redirects_are_not_followed() {
    let (target, receiver) = (ours().await, Receiver::start().await);
    let firm = Firm::new(&target);
    let (hook, _) = webhook(&firm, &receiver, json!([])).await;
    receiver.answer_next("503 Service Unavailable");
    receiver.answer_next("302 Found\r\nLocation: http://169.254.169.254/");
    firm.make(firm.post(format!("/api/webhooks/{hook}/test"), &json!({}))).await;
    for (count, status) in [(1, 503), (2, 302)] {
        receiver.wait_for(count).await;
        let failed = delivery_that(&firm, |row| row["lastStatus"] == json!(status)).await;
        assert_eq!(failed["stage"], "pending");
        // Not before its time.
        assert_eq!(receiver.got().len(), count);
        set_clock_to_next(&target, &failed);
    }
    let got = receiver.wait_for(3).await;
    delivery_that(&firm, |row| row["stage"] == "delivered").await;
    let ids: BTreeSet<_> = got.iter().map(|got| got.header("webhook-id")).collect();
    let bodies: BTreeSet<_> = got.iter().map(|got| got.text()).collect();
    assert_eq!((ids.len(), bodies.len()), (1, 1));
}

#[tokio::test]
async fn what_keeps_failing_is_given_up_counted_and_sent_again_when_asked() {
    let (target, receiver) = (ours().await, Receiver::start().await);
    let firm = Firm::new(&target);
    let (hook, _) = webhook(&firm, &receiver, json!([])).await;
    for _ in 0..12 {
        receiver.answer_next("500 No");
    }
    firm.make(firm.post(format!("/api/webhooks/{hook}/test"), &json!({}))).await;
    for _ in 0..3_000 {
        if receiver.got().len() >= 12 {
            break;
        }
        // Whatever it waits for, its time has come.
        if let Some(row) = deliveries(&firm).await.first() {
            set_clock_to_next(&target, row);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let dead = delivery_that(&firm, |row| row["stage"] == "dead").await;
    let metrics = target.send(&Call::get("/metrics")).await.text();
    assert!(metrics.contains("amanah_deliveries_dead 1\n"), "{metrics}");
    let resend = firm.post(format!("/api/deliveries/{}/resend", id(&dead)), &json!({}));
    firm.make(resend.clone()).await;
    receiver.wait_for(13).await;
    delivery_that(&firm, |row| row["stage"] == "delivered").await;
}

#[tokio::test]
async fn addresses_inside_the_network_are_refused_also_behind_a_name() {
    let receiver = Receiver::start().await;
    let options = Options { addresses: Addresses::Public, ..Options::default() };
    let target = Target::ours(options).await;
    let firm = Firm::new(&target);
    for url in [receiver.url(), format!("http://localhost:{}/", receiver.address.port())] {
        let made = firm.make(firm.post("/api/webhooks", &json!({"url": url}))).await;
        firm.make(firm.post(format!("/api/webhooks/{}/test", id(&made)), &json!({}))).await;
    }
    for _ in 0..1_000 {
        let all = deliveries(&firm).await;
        if all.iter().all(|row| row["lastError"].is_string()) {
            for row in &all {
                assert!(row["lastError"].to_string().contains("inside a network"), "{row}");
            }
            assert_eq!(all.len(), 2);
            assert!(receiver.got().is_empty());
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was tried: {:?}", deliveries(&firm).await);
}

#[tokio::test]
async fn both_secrets_sign_after_a_rotation() {
    let (target, receiver) = (ours().await, Receiver::start().await);
    let firm = Firm::new(&target);
    let (hook, old) = webhook(&firm, &receiver, json!([])).await;
    let rotated = target.send(&firm.post(format!("/api/webhooks/{hook}/rotate"), &json!({}))).await;
    let new = rotated.json()["secret"].as_str().expect("a new one").to_owned();
    assert_ne!(old, new);
    firm.make(firm.post(format!("/api/webhooks/{hook}/test"), &json!({}))).await;
    let got = receiver.wait_for(1).await.remove(0);
    let both = format!("{} {}", expected(&new, &got), expected(&old, &got));
    assert_eq!(got.header("webhook-signature"), both);
}

#[tokio::test]
async fn webhooks_are_the_owners_business() {
    let target = ours().await;
    let firm = Firm::new(&target);
    let body = json!({"url": "https://example.com/"});
    let made = firm.make(firm.post("/api/webhooks", &body)).await;
    let path = format!("/api/webhooks/{}", id(&made));
    for role in ["partner", "accountant", "lawyer", "client"] {
        let token = firm.token_of(&crate::support::tokens::new_id(), role);
        for call in [Call::get("/api/webhooks"), Call::get("/api/deliveries"), Call::get(&*path)] {
            assert_refused(&target.send(&call.token(&token)).await, 403, "forbidden");
        }
        let call = Call::post("/api/webhooks", &body).token(&token);
        assert_refused(&target.send(&call).await, 403, "forbidden");
    }
    let other = Firm::new(&target);
    let refused = target.send(&Call::get(&*path).token(&other.token)).await;
    assert_refused(&refused, 404, "webhook_not_found");
    firm.make(firm.put(&*path, &json!({"active": false}))).await;
    let refused = target.send(&firm.post(format!("{path}/test"), &json!({}))).await;
    assert_refused(&refused, 400, "webhook_inactive");
    assert!(target.send(&firm.delete(&*path)).await.is_ok());
    assert_refused(
        &target.send(&Call::get(&*path).token(&firm.token)).await,
        404,
        "webhook_not_found",
    );
    let bad = firm.post("/api/webhooks", &json!({"url": "ftp://example.com"}));
    assert_refused(&target.send(&bad).await, 400, "webhook_url_invalid");
}

async fn alerts(firm: &Firm<'_>, kind: &str) -> Vec<Value> {
    let found = firm.get(format!("/api/alerts?type={kind}")).await;
    found["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn two_payments_for_one_invoice_within_a_second_are_told_of() {
    let target = ours().await;
    let firm = Firm::new(&target);
    let client = firm.client().await;
    for (apart_micros, is_told) in [(10_000, true), (5_000_000, false)] {
        let invoice = firm.invoice(&client, 100).await;
        let before = alerts(&firm, "invoice_paid_twice").await.len();
        for _ in 0..2 {
            let body = json!({"clientId": client, "amount": 40, "paymentMethod": "cash",
                "paymentType": "customer_payment", "status": "completed", "invoiceId": invoice});
            firm.make(firm.post("/api/payments", &body).key(crate::support::tokens::new_id()))
                .await;
            let now = target.clock.micros() + apart_micros;
            target.clock.set(&jiff::Timestamp::from_microsecond(now).unwrap().to_string());
        }
        let told = alerts(&firm, "invoice_paid_twice").await;
        assert_eq!(told.len() - before, usize::from(is_told), "{told:?}");
        if is_told {
            assert_eq!(told[0]["about"], json!(invoice));
        }
    }
    let metrics = target.send(&Call::get("/metrics")).await.text();
    assert!(metrics.contains("amanah_alerts_total{type=\"invoice_paid_twice\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_retainer_that_ends_soon_is_told_of_once() {
    let target = ours().await;
    let firm = Firm::new(&target);
    let client = firm.client().await;
    let soon = jiff::Timestamp::from_microsecond(JUNE + 10 * 86_400_000_000).unwrap();
    let ends = json!({"endDate": soon.to_string()});
    let retainer = firm.retainer_of(&client, 100, &ends).await;
    // The job looks when the server starts, and then every minute.
    target.restart().await;
    for _ in 0..1_000 {
        let told = alerts(&firm, "retainer_expiring").await;
        if let [alert] = &*told {
            assert_eq!(alert["about"], json!(retainer));
            target.restart().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(alerts(&firm, "retainer_expiring").await.len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody was told");
}
