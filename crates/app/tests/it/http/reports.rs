//! Reports, alerts and the audit log, against figures that were worked out by hand.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id, line},
    target::Target,
    tokens,
};

/// Three days of business: the first client pays and is owed, the second has money in trust only.
async fn business(ours: &Target, firm: &Firm<'_>) -> [String; 2] {
    ours.clock.set("2026-06-01T09:00:00Z");
    let (first, second) = (firm.client().await, firm.client().await);
    let case = json!({"title": "Claim", "caseNumber": "77", "clientId": second});
    firm.make(firm.post("/api/cases", &case)).await;
    let retainer = firm.retainer_of(&first, 500, &json!({})).await;
    firm.retainer_of(&second, 300, &json!({"caseId": "77"})).await;
    let invoice =
        json!({"clientId": first, "items": [line(1_000)], "paymentTerms": "due_on_receipt"});
    let invoice = id(&firm.make(firm.post("/api/invoices", &invoice)).await);
    firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
    ours.clock.set("2026-06-02T09:00:00Z");
    firm.make(firm.pay(&invoice, 400)).await;
    let drawn = json!({"amount": 200, "retainerId": retainer});
    firm.make(firm.on_invoice(&invoice, "apply-retainer", &drawn)).await;
    firm.credit(&first, 60).await;
    ours.clock.set("2026-06-03T09:00:00Z");
    firm.make(firm.consume("RET-2026-0002", "100")).await;
    firm.make(firm.on_invoice(&invoice, "write-off", &json!({}))).await;
    let dollars = json!({"clientId": second, "initialAmount": 70, "currency": "USD"});
    firm.make(firm.post("/api/retainers", &dollars)).await;
    [first, second]
}

