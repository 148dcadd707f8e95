//! The firm's own books: their shape, what they add up to, what is refused.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id},
    tokens,
};

const LIST: &str = "/api/transactions";

/// A record of so many riyals on a day of 2026, with further fields.
async fn record(firm: &Firm<'_>, kind: &str, amount: &str, day: &str, more: Value) -> String {
    let mut body = json!({"type": kind, "amount": amount, "date": format!("2026-{day}")});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    id(&firm.make(firm.post(LIST, &body)).await)
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn a_transaction_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"type": "expense", "amount": "1250.75", "category": "rent",
        "description": "إيجار يونيو", "date": "2026-05-31", "paymentMethod": "bank_transfer",
        "reference": "LEASE-7", "clientId": "CLT-2026-0001", "transactionId": "TXN-MINE"});
    let answer = ours.send(&firm.post(LIST, &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["transaction"], &json!("تم إنشاء المعاملة بنجاح"))
    );
    let transaction = &made["transaction"];
    let path = format!("{LIST}/{}", id(transaction));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(answer.header("etag"), Some("\"0\""));
    for (field, expected) in [
        ("transactionNumber", json!("TXN-202606-00001")),
        ("transactionId", json!("TXN-202606-00001")),
        ("type", json!("expense")),
        ("status", json!("completed")),
        ("amount", json!(1250.75)),
        ("currency", json!("SAR")),
        ("category", json!("rent")),
        ("description", json!("إيجار يونيو")),
        ("date", json!("2026-05-31T00:00:00.000Z")),
        ("paymentMethod", json!("bank_transfer")),
        ("reference", json!("LEASE-7")),
        ("caseId", Value::Null),
        ("reason", Value::Null),
        ("__v", json!(0)),
    ] {
        assert_eq!(transaction[field], expected, "{field}");
    }
    assert_eq!(transaction["clientId"]["_id"], json!(client));
    for path in [&path, "/api/transactions/TXN-202606-00001"] {
        let read = firm.get(path).await;
        assert_eq!((&read["data"], &read["transaction"]), (transaction, transaction));
    }
    let edit = json!({"type": "income", "amount": 1300, "reference": "LEASE-8", "__v": 0});
    let edited = firm.make(firm.put(&path, &edit)).await;
    for (field, expected) in [
        ("type", json!("income")),
        ("amount", json!(1300)),
        ("reference", json!("LEASE-8")),
        ("category", json!("rent")),
        ("__v", json!(1)),
    ] {
        assert_eq!(edited[field], expected, "{field}");
    }
    assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    ours.check().await;
}

#[tokio::test]
async fn what_a_transaction_needs_is_said_in_the_words_clients_know() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let fields = |body: &Value| -> Vec<String> {
        let errors = body["errors"].as_array().into_iter().flatten();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    for (body, missing) in [
        (json!({}), vec!["type", "amount"]),
        (json!({"type": "income"}), vec!["amount"]),
        (json!({"type": "", "amount": 5}), vec!["type"]),
        (json!({"type": "gift", "amount": null}), vec!["amount"]),
    ] {
        let answer = ours.send(&firm.post(LIST, &body)).await;
        let refused = assert_refused(&answer, 400, "fields_required");
        assert_eq!(refused["messageAr"], "النوع والمبلغ مطلوبان");
        assert_eq!(fields(&refused), missing);
    }
    for body in [json!({"type": "gift", "amount": 5}), json!({"type": "Income", "amount": "x"})] {
        let answer = ours.send(&firm.post(LIST, &body)).await;
        let refused = assert_refused(&answer, 400, "transaction_type_invalid");
        assert_eq!(refused["messageAr"], "نوع المعاملة غير صالح");
        assert_eq!(fields(&refused), ["type"]);
    }
    for (more, status, code) in [
        (json!({"amount": 0}), 400, "amount_required"),
        (json!({"amount": -5}), 400, "amount_required"),
        (json!({"amount": "5.001"}), 400, "amount_too_precise"),
        (json!({"date": "2026-06-02"}), 400, "date_in_future"),
        (json!({"status": "cancelled"}), 400, "invalid_field"),
        (json!({"paymentMethod": "gold"}), 400, "invalid_field"),
        (json!({"balance": 5}), 400, "unknown_field"),
        (json!({"clientId": "CLT-2026-0009"}), 404, "client_not_found"),
        (json!({"caseId": tokens::new_id()}), 404, "case_not_found"),
    ] {
        let mut body = json!({"type": "income", "amount": 5});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_refused(&ours.send(&firm.post(LIST, &body)).await, status, code);
    }
    // Nothing of all that took a number.
    let first = firm.make(firm.post(LIST, &json!({"type": "income", "amount": 5}))).await;
    assert_eq!(first["transactionNumber"], "TXN-202606-00001");
    let edit = firm.put(format!("{LIST}/{}", id(&first)), &json!({"type": "gift"}));
    assert_refused(&ours.send(&edit).await, 400, "transaction_type_invalid");
    ours.check().await;
}

