//! Batches of commands of whoever comes: keys, poison, conflicts, limits, turns.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Decimal, Id, Ref, Rejection, Role,
    reply::Shown,
    rows::{AlertKind, Stored},
    trust::{consume::ConsumeRetainer, open::OpenRetainer, open::Terms, refund::RefundRetainer},
};
use engine::{Engine, Limits, Once, Options, Render, Settled, Trouble, model::Model};

use crate::support::*;

#[tokio::test]
async fn ten_consumes_of_50_on_100_accept_two() {
    for batch_count_max in [1, 128] {
        let model = Model::default();
        let limits = Limits { batch_count_max, ..Limits::default() };
        let engine = Engine::start(vec![model.clone()], options(limits)).unwrap();
        with_retainer(&engine, 100).await;
        let settled = all(&engine, (0..10).map(|_| request(1, consume(50))).collect()).await;
        assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 2);
        assert_sound(&model, firm(1));
    }
}

#[tokio::test]
async fn a_key_is_answered_once_inside_a_batch_and_across_time() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let settled =
        all(&engine, (0..12).map(|_| keyed(request(1, consume(10)), "k", 1)).collect()).await;
    assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 1);
    let replays =
        settled.iter().filter(|settled| matches!(settled, Ok(Settled::Replayed(_)))).count();
    assert_eq!(replays, 11);
    let other = engine.submit(keyed(request(1, consume(10)), "k", 2)).await;
    assert_eq!(other, Ok(Settled::KeyReused));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_refusal_stays_refused_under_its_key() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 10).await;
    let refund = RefundRetainer {
        retainer: Ref::Number("RET-2026-0001".into()),
        amount: None,
        reason: None,
    };
    let first = engine.submit(keyed(request(1, consume(50)), "k", 1)).await.unwrap();
    let Settled::Decided { result: Err(Rejection::InsufficientBalance), kept: Some(kept) } = first
    else {
        panic!("{first:?}")
    };
    accepted(engine.submit(request(1, refund)).await);
    let again = engine.submit(keyed(request(1, consume(50)), "k", 1)).await;
    assert_eq!(again, Ok(Settled::Replayed(kept)));
}

#[tokio::test]
async fn a_poisoned_command_harms_no_neighbour() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.refuse_amount = 1_300;
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 1_000).await;
    let settled =
        all(&engine, (0..30).map(|n| request(1, consume(if n == 15 { 13 } else { 1 }))).collect())
            .await;
    assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 29);
    assert!(matches!(settled[15], Err(Trouble::Defect(_))), "{:?}", settled[15]);
    assert_sound(&model, firm(1));
}