/// Account, currency, debits, credits and their difference.
fn accounts(body: &Value) -> Vec<(i64, String, i64, i64, i64)> {
    let row = |row: &Value| {
        let [debit, credit, balance] =
            ["debit", "credit", "balance"].map(|field| halalas(&row[field]) / 100);
        (
            row["code"].as_i64().unwrap(),
            row["currency"].as_str().unwrap().into(),
            debit,
            credit,
            balance,
        )
    };
    body["data"]["accounts"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn the_trial_balance_is_what_was_posted() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let empty = firm.get("/api/reports/trial-balance").await;
    assert_eq!((accounts(&empty), &empty["data"]["totals"]), (vec![], &json!([])));
    business(&ours, &firm).await;
    let on = |day: u32| firm.get(format!("/api/reports/trial-balance?date=2026-06-0{day}"));
    let sar = |rows: &[(i64, i64, i64)]| -> Vec<_> {
        let row = |(code, debit, credit): &(i64, i64, i64)| {
            (*code, "SAR".to_owned(), *debit, *credit, debit - credit)
        };
        rows.iter().map(row).collect()
    };
    let first = on(1).await;
    assert_eq!(
        accounts(&first),
        sar(&[(1102, 800, 0), (1201, 1_150, 0), (2130, 0, 800), (2201, 0, 150), (4100, 0, 1_000)])
    );
    let totals = json!([{"currency": "SAR", "debit": 1950, "credit": 1950, "balanced": true}]);
    assert_eq!(first["data"]["totals"], totals);
    assert_eq!(first["data"]["asOfDate"], "2026-06-01T00:00:00.000Z");
    assert_eq!(
        accounts(&on(2).await),
        sar(&[
            (1101, 660, 0),
            (1102, 800, 200),
            (1201, 1_150, 600),
            (2130, 200, 800),
            (2140, 0, 60),
            (2201, 0, 150),
            (4100, 0, 1_000),
        ])
    );
    let last = firm.get("/api/reports/trial-balance").await;
    let mut expected = sar(&[
        (1101, 760, 0),
        (1102, 800, 300),
        (1201, 1_150, 1_150),
        (2130, 300, 800),
        (2140, 0, 60),
        (2201, 0, 150),
        (4100, 0, 1_100),
        (5900, 550, 0),
    ]);
    for (code, debit, credit) in [(1102, 70, 0), (2130, 0, 70)] {
        let after = expected.iter().position(|row| row.0 > code).unwrap();
        expected.insert(after, (code, "USD".to_owned(), debit, credit, debit - credit));
    }
    assert_eq!(accounts(&last), expected);
    let names: Vec<_> = last["data"]["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(names[..3], [json!("operating_bank"), json!("trust_bank"), json!("trust_bank")]);
    let totals = json!([
        {"currency": "SAR", "debit": 3560, "credit": 3560, "balanced": true},
        {"currency": "USD", "debit": 70, "credit": 70, "balanced": true},
    ]);
    assert_eq!(last["data"]["totals"], totals);
    ours.check().await;
}

#[tokio::test]
async fn the_trust_ledger_says_whose_money_it_is() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let [first, second] = business(&ours, &firm).await;
    let held = async |query: &str| {
        let body = firm.get(format!("/api/reports/trust-ledger?{query}")).await;
        let mut rows: Vec<(String, i64)> = body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (row["retainerNumber"].as_str().unwrap().into(), halalas(&row["balance"]) / 100)
            })
            .collect();
        rows.sort();
        (rows, body["totals"].clone(), body["pagination"]["total"].clone())
    };
    let rows = |rows: &[(u32, i64)]| -> Vec<(String, i64)> {
        rows.iter().map(|(n, held)| (format!("RET-2026-000{n}"), *held)).collect()
    };
    let sum = |currency: &str, balance: i64| json!({"currency": currency, "balance": balance});
    for (query, shown, sums) in [
        ("", &[(1, 300), (2, 200), (3, 70)][..], json!([sum("SAR", 500), sum("USD", 70)])),
        ("date=2026-06-01", &[(1, 500), (2, 300)], json!([sum("SAR", 800)])),
        ("date=2026-05-31", &[], json!([])),
        ("clientId=CLT-2026-0001", &[(1, 300)], json!([sum("SAR", 300)])),
        ("caseId=77", &[(2, 200)], json!([sum("SAR", 200)])),
        ("caseId=78", &[], json!([])),
    ] {
        assert_eq!(held(query).await, (rows(shown), sums, json!(shown.len())), "{query}");
    }
    // One by one, by client: nobody is shown twice or left out.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = firm.get(format!("/api/reports/trust-ledger?limit=1&cursor={cursor}")).await;
        let row = &part["data"][0];
        seen.push((
            id(&row["clientId"]),
            row["caseId"]["caseNumber"].clone(),
            row["currency"].clone(),
        ));
        match part["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let sar = json!("SAR");
    assert_eq!(
        seen,
        [
            (first, Value::Null, sar.clone()),
            (second.clone(), json!("77"), sar),
            (second, Value::Null, json!("USD")),
        ]
    );
}

#[tokio::test]
async fn bank_ledger_and_retainers_are_reconciled() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    business(&ours, &firm).await;
    let three = |currency: &str, held: i64, clients: u64| {
        json!({"currency": currency, "trustBank": held, "clientMoney": held, "retainers": held,
            "clients": held, "clientCount": clients, "overdrawnCount": 0, "bankDifference": 0,
            "ledgerDifference": 0, "clientDifference": 0, "reconciled": true})
    };
    for (query, day, expected) in [
        ("", 3, json!([three("SAR", 500, 2), three("USD", 70, 1)])),
        ("date=2026-06-02", 2, json!([three("SAR", 600, 2)])),
        ("date=2026-06-01T10:00:00Z", 1, json!([three("SAR", 800, 2)])),
    ] {
        let body = firm.get(format!("/api/reports/reconciliation?{query}")).await["data"].clone();
        assert_eq!(body["currencies"], expected, "{query}");
        assert_eq!(
            (&body["reconciled"], &body["asOfDate"]),
            (&json!(true), &json!(format!("2026-06-0{day}T00:00:00.000Z")))
        );
    }
}