#[tokio::test]
async fn a_transaction_comes_true_and_is_taken_back_once() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let expected = record(&firm, "income", "100", "07-01", json!({"status": "pending"})).await;
    let done = record(&firm, "income", "40", "06-01", json!({})).await;
    let balance = async || halalas(&firm.get("/api/transactions/balance").await["balance"]);
    let cancel = |id: &str, body: Value| firm.post(format!("{LIST}/{id}/cancel"), &body);
    let status = |id: &str, status: &str| {
        firm.put(format!("{LIST}/{id}"), &json!({"status": status, "date": "2026-06-01"}))
    };
    assert_eq!(balance().await, 4_000);
    assert_refused(&ours.send(&status(&done, "pending")).await, 400, "transaction_completed");
    assert_eq!(firm.make(status(&expected, "completed")).await["status"], "completed");
    assert_eq!(balance().await, 14_000);
    assert_refused(
        &ours.send(&firm.delete(format!("{LIST}/{expected}"))).await,
        400,
        "not_deletable",
    );
    let answer = ours.send(&cancel(&expected, json!({"reason": "خطأ"}))).await.json();
    let cancelled = &answer["transaction"];
    assert_eq!(answer["message"], "تم إلغاء المعاملة بنجاح");
    assert_eq!((&cancelled["status"], &cancelled["reason"]), (&json!("cancelled"), &json!("خطأ")));
    assert_eq!(balance().await, 4_000);
    let refused =
        assert_refused(&ours.send(&cancel(&expected, json!({}))).await, 400, "already_cancelled");
    assert_eq!(refused["messageAr"], "المعاملة ملغاة بالفعل");
    assert_refused(&ours.send(&status(&expected, "completed")).await, 400, "transaction_cancelled");
    let told = ours.send(&firm.delete(format!("{LIST}/{expected}"))).await.json();
    assert_eq!((&told["deleted"], &told["message"]), (&json!(1), &json!("تم حذف المعاملة بنجاح")));
    let gone = assert_refused(
        &ours.send(&cancel(&expected, json!({}))).await,
        404,
        "transaction_not_found",
    );
    assert_eq!(gone["messageAr"], "المعاملة غير موجودة");
    ours.check().await;
}

#[tokio::test]
async fn a_bulk_delete_takes_all_or_none() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let pending = json!({"status": "pending"});
    let first = record(&firm, "income", "1", "06-01", pending.clone()).await;
    let second = record(&firm, "income", "2", "06-01", pending.clone()).await;
    let third = record(&firm, "income", "3", "06-01", pending).await;
    let done = record(&firm, "income", "4", "06-01", json!({})).await;
    let bulk = |body: Value| firm.delete("/api/transactions/bulk").json(&body);
    let many = vec!["x"; 101];
    for (body, status, code) in [
        (json!({}), 400, "ids_required"),
        (json!({"transactionIds": []}), 400, "ids_required"),
        (json!({"ids": [first, ""]}), 400, "ids_required"),
        (json!({"ids": [first], "transactionIds": [second]}), 400, "invalid_field"),
        (json!({"ids": [first, done]}), 400, "not_deletable"),
        (json!({"transactionIds": [first, tokens::new_id()]}), 404, "transaction_not_found"),
        (json!({"ids": many}), 400, "too_many_ids"),
    ] {
        assert_refused(&ours.send(&bulk(body)).await, status, code);
    }
    assert_eq!(firm.get(LIST).await["pagination"]["total"], json!(4));
    let told = ours.send(&bulk(json!({"ids": [first, "TXN-202606-00002", first]}))).await.json();
    assert_eq!((&told["deleted"], &told["data"]["ids"]), (&json!(2), &json!([first, second])));
    let told = ours.send(&bulk(json!({"transactionIds": [third]}))).await.json();
    assert_eq!(told["deleted"], json!(1));
    assert_eq!(ids(&firm.get(LIST).await), [done]);
    // Their numbers stay taken.
    let next = firm.make(firm.post(LIST, &json!({"type": "income", "amount": 5}))).await;
    assert_eq!(next["transactionNumber"], "TXN-202606-00005");
    ours.check().await;
}

