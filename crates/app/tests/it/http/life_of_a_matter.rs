//! A matter from its first riyal to its last, over HTTP, with every account of the ledger written down
//! by hand after each step.

use serde_json::{Value, json};

use super::ours;
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id},
    target::Target,
};

/// Sends what has to be accepted, then reads the trial balance: debits positive, accounts that stand at
/// zero left out.
async fn step(ours: &Target, firm: &Firm<'_>, call: Call, accounts: &[(i64, &str)]) -> Value {
    let answer = ours.send(&call).await;
    assert!(answer.is_ok(), "{} {}: {}", call.method, call.path, answer.text());
    let balance = firm.get("/api/reports/trial-balance").await["data"].clone();
    let rows = balance["accounts"].as_array().expect("accounts").iter();
    let rows = rows.map(|row| (row["code"].as_i64().unwrap_or(0), row["balance"].to_string()));
    let rows: Vec<_> = rows.filter(|(_, balance)| balance != "0").collect();
    let stand: Vec<_> = rows.iter().map(|(code, balance)| (*code, balance.as_str())).collect();
    assert_eq!(stand, accounts, "after {} {}", call.method, call.path);
    let totals = balance["totals"].as_array().expect("totals").iter();
    assert!(totals.into_iter().all(|total| total["balanced"] == true), "{balance}");
    answer.json()
}

