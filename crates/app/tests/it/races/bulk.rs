//! Many commands in one request, and commands that are only tried out, beside others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Call},
    firm::{Firm, accepted},
    race::Race,
};

fn consuming(retainer: &str, amount: i64) -> Value {
    json!({"command": "consume_retainer", "id": retainer, "body": {"amount": amount}})
}

fn bulk(firm: &Firm<'_>, commands: &[Value]) -> Call {
    firm.post("/api/commands/bulk", &json!({"commands": commands}))
}

/// What was carried out: of bulks their accepted commands, else the command itself.
fn carried_out(answers: &[Answer], refusals: &[&str]) -> Result<usize, String> {
    let mut count = 0;
    for answer in answers {
        let body = answer.json();
        let Some(outcomes) = body["data"].as_array() else {
            count += accepted(std::slice::from_ref(answer), refusals)?;
            continue;
        };
        for outcome in outcomes {
            match (outcome["status"].as_u64(), outcome["code"].as_str()) {
                (Some(200), _) => count += 1,
                (Some(400), Some(code)) if refusals.contains(&code) => {}
                _ => return Err(format!("a command of many was answered {outcome}")),
            }
        }
    }
    Ok(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_bulks_and_single_consumes_share_one_balance() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1_000).await;
        let many = vec![consuming(&retainer, 10); 30];
        let mut calls = vec![bulk(firm, &many); 3];
        calls.extend((0..40).map(|_| firm.consume(&retainer, "10")));
        let answers = firm.target.race(calls).await?;
        let count = carried_out(&answers, &["insufficient_balance", "retainer_not_active"])?;
        if count != 100 {
            return Err(format!("of 130 consumes of 10 out of 1000 {count} were accepted"));
        }
        firm.balances(&retainer, 100_000, 100_000).await.map(drop)
    };
    Race::new(15, "of 130 consumes").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_one_key_in_many_bulks_is_one_effect() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let keyed = |name: &str| {
            let mut item = consuming(&retainer, 5);
            item["idempotencyKey"] = json!(format!("p1-{retainer}-{name}"));
            item
        };
        let many = [keyed("a"), keyed("b"), keyed("a"), keyed("a"), keyed("b")];
        let mut calls = vec![bulk(firm, &many); 4];
        // The same request on its own route, under the same key.
        let path = format!("/api/retainers/{retainer}/consume");
        let single = firm.post(path, &json!({"amount": 5}));
        calls.insert(2, single.key(format!("p1-{retainer}-a")));
        let answers = firm.target.race(calls).await?;
        let told = carried_out(&answers, &[])?;
        // Each effect has a place of its own in the journal; an answer told again has the first one's.
        let place = |outcome: &Value| outcome["seq"].as_i64().expect("a seq");
        let mut places = BTreeSet::new();
        for answer in &answers {
            match answer.json()["data"].as_array() {
                Some(outcomes) => places.extend(outcomes.iter().map(place)),
                None => drop(places.insert(place(&answer.json()))),
            }
        }
        if (told, places.len()) != (21, 2) {
            return Err(format!("two keys took {} times 5 SAR", places.len()));
        }
        firm.balances(&retainer, 10_000, 1_000).await.map(drop)
    };
    Race::new(20, "two keys took").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_an_atomic_bulk_is_whole_or_not_at_all() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let one = firm.retainer_of(&client, 100, &json!({})).await;
        let two = firm.retainer_of(&client, 100, &json!({})).await;
        let both = [consuming(&one, 40), consuming(&two, 40)];
        let atomic = json!({"atomic": true, "commands": both});
        let mut calls = vec![firm.post("/api/commands/bulk", &atomic); 4];
        calls.insert(1, firm.consume(&one, "40"));
        calls.insert(3, firm.consume(&two, "40"));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["atomic_refused", "insufficient_balance"])?;
        let bulks = [0, 2, 4, 5].into_iter().filter(|n| answers[*n].is_ok()).count();
        for (n, retainer) in [(1, &one), (3, &two)] {
            let taken = bulks + usize::from(answers[n].is_ok());
            let taken = 4_000 * i64::try_from(taken).expect("few");
            let told = |why| format!("{bulks} of four atomic bulks were carried out: {why}");
            firm.balances(retainer, 10_000, taken).await.map_err(told)?;
        }
        Ok(())
    };
    Race::new(25, "of four atomic bulks").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_what_is_tried_out_takes_nothing() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let path = format!("/api/retainers/{retainer}/consume?dryRun=true");
        let dry = firm.post(path, &json!({"amount": 60}));
        let call = |n: usize| {
            if n.is_multiple_of(2) { dry.clone() } else { firm.consume(&retainer, "10") }
        };
        let answers = firm.target.race((0..20).map(call).collect()).await?;
        accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
        let done = (0..20).filter(|n| n % 2 == 1 && answers[*n].is_ok()).count();
        if done != 10 {
            return Err(format!("beside dry runs {done} of ten consumes were accepted"));
        }
        let told = |why| format!("beside dry runs: {why}");
        firm.balances(&retainer, 10_000, 10_000).await.map_err(told).map(drop)
    };
    Race::new(25, "beside dry runs").run(scenario).await;
}
