//! Time, timers and expenses: their shape, what they are worth, who may do what with them.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas, id, line},
    target::Target,
    tokens,
};

/// Each call, and the word that its answer must say: a field of the entity, or the refusal's code.
async fn say(ours: &Target, field: &str, lines: Vec<(Call, Value)>) {
    for (call, expected) in lines {
        let answer = ours.send(&call).await;
        let body = answer.json();
        let said = if answer.is_ok() { &body["data"][field] } else { &body["code"] };
        assert_eq!(*said, expected, "{} {}: {body}", call.method, call.path);
    }
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

/// A case of this client.
async fn case(firm: &Firm<'_>, client: &str) -> String {
    let body = json!({"title": "Claim", "caseNumber": "12/1447", "clientId": client});
    id(&firm.make(firm.post("/api/cases", &body)).await)
}

#[tokio::test]
async fn a_time_entry_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"clientId": "CLT-2026-0001", "date": "2026-05-31", "hours": "1.5",
        "hourlyRate": 400, "billable": true, "description": "جلسة", "currency": ""});
    let answer = ours.send(&firm.post("/api/time-entries", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["timeEntry"], &json!("تم تسجيل الوقت بنجاح"))
    );
    let entry = &made["timeEntry"];
    let path = format!("/api/time-entries/{}", id(entry));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(answer.header("etag"), Some("\"0\""));
    for (field, expected) in [
        ("date", json!("2026-05-31T00:00:00.000Z")),
        ("minutes", json!(90)),
        ("hourlyRate", json!(400)),
        ("amount", json!(600)),
        ("currency", json!("SAR")),
        ("billable", json!(true)),
        ("billed", json!(false)),
        ("invoiceId", Value::Null),
        ("caseId", Value::Null),
        ("status", json!("pending")),
        ("description", json!("جلسة")),
        ("startedAt", Value::Null),
        ("__v", json!(0)),
    ] {
        assert_eq!(entry[field], expected, "{field}");
    }
    assert_eq!(
        (&entry["clientId"]["_id"], &entry["clientId"]["name"]),
        (&json!(client), &json!("Noura Al-Qahtani"))
    );
    let read = firm.get(&path).await;
    assert_eq!((&read["data"], &read["timeEntry"]), (entry, entry));

    let edit = json!({"minutes": 50, "hourlyRate": "500", "billable": false, "__v": 0});
    let edited = firm.make(firm.put(&path, &edit)).await;
    // 50 / 60 × 500 = 416.666…
    for (field, expected) in [
        ("minutes", json!(50)),
        ("amount", json!(416.67)),
        ("billable", json!(false)),
        ("description", json!("جلسة")),
        ("__v", json!(1)),
    ] {
        assert_eq!(edited[field], expected, "{field}");
    }
    assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    let tagged = firm.put(&path, &json!({"minutes": 5})).header("If-Match", "\"0\"");
    assert_refused(&ours.send(&tagged).await, 412, "version_conflict");
    let told = ours.send(&firm.delete(&path)).await.json();
    assert_eq!((&told["deleted"], &told["data"]["ids"]), (&json!(1), &json!([id(entry)])));
    let gone = Call::get(&path).token(&firm.token);
    assert_refused(&ours.send(&gone).await, 404, "time_entry_not_found");
    assert_eq!(firm.get("/api/time-entries").await["pagination"]["total"], json!(0));
    ours.check().await;
}

