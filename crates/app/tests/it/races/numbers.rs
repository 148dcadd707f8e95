//! Numbers: per firm and series, gapless, in the firm's year, whatever the clock does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{client::Answer, firm::Firm, race::Race};

/// The numbers in the answers, which must go on from `first`, `digits` wide, without a gap.
pub(super) fn dense(
    answers: &[Answer],
    field: &str,
    start: &str,
    digits: usize,
    first: usize,
) -> Result<(), String> {
    let mut numbers = Vec::new();
    for answer in answers {
        if answer.status != 201 {
            return Err(format!("a create was answered {}: {}", answer.status, answer.text()));
        }
        numbers.push(answer.json()["data"][field].as_str().unwrap_or_default().to_owned());
    }
    numbers.sort_unstable();
    for (n, number) in numbers.iter().enumerate() {
        let due = format!("{start}{:0digits$}", n + first);
        if *number != due {
            return Err(format!(
                "of {} numbers {due} is missing, there is {number}",
                numbers.len()
            ));
        }
    }
    Ok(())
}

/// The usual ones: of the year, four digits, from one.
fn yearly(firm: &Firm<'_>, answers: &[Answer], field: &str, prefix: &str) -> Result<(), String> {
    let year = &firm.target.clock.month()[..4];
    dense(answers, field, &format!("{prefix}-{year}-"), 4, 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_a_hundred_payments_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let body = json!({"clientId": firm.client().await, "amount": 10, "paymentMethod": "cash"});
        let calls = (0..100).map(|_| firm.post("/api/payments", &body)).collect();
        yearly(firm, &firm.target.race(calls).await?, "paymentNumber", "PAY")
    };
    Race::new(20, "is missing").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_hundred_retainers_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let body = json!({"clientId": firm.client().await, "initialAmount": 100});
        let calls = (0..100).map(|_| firm.post("/api/retainers", &body)).collect();
        yearly(firm, &firm.target.race(calls).await?, "retainerNumber", "RET")
    };
    Race::new(20, "is missing").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_a_hundred_clients_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let call = firm.post("/api/clients", &json!({"fullName": "Noura"}));
        yearly(firm, &firm.target.race(vec![call; 100]).await?, "clientNumber", "CLT")
    };
    Race::new(20, "is missing").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_every_firm_begins_with_0001() {
    let scenario = async |firm: &Firm<'_>| {
        let other = Firm::new(firm.target);
        let mut calls = Vec::new();
        for firm in [firm, &other] {
            let body = json!({"clientId": firm.client().await, "initialAmount": 100});
            calls.extend((0..6).map(|_| firm.post("/api/retainers", &body)));
        }
        let answers = firm.target.race(calls).await?;
        yearly(firm, &answers[..6], "retainerNumber", "RET")?;
        yearly(firm, &answers[6..], "retainerNumber", "RET")
    };
    Race::new(20, "is missing").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c06_a_refused_create_burns_no_number() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let create = |n: usize| {
            let amount = if n.is_multiple_of(3) { json!(0) } else { json!(10) };
            firm.post("/api/retainers", &json!({"clientId": client, "initialAmount": amount}))
        };
        let answers = firm.target.race((0..30).map(create).collect()).await?;
        let made: Vec<_> = answers.into_iter().filter(Answer::is_ok).collect();
        if made.len() != 20 {
            return Err(format!("{} of 20 retainers were opened", made.len()));
        }
        yearly(firm, &made, "retainerNumber", "RET")
    };
    Race::new(20, "is missing").run(scenario).await;
}

/// Creates while the clock is set to each instant in turn, then judges numbers and order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_a_clock_that_steps_back_over_new_year_confuses_nothing() {
    let scenario = async |firm: &Firm<'_>| {
        // Riyadh is three hours ahead: there the year begins at 21:00 universal time.
        let steps =
            ["20:59:50", "20:59:58", "21:00:03", "20:59:40", "19:00:00", "21:00:05", "23:59:59"];
        firm.target.clock.set("2025-12-31T20:59:30Z");
        let body = json!({"clientId": firm.client().await, "initialAmount": 100});
        let mut calls = 0;
        for step in steps {
            firm.target.clock.set(&format!("2025-12-31T{step}Z"));
            let at_once = (0..4).map(|_| firm.post("/api/retainers", &body)).collect();
            for answer in firm.target.race(at_once).await? {
                if answer.status != 201 {
                    return Err(format!("a create was answered {}", answer.text()));
                }
                calls += 1;
            }
        }
        let listed =
            firm.get("/api/retainers?limit=200").await["data"].as_array().expect("a list").clone();
        let mut years: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for row in &listed {
            let text = |name: &str| row[name].as_str().expect("text").to_owned();
            let number = text("retainerNumber");
            years.entry(number[4..8].to_owned()).or_default().push((number, text("createdAt")));
        }
        let counts: Vec<_> = years.iter().map(|(year, rows)| (year.as_str(), rows.len())).collect();
        // The first two steps are in the old year; after midnight no step back brings it back.
        if counts != [("2025", 8), ("2026", calls - 8)] {
            return Err(format!("documents per year: {counts:?}"));
        }
        let mut latest = String::new();
        for (year, mut rows) in years {
            rows.sort_unstable();
            for (n, (number, at)) in rows.into_iter().enumerate() {
                let due = format!("RET-{year}-{:04}", n + 1);
                if number != due {
                    return Err(format!("{due} is missing, there is {number}"));
                }
                if at < latest {
                    return Err(format!("{number} was made at {at}, before the one ahead of it"));
                }
                latest = at;
            }
        }
        Ok(())
    };
    Race::new(20, "documents per year").in_this_process().broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_movements_keep_their_order_when_the_clock_steps_back() {
    let scenario = async |firm: &Firm<'_>| {
        firm.target.clock.set("2026-06-01T09:00:00Z");
        let retainer = firm.retainer(1_000).await;
        for minute in ["30", "10", "40", "05"] {
            firm.target.clock.set(&format!("2026-06-01T09:{minute}:00Z"));
            let calls = (0..4).map(|_| firm.consume(&retainer, "1")).collect();
            crate::support::firm::accepted(&firm.target.race(calls).await?, &[])?;
        }
        let rows = firm.history(&retainer).await["data"].as_array().expect("a list").clone();
        let order: Vec<(i64, String)> = rows
            .iter()
            .rev()
            .map(|row: &Value| (row["seq"].as_i64().expect("a seq"), row["createdAt"].to_string()))
            .collect();
        match order.windows(2).find(|pair| pair[0].0 >= pair[1].0 || pair[0].1 > pair[1].1) {
            None => firm.balances(&retainer, 100_000, 1_600).await.map(drop),
            Some(pair) => Err(format!("out of order: {pair:?}")),
        }
    };
    Race::new(20, "out of order").in_this_process().broken_in_any_order().run(scenario).await;
}
