//! `POST /api/commands/bulk`: many commands, each as if it had been sent alone.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas},
    tokens,
};

fn bulk(firm: &Firm<'_>, commands: &Value) -> Call {
    firm.post("/api/commands/bulk", &json!({"commands": commands}))
}

fn consume(retainer: &str, amount: &str) -> Value {
    json!({"command": "consume_retainer", "id": retainer, "body": {"amount": amount}})
}

/// Status and code of each.
fn brief(body: &Value) -> Vec<String> {
    let outcomes = body["data"].as_array().expect("a list").iter();
    let text = |outcome: &Value| {
        format!("{} {}", outcome["status"], outcome["code"].as_str().unwrap_or_default())
    };
    outcomes.map(text).map(|text| text.trim().to_owned()).collect()
}

#[tokio::test]
async fn each_command_is_answered_as_on_its_own_route() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let (one, many) = (firm.retainer(100).await, firm.retainer(100).await);
    let commands = json!([
        {"command": "create_client", "body": {"fullName": "Noura"}},
        consume(&many, "60"),
        consume(&many, "60"),
        {"command": "consume_retainer", "id": many, "body": {"amount": 1, "x": 1}},
        {"command": "consume_retainer", "body": {"amount": 1}},
        {"command": "consume_retainer", "id": many},
        {"command": "consume_retainer", "id": many, "body": [1]},
        {"command": "burn_retainer", "id": many},
        {"command": "update_retainer", "id": many, "body": {"notes": "x", "__v": 0}},
        {"command": "update_retainer", "id": many, "body": {"notes": "x", "__v": 1}},
        {"command": "complete_payment", "id": "PAY-2026-0001"},
        {"command": "set_member", "id": "nobody", "body": {}},
        {"command": "replenish_retainer", "id": "RET-2026-0002", "body": {"amount": "20"}},
    ]);
    let answer = ours.send(&bulk(&firm, &commands)).await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        brief(&body),
        [
            "201",
            "200",
            "400 insufficient_balance",
            "400 unknown_field",
            "400 invalid_field",
            "400 amount_required",
            "400 malformed_body",
            "400 invalid_field",
            "409 version_conflict",
            "200",
            "404 payment_not_found",
            "404 member_not_found",
            "200",
        ]
    );
    assert_eq!((&body["accepted"], &body["refused"]), (&json!(4), &json!(9)));
    assert_eq!(body["data"][3]["errors"][0]["field"], "x");
    assert_eq!(body["data"][4]["errors"][0]["field"], "id");
    assert_eq!(body["data"][8]["currentVersion"], 1);
    assert_eq!(body["data"][2]["requestId"].as_str(), answer.header("x-request-id"));
    // The same fields as alone.
    let alone = ours.send(&firm.consume(&one, "60")).await.json();
    let mut inside = body["data"][1].clone();
    assert_eq!(inside.as_object_mut().unwrap().remove("status"), Some(json!(200)));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&inside), names(&alone));
    assert_eq!(names(&inside["data"]), names(&alone["data"]));
    firm.balances(&many, 12_000, 6_000).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn keys_make_a_repetition_harmless() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    // One for all of them.
    let commands =
        json!([consume(&retainer, "10"), consume(&retainer, "10"), consume(&retainer, "90")]);
    let first = ours.send(&bulk(&firm, &commands).key("all")).await.json();
    let again = ours.send(&bulk(&firm, &commands).key("all")).await.json();
    assert_eq!(brief(&first), ["200", "200", "400 insufficient_balance"]);
    for n in 0..3 {
        let mut repeated = again["data"][n].clone();
        assert_eq!(repeated.as_object_mut().unwrap().remove("replayed"), Some(json!(true)));
        assert_eq!(repeated, first["data"][n]);
    }
    let other = ours.send(&bulk(&firm, &json!([consume(&retainer, "1")])).key("all")).await.json();
    assert_eq!(brief(&other), ["422 idempotency_key_reused"]);
    // One of its own: the same request as on the command's own route.
    let body = json!({"amount": "5"});
    let item = json!({"command": "consume_retainer", "id": retainer, "idempotencyKey": "own", "body": body});
    let inside = ours.send(&bulk(&firm, &json!([item])).key("ignored")).await.json();
    let alone = firm.post(format!("/api/retainers/{retainer}/consume"), &body).key("own");
    let alone = ours.send(&alone).await;
    assert!(alone.is_replayed());
    assert_eq!(alone.json()["seq"], inside["data"][0]["seq"]);
    let bad =
        json!([{"command": "create_client", "idempotencyKey": "", "body": {"fullName": "x"}}]);
    assert_eq!(brief(&ours.send(&bulk(&firm, &bad)).await.json()), ["400 idempotency_key_invalid"]);
    firm.balances(&retainer, 10_000, 2_500).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn a_bulk_has_limits_and_a_shape() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let many = |count: usize| Value::Array(vec![consume(&retainer, "0.01"); count]);
    for (body, field) in [
        (json!({}), "commands"),
        (json!({"commands": []}), "commands"),
        (json!({"commands": many(8_193)}), "commands"),
        (json!({"commands": [{"id": retainer}]}), "commands[0]"),
        (json!({"commands": [consume(&retainer, "1"), {"command": 5}]}), "commands[1].command"),
    ] {
        let answer = ours.send(&firm.post("/api/commands/bulk", &body)).await;
        let body = assert_refused(&answer, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], field);
    }
    let unknown = json!({"commands": many(1), "atomc": true});
    let answer = ours.send(&firm.post("/api/commands/bulk", &unknown)).await;
    assert_refused(&answer, 400, "unknown_field");
    // More than any other route takes.
    let note = "x".repeat(9_000);
    let consumed = json!({"command": "consume_retainer", "id": retainer, "body": {"amount": "0.01", "description": note}});
    let long = |count: usize| Value::Array(vec![consumed.clone(); count]);
    let answer = ours.send(&bulk(&firm, &long(300))).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (200, &json!(300)));
    assert_refused(&ours.send(&bulk(&firm, &long(500))).await, 413, "body_too_large");
    let answer = ours.send(&bulk(&firm, &many(8_192))).await.json();
    assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(8_192), &json!(0)));
    let left = firm.get(format!("/api/retainers/{retainer}")).await;
    assert_eq!(halalas(&left["data"]["currentBalance"]), 10_000 - 300 - 8_192);
    ours.check().await;
}