#[tokio::test]
async fn a_matter_is_billed_paid_and_corrected_and_every_account_follows() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = json!({"fullName": "Noura Al-Qahtani"});
    let client = id(&step(&ours, &firm, firm.post("/api/clients", &client), &[]).await["client"]);

    let case =
        json!({"title": "Al-Noor v. Al-Salam", "caseNumber": "4471/1447", "clientId": client});
    let case = id(&step(&ours, &firm, firm.post("/api/cases", &case), &[]).await["case"]);

    // 5,000 are paid in advance: in the trust bank, and owed to the client.
    let open = firm.post(
        "/api/retainers",
        &json!({"clientId": client, "caseId": case,
        "initialAmount": 5_000}),
    );
    let opened = step(&ours, &firm, open, &[(1102, "5000"), (2130, "-5000")]).await;
    assert_eq!(opened["retainer"]["caseId"]["caseNumber"], "4471/1447");

    // Three hours are written down at 500: nothing moves.
    let held = [(1102, "5000"), (2130, "-5000")];
    let time = json!({"clientId": client, "caseId": case, "minutes": 180, "hourlyRate": 500, "billable": true,
        "description": "Hearing"});
    let time = step(&ours, &firm, firm.post("/api/time-entries", &time), &held).await;
    assert_eq!(halalas(&time["data"]["amount"]), 150_000);
    let time = id(&time["data"]);

    // They are billed, with a fee of 1,000 less 10 %, and 200 of court fees without VAT:
    // 2,700 less 100 is 2,600; VAT on 2,400 is 360. A draft is not owed yet.
    let items = json!([
        {"type": "time", "description": "Hearing", "quantity": 3, "unitPrice": 500,
         "timeEntryId": time},
        {"description": "Statement of claim", "unitPrice": "1000",
         "discountType": "percentage", "discountValue": 10},
        {"type": "expense", "description": "Court fees", "unitPrice": 200, "taxable": false},
    ]);
    let draft = json!({"clientId": client, "caseId": "4471/1447", "items": items,
        "totalAmount": 2_960});
    let drafted = step(&ours, &firm, firm.post("/api/invoices", &draft), &held).await;
    let drafted = &drafted["invoice"];
    for (field, expected) in [
        ("subtotal", 270_000),
        ("discountAmount", 10_000),
        ("taxableAmount", 240_000),
        ("vatAmount", 36_000),
        ("totalAmount", 296_000),
        ("balanceDue", 0),
    ] {
        assert_eq!(halalas(&drafted[field]), expected, "{field}");
    }
    assert_eq!((&drafted["status"], &drafted["vatRate"]), (&json!("draft"), &json!(15)));
    assert_eq!(drafted["caseId"]["title"], "Al-Noor v. Al-Salam");
    let invoice = id(drafted);
    let worked = firm.get(format!("/api/time-entries/{time}")).await;
    assert_eq!(
        (&worked["data"]["billed"], &worked["data"]["invoiceId"]),
        (&json!(true), &json!(invoice))
    );

    // Sent: 2,960 are owed, 2,600 are earned, 360 belong to the tax office.
    let sent = firm.on_invoice(&invoice, "send", &json!({}));
    let accounts =
        [(1102, "5000"), (1201, "2960"), (2130, "-5000"), (2201, "-360"), (4100, "-2600")];
    let sent = step(&ours, &firm, sent, &accounts).await;
    assert_eq!(
        (&sent["invoice"]["status"], halalas(&sent["data"]["balanceDue"])),
        (&json!("sent"), 296_000)
    );

    // 1,000 of the retainer: out of trust, into the firm's own bank, off the invoice.
    let apply = json!({"amount": 1_000, "retainerId": "RET-2026-0001"});
    let accounts = [
        (1101, "1000"),
        (1102, "4000"),
        (1201, "1960"),
        (2130, "-4000"),
        (2201, "-360"),
        (4100, "-2600"),
    ];
    let applied = firm.on_invoice(&invoice, "apply-retainer", &apply);
    let applied = step(&ours, &firm, applied, &accounts).await;
    assert_eq!(applied["invoice"]["status"], "partial");
    assert_eq!(halalas(&applied["invoice"]["retainerApplied"]), 100_000);
    assert_eq!(halalas(&applied["retainer"]["currentBalance"]), 400_000);
    assert_eq!(applied["transaction"]["type"], "consumption");
    assert_eq!(applied["retainer"]["caseId"], applied["invoice"]["caseId"]);

    // 1,500 come by bank.
    let payment = json!({"clientId": client, "amount": 1_500, "paymentMethod": "bank_transfer",
        "invoiceId": invoice, "status": "completed"});
    let accounts = [
        (1101, "2500"),
        (1102, "4000"),
        (1201, "460"),
        (2130, "-4000"),
        (2201, "-360"),
        (4100, "-2600"),
    ];
    let paid = step(&ours, &firm, firm.post("/api/payments", &payment), &accounts).await;
    assert_eq!(paid["payment"]["status"], "completed");
    // It names the invoice, so it is tagged with its case.
    assert_eq!(paid["payment"]["caseId"]["_id"], json!(case));
    assert_eq!(halalas(&paid["invoice"]["balanceDue"]), 46_000);
    let payment = id(&paid["payment"]);

    // 300 of them go back: they are owed again.
    let accounts = [
        (1101, "2200"),
        (1102, "4000"),
        (1201, "760"),
        (2130, "-4000"),
        (2201, "-360"),
        (4100, "-2600"),
    ];
    let refunded = step(&ours, &firm, firm.give_back(&payment, 300), &accounts).await;
    assert_eq!(halalas(&refunded["refund"]["fromInvoices"]), 30_000);
    assert_eq!(refunded["payment"]["status"], "partially_refunded");

    // A credit note of 115. Its VAT is 360 × 115 / 2,960 = 13.986…, so 13.99; 101.01 were not earned.
    let note = json!({"amount": 115, "reason": "One hour too many"});
    let accounts = [
        (1101, "2200"),
        (1102, "4000"),
        (1201, "645"),
        (2130, "-4000"),
        (2201, "-346.01"),
        (4100, "-2498.99"),
    ];
    let note = firm.on_invoice(&invoice, "convert-to-credit-note", &note);
    let note = step(&ours, &firm, note, &accounts).await;
    assert_eq!(halalas(&note["creditNote"]["vatAmount"]), 1_399);
    let stands = &note["invoice"];
    for (field, expected) in [
        ("totalAmount", 296_000),
        ("retainerApplied", 100_000),
        ("amountPaid", 120_000),
        ("creditedAmount", 11_500),
        ("balanceDue", 64_500),
    ] {
        assert_eq!(halalas(&stands[field]), expected, "{field}");
    }
    assert_eq!(stands["status"], "partial");

    // The rest is paid, and the invoice with it.
    let accounts =
        [(1101, "2845"), (1102, "4000"), (2130, "-4000"), (2201, "-346.01"), (4100, "-2498.99")];
    let last = json!({"amount": 645, "paymentMethod": "cash"});
    let last = firm.on_invoice(&invoice, "record-payment", &last);
    let last = step(&ours, &firm, last, &accounts).await;
    assert_eq!(
        (&last["invoice"]["status"], halalas(&last["invoice"]["balanceDue"])),
        (&json!("paid"), 0)
    );

    // The client's account: each line is one document, and at the end nothing is owed.
    let statement = firm.get(format!("/api/clients/{client}/statement")).await;
    let mut lines: Vec<_> = Vec::new();
    for line in statement["data"].as_array().expect("lines") {
        let changed = halalas(&line["debit"]) - halalas(&line["credit"]);
        let kind = line["type"].as_str().unwrap_or_default();
        lines.push((kind, changed / 100, halalas(&line["balance"]) / 100));
    }
    assert_eq!(
        lines,
        [
            ("invoice", 2_960, 2_960),
            ("retainer_applied", -1_000, 1_960),
            ("payment", -1_500, 460),
            ("refund", 300, 760),
            ("credit_note", -115, 645),
            ("payment", -645, 0),
        ]
    );
    assert_eq!(statement["closing"], json!([{"currency": "SAR", "balance": 0}]));
    // What the trust bank holds is what the retainer says, and nothing is overdue.
    let held = firm.get("/api/reports/trust-ledger").await;
    assert_eq!(halalas(&held["data"][0]["balance"]), 400_000, "{held}");
    ours.check().await;
}
