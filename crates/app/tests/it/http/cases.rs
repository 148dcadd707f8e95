//! Cases: their shape, their number, their one outcome, who may do what with them.

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, id},
    tokens,
};

fn titles(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_case_has_every_place_that_is_read() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"title": " دعوى إيجار ", "caseNumber": "4471022", "description": "سرّي",
        "clientId": "CLT-2026-0001", "status": ""});
    let answer = ours.send(&firm.post("/api/cases", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(made["data"], made["case"]);
    let case = &made["case"];
    let path = format!("/api/cases/{}", id(case));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    for (field, expected) in [
        ("title", json!("دعوى إيجار")),
        ("caseNumber", json!("4471022")),
        ("status", json!("active")),
        ("outcome", Value::Null),
        ("description", json!("سرّي")),
        ("__v", json!(0)),
    ] {
        assert_eq!(case[field], expected, "{field}");
    }
    assert_eq!(case["clientId"]["_id"], json!(client));
    let read = firm.get("/api/cases/4471022").await;
    assert_eq!((&read["data"], &read["case"]), (case, case));
    // Money and work go by its number, too.
    let retainer = firm.retainer_of(&client, 10, &json!({"caseId": "4471022"})).await;
    let retainer = firm.get(format!("/api/retainers/{retainer}")).await["data"].clone();
    assert_eq!(
        retainer["caseId"],
        json!({"_id": id(case), "title": "دعوى إيجار", "caseNumber": "4471022"})
    );

    let edit = json!({"title": "Lease", "status": "on_hold", "__v": 0});
    let edited = firm.make(firm.put(&path, &edit)).await;
    assert_eq!((&edited["title"], &edited["status"]), (&json!("Lease"), &json!("on_hold")));
    assert_refused(&ours.send(&firm.put(&path, &edit)).await, 409, "version_conflict");
    let patch = Call::new("PATCH", &path).json(&json!({"description": "x"})).token(&firm.token);
    assert_eq!(ours.send(&patch.header("If-Match", "\"1\"")).await.json()["data"]["__v"], 2);

    let told = ours.send(&firm.delete(&path)).await.json();
    assert_eq!((&told["deleted"], &told["data"]["ids"]), (&json!(1), &json!([id(case)])));
    for by in [&path, "/api/cases/4471022"] {
        let answer = ours.send(&Call::get(by).token(&firm.token)).await;
        assert_refused(&answer, 404, "case_not_found");
    }
    assert_eq!(firm.get("/api/cases").await["pagination"]["total"], json!(0));
    ours.check().await;
}

#[tokio::test]
async fn what_a_case_can_not_be_is_refused() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.make(firm.post("/api/cases", &json!({"title": "x", "caseNumber": "1/1447"}))).await;
    firm.make(firm.post("/api/cases", &json!({"title": "y", "caseNumber": "2/1447"}))).await;
    for (body, status, code) in [
        (json!({}), 400, "title_required"),
        (json!({"title": "  "}), 400, "title_required"),
        (json!({"title": "z", "caseNumber": "1/1447"}), 400, "case_number_taken"),
        (json!({"title": "z", "clientId": "CLT-2026-0009"}), 404, "client_not_found"),
        (json!({"title": "z", "status": "won"}), 400, "invalid_field"),
        (json!({"title": "z", "outcome": "won"}), 400, "invalid_field"),
        (json!({"title": "z", "status": "active", "outcome": "won"}), 400, "invalid_field"),
        (json!({"title": "z", "judge": "x"}), 400, "unknown_field"),
    ] {
        assert_refused(&ours.send(&firm.post("/api/cases", &body)).await, status, code);
    }
    // A number with a slash is an id in a body; in a path it is escaped.
    let path = "/api/cases/2%2F1447";
    assert_eq!(firm.get(path).await["case"]["title"], "y");
    for (body, code) in [
        (json!({"caseNumber": "3/1447"}), "case_number_fixed"),
        (json!({"outcome": "won"}), "invalid_field"),
    ] {
        assert_refused(&ours.send(&firm.put(path, &body)).await, 400, code);
    }
    firm.make(firm.put(path, &json!({"caseNumber": "2/1447"}))).await;
    assert_eq!(firm.get("/api/cases").await["pagination"]["total"], json!(2));
}

