//! Lists of invoices, payments and credit notes: filters, orders, sums, what belongs to one.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, id},
    tokens,
};

/// One field of every row of a list.
async fn column(firm: &Firm<'_>, path: &str, field: &str) -> Vec<String> {
    let listed = firm.get(path).await;
    let rows = listed["data"].as_array().unwrap_or_else(|| panic!("no list: {listed}"));
    assert_eq!(listed["pagination"]["total"], json!(rows.len()), "{path}");
    rows.iter().map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn invoices_are_filtered_sorted_and_added_up() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let (noura, other) = (firm.client().await, firm.client().await);
    let make = async |client: &str, body: Value| {
        let mut body = body;
        (body["clientId"], body["vatRate"]) = (json!(client), json!(0));
        id(&firm.make(firm.post("/api/invoices", &body)).await)
    };
    let item = |price: i64| json!([{"description": "advice", "unitPrice": price}]);
    make(&noura, json!({"items": item(50)})).await;
    let late = json!({"items": item(300), "issueDate": "2026-03-01", "paymentTerms": "net_30"});
    let late = make(&noura, late).await;
    let soon = json!({"items": item(200), "issueDate": "2026-05-20", "dueDate": "2026-06-10"});
    let soon = make(&noura, soon).await;
    let paid = make(&other, json!({"items": item(100), "issueDate": "2026-05-31"})).await;
    for invoice in [&late, &soon, &paid] {
        firm.make(firm.on_invoice(invoice, "send", &json!({}))).await;
    }
    let pay = json!({"amount": 100, "paymentMethod": "cash"});
    firm.make(firm.on_invoice(&paid, "payments", &pay)).await;
    let part = json!({"amount": 20, "paymentMethod": "cash"});
    firm.make(firm.on_invoice(&late, "record-payment", &part)).await;

    // Numbers by creation: 1 a draft of 50, 2 late, 3 soon, 4 paid.
    for (query, expected) in [
        ("", "4 3 2 1"),
        ("status=draft", "1"),
        ("status=sent,viewed,partial", "3 2"),
        ("status=overdue", "2"),
        ("overdue=true", "2"),
        ("status=paid,overdue", "4 2"),
        (&format!("clientId={noura}"), "3 2 1"),
        ("clientId=CLT-2026-0002", "4"),
        ("startDate=2026-05-01&endDate=2026-05-31", "4 3"),
        ("search=0003", "3"),
        ("sortBy=totalAmount&sortOrder=asc", "1 4 3 2"),
        ("sortBy=balanceDue", "2 3"),
        ("sortBy=dueDate&status=sent,partial", "3 2"),
        ("sortBy=issueDate&sortOrder=asc&clientId=CLT-2026-0001", "2 3 1"),
        ("sortBy=invoiceNumber&sortOrder=asc", "1 2 3 4"),
        (&format!("caseId={}", tokens::new_id()), ""),
    ] {
        let numbers = column(&firm, &format!("/api/invoices?{query}"), "invoiceNumber").await;
        let last = |number: &String| number.trim_start_matches("INV-202606-000").to_owned();
        let mut found = numbers.iter().map(last).collect::<Vec<_>>().join(" ");
        if query == "sortBy=balanceDue" {
            // Those with nothing due follow in any order.
            found.truncate(3);
        }
        assert_eq!(found, expected, "{query}");
    }
    for query in ["status=late", "sortBy=amount", "sortOrder=up", "startDate=x", "overdue=1"] {
        let call = Call::get(format!("/api/invoices?{query}")).token(&firm.token);
        let body = assert_refused(&ours.send(&call).await, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], query.split('=').next().unwrap());
    }
    let sums = firm.get("/api/invoices").await["summary"].clone();
    let expected = json!([
        {"_id": "draft", "count": 1, "currency": "SAR", "totalAmount": 50},
        {"_id": "paid", "count": 1, "currency": "SAR", "totalAmount": 100},
        {"_id": "partial", "count": 1, "currency": "SAR", "totalAmount": 300},
        {"_id": "sent", "count": 1, "currency": "SAR", "totalAmount": 200},
    ]);
    assert_eq!(sums, expected);
    let stats = firm.get("/api/invoices/stats").await;
    assert_eq!((&stats["data"], &stats["stats"]["byStatus"]), (&stats["stats"], &expected));
    assert_eq!(stats["data"]["open"], json!([{"count": 2, "currency": "SAR", "balanceDue": 480}]));
    assert_eq!(
        stats["data"]["overdue"],
        json!([{"count": 1, "currency": "SAR", "balanceDue": 280}])
    );
    assert_eq!(column(&firm, "/api/invoices/overdue", "_id").await, [late.as_str()]);
    let open = format!("/api/invoices/open/{noura}");
    assert_eq!(column(&firm, &open, "_id").await, [late.as_str(), soon.as_str()]);
    assert!(column(&firm, "/api/invoices/open/CLT-2026-0002", "_id").await.is_empty());
    let nobody = Call::get("/api/invoices/open/nobody").token(&firm.token);
    assert_refused(&ours.send(&nobody).await, 404, "client_not_found");
    assert_eq!(firm.get(format!("/api/invoices/{late}")).await["data"]["overdue"], json!(true));
    ours.check().await;
}

