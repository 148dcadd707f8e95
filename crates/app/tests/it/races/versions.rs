//! Optimistic locks: a stale edit is refused, a contended command is not.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use engine::Limits;
use serde_json::json;

use crate::{
    support::{
        client::Call,
        firm::{Firm, accepted, halalas, id},
        race::Race,
        server::Options,
        target::Target,
    },
    twin::Flaw,
};

/// Six people edit what they all read at the same version: one wins, five are told.
async fn edits(
    firm: &Firm<'_>,
    path: &str,
    field: &str,
    stale: u16,
    edit: impl Fn(Call, i64) -> Call,
) -> Result<(), String> {
    let read = firm.get(path).await["data"].clone();
    let version = read["__v"].as_i64().expect("a version");
    let call = |n: usize| {
        let mut body = json!({field: format!("edit {n}")});
        if stale == 409 {
            body["__v"] = json!(version);
        }
        edit(firm.put(path, &body), version)
    };
    let calls = (0..6).map(call).collect();
    let answers = firm.target.race(calls).await?;
    let won: Vec<usize> = (0..6).filter(|n| answers[*n].status == 200).collect();
    if won.len() != 1 {
        return Err(format!("{} of six edits of one version were told 200 at {path}", won.len()));
    }
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        if (answer.status, answer.code().as_str()) != (stale, "version_conflict") {
            return Err(format!("a stale edit was answered {}", answer.text()));
        }
    }
    let stands = firm.get(path).await["data"].clone();
    if stands[field] != format!("edit {}", won[0]) || stands["__v"].as_i64() <= Some(version) {
        return Err(format!("edit {} won and {field} says {}", won[0], stands[field]));
    }
    Ok(())
}

/// What can be edited: where it is, and a field of it.
async fn editable(firm: &Firm<'_>) -> Vec<(String, &'static str)> {
    let client = firm.client().await;
    let retainer = firm.retainer_of(&client, 100, &json!({})).await;
    let invoice = firm.draft(&client, 100).await;
    let payment = firm.pending(&client, 100, &json!({})).await;
    let mut all = vec![
        (format!("/api/clients/{client}"), "notes"),
        (format!("/api/retainers/{retainer}"), "notes"),
        (format!("/api/invoices/{invoice}"), "notes"),
        (format!("/api/payments/{payment}"), "notes"),
    ];
    let bodies = [
        (
            "transactions",
            json!({"type": "income", "amount": 10, "category": "fees"}),
            "description",
        ),
        ("cases", json!({"clientId": client, "title": "Claim", "caseNumber": "1447/12"}), "title"),
        ("time-entries", json!({"clientId": client, "minutes": 9, "hourlyRate": 4}), "description"),
        ("expenses", json!({"clientId": client, "amount": 10, "category": "court"}), "description"),
        ("jobs", json!({"title": "Lease", "description": "Two hearings"}), "description"),
    ];
    for (what, body, field) in bodies {
        let made = id(&firm.make(firm.post(format!("/api/{what}"), &body)).await);
        all.push((format!("/api/{what}/{made}"), field));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_of_six_edits_with_one_etag_five_are_told_412() {
    let scenario = async |firm: &Firm<'_>| {
        for (path, field) in editable(firm).await {
            let tagged = |call: Call, version| call.header("If-Match", format!("\"{version}\""));
            edits(firm, &path, field, 412, tagged).await?;
        }
        Ok(())
    };
    Race::new(10, "of six edits").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_of_six_edits_with_one_version_five_are_told_409() {
    let scenario = async |firm: &Firm<'_>| {
        for (path, field) in editable(firm).await {
            edits(firm, &path, field, 409, |call, _| call).await?;
        }
        Ok(())
    };
    Race::new(10, "of six edits").run(scenario).await;
}

/// Money moves while terms are edited: neither takes the other back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_an_edit_takes_no_consume_back() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(100).await;
        let edit = firm.put(format!("/api/retainers/{retainer}"), &json!({"notes": "as agreed"}));
        let mut calls: Vec<_> = (0..8).map(|_| firm.consume(&retainer, "10")).collect();
        calls.insert(4, edit);
        accepted(&firm.target.race(calls).await?, &[])?;
        let document = firm.balances(&retainer, 10_000, 8_000).await?;
        if document["notes"] == "as agreed" {
            Ok(())
        } else {
            Err("came in and the edit was lost".to_owned())
        }
    };
    Race::new(30, "came in and").run(scenario).await;
}

