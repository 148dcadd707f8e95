//! Clients: their shape, what their documents add up to, their statements, and who is let go.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id, line},
    target::Target,
    tokens,
};

fn total(list: &Value) -> &Value {
    &list["pagination"]["total"]
}

fn names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|row| row["fullName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_client_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let body = json!({"firstName": "نورة", "lastName": "القحطاني", "email": "n@example.com",
        "phone": "+966500000000", "nationalId": "1012345678", "city": "الرياض", "notes": "سرّي",
        "clientNumber": "X-1", "address": ""});
    let answer = ours.send(&firm.post("/api/clients", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["client"], &json!("تم إنشاء العميل بنجاح"))
    );
    let path = format!("/api/clients/{}", id(&made["client"]));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    let read = ours.send(&Call::get(&path).token(&firm.token)).await;
    assert_eq!(read.header("etag"), Some("\"0\""));
    let client = read.json()["client"].clone();
    for (field, expected) in [
        ("clientNumber", json!("CLT-2026-0001")),
        ("clientType", json!("individual")),
        ("fullName", json!("نورة القحطاني")),
        ("name", json!("نورة القحطاني")),
        ("companyName", Value::Null),
        ("address", Value::Null),
        ("city", json!("الرياض")),
        ("currency", json!("SAR")),
        ("totalInvoices", json!(0)),
        ("totalInvoiced", json!(0)),
        ("totalPaid", json!(0)),
        ("totalOutstanding", json!(0)),
        ("credit", json!(0)),
        ("trustBalance", json!(0)),
        ("otherCurrencies", json!([])),
    ] {
        assert_eq!(client[field], expected, "{field}");
    }

    let edit = json!({"lastName": "سالم", "city": "جدة", "__v": 0});
    let told = ours.send(&firm.put(&path, &edit)).await.json();
    assert_eq!(told["message"], "تم تحديث العميل بنجاح");
    let edited = &told["client"];
    assert_eq!((&edited["fullName"], &edited["city"]), (&json!("نورة سالم"), &json!("جدة")));
    assert_eq!((&edited["phone"], &edited["__v"]), (&json!("+966500000000"), &json!(1)));
    let stale = assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    assert_eq!(stale["currentVersion"], json!(1));
    let patch = Call::new("PATCH", &path).json(&json!({"name": "أم خالد"})).token(&firm.token);
    assert_eq!(ours.send(&patch).await.json()["data"]["fullName"], "أم خالد");
    for field in ["totalPaid", "credit", "trustBalance", "status", "deleted"] {
        let answer = ours.send(&firm.put(&path, &json!({field: 1}))).await;
        assert_refused(&answer, 400, "unknown_field");
    }
    let nameless = ours.send(&firm.post("/api/clients", &json!({"firstName": "  "}))).await;
    assert_refused(&nameless, 400, "name_required");
    ours.check().await;
}

#[tokio::test]
async fn a_portal_login_comes_and_goes() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let (client, login) = (firm.client().await, tokens::new_id());
    firm.client().await;
    let path = format!("/api/clients/{client}");
    let token = firm.token_of(&login, "client");
    let seen = async || total(&ours.get("/api/clients", &token).await).clone();
    assert_eq!(seen().await, json!(0));
    firm.make(firm.put(&path, &json!({"userId": login, "notes": "سرّي"}))).await;
    assert_eq!(seen().await, json!(1));
    let own = ours.get(&path, &token).await["client"].clone();
    assert_eq!((&own["userId"], &own["notes"]), (&json!(login), &Value::Null));
    for (call, code) in [
        (Call::get("/api/clients/stats"), "forbidden"),
        (Call::get("/api/clients/top-revenue"), "forbidden"),
        (Call::new("PUT", &path).json(&json!({"city": "x"})), "forbidden"),
        (Call::new("DELETE", &path), "forbidden"),
    ] {
        assert_refused(&ours.send(&call.token(&token)).await, 403, code);
    }
    let both = json!({"userId": login, "unlinkUser": true});
    assert_refused(&ours.send(&firm.put(&path, &both)).await, 400, "invalid_field");
    firm.make(firm.put(&path, &json!({"unlinkUser": true}))).await;
    assert_eq!(seen().await, json!(0));
    assert_refused(&ours.send(&Call::get(&path).token(&token)).await, 404, "client_not_found");
}

