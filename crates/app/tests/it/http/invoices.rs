//! Invoices: their shape, their states, what is refused, what a client may see.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id, line},
    tokens,
};

#[tokio::test]
async fn an_invoice_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    let body = json!({
        "customerId": "CLT-2026-0001",
        "items": [
            {"type": "time", "description": "جلسة", "quantity": "1.5", "unitPrice": 400, "total": 0},
            {"type": "comment", "description": "مع خالص التقدير"},
        ],
        "discountType": "fixed", "discountValue": 100,
        "issueDate": "2026-05-31", "paymentTerms": "net_15", "dueDate": "",
        "subtotal": 600, "vatAmount": "75", "totalAmount": 575.004,
        "notes": "داخلي", "invoiceNumber": "INV-17", "currency": "SAR",
    });
    let answer = ours.send(&firm.post("/api/invoices", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["invoice"], &json!("تم إنشاء الفاتورة بنجاح"))
    );
    let invoice = &made["invoice"];
    let path = format!("/api/invoices/{}", id(invoice));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    for (field, expected) in [
        ("invoiceNumber", json!("INV-202606-0001")),
        ("status", json!("draft")),
        ("overdue", json!(false)),
        ("issueDate", json!("2026-05-31T00:00:00.000Z")),
        ("dueDate", json!("2026-06-15T00:00:00.000Z")),
        ("paymentTerms", json!("net_15")),
        ("vatRate", json!(15)),
        ("discountType", json!("fixed")),
        ("discountValue", json!(100)),
        ("subtotal", json!(600)),
        ("discountAmount", json!(100)),
        ("taxableAmount", json!(500)),
        ("vatAmount", json!(75)),
        ("totalAmount", json!(575)),
        ("amountPaid", json!(0)),
        ("balanceDue", json!(0)),
        ("caseId", Value::Null),
        ("sentAt", Value::Null),
        ("paidDate", Value::Null),
        ("notes", json!("داخلي")),
        ("__v", json!(0)),
    ] {
        assert_eq!(invoice[field], expected, "{field}");
    }
    assert_eq!(invoice["clientId"]["fullName"], "Noura Al-Qahtani");
    assert_eq!(invoice["clientId"]["clientNumber"], "CLT-2026-0001");
    let items = invoice["items"].as_array().unwrap();
    assert_eq!((&items[0]["total"], &items[0]["quantity"]), (&json!(600), &json!(1.5)));
    assert_eq!((&items[1]["type"], &items[1]["total"]), (&json!("comment"), &json!(0)));
    for name in [path.as_str(), "/api/invoices/INV-202606-0001"] {
        let read = firm.get(name).await;
        assert_eq!((&read["data"], &read["invoice"]), (invoice, invoice));
    }
    let edit = json!({"items": [{"unitPrice": 100}], "discountValue": 0, "discountType": "fixed",
        "paymentTerms": "due_on_receipt", "vatRate": "5.5", "__v": 0});
    let edited = firm.make(firm.put(&path, &edit)).await;
    for (field, expected) in [
        ("totalAmount", json!(105.5)),
        ("vatRate", json!(5.5)),
        ("dueDate", json!("2026-05-31T00:00:00.000Z")),
        ("notes", json!("داخلي")),
        ("__v", json!(1)),
    ] {
        assert_eq!(edited[field], expected, "{field}");
    }
    let patch = Call::new("PATCH", &path).json(&json!({"notes": "x"})).token(&firm.token);
    assert_refused(&ours.send(&patch.header("If-Match", "\"0\"")).await, 412, "version_conflict");
    assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    ours.check().await;
}