#[tokio::test]
async fn what_belongs_to_an_invoice_is_told_with_it() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = firm.invoice(&client, 300).await;
    let apply = json!({"amount": 60, "retainerId": retainer});
    firm.make(firm.on_invoice(&invoice, "apply-retainer", &apply)).await;
    let on = json!({"invoiceId": invoice, "status": "completed"});
    let payment = firm.pending(&client, 200, &on).await;
    firm.make(firm.give_back(&payment, 50)).await;
    let note = json!({"amount": 30, "reason": "agreed"});
    firm.make(firm.on_invoice(&invoice, "convert-to-credit-note", &note)).await;

    let journal = firm.get(format!("/api/invoices/{invoice}/payments")).await;
    let rows = journal["data"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| (&row["type"], &row["amount"], &row["n"])).collect();
    assert_eq!(
        told,
        [
            (&json!("refunded"), &json!(50), &json!(3)),
            (&json!("applied"), &json!(200), &json!(2)),
            (&json!("applied"), &json!(60), &json!(1)),
        ]
    );
    assert_eq!(rows[1]["paymentId"]["paymentNumber"], "PAY-2026-0001");
    assert_eq!(rows[2]["retainerId"]["retainerNumber"], "RET-2026-0001");
    for (field, expected) in
        [("amountPaid", 150), ("retainerApplied", 60), ("balanceDue", 60), ("totalAmount", 300)]
    {
        assert_eq!(journal[field], json!(expected), "{field}");
    }
    let refunds = firm.get(format!("/api/payments/{payment}/refunds")).await;
    assert_eq!(refunds["data"][0]["fromInvoices"], json!(50));
    let by_invoice = format!("/api/credit-notes?invoiceId={invoice}");
    assert_eq!(column(&firm, &by_invoice, "creditNoteNumber").await, ["CN-202606-0001"]);
    assert!(column(&firm, "/api/credit-notes?clientId=CLT-2026-0009", "_id").await.is_empty());
    let payments = format!("/api/payments?invoiceId={invoice}");
    assert_eq!(column(&firm, &payments, "_id").await, [payment.as_str()]);
    ours.check().await;
}