#[tokio::test]
async fn the_sums_are_those_of_a_hand_kept_book() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let category = |category: &str| json!({"category": category});
    record(&firm, "income", "1000", "04-10", category("fees")).await;
    record(&firm, "expense", "250.50", "04-30", category("rent")).await;
    record(&firm, "income", "499.99", "06-01", category("fees")).await;
    record(&firm, "expense", "0.01", "06-01", json!({})).await;
    record(&firm, "transfer", "400", "06-01", category("bank")).await;
    record(&firm, "income", "70", "07-15", json!({"status": "pending"})).await;
    let mistake = record(&firm, "expense", "900", "05-05", category("rent")).await;
    firm.make(firm.post(format!("{LIST}/{mistake}/cancel"), &json!({}))).await;
    record(&firm, "income", "30", "06-01", json!({"currency": "USD", "category": "fees"})).await;

    // 1000 − 250.50 + 499.99 − 0.01 = 1249.48; dollars stand apart.
    let answer = firm.get("/api/transactions/balance").await;
    assert_eq!(
        (&answer["balance"], &answer["asOfDate"]),
        (&json!(1249.48), &json!("2026-06-01T00:00:00.000Z"))
    );
    let dollars = json!({"balance": 30, "totalIncome": 30, "totalExpenses": 0, "currency": "USD"});
    assert_eq!(
        answer["data"],
        json!({"balance": 1249.48, "totalIncome": 1499.99, "totalExpenses": 250.51,
            "currency": "SAR", "asOfDate": "2026-06-01T00:00:00.000Z",
            "otherCurrencies": [dollars]})
    );
    for (day, balance) in [
        ("2026-04-09", json!(0)),
        ("2026-04-10", json!(1000)),
        ("2026-04-30T00:00:00.000Z", json!(749.5)),
        ("2026-05-31", json!(749.5)),
        // The evening of the last of May in Europe is the first of June in Riyadh.
        ("2026-05-31T22:00:00Z", json!(1249.48)),
    ] {
        let answer = firm.get(format!("/api/transactions/balance?upToDate={day}")).await;
        assert_eq!(answer["balance"], balance, "{day}");
    }

    let answer = firm.get("/api/transactions/summary").await;
    assert_eq!(answer["data"], answer["summary"]);
    let april = json!({"month": "2026-04", "income": 1000, "expenses": 250.5, "balance": 749.5,
        "count": 2});
    let june = json!({"month": "2026-06", "income": 499.99, "expenses": 0.01, "balance": 499.98,
        "count": 3});
    let in_dollars =
        json!({"month": "2026-06", "income": 30, "expenses": 0, "balance": 30, "count": 1});
    assert_eq!(
        answer["data"],
        json!({"balance": 1249.48, "totalIncome": 1499.99, "totalExpenses": 250.51,
            "currency": "SAR", "monthlyBreakdown": [april, june],
            "otherCurrencies": [{"balance": 30, "totalIncome": 30, "totalExpenses": 0,
                "currency": "USD", "monthlyBreakdown": [in_dollars]}]})
    );
    let answer = firm.get("/api/transactions/summary?startDate=2026-04-11&to=2026-05-31").await;
    assert_eq!(
        (&answer["data"]["balance"], &answer["data"]["totalExpenses"]),
        (&json!(-250.5), &json!(250.5))
    );
    assert_eq!(answer["data"]["otherCurrencies"], json!([]));

    let line = |category: Value, kind: &str, count: i64, currency: &str, total: Value| {
        json!({"_id": category, "category": category, "type": kind, "count": count,
            "currency": currency, "totalAmount": total})
    };
    let spent = [
        line(Value::Null, "expense", 1, "SAR", json!(0.01)),
        line(json!("rent"), "expense", 1, "SAR", json!(250.5)),
    ];
    let answer = firm.get("/api/transactions/by-category?type=expense").await;
    assert_eq!(answer["data"], json!(spent));
    let answer = firm.get("/api/transactions/by-category").await;
    assert_eq!(
        answer["data"],
        json!([
            line(Value::Null, "expense", 1, "SAR", json!(0.01)),
            line(json!("bank"), "transfer", 1, "SAR", json!(400)),
            line(json!("fees"), "income", 2, "SAR", json!(1499.99)),
            line(json!("fees"), "income", 1, "USD", json!(30)),
            line(json!("rent"), "expense", 1, "SAR", json!(250.5)),
        ])
    );
    let answer = firm.get("/api/transactions/by-category?endDate=2026-04-10").await;
    assert_eq!(answer["data"], json!([line(json!("fees"), "income", 1, "SAR", json!(1000))]));
    ours.check().await;
}