#[tokio::test]
async fn what_is_owed_grows_old() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    ours.clock.set("2026-01-01T09:00:00Z");
    let (first, second) = (firm.client().await, firm.client().await);
    for (client, terms, amount, currency) in [
        (&first, "due_on_receipt", 10, "SAR"),
        (&first, "net_30", 20, "SAR"),
        (&first, "net_60", 40, "SAR"),
        (&second, "net_90", 80, "SAR"),
        (&first, "net_7", 5, "USD"),
        (&second, "net_15", 1_000, "SAR"),
    ] {
        let body = json!({"clientId": client, "vatRate": 0, "items": [line(amount)],
            "paymentTerms": terms, "currency": currency});
        let invoice = id(&firm.make(firm.post("/api/invoices", &body)).await);
        firm.make(firm.on_invoice(&invoice, "send", &json!({}))).await;
        if amount == 1_000 {
            firm.make(firm.pay(&invoice, 1_000)).await;
        }
    }
    firm.draft(&first, 7_000).await;
    let ages = |row: &Value| {
        let of = ["current", "days1To30", "days31To60", "days61To90", "over90", "total"];
        (row["currency"].as_str().unwrap().to_owned(), of.map(|age| halalas(&row[age]) / 100))
    };
    let row = |currency: &str, ages: [i64; 6]| (currency.to_owned(), ages);
    // Due on the 1st and 8th of January, on the 31st, on 2 March and on 1 April.
    for (day, theirs, dollars, others) in [
        ("2026-01-01", [70, 0, 0, 0, 0, 70], [5, 0, 0, 0, 0, 5], [80, 0, 0, 0, 0, 80]),
        ("2026-01-31", [60, 10, 0, 0, 0, 70], [0, 5, 0, 0, 0, 5], [80, 0, 0, 0, 0, 80]),
        ("2026-02-01", [40, 20, 10, 0, 0, 70], [0, 5, 0, 0, 0, 5], [80, 0, 0, 0, 0, 80]),
        ("2026-03-03", [0, 40, 20, 10, 0, 70], [0, 0, 5, 0, 0, 5], [80, 0, 0, 0, 0, 80]),
        ("2026-04-02", [0, 0, 40, 20, 10, 70], [0, 0, 0, 5, 0, 5], [0, 80, 0, 0, 0, 80]),
    ] {
        let body =
            firm.get(format!("/api/reports/receivables-ageing?date={day}")).await["data"].clone();
        let clients: Vec<_> = body["clients"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (id(&row["clientId"]), ages(row)))
            .collect();
        let expected = [
            (first.clone(), row("SAR", theirs)),
            (first.clone(), row("USD", dollars)),
            (second.clone(), row("SAR", others)),
        ];
        assert_eq!(clients, expected, "{day}");
        let sums: Vec<i64> = theirs.iter().zip(others).map(|(a, b)| a + b).collect();
        let totals: Vec<_> = body["totals"].as_array().unwrap().iter().map(ages).collect();
        assert_eq!(totals, [row("SAR", sums.try_into().unwrap()), row("USD", dollars)], "{day}");
    }
}

#[tokio::test]
async fn reports_are_for_who_reconciles() {
    let ours = ours().await;
    let (firm, stranger) = (Firm::new(&ours), Firm::new(&ours));
    business(&ours, &firm).await;
    for path in [
        "/api/reports/trial-balance",
        "/api/reports/ledger",
        "/api/reports/trust-ledger",
        "/api/reports/reconciliation",
        "/api/reports/receivables-ageing",
        "/api/audit",
        "/api/audit/key",
        "/api/audit/checkpoint",
        "/api/audit/proof/1",
        "/api/audit/consistency?from=1",
        "/api/audit/export",
        "/api/alerts",
    ] {
        for role in [
            "owner",
            "admin",
            "accountant",
            "partner",
            "lawyer",
            "paralegal",
            "secretary",
            "client",
        ] {
            let is_let = ["owner", "admin", "accountant", "partner"].contains(&role);
            let call = Call::get(path).token(&firm.token_of(&tokens::new_id(), role));
            let answer = ours.send(&call).await;
            assert_eq!(answer.status, if is_let { 200 } else { 403 }, "{role} {path}");
        }
        if !path.starts_with("/api/audit/") {
            let wrong = format!("{path}?date=yesterday&type=x&page=0");
            let wrong = ours.send(&Call::get(wrong).token(&firm.token)).await;
            assert_eq!(wrong.status, 400, "{path}");
        }
        assert_eq!(ours.send(&Call::get(path)).await.status, 401, "{path}");
    }
    // Nothing of one firm is told to another.
    let nothing = stranger.get("/api/reports/trust-ledger?clientId=CLT-2026-0001").await;
    assert_eq!((&nothing["data"], &nothing["totals"]), (&json!([]), &json!([])));
    assert_eq!(accounts(&stranger.get("/api/reports/trial-balance").await), []);
    let nothing = stranger.get("/api/reports/receivables-ageing").await;
    assert_eq!(nothing["data"]["clients"], json!([]));
    assert_eq!(stranger.get("/api/audit").await["pagination"]["total"], json!(0));
}

