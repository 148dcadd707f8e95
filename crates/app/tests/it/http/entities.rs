//! Entities: their shapes, tags, locations, numbers in place of ids.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas},
    tokens,
};

#[tokio::test]
async fn what_is_created_is_located_tagged_and_under_both_names() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let payer = json!({"customerId": client, "amount": 10, "paymentMethod": "cash", "paymentNumber": "PAY-0000"});
    for (path, name, body) in [
        ("/api/clients", "client", json!({"firstName": "Noura", "lastName": "Al-Qahtani"})),
        ("/api/retainers", "retainer", json!({"clientId": client, "initialAmount": 10})),
        ("/api/payments", "payment", payer),
    ] {
        let answer = ours.send(&firm.post(path, &body)).await;
        let body = answer.json();
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(body[name], body["data"]);
        let id = body["data"]["_id"].as_str().unwrap();
        assert_eq!(answer.header("location"), Some(format!("{path}/{id}").as_str()));
        assert_eq!(answer.header("etag"), Some("\"0\""));
        let read = ours.send(&Call::get(format!("{path}/{id}")).token(&firm.token)).await;
        assert_eq!(read.header("etag"), Some("\"0\""));
        let read = read.json();
        assert_eq!(read["data"], read[name]);
        // Read alone, a client also tells its figures.
        for (field, value) in body["data"].as_object().unwrap() {
            assert_eq!(read["data"][field], *value, "{field} of {path}");
        }
        for field in ["_id", "__v", "createdAt", "updatedAt"] {
            assert!(!body["data"][field].is_null(), "{field} in {body}");
        }
        // A number will do wherever an id does.
        let number = body["data"][format!("{name}Number")].as_str().unwrap();
        assert_eq!(firm.get(format!("{path}/{number}")).await, read);
        for absent in [
            tokens::new_id(),
            "XXX-2026-0001".to_owned(),
            "not%20an%20id".to_owned(),
            "%00".to_owned(),
        ] {
            let answer = ours.send(&Call::get(format!("{path}/{absent}")).token(&firm.token)).await;
            assert_refused(&answer, 404, &format!("{name}_not_found"));
        }
    }
}

