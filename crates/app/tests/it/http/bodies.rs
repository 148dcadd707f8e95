//! Bodies and fields: what is taken, what is refused, and how it is named.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas},
};

fn raw(firm: &Firm<'_>, path: &str, body: impl Into<Vec<u8>>) -> Call {
    Call::new("POST", path)
        .token(&firm.token)
        .header("Content-Type", "application/json")
        .bytes(body)
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_refused() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let deep = format!("{{\"notes\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 12] = [
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"7",
        b"{\"amount\":1} x",
        b"{\"amount\":1}{\"amount\":1}",
        b"{\"amount\":1,\"amount\":2}",
        b"{'amount':1}",
        b"{\"amount\":01}",
        b"{\"description\":\"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
    ];
    let retainer = firm.retainer(100).await;
    let path = format!("/api/retainers/{retainer}/consume");
    for body in bodies {
        let text = String::from_utf8_lossy(body).into_owned();
        let answer = ours.send(&raw(&firm, &path, body)).await;
        assert_eq!(answer.status, 400, "{text}: {}", answer.text());
        assert_refused(&answer, 400, "malformed_body");
    }
    let answer = ours.send(&raw(&firm, "/api/clients", deep)).await;
    assert_eq!(answer.status, 400);
    for value in ["{\"a\":{\"b\":[1,2]}}", "[1]", "7", "true"] {
        let answer =
            ours.send(&raw(&firm, "/api/clients", format!("{{\"fullName\":{value}}}"))).await;
        let body = assert_refused(&answer, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], "fullName");
    }
    firm.balances(&retainer, 10_000, 0).await.unwrap();
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let refund = Call::new("POST", format!("/api/retainers/{retainer}/refund")).token(&firm.token);
    assert_eq!(ours.send(&refund).await.json()["refundAmount"], json!(100));
    let consume =
        Call::new("POST", format!("/api/retainers/{retainer}/consume")).token(&firm.token);
    let body = assert_refused(&ours.send(&consume).await, 400, "amount_required");
    assert_eq!(body["messageAr"], "المبلغ مطلوب ويجب أن يكون أكبر من صفر");
}