#[tokio::test]
async fn minutes_are_worth_their_part_of_an_hour() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    for (length, rate, minutes, amount) in [
        (json!({"minutes": 60}), "400", 60, 40_000),
        (json!({"hours": "0.05"}), "400", 3, 2_000),
        (json!({"hours": 2, "minutes": 120}), "0.01", 120, 2),
        // Half a halala, rounded up; a third of one, rounded down.
        (json!({"minutes": 1}), "0.30", 1, 1),
        (json!({"minutes": 1}), "0.20", 1, 0),
        (json!({"minutes": 7}), "333.33", 7, 3_889),
        (json!({"minutes": "1440"}), "0", 1_440, 0),
    ] {
        let mut body = length.clone();
        (body["clientId"], body["hourlyRate"]) = (json!(client), json!(rate));
        let made = firm.make(firm.post("/api/time-entries", &body)).await;
        assert_eq!(
            (&made["minutes"], halalas(&made["amount"])),
            (&json!(minutes), amount),
            "{length} at {rate}"
        );
    }
    let post = |body: Value| firm.post("/api/time-entries", &body);
    for (body, status, code, field) in [
        (json!({"hourlyRate": 400}), 400, "minutes_required", ""),
        (json!({"hourlyRate": 400, "minutes": 0}), 400, "minutes_required", ""),
        (json!({"hourlyRate": 400, "minutes": 1_441}), 400, "minutes_required", ""),
        (json!({"hourlyRate": 400, "minutes": -5}), 400, "minutes_required", ""),
        (json!({"hourlyRate": 400, "minutes": 1.5}), 400, "invalid_field", "minutes"),
        (json!({"hourlyRate": 400, "hours": "0.33"}), 400, "invalid_field", "hours"),
        (json!({"hourlyRate": 400, "hours": 1, "minutes": 61}), 400, "invalid_field", "hours"),
        (json!({"minutes": 5}), 400, "invalid_field", "hourlyRate"),
        (json!({"hourlyRate": 0.001, "minutes": 5}), 400, "amount_too_precise", ""),
        (json!({"hourlyRate": -1, "minutes": 5}), 400, "amount_required", ""),
        (json!({"hourlyRate": "x", "minutes": 5}), 400, "amount_malformed", "hourlyRate"),
        (json!({"hourlyRate": 1, "minutes": 5, "amount": 9}), 400, "unknown_field", "amount"),
        (json!({"hourlyRate": 1, "minutes": 5, "date": "2026-06-02"}), 400, "date_in_future", ""),
        (json!({"hourlyRate": 1, "minutes": 5, "clientId": "x"}), 404, "client_not_found", ""),
        (json!({"hourlyRate": 1, "minutes": 5, "caseId": "x"}), 404, "case_not_found", ""),
    ] {
        let refused = assert_refused(&ours.send(&post(body)).await, status, code);
        assert_eq!(refused["errors"][0]["field"].as_str().unwrap_or_default(), field, "{refused}");
    }
    ours.check().await;
}

#[tokio::test]
async fn a_timer_tells_how_long_it_took() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let start = |body: Value| firm.post("/api/time-entries/timer/start", &body);
    let stop = |body: Value| firm.post("/api/time-entries/timer/stop", &body);
    assert_refused(&ours.send(&stop(json!({}))).await, 400, "timer_not_running");
    let body = json!({"clientId": client, "description": "Hearing", "hourlyRate": 400});
    let answer = ours.send(&start(body.clone())).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let running = answer.json()["timeEntry"].clone();
    let path = format!("/api/time-entries/{}", id(&running));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(
        (&running["minutes"], &running["amount"], &running["hourlyRate"]),
        (&json!(0), &json!(0), &json!(400))
    );
    assert!(running["startedAt"].is_string(), "{running}");
    assert_refused(&ours.send(&start(body)).await, 400, "timer_running");
    assert_refused(
        &ours.send(&firm.post(format!("{path}/approve"), &json!({}))).await,
        400,
        "timer_running",
    );
    // Somebody else's timer is another one.
    let other = firm.token_of(&tokens::new_id(), "lawyer");
    let theirs = Call::post("/api/time-entries/timer/start", &json!({})).token(&other);
    assert_eq!(ours.send(&theirs).await.status, 201);

    // 25 minutes and a little: 26 have begun.
    ours.clock.set("2026-06-01T09:25:30Z");
    let stopped = firm.make(stop(json!({"description": "Hearing, adjourned"}))).await;
    assert_eq!(stopped["_id"], running["_id"]);
    // 26 / 60 × 400 = 173.333…
    for (field, expected) in [
        ("minutes", json!(26)),
        ("amount", json!(173.33)),
        ("startedAt", Value::Null),
        ("description", json!("Hearing, adjourned")),
        ("__v", json!(1)),
    ] {
        assert_eq!(stopped[field], expected, "{field}");
    }
    assert_eq!(firm.get(&path).await["data"], stopped);
    assert_refused(&ours.send(&stop(json!({}))).await, 400, "timer_not_running");
    ours.check().await;
}