#[tokio::test]
async fn a_search_finds_what_readers_mean() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    for (name, phone) in [
        ("أحمد الإبراهيم", "٠٥٥١٢٣٤٥٦٧"),
        ("فاطمة مصطفى", "0500000000"),
        ("Müller & Söhne", "+49 30 1234"),
    ] {
        firm.make(firm.post("/api/clients", &json!({"fullName": name, "phone": phone}))).await;
    }
    for (searched, found) in [
        ("احمد الابراهيم", "أحمد الإبراهيم"),
        ("أَحْمَد", "أحمد الإبراهيم"),
        ("0551234567", "أحمد الإبراهيم"),
        ("فاطمه", "فاطمة مصطفى"),
        ("مصطفي", "فاطمة مصطفى"),
        ("٠٥٠٠٠٠", "فاطمة مصطفى"),
        ("MULLER", "Müller & Söhne"),
        ("clt-2026-0003", "Müller & Söhne"),
    ] {
        let escaped: String = searched.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in ["/api/clients/search?q=", "/api/clients?search="] {
            let list = firm.get(format!("{path}{escaped}")).await;
            assert_eq!(names(&list), [found], "{path}{searched}");
        }
    }
    assert_eq!(total(&firm.get("/api/clients/search?q=nobody").await), &json!(0));
    let first = firm.get("/api/clients/search?q=&limit=2").await;
    assert_eq!((names(&first).len(), total(&first)), (2, &json!(3)));
    // A wildcard is a character like any other.
    assert_eq!(total(&firm.get("/api/clients/search?q=%25").await), &json!(0));
}

/// One client with a paid, a partly paid, a voided and a drafted invoice, credit, money in trust and
/// some of it in another currency.
async fn busy_client(firm: &Firm<'_>) -> String {
    let client = firm.client().await;
    let (first, second) = (firm.invoice(&client, 1_000).await, firm.invoice(&client, 500).await);
    firm.draft(&client, 700).await;
    let void = firm.invoice(&client, 300).await;
    firm.make(firm.on_invoice(&void, "void", &json!({}))).await;
    firm.make(firm.pay(&first, 1_000)).await;
    let retainer = firm.retainer_of(&client, 800, &json!({})).await;
    let drawn = json!({"amount": 120, "retainerId": retainer});
    firm.make(firm.on_invoice(&second, "apply-retainer", &drawn)).await;
    firm.credit(&client, 50).await;
    let dollars = json!({"clientId": client, "vatRate": 0, "items": [line(90)], "currency": "USD"});
    let dollars = id(&firm.make(firm.post("/api/invoices", &dollars)).await);
    firm.make(firm.on_invoice(&dollars, "send", &json!({}))).await;
    let paid = json!({"currency": "USD", "invoiceId": dollars, "status": "completed"});
    firm.pending(&client, 40, &paid).await;
    client
}

