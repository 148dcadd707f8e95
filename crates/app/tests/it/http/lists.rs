//! Lists: pages, walks along cursors, filters, sums.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::{Firm, halalas},
};

#[tokio::test]
async fn a_walk_along_cursors_gives_each_row_once_while_rows_are_added() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let body = json!({"clientId": client, "initialAmount": 1});
    ours.race((0..57).map(|_| firm.post("/api/retainers", &body)).collect()).await.unwrap();
    let (mut seen, mut pages) = (Vec::new(), 0);
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let page = firm.get(format!("/api/retainers?limit=10&cursor={cursor}")).await;
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["retainerNumber"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        next = page["nextCursor"].as_str().map(str::to_owned);
        // New rows come first and are not met by a walk that has begun.
        firm.make(firm.post("/api/retainers", &body)).await;
    }
    let expected: Vec<_> = (1..=57).rev().map(|n| format!("RET-2026-{n:04}")).collect();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 57);
    assert_eq!((pages, seen), (6, expected));
    for cursor in ["x", "00", "%F0%9F%92%A9"] {
        let call = Call::get(format!("/api/retainers?cursor={cursor}")).token(&firm.token);
        assert_refused(&ours.send(&call).await, 400, "invalid_cursor");
    }
}

#[tokio::test]
async fn pages_are_counted() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    for _ in 0..5 {
        firm.client().await;
    }
    let page = firm.get("/api/clients?page=2&limit=2").await;
    assert_eq!(page["pagination"], json!({"page": 2, "limit": 2, "total": 5, "pages": 3}));
    let numbers: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|row| row["clientNumber"].clone()).collect();
    assert_eq!(numbers, ["CLT-2026-0003", "CLT-2026-0002"]);
    assert_eq!(firm.get("/api/clients?limit=9999").await["pagination"]["limit"], json!(200));
    assert_eq!(firm.get("/api/clients").await["pagination"]["limit"], json!(50));
    assert_eq!(firm.get("/api/clients?page=9").await["data"], json!([]));
    for query in ["page=0", "page=-1", "limit=0", "limit=x", "page=99999999999999999999"] {
        let call = Call::get(format!("/api/clients?{query}")).token(&firm.token);
        let body = assert_refused(&ours.send(&call).await, 400, "invalid_field");
        assert_eq!(body["errors"][0]["field"], query.split('=').next().unwrap());
    }
}

#[tokio::test]
async fn filters_and_sums_agree() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let low = firm
        .retainer_of(&client, 100, &json!({"minimumBalance": 90, "retainerType": "security"}))
        .await;
    firm.make(firm.consume(&low, "20")).await;
    let depleted = firm.retainer_of(&client, 10, &json!({})).await;
    firm.make(firm.consume(&depleted, "10")).await;
    let refunded = firm.retainer(30).await;
    firm.make(firm.refund(&refunded)).await;
    let expired = firm.retainer_of(&client, 7, &json!({"endDate": "2026-06-02"})).await;
    ours.clock.set("2026-06-03T09:00:00Z");
    let ids = |list: &Value| -> Vec<String> {
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["_id"].as_str().unwrap().to_owned())
            .collect()
    };
    for (query, expected) in [
        ("status=active", vec![&low]),
        ("status=depleted", vec![&depleted]),
        ("status=refunded", vec![&refunded]),
        ("status=expired", vec![&expired]),
        ("retainerType=security", vec![&low]),
        ("status=active&retainerType=advance", vec![]),
        (&format!("clientId={client}"), vec![&expired, &depleted, &low]),
        ("clientId=CLT-2026-0001", vec![&expired, &depleted, &low]),
        ("clientId=CLT-2026-0099", vec![]),
        ("status=&retainerType=&clientId=", vec![&expired, &refunded, &depleted, &low]),
    ] {
        let list = firm.get(format!("/api/retainers?{query}")).await;
        assert_eq!(ids(&list).iter().collect::<Vec<_>>(), expected, "{query}");
        let summed: i64 = list["summary"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sum| sum["count"].as_i64().unwrap())
            .sum();
        assert_eq!(summed, list["pagination"]["total"].as_i64().unwrap(), "{query}");
    }
    let list = firm.get("/api/retainers").await;
    let active = list["summary"]
        .as_array()
        .unwrap()
        .iter()
        .find(|sum| sum["_id"] == "active")
        .unwrap()
        .clone();
    assert_eq!(
        (halalas(&active["totalCurrentBalance"]), halalas(&active["totalInitialAmount"])),
        (8_000, 10_000)
    );
    assert_eq!(ids(&firm.get("/api/retainers/low-balance").await), [low]);
    assert_eq!(firm.get("/api/retainers/stats").await["data"]["count"], json!(4));
    for query in ["status=gone", "retainerType=loan"] {
        let call = Call::get(format!("/api/retainers?{query}")).token(&firm.token);
        assert_refused(&ours.send(&call).await, 400, "invalid_field");
    }
}

#[tokio::test]
async fn clients_are_found_by_what_is_written_about_them() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let other = Firm::new(&ours);
    for (firm, name, email) in [
        (&firm, "منى الحربي", "mona@example.com"),
        (&firm, "100% Law_Firm", "a@b.c"),
        (&other, "منى السرية", "x@y.z"),
    ] {
        firm.make(firm.post("/api/clients", &json!({"fullName": name, "email": email}))).await;
    }
    for (search, found) in [
        ("%D9%85%D9%86%D9%89", 1),
        ("MONA", 1),
        ("CLT-2026-0002", 1),
        ("%25", 1),
        ("_", 1),
        ("nobody", 0),
        ("", 2),
    ] {
        let list = firm.get(format!("/api/clients?search={search}")).await;
        assert_eq!(list["pagination"]["total"], json!(found), "{search}: {list}");
    }
}
