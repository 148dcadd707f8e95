//! Idempotency keys: one effect, one answer, for ever.

use std::sync::atomic::Ordering::SeqCst;

use serde_json::json;

use crate::support::{
    firm::{Firm, halalas, riyals},
    race::Race,
    server::Options,
    target::Target,
};

/// Why a race is not run under chaos.
const CRASHES: &str = "it crashes the server itself, and looks at what is answered then";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_one_key_twelve_times_is_one_effect_and_one_answer() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let call = firm.consume(&retainer, "5").key(format!("p1-{retainer}"));
        let answers = firm.target.race(vec![call; 12]).await?;
        let first = answers.iter().filter(|answer| !answer.is_replayed()).count();
        if first != 1 {
            return Err(format!("one key was carried out {first} times, 5 SAR each"));
        }
        if let Some(other) =
            answers.iter().find(|answer| answer.status != 200 || answer.body != answers[0].body)
        {
            return Err(format!(
                "one key, two answers: {} and {}",
                answers[0].text(),
                other.text()
            ));
        }
        firm.balances(&retainer, 10_000, 500).await.map(drop)
    };
    Race::new(40, "carried out").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_one_key_creates_one_retainer() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let body = json!({"clientId": client, "initialAmount": 100});
        let call = firm.post("/api/retainers", &body).key(format!("p1-{client}"));
        let answers = firm.target.race(vec![call; 12]).await?;
        let listed = firm.get("/api/retainers").await["data"].as_array().expect("a list").len();
        if listed != 1 {
            return Err(format!("one key, {listed} retainers of 100 SAR"));
        }
        let same =
            answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body);
        if same { Ok(()) } else { Err("one key, two answers".to_owned()) }
    };
    Race::new(30, "one key,").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_a_key_stands_for_one_body() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let key = format!("p2-{retainer}");
        let call = |n: usize| {
            firm.consume(&retainer, if n.is_multiple_of(2) { "5" } else { "7" }).key(&key)
        };
        let answers = firm.target.race((0..12).map(call).collect()).await?;
        let taken: Vec<bool> = (0..2)
            .map(|side| answers.iter().skip(side).step_by(2).any(|answer| answer.is_ok()))
            .collect();
        if taken == [true, true] {
            return Err("one key stood for 5 SAR and for 7 SAR".to_owned());
        }
        let refused = answers.iter().filter(|answer| {
            (answer.status, answer.code().as_str()) == (422, "idempotency_key_reused")
        });
        if refused.count() != 6 {
            return Err(format!(
                "six should be refused: {:?}",
                answers.iter().map(|answer| answer.brief()).collect::<Vec<_>>()
            ));
        }
        firm.balances(&retainer, 10_000, if taken[0] { 500 } else { 700 }).await?;
        // The same body on another path is another request, too.
        let other = firm
            .target
            .send(&firm.replenish(&retainer, if taken[0] { "5" } else { "7" }).key(&key))
            .await;
        if other.status == 422 { Ok(()) } else { Err(format!("another path: {}", other.brief())) }
    };
    Race::new(30, "one key stood for").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_a_key_is_the_firms_and_the_users_own() {
    let scenario = async |firm: &Firm<'_>| {
        let other = Firm::new(firm.target);
        let colleague = firm.token_of(&crate::support::tokens::new_id(), "accountant");
        let retainers = [firm.retainer(100).await, other.retainer(100).await];
        let key = format!("p2-{}", retainers[0]);
        let mine = firm.consume(&retainers[0], "5").key(&key);
        let mut theirs = mine.clone();
        theirs.headers.retain(|(name, _)| name != "Authorization");
        let calls =
            vec![mine, theirs.token(&colleague), other.consume(&retainers[1], "5").key(&key)];
        for call in calls {
            let answer = firm.target.send(&call).await;
            if !answer.is_ok() || answer.is_replayed() {
                return Err(format!("somebody else's key got in the way: {}", answer.text()));
            }
        }
        firm.balances(&retainers[0], 10_000, 1_000).await?;
        other.balances(&retainers[1], 10_000, 500).await?;
        // Nor can one ask for another's outcome.
        let asked =
            crate::support::client::Call::get(format!("/api/outcomes/{key}")).token(&other.token);
        let seen = firm.target.send(&asked).await.json()["data"]["body"]["data"]["_id"].clone();
        if seen == retainers[1].as_str() {
            Ok(())
        } else {
            Err(format!("somebody else's key shows {seen}"))
        }
    };
    Race::new(20, "somebody else's key").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_a_key_sent_twice_is_refused() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let call = firm.consume(&retainer, "5").key(format!("p3-{retainer}")).key("another");
        let answers = firm.target.race(vec![call; 3]).await?;
        if let Some(answer) = answers.iter().find(|answer| answer.status != 400) {
            return Err(format!("two keys on one request were answered {}", answer.brief()));
        }
        firm.balances(&retainer, 10_000, 0).await.map(drop)
    };
    Race::new(20, "two keys on one request").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_was_refused_under_a_key_stays_refused() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(10).await;
        let call = firm.consume(&retainer, "50").key(format!("p4-{retainer}"));
        let first = firm.target.send(&call).await;
        assert_eq!(first.code(), "insufficient_balance");
        // The top-up races with retries under the old key.
        let mut calls = vec![call.clone(); 6];
        calls.insert(3, firm.replenish(&retainer, "100"));
        firm.target.race(calls).await?;
        let again = firm.target.send(&call).await;
        if again.is_ok() {
            return Err("50 SAR were taken under a key that had been refused".to_owned());
        }
        if !again.is_replayed() || again.body != first.body {
            return Err(format!("the refusal was told anew: {}", again.text()));
        }
        firm.balances(&retainer, 11_000, 0).await?;
        // Under a key of its own the consume goes through.
        firm.make(firm.consume(&retainer, "50").key(format!("p4-{retainer}-2"))).await;
        firm.balances(&retainer, 11_000, 5_000).await.map(drop)
    };
    Race::new(20, "a key that had been refused").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_command_that_was_committed_and_not_answered_is_found_by_its_key() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let call = firm.consume(&retainer, "10").key(format!("p5-{retainer}"));
        firm.target.faults.crash_after_commit.store(true, SeqCst);
        let lost = firm.target.send(&call).await;
        if lost.status != 504 {
            return Err(format!("a crash after the commit was told as {}", lost.text()));
        }
        firm.target.restart().await;
        let again = firm.target.send(&call).await;
        let taken = halalas(&firm.audited(&retainer).await?["totalConsumptions"]);
        if taken != 1_000 || !again.is_replayed() {
            return Err(format!(
                "a consume of 10 SAR, sent again after a crash, took {}",
                riyals(taken)
            ));
        }
        for answer in firm.target.race(vec![call; 6]).await? {
            if answer.body != again.body {
                return Err(format!("one key, two answers: {}", answer.text()));
            }
        }
        firm.balances(&retainer, 10_000, 1_000).await.map(drop)
    };
    Race::new(20, "sent again after a crash, took 20.00")
        .in_this_process()
        .without_chaos(CRASHES)
        .broken_in_any_order()
        .run(scenario)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_crash_in_the_middle_of_many_is_healed_by_their_keys() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let calls: Vec<_> = (0..6)
            .map(|n| firm.consume(&retainer, "10").key(format!("p5-{retainer}-{n}")))
            .collect();
        firm.target.faults.crash_after_commit.store(true, SeqCst);
        let lost = firm.target.race(calls.clone()).await?;
        if lost.iter().all(|answer| answer.is_ok()) {
            return Err("the crash hit nobody".to_owned());
        }
        for answer in lost.iter().filter(|answer| !answer.is_ok()) {
            // 503 says "nothing was done", 504 says "unknown"; only those are true here.
            if ![503, 504].contains(&answer.status) {
                return Err(format!("a crash was told as {}", answer.text()));
            }
        }
        firm.target.restart().await;
        let again = firm.target.race(calls.clone()).await?;
        if let Some(answer) = again.iter().find(|answer| !answer.is_ok()) {
            return Err(format!("a retry was answered {}", answer.text()));
        }
        for (before, after) in
            lost.iter().zip(&again).filter(|(before, _)| before.status == 504 || before.is_ok())
        {
            if before.is_ok() && before.body != after.body {
                return Err("an acknowledged answer changed".to_owned());
            }
        }
        let document = firm.audited(&retainer).await?;
        let taken = halalas(&document["totalConsumptions"]);
        if taken != 6_000 {
            return Err(format!("six consumes of 10 SAR took {}", riyals(taken)));
        }
        Ok(())
    };
    Race::new(20, "six consumes of 10 SAR")
        .in_this_process()
        .without_chaos(CRASHES)
        .broken_in_any_order()
        .run(scenario)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_an_outcome_can_be_asked_for() {
    for ours in Target::each(Options::default).await {
        let firm = Firm::new(&ours);
        let retainer = firm.retainer(100).await;
        for (key, amount, status) in [("yes", "10", 200), ("no", "1000", 400)] {
            let answer = ours.send(&firm.consume(&retainer, amount).key(key)).await;
            assert_eq!(answer.status, status);
            let outcome = firm.get(format!("/api/outcomes/{key}")).await["data"].clone();
            assert_eq!(outcome["status"], json!(status));
            assert_eq!(outcome["body"], answer.json());
        }
        let call = crate::support::client::Call::get("/api/outcomes/never").token(&firm.token);
        assert_eq!(ours.send(&call).await.status, 404);
    }
}