#[tokio::test]
async fn the_ledger_is_told_posting_by_posting() {
    let ours = ours().await;
    let (firm, stranger) = (Firm::new(&ours), Firm::new(&ours));
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = firm.invoice(&client, 100).await;
    let drawn = json!({"amount": 40, "invoiceId": invoice});
    firm.make(firm.post(format!("/api/retainers/{retainer}/consume"), &drawn)).await;
    let told = |row: &Value| {
        let [debit, credit] = ["debit", "credit"].map(|side| row[side]["code"].as_i64().unwrap());
        (debit, credit, row["amount"].to_string())
    };
    let ledger = firm.get("/api/reports/ledger").await;
    let rows = ledger["data"].as_array().unwrap();
    let mut postings: Vec<_> = rows.iter().map(told).collect();
    postings.sort_unstable();
    assert_eq!(
        postings,
        [
            (1101, 1102, "40".to_owned()),
            (1102, 2130, "100".to_owned()),
            (1201, 4100, "100".to_owned()),
            (2130, 1201, "40".to_owned()),
        ]
    );
    // A cursor walks to the end and meets each posting once.
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = firm.get(format!("/api/reports/ledger?limit=3&cursor={cursor}")).await;
        walked.extend(part["data"].as_array().unwrap().clone());
        let Some(next) = part["nextCursor"].as_str() else { break };
        cursor = next.to_owned();
    }
    assert_eq!(&walked, rows);
    assert_eq!(firm.get("/api/reports/ledger?page=2&limit=3").await["data"][0], rows[3]);
    assert_eq!(stranger.get("/api/reports/ledger").await["pagination"]["total"], json!(0));
    let wrong = Call::get("/api/reports/ledger?cursor=x").token(&firm.token);
    assert_eq!(ours.send(&wrong).await.brief(), "400 invalid_cursor");
    ours.check().await;
}

/// A list and what stands beside it are of one moment, whatever is written meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_and_its_summary_tell_of_one_moment() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    for _ in 0..40 {
        let open = json!({"clientId": client, "initialAmount": 1});
        let mut calls = vec![firm.post("/api/retainers", &open); 4];
        calls.extend(vec![Call::get("/api/retainers?limit=1").token(&firm.token); 4]);
        for answer in ours.race(calls).await.unwrap() {
            let body = answer.json();
            let Some(sums) = body["summary"].as_array() else { continue };
            let summed: u64 = sums.iter().map(|sum| sum["count"].as_u64().unwrap()).sum();
            assert_eq!(json!(summed), body["pagination"]["total"], "{body}");
        }
    }
    ours.check().await;
}

