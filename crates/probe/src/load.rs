//! A steady rate of deposits and consumes, whatever the server does: a request is sent when it is due, and
//! its latency counts from then, so that a server that stalls does not hide it. **Afterwards the books are
//! judged**: a fast wrong answer is no answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::{
    history::{History, Verb},
    judge::{self, Finding},
    round::{Ask, Round, Settings, Stop, Target},
    wire::Delivery,
};

/// How much load.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Requests a second.
    pub rate: u32,
    /// For how long.
    pub time: Duration,
    /// On how many accounts; one is a hot one.
    pub accounts: usize,
}

/// What came of it.
pub struct Outcome {
    /// Microseconds from when a request was due to when its answer had been read.
    pub latency_us: Histogram<u64>,
    /// Sent, and answered at all.
    pub sent: usize,
    /// See `sent`.
    pub answered: usize,
    /// Answered per second.
    pub achieved: f64,
    /// What the judges say of the books.
    pub findings: Vec<Finding>,
    /// What was judged.
    pub history: History,
}

/// Sends the load, waits for the last answer, and judges.
///
/// # Errors
/// When the target does not do what the load starts from.
pub async fn run(target: &Arc<Target>, load: Load) -> Result<Outcome, Stop> {
    const LATENCY_US_MAX: u64 = 60_000_000;
    let settings = Settings {
        n: load.accounts,
        delivery: Delivery::Cold,
        offset: Duration::ZERO,
        seed: 1,
        round: 0,
    };
    let mut round = Round::new(target, "load", settings);
    let client = round.client().await?;
    let mut accounts = Vec::new();
    for _ in 0..load.accounts.max(1) {
        accounts.push(round.retainer(&client, 1_000_000_00).await?);
    }
    let every = Duration::from_secs(1) / load.rate.max(1);
    let count = (load.time.as_secs_f64() * f64::from(load.rate)) as usize;
    let began = Instant::now();
    let mut running = Vec::new();
    for n in 0..count {
        let verb = if n % 2 == 0 { Verb::Consume } else { Verb::Deposit };
        let amount = 1 + i64::try_from(n % 97).unwrap_or(0);
        let ask = Ask::new(verb).on(&accounts[n % accounts.len()]).amount(amount);
        let sent = round.sending(ask)?;
        let due = began + every * u32::try_from(n).unwrap_or(u32::MAX);
        tokio::time::sleep_until(due.into()).await;
        let (target, call) = (Arc::clone(target), sent.call().clone());
        let answer = tokio::spawn(async move {
            let reply = target.wire.send(&call).await;
            (reply, due.elapsed())
        });
        running.push((sent, answer));
    }
    let mut latency_us = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)
        .map_err(|error| Stop::Target(error.to_string()))?;
    let mut replies = Vec::new();
    for (sent, answer) in running {
        let Ok((reply, latency)) = answer.await else { continue };
        latency_us.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        replies.push((sent, reply));
    }
    let took = began.elapsed();
    let answered = replies.iter().filter(|(_, reply)| reply.result.is_ok()).count();
    for (sent, reply) in replies {
        round.answered(sent, &reply);
    }
    let achieved = answered as f64 / took.as_secs_f64();
    for account in &accounts {
        round.rest_once(Ask::new(Verb::ReadRetainer).on(account)).await?;
    }
    let history = round.into_history();
    // Amounts repeat, and thousands of operations are too many to search: the money is judged, the
    // order is not.
    let judges = ["J1", "J2", "J3", "J9", "J20"];
    let findings = judges.iter().filter_map(|id| judge::by_id(id));
    let findings = findings.flat_map(|judge| judge.findings(&history)).collect();
    Ok(Outcome { latency_us, sent: count, answered, achieved, findings, history })
}