#[tokio::test]
async fn a_clients_figures_follow_from_its_documents() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = busy_client(&firm).await;
    let riyals = json!({"currency": "SAR", "totalInvoices": 2, "totalInvoiced": 1500,
        "totalPaid": 1120, "totalOutstanding": 380, "credit": 50, "trustBalance": 680});
    let dollars = json!({"currency": "USD", "totalInvoices": 1, "totalInvoiced": 90,
        "totalPaid": 40, "totalOutstanding": 50, "credit": 0, "trustBalance": 0});
    let read = firm.get(format!("/api/clients/{client}")).await["client"].clone();
    for (field, expected) in riyals.as_object().unwrap() {
        assert_eq!(read[field], *expected, "{field}");
    }
    assert_eq!(read["otherCurrencies"], json!([dollars]));

    let other = firm.make(firm.post("/api/clients", &json!({"companyName": "شركة النخيل"}))).await;
    let invoice = firm.invoice(&id(&other), 2_000).await;
    firm.make(firm.pay(&invoice, 1_500)).await;
    ours.clock.set("2026-07-15T09:00:00Z");
    firm.client().await;
    let stats = firm.get("/api/clients/stats").await;
    assert_eq!(stats["data"], stats["stats"]);
    for (field, expected) in
        [("total", 3), ("individuals", 2), ("companies", 1), ("newThisMonth", 1)]
    {
        assert_eq!(stats["stats"][field], json!(expected), "{field}");
    }
    let mut totals = json!({"currency": "SAR", "totalInvoices": 3, "totalInvoiced": 3500,
        "totalPaid": 2620, "totalOutstanding": 880, "credit": 50, "trustBalance": 680});
    totals["otherCurrencies"] = json!([dollars]);
    assert_eq!(stats["stats"]["totals"], totals);

    let top = |limit: u32| firm.get(format!("/api/clients/top-revenue?limit={limit}"));
    let told = |list: &Value| -> Vec<(String, i64, String)> {
        let row = |row: &Value| {
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            (text("currency"), halalas(&row["totalRevenue"]), text("clientNumber"))
        };
        list["data"].as_array().unwrap().iter().map(row).collect()
    };
    let row = |currency: &str, revenue: i64, n: u32| {
        (currency.to_owned(), revenue, format!("CLT-2026-{n:04}"))
    };
    let all = [row("SAR", 150_000, 2), row("SAR", 112_000, 1), row("USD", 4_000, 1)];
    assert_eq!(told(&top(5).await), all);
    assert_eq!(told(&top(1).await), [row("SAR", 150_000, 2), row("USD", 4_000, 1)]);
    ours.check().await;
}

#[tokio::test]
async fn what_a_client_has_is_listed_under_it() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = busy_client(&firm).await;
    let other = firm.client().await;
    firm.invoice(&other, 10).await;
    let case = json!({"title": "Claim", "clientId": client});
    let case = id(&firm.make(firm.post("/api/cases", &case)).await);
    for (what, count) in [("invoices", 5), ("payments", 3), ("cases", 1)] {
        let list = firm.get(format!("/api/clients/CLT-2026-0001/{what}")).await;
        assert_eq!(total(&list), &json!(count), "{what}");
        let is_its = |row: &Value| row["clientId"]["_id"] == *client;
        assert!(list["data"].as_array().unwrap().iter().all(is_its), "{list}");
        let missing = format!("/api/clients/CLT-2026-0009/{what}");
        let answer = ours.send(&Call::get(missing).token(&firm.token)).await;
        assert_refused(&answer, 404, "client_not_found");
    }
    assert_eq!(
        firm.get(format!("/api/clients/{client}/cases")).await["data"][0]["_id"],
        json!(case)
    );
    let login = tokens::new_id();
    firm.make(firm.put(format!("/api/clients/{client}"), &json!({"userId": login}))).await;
    let token = firm.token_of(&login, "client");
    // What was not sent is not there for its client.
    let invoices = ours.get(format!("/api/clients/{client}/invoices"), &token).await;
    assert_eq!(total(&invoices), &json!(4));
    let foreign = Call::get(format!("/api/clients/{other}/invoices")).token(&token);
    assert_refused(&ours.send(&foreign).await, 404, "client_not_found");
}

