//! Payments as its form writes and its screens read them.

use serde_json::{Value, json};

use super::Dashboard;
use crate::{
    http::{assert_refused, ours},
    support::{
        firm::{halalas, id},
        tokens,
    },
};

/// The form of a payment that has been received, with what it always says.
fn form(more: &Value) -> Value {
    let mut form = json!({
        "paymentNumber": "PAY-202606-4711", "paymentType": "customer_payment", "paymentDate": "2026-06-01",
        "referenceNumber": "", "currency": "SAR", "exchangeRate": 1, "paymentMethod": "bank_transfer", "bankAccountId": "",
        "invoiceApplications": [],
        "fees": {"bankFees": 0, "processingFees": 0, "otherFees": 0, "totalFees": 0, "paidBy": "office"},
        "departmentId": "", "locationId": "", "receivedBy": "", "customerNotes": "", "internalNotes": "", "memo": "",
        "status": "completed",
    });
    for (name, value) in more.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

#[tokio::test]
async fn a_payment_of_a_customer_is_recorded_and_completed_in_one_commit() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let (first, second) =
        (dashboard.firm.invoice(&client, 100).await, dashboard.firm.invoice(&client, 50).await);
    let form = form(&json!({
        "customerId": client, "amount": 150, "amountInBaseCurrency": 150, "paymentMethod": "mada", "referenceNumber": "REF-1",
        "memo": "شكراً",
        "cardDetails": {"lastFour": "4242", "cardType": "mada", "authCode": "A1", "transactionId": "", "terminalId": ""},
        // 100.3 − 50.1 − 0.2, as a browser has it.
        "invoiceApplications": [{"invoiceId": first, "amount": 100}, {"invoiceId": second, "amount": 49.99999999999999}],
        "fees": {"bankFees": 0, "processingFees": 2.5, "otherFees": 0, "totalFees": 2.5, "paidBy": "client"},
    }));
    let answer = dashboard.send(&dashboard.post("/payments", &form)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    let payment = &made["payment"];
    assert_eq!(payment, &made["data"]);
    for (field, expected) in [
        ("paymentNumber", json!("PAY-2026-0001")),
        ("status", json!("completed")),
        ("paymentMethod", json!("mada")),
        ("transactionId", json!("REF-1")),
        ("notes", json!("شكراً")),
        ("unappliedAmount", json!(0)),
        ("cardDetails", json!({"lastFour": "4242", "cardType": "mada", "authCode": "A1"})),
        ("fees", form["fees"].clone()),
    ] {
        assert_eq!(payment[field], expected, "{field}");
    }
    // Ours keeps it all: the method in our word, the rest as it was sent.
    let own = dashboard.firm.get(format!("/api/payments/{}", id(payment))).await["data"].clone();
    assert_eq!(
        (&own["paymentMethod"], &own["details"]["paymentMethod"], &own["details"]["fees"]),
        (&json!("debit_card"), &json!("mada"), &form["fees"])
    );
    for invoice in [first, second] {
        assert_eq!(
            dashboard.read(&format!("/invoices/{invoice}")).await["invoice"]["status"],
            "paid"
        );
    }
    ours.check().await;
}

#[tokio::test]
async fn what_is_paid_to_a_vendor_or_moved_between_accounts_has_no_client() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    for (kind, more) in [
        (
            "vendor_payment",
            json!({"paymentType": "vendor_payment", "vendorId": "v-1", "amount": 80}),
        ),
        ("transfer", json!({"paymentType": "transfer", "amount": 90})),
    ] {
        let made = dashboard.posted("/payments", &form(&more)).await["payment"].clone();
        assert_eq!(
            (&made["paymentType"], &made["clientId"], &made["status"]),
            (&json!(kind), &Value::Null, &json!("completed"))
        );
        assert_eq!(made.get("vendorId"), more.get("vendorId"));
    }
    ours.check().await;
}

