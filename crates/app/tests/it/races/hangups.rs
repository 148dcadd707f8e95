//! Callers that hang up, and writes of several documents: a command is there whole or not at all.

use serde_json::json;

use crate::support::{
    client::Call,
    firm::{Firm, halalas, riyals},
    race::Race,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_deposit_and_its_payment_are_one() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 10, &json!({})).await;
        let payment = firm.credit(&client, 500).await;
        let call = |n: i64| {
            let body = json!({"amount": 10 + n, "paymentId": payment});
            firm.post(format!("/api/retainers/{retainer}/replenish"), &body)
                .key(format!("c12-{retainer}-{n}"))
        };
        let calls: Vec<Call> = (0..8).map(call).collect();
        // One after another, so that nothing but the hanging up is at work.
        firm.target.hang_up_on_each(&calls).await;
        // Asked again under the same keys, each is carried out once.
        for call in &calls {
            let again = firm.target.send(call).await;
            if !again.is_ok() {
                return Err(format!("108 SAR of 500 could not be deposited: {}", again.text()));
            }
        }
        let held = halalas(&firm.audited(&retainer).await?["currentBalance"]) - 1_000;
        let document = firm.get(format!("/api/payments/{payment}")).await["data"].clone();
        let left = halalas(&document["unappliedAmount"]);
        if (held, left) != (10_800, 39_200) {
            return Err(format!(
                "108 SAR of 500 were deposited: {} held, {} left",
                riyals(held),
                riyals(left)
            ));
        }
        Ok(())
    };
    Race::new(20, "108 SAR of 500").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_payment_and_its_invoices_are_one() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let mut calls = Vec::new();
        for n in 0..6 {
            let invoices = [firm.invoice(&client, 100).await, firm.invoice(&client, 100).await];
            let rows = invoices.map(|id| json!({"invoiceId": id, "amount": 100}));
            let more = json!({"invoiceApplications": rows});
            let payment = firm.pending(&client, 250, &more).await;
            calls.push(firm.complete(&payment).key(format!("c12-{payment}-{n}")));
        }
        whole(firm, calls).await?;
        let credit = firm.books().await.map_err(hung_up)?.credit();
        if credit == 30_000 { Ok(()) } else { Err(hung_up(format!("{} free", riyals(credit)))) }
    };
    Race::new(15, HUNG_UP).broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_refund_and_what_it_takes_from_are_one() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 10, &json!({})).await;
        let named = json!({"paymentType": "retainer", "retainerId": retainer});
        let payment = firm.pending(&client, 600, &named).await;
        firm.make(firm.complete(&payment)).await;
        let refund = |n| firm.give_back(&payment, 50).key(format!("c12-{payment}-{n}"));
        whole(firm, (0..6).map(refund).collect()).await?;
        firm.balances(&retainer, 61_000, 30_000).await.map_err(hung_up)?;
        firm.books().await.map_err(hung_up).map(drop)
    };
    Race::new(15, HUNG_UP).broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x40_both_ends_of_a_transfer_are_one() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let one = firm.retainer_of(&client, 1_000, &json!({})).await;
        let two = firm.retainer_of(&client, 10, &json!({})).await;
        let body = json!({"toRetainerId": two, "amount": 50});
        let path = format!("/api/retainers/{one}/transfer");
        let transfer = |n| firm.post(&path, &body).key(format!("x40-{one}-{n}"));
        whole(firm, (0..8).map(transfer).collect()).await?;
        firm.balances(&one, 100_000, 40_000).await.map_err(hung_up)?;
        firm.balances(&two, 41_000, 0).await.map_err(hung_up).map(drop)
    };
    Race::new(15, HUNG_UP).broken_in_any_order().run(scenario).await;
}

/// Hangs up on each and asks again under the same key; by then each has been carried out once.
async fn whole(firm: &Firm<'_>, calls: Vec<Call>) -> Result<(), String> {
    firm.target.hang_up_on_each(&calls).await;
    for call in &calls {
        let again = firm.target.send(call).await;
        if !again.is_ok() {
            return Err(hung_up(format!("a retry was answered {}", again.text())));
        }
    }
    Ok(())
}

const HUNG_UP: &str = "after callers had hung up";

fn hung_up(why: impl AsRef<str>) -> String {
    format!("{HUNG_UP}: {}", why.as_ref())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x6_no_retainer_is_without_its_first_deposit() {
    let scenario = async |firm: &Firm<'_>| {
        let body = json!({"clientId": firm.client().await, "initialAmount": 100});
        let calls: Vec<Call> = (0..12).map(|_| firm.post("/api/retainers", &body)).collect();
        firm.target.hang_up_on(calls).await;
        let last = firm.make(firm.post("/api/retainers", &body)).await;
        let listed =
            firm.get("/api/retainers?limit=200").await["data"].as_array().expect("a list").clone();
        assert!(listed.iter().any(|row| row["_id"] == last["_id"]), "the last one is there");
        for row in &listed {
            let history = firm.history(row["_id"].as_str().expect("an id")).await;
            let movements = history["data"].as_array().expect("a list");
            let deposits: Vec<_> =
                movements.iter().map(|movement| halalas(&movement["amount"])).collect();
            if deposits != [10_000] || halalas(&history["currentBalance"]) != 10_000 {
                return Err(format!(
                    "{} of 100 SAR has the deposits {deposits:?}",
                    row["retainerNumber"]
                ));
            }
        }
        Ok(())
    };
    Race::new(20, "has the deposits").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p13_who_hung_up_finds_the_command_whole_or_absent() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1_000).await;
        let key = |n: usize| format!("p13-{retainer}-{n}");
        let call = |n: usize| firm.consume(&retainer, "10").key(key(n));
        firm.target.hang_up_on((0..12).map(call).collect()).await;
        // What an outcome says has happened, has; the same key finds it again.
        for n in 0..12 {
            let outcome = firm
                .target
                .send(&Call::get(format!("/api/outcomes/{}", key(n))).token(&firm.token))
                .await;
            let again = firm.target.send(&call(n)).await;
            if !again.is_ok() {
                return Err(format!("a retry was answered {}", again.text()));
            }
            if outcome.is_ok()
                && (!again.is_replayed() || outcome.json()["data"]["body"] != again.json())
            {
                return Err(format!("an outcome was told and then another: {}", again.text()));
            }
        }
        let document = firm.audited(&retainer).await?;
        let taken = halalas(&document["totalConsumptions"]);
        if taken != 12_000 {
            return Err(format!(
                "twelve consumes of 10 SAR, sent again by who hung up, took {}",
                riyals(taken)
            ));
        }
        Ok(())
    };
    Race::new(20, "sent again by who hung up").broken_in_any_order().run(scenario).await;
}
