//! The money on a retainer: consume, replenish, refund, and what follows from them.

use serde_json::json;

use crate::support::{
    firm::{Firm, accepted, halalas, riyals},
    race::Race,
    server::Options,
    target::Target,
};

/// `times` consumes of `amount` at once on a retainer of `balance`: exactly `expected` are accepted.
async fn consumes(
    firm: &Firm<'_>,
    balance: i64,
    times: usize,
    amount: &str,
    expected: usize,
) -> Result<(), String> {
    let retainer = firm.retainer(balance).await;
    let calls = (0..times).map(|_| firm.consume(&retainer, amount)).collect();
    let answers = firm.target.race(calls).await?;
    let count = accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
    let each = halalas(&json!(amount));
    let taken = each * i64::try_from(count).expect("few");
    if count != expected {
        let (taken, held) = (riyals(taken), riyals(balance * 100));
        return Err(format!("{count} consumes of {amount} were accepted, {taken} out of {held}"));
    }
    let document = firm.balances(&retainer, balance * 100, taken).await?;
    let status = if taken == balance * 100 { "depleted" } else { "active" };
    if document["status"] != status {
        return Err(format!(
            "{} left and the status is {}",
            document["currentBalance"], document["status"]
        ));
    }
    Ok(())
}

const TAKEN_TWICE: &str = "were accepted,";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_three_consumes_of_60_on_100_accept_one() {
    Race::new(40, TAKEN_TWICE).run(async |firm| consumes(firm, 100, 3, "60", 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_ten_consumes_of_50_on_100_accept_two() {
    Race::new(40, TAKEN_TWICE).run(async |firm| consumes(firm, 100, 10, "50", 2).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_ten_consumes_of_800_on_1000_accept_one() {
    Race::new(40, TAKEN_TWICE).run(async |firm| consumes(firm, 1_000, 10, "800", 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_150_consumes_of_one_halala_on_1_accept_100() {
    Race::new(20, TAKEN_TWICE).run(async |firm| consumes(firm, 1, 150, "0.01", 100).await).await;
}

/// Deposits and consumes whose amounts are powers of two: what is left tells which were carried out.
async fn mixed(firm: &Firm<'_>) -> Result<(), String> {
    let retainer = firm.retainer(1_000).await;
    let amounts: Vec<i64> = (0..20).map(|n| 1 << n).collect();
    let call = |(n, halalas): (usize, &i64)| {
        let amount = format!("{}.{:02}", halalas / 100, halalas % 100);
        if n % 2 == 0 {
            firm.replenish(&retainer, &amount)
        } else {
            firm.consume(&retainer, &amount)
        }
    };
    let answers = firm.target.race(amounts.iter().enumerate().map(call).collect()).await?;
    accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
    let (mut deposited, mut taken) = (100_000, 0);
    for (n, (answer, amount)) in answers.iter().zip(&amounts).enumerate() {
        match (answer.is_ok(), n % 2 == 0) {
            (true, true) => deposited += amount,
            (true, false) => taken += amount,
            (false, true) => return Err(format!("a deposit was refused: {}", answer.text())),
            (false, false) => {}
        }
    }
    firm.balances(&retainer, deposited, taken).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_deposits_and_consumes_in_powers_of_two_add_up() {
    Race::new(25, "came in and").run(mixed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_replenishes_lose_no_deposit() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1).await;
        let amounts: Vec<i64> = (0..10).map(|n| 1 << n).collect();
        let calls = amounts.iter().map(|amount| firm.replenish(&retainer, &amount.to_string()));
        let answers = firm.target.race(calls.collect()).await?;
        let count = accepted(&answers, &[])?;
        if count != amounts.len() {
            return Err(format!("{count} of {} replenishes were accepted", amounts.len()));
        }
        firm.balances(&retainer, 100 + amounts.iter().sum::<i64>() * 100, 0).await.map(drop)
    };
    Race::new(30, "came in and").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x1_a_retainer_is_refunded_once() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1_000).await;
        let calls = (0..5).map(|_| firm.refund(&retainer)).collect();
        let answers = firm.target.race(calls).await?;
        let count =
            accepted(&answers, &["already_refunded", "nothing_to_refund", "insufficient_balance"])?;
        if count != 1 {
            return Err(format!("1000 SAR were refunded {count} times"));
        }
        let document = firm.balances(&retainer, 100_000, 100_000).await?;
        if document["status"] == "refunded" {
            Ok(())
        } else {
            Err(format!("it is {}", document["status"]))
        }
    };
    Race::new(40, "were refunded").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x1_of_two_refunds_of_600_on_1000_one_is_refused() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1_000).await;
        let body = json!({"amount": 600, "reason": "withdrawn"});
        let call = firm.post(format!("/api/retainers/{retainer}/refund"), &body);
        let answers = firm.target.race(vec![call.clone(), call]).await?;
        let count = accepted(&answers, &["insufficient_balance"])?;
        if count != 1 {
            return Err(format!("{count} refunds of 600 SAR came out of 1000"));
        }
        firm.balances(&retainer, 100_000, 60_000).await.map(drop)
    };
    Race::new(40, "refunds of 600 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x2_a_refund_and_consumes_share_one_balance() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let mut calls = vec![firm.consume(&retainer, "30"), firm.consume(&retainer, "30")];
        calls.insert(1, firm.refund(&retainer));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["insufficient_balance", "retainer_not_active"])?;
        let consumed = [0, 2].iter().filter(|n| answers[**n].is_ok()).count();
        let consumed = 3_000 * i64::try_from(consumed).expect("few");
        let refunded =
            if answers[1].is_ok() { halalas(&answers[1].json()["refundAmount"]) } else { 0 };
        if consumed + refunded != 10_000 {
            return Err(format!(
                "{} and a refund of {} came out of 100 SAR",
                riyals(consumed),
                riyals(refunded)
            ));
        }
        firm.balances(&retainer, 10_000, 10_000).await.map(drop)
    };
    Race::new(40, "came out of 100 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x2_a_refund_and_a_replenish_lose_no_money() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let answers =
            firm.target.race(vec![firm.replenish(&retainer, "40"), firm.refund(&retainer)]).await?;
        accepted(&answers, &["retainer_not_active"])?;
        let deposited = if answers[0].is_ok() { 14_000 } else { 10_000 };
        let refunded = halalas(&answers[1].json()["refundAmount"]);
        let document = firm.balances(&retainer, deposited, refunded).await?;
        // Either order is fine, but a refund of everything leaves a closed retainer behind.
        if document["status"] != "refunded" || deposited != refunded {
            return Err(format!(
                "a refund left {} on a retainer that is {}",
                document["currentBalance"], document["status"]
            ));
        }
        Ok(())
    };
    Race::new(40, "").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x3_a_refunded_retainer_takes_no_deposit() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let mut calls: Vec<_> = (0..6).map(|_| firm.replenish(&retainer, "10")).collect();
        calls.insert(3, firm.refund(&retainer));
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &["retainer_not_active"])?;
        let seq = |n: usize| answers[n].json()["seq"].as_i64().unwrap_or(0);
        let late = (0..answers.len())
            .filter(|n| *n != 3 && answers[*n].is_ok() && seq(*n) > seq(3))
            .count();
        let document = firm.get(format!("/api/retainers/{retainer}")).await["data"].clone();
        if document["status"] != "refunded" || halalas(&document["currentBalance"]) != 0 || late > 0
        {
            return Err(format!(
                "after its refund it is {} and holds {}",
                document["status"], document["currentBalance"]
            ));
        }
        firm.audited(&retainer).await?;
        let after = firm.target.send(&firm.replenish(&retainer, "10")).await;
        if after.code() == "retainer_not_active" {
            Ok(())
        } else {
            Err(format!("a deposit afterwards: {}", after.text()))
        }
    };
    Race::new(30, "after its refund").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x4_a_payment_is_deposited_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainers = [
            firm.retainer_of(&client, 10, &json!({})).await,
            firm.retainer_of(&client, 10, &json!({})).await,
        ];
        let payment = firm.credit(&client, 500).await;
        let deposit = |n: usize| {
            let body = json!({"amount": 300, "paymentId": payment});
            firm.post(format!("/api/retainers/{}/replenish", retainers[n % 2]), &body)
        };
        let answers = firm.target.race((0..6).map(deposit).collect()).await?;
        let count = accepted(&answers, &["payment_insufficient"])?;
        let document = firm.get(format!("/api/payments/{payment}")).await["data"].clone();
        let left = halalas(&document["unappliedAmount"]);
        if count != 1 || left != 20_000 {
            return Err(format!(
                "a payment of 500 SAR was deposited {count} times 300, {} are left",
                riyals(left)
            ));
        }
        let mut held = 0;
        for retainer in &retainers {
            held += halalas(&firm.audited(retainer).await?["currentBalance"]);
        }
        if held != 32_000 {
            return Err(format!("500 SAR became {}", riyals(held - 2_000 + left)));
        }
        Ok(())
    };
    Race::new(30, "was deposited").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x4_another_clients_payment_funds_nothing() {
    for ours in Target::each(Options::default).await {
        let firm = Firm::new(&ours);
        let retainer = firm.retainer(10).await;
        let payment = firm.credit(&firm.client().await, 500).await;
        let body = json!({"amount": 1, "paymentId": payment});
        let refused =
            ours.send(&firm.post(format!("/api/retainers/{retainer}/replenish"), &body)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "payment_client_mismatch"));
        ours.check().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_a_low_balance_is_told_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 60, &json!({"minimumBalance": 50})).await;
        let calls = (0..6).map(|_| firm.consume(&retainer, "10")).collect();
        let answers = firm.target.race(calls).await?;
        accepted(&answers, &[])?;
        match firm.target.alert_count(&firm.id, &retainer).await {
            1 => Ok(()),
            count => Err(format!("the low balance was told {count} times")),
        }
    };
    Race::new(30, "was told").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x8_more_is_asked_for_once() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let terms =
            json!({"autoReplenish": true, "replenishThreshold": 40, "replenishAmount": 100});
        let retainer = firm.retainer_of(&client, 50, &terms).await;
        let calls = (0..5).map(|_| firm.consume(&retainer, "10")).collect();
        accepted(&firm.target.race(calls).await?, &[])?;
        let pending = firm.get("/api/payments?status=pending").await;
        let asked = pending["data"].as_array().expect("a list").clone();
        if asked.len() != 1 {
            return Err(format!("the client is asked {} times for 100 SAR", asked.len()));
        }
        // Twelve people see the money arrive; it arrives once.
        let payment = asked[0]["_id"].as_str().expect("an id").to_owned();
        let complete = firm.post(format!("/api/payments/{payment}/complete"), &json!({}));
        let answers = firm.target.race(vec![complete; 12]).await?;
        let count = accepted(&answers, &["already_completed"])?;
        let document = firm.audited(&retainer).await?;
        if count != 1 || halalas(&document["currentBalance"]) != 10_000 {
            return Err(format!(
                "100 SAR arrived {count} times, {} are held",
                document["currentBalance"]
            ));
        }
        Ok(())
    };
    Race::new(20, "times for 100 SAR").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p14_an_earlier_day_never_turns_negative() {
    let scenario = async |firm: &Firm<'_>| {
        let clock = &firm.target.clock;
        clock.set("2026-06-01T09:00:00Z");
        let retainer = firm.retainer(100).await;
        clock.set("2026-06-10T09:00:00Z");
        firm.make(firm.replenish(&retainer, "100")).await;
        let backdated = |amount: &str, date: &str| {
            firm.post(
                format!("/api/retainers/{retainer}/consume"),
                &json!({"amount": amount, "date": date}),
            )
        };
        // On the fifth it held 100: of three times 60 dated that day, one fits.
        let calls = (0..3).map(|_| backdated("60", "2026-06-05")).collect();
        let answers = firm.target.race(calls).await?;
        let count = accepted(&answers, &["insufficient_balance_on_date"])?;
        if count != 1 {
            return Err(format!("on 5 June 100 SAR were held and {count} times 60 were taken"));
        }
        // On the eleventh nothing can have moved yet; today everything that is left can.
        let future = firm.target.send(&backdated("1", "2026-06-11")).await;
        if future.code() != "date_in_future" {
            return Err(format!("a consume of tomorrow: {}", future.text()));
        }
        firm.make(firm.consume(&retainer, "140")).await;
        firm.balances(&retainer, 20_000, 20_000).await.map(drop)
    };
    Race::new(20, "on 5 June").in_this_process().broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x3_an_expired_retainer_takes_no_deposit() {
    for ours in Target::each(Options::default).await {
        let firm = Firm::new(&ours);
        let client = firm.client().await;
        let retainer = firm.retainer_of(&client, 100, &json!({"endDate": "2026-06-30"})).await;
        // In Riyadh the thirtieth ends at nine in the evening, universal time.
        ours.clock.set("2026-06-30T20:59:59Z");
        firm.make(firm.consume(&retainer, "10")).await;
        ours.clock.set("2026-06-30T21:00:00Z");
        let calls = vec![
            firm.replenish(&retainer, "10"),
            firm.consume(&retainer, "10"),
            firm.replenish(&retainer, "10"),
        ];
        for answer in ours.race(calls).await.unwrap() {
            assert_eq!((answer.status, answer.code().as_str()), (400, "retainer_not_active"));
        }
        // The client's money is not lost: it can still be refunded.
        firm.make(firm.refund(&retainer)).await;
        firm.balances(&retainer, 10_000, 10_000).await.unwrap();
        ours.check().await;
    }
}