#[tokio::test]
async fn a_retainer_lives_its_life() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.make(firm.post("/api/clients", &json!({"companyName": "شركة النخيل"}))).await;
    let number = client["clientNumber"].as_str().unwrap();
    assert_eq!((number, &client["fullName"]), ("CLT-2026-0001", &json!("شركة النخيل")));
    let terms = json!({"retainerType": "evergreen", "minimumBalance": 50, "notes": "بند أول", "startDate": "2026-06-01"});
    let retainer = firm.retainer_of(number, 100, &terms).await;
    let read = firm.get(format!("/api/retainers/{retainer}")).await["data"].clone();
    for (field, value) in [
        ("status", json!("active")),
        ("retainerType", json!("evergreen")),
        ("retainerNumber", json!("RET-2026-0001")),
        ("currency", json!("SAR")),
        ("startDate", json!("2026-06-01T00:00:00.000Z")),
        ("endDate", Value::Null),
        ("lowBalanceAlertSent", json!(false)),
    ] {
        assert_eq!(read[field], value, "{field}");
    }
    assert_eq!(read["clientId"]["_id"], client["_id"]);
    assert_eq!(read["clientId"]["clientNumber"], "CLT-2026-0001");

    let consumed = ours.send(&firm.consume("RET-2026-0001", "60.5")).await;
    let body = consumed.json();
    assert_eq!(body["lowBalanceAlert"], true);
    assert_eq!(body["data"]["retainer"], body["retainer"]);
    let movement = &body["data"]["transaction"];
    assert_eq!((&movement["type"], &movement["seq"]), (&json!("consumption"), &body["seq"]));
    assert_eq!((halalas(&movement["amount"]), halalas(&movement["balanceAfter"])), (6_050, 3_950));
    assert_eq!(consumed.header("etag"), Some("\"1\""));

    let body = ours.send(&firm.replenish(&retainer, "20")).await.json();
    assert_eq!(
        (&body["data"]["transaction"]["type"], halalas(&body["data"]["currentBalance"])),
        (&json!("deposit"), 5_950)
    );
    let edit = firm.put(
        format!("/api/retainers/{retainer}"),
        &json!({"notes": "بند ثانٍ", "minimumBalance": 10}),
    );
    let edited = ours.send(&edit).await.json()["data"].clone();
    assert_eq!(
        (&edited["notes"], &edited["retainerType"], &edited["lowBalanceAlertSent"]),
        (&json!("بند ثانٍ"), &json!("evergreen"), &json!(false))
    );
    let body = ours.send(&firm.refund(&retainer)).await.json();
    assert_eq!(
        (halalas(&body["refundAmount"]), &body["retainer"]["status"]),
        (5_950, &json!("refunded"))
    );
    for (call, code) in [
        (firm.refund(&retainer), "already_refunded"),
        (firm.consume(&retainer, "1"), "retainer_not_active"),
        (firm.replenish(&retainer, "1"), "retainer_not_active"),
    ] {
        assert_refused(&ours.send(&call).await, 400, code);
    }
    let history = firm.history(&retainer).await;
    let types: Vec<_> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["refund", "deposit", "consumption", "deposit"]);
    assert_eq!(history["retainerNumber"], "RET-2026-0001");
    assert_eq!(
        (halalas(&history["currentBalance"]), halalas(&history["initialAmount"])),
        (0, 10_000)
    );
    firm.balances(&retainer, 12_000, 12_000).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn trust_money_changes_its_retainer() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let from = firm.retainer_of(&client, 100, &json!({})).await;
    let to = firm.retainer_of(&client, 5, &json!({})).await;
    let transfer = |to: &str, amount: &str| {
        let body =
            json!({"toRetainerId": to, "amount": amount, "description": "إلى القضية الثانية"});
        firm.post(format!("/api/retainers/{from}/transfer"), &body)
    };
    let foreign = firm.retainer(10).await;
    assert_refused(&ours.send(&transfer(&from, "1")).await, 400, "same_retainer");
    assert_refused(&ours.send(&transfer(&foreign, "1")).await, 400, "retainer_client_mismatch");
    assert_refused(&ours.send(&transfer(&to, "100.01")).await, 400, "insufficient_balance");
    let nowhere = assert_refused(&ours.send(&transfer("", "1")).await, 400, "invalid_field");
    assert_eq!(nowhere["errors"][0]["field"], "toRetainerId");
    let body = ours.send(&transfer("RET-2026-0002", "60.5")).await.json();
    assert_eq!(
        (&body["retainer"]["_id"], &body["retainer"]["currentBalance"]),
        (&json!(from), &json!(39.5))
    );
    assert_eq!(
        (&body["data"]["to"]["_id"], &body["data"]["to"]["currentBalance"]),
        (&json!(to), &json!(65.5))
    );
    assert_eq!(body["data"]["transaction"]["type"], "transfer_out");
    assert_eq!(firm.history(&to).await["data"][0]["type"], "transfer_in");
    firm.balances(&from, 10_000, 6_050).await.unwrap();
    firm.balances(&to, 6_550, 0).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn a_payment_lives_its_life() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 10, &json!({})).await;
    let body = json!({"clientId": client, "amount": 90.5, "paymentMethod": "bank_transfer", "retainerId": retainer, "transactionId": "TRX-1"});
    let payment = firm.make(firm.post("/api/payments", &body)).await;
    assert_eq!(
        (&payment["status"], &payment["paymentType"]),
        (&json!("pending"), &json!("retainer"))
    );
    assert_eq!(payment["paymentDate"], "2026-06-01T00:00:00.000Z");
    let complete = firm.post("/api/payments/PAY-2026-0001/complete", &json!({}));
    let done = ours.send(&complete).await.json();
    assert_eq!(done["payment"]["status"], "completed");
    assert_eq!(halalas(&done["retainer"]["currentBalance"]), 10_050);
    let body = assert_refused(&ours.send(&complete).await, 400, "already_completed");
    assert_eq!(body["messageAr"], "الدفعة مكتملة بالفعل");

    let credit = firm.credit(&client, 50).await;
    let deposit = |amount: i64| {
        firm.post(
            format!("/api/retainers/{retainer}/replenish"),
            &json!({"amount": amount, "paymentId": credit}),
        )
    };
    assert_refused(&ours.send(&deposit(51)).await, 400, "payment_insufficient");
    firm.make(deposit(50)).await;
    assert_refused(&ours.send(&deposit(1)).await, 400, "payment_insufficient");
    assert_eq!(
        halalas(&firm.get(format!("/api/payments/{credit}")).await["data"]["unappliedAmount"]),
        0
    );
    // No reference is taken silently.
    let consume = json!({"amount": 1, "invoiceId": tokens::new_id()});
    let consume = firm.post(format!("/api/retainers/{retainer}/consume"), &consume);
    assert_refused(&ours.send(&consume).await, 404, "invoice_not_found");
    ours.check().await;
}

