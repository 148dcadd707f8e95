//! Payments and refunds: their shape, their states, where their money goes.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id},
    tokens,
};

#[tokio::test]
async fn a_payment_keeps_what_is_known_about_it() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let card = json!({"cardDetails": {"lastFour": "4242", "brand": "mada"}, "fees": 12.50});
    let body = json!({
        "customerId": client, "amount": "115", "paymentMethod": "gateway", "currency": "SAR",
        "paymentType": "customer_payment", "gatewayProvider": "moyasar", "transactionId": "pi_1",
        "details": card, "notes": "أول دفعة", "paymentDate": "2026-05-30",
        "overpaymentAction": "hold", "paymentNumber": "PAY-x", "invoiceNumber": "",
    });
    let answer = ours.send(&firm.post("/api/payments", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["payment"], &json!("تم إنشاء الدفعة بنجاح"))
    );
    let payment = &made["payment"];
    for (field, expected) in [
        ("paymentNumber", json!("PAY-2026-0001")),
        ("status", json!("pending")),
        ("amount", json!(115)),
        ("gatewayProvider", json!("moyasar")),
        ("transactionId", json!("pi_1")),
        ("details", card),
        ("overpaymentAction", json!("hold")),
        ("paymentDate", json!("2026-05-30T00:00:00.000Z")),
        ("unappliedAmount", json!(0)),
        ("appliedAmount", json!(0)),
        ("refundedAmount", json!(0)),
        ("invoiceApplications", json!([])),
        ("invoiceId", Value::Null),
        ("caseId", Value::Null),
        ("checkStatus", Value::Null),
        ("isReconciled", json!(false)),
        ("receiptSent", json!(false)),
    ] {
        assert_eq!(payment[field], expected, "{field}");
    }
    assert_eq!(payment["clientId"]["name"], "Noura Al-Qahtani");
    let path = format!("/api/payments/{}", id(payment));
    assert_eq!(firm.get(&path).await["payment"], *payment);

    let edit = json!({"amount": 120, "paymentMethod": "check", "checkNumber": "77",
        "checkBank": "الراجحي", "checkDate": "2026-06-10", "__v": 0});
    let edited = firm.make(firm.put(&path, &edit)).await;
    for (field, expected) in [
        ("amount", json!(120)),
        ("checkStatus", json!("received")),
        ("checkNumber", json!("77")),
        ("checkBank", json!("الراجحي")),
        ("checkDate", json!("2026-06-10T00:00:00.000Z")),
        ("gatewayProvider", json!("moyasar")),
        ("__v", json!(1)),
    ] {
        assert_eq!(edited[field], expected, "{field}");
    }
    assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    for (field, value) in [("status", json!("completed")), ("unappliedAmount", json!(1))] {
        let answer = ours.send(&firm.put(&path, &json!({field: value}))).await;
        assert_eq!(answer.code(), "unknown_field", "{field}");
    }
    ours.check().await;
}