#[tokio::test]
async fn an_outcome_is_said_once() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let case = id(&firm.make(firm.post("/api/cases", &json!({"title": "x"}))).await);
    let path = format!("/api/cases/{case}");
    for (body, said) in [
        (json!({"status": "closed"}), json!(["closed", null])),
        (json!({"status": "active"}), json!(["active", null])),
        (json!({"status": "closed", "outcome": "Settled"}), json!(["closed", "Settled"])),
        (json!({"title": "y"}), json!(["closed", "Settled"])),
        (json!({"status": "closed"}), json!(["closed", "Settled"])),
    ] {
        let made = firm.make(firm.put(&path, &body)).await;
        assert_eq!(json!([made["status"], made["outcome"]]), said, "{body}");
    }
    for body in [json!({"status": "closed", "outcome": "Won"}), json!({"status": "active"})] {
        assert_refused(&ours.send(&firm.put(&path, &body)).await, 400, "case_closed");
    }
    ours.check().await;
}

#[tokio::test]
async fn lists_are_filtered() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let (client, _) = (firm.client().await, firm.client().await);
    for (title, status, number, n) in [
        ("دعوى إيجار", "active", "1", 1),
        ("Müller", "on_hold", "2", 1),
        ("Lease", "closed", "3", 2),
    ] {
        let body = json!({"title": title, "status": status, "caseNumber": number,
            "clientId": format!("CLT-2026-000{n}")});
        firm.make(firm.post("/api/cases", &body)).await;
    }
    for (query, found) in [
        ("", &["Lease", "Müller", "دعوى إيجار"][..]),
        ("status=active", &["دعوى إيجار"]),
        ("status=active,closed", &["Lease", "دعوى إيجار"]),
        ("clientId=CLT-2026-0001", &["Müller", "دعوى إيجار"]),
        ("clientId=CLT-2026-0009", &[]),
        ("search=muller", &["Müller"]),
        ("search=%D8%AF%D8%B9%D9%88%D9%8A", &["دعوى إيجار"]),
        ("search=2", &["Müller"]),
        ("limit=1", &["Lease"]),
    ] {
        let list = firm.get(format!("/api/cases?{query}")).await;
        assert_eq!(titles(&list), found, "{query}");
    }
    let wrong = Call::get("/api/cases?status=won").token(&firm.token);
    assert_refused(&ours.send(&wrong).await, 400, "invalid_field");
    let walk = firm.get("/api/cases?cursor=&limit=2").await;
    let next = walk["nextCursor"].as_str().unwrap();
    let rest = firm.get(format!("/api/cases?limit=2&cursor={next}")).await;
    assert_eq!((titles(&rest), &rest["nextCursor"]), (vec!["دعوى إيجار"], &Value::Null));

    // The client sees its own, without what was written down for the firm.
    let login = tokens::new_id();
    firm.make(firm.put(format!("/api/clients/{client}"), &json!({"userId": login}))).await;
    firm.make(firm.put("/api/cases/1", &json!({"description": "سرّي"}))).await;
    let token = firm.token_of(&login, "client");
    assert_eq!(titles(&ours.get("/api/cases", &token).await), ["Müller", "دعوى إيجار"]);
    assert_eq!(ours.get("/api/cases/1", &token).await["case"]["description"], Value::Null);
    let foreign = ours.send(&Call::get("/api/cases/3").token(&token)).await;
    assert_refused(&foreign, 404, "case_not_found");
}

#[tokio::test]
async fn a_case_is_the_firms_own_business() {
    let ours = ours().await;
    let (firm, stranger) = (Firm::new(&ours), Firm::new(&ours));
    let case = json!({"title": "x", "caseNumber": "77"});
    let path = format!("/api/cases/{}", id(&firm.make(firm.post("/api/cases", &case)).await));
    stranger.client().await;
    for path in [path.as_str(), "/api/cases/77"] {
        for call in [
            Call::get(path),
            Call::new("PUT", path).json(&json!({"title": "mine"})),
            Call::new("DELETE", path),
        ] {
            let answer = ours.send(&call.token(&stranger.token)).await;
            assert_refused(&answer, 404, "case_not_found");
        }
    }
    // A number is taken in its own firm alone.
    stranger.make(stranger.post("/api/cases", &case)).await;
    for (role, read, create, change) in [
        ("partner", 200, 201, 200),
        ("lawyer", 200, 201, 200),
        ("accountant", 200, 403, 403),
        ("paralegal", 200, 201, 403),
        ("secretary", 200, 201, 403),
        ("client", 404, 403, 403),
    ] {
        let token = firm.token_of(&tokens::new_id(), role);
        let body = json!({"title": "z"});
        let other = id(&firm.make(firm.post("/api/cases", &body)).await);
        for (call, status) in [
            (Call::get(&path), read),
            (Call::post("/api/cases", &body), create),
            (Call::new("PUT", &path).json(&body), change),
            (Call::new("DELETE", format!("/api/cases/{other}")), change),
        ] {
            let answer = ours.send(&call.clone().token(&token)).await;
            assert_eq!(answer.status, status, "{role} {} {}", call.method, call.path);
        }
    }
    ours.check().await;
}
