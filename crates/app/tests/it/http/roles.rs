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
const TABLE: [(&str, &str); 76] = [
    ("GET /api/clients", "xxxxxxxo"),
    ("GET /api/clients/:client", "xxxxxxxo"),
    ("POST /api/clients", "xxx-xxx-"),
    ("GET /api/clients/:client/export", "xx------"),
    ("POST /api/clients/:settled/erase", "x-------"),
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
    ("POST /api/retainers/:retainer/transfer", "xxxx----"),
    ("GET /api/payments", "xxxxx-xo"),
    ("GET /api/payments/stats", "xxxxx-x-"),
    ("GET /api/payments/summary", "xxxxx-x-"),
    ("GET /api/payments/unreconciled", "xxxxx-xo"),
    ("GET /api/payments/pending-checks", "xxxxx-xo"),
    ("GET /api/payments/:payment", "xxxxx-xo"),
    ("GET /api/payments/:payment/refunds", "xxxxx-xo"),
    ("POST /api/payments", "xxxx---o"),
    ("POST /api/payments/:payment/complete", "xxxx----"),
    ("POST /api/payments/:payment/fail", "xx-x----"),
    ("POST /api/payments/:payment/cancel", "xx-x----"),
    ("PUT /api/payments/:payment", "xx-x----"),
    ("DELETE /api/payments/:payment", "xx-x----"),
    ("DELETE /api/payments/bulk", "xx-x----"),
    ("POST /api/payments/:cheque/check-status", "xxxx----"),
    ("POST /api/payments/:paid/refund", "xx-x----"),
    ("POST /api/payments/:paid/apply", "xx-x----"),
    ("POST /api/payments/:paid/reconcile", "xx-x----"),
    ("POST /api/payments/:paid/receipt", "xxxx----"),
    ("DELETE /api/payments/:on/unapply/:sent", "xx-x----"),
    ("GET /api/refunds/:refund", "xxxxx-xo"),
    ("GET /api/invoices", "xxxxxxxo"),
    ("GET /api/invoices/stats", "xxxxxxx-"),
    ("GET /api/invoices/overdue", "xxxxxxxo"),
    ("GET /api/invoices/open/:client", "xxxxxxxo"),
    ("GET /api/invoices/:sent/payments", "xxxxxxxo"),
    ("GET /api/invoices/:draft", "xxxxxxxo"),
    ("GET /api/invoices/:sent", "xxxxxxxo"),
    ("POST /api/invoices", "xxxxx---"),
    ("PUT /api/invoices/:draft", "xxxxx---"),
    ("DELETE /api/invoices/:draft", "xxxxx---"),
    ("POST /api/invoices/:draft/submit-for-approval", "xxxxx---"),
    ("POST /api/invoices/:asked/approve", "xxxx----"),
    ("POST /api/invoices/:asked/reject", "xxxx----"),
    ("POST /api/invoices/:draft/send", "xxxxx---"),
    ("POST /api/invoices/:sent/viewed", "xxxxxxxo"),
    ("POST /api/invoices/:unpaid/void", "xxxx----"),
    ("POST /api/invoices/:sent/write-off", "xxxx----"),
    ("POST /api/invoices/:sent/duplicate", "xxxxx---"),
    ("POST /api/invoices/:sent/record-payment", "xxxx---o"),
    ("POST /api/invoices/:sent/payments", "xxxx---o"),
    ("POST /api/invoices/:sent/apply-retainer", "xxxxx---"),
    ("POST /api/invoices/:sent/convert-to-credit-note", "xxxx----"),
    ("GET /api/credit-notes", "xxxxxxxo"),
    ("GET /api/credit-notes/:note", "xxxxxxxo"),
    ("GET /api/cases", "xxxxxxxo"),
    ("GET /api/transactions", "xxxxx---"),
    ("GET /api/transactions/balance", "xxxxx---"),
    ("GET /api/transactions/summary", "xxxxx---"),
    ("GET /api/transactions/by-category", "xxxxx---"),
    ("POST /api/transactions", "xx-x----"),
    ("POST /api/transactions/:entry/cancel", "xx-x----"),
    ("DELETE /api/transactions/:entry", "xx-x----"),
    ("GET /api/audit", "xxxx----"),
    ("GET /api/reports/trial-balance", "xxxx----"),
    ("GET /api/reports/trust-ledger", "xxxx----"),
    ("GET /api/reports/receivables-ageing", "xxxx----"),
    ("GET /api/reports/reconciliation", "xxxx----"),
    ("GET /api/members", "xx------"),
    ("PUT /api/members/:member", "xx------"),
];