/// They are tried one by one then, and whoever came meanwhile waits for all of them.
#[tokio::test]
async fn who_comes_while_a_batch_is_poisoned_comes_after_it() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.refuse_amount = 1_300;
    let (heads, gate) = (Arc::clone(&store.heads), Arc::clone(&store.gate));
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 1_000).await;
    heads.shut_behind(&engine, request(1, consume(13))).await;
    let earlier: Vec<_> = (0..3).map(|_| engine.submit(request(1, consume(1)))).collect();
    gate.shut();
    heads.open();
    gate.wait().await;
    let later: Vec<_> = (0..3).map(|_| engine.submit(request(1, consume(1)))).collect();
    gate.open();
    let mut seqs = Vec::new();
    for settled in earlier.into_iter().chain(later) {
        seqs.push(accepted(settled.await).seq);
    }
    assert!(seqs.is_sorted(), "{seqs:?}");
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_panic_in_a_decision_is_its_own() {
    let model = Model::default();
    let decide: engine::Decide = |book, asked, command| {
        if let Command::ConsumeRetainer(consume) = command {
            assert_ne!(consume.description.as_deref(), Some("panic"), "as the test asked");
        }
        domain::decide(book, asked, command)
    };
    let engine =
        Engine::start(vec![model.clone()], Options { decide, ..options(Limits::default()) })
            .unwrap();
    with_retainer(&engine, 1_000).await;
    let bad = ConsumeRetainer { description: Some("panic".into()), ..consume(1) };
    let requests =
        (0..20).map(|n| request(1, if n == 7 { bad.clone() } else { consume(1) })).collect();
    let settled = all(&engine, requests).await;
    assert!(matches!(settled[7], Err(Trouble::Defect(_))), "{:?}", settled[7]);
    assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 19);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn conflicts_are_retried_inside_and_bounded() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let conflicts = Arc::clone(&store.conflicts);
    let limits = Limits { conflict_backoff_max: Duration::from_millis(2), ..Limits::default() };
    let attempts_max = usize::try_from(limits.conflict_attempts_max).unwrap();
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    conflicts.store(attempts_max - 1, Ordering::SeqCst);
    accepted(engine.submit(request(1, consume(1))).await);
    conflicts.store(attempts_max, Ordering::SeqCst);
    let settled = engine.submit(request(1, consume(1))).await;
    assert!(matches!(settled, Err(Trouble::Unavailable(_))), "{settled:?}");
    accepted(engine.submit(request(1, consume(1))).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn an_unknown_commit_stops_the_engine_and_is_never_called_failed() {
    let store = Faulty::new(Model::default());
    let unknown_from = Arc::clone(&store.unknown_from);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    unknown_from.store(0, Ordering::SeqCst);
    let settled = engine.submit(request(1, consume(1))).await;
    assert!(matches!(settled, Err(Trouble::Unknown(_))), "{settled:?}");
    assert_eq!(engine.failed().await, "cable");
    let after = engine.submit(request(1, consume(1))).await;
    assert!(matches!(after, Err(Trouble::Stopping)), "{after:?}");
}

#[tokio::test]
async fn a_full_queue_answers_at_once_and_a_drain_settles_the_rest() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.commit_takes = Duration::from_millis(20);
    let limits = Limits { queue_count_max: 8, batch_count_max: 1, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let waiting = {
        let engine = engine.clone();
        tokio::spawn(async move {
            all(&engine, (0..30).map(|_| request(1, consume(1))).collect()).await
        })
    };
    tokio::time::sleep(Duration::from_millis(30)).await;
    engine.drain().await;
    let settled = waiting.await.unwrap();
    let accepted = settled.iter().filter(|settled| is_accepted(settled)).count();
    let overloaded = settled.iter().filter(|settled| **settled == Err(Trouble::Overloaded)).count();
    assert!(accepted >= 8 && overloaded >= 15, "{accepted} accepted, {overloaded} overloaded");
    assert_eq!(accepted + overloaded, 30, "a drain leaves nobody without an answer");
    assert_eq!(engine.submit(request(1, consume(1))).await, Err(Trouble::Stopping));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_command_whose_time_ran_out_in_the_queue_is_not_executed() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let mut late = request(1, consume(1));
    late.deadline = Instant::now() - Duration::from_millis(1);
    assert_eq!(engine.submit(late).await, Err(Trouble::Expired));
    assert_eq!(
        model.rows(firm(1)).iter().filter(|row| matches!(row, Stored::Movement(_))).count(),
        1
    );
}

#[tokio::test]
async fn a_busy_firm_leaves_room_for_another() {
    let mut store = Faulty::new(Model::default());
    store.commit_takes = Duration::from_millis(5);
    let commits = Arc::clone(&store.commits);
    let limits = Limits { batch_count_max: 10, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 10_000).await;
    // Two hundred commits of the busy firm are in the queue before the other firm says a word.
    let busy: Vec<_> = (0..2_000).map(|_| engine.submit(request(1, consume(1)))).collect();
    accepted(engine.submit(request(2, client())).await);
    for settled in busy {
        accepted(settled.await);
    }
    let commits = commits.lock().unwrap();
    let turn = commits.iter().position(|firms| firms.iter().any(|(of, _)| *of == firm(2))).unwrap();
    assert!(turn < 10, "the other firm's turn came with commit {turn} of {}", commits.len());
}

#[tokio::test]
async fn a_dismissed_members_command_is_refused_and_the_token_does_not_help() {
    use domain::people::member::SetMember;
    let engine = Engine::start(vec![Model::default()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let clerk = Id::new([7; 12]);
    let dismissed =
        SetMember { user: clerk, version: None, role: Some(Role::Accountant), active: Some(false) };
    accepted(engine.submit(request(1, dismissed)).await);
    let mut asked = request(1, consume(1));
    asked.actor = Actor { user: clerk, claimed: Role::Owner, ..asked.actor };
    let settled = engine.submit(asked).await.unwrap();
    assert_eq!(settled, Settled::Decided { result: Err(Rejection::MemberLeft), kept: None });
}

#[tokio::test]
async fn who_has_left_is_not_told_what_was_answered_before() {
    use domain::people::member::SetMember;
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let clerk = Id::new([7; 12]);
    let asked = || {
        let mut asked = keyed(request(1, consume(1)), "k", 1);
        asked.actor = Actor { user: clerk, claimed: Role::Accountant, ..asked.actor };
        asked
    };
    accepted(engine.submit(asked()).await);
    assert!(matches!(engine.submit(asked()).await, Ok(Settled::Replayed(_))));
    let dismissed = SetMember { user: clerk, version: Some(0), role: None, active: Some(false) };
    accepted(engine.submit(request(1, dismissed)).await);
    let settled = engine.submit(asked()).await.unwrap();
    assert_eq!(settled, Settled::Decided { result: Err(Rejection::MemberLeft), kept: None });
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_down_leaves_nothing_behind() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let mut asked = keyed(request(1, consume(1)), "k", 1);
    let render = Render(Arc::new(|_| panic!("as the test asked")));
    asked.once = Some(Once { key: "k".into(), render });
    assert!(matches!(engine.submit(asked).await, Err(Trouble::Defect(_))));
    accepted(engine.submit(keyed(request(1, consume(100)), "k", 2)).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn the_low_balance_alert_and_the_request_for_more_come_once() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    accepted(engine.submit(request(1, client())).await);
    let terms = Terms {
        minimum_balance: Some(Decimal::whole(50)),
        auto_replenish: Some(true),
        replenish_threshold: Some(Decimal::whole(40)),
        replenish_amount: Some(Decimal::whole(100)),
        ..Terms::default()
    };
    accepted(engine.submit(request(1, OpenRetainer { terms, ..open(100) })).await);
    all(&engine, (0..9).map(|_| request(1, consume(10))).collect()).await;
    let rows = model.rows(firm(1));
    let is_low =
        |row: &&Stored| matches!(row, Stored::Alert(row) if row.kind == AlertKind::LowBalance);
    assert_eq!(rows.iter().filter(is_low).count(), 1);
    assert_eq!(rows.iter().filter(|row| matches!(row, Stored::Payment(_))).count(), 1);
    let complete = domain::billing::complete_payment::CompletePayment {
        payment: Ref::Number("PAY-2026-0001".into()),
    };
    let reply = accepted(engine.submit(request(1, complete)).await);
    let Shown::Payment { retainer: Some(retainer), .. } = reply.shown else { panic!("{reply:?}") };
    assert!(retainer.replenish_request.is_none() && !retainer.low_balance_alerted);
    assert_eq!(retainer.balance.minor(), 11_000);
    assert_sound(&model, firm(1));
}

/// Waiting for a firm is nobody's deciding: it neither makes the batch smaller nor keeps others out.
#[tokio::test]
async fn who_comes_while_another_process_holds_the_firm_goes_along() {
    const COUNT: usize = 100;
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let (heads, commits) = (Arc::clone(&store.heads), Arc::clone(&store.commits));
    let limits = Limits { batch_decide_max: Duration::from_millis(20), ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits.clone())).unwrap();
    with_retainer(&engine, 1_000).await;
    commits.lock().unwrap().clear();
    heads.shut_behind(&engine, request(1, consume(1))).await;
    let of_other = engine.submit(request(2, client()));
    let settled: Vec<_> = (0..COUNT).map(|_| engine.submit(request(1, consume(1)))).collect();
    tokio::time::sleep(limits.batch_decide_max * 2).await;
    heads.open();
    for settled in settled {
        accepted(settled.await);
    }
    accepted(of_other.await);
    let tried = commits.lock().unwrap().clone();
    assert_eq!(tried, [vec![(firm(1), COUNT + 1)], vec![(firm(2), 1)]]);
    assert_sound(&model, firm(1));
}
