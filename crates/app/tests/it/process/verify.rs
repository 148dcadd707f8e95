//! `amanah verify`: finds what was changed behind the program's back, and says which rule it breaks.

use serde_json::json;

use super::{Process, amanah, output, text, url};
use crate::support::{client::Call, firm::id, tokens};

/// Statements that forge the books, and the invariant that must be named.
const FORGERIES: [(&str, &str); 46] = [
    (
        "update retainers set balance = balance + 100, deposits = deposits + 100 where number like '%-0001'",
        "I1",
    ),
    ("update movements set amount = amount - 1 where kind = 'consumption' and n = 2", "I1"),
    ("update movements set balance_after = balance_after + 1 where n = 3", "I1"),
    ("update movements set day = day - 400 where kind = 'consumption' and n = 2", "I1"),
    ("delete from movements where kind = 'consumption' and n = 4", "I2"),
    ("update entries set amount = amount + 1 where seq = 4 and line = 1", "I1"),
    ("update entries set amount = amount + 1 where seq = 4 and line = 2", "I6"),
    ("delete from entries where seq = 4", "I1"),
    ("update payments set unapplied = unapplied - 10 where unapplied > 0", "I4"),
    ("update payments set refunded = refunded + 1 where refunded > 0", "I4"),
    ("update refunds set amount = amount + 1, from_credit = from_credit + 1", "I4"),
    ("delete from refunds", "I4"),
    ("update invoices set paid = paid + 1", "I3"),
    ("update invoices set vat = vat + 1, total = total + 1", "I3"),
    ("update invoices set credited = credited - 1", "I3"),
    ("update invoices set retainer_applied = 0", "I3"),
    ("update invoices set stage = 'void'", "I3"),
    ("update applications set amount = amount - 1 where n = 2", "I3"),
    ("delete from applications where retainer_id is not null", "I3"),
    ("update credit_notes set amount = amount + 1", "I3"),
    ("update statement_lines set amount = amount + 1 where kind = 'invoice'", "I6"),
    ("delete from statement_lines where kind = 'refund'", "I6"),
    ("update client_days set net = net + 1", "I6"),
    ("update account_days set debit = debit + 1", "I6"),
    ("update retainers set number = 'RET-2019-0007' where number like '%-0002'", "I5"),
    ("update counters set taken = taken + 1 where series = 'RET'", "I5"),
    ("delete from audit where n = 3", "I8"),
    ("update audit set user_id = zeroblob(12) where n = 3", "I8"),
    ("update audit set origin = origin || '0' where n = 3", "I8"),
    ("update audit set salt = zeroblob(16) where n = 3", "I8"),
    ("update audit set leaf = zeroblob(32) where n = 3", "I8"),
    ("update firms set audit_peaks = zeroblob(length(audit_peaks))", "I8"),
    ("insert into audit_nodes select id, 8, 0, zeroblob(32) from firms", "I8"),
    ("update audit set outcome = 'accepted' where outcome = 'insufficient_balance'", "I8"),
    ("update retainers set latest_day = 0", "I1"),
    ("update retainers set refunded = 1 where number like '%-0002'", "I1"),
    ("update retainers set initial_amount = initial_amount + 1", "I1"),
    ("update retainers set low_balance_alerted = 1", "I1"),
    ("update movements set currency = 'USD' where n = 2", "I1"),
    ("update movements set seq = seq + 1000 where n = 2", "I2"),
    ("update entries set day = day - 1 where seq = 4", "I6"),
    ("update entries set credit = 2201 where credit = 4100", "I6"),
    ("update outcomes set answer = zeroblob(20) where audit_n = 3", "I8"),
    ("update outcomes set key = key || '!' where audit_n = 3", "I8"),
    ("delete from outcomes where audit_n = 3", "I8"),
    ("delete from retainers where number like '%-0002'", "I10"),
];

#[tokio::test]
async fn every_forgery_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original.db");
    let mut process = Process::serve(&original);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let make = async |path: &str, body: serde_json::Value| {
        process.send(&Call::post(path, &body).token(&token).key(format!("{path}{body}"))).await
    };
    let client = id(&make("/api/clients", json!({"fullName": "Noura"})).await.json()["data"]);
    let first = id(&make("/api/retainers", json!({"clientId": client, "initialAmount": 100}))
        .await
        .json()["data"]);
    make("/api/retainers", json!({"clientId": client, "initialAmount": 200})).await;
    for amount in [5, 6, 7, 1_000] {
        make(&format!("/api/retainers/{first}/consume"), json!({"amount": amount})).await;
    }
    let body = json!({"clientId": client, "amount": 50, "paymentMethod": "cash",
        "paymentType": "customer_payment", "status": "completed"});
    make("/api/payments", body).await;
    // An invoice of 115: 20 from a retainer, 40 by a payment of which 10 go back, 5 credited.
    let body = json!({"clientId": client, "items": [{"unitPrice": 100}]});
    let invoice = id(&make("/api/invoices", body).await.json()["data"]);
    let on = |what: &str| format!("/api/invoices/{invoice}/{what}");
    make(&on("send"), json!({})).await;
    make(&on("apply-retainer"), json!({"amount": 20, "retainerId": first})).await;
    let paid = make(&on("record-payment"), json!({"amount": 40, "paymentMethod": "cash"})).await;
    let paid = id(&paid.json()["payment"]);
    make(&format!("/api/payments/{paid}/refund"), json!({"amount": 10})).await;
    let note = make(&on("convert-to-credit-note"), json!({"amount": 5})).await;
    assert_eq!(note.status, 201, "{}", note.text());
    let verify =
        |database: &std::path::Path| output(amanah(&["verify", "--database", &url(database)]));
    // Beside the running server, and without it.
    assert_eq!(verify(&original).status.code(), Some(0));
    process.terminate();
    assert!(process.ended().success());
    let clean = verify(&original);
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean.stdout));
    for (n, (forgery, invariant)) in FORGERIES.into_iter().enumerate() {
        let copy = folder.path().join(format!("forged-{n}.db"));
        std::fs::copy(&original, &copy).unwrap();
        let database = rusqlite::Connection::open(&copy).unwrap();
        database
            .execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on")
            .unwrap();
        assert!(database.execute(forgery, []).unwrap() > 0, "{forgery} changes nothing");
        drop(database);
        let found = verify(&copy);
        let said = text(&found.stdout);
        assert_eq!(found.status.code(), Some(1), "{forgery}: {said}");
        assert!(said.contains(&format!("BROKEN {invariant} ")), "{forgery}: {said}");
    }
}