/// The rows that a route names, made for one request.
async fn made(firm: &Firm<'_>, client: &str, route: &str) -> String {
    let no_body = json!({});
    let mut path = route.to_owned();
    let put = |path: &mut String, name: &str, id: &str| *path = path.replace(name, id);
    for name in [":unpaid", ":sent", ":draft", ":asked", ":note"] {
        if !path.contains(name) {
            continue;
        }
        let mut invoice = firm.draft(client, 100).await;
        match name {
            ":asked" => {
                let ask = firm.on_invoice(&invoice, "submit-for-approval", &no_body);
                firm.make(ask).await;
            }
            ":draft" => {}
            _ => drop(firm.make(firm.on_invoice(&invoice, "send", &no_body)).await),
        }
        if name == ":note" {
            let note = firm.on_invoice(&invoice, "convert-to-credit-note", &no_body);
            invoice = id(&firm.make(note).await);
        }
        if path.contains(":on") {
            let on = json!({"invoiceId": invoice, "status": "completed"});
            put(&mut path, ":on", &firm.pending(client, 10, &on).await);
        }
        put(&mut path, name, &invoice);
    }
    for (name, more) in [
        (":payment", json!({})),
        (":cheque", json!({"paymentMethod": "check"})),
        (":paid", json!({"status": "completed"})),
        (":refund", json!({"status": "completed"})),
    ] {
        if path.contains(name) {
            let mut payment = firm.pending(client, 10, &more).await;
            if name == ":refund" {
                payment = id(&firm.make(firm.give_back(&payment, 1)).await);
            }
            put(&mut path, name, &payment);
        }
    }
    if path.contains(":retainer") {
        put(&mut path, ":retainer", &firm.retainer_of(client, 100, &no_body).await);
    }
    if path.contains(":entry") {
        let entry = json!({"type": "income", "amount": 5, "status": "pending"});
        let entry = firm.make(firm.post("/api/transactions", &entry)).await;
        put(&mut path, ":entry", &id(&entry));
    }
    if path.contains(":settled") {
        put(&mut path, ":settled", &firm.client().await);
    }
    put(&mut path, ":member", &tokens::new_id());
    path.replace(":client", client)
}

#[tokio::test]
async fn every_role_is_let_through_where_the_table_says_so() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let drawn = firm.retainer_of(&client, 10_000, &json!({})).await;
    let open = firm.invoice(&client, 10_000).await;
    for (route, row) in TABLE {
        for (role, mark) in ROLES.iter().zip(row.chars()) {
            let token = firm.token_of(&tokens::new_id(), role);
            let path = made(&firm, &client, route).await;
            let (method, path) = path.split_once(' ').unwrap();
            let body = match (method, path.rsplit('/').next().unwrap()) {
                ("POST", "clients") => json!({"fullName": "Noura"}),
                ("POST", "retainers") => json!({"clientId": client, "initialAmount": 1}),
                ("POST", "payments") if path == "/api/payments" => {
                    json!({"clientId": client, "amount": 1, "paymentMethod": "cash"})
                }
                ("POST", "payments" | "record-payment") => {
                    json!({"amount": 1, "paymentMethod": "cash"})
                }
                ("POST", "transactions") => json!({"type": "income", "amount": 1}),
                ("POST", "invoices") => json!({"clientId": client, "items": [{"unitPrice": 1}]}),
                ("POST", "erase") => json!({"reason": "asked for"}),
                ("POST", "consume" | "replenish") => json!({"amount": 1}),
                ("POST", "transfer") => json!({"amount": 1, "toRetainerId": drawn}),
                ("POST", "apply-retainer") => json!({"amount": 1, "retainerId": drawn}),
                ("POST", "apply") => {
                    json!({"invoiceApplications": [{"invoiceId": open, "amount": 1}]})
                }
                (_, "check-status") => json!({"status": "deposited"}),
                ("DELETE", "bulk") => {
                    json!({"paymentIds": [firm.pending(&client, 1, &json!({})).await]})
                }
                ("PUT", _) if path.starts_with("/api/members") => json!({"role": "lawyer"}),
                ("PUT", _) => json!({"notes": "x"}),
                _ => json!({}),
            };
            let call = match method {
                "GET" => Call::get(path),
                "POST" if path.ends_with("check-status") => Call::new("PUT", path).json(&body),
                "POST" => Call::post(path, &body),
                "DELETE" => Call::new("DELETE", path).json(&body),
                _ => Call::new("PUT", path).json(&body),
            };
            let answer = ours.send(&call.token(&token)).await;
            let is_list = answer.json()["pagination"].is_object() && !path.ends_with("/history");
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
async fn a_role_that_may_not_touch_a_row_is_told_so_in_the_words_of_the_row() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = firm.invoice(&client, 100).await;
    let token = firm.token_of(&tokens::new_id(), "paralegal");
    let nowhere = tokens::new_id();
    for (path, message) in [
        (format!("/api/retainers/{retainer}/consume"), "لا يمكنك الوصول إلى هذا العربون"),
        (format!("/api/retainers/{retainer}/refund"), "لا يمكنك الوصول إلى هذا العربون"),
        (format!("/api/invoices/{invoice}/send"), "لا يمكنك الوصول إلى هذه الفاتورة"),
        (format!("/api/invoices/{invoice}/void"), "لا يمكنك الوصول إلى هذه الفاتورة"),
        // It tells nothing of whether there is such a row.
        (format!("/api/retainers/{nowhere}/consume"), "لا يمكنك الوصول إلى هذا العربون"),
    ] {
        let body = if path.ends_with("consume") { json!({"amount": 1}) } else { json!({}) };
        let answer = ours.send(&Call::post(&path, &body).token(&token)).await;
        assert_eq!(answer.brief(), "403 forbidden", "{path}");
        assert_eq!(answer.json()["messageAr"], message, "{path}");
    }
    let open = json!({"clientId": client, "initialAmount": 1});
    let answer = ours.send(&Call::post("/api/retainers", &open).token(&token)).await;
    assert_ne!(answer.json()["messageAr"], "لا يمكنك الوصول إلى هذا العربون");
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