#[tokio::test]
async fn a_stale_version_is_told_the_current_one() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let path = format!("/api/retainers/{retainer}");
    let edit = |version: &Value| firm.put(&path, &json!({"notes": "x", "__v": version}));
    let tagged = |tag: &str| firm.put(&path, &json!({"notes": "x"})).header("If-Match", tag);
    assert!(ours.send(&edit(&json!(0))).await.is_ok());
    assert_eq!(
        assert_refused(&ours.send(&edit(&json!(0))).await, 409, "version_conflict")["currentVersion"],
        json!(1)
    );
    assert_eq!(
        assert_refused(&ours.send(&tagged("\"0\"")).await, 412, "version_conflict")["currentVersion"],
        json!(1)
    );
    assert!(ours.send(&tagged("\"1\"")).await.is_ok());
    assert!(ours.send(&tagged("*")).await.is_ok());
    for tag in ["1", "\"x\"", "W/\"3\"", "\"1\", \"2\""] {
        assert_refused(&ours.send(&tagged(tag)).await, 400, "if_match_malformed");
    }
    // A command that takes no version does not act as if it had.
    let consume = firm.consume(&retainer, "1").header("If-Match", "\"9\"");
    assert_refused(&ours.send(&consume).await, 400, "if_match_unsupported");
    assert!(ours.send(&firm.consume(&retainer, "1").header("If-Match", "*")).await.is_ok());
    let contradiction = edit(&json!(2)).header("If-Match", "\"3\"");
    assert_refused(&ours.send(&contradiction).await, 400, "invalid_field");
    // Without a version the edit lies over whatever stands.
    assert!(ours.send(&firm.put(&path, &json!({"notes": "y"}))).await.is_ok());
    let patched = ours
        .send(&Call::new("PATCH", &path).json(&json!({"minimumBalance": 5})).token(&firm.token))
        .await;
    assert_eq!(patched.json()["data"]["notes"], "y");
}

#[tokio::test]
async fn members_are_admitted_changed_and_dismissed() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let clerk = tokens::new_id();
    let path = format!("/api/members/{clerk}");
    let token = firm.token_of(&clerk, "owner");
    let set = |body: Value| firm.put(&path, &body);
    assert_eq!(
        ours.send(&set(json!({"role": "paralegal"}))).await.json()["data"]["role"],
        "paralegal"
    );
    // The row decides, not the token.
    assert_refused(&ours.send(&Call::get("/api/payments").token(&token)).await, 403, "forbidden");
    assert_eq!(ours.send(&set(json!({"role": "accountant"}))).await.json()["data"]["active"], true);
    assert_eq!(ours.send(&Call::get("/api/payments").token(&token)).await.status, 200);
    assert_eq!(ours.send(&set(json!({"active": false}))).await.status, 200);
    assert_refused(&ours.send(&Call::get("/api/payments").token(&token)).await, 403, "member_left");
    assert_refused(
        &ours.send(&Call::get("/api/outcomes/x").token(&token)).await,
        403,
        "member_left",
    );
    assert_eq!(ours.send(&set(json!({"active": true}))).await.status, 200);
    assert_eq!(ours.send(&Call::get("/api/payments").token(&token)).await.status, 200);
    assert_eq!(firm.get("/api/members").await["data"].as_array().unwrap().len(), 2);
    let owner = tokens::read(&firm.token).unwrap().0;
    let own =
        ours.send(&firm.put(format!("/api/members/{owner}"), &json!({"active": false}))).await;
    assert_refused(&own, 400, "own_membership");
    assert_refused(
        &ours.send(&firm.put("/api/members/nobody", &json!({}))).await,
        404,
        "member_not_found",
    );
    ours.check().await;
}
