//! The firm's own records, its transfers and its work: each happens once and is decided on once.

use serde_json::{Value, json};

use crate::support::{
    client::Call,
    firm::{Firm, accepted, halalas, id, riyals, seq},
    race::Race,
};

/// A record of 1000, completed.
async fn recorded(firm: &Firm<'_>, kind: &str) -> String {
    let body = json!({"type": kind, "amount": 1_000, "category": "fees", "description": "advice"});
    id(&firm.make(firm.post("/api/transactions", &body)).await)
}

fn cancel(firm: &Firm<'_>, transaction: &str) -> Call {
    firm.post(format!("/api/transactions/{transaction}/cancel"), &json!({"reason": "mistake"}))
}

async fn balance(firm: &Firm<'_>) -> i64 {
    halalas(&firm.get("/api/transactions/balance").await["data"]["balance"])
}

/// Cancelled by six: once, and the balance no longer counts it.
async fn cancelled(firm: &Firm<'_>, kind: &str) -> Result<(), String> {
    recorded(firm, "income").await;
    let transaction = recorded(firm, kind).await;
    let answers = firm.target.race(vec![cancel(firm, &transaction); 6]).await?;
    let count = accepted(&answers, &["already_cancelled"])?;
    if count != 1 {
        return Err(format!("one {kind} was cancelled {count} times"));
    }
    let status =
        firm.get(format!("/api/transactions/{transaction}")).await["data"]["status"].clone();
    match balance(firm).await {
        100_000 if status == "cancelled" => Ok(()),
        other => Err(format!("it is {status} and the balance is {}", riyals(other))),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x28_a_transaction_is_cancelled_once() {
    Race::new(30, "was cancelled").run(async |firm| cancelled(firm, "expense").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x41_a_transfer_is_cancelled_once() {
    Race::new(30, "was cancelled").run(async |firm| cancelled(firm, "transfer").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x28_a_cancelled_transaction_is_not_edited_back() {
    let scenario = async |firm: &Firm<'_>| {
        let transaction = recorded(firm, "income").await;
        let edit = |n: usize| {
            let body = json!({"amount": 1_000 + n, "description": format!("edit {n}")});
            firm.put(format!("/api/transactions/{transaction}"), &body)
        };
        let mut calls: Vec<_> = (1..=5).map(edit).collect();
        calls.insert(2, cancel(firm, &transaction));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["transaction_cancelled"])?;
        let stands = firm.get(format!("/api/transactions/{transaction}")).await["data"].clone();
        let left = balance(firm).await;
        let ended = seq(&answers[2]);
        let edits = (0..6).filter(|n| *n != 2 && answers[*n].is_ok());
        let late = edits.filter(|n| seq(&answers[*n]) > ended).count();
        if stands["status"] != "cancelled" || left != 0 || late > 0 {
            return Err(format!(
                "cancelled, it is {} and {} count, {late} edits came later",
                stands["status"],
                riyals(left)
            ));
        }
        Ok(())
    };
    Race::new(30, "cancelled, it is").run(scenario).await;
}

/// Three expected records are deleted together while one of them comes true: all or none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x29_a_bulk_delete_looks_at_the_status() {
    let scenario = async |firm: &Firm<'_>| {
        let body = json!({"type": "income", "amount": 1_000, "category": "fees",
            "status": "pending"});
        let mut transactions = Vec::new();
        for _ in 0..3 {
            transactions.push(id(&firm.make(firm.post("/api/transactions", &body)).await));
        }
        let bulk = firm.delete("/api/transactions/bulk");
        let bulk = bulk.json(&json!({"transactionIds": transactions}));
        let path = format!("/api/transactions/{}", transactions[1]);
        let come_true = firm.put(path, &json!({"status": "completed"}));
        let mut calls = vec![bulk; 4];
        calls.insert(2, come_true);
        let answers = firm.target.race(calls).await?;
        let refusals = ["not_deletable", "transaction_not_found"];
        let count = accepted(&answers, &refusals)?;
        if count != 1 {
            return Err(format!("{count} of four bulk deletes and a completion were carried out"));
        }
        let left = firm.list("/api/transactions").await.len();
        let due = if answers[2].is_ok() { (3, 100_000) } else { (0, 0) };
        if (left, balance(firm).await) == due {
            Ok(())
        } else {
            Err(format!("{left} of three are left"))
        }
    };
    Race::new(40, "of four bulk deletes and a completion").run(scenario).await;
}

/// Two retainers of one client, so that what is held in all is one list's sum.
async fn pair(firm: &Firm<'_>) -> [String; 2] {
    let client = firm.client().await;
    [
        firm.retainer_of(&client, 1_000, &json!({})).await,
        firm.retainer_of(&client, 500, &json!({})).await,
    ]
}

fn transfer(firm: &Firm<'_>, from: &str, to: &str, amount: i64) -> Call {
    let body = json!({"toRetainerId": to, "amount": amount, "description": "to the appeal"});
    firm.post(format!("/api/retainers/{from}/transfer"), &body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x40_a_transfer_keeps_the_sum_at_every_moment() {
    let scenario = async |firm: &Firm<'_>| {
        let [one, two] = pair(firm).await;
        let mut calls = Vec::new();
        for n in 0..4 {
            let (from, to) = if n % 2 == 0 { (&one, &two) } else { (&two, &one) };
            calls.push(transfer(firm, from, to, 100 + n));
            calls.extend((0..3).map(|_| Call::get("/api/retainers").token(&firm.token)));
        }
        let answers = firm.target.race(calls).await?;
        for answer in &answers {
            if !answer.is_ok() {
                return Err(format!("a request was answered {}", answer.text()));
            }
            if let Some(rows) = answer.json()["data"].as_array() {
                held_is(rows, 150_000)?;
            }
        }
        held_is(&firm.list("/api/retainers").await, 150_000)?;
        let told = |why| format!("of 1500.00 SAR: {why}");
        firm.balances(&one, 100_000 + 20_400, 20_200).await.map_err(told)?;
        firm.balances(&two, 50_000 + 20_200, 20_400).await.map_err(told)?;
        Ok(())
    };
    Race::new(30, "of 1500.00 SAR").run(scenario).await;
}

fn held_is(rows: &[Value], due: i64) -> Result<(), String> {
    let held: i64 = rows.iter().map(|row| halalas(&row["currentBalance"])).sum();
    if held == due { Ok(()) } else { Err(format!("{} are held of {}", riyals(held), riyals(due))) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x40_money_is_transferred_or_consumed() {
    let scenario = async |firm: &Firm<'_>| {
        let [one, two] = pair(firm).await;
        let mut calls = vec![firm.consume(&one, "600"); 2];
        calls.extend(vec![transfer(firm, &one, &two, 600); 2]);
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
        if count != 1 {
            return Err(format!("600 SAR were moved or taken {count} times out of 1000"));
        }
        let moved = if answers[2].is_ok() || answers[3].is_ok() { 60_000 } else { 0 };
        firm.balances(&one, 100_000, 60_000).await?;
        firm.balances(&two, 50_000 + moved, 0).await.map(drop)
    };
    Race::new(30, "were moved or taken").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x41_a_transfer_is_carried_out_once() {
    let scenario = async |firm: &Firm<'_>| {
        let [one, two] = pair(firm).await;
        let call = transfer(firm, &one, &two, 100).key(format!("x41-{one}"));
        let answers = firm.target.race(vec![call; 6]).await?;
        let fresh = answers.iter().filter(|answer| answer.is_ok() && !answer.is_replayed());
        let fresh = fresh.count();
        if fresh != 1 || accepted(&answers, &[])? != 6 {
            return Err(format!("one transfer was carried out {fresh} times"));
        }
        firm.balances(&one, 100_000, 10_000).await?;
        firm.balances(&two, 60_000, 0).await.map(drop)
    };
    Race::new(30, "was carried out").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x36_a_timer_runs_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "description": "hearing", "hourlyRate": 400});
        let start = firm.post("/api/time-entries/timer/start", &body);
        let stop = firm.post("/api/time-entries/timer/stop", &json!({}));
        let turns = [(start, "timer_running", "started"), (stop, "timer_not_running", "stopped")];
        for (call, refusal, what) in turns {
            let answers = firm.target.race(vec![call; 6]).await?;
            let count = accepted(&answers, &[refusal])?;
            if count != 1 {
                return Err(format!("a timer was {what} {count} times"));
            }
        }
        match firm.list("/api/time-entries").await.len() {
            1 => Ok(()),
            count => Err(format!("{count} entries came of it")),
        }
    };
    Race::new(30, "a timer was").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x38_an_hour_is_approved_or_rejected() {
    let body = json!({"description": "hearing", "minutes": 90, "hourlyRate": 400});
    Race::new(30, "was decided on")
        .run(async |firm| decided(firm, "time-entries", &body).await)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x38_an_expense_is_approved_or_rejected() {
    let body = json!({"description": "court fee", "amount": 600, "category": "court"});
    Race::new(30, "was decided on").run(async |firm| decided(firm, "expenses", &body).await).await;
}

async fn decided(firm: &Firm<'_>, what: &str, body: &Value) -> Result<(), String> {
    let mut body = body.clone();
    body["clientId"] = json!(firm.client().await);
    let work = id(&firm.make(firm.post(format!("/api/{what}"), &body)).await);
    let words = [("approve", "approved"), ("reject", "rejected")];
    let call = |n: usize| {
        let path = format!("/api/{what}/{work}/{}", words[n % 2].0);
        firm.post(path, &json!({"reason": "so be it"}))
    };
    let answers = firm.target.race((0..6).map(call).collect()).await?;
    let count = accepted(&answers, &["already_decided"])?;
    if count != 1 {
        return Err(format!("it was decided on {count} times"));
    }
    let told = answers.iter().position(|answer| answer.is_ok()).expect("one was");
    let status = firm.get(format!("/api/{what}/{work}")).await["data"]["status"].clone();
    if status == words[told % 2].1 {
        Ok(())
    } else {
        Err(format!("{} made it {status}", words[told % 2].0))
    }
}