#[tokio::test]
async fn a_payment_of_type_refund_returns_the_payment_it_names() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let paid =
        dashboard.posted("/payments", &form(&json!({"customerId": client, "amount": 100}))).await;
    let refund = |original: &str, amount: f64, method: &str| {
        form(&json!({
            "paymentType": "refund", "amount": amount,
            "refundDetails": {"originalPaymentId": original, "reason": "دفع مرتين", "method": method},
        }))
    };
    let number = paid["payment"]["paymentNumber"].as_str().unwrap();
    let answer = dashboard.send(&dashboard.post("/payments", &refund(number, 30.5, "cash"))).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (
            halalas(&made["refund"]["amount"]),
            &made["refund"]["refundMethod"],
            &made["refund"]["reason"]
        ),
        (3_050, &json!("cash"), &json!("دفع مرتين"))
    );
    assert_eq!(
        (&made["payment"]["status"], halalas(&made["payment"]["refundedAmount"])),
        (&json!("partially_refunded"), 3_050)
    );
    assert!(answer.header("location").unwrap().starts_with("/api/v1/refunds/"));
    // The form's key belongs to this refund; a retry returns nothing twice.
    let again = dashboard.send(&dashboard.post("/payments", &refund(number, 30.5, "cash"))).await;
    assert!(again.is_replayed());
    assert_eq!(again.body, answer.body);
    let all = dashboard.post("/payments", &refund(number, 69.5, "original"));
    assert_eq!(dashboard.accepted(&all).await["refund"]["refundMethod"], "bank_transfer");
    for unknown in [tokens::new_id(), "PAY-2026-0999".to_owned(), "../1".to_owned(), String::new()]
    {
        let answer =
            dashboard.send(&dashboard.post("/payments", &refund(&unknown, 1.0, "cash"))).await;
        let body = assert_refused(&answer, 404, "original_payment_not_found");
        assert_eq!(body["message"], "الدفعة الأصلية غير موجودة");
    }
    ours.check().await;
}

#[tokio::test]
async fn a_received_cheque_stays_pending_until_it_has_cleared() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let invoice = dashboard.firm.invoice(&client, 300).await;
    let form = form(&json!({
        "customerId": client, "amount": 300, "paymentMethod": "check",
        "checkDetails": {
            "checkNumber": "77", "checkDate": "2026-06-03", "checkBank": "الإنماء", "checkBranch": "العليا",
            "checkStatus": "received", "checkDepositDate": "",
        },
        "invoiceApplications": [{"invoiceId": invoice, "amount": 300}],
    }));
    let payment = dashboard.posted("/payments", &form).await["payment"].clone();
    assert_eq!(
        [
            &payment["status"],
            &payment["checkStatus"],
            &payment["checkNumber"],
            &payment["checkBank"]
        ],
        [&json!("pending"), &json!("received"), &json!("77"), &json!("الإنماء")]
    );
    assert_eq!(payment["checkDetails"]["checkBranch"], "العليا");
    assert_eq!(dashboard.read(&format!("/invoices/{invoice}")).await["invoice"]["status"], "sent");
    let moved = |status: &str| {
        let path = format!("/payments/{}/check-status", id(&payment));
        dashboard.call("PUT", &path, Some(&json!({"status": status})))
    };
    dashboard.accepted(&moved("deposited")).await;
    let cleared = dashboard.accepted(&moved("cleared")).await;
    assert_eq!(cleared["payment"]["status"], "completed");
    assert_eq!(dashboard.read(&format!("/invoices/{invoice}")).await["invoice"]["status"], "paid");
    ours.check().await;
}