#[tokio::test]
async fn an_invoice_is_approved_sent_seen_and_paid() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let invoice = firm.draft(&client, 1_000).await;
    let pay = |amount: i64, path: &str| {
        let body = json!({"amount": amount, "paymentMethod": "cash", "transactionId": "T-1"});
        firm.on_invoice(&invoice, path, &body)
    };
    let no_body = json!({});
    let on = |what: &str| firm.on_invoice(&invoice, what, &no_body);
    let read = async || firm.get(format!("/api/invoices/{invoice}")).await["data"].clone();
    for (call, outcome) in [
        (on("viewed"), "invoice_not_issued"),
        (on("void"), "invoice_not_issued"),
        (on("write-off"), "invoice_not_issued"),
        (on("convert-to-credit-note"), "invoice_not_issued"),
        (pay(1, "payments"), "invoice_not_issued"),
        (on("approve"), "invoice_not_pending_approval"),
        (on("submit-for-approval"), "pending_approval"),
        (on("submit-for-approval"), "invoice_not_draft"),
        (firm.on_invoice(&invoice, "reject", &json!({"reason": "Wrong client"})), "draft"),
        (on("submit-for-approval"), "pending_approval"),
        (on("approve"), "approved"),
        (on("send"), "sent"),
        (on("send"), "invoice_not_draft"),
        (firm.put(format!("/api/invoices/{invoice}"), &json!({"notes": "x"})), "invoice_not_draft"),
        (firm.delete(format!("/api/invoices/{invoice}")), "invoice_not_draft"),
        (on("viewed"), "viewed"),
        (pay(1_001, "record-payment"), "amount_exceeds_due"),
        (pay(400, "record-payment"), "completed"),
        (on("void"), "invoice_has_payments"),
        (pay(600, "payments"), "completed"),
        (on("write-off"), "nothing_due"),
        (pay(1, "payments"), "amount_exceeds_due"),
    ] {
        let answer = ours.send(&call).await;
        let at = format!("{} {}: {}", call.method, call.path, answer.text());
        if answer.is_ok() {
            assert_eq!(answer.json()["data"]["status"], outcome, "{at}");
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (400, outcome), "{at}");
        }
    }
    let paid = read().await;
    assert_eq!((&paid["status"], halalas(&paid["amountPaid"])), (&json!("paid"), 100_000));
    for moment in ["sentAt", "viewedAt", "paidDate"] {
        assert!(paid[moment].is_string(), "{moment}");
    }
    // A payment of an invoice is a payment like any other.
    let payment = firm.get("/api/payments/PAY-2026-0001").await["data"].clone();
    assert_eq!(payment["invoiceId"]["invoiceNumber"], "INV-202606-0001");
    assert_eq!(payment["invoiceId"]["status"], "paid");
    assert_eq!(payment["invoiceApplications"], json!([{"invoiceId": invoice, "amount": 400}]));
    assert_eq!(
        (&payment["transactionId"], &payment["paymentType"]),
        (&json!("T-1"), &json!("customer_payment"))
    );
    ours.check().await;
}

#[tokio::test]
async fn invoices_end_in_several_ways() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let reason = json!({"reason": "Billed by mistake"});

    let voided = firm.invoice(&client, 100).await;
    let voided = firm.make(firm.on_invoice(&voided, "void", &reason)).await;
    assert_eq!(
        (&voided["status"], &voided["reason"], halalas(&voided["balanceDue"])),
        (&json!("void"), &reason["reason"], 0)
    );

    let lost = firm.invoice(&client, 200).await;
    let lost = firm.make(firm.on_invoice(&lost, "write-off", &json!({}))).await;
    assert_eq!(
        (&lost["status"], halalas(&lost["writtenOffAmount"])),
        (&json!("written_off"), 20_000)
    );

    let credited = firm.invoice(&client, 300).await;
    let whole = ours.send(&firm.on_invoice(&credited, "convert-to-credit-note", &reason)).await;
    let body = whole.json();
    let note = &body["creditNote"];
    assert_eq!((whole.status, &body["data"]), (201, note));
    let note_path = format!("/api/credit-notes/{}", id(note));
    assert_eq!(whole.header("location"), Some(note_path.as_str()));
    assert_eq!(
        (&note["creditNoteNumber"], &note["amount"]),
        (&json!("CN-202606-0001"), &json!(300))
    );
    assert_eq!(note["invoiceId"]["status"], "void");
    assert_eq!(
        (&body["invoice"]["status"], &body["invoice"]["creditedAmount"]),
        (&json!("void"), &json!(300))
    );
    assert_eq!(firm.get(&note_path).await["creditNote"], *note);
    assert_eq!(firm.get("/api/credit-notes/CN-202606-0001").await["data"], *note);
    let again = firm.on_invoice(&credited, "convert-to-credit-note", &json!({"amount": 1}));
    assert_refused(&ours.send(&again).await, 400, "credit_exceeds_invoice");

    let copy = ours.send(&firm.on_invoice(&credited, "duplicate", &json!({}))).await;
    let draft = copy.json()["invoice"].clone();
    assert_eq!(
        (copy.status, &draft["status"], &draft["totalAmount"]),
        (201, &json!("draft"), &json!(300))
    );
    let path = format!("/api/invoices/{}", id(&draft));
    let deleted = ours.send(&firm.delete(&path)).await;
    let told = deleted.json();
    assert_eq!((deleted.status, &told["deleted"]), (200, &json!(1)));
    assert_eq!(told["data"], json!({"deleted": 1, "ids": [draft["_id"]]}));
    let gone = ours.send(&Call::get(&path).token(&firm.token)).await;
    let body = assert_refused(&gone, 404, "invoice_not_found");
    assert_eq!(body["messageAr"], "الفاتورة غير موجودة");
    ours.check().await;
}