async fn contended(firm: &Firm<'_>, count: usize) -> Result<(), String> {
    let retainer = firm.retainer(1_000).await;
    let call = |n: usize| {
        if n.is_multiple_of(2) {
            firm.consume(&retainer, "1")
        } else {
            firm.replenish(&retainer, "1")
        }
    };
    let answers = firm.target.race((0..count).map(call).collect()).await?;
    if let Some(answer) = answers.iter().find(|answer| !answer.is_ok()) {
        return Err(format!("contention reached the user: {} {}", answer.status, answer.text()));
    }
    let half = 100 * i64::try_from(count / 2).expect("few");
    firm.balances(&retainer, 100_000 + half, half).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c14_contention_is_waited_out_inside() {
    // Every third commit loses to another process on top.
    let options = Options {
        limits: Limits { conflict_backoff_max: Duration::from_millis(4), ..Limits::default() },
        ..Options::default()
    };
    options.faults.conflict_often.store(true, SeqCst);
    let race = Race::new(30, "contention reached the user")
        .options(options)
        .flaw(Flaw::VersionWithoutRetry);
    race.run(async |firm| contended(firm, 40).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c14_who_loses_every_time_is_told_that_nothing_was_done() {
    let options = || Options {
        limits: Limits { conflict_backoff_max: Duration::from_millis(2), ..Limits::default() },
        ..Options::default()
    };
    for ours in Target::each(options).await {
        let firm = Firm::new(&ours);
        let retainer = firm.retainer(100).await;
        let consume = firm.consume(&retainer, "10").key("c14");
        for fault in [&ours.faults.conflict_always, &ours.faults.away] {
            fault.store(true, SeqCst);
            let answer = ours.send(&consume).await;
            assert_eq!(
                (answer.status, answer.header("retry-after")),
                (503, Some("1")),
                "{}",
                answer.text()
            );
            fault.store(false, SeqCst);
            firm.balances(&retainer, 10_000, 0).await.unwrap();
        }
        // A failure of the machine is no outcome: the same key is carried out now.
        assert!(!ours.send(&consume).await.is_replayed());
        firm.balances(&retainer, 10_000, 1_000).await.unwrap();
        ours.check().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_a_hot_retainer_refuses_nobody() {
    let race = Race::new(20, "contention reached the user").flaw(Flaw::VersionWithoutRetry);
    race.run(async |firm| contended(firm, 240).await).await;
}

/// The journal's order is one that the callers saw: what was answered before something else was asked
/// stands before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_the_journal_keeps_the_callers_order() {
    let scenario = async |firm: &Firm<'_>| {
        let retainer = firm.retainer(1_000).await;
        let mut all = Vec::new();
        for _ in 0..4 {
            let calls = (0..25).map(|_| firm.consume(&retainer, "1")).collect();
            all.extend(firm.target.race_timed(calls).await?);
        }
        let seq =
            |n: usize| all[n].answer.json()["data"]["transaction"]["seq"].as_i64().expect("a seq");
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_unstable_by_key(|n| seq(*n));
        let mut latest_asked = all[order[0]].asked;
        for (place, n) in order.iter().enumerate() {
            if place > 0 && seq(order[place - 1]) == seq(*n) {
                return Err(format!("two consumes have the place {} in the journal", seq(*n)));
            }
            if all[*n].answered < latest_asked {
                return Err(format!(
                    "the consume with seq {} was answered before an earlier one was asked",
                    seq(*n)
                ));
            }
            latest_asked = latest_asked.max(all[*n].asked);
        }
        firm.balances(&retainer, 100_000, 10_000).await.map(drop)
    };
    Race::new(20, "two consumes have the place").run(scenario).await;
}

/// Eight callers keep a retainer busy without a pause. One who comes once is not left waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_nobody_starves() {
    const TURNS: usize = 60;
    for ours in Target::each(Options::default).await {
        let firm = Firm::new(&ours);
        let retainer = firm.retainer(1_000).await;
        let (ours, firm, retainer) = (&ours, &firm, retainer.as_str());
        let busy = async || {
            let mut first = 0;
            for turn in 0..TURNS {
                let answer = ours.send(&firm.consume(retainer, "1")).await;
                assert!(answer.is_ok(), "{}", answer.text());
                if turn == 10 {
                    first = answer.json()["seq"].as_i64().unwrap();
                }
            }
            first
        };
        let once = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            ours.send(&firm.replenish(retainer, "1")).await.json()["seq"].as_i64().unwrap()
        };
        let (_, _, _, _, _, _, _, _, once) =
            tokio::join!(busy(), busy(), busy(), busy(), busy(), busy(), busy(), busy(), once);
        let total = i64::try_from(8 * TURNS).unwrap();
        assert!(once < total, "it was answered last, with seq {once} of {total}");
        let held = halalas(&firm.audited(retainer).await.unwrap()["currentBalance"]);
        assert_eq!(held, 100_000 + 100 - 100 * total);
        ours.check().await;
    }
}