#[tokio::test]
async fn a_firm_that_has_no_books_has_a_balance_of_nothing() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let balance = firm.get("/api/transactions/balance").await;
    assert_eq!((&balance["balance"], &balance["data"]["currency"]), (&json!(0), &json!("SAR")));
    let summary = firm.get("/api/transactions/summary").await;
    assert_eq!(summary["summary"]["monthlyBreakdown"], json!([]));
    assert_eq!(firm.get("/api/transactions/by-category").await["data"], json!([]));
}

#[tokio::test]
async fn the_list_is_filtered() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let case = json!({"title": "Claim", "caseNumber": "12/1447", "clientId": client});
    let case = firm.make(firm.post("/api/cases", &case)).await;
    let fees = json!({"category": "fees", "caseId": "12/1447", "description": "أتعاب أحمد"});
    let fees = record(&firm, "income", "1000", "04-10", fees).await;
    let rent = json!({"category": "rent", "reference": "LEASE-7"});
    let rent = record(&firm, "expense", "250", "05-31", rent).await;
    let due = record(&firm, "income", "70", "07-15", json!({"status": "pending"})).await;
    for (query, expected) in [
        ("", vec![&due, &rent, &fees]),
        ("type=income", vec![&due, &fees]),
        ("type=income&status=completed", vec![&fees]),
        ("status=pending", vec![&due]),
        ("status=cancelled", vec![]),
        ("category=rent", vec![&rent]),
        ("category=ren", vec![]),
        ("clientId=CLT-2026-0001", vec![&fees]),
        ("caseId=12%2F1447", vec![&fees]),
        ("startDate=2026-05-31", vec![&due, &rent]),
        ("startDate=2026-04-11&endDate=2026-05-31", vec![&rent]),
        ("from=2026-04-11&to=2026-05-31", vec![&rent]),
        ("search=lease", vec![&rent]),
        ("search=TXN-202606-00003", vec![&due]),
        // Searchers don't tell the forms of alef apart.
        ("search=%D8%A7%D8%AD%D9%85%D8%AF", vec![&fees]),
        ("limit=1&page=2", vec![&rent]),
    ] {
        let list = firm.get(format!("{LIST}?{query}")).await;
        assert_eq!(ids(&list).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let tagged = firm.get(format!("{LIST}/{fees}")).await["data"].clone();
    assert_eq!(
        (&tagged["caseId"]["_id"], &tagged["clientId"]["_id"]),
        (&case["_id"], &json!(client)),
        "the case's client is its client"
    );
    for query in ["type=gift", "status=gone", "startDate=x"] {
        let call = Call::get(format!("{LIST}?{query}")).token(&firm.token);
        assert_refused(&ours.send(&call).await, 400, "invalid_field");
    }
}

#[tokio::test]
async fn the_list_is_added_up_by_status() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    assert_eq!(firm.get(LIST).await["summary"], json!([]));
    record(&firm, "income", "1000", "04-10", json!({})).await;
    record(&firm, "expense", "250.50", "05-31", json!({"category": "rent"})).await;
    record(&firm, "income", "70", "07-15", json!({"status": "pending"})).await;
    record(&firm, "income", "30", "06-01", json!({"currency": "USD"})).await;
    let mistake = record(&firm, "expense", "9", "06-01", json!({})).await;
    firm.make(firm.post(format!("{LIST}/{mistake}/cancel"), &json!({}))).await;
    let line = |status: &str, count: i64, currency: &str, total: Value| json!({"_id": status, "count": count, "currency": currency, "totalAmount": total});
    // Turnover, not balance: 1000 + 250.50.
    let completed = line("completed", 2, "SAR", json!(1250.5));
    let dollars = line("completed", 1, "USD", json!(30));
    let pending = line("pending", 1, "SAR", json!(70));
    let cancelled = line("cancelled", 1, "SAR", json!(9));
    let rent = line("completed", 1, "SAR", json!(250.5));
    for (query, expected) in [
        ("limit=1", json!([cancelled, completed, dollars, pending])),
        ("status=pending", json!([pending])),
        ("category=rent", json!([rent])),
        ("startDate=2026-06-01", json!([cancelled, dollars, pending])),
        ("search=nobody", json!([])),
    ] {
        let summary = firm.get(format!("{LIST}?{query}")).await["summary"].clone();
        assert_eq!(summary, expected, "{query}");
    }
    firm.make(firm.delete(format!("{LIST}/{mistake}"))).await;
    assert_eq!(firm.get(LIST).await["summary"], json!([completed, dollars, pending]));
    ours.check().await;
}