/// A month of business, one document a day; the client.
async fn month(ours: &Target, firm: &Firm<'_>) -> String {
    ours.clock.set("2026-06-01T09:00:00Z");
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 1_000).await;
    ours.clock.set("2026-06-03T09:00:00Z");
    firm.make(firm.pay(&invoice, 400)).await;
    ours.clock.set("2026-06-05T09:00:00Z");
    let credit = firm.credit(&client, 100).await;
    ours.clock.set("2026-06-07T09:00:00Z");
    let retainer = firm.retainer_of(&client, 250, &json!({})).await;
    let drawn = json!({"amount": 250, "retainerId": retainer});
    firm.make(firm.on_invoice(&invoice, "apply-retainer", &drawn)).await;
    ours.clock.set("2026-06-09T09:00:00Z");
    let second = firm.invoice(&client, 200).await;
    let note = json!({"amount": 80, "reason": "one hour too many"});
    firm.make(firm.on_invoice(&second, "convert-to-credit-note", &note)).await;
    ours.clock.set("2026-06-11T09:00:00Z");
    firm.make(firm.give_back(&credit, 30)).await;
    ours.clock.set("2026-06-13T09:00:00Z");
    let dollars = json!({"clientId": client, "vatRate": 0, "items": [line(90)], "currency": "USD"});
    let dollars = id(&firm.make(firm.post("/api/invoices", &dollars)).await);
    firm.make(firm.on_invoice(&dollars, "send", &json!({}))).await;
    ours.clock.set("2026-06-15T09:00:00Z");
    firm.make(firm.on_invoice(&second, "write-off", &json!({}))).await;
    client
}

/// Day, why, more, less, and what is owed then.
type Told = (u64, String, i64, i64, i64);

fn told(statement: &Value) -> Vec<Told> {
    let row = |row: &Value| {
        let day = row["date"].as_str().unwrap()[8..10].parse().unwrap();
        let [debit, credit, balance] =
            ["debit", "credit", "balance"].map(|field| halalas(&row[field]) / 100);
        (day, row["type"].as_str().unwrap().to_owned(), debit, credit, balance)
    };
    statement["data"].as_array().unwrap().iter().map(row).collect()
}

fn owed(statement: &Value, end: &str) -> Vec<(String, i64)> {
    let row = |row: &Value| {
        (row["currency"].as_str().unwrap().to_owned(), halalas(&row["balance"]) / 100)
    };
    statement[end].as_array().unwrap().iter().map(row).collect()
}

fn lines() -> Vec<Told> {
    [
        (1, "invoice", 1_000, 0, 1_000),
        (3, "payment", 0, 400, 600),
        (5, "payment", 0, 100, 500),
        (7, "retainer_applied", 0, 250, 250),
        (9, "invoice", 200, 0, 450),
        (9, "credit_note", 0, 80, 370),
        (11, "refund", 30, 0, 400),
        // In dollars.
        (13, "invoice", 90, 0, 90),
        (15, "write_off", 0, 120, 280),
    ]
    .map(|(day, kind, debit, credit, balance)| (day, kind.to_owned(), debit, credit, balance))
    .to_vec()
}

#[tokio::test]
async fn a_statement_is_what_an_accountant_would_write() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = month(&ours, &firm).await;
    let statement = |query: &str| firm.get(format!("/api/clients/CLT-2026-0001/statement?{query}"));
    let riyals = |amount: i64| vec![("SAR".to_owned(), amount)];
    let both =
        |amount: i64, dollars: i64| vec![("SAR".to_owned(), amount), ("USD".to_owned(), dollars)];
    let all = statement("").await;
    assert_eq!(told(&all), lines());
    assert_eq!((owed(&all, "opening"), owed(&all, "closing")), (vec![], both(280, 90)));
    assert_eq!(
        (&all["client"]["_id"], &all["from"], &all["to"]),
        (&json!(client), &Value::Null, &Value::Null)
    );
    let first = &all["data"][0];
    assert_eq!(first["documentNumber"], "INV-202606-0001");
    assert_eq!((&first["currency"], &all["data"][7]["currency"]), (&json!("SAR"), &json!("USD")));

    for (query, shown, opening, closing) in [
        ("from=2026-06-05&to=2026-06-09", 2..6, riyals(600), riyals(370)),
        ("to=2026-06-03", 0..2, vec![], riyals(600)),
        ("from=2026-06-10", 6..9, riyals(370), both(280, 90)),
        ("from=2026-06-02&to=2026-06-02", 0..0, riyals(1_000), riyals(1_000)),
        // 01:00 on the 10th in Riyadh.
        ("from=2026-06-09T22:00:00Z&to=2026-06-11T22:00:00Z", 6..7, riyals(370), riyals(400)),
        ("from=2027-01-01", 0..0, both(280, 90), both(280, 90)),
    ] {
        let part = statement(query).await;
        assert_eq!(told(&part), lines()[shown], "{query}");
        assert_eq!((owed(&part, "opening"), owed(&part, "closing")), (opening, closing), "{query}");
    }
    let figures = firm.get(format!("/api/clients/{client}")).await["data"].clone();
    let owed_now = halalas(&figures["totalOutstanding"]) - halalas(&figures["credit"]);
    assert_eq!(owed_now, 28_000);
    let wrong = Call::get(format!("/api/clients/{client}/statement?from=2026-06-02&to=2026-06-01"));
    assert_refused(&ours.send(&wrong.token(&firm.token)).await, 400, "end_before_start");
    ours.check().await;
}