#[tokio::test]
async fn an_expense_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"clientId": client, "amount": "600.50", "category": "court",
        "description": "رسوم", "date": "2026-05-30", "billable": ""});
    let answer = ours.send(&firm.post("/api/expenses", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(
        (&made["data"], &made["message"]),
        (&made["expense"], &json!("تم إنشاء المصروف بنجاح"))
    );
    let expense = &made["expense"];
    let path = format!("/api/expenses/{}", id(expense));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    for (field, expected) in [
        ("date", json!("2026-05-30T00:00:00.000Z")),
        ("amount", json!(600.5)),
        ("currency", json!("SAR")),
        ("category", json!("court")),
        ("billable", json!(true)),
        ("billed", json!(false)),
        ("invoiceId", Value::Null),
        ("caseId", Value::Null),
        ("status", json!("pending")),
        ("description", json!("رسوم")),
        ("__v", json!(0)),
    ] {
        assert_eq!(expense[field], expected, "{field}");
    }
    assert_eq!(expense["clientId"]["_id"], json!(client));
    let read = firm.get(&path).await;
    assert_eq!((&read["data"], &read["expense"]), (expense, expense));
    let edit = Call::new("PATCH", &path).json(&json!({"amount": 650, "category": "travel"}));
    let edited = firm.make(edit.token(&firm.token)).await;
    assert_eq!(
        (&edited["amount"], &edited["category"], &edited["description"]),
        (&json!(650), &json!("travel"), &json!("رسوم"))
    );
    let post = |body: Value| firm.post("/api/expenses", &body);
    for (body, status, code) in [
        (json!({}), 400, "amount_required"),
        (json!({"amount": 0}), 400, "amount_required"),
        (json!({"amount": 1.001}), 400, "amount_too_precise"),
        (json!({"amount": 5, "date": "2026-06-02"}), 400, "date_in_future"),
        (json!({"amount": 5, "date": "yesterday"}), 400, "invalid_field"),
        (json!({"amount": 5, "status": "approved"}), 400, "unknown_field"),
        (json!({"amount": 5, "clientId": "CLT-2026-0009"}), 404, "client_not_found"),
    ] {
        assert_refused(&ours.send(&post(body)).await, status, code);
    }
    assert_eq!(ours.send(&firm.delete(&path)).await.json()["deleted"], json!(1));
    let gone = Call::get(&path).token(&firm.token);
    assert_refused(&ours.send(&gone).await, 404, "expense_not_found");
    ours.check().await;
}

#[tokio::test]
async fn work_is_decided_on_once_and_billed_once() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let time = json!({"clientId": client, "minutes": 90, "hourlyRate": 400});
    let expense = json!({"clientId": client, "amount": 600});
    for (what, body, field) in
        [("time-entries", time, "timeEntryId"), ("expenses", expense, "expenseId")]
    {
        let post = async || {
            format!(
                "/api/{what}/{}",
                id(&firm.make(firm.post(format!("/api/{what}"), &body)).await)
            )
        };
        let on =
            |path: &str, verdict: &str, body: Value| firm.post(format!("{path}/{verdict}"), &body);
        let (first, second) = (post().await, post().await);
        let edit = || firm.put(&first, &json!({"description": "x"}));
        let none = json!({});
        let word = |word: &str| json!(word);
        let lines = vec![
            (on(&first, "approve", none.clone()), word("approved")),
            (on(&first, "approve", none.clone()), word("already_decided")),
            (on(&first, "reject", none.clone()), word("already_decided")),
            (on(&second, "reject", json!({"reason": "not ours"})), word("rejected")),
            (on(&second, "reject", json!({"why": "not ours"})), word("unknown_field")),
            // Changed, it is looked at anew.
            (edit(), word("pending")),
            (on(&first, "approve", none.clone()), word("approved")),
        ];
        say(&ours, "status", lines).await;

        let work = first.rsplit('/').next().unwrap();
        let mut item = line(600);
        item[field] = json!(work);
        let draft = id(&firm.make(firm.invoicing(&client, &[item])).await);
        let billed = firm.get(&first).await["data"].clone();
        assert_eq!((&billed["billed"], &billed["invoiceId"]), (&json!(true), &json!(draft)));
        for (query, expected) in [("true", vec![&first]), ("false", vec![&second])] {
            let list = firm.get(format!("/api/{what}?billed={query}")).await;
            let paths: Vec<_> = ids(&list).iter().map(|id| format!("/api/{what}/{id}")).collect();
            assert_eq!(paths.iter().collect::<Vec<_>>(), expected, "billed={query}");
        }
        assert_refused(&ours.send(&edit()).await, 400, "billed");
        let body = assert_refused(&ours.send(&firm.delete(&first)).await, 400, "billed");
        assert_eq!(body["messageAr"], "لا يمكن تعديل ما تمت فوترته");
        // The draft goes, and what it billed is free again.
        firm.make(firm.delete(format!("/api/invoices/{draft}"))).await;
        assert_eq!(firm.get(&first).await["data"]["billed"], json!(false));
        assert_eq!(ours.send(&firm.delete(&first)).await.status, 200);
    }
    ours.check().await;
}