#[tokio::test]
async fn what_comes_in_goes_where_it_was_meant_to() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let (first, second) = (firm.invoice(&client, 400).await, firm.invoice(&client, 300).await);
    let parts = json!([{"invoiceId": first, "amount": 400}, {"invoiceId": second, "amount": 100}]);
    let body = |amount: i64| {
        json!({"clientId": client, "amount": amount, "paymentMethod": "bank_transfer",
            "paymentType": "customer_payment", "allocations": parts})
    };
    let too_little = ours.send(&firm.post("/api/payments", &body(499))).await;
    assert_refused(&too_little, 400, "payment_insufficient");
    let payment = firm.make(firm.post("/api/payments", &body(600))).await;
    assert_eq!(payment["invoiceApplications"], parts);
    let done = ours.send(&firm.complete(&id(&payment))).await.json();
    let payment = &done["payment"];
    assert_eq!(
        (&payment["status"], &payment["invoiceApplications"]),
        (&json!("completed"), &parts)
    );
    assert_eq!(
        [&payment["appliedAmount"], &payment["unappliedAmount"]],
        [&json!(500), &json!(100)]
    );
    assert_eq!(
        (&done["invoice"]["_id"], &done["invoice"]["status"]),
        (&json!(second), &json!("partial"))
    );

    // What is left is client credit: it can be set against invoices and taken off again.
    let payment = id(payment);
    let apply = |amount: i64| json!({"invoices": [{"invoiceId": second, "amount": amount}]});
    let path = format!("/api/payments/{payment}/apply");
    assert_refused(&ours.send(&firm.put(&path, &apply(101))).await, 400, "payment_insufficient");
    assert_refused(&ours.send(&firm.put(&path, &json!({}))).await, 400, "invalid_field");
    let applied = ours.send(&firm.put(&path, &apply(60))).await.json();
    assert_eq!(applied["payment"]["unappliedAmount"], json!(40));
    assert_eq!(applied["invoice"]["balanceDue"], json!(140));
    let rest = json!({"invoiceApplications": [{"invoiceId": "INV-202606-0002", "amount": "40"}]});
    let applied = ours.send(&firm.post(&path, &rest)).await.json();
    assert_eq!(applied["payment"]["unappliedAmount"], json!(0));
    let unapply = firm.delete(format!("/api/payments/{payment}/unapply/{second}"));
    let free = ours.send(&unapply).await.json();
    assert_eq!(
        [&free["payment"]["unappliedAmount"], &free["invoice"]["balanceDue"]],
        [&json!(200), &json!(300)]
    );
    assert_refused(&ours.send(&unapply).await, 400, "not_applied");

    // More than is due: credit, unless the payer wants it refused.
    let over = |action: &str| {
        json!({"clientId": client, "amount": 301, "paymentMethod": "cash", "invoiceId": second,
            "overpaymentAction": action, "status": "completed"})
    };
    assert_refused(
        &ours.send(&firm.post("/api/payments", &over("reject"))).await,
        400,
        "overpayment",
    );
    let kept = ours.send(&firm.post("/api/payments", &over("credit"))).await.json();
    assert_eq!(
        [&kept["payment"]["unappliedAmount"], &kept["invoice"]["balanceDue"]],
        [&json!(1), &json!(0)]
    );
    assert_eq!(kept["payment"]["invoiceId"]["status"], "paid");
    ours.check().await;
}

#[tokio::test]
async fn a_payment_without_a_target_fills_the_newest_retainer() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let old = firm.retainer_of(&client, 10, &json!({})).await;
    let new = firm.retainer_of(&client, 10, &json!({})).await;
    let body =
        json!({"clientId": client, "amount": 5, "paymentMethod": "cash", "status": "completed"});
    let done = ours.send(&firm.post("/api/payments", &body)).await.json();
    assert_eq!(
        (&done["retainer"]["_id"], &done["payment"]["retainerId"]),
        (&json!(new), &json!(new))
    );
    assert_eq!(done["payment"]["depositedAmount"], json!(5));
    let named =
        json!({"retainerId": old, "amount": 7, "paymentMethod": "cash", "status": "completed"});
    let done = ours.send(&firm.post("/api/payments", &named)).await.json();
    assert_eq!(
        (&done["payment"]["paymentType"], &done["payment"]["retainerId"]),
        (&json!("retainer"), &json!(old))
    );
    assert_eq!(done["payment"]["clientId"]["_id"], json!(client));
    firm.balances(&old, 1_700, 0).await.unwrap();
    firm.balances(&new, 1_500, 0).await.unwrap();
    ours.check().await;
}