#[tokio::test]
async fn a_statement_in_parts_goes_on_where_it_stopped() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = month(&ours, &firm).await;
    let path = format!("/api/clients/{client}/statement?from=2026-06-03&limit=3");
    let expected = &lines()[1..];
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = firm.get(format!("{path}&cursor={cursor}")).await;
        assert_eq!((total(&part), &part["pagination"]["page"]), (&json!(8), &Value::Null));
        assert_eq!(owed(&part, "opening"), [("SAR".to_owned(), 1_000)]);
        walked.extend(told(&part));
        match part["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(walked, expected);
    let second = firm.get(format!("{path}&page=2")).await;
    assert_eq!(told(&second), expected[3..6]);
    let beyond = firm.get(format!("{path}&page=9")).await;
    assert_eq!(told(&beyond), []);
    let bad = Call::get(format!("{path}&cursor=nonsense")).token(&firm.token);
    assert_refused(&ours.send(&bad).await, 400, "invalid_cursor");
    // A portal login reads its own, and no other.
    let login = tokens::new_id();
    firm.make(firm.put(format!("/api/clients/{client}"), &json!({"userId": login}))).await;
    let token = firm.token_of(&login, "client");
    assert_eq!(told(&ours.get(&path, &token).await), expected[..3]);
    let other = Call::get(format!("/api/clients/{}/statement", firm.client().await)).token(&token);
    assert_refused(&ours.send(&other).await, 404, "client_not_found");
}

#[tokio::test]
async fn a_client_is_let_go_when_all_is_settled() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let path = format!("/api/clients/{client}");
    let refused = async |code: &str, sentence: &str| {
        let body = assert_refused(&ours.send(&firm.delete(&path)).await, 400, code);
        assert!(sentence.is_empty() || body["messageAr"] == sentence, "{body}");
    };
    let case = firm.make(firm.post("/api/cases", &json!({"title": "x", "clientId": client}))).await;
    let invoice = firm.invoice(&client, 100).await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let credit = firm.credit(&client, 10).await;
    let pending = firm.pending(&client, 10, &json!({})).await;
    refused("client_has_active_cases", "لا يمكن حذف عميل لديه قضايا نشطة").await;
    firm.make(firm.put(format!("/api/cases/{}", id(&case)), &json!({"status": "closed"}))).await;
    refused("client_has_open_invoices", "لا يمكن حذف عميل لديه فواتير غير مدفوعة").await;
    firm.make(firm.pay(&invoice, 100)).await;
    refused("client_has_retainers", "").await;
    firm.make(firm.refund(&retainer)).await;
    refused("client_has_credit", "").await;
    firm.make(firm.give_back(&credit, 10)).await;
    refused("client_has_pending_payments", "").await;
    firm.make(firm.on_payment(&pending, "cancel", &json!({}))).await;
    let told = ours.send(&firm.delete(&path)).await.json();
    assert_eq!(
        (&told["message"], &told["data"]["ids"]),
        (&json!("تم حذف العميل بنجاح"), &json!([client]))
    );
    for call in
        [Call::get(&path), Call::get(format!("{path}/statement")), Call::new("DELETE", &path)]
    {
        assert_refused(&ours.send(&call.token(&firm.token)).await, 404, "client_not_found");
    }
    assert_eq!(total(&firm.get("/api/clients").await), &json!(0));
    // Its documents keep its name.
    let invoice = firm.get(format!("/api/invoices/{invoice}")).await["data"].clone();
    assert_eq!(invoice["clientId"]["fullName"], "Noura Al-Qahtani");
    // Its number stays taken.
    firm.client().await;
    assert_eq!(firm.get("/api/clients").await["data"][0]["clientNumber"], "CLT-2026-0002");
    ours.check().await;
}

