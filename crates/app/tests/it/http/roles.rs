//! Who may do what: every route for every role, against the specification's table.

use serde_json::json;

use super::ours;
use crate::support::{
    client::Call,
    firm::{Firm, id},
    tokens,
};

const ROLES: [&str; 8] =
    ["owner", "admin", "partner", "accountant", "lawyer", "paralegal", "secretary", "client"];

/// Each route, and who is let through, in the order of [`ROLES`]: `x` all, `o` only their own, `-` nobody.
const TABLE: [(&str, &str); 17] = [
    ("GET /api/clients", "xxxxxxxo"),
    ("GET /api/clients/:client", "xxxxxxxo"),
    ("POST /api/clients", "xxx-xxx-"),
    ("GET /api/retainers", "xxxxxxxo"),
    ("GET /api/retainers/stats", "xxxxxxxo"),
    ("GET /api/retainers/low-balance", "xxxxxxxo"),
    ("GET /api/retainers/:retainer", "xxxxxxxo"),
    ("GET /api/retainers/:retainer/history", "xxxxxxxo"),
    ("POST /api/retainers", "xxxx----"),
    ("PUT /api/retainers/:retainer", "xxxx----"),
    ("POST /api/retainers/:retainer/consume", "xxxxx---"),
    ("POST /api/retainers/:retainer/replenish", "xxxx----"),
    ("POST /api/retainers/:retainer/refund", "xxxx----"),
    ("GET /api/payments", "xxxxx--o"),
    ("GET /api/payments/:payment", "xxxxx--o"),
    ("POST /api/payments", "xxxx----"),
    ("POST /api/payments/:payment/complete", "xxxx----"),
];

#[tokio::test]
async fn every_role_is_let_through_where_the_table_says_so() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    for (route, row) in TABLE {
        for (role, mark) in ROLES.iter().zip(row.chars()) {
            let token = firm.token_of(&tokens::new_id(), role);
            let retainer = firm.retainer_of(&client, 100, &json!({})).await;
            let pending = json!({"clientId": client, "amount": 1, "paymentMethod": "cash"});
            let payment = id(&firm.make(firm.post("/api/payments", &pending)).await);
            let (method, path) = route.split_once(' ').unwrap();
            let path = path.replace(":client", &client).replace(":retainer", &retainer);
            let path = path.replace(":payment", &payment);
            let body = match (method, path.rsplit('/').next().unwrap()) {
                ("POST", "clients") => json!({"fullName": "Noura"}),
                ("POST", "retainers") => json!({"clientId": client, "initialAmount": 1}),
                ("POST", "payments") => {
                    json!({"clientId": client, "amount": 1, "paymentMethod": "cash"})
                }
                ("POST", "consume" | "replenish") => json!({"amount": 1}),
                ("PUT", _) => json!({"notes": "x"}),
                _ => json!({}),
            };
            let call = match method {
                "GET" => Call::get(&path),
                "POST" => Call::post(&path, &body),
                _ => Call::new("PUT", &path).json(&body),
            };
            let answer = ours.send(&call.token(&token)).await;
            let is_list = answer.json()["data"].is_array() && !path.ends_with("/history");
            match mark {
                'x' => assert!(answer.is_ok(), "{role} at {route}: {}", answer.text()),
                '-' => assert_eq!(answer.brief(), "403 forbidden", "{role} at {route}"),
                // Not linked to any client: what is not theirs is not there.
                _ if is_list => {
                    assert_eq!(answer.json()["pagination"]["total"], json!(0), "{role} at {route}");
                }
                _ if path.ends_with("/stats") => {
                    assert_eq!(answer.json()["data"]["count"], json!(0), "{role} at {route}");
                }
                _ => assert_eq!(answer.status, 404, "{role} at {route}: {}", answer.text()),
            }
        }
    }
    ours.check().await;
}

#[tokio::test]
async fn a_portal_login_sees_its_own_and_no_more() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let login = tokens::new_id();
    let linked =
        firm.make(firm.post("/api/clients", &json!({"fullName": "Mine", "userId": login}))).await;
    let own = firm.retainer_of(linked["_id"].as_str().unwrap(), 100, &json!({})).await;
    let foreign = firm.retainer(100).await;
    let token = firm.token_of(&login, "client");
    let listed = ours.get("/api/retainers", &token).await;
    assert_eq!(
        (&listed["pagination"]["total"], &listed["data"][0]["_id"]),
        (&json!(1), &json!(own))
    );
    assert_eq!(ours.get("/api/clients", &token).await["pagination"]["total"], json!(1));
    assert_eq!(
        ours.get(format!("/api/retainers/{own}/history"), &token).await["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let summary = listed["summary"].as_array().unwrap();
    assert_eq!((summary.len(), &summary[0]["count"]), (1, &json!(1)));
    for path in [format!("/api/retainers/{foreign}"), format!("/api/retainers/{foreign}/history")] {
        assert_eq!(ours.send(&Call::get(path).token(&token)).await.status, 404);
    }
    for retainer in [&own, &foreign] {
        let call = Call::post(format!("/api/retainers/{retainer}/consume"), &json!({"amount": 1}))
            .token(&token);
        assert_eq!(ours.send(&call).await.brief(), "403 forbidden");
    }
}

#[tokio::test]
async fn only_owners_and_admins_touch_memberships() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    firm.client().await;
    for (n, role) in ROLES.iter().enumerate() {
        let token = firm.token_of(&tokens::new_id(), role);
        let set = Call::new("PUT", format!("/api/members/{}", tokens::new_id()))
            .json(&json!({"role": "lawyer"}));
        let expected = if n < 2 { 200 } else { 403 };
        assert_eq!(ours.send(&set.token(&token)).await.status, expected, "{role}");
        assert_eq!(
            ours.send(&Call::get("/api/members").token(&token)).await.status,
            expected,
            "{role}"
        );
    }
}