#[tokio::test]
async fn lists_of_work_are_filtered() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let (client, other) = (firm.client().await, firm.client().await);
    let case = case(&firm, &other).await;
    let worker = tokens::new_id();
    for (what, base) in [
        ("time-entries", json!({"minutes": 60, "hourlyRate": 100})),
        ("expenses", json!({"amount": 100})),
    ] {
        let post = async |more: Value, token: &str| {
            let mut body = base.clone();
            for (name, value) in more.as_object().unwrap() {
                body[name] = value.clone();
            }
            let call = Call::post(format!("/api/{what}"), &body).token(token);
            let answer = ours.send(&call).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
            answer.json()["data"].clone()
        };
        let may = json!({"clientId": client, "date": "2026-05-15", "billable": false});
        let may = id(&post(may, &firm.token).await);
        let mut last = json!({"clientId": client, "date": "2026-05-31"});
        if what == "expenses" {
            last["category"] = json!("court");
        }
        let last = id(&post(last, &firm.token).await);
        let named = json!({"caseId": "12/1447"});
        let june = post(named, &firm.token_of(&worker, "paralegal")).await;
        let its_case = json!({"_id": case, "title": "Claim", "caseNumber": "12/1447"});
        assert_eq!(june["caseId"], its_case);
        assert_eq!(june["clientId"]["_id"], json!(other), "the case's client is its client");
        let june = id(&june);
        firm.make(firm.post(format!("/api/{what}/{last}/approve"), &json!({}))).await;
        let mut lines = vec![
            (String::new(), vec![&june, &last, &may]),
            (format!("clientId={client}"), vec![&last, &may]),
            ("clientId=CLT-2026-0002".to_owned(), vec![&june]),
            ("clientId=CLT-2026-0009".to_owned(), vec![]),
            ("billable=false".to_owned(), vec![&may]),
            ("billable=true&status=pending".to_owned(), vec![&june]),
            ("status=approved".to_owned(), vec![&last]),
            ("billed=true".to_owned(), vec![]),
            (format!("createdBy={worker}"), vec![&june]),
            ("from=2026-05-31".to_owned(), vec![&june, &last]),
            ("to=2026-05-31".to_owned(), vec![&last, &may]),
            ("from=2026-05-16&to=2026-05-31".to_owned(), vec![&last]),
            ("startDate=2026-05-16&endDate=2026-05-31".to_owned(), vec![&last]),
            // 22:00 in London is the first of June in Riyadh.
            ("from=2026-05-31T22:00:00Z".to_owned(), vec![&june]),
            (format!("caseId={case}"), vec![&june]),
            ("caseId=12%2F1447".to_owned(), vec![&june]),
            ("from=&to=&status=&billed=&clientId=".to_owned(), vec![&june, &last, &may]),
        ];
        if what == "expenses" {
            lines.push(("category=court".to_owned(), vec![&last]));
        }
        for (query, expected) in lines {
            let list = firm.get(format!("/api/{what}?{query}")).await;
            assert_eq!(ids(&list).iter().collect::<Vec<_>>(), expected, "{what}?{query}");
            assert_eq!(list["pagination"]["total"], json!(expected.len()), "{what}?{query}");
        }
        for query in
            ["status=gone", "billable=yes", "from=x", "from=2026-05-01&startDate=2026-05-01"]
        {
            let call = Call::get(format!("/api/{what}?{query}")).token(&firm.token);
            assert_refused(&ours.send(&call).await, 400, "invalid_field");
        }
    }
    ours.check().await;
}

#[tokio::test]
async fn lists_of_work_are_added_up_by_status() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    for (what, bodies) in [
        (
            "time-entries",
            [
                json!({"minutes": 90, "hourlyRate": 400}),
                json!({"minutes": 50, "hourlyRate": 500}),
                json!({"minutes": 10, "hourlyRate": 6}),
                json!({"minutes": 60, "hourlyRate": 7, "currency": "USD"}),
            ],
        ),
        (
            "expenses",
            [
                json!({"amount": 600}),
                json!({"amount": "416.67"}),
                json!({"amount": 1}),
                json!({"amount": 7, "currency": "USD"}),
            ],
        ),
    ] {
        let list = format!("/api/{what}");
        assert_eq!(firm.get(&list).await["summary"], json!([]));
        let mut made = Vec::new();
        for body in &bodies {
            let mut body = body.clone();
            body["date"] = json!(if made.is_empty() { "2026-05-31" } else { "2026-06-01" });
            made.push(id(&firm.make(firm.post(&list, &body)).await));
        }
        firm.make(firm.post(format!("{list}/{}/approve", made[2]), &json!({}))).await;
        let line = |status: &str, count: i64, currency: &str, total: Value| json!({"_id": status, "count": count, "currency": currency, "totalAmount": total});
        let approved = line("approved", 1, "SAR", json!(1));
        let dollars = line("pending", 1, "USD", json!(7));
        // 600 + 416.67
        let pending = line("pending", 2, "SAR", json!(1016.67));
        let june = line("pending", 1, "SAR", json!(416.67));
        for (query, expected) in [
            ("limit=1", json!([approved, pending, dollars])),
            ("status=approved", json!([approved])),
            ("from=2026-06-01", json!([approved, june, dollars])),
            ("billed=true", json!([])),
        ] {
            let summary = firm.get(format!("{list}?{query}")).await["summary"].clone();
            assert_eq!(summary, expected, "{what}?{query}");
        }
        firm.make(firm.delete(format!("{list}/{}", made[3]))).await;
        assert_eq!(firm.get(&list).await["summary"], json!([approved, pending]));
    }
    ours.check().await;
}