#[tokio::test]
async fn roles_and_dry_runs_hold_in_bulk() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let lawyer = firm.token_of(&tokens::new_id(), "lawyer");
    let refund = json!({"command": "refund_retainer", "id": retainer});
    let body = json!({"commands": [refund, consume(&retainer, "1")]});
    let call = Call::post("/api/commands/bulk", &body).token(&lawyer);
    assert_eq!(brief(&ours.send(&call).await.json()), ["403 forbidden", "200"]);
    let dry = firm.post("/api/commands/bulk?dryRun=true", &body).key("dry");
    let answer = ours.send(&dry).await;
    assert_eq!(answer.header("dry-run"), Some("true"));
    assert_eq!(brief(&answer.json()), ["200", "400 retainer_not_active"], "as it would be");
    firm.balances(&retainer, 10_000, 100).await.unwrap();
    assert_eq!(ours.send(&Call::post("/api/commands/bulk", &body)).await.status, 401);
    ours.check().await;
}

#[tokio::test]
async fn all_or_none() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let all = |commands: &Value| {
        firm.post("/api/commands/bulk", &json!({"atomic": true, "commands": commands}))
    };
    let fine = json!([consume(&retainer, "60"), consume(&retainer, "40")]);
    let short = json!([consume(&retainer, "60"), consume(&retainer, "41")]);
    let refused = ours.send(&all(&short).key("short")).await;
    let body = assert_refused(&refused, 400, "atomic_refused");
    let first = &body["errors"][0];
    assert_eq!(first["field"], "commands[1]");
    assert_eq!(first["code"], "insufficient_balance");
    let again = ours.send(&all(&short).key("short")).await;
    assert!(again.is_replayed());
    assert_eq!(again.body, refused.body);
    let malformed = json!([consume(&retainer, "60"), {"command": "consume_retainer", "id": retainer, "body": {"x": 1}}]);
    let body = assert_refused(&ours.send(&all(&malformed)).await, 400, "atomic_refused");
    assert_eq!(body["errors"][0]["code"], "unknown_field");
    let keyed = json!([{"command": "consume_retainer", "id": retainer, "idempotencyKey": "k", "body": {"amount": 1}}]);
    let body = assert_refused(&ours.send(&all(&keyed)).await, 400, "invalid_field");
    assert_eq!(body["errors"][0]["field"], "commands[0].idempotencyKey");
    firm.balances(&retainer, 10_000, 0).await.unwrap();
    let dry =
        firm.post("/api/commands/bulk?dryRun=true", &json!({"atomic": true, "commands": fine}));
    let dry = ours.send(&dry.key("fine")).await;
    assert_eq!((dry.status, dry.header("dry-run")), (200, Some("true")), "{}", dry.text());
    firm.balances(&retainer, 10_000, 0).await.unwrap();
    let first = ours.send(&all(&fine).key("fine")).await;
    assert_eq!(brief(&first.json()), ["200", "200"]);
    assert_eq!((first.header("etag"), first.is_replayed()), (None, false));
    let again = ours.send(&all(&fine).key("fine")).await;
    assert!(again.is_replayed());
    assert_eq!(again.body, first.body);
    let other = ours.send(&all(&short).key("fine")).await;
    assert_refused(&other, 422, "idempotency_key_reused");
    firm.balances(&retainer, 10_000, 10_000).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn the_firm_and_the_market_are_two_queues() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let job = json!({"command": "post_job", "body": {"title": "Draft a lease"}});
    let spent =
        json!({"command": "create_expense", "body": {"amount": 5, "description": "Stamps"}});
    let mixed = json!([job, consume(&retainer, "60"), spent, job, consume(&retainer, "60")]);
    let body = ours.send(&bulk(&firm, &mixed)).await.json();
    assert_eq!(brief(&body), ["201", "200", "201", "201", "400 insufficient_balance"]);
    let first = body["data"][0]["job"]["_id"].as_str().expect("a job");
    assert_eq!(firm.get(format!("/api/jobs/{first}")).await["data"]["title"], "Draft a lease");
    // A command that has two routes is sent by the name of either.
    let expense = &body["data"][2]["expense"]["_id"];
    let review = |name: &str| json!({"command": name, "id": expense});
    let body = json!([review("approve_expense"), review("reject_expense")]);
    let body = ours.send(&bulk(&firm, &body)).await.json();
    assert_eq!(brief(&body), ["200", "400 already_decided"]);
    let atomic = json!({"atomic": true, "commands": mixed});
    let answer = ours.send(&firm.post("/api/commands/bulk", &atomic)).await;
    let body = assert_refused(&answer, 400, "invalid_field");
    assert_eq!(body["errors"][0]["field"], "commands[1].command");
    firm.balances(&retainer, 10_000, 6_000).await.unwrap();
    ours.check().await;
}