#[tokio::test]
async fn an_invoice_that_is_none_is_refused_by_name() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let with = |more: Value| {
        let mut body = json!({"clientId": client, "items": [line(1_000)]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        firm.post("/api/invoices", &body)
    };
    let missing =
        assert_refused(&ours.send(&with(json!({"clientId": ""}))).await, 400, "fields_required");
    assert_eq!(missing["errors"][0]["field"], "clientId");
    for (more, status, code) in [
        (json!({"items": []}), 400, "fields_required"),
        (json!({"items": [{"type": "comment"}]}), 400, "lines_required"),
        (json!({"items": vec![line(1); 201]}), 400, "too_many_lines"),
        (json!({"items": [{"unitPrice": "0.00001"}]}), 400, "line_invalid"),
        (json!({"items": [{"unitPrice": 0}]}), 400, "amount_required"),
        (json!({"items": [{"unitPrice": 1, "discountValue": 1}]}), 400, "invalid_field"),
        (json!({"discountType": "fixed", "discountValue": 1_001}), 400, "discount_invalid"),
        (json!({"vatRate": "100.01"}), 400, "vat_rate_invalid"),
        (json!({"totalAmount": "1150.02"}), 400, "totals_mismatch"),
        (json!({"issueDate": "2026-06-02"}), 400, "date_in_future"),
        (json!({"dueDate": "2026-05-31"}), 400, "due_before_issue"),
        (json!({"paymentTerms": "net_31"}), 400, "invalid_field"),
        (json!({"status": "paid"}), 400, "unknown_field"),
        (json!({"clientId": tokens::new_id()}), 404, "client_not_found"),
        (json!({"caseId": tokens::new_id()}), 404, "case_not_found"),
        (
            json!({"items": [{"unitPrice": 1, "timeEntryId": tokens::new_id()}]}),
            404,
            "time_entry_not_found",
        ),
    ] {
        let call = with(more);
        let answer = ours.send(&call).await;
        let body = String::from_utf8_lossy(call.body.as_deref().unwrap()).into_owned();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body:.200}");
    }
    let nested = with(json!({"items": [{"unitPrice": 1}, {"unitPrice": "x"}]}));
    let nested = assert_refused(&ours.send(&nested).await, 400, "amount_malformed");
    assert_eq!(nested["errors"][0]["field"], "items[1].unitPrice");
    // None of them took a number.
    let made = firm.make(with(json!({}))).await;
    assert_eq!(made["invoiceNumber"], "INV-202606-0001");
    ours.check().await;
}