#[tokio::test]
async fn what_is_paid_too_much_is_credit_with_the_payers_wish_noted() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    for wish in ["hold", "refund"] {
        let invoice = dashboard.firm.invoice(&client, 100).await;
        let form = form(&json!({
            "customerId": client, "amount": 150, "overpaymentAction": wish,
            "invoiceApplications": [{"invoiceId": invoice, "amount": 100}],
        }));
        let payment = dashboard.posted("/payments", &form).await["payment"].clone();
        assert_eq!(
            (&payment["overpaymentAction"], &payment["unappliedAmount"]),
            (&json!(wish), &json!(50))
        );
        let alerts = dashboard.read("/alerts?type=possible_duplicate_payment&open=true").await;
        assert_eq!(alerts["data"][0]["about"], payment["_id"], "{wish}");
    }
    ours.check().await;
}

#[tokio::test]
async fn payments_are_deleted_by_their_ids_all_or_none() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(dashboard.firm.pending(&client, 10, &json!({})).await);
    }
    let delete =
        |ids: &[String]| dashboard.call("DELETE", "/payments/bulk", Some(&json!({"ids": ids})));
    let settled = dashboard.firm.credit(&client, 10).await;
    let with_settled = [ids.clone(), vec![settled]].concat();
    let refused = dashboard.send(&delete(&with_settled)).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "not_deletable"));
    assert_eq!(dashboard.accepted(&delete(&ids)).await["deleted"], json!(2));
    let empty = dashboard.send(&delete(&[])).await;
    assert_refused(&empty, 400, "ids_required");
}

#[tokio::test]
async fn a_receipt_goes_by_several_names() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    for name in ["send-receipt", "receipt/send", "generate-receipt", "receipt"] {
        let payment = dashboard.firm.credit(&client, 10).await;
        let body = json!({"email": "a@example.com", "language": "ar"});
        let sent = dashboard.posted(&format!("/payments/{payment}/{name}"), &body).await;
        assert_eq!(sent["payment"]["receiptSent"], json!(true), "{name}");
    }
}

#[tokio::test]
async fn one_payments_invoice_is_a_plain_string_and_in_lists_it_is_populated() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let invoice = dashboard.firm.invoice(&client, 100).await;
    let made = dashboard
        .posted(
            "/payments",
            &form(&json!({"customerId": client, "amount": 40, "invoiceId": invoice})),
        )
        .await;
    assert_eq!(made["payment"]["invoiceId"], json!(invoice));
    let one = dashboard.read(&format!("/payments/{}", id(&made["payment"]))).await;
    assert_eq!((&one["payment"], &one["data"]), (&made["payment"], &made["payment"]));
    let list = dashboard.read("/payments").await;
    let row = &list["data"][0];
    assert_eq!(
        (&row["invoiceId"]["_id"], &row["invoiceId"]["invoiceNumber"]),
        (&json!(invoice), &json!("INV-202606-0001"))
    );
    assert_eq!(row["invoiceId"]["clientId"]["name"], "Noura Al-Qahtani");
    assert_eq!((&list["total"], &list["payments"]), (&json!(1), &list["data"]));
    for payment in [row, &one["payment"]] {
        assert!(payment["paymentDate"].is_string());
    }
}

#[tokio::test]
async fn the_sums_of_payments_are_drawn_from_the_books() {
    let ours = ours().await;
    let dashboard = Dashboard::open(&ours);
    let client = dashboard.firm.client().await;
    let paid = dashboard.firm.credit(&client, 100).await;
    dashboard.firm.make(dashboard.firm.give_back(&paid, 30)).await;
    dashboard.firm.pending(&client, 7, &json!({})).await;
    let old = form(&json!({"customerId": client, "amount": 11, "paymentDate": "2026-05-01"}));
    dashboard.posted("/payments", &old).await;
    let sums = dashboard.read("/payments/summary").await;
    for place in [&sums, &sums["data"], &sums["summary"]] {
        for (name, riyals) in [
            ("totalCompleted", 111),
            ("totalPending", 7),
            ("totalRefunded", 30),
            ("totalThisMonth", 100),
        ] {
            assert_eq!(place[name], json!(riyals), "{name} in {place}");
        }
    }
}