#[tokio::test]
async fn many_are_let_go_together_or_not_at_all() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    for _ in 0..3 {
        firm.client().await;
    }
    firm.retainer_of("CLT-2026-0002", 5, &json!({})).await;
    let bulk = |ids: Value| {
        Call::new("DELETE", "/api/clients/bulk").json(&json!({"clientIds": ids})).token(&firm.token)
    };
    for (ids, code) in [
        (json!([]), "ids_required"),
        (json!(null), "ids_required"),
        (json!(["CLT-2026-0001", ""]), "ids_required"),
        (json!(["CLT-2026-0001", "CLT-2026-0002"]), "client_has_retainers"),
        (vec!["CLT-2026-0001"; 101].into(), "too_many_ids"),
    ] {
        assert_refused(&ours.send(&bulk(ids)).await, 400, code);
    }
    let absent = bulk(json!(["CLT-2026-0001", "CLT-2026-0009"]));
    assert_refused(&ours.send(&absent).await, 404, "client_not_found");
    assert_eq!(total(&firm.get("/api/clients").await), &json!(3));
    let told = ours.send(&bulk(json!(["CLT-2026-0003", "CLT-2026-0001"]))).await.json();
    assert_eq!((&told["deleted"], &told["message"]), (&json!(2), &json!("تم حذف العملاء بنجاح")));
    assert_eq!(total(&firm.get("/api/clients").await), &json!(1));
}

#[tokio::test]
async fn a_client_is_the_firms_own_business() {
    let ours = ours().await;
    let (firm, stranger) = (Firm::new(&ours), Firm::new(&ours));
    let client = firm.client().await;
    stranger.client().await;
    let path = format!("/api/clients/{client}");
    let bulk = json!({"clientIds": [client]});
    for call in [
        Call::get(&path),
        Call::get(format!("{path}/statement")),
        Call::get(format!("{path}/invoices")),
        Call::get(format!("{path}/payments")),
        Call::get(format!("{path}/cases")),
        Call::new("PUT", &path).json(&json!({"city": "x"})),
        Call::new("DELETE", &path),
        Call::new("DELETE", "/api/clients/bulk").json(&bulk),
    ] {
        let answer = ours.send(&call.token(&stranger.token)).await;
        assert_refused(&answer, 404, "client_not_found");
    }
    for (role, read, create, change) in [
        ("partner", 200, 201, 200),
        ("lawyer", 200, 201, 200),
        ("accountant", 200, 403, 403),
        ("paralegal", 200, 201, 403),
        ("secretary", 200, 201, 403),
        ("client", 404, 403, 403),
    ] {
        let token = firm.token_of(&tokens::new_id(), role);
        let body = json!({"fullName": "x"});
        for (call, status) in [
            (Call::get(&path), read),
            (Call::get(format!("{path}/statement")), read),
            (Call::post("/api/clients", &body), create),
            (Call::new("PUT", &path).json(&body), change),
            (Call::new("DELETE", format!("/api/clients/{}", firm.client().await)), change),
        ] {
            let answer = ours.send(&call.clone().token(&token)).await;
            assert_eq!(answer.status, status, "{role} {} {}", call.method, call.path);
        }
    }
    ours.check().await;
}
