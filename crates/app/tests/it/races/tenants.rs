//! Another firm's rows are not there, and who has left the firm can do nothing more in it.

use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Call},
    firm::{Firm, halalas, id, line},
    race::Race,
    tokens,
};

/// Status and body, without what differs in every answer.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    if let Some(object) = body.as_object_mut() {
        object.remove("requestId");
    }
    (answer.status, body)
}

/// Every route that takes an id, for each of these ids: retainer, client, payment.
fn routes(thief: &Firm<'_>, retainer: &str, client: &str, payment: &str) -> Vec<Call> {
    let get = |path: String| Call::get(path).token(&thief.token);
    let at = |what: &str| format!("/api/retainers/{retainer}{what}");
    let payer = json!({"clientId": client, "amount": 1, "paymentMethod": "cash"});
    let mut calls = vec![
        get(at("")),
        get(at("/history")),
        get(format!("/api/clients/{client}")),
        get(format!("/api/payments/{payment}")),
        thief.consume(retainer, "1"),
        thief.replenish(retainer, "1"),
        thief.refund(retainer),
        thief.put(at(""), &json!({"notes": "mine"})),
        Call::new("PATCH", at("")).json(&json!({"notes": "mine"})).token(&thief.token),
        thief.post("/api/retainers", &json!({"clientId": client, "initialAmount": 1})),
        thief.post("/api/payments", &payer),
        thief.post(format!("/api/payments/{payment}/complete"), &json!({})),
    ];
    calls.extend([9, 10, 11].map(|n| calls[n].clone().key(format!("{retainer}-{n}"))));
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_another_firms_rows_are_not_there() {
    let scenario = async |owner: &Firm<'_>| {
        let thief = Firm::new(owner.target);
        let client = owner.client().await;
        let retainer = owner.retainer_of(&client, 100, &json!({"notes": "ours"})).await;
        let payment = owner.credit(&client, 50).await;
        let absent = tokens::new_id();
        let theirs = routes(&thief, &retainer, &client, &payment);
        let none = routes(&thief, &absent, &absent, &absent);
        let count = theirs.len();
        // The owner works all the while.
        let mut calls = theirs;
        calls.extend((0..8).map(|_| owner.consume(&retainer, "1")));
        let mut answers = owner.target.race(calls).await?;
        for answer in answers.drain(count..) {
            assert!(answer.is_ok(), "the owner was answered {}", answer.text());
        }
        for (n, call) in none.iter().enumerate() {
            let due = owner.target.send(call).await;
            if due.status != 404 || told(&answers[n]) != told(&due) {
                return Err(format!(
                    "{} {} of another firm was answered {}, of nobody {}",
                    call.method,
                    call.path.replace(&absent, ":id"),
                    answers[n].text(),
                    due.text()
                ));
            }
        }
        let document = owner.balances(&retainer, 10_000, 800).await?;
        if document["notes"] != "ours" {
            return Err(format!("another firm wrote {}", document["notes"]));
        }
        Ok(())
    };
    Race::new(20, "of another firm was answered").broken_in_any_order().run(scenario).await;
}

/// Ids of one firm's rows, or of nobody's.
struct Rows {
    client: String,
    retainer: String,
    payment: String,
    invoice: String,
    transaction: String,
    case: String,
    time: String,
    expense: String,
}

impl Rows {
    async fn of(firm: &Firm<'_>) -> Self {
        let client = firm.client().await;
        let make = async |what: &str, body: Value| {
            id(&firm.make(firm.post(format!("/api/{what}"), &body)).await)
        };
        let on = |mut body: Value| {
            body["clientId"] = json!(client);
            body
        };
        Self {
            retainer: firm.retainer_of(&client, 100, &json!({})).await,
            payment: firm.pending(&client, 50, &json!({})).await,
            invoice: firm.invoice(&client, 500).await,
            transaction: make("transactions", json!({"type": "income", "amount": 9})).await,
            case: make("cases", on(json!({"title": "Claim", "caseNumber": "1447/12"}))).await,
            time: make("time-entries", on(json!({"minutes": 9, "hourlyRate": 4}))).await,
            expense: make("expenses", on(json!({"amount": 9, "category": "court"}))).await,
            client,
        }
    }

    fn nobodys() -> Self {
        let [client, retainer, payment, invoice, transaction, case, time, expense] =
            std::array::from_fn(|_| tokens::new_id());
        Self { client, retainer, payment, invoice, transaction, case, time, expense }
    }