#[tokio::test]
async fn a_body_says_that_it_is_json() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    for (content_type, status) in [
        (Some("application/json"), 201),
        (Some("application/json; charset=utf-8"), 201),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/jsonp"), 415),
        (None, 415),
    ] {
        let call =
            Call::new("POST", "/api/clients").token(&firm.token).bytes(r#"{"fullName":"Noura"}"#);
        let call =
            content_type.iter().fold(call, |call, value| call.header("Content-Type", *value));
        let answer = ours.send(&call).await;
        assert_eq!(answer.status, status, "{content_type:?}");
        if status == 415 {
            assert_refused(&answer, 415, "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn fields_that_nobody_knows_are_named() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    for (path, field) in [
        ("/api/clients".to_owned(), "nickname"),
        ("/api/retainers".to_owned(), "currentBalance"),
        ("/api/retainers".to_owned(), "status"),
        ("/api/payments".to_owned(), "unappliedAmount"),
        (format!("/api/retainers/{retainer}/consume"), "ammount"),
        (format!("/api/retainers/{retainer}/refund"), "currency"),
    ] {
        let body = assert_refused(
            &ours.send(&firm.post(&path, &json!({field: 1}))).await,
            400,
            "unknown_field",
        );
        assert_eq!(
            body["errors"],
            json!([{"field": field, "code": "unknown_field", "message": body["message"]}])
        );
    }
    // An edit changes terms, never money.
    for field in ["currentBalance", "initialAmount", "status", "clientId", "totalDeposits"] {
        let answer =
            ours.send(&firm.put(format!("/api/retainers/{retainer}"), &json!({field: 1}))).await;
        assert_refused(&answer, 400, "unknown_field");
    }
}

#[tokio::test]
async fn what_is_missing_is_listed() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let fields = |body: &Value| -> Vec<String> {
        let errors = body["errors"].as_array().unwrap().iter();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    let body = assert_refused(
        &ours.send(&firm.post("/api/retainers", &json!({}))).await,
        400,
        "fields_required",
    );
    assert_eq!(fields(&body), ["clientId", "initialAmount"]);
    assert_eq!(body["messageAr"], "الحقول المطلوبة: العميل، نوع العربون، المبلغ الأولي");
    let sent = json!({"clientId": "", "amount": 5, "paymentMethod": null});
    let body = assert_refused(
        &ours.send(&firm.post("/api/payments", &sent)).await,
        400,
        "fields_required",
    );
    assert_eq!(fields(&body), ["clientId", "paymentMethod"]);
    assert_eq!(body["messageAr"], "الحقول المطلوبة: العميل، المبلغ، طريقة الدفع");
    assert_refused(
        &ours.send(&firm.post("/api/clients", &json!({"email": "a@b.c"}))).await,
        400,
        "name_required",
    );
}

#[tokio::test]
async fn blank_fields_are_absent_ones() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let body = json!({"clientId": firm.client().await, "initialAmount": "100.50", "retainerType": "", "minimumBalance": "",
        "startDate": "", "endDate": null, "autoReplenish": "", "caseId": "", "notes": "", "retainerNumber": "MINE-1"});
    let made = firm.make(firm.post("/api/retainers", &body)).await;
    assert_eq!(halalas(&made["currentBalance"]), 10_050);
    assert_eq!((&made["retainerType"], &made["notes"]), (&json!("advance"), &Value::Null));
    assert_eq!(made["retainerNumber"], "RET-2026-0001");
}

#[tokio::test]
async fn amounts_are_exact_or_refused() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(1_000).await;
    let path = format!("/api/retainers/{retainer}/consume");
    let consume = async |amount: &str| {
        ours.send(&raw(&firm, &path, format!("{{\"amount\":{amount}}}"))).await
    };
    for (amount, code) in [
        ("0", "amount_required"),
        ("0.00", "amount_required"),
        ("-1", "amount_required"),
        ("-0", "amount_required"),
        ("null", "amount_required"),
        ("\"\"", "amount_required"),
        ("0.001", "amount_too_precise"),
        ("1e-3", "amount_too_precise"),
        ("10000000000000.01", "amount_too_large"),
        ("1e400", "amount_too_large"),
        ("1e999999999999", "amount_malformed"),
        ("123456789012345678901234567890123456789012345", "amount_too_large"),
        ("\"12,5\"", "amount_malformed"),
        ("\"NaN\"", "amount_malformed"),
        ("\"٥\"", "amount_malformed"),
        ("\" 5\"", "amount_malformed"),
        ("\"0x10\"", "amount_malformed"),
        ("true", "invalid_field"),
        ("[5]", "invalid_field"),
        ("{\"$gt\":0}", "invalid_field"),
    ] {
        let answer = consume(amount).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, code),
            "{amount}: {}",
            answer.text()
        );
        assert_refused(&answer, 400, code);
    }
    firm.balances(&retainer, 100_000, 0).await.unwrap();
    let mut taken = 0;
    for (amount, halalas_taken) in [
        ("60", 6_000),
        ("60.5", 6_050),
        ("\"0.10\"", 10),
        ("1e1", 1_000),
        ("0.1", 10),
        ("0.2", 20),
        ("1.500", 150),
    ] {
        let answer = consume(amount).await;
        assert_eq!(answer.status, 200, "{amount}: {}", answer.text());
        taken += halalas_taken;
        assert_eq!(halalas(&answer.json()["data"]["currentBalance"]), 100_000 - taken, "{amount}");
    }
    firm.balances(&retainer, 100_000, taken).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn dates_are_days_of_the_firm() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(1_000).await;
    let consume = async |date: &str| {
        let body = json!({"amount": 1, "date": date});
        ours.send(&firm.post(format!("/api/retainers/{retainer}/consume"), &body)).await
    };
    // 23:30 on the first in Riyadh is still the first; half an hour later it is the second.
    ours.clock.set("2026-06-01T20:30:00Z");
    for (date, day) in [
        ("2026-06-01", "2026-06-01T00:00:00.000Z"),
        ("2026-06-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z"),
        ("2026-06-01T20:00:00Z", "2026-06-01T00:00:00.000Z"),
    ] {
        let answer = consume(date).await;
        assert_eq!(answer.json()["data"]["transaction"]["date"], day, "{date}: {}", answer.text());
    }
    assert_refused(&consume("2026-06-02").await, 400, "date_in_future");
    assert_refused(&consume("2026-06-01T21:00:00Z").await, 400, "date_in_future");
    for date in ["tomorrow", "2026-02-30", "01/06/2026"] {
        let body = assert_refused(&consume(date).await, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], "date");
    }
}

#[tokio::test]
async fn texts_have_an_end() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let create = async |name: String| {
        ours.send(&firm.post("/api/clients", &json!({"fullName": name}))).await
    };
    assert_eq!(create("ع".repeat(500)).await.status, 201);
    let body = assert_refused(&create("ع".repeat(501)).await, 400, "invalid_field");
    assert_eq!(
        (&body["errors"][0]["field"], &body["errors"][0]["code"]),
        (&json!("fullName"), &json!("too_long"))
    );
    assert_refused(&create("a\0b".to_owned()).await, 400, "invalid_field");
    for name in
        ["<script>alert(1)</script>", "'; drop table clients; --", "نورة \"القحطاني\" \n\u{202e}"]
    {
        let made = create(name.to_owned()).await.json()["data"].clone();
        assert_eq!(made["fullName"], name);
        let read = firm.get(format!("/api/clients/{}", made["_id"].as_str().unwrap())).await;
        assert_eq!(read["data"]["fullName"], name);
    }
}