#[tokio::test]
async fn payments_are_filtered_sorted_and_added_up() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 400).await;
    let none = json!({});
    // 1 pending, 2 completed on the invoice, 3 a cheque under way, 4 failed, 5 refunded in part, 7 paid
    // to a vendor last month.
    firm.pending(&client, 10, &none).await;
    let on = json!({"invoiceId": invoice, "status": "completed", "paymentMethod": "bank_transfer"});
    let second = firm.pending(&client, 400, &on).await;
    firm.pending(&client, 30, &json!({"paymentMethod": "check"})).await;
    let failed = firm.pending(&client, 40, &none).await;
    firm.make(firm.on_payment(&failed, "fail", &none)).await;
    let returned = firm.pending(&client, 50, &json!({"status": "completed"})).await;
    firm.make(firm.give_back(&returned, 20)).await;
    let vendor = json!({"amount": 70, "paymentMethod": "cash", "paymentType": "vendor_payment",
        "status": "completed", "paymentDate": "2026-05-10"});
    firm.make(firm.post("/api/payments", &vendor)).await;
    firm.make(firm.on_payment(&second, "reconcile", &none)).await;
    for (path, expected) in [
        ("", "7 5 4 3 2 1"),
        ("?status=pending", "3 1"),
        ("?status=completed,partially_refunded", "7 5 2"),
        ("?paymentMethod=bank_transfer", "2"),
        ("?paymentType=vendor_payment", "7"),
        ("?clientId=CLT-2026-0001", "5 4 3 2 1"),
        (&format!("?invoiceId={invoice}"), "2"),
        ("?startDate=2026-06-01", "5 4 3 2 1"),
        ("?endDate=2026-05-31", "7"),
        ("?isReconciled=true", "2"),
        ("?isReconciled=false", "7 5"),
        ("?sortBy=amount&order=asc", "1 3 4 5 7 2"),
        ("?sortBy=paymentDate&order=asc&status=completed", "7 2"),
        ("?sortBy=paymentNumber&order=asc", "1 2 3 4 5 7"),
        ("/unreconciled", "7 5"),
        ("/pending-checks", "3"),
    ] {
        let numbers = column(&firm, &format!("/api/payments{path}"), "paymentNumber").await;
        let last = |number: &String| number.trim_start_matches("PAY-2026-000").to_owned();
        let found = numbers.iter().map(last).collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected, "{path}");
    }
    let listed = firm.get("/api/payments?status=completed").await;
    assert_eq!(
        listed["summary"],
        json!([{"_id": "completed", "count": 2, "currency": "SAR", "totalAmount": 470}])
    );
    assert_eq!(listed["data"][1]["invoiceId"]["invoiceNumber"], "INV-202606-0001");
    assert_eq!(listed["data"][1]["clientId"]["clientNumber"], "CLT-2026-0001");
    let glance = firm.get("/api/payments/summary").await;
    assert_eq!(glance["data"], glance["summary"]);
    for (field, expected) in [
        ("totalCompleted", 520),
        ("totalPending", 40),
        ("totalFailed", 40),
        ("totalRefunded", 20),
        ("totalThisMonth", 450),
        ("totalUnapplied", 30),
        ("pendingCount", 2),
    ] {
        assert_eq!(glance["summary"][field], json!(expected), "{field}");
    }
    let stats = firm.get("/api/payments/stats").await;
    assert_eq!((&stats["data"]["count"], &stats["data"]), (&json!(6), &stats["stats"]));
    assert_eq!(stats["data"]["totals"], json!([glance["summary"]]));
    // A firm without payments has nothing, in its own currency.
    let empty = Firm::new(&ours).get("/api/payments/summary").await;
    assert_eq!(
        [&empty["summary"]["currency"], &empty["summary"]["totalCompleted"]],
        [&json!("SAR"), &json!(0)]
    );
    ours.check().await;
}

#[tokio::test]
async fn money_is_found_by_its_matter() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"title": "Estate of Al-Harbi", "caseNumber": "12/1447", "clientId": client});
    let case = id(&firm.make(firm.post("/api/cases", &body)).await);
    let short = json!({"_id": case, "title": "Estate of Al-Harbi", "caseNumber": "12/1447"});
    let with = |more: Value| {
        let mut body = json!({"clientId": client, "caseId": "12/1447"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let items = json!([{"unitPrice": 100}]);
    for (path, body) in [
        ("/api/retainers", with(json!({"initialAmount": 50}))),
        ("/api/invoices", with(json!({"items": items}))),
        ("/api/payments", with(json!({"amount": 5, "paymentMethod": "cash"}))),
    ] {
        let mut untagged = body.clone();
        untagged["caseId"] = json!("");
        assert_eq!(firm.make(firm.post(path, &untagged)).await["caseId"], Value::Null, "{path}");
        let made = firm.make(firm.post(path, &body)).await;
        assert_eq!(made["caseId"], short, "{path}");
        for by in [case.as_str(), "12%2F1447"] {
            let listed = firm.get(format!("{path}?caseId={by}")).await;
            assert_eq!(listed["data"], json!([made]), "{path} by {by}");
            assert_eq!(listed["summary"][0]["count"], json!(1), "{path}");
        }
        assert!(column(&firm, &format!("{path}?caseId=13"), "_id").await.is_empty());
        let mut absent = body;
        absent["caseId"] = json!("13/1447");
        assert_refused(&ours.send(&firm.post(path, &absent)).await, 404, "case_not_found");
    }
    ours.check().await;
}