    /// Every route that names one of them, in its path or in its body.
    fn routes(&self, thief: &Firm<'_>) -> Vec<Call> {
        let Self { client, retainer, payment, invoice, transaction, case, time, expense } = self;
        let mut calls = Vec::new();
        for path in [
            format!("invoices/{invoice}"),
            format!("transactions/{transaction}"),
            format!("cases/{case}"),
            format!("time-entries/{time}"),
            format!("expenses/{expense}"),
            format!("clients/{client}"),
            format!("payments/{payment}"),
        ] {
            let path = format!("/api/{path}");
            calls.push(Call::get(&path).token(&thief.token));
            calls.push(thief.delete(&path));
        }
        let none = json!({});
        for what in ["send", "void", "viewed", "convert-to-credit-note", "write-off", "approve"] {
            calls.push(thief.on_invoice(invoice, what, &none));
        }
        calls.push(thief.pay(invoice, 1));
        let draw = json!({"amount": 1, "retainerId": retainer});
        calls.push(thief.on_invoice(invoice, "apply-retainer", &draw));
        for what in ["fail", "cancel", "reconcile", "refund"] {
            calls.push(thief.on_payment(payment, what, &none));
        }
        let rows = json!({"invoiceApplications": [{"invoiceId": invoice, "amount": 1}]});
        calls.push(thief.on_payment(payment, "apply", &rows));
        calls.push(thief.delete("/api/payments/bulk").json(&json!({"paymentIds": [payment]})));
        for (path, body) in [
            (
                format!("retainers/{retainer}/transfer"),
                json!({"toRetainerId": retainer, "amount": 1}),
            ),
            (format!("transactions/{transaction}/cancel"), none.clone()),
            (format!("time-entries/{time}/approve"), none.clone()),
            (format!("expenses/{expense}/reject"), none),
            ("invoices".to_owned(), json!({"clientId": client, "items": [line(1)]})),
            ("cases".to_owned(), json!({"clientId": client, "title": "t", "caseNumber": "1"})),
        ] {
            calls.push(thief.post(format!("/api/{path}"), &body));
        }
        for (path, body) in [
            (format!("invoices/{invoice}"), json!({"notes": "mine"})),
            (format!("payments/{payment}"), json!({"notes": "mine"})),
            (format!("clients/{client}"), json!({"notes": "mine"})),
            (format!("transactions/{transaction}"), json!({"description": "mine"})),
            (format!("cases/{case}"), json!({"title": "mine"})),
        ] {
            calls.push(thief.put(format!("/api/{path}"), &body));
        }
        calls
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_no_row_of_any_kind_is_there_for_another_firm() {
    let scenario = async |owner: &Firm<'_>| {
        let thief = Firm::new(owner.target);
        let (rows, nobodys) = (Rows::of(owner).await, Rows::nobodys());
        let mut calls = rows.routes(&thief);
        let count = calls.len();
        // The owner works all the while.
        calls.extend((0..4).map(|_| owner.pay(&rows.invoice, 10)));
        let mut answers = owner.target.race(calls).await?;
        for answer in answers.drain(count..) {
            assert!(answer.is_ok(), "the owner was answered {}", answer.text());
        }
        for (call, answer) in nobodys.routes(&thief).iter().zip(&answers) {
            let due = owner.target.send(call).await;
            if due.status != 404 || told(answer) != told(&due) {
                return Err(format!(
                    "{} {} of another firm was answered {}, of nobody {}",
                    call.method,
                    call.path,
                    answer.text(),
                    due.text()
                ));
            }
        }
        owner.books().await?.invoice_is(&rows.invoice, "partial", 4_000, 46_000)
    };
    Race::new(10, "of another firm was answered").broken_in_any_order().run(scenario).await;
}

/// Both firms have a first retainer: a number means one's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_a_number_means_ones_own() {
    let scenario = async |owner: &Firm<'_>| {
        let other = Firm::new(owner.target);
        let retainers = [owner.retainer(100).await, other.retainer(100).await];
        let number =
            |document: &Value| document["retainerNumber"].as_str().expect("a number").to_owned();
        let mut calls = Vec::new();
        for (firm, retainer) in [owner, &other].into_iter().zip(&retainers) {
            let document = firm.get(format!("/api/retainers/{retainer}")).await["data"].clone();
            calls.extend((0..4).map(|_| firm.consume(&number(&document), "10")));
        }
        let answers = owner.target.race(calls).await?;
        for (n, answer) in answers.iter().enumerate() {
            if answer.json()["data"]["_id"] != retainers[n / 4].as_str() {
                return Err(format!("a number led into another firm: {}", answer.text()));
            }
        }
        owner.balances(&retainers[0], 10_000, 4_000).await?;
        other.balances(&retainers[1], 10_000, 4_000).await.map(drop)
    };
    Race::new(20, "led into another firm").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_members_queued_commands_are_refused() {
    let scenario = async |owner: &Firm<'_>| {
        let retainer = owner.retainer(100).await;
        let clerk = tokens::new_id();
        let token = owner.token_of(&clerk, "accountant");
        let by_clerk = |call: Call| {
            let mut call = call;
            call.headers.retain(|(name, _)| name != "Authorization");
            call.token(&token)
        };
        owner.make(by_clerk(owner.consume(&retainer, "1"))).await;
        let mut calls: Vec<_> = (0..12).map(|_| by_clerk(owner.consume(&retainer, "1"))).collect();
        calls.insert(6, owner.put(format!("/api/members/{clerk}"), &json!({"active": false})));
        let answers = owner.target.race(calls).await?;
        let seq = |answer: &Answer| answer.json()["seq"].as_i64().expect("a seq");
        let dismissed = seq(&answers[6]);
        let mut taken = 1;
        for (n, answer) in answers.iter().enumerate().filter(|(n, _)| *n != 6) {
            match (answer.is_ok(), answer.code().as_str()) {
                (true, _) if seq(answer) < dismissed => taken += 1,
                (true, _) => {
                    return Err(format!(
                        "consume {n} was carried out after its sender had left the firm"
                    ));
                }
                (false, "member_left") if answer.status == 403 => {}
                (false, _) => {
                    return Err(format!("a dismissed member was answered {}", answer.text()));
                }
            }
        }
        let document = owner.audited(&retainer).await?;
        if halalas(&document["totalConsumptions"]) != taken * 100 {
            return Err(format!(
                "{taken} consumes were accepted, {} were taken",
                document["totalConsumptions"]
            ));
        }
        for call in [Call::get(format!("/api/retainers/{retainer}")), Call::get("/api/retainers")] {
            let answer = owner.target.send(&call.token(&token)).await;
            if (answer.status, answer.code().as_str()) != (403, "member_left") {
                return Err(format!("a dismissed member read {}", answer.text()));
            }
        }
        Ok(())
    };
    Race::new(20, "after its sender had left").run(scenario).await;
}