#[tokio::test]
async fn alerts_are_seen_once() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({"minimumBalance": 50})).await;
    let paid = json!({"invoiceId": firm.invoice(&client, 40).await, "status": "completed"});
    let payment = firm.pending(&client, 45, &paid).await;
    let drawn = ours.send(&firm.consume(&retainer, "60")).await.json();
    let list = firm.get("/api/alerts").await;
    let kinds = |list: &Value| -> Vec<(String, Value)> {
        let row = |row: &Value| (row["type"].as_str().unwrap().to_owned(), row["about"].clone());
        list["data"].as_array().unwrap().iter().map(row).collect()
    };
    let low = ("low_balance".to_owned(), json!(retainer));
    let twice = ("possible_duplicate_payment".to_owned(), json!(payment));
    assert_eq!(kinds(&list), [low.clone(), twice.clone()]);
    let alert = &list["data"][0];
    assert_eq!((&alert["seq"], &alert["acknowledged"]), (&drawn["seq"], &json!(false)));
    let path = format!("/api/alerts/{}/acknowledge", id(alert));
    let colleague = tokens::new_id();
    let token = firm.token_of(&colleague, "partner");
    let told = ours.send(&Call::post(&path, &json!({})).token(&token)).await;
    assert_eq!((told.status, told.header("etag")), (200, Some("\"1\"")));
    let told = told.json()["alert"].clone();
    assert_eq!(
        (&told["acknowledged"], &told["acknowledgedBy"], &told["acknowledgedAt"].is_string()),
        (&json!(true), &json!(colleague), &true)
    );
    // Who was first stays.
    assert_eq!(firm.make(firm.post(&path, &json!({}))).await, told);
    assert_eq!(kinds(&firm.get("/api/alerts?open=true").await), std::slice::from_ref(&twice));
    assert_eq!(kinds(&firm.get("/api/alerts?open=false").await), [low.clone(), twice.clone()]);
    assert_eq!(kinds(&firm.get("/api/alerts?type=low_balance").await), [low]);
    assert_eq!(kinds(&firm.get("/api/alerts?type=low_balance&open=true").await), []);
    let lawyer = Call::post(&path, &json!({})).token(&firm.token_of(&tokens::new_id(), "lawyer"));
    assert_refused(&ours.send(&lawyer).await, 403, "forbidden");
    let stranger = Firm::new(&ours);
    stranger.client().await;
    let foreign = ours.send(&stranger.post(&path, &json!({}))).await;
    assert_refused(&foreign, 404, "alert_not_found");
    assert_eq!(kinds(&stranger.get("/api/alerts").await), []);
    ours.check().await;
}

#[tokio::test]
async fn the_audit_log_has_whatever_was_asked() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let user = tokens::read(&firm.token).unwrap().0;
    let retainer = firm.retainer(100).await;
    let call = firm.consume(&retainer, "60").header("X-Request-Id", "req-7");
    let drawn = ours.send(&call).await.json();
    assert_refused(&ours.send(&firm.consume(&retainer, "60")).await, 400, "insufficient_balance");
    let client = firm.token_of(&tokens::new_id(), "client");
    let forbidden =
        Call::post(format!("/api/retainers/{retainer}/refund"), &json!({})).token(&client);
    assert_refused(&ours.send(&forbidden).await, 403, "forbidden");
    // Only asked about, or not understood: nothing was asked of the firm.
    ours.send(&firm.consume(&format!("{retainer}?dryRun=true"), "1")).await;
    ours.send(&firm.consume(&retainer, "x")).await;

    let log = firm.get("/api/audit").await;
    let rows = log["data"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| json!([row["n"], row["seq"], row["command"], row["outcome"], row["role"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([5, null, "refund_retainer", "forbidden", "client"]),
            json!([4, null, "consume_retainer", "insufficient_balance", "owner"]),
            json!([3, 3, "consume_retainer", "accepted", "owner"]),
            json!([2, 2, "open_retainer", "accepted", "owner"]),
            json!([1, 1, "create_client", "accepted", "owner"]),
        ]
    );
    let row = &rows[2];
    assert_eq!((&row["seq"], &row["requestId"]), (&drawn["seq"], &json!("req-7")));
    assert_eq!((&row["userId"], &row["objectId"]), (&json!(user), &json!(retainer)));
    assert!(row["origin"].as_str().unwrap().starts_with("127.0.0.1"), "{row}");
    for field in ["fingerprint", "commitment", "leaf"] {
        let text = row[field].as_str().unwrap();
        assert!(text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()), "{field}");
    }
    let first = firm.get("/api/audit?limit=2&cursor=").await;
    let next = first["nextCursor"].as_str().unwrap();
    let rest = firm.get(format!("/api/audit?limit=9&cursor={next}")).await;
    assert_eq!(rest["data"].as_array().unwrap()[..], rows[2..]);
    assert_eq!(
        firm.get("/api/audit?page=2&limit=2").await["data"].as_array().unwrap()[..],
        rows[2..4]
    );
}