#[tokio::test]
async fn the_books_are_for_who_keeps_them() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let body = json!({"type": "income", "amount": 5});
    let path = format!("{LIST}/{}", id(&firm.make(firm.post(LIST, &body)).await));
    for (role, reads, writes) in [
        ("owner", true, true),
        ("admin", true, true),
        ("accountant", true, true),
        ("partner", true, false),
        ("lawyer", true, false),
        ("paralegal", false, false),
        ("secretary", false, false),
        ("client", false, false),
    ] {
        let token = firm.token_of(&tokens::new_id(), role);
        let balance = format!("{LIST}/balance");
        let sums = [format!("{LIST}/summary"), format!("{LIST}/by-category")];
        for path in [LIST, &path, &balance].into_iter().chain(sums.iter().map(String::as_str)) {
            let answer = ours.send(&Call::get(path).token(&token)).await;
            let expected = if reads { "200 " } else { "403 forbidden" };
            assert_eq!(answer.brief(), expected, "{role} reads {path}");
        }
        let own = id(&firm.make(firm.post(LIST, &json!({"type": "income", "amount": 1}))).await);
        for call in [
            Call::post(LIST, &body),
            Call::new("PUT", format!("{LIST}/{own}")).json(&json!({"amount": 2})),
            Call::post(format!("{LIST}/{own}/cancel"), &json!({})),
            Call::new("DELETE", format!("{LIST}/{own}")),
        ] {
            let (method, path) = (call.method, call.path.clone());
            let answer = ours.send(&call.token(&token)).await;
            if writes {
                assert!(answer.is_ok(), "{role}: {method} {path}: {}", answer.text());
            } else {
                assert_refused(&answer, 403, "forbidden");
            }
        }
    }
    ours.check().await;
}

#[tokio::test]
async fn another_firms_books_are_not_there() {
    let ours = ours().await;
    let (firm, thief) = (Firm::new(&ours), Firm::new(&ours));
    let theirs = record(&firm, "income", "1000", "06-01", json!({})).await;
    let path = format!("{LIST}/{theirs}");
    for call in [
        Call::get(&path).token(&thief.token),
        Call::get(format!("{LIST}/TXN-202606-00001")).token(&thief.token),
        thief.put(&path, &json!({"description": "mine"})),
        thief.post(format!("{path}/cancel"), &json!({})),
        thief.delete(&path),
        thief.delete(format!("{LIST}/bulk")).json(&json!({"ids": [theirs]})),
    ] {
        let refused = assert_refused(&ours.send(&call).await, 404, "transaction_not_found");
        assert_eq!(refused["messageAr"], "المعاملة غير موجودة");
    }
    assert_eq!(thief.get(format!("{LIST}/balance")).await["balance"], json!(0));
    assert_eq!(thief.get(format!("{LIST}/by-category")).await["data"], json!([]));
    assert_eq!(firm.get(format!("{LIST}/balance")).await["balance"], json!(1000));
    ours.check().await;
}