#[tokio::test]
async fn everybody_in_the_firm_works_and_some_decide() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    for (what, body) in [
        ("time-entries", json!({"clientId": client, "minutes": 60, "hourlyRate": 100})),
        ("expenses", json!({"clientId": client, "amount": 100})),
    ] {
        let list = format!("/api/{what}");
        let owners = format!("{list}/{}", id(&firm.make(firm.post(&list, &body)).await));
        for (role, decides) in [
            ("partner", true),
            ("accountant", true),
            ("lawyer", false),
            ("paralegal", false),
            ("secretary", false),
        ] {
            let token = firm.token_of(&tokens::new_id(), role);
            let made = ours.send(&Call::post(&list, &body).token(&token)).await;
            assert_eq!(made.status, 201, "{role} at {what}: {}", made.text());
            let own = format!("{list}/{}", id(&made.json()["data"]));
            assert_eq!(ours.send(&Call::get(&owners).token(&token)).await.status, 200, "{role}");
            let edit = |path: &str| {
                Call::new("PUT", path).json(&json!({"description": role})).token(&token)
            };
            assert_eq!(ours.send(&edit(&own)).await.status, 200, "{role} edits {what}");
            let approve = Call::post(format!("{own}/approve"), &json!({})).token(&token);
            let removed = Call::new("DELETE", &owners).token(&token).header("If-Match", "*");
            if decides {
                assert_eq!(ours.send(&approve).await.status, 200, "{role}");
                assert_eq!(ours.send(&edit(&owners)).await.status, 200, "{role}");
            } else {
                assert_refused(&ours.send(&approve).await, 403, "forbidden");
                assert_refused(&ours.send(&edit(&owners)).await, 403, "forbidden");
                assert_refused(&ours.send(&removed).await, 403, "forbidden");
            }
        }
        let portal = firm.token_of(&tokens::new_id(), "client");
        for call in [
            Call::get(&list),
            Call::get(&owners),
            Call::post(&list, &body),
            Call::post(format!("{owners}/approve"), &json!({})),
            Call::new("DELETE", &owners),
        ] {
            assert_refused(&ours.send(&call.token(&portal)).await, 403, "forbidden");
        }
    }
    ours.check().await;
}

#[tokio::test]
async fn another_firms_work_is_not_there() {
    let ours = ours().await;
    let (firm, thief) = (Firm::new(&ours), Firm::new(&ours));
    let (client, own) = (firm.client().await, thief.client().await);
    for (what, code, body) in [
        (
            "time-entries",
            "time_entry_not_found",
            json!({"clientId": client, "minutes": 60, "hourlyRate": 100}),
        ),
        ("expenses", "expense_not_found", json!({"clientId": client, "amount": 100})),
    ] {
        let list = format!("/api/{what}");
        let theirs = format!("{list}/{}", id(&firm.make(firm.post(&list, &body)).await));
        for call in [
            Call::get(&theirs).token(&thief.token),
            thief.put(&theirs, &json!({"description": "mine"})),
            thief.delete(&theirs),
            thief.post(format!("{theirs}/approve"), &json!({})),
            thief.post(format!("{theirs}/reject"), &json!({})),
        ] {
            assert_refused(&ours.send(&call).await, 404, code);
        }
        // Their client is nobody here.
        assert_refused(&ours.send(&thief.post(&list, &body)).await, 404, "client_not_found");
        assert_eq!(thief.get(&list).await["pagination"]["total"], json!(0));
        let named = format!("{list}?clientId={client}");
        assert_eq!(thief.get(&named).await["pagination"]["total"], json!(0));
        let mut mine = body.clone();
        mine["clientId"] = json!(own);
        thief.make(thief.post(&list, &mine)).await;
        assert_eq!(firm.get(&list).await["pagination"]["total"], json!(1));
    }
    ours.check().await;
}