#[tokio::test]
async fn an_expected_payment_arrives_fails_or_is_dropped() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let none = json!({});
    let payment = firm.pending(&client, 10, &none).await;
    let path = format!("/api/payments/{payment}");
    for (call, outcome) in [
        (firm.on_payment(&payment, "reconcile", &none), "payment_not_completed"),
        (firm.on_payment(&payment, "receipt", &none), "payment_not_completed"),
        (firm.on_payment(&payment, "refund", &none), "payment_not_completed"),
        (firm.on_payment(&payment, "fail", &json!({"reason": "declined"})), "failed"),
        (firm.on_payment(&payment, "fail", &none), "payment_not_pending"),
        (firm.complete(&payment), "completed"),
        (firm.complete(&payment), "already_completed"),
        (firm.on_payment(&payment, "fail", &none), "already_completed"),
        (firm.on_payment(&payment, "cancel", &none), "payment_settled"),
        (firm.put(&path, &json!({"notes": "x"})), "payment_settled"),
        (firm.delete(&path), "payment_settled"),
        (firm.on_payment(&payment, "receipt", &none), "completed"),
        (firm.on_payment(&payment, "reconcile", &none), "completed"),
        (firm.on_payment(&payment, "reconcile", &none), "already_reconciled"),
    ] {
        let answer = ours.send(&call).await;
        let body = answer.json();
        let found = if answer.is_ok() { &body["data"]["status"] } else { &body["code"] };
        assert_eq!(*found, outcome, "{} {}: {body}", call.method, call.path);
    }
    let read = firm.get(&path).await["data"].clone();
    assert_eq!([&read["isReconciled"], &read["receiptSent"]], [&json!(true), &json!(true)]);
    assert!(read["reconciledAt"].is_string() && read["completedAt"].is_string());

    let [first, second, third] = [(); 3].map(|()| firm.pending(&client, 1, &none));
    let (first, second, third) = (first.await, second.await, third.await);
    let cancelled = firm.make(firm.on_payment(&third, "cancel", &json!({"reason": "twice"}))).await;
    assert_eq!(cancelled["status"], "cancelled");
    let bulk = |ids: Value| firm.delete("/api/payments/bulk").json(&json!({"paymentIds": ids}));
    let body = assert_refused(&ours.send(&bulk(json!([]))).await, 400, "ids_required");
    assert_eq!(body["messageAr"], "معرفات الدفعات مطلوبة");
    let body = assert_refused(&ours.send(&bulk(json!([first, third]))).await, 400, "not_deletable");
    assert_eq!(body["messageAr"], "بعض الدفعات غير صالحة للحذف");
    let many = vec!["x"; 101];
    assert_refused(&ours.send(&bulk(json!(many))).await, 400, "too_many_ids");
    let told = ours.send(&bulk(json!([first, "PAY-2026-0003", first]))).await.json();
    assert_eq!((&told["deleted"], &told["data"]["ids"]), (&json!(2), &json!([first, second])));
    let gone = ours.send(&Call::get(format!("/api/payments/{first}")).token(&firm.token)).await;
    assert_refused(&gone, 404, "payment_not_found");
    let fourth = firm.pending(&client, 1, &none).await;
    let told = ours.send(&firm.delete(format!("/api/payments/{fourth}"))).await;
    assert_eq!(told.json()["deleted"], json!(1), "{}", told.text());
    ours.check().await;
}

#[tokio::test]
async fn a_cheque_is_money_when_it_has_cleared() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 100).await;
    let cheque = async || {
        let body = json!({"clientId": client, "amount": 100, "paymentMethod": "check",
            "invoiceId": invoice, "checkNumber": "1", "status": "completed"});
        id(&firm.make(firm.post("/api/payments", &body)).await)
    };
    let (bounced, cleared) = (cheque().await, cheque().await);
    let moved = |payment: &str, status: &str| {
        let body = json!({"status": status, "reason": "no funds"});
        firm.put(format!("/api/payments/{payment}/check-status"), &body)
    };
    for (call, outcome) in [
        (moved(&bounced, "cleared"), "check_not_deposited"),
        (moved(&bounced, "received"), "check_not_received"),
        (moved(&bounced, "deposited"), "pending deposited"),
        (moved(&bounced, "bounced"), "failed bounced"),
        (moved(&bounced, "deposited"), "payment_not_pending"),
        (moved(&cleared, "deposited"), "pending deposited"),
        (moved(&cleared, "cleared"), "completed cleared"),
        (moved(&cleared, "cleared"), "already_completed"),
        (moved(&cleared, "lost"), "invalid_field"),
        (moved(&firm.pending(&client, 1, &json!({})).await, "deposited"), "not_a_check"),
    ] {
        let body = ours.send(&call).await.json();
        let data = &body["data"];
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = match data.is_object() {
            true => word(&data["status"]) + " " + &word(&data["checkStatus"]),
            false => word(&body["code"]),
        };
        assert_eq!(found, outcome, "{}: {body}", call.path);
    }
    assert_eq!(
        firm.get(format!("/api/payments/{bounced}")).await["data"]["failureReason"],
        "no funds"
    );
    assert_eq!(firm.get(format!("/api/invoices/{invoice}")).await["data"]["status"], "paid");
    ours.check().await;
}