#[tokio::test]
async fn a_retainer_pays_an_invoice_from_either_side() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 500, &json!({})).await;
    let invoice = firm.invoice(&client, 1_000).await;
    let apply = |amount: i64| {
        let body = json!({"amount": amount, "retainerId": retainer});
        firm.on_invoice(&invoice, "apply-retainer", &body)
    };
    assert_refused(&ours.send(&apply(501)).await, 400, "insufficient_balance");
    let body = ours.send(&apply(200)).await.json();
    assert_eq!(
        (&body["data"], &body["invoice"]["retainerApplied"]),
        (&body["invoice"], &json!(200))
    );
    assert_eq!(body["retainer"]["currentBalance"], json!(300));
    assert_eq!(body["transaction"]["invoiceId"], json!(invoice));

    let consume = json!({"amount": 300, "invoiceId": "INV-202606-0001"});
    let consume = firm.post(format!("/api/retainers/{retainer}/consume"), &consume);
    let body = ours.send(&consume).await.json();
    assert_eq!(body["invoice"]["balanceDue"], json!(500));
    assert_eq!(body["data"]["transaction"]["invoiceId"], json!(invoice));
    assert_eq!(body["retainer"]["status"], "depleted");
    let other = firm.invoice(&firm.client().await, 10).await;
    let foreign =
        json!({"amount": 1, "retainerId": firm.retainer_of(&client, 10, &json!({})).await});
    let foreign = firm.on_invoice(&other, "apply-retainer", &foreign);
    assert_refused(&ours.send(&foreign).await, 400, "invoice_client_mismatch");
    let nothing = firm.on_invoice(&invoice, "apply-retainer", &json!({"amount": 1}));
    let nothing = assert_refused(&ours.send(&nothing).await, 400, "invalid_field");
    assert_eq!(nothing["errors"][0]["field"], "retainerId");
    ours.check().await;
}

#[tokio::test]
async fn a_client_sees_what_was_sent_to_them_and_no_notes() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let login = tokens::new_id();
    let mine = json!({"fullName": "Mine", "userId": login});
    let mine = id(&firm.make(firm.post("/api/clients", &mine)).await);
    let token = firm.token_of(&login, "client");
    let foreign = firm.invoice(&firm.client().await, 10).await;
    let body = json!({"clientId": mine, "items": [line(10)], "notes": "internal"});
    let invoice = id(&firm.make(firm.post("/api/invoices", &body)).await);
    let path = format!("/api/invoices/{invoice}");
    let as_client = async |call: Call| ours.send(&call.token(&token)).await;
    let look = |invoice: &str| Call::get(format!("/api/invoices/{invoice}"));
    let viewed = |invoice: &str| Call::post(format!("/api/invoices/{invoice}/viewed"), &json!({}));
    for hidden in [&invoice, &foreign] {
        assert_refused(&as_client(look(hidden)).await, 404, "invoice_not_found");
        assert_refused(&as_client(viewed(hidden)).await, 404, "invoice_not_found");
    }
    let listed = async || ours.get("/api/invoices", &token).await;
    assert_eq!(listed().await["pagination"]["total"], json!(0));
    firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
    let list = listed().await;
    assert_eq!(
        (&list["pagination"]["total"], &list["data"][0]["_id"]),
        (&json!(1), &json!(invoice))
    );
    assert_eq!(
        (&list["data"][0]["notes"], &list["summary"][0]["count"]),
        (&Value::Null, &json!(1))
    );
    for (path, total) in [
        ("/api/invoices?search=internal", 0),
        ("/api/invoices/overdue", 0),
        (&format!("/api/invoices/open/{mine}"), 1),
        ("/api/credit-notes", 0),
        ("/api/payments", 0),
    ] {
        assert_eq!(ours.get(path, &token).await["pagination"]["total"], json!(total), "{path}");
    }
    let others = as_client(Call::get("/api/invoices/open/CLT-2026-0002")).await;
    assert_refused(&others, 404, "client_not_found");
    assert_refused(&as_client(Call::get("/api/invoices/stats")).await, 403, "forbidden");
    let seen = as_client(look(&invoice)).await.json();
    assert_eq!((&seen["data"]["status"], &seen["data"]["notes"]), (&json!("sent"), &Value::Null));
    // Reading marks nothing; saying so does.
    let marked = as_client(viewed(&invoice)).await;
    assert_eq!(marked.status, 200, "{}", marked.text());
    let marked = marked.json();
    assert_eq!(
        (&marked["data"]["status"], &marked["data"]["notes"]),
        (&json!("viewed"), &Value::Null)
    );
    assert_eq!(firm.get(&path).await["data"]["notes"], "internal");
    for what in ["send", "void", "record-payment", "convert-to-credit-note"] {
        let call =
            Call::post(format!("{path}/{what}"), &json!({"amount": 1, "paymentMethod": "cash"}));
        let answer = as_client(call).await;
        assert!([403, 400].contains(&answer.status), "{what}: {}", answer.text());
    }
    ours.check().await;
}