#[tokio::test]
async fn a_refund_says_where_it_was_taken() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 60).await;
    let payment = firm.pending(&client, 100, &json!({"invoiceId": invoice})).await;
    firm.make(firm.complete(&payment)).await;
    let refund = |body: Value| firm.on_payment(&payment, "refund", &body);
    let over = assert_refused(
        &ours.send(&refund(json!({"amount": 100.01}))).await,
        400,
        "refund_exceeds_payment",
    );
    assert_eq!(over["messageAr"], "مبلغ الاسترداد أكبر من المبلغ الأصلي");
    let answer = ours
        .send(&refund(json!({"amount": 70, "reason": "اتفاق", "refundMethod": "bank_transfer"})))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert_eq!(
        (&body["data"], &body["message"]),
        (&body["refund"], &json!("تم إنشاء الاسترداد بنجاح"))
    );
    for (field, expected) in [
        ("refundNumber", json!("PAY-2026-0002")),
        ("paymentId", json!(payment)),
        ("amount", json!(70)),
        ("fromCredit", json!(40)),
        ("fromRetainers", json!(0)),
        ("fromInvoices", json!(30)),
        ("refundMethod", json!("bank_transfer")),
        ("reason", json!("اتفاق")),
        ("refundDate", json!("2026-06-01T00:00:00.000Z")),
    ] {
        assert_eq!(body["refund"][field], expected, "{field}");
    }
    assert_eq!(body["payment"]["status"], "partially_refunded");
    assert_eq!(body["payment"]["invoiceId"]["status"], "partial");
    let path = format!("/api/refunds/{}", id(&body["refund"]));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(firm.get(&path).await["refund"], body["refund"]);
    assert_eq!(firm.get("/api/refunds/PAY-2026-0002").await["data"], body["refund"]);
    // The rest, then no more.
    let rest = ours.send(&refund(json!({}))).await.json();
    assert_eq!(
        (halalas(&rest["refund"]["amount"]), &rest["payment"]["status"]),
        (3_000, &json!("refunded"))
    );
    assert_refused(&ours.send(&refund(json!({}))).await, 400, "refund_exceeds_payment");
    let absent = Call::get(format!("/api/refunds/{payment}")).token(&firm.token);
    assert_refused(&ours.send(&absent).await, 404, "refund_not_found");
    ours.check().await;
}

#[tokio::test]
async fn money_that_is_not_a_clients_is_recorded_and_no_more() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let invoice = firm.invoice(&firm.client().await, 10).await;
    let body = json!({"amount": 50, "paymentMethod": "bank_transfer", "paymentType": "vendor_payment",
        "status": "completed"});
    let paid = firm.make(firm.post("/api/payments", &body)).await;
    assert_eq!((&paid["status"], &paid["clientId"]), (&json!("completed"), &Value::Null));
    assert_eq!(firm.get(format!("/api/payments/{}", id(&paid))).await["data"], paid);
    let mut named = body;
    named["invoiceId"] = json!(invoice);
    let named = ours.send(&firm.post("/api/payments", &named)).await;
    assert_refused(&named, 400, "not_applicable");
    let nobody = json!({"amount": 50, "paymentMethod": "cash"});
    let nobody = ours.send(&firm.post("/api/payments", &nobody)).await;
    let body = assert_refused(&nobody, 400, "fields_required");
    assert_eq!(body["messageAr"], "الحقول المطلوبة: العميل، المبلغ، طريقة الدفع");
    ours.check().await;
}

#[tokio::test]
async fn a_client_announces_a_payment_and_the_firm_completes_it() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let login = tokens::new_id();
    let mine = json!({"fullName": "Mine", "userId": login});
    let mine = id(&firm.make(firm.post("/api/clients", &mine)).await);
    let token = firm.token_of(&login, "client");
    let items = json!([{"unitPrice": 10}]);
    let invoice = json!({"clientId": mine, "items": items, "notes": "internal", "vatRate": 0});
    let invoice = id(&firm.make(firm.post("/api/invoices", &invoice)).await);
    firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
    let mut body =
        json!({"clientId": mine, "amount": 10, "paymentMethod": "gateway", "invoiceId": invoice});
    let announced = ours.send(&Call::post("/api/payments", &body).token(&token)).await;
    assert_eq!(announced.status, 201, "{}", announced.text());
    assert!(!announced.text().contains("internal"), "{}", announced.text());
    let payment = id(&announced.json()["payment"]);
    let complete = Call::post(format!("/api/payments/{payment}/complete"), &json!({}));
    assert_refused(&ours.send(&complete.token(&token)).await, 403, "forbidden");
    body["status"] = json!("completed");
    let at_once = ours.send(&Call::post("/api/payments", &body).token(&token)).await;
    assert_refused(&at_once, 400, "portal_payment_pending");
    body["clientId"] = json!(firm.client().await);
    let for_another = ours.send(&Call::post("/api/payments", &body).token(&token)).await;
    assert_refused(&for_another, 404, "client_not_found");
    firm.make(firm.complete(&payment)).await;
    let seen = ours.get(format!("/api/payments/{payment}"), &token).await;
    assert_eq!(seen["payment"]["status"], "completed");
    ours.check().await;
}
