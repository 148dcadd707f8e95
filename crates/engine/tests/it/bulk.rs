//! Many commands at once: one entry into the queue, and each for itself from then on.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{
    Rejection,
    rows::{BatchId, Firm, Stored},
};
use engine::{Engine, Limits, Request, Settled, Trouble, model::Model};

use crate::support::*;

type Settlements = Vec<Result<Settled, Trouble>>;

/// Where batches are counted, a slow machine must not cut them.
const FOR_EVER: Duration = Duration::from_secs(600);

fn rejection(settled: &Result<Settled, Trouble>) -> Option<Rejection> {
    match settled {
        Ok(Settled::Decided { result: Err(rejection), .. }) => Some(rejection.clone()),
        _ => None,
    }
}

fn count_accepted(settled: &Settlements) -> usize {
    settled.iter().filter(|settled| is_accepted(settled)).count()
}

fn consumes(firm: u8, count: usize) -> Vec<Request> {
    (0..count).map(|_| request(firm, consume(1))).collect()
}

/// The rows, but for how they were cut into commits.
fn rows(model: &Model) -> Vec<Stored> {
    let blank = |row| match row {
        Stored::Firm(firm) => Stored::Firm(Firm { last_batch: BatchId([0; 12]), ..firm }),
        other => other,
    };
    model.rows(firm(1)).into_iter().map(blank).collect()
}

#[tokio::test]
async fn a_bulk_is_decided_in_its_order_and_the_size_of_batches_changes_nothing() {
    let mut seen = Vec::new();
    for (batch_count_max, bulk_batch_count_max) in [(1, 1), (2, 3), (7, 40), (128, 256)] {
        let model = Model::default();
        let limits = Limits { batch_count_max, bulk_batch_count_max, ..Limits::default() };
        let engine = Engine::start(vec![model.clone()], options(limits)).unwrap();
        let mut requests = vec![request(1, client()), request(1, open(100))];
        // 60, then 50 is too much, then 40 are left for 1, 1, 1 …
        requests.extend([60, 50].map(|amount| request(1, consume(amount))));
        requests.extend((0..45).map(|n| keyed(request(1, consume(1)), &format!("{}", n % 43), 1)));
        let settled = engine.submit_many(requests).await.unwrap();
        assert_eq!(rejection(&settled[3]), Some(Rejection::InsufficientBalance));
        assert_eq!(settled[4..44].iter().filter(|settled| is_accepted(settled)).count(), 40);
        assert_eq!(rejection(&settled[44]), Some(Rejection::RetainerNotActive));
        // The keys of the first two come again.
        assert!(settled[47..].iter().all(|settled| matches!(settled, Ok(Settled::Replayed(_)))));
        let seqs = settled.iter().filter(|settled| is_accepted(settled)).cloned();
        let seqs: Vec<_> = seqs.map(|settled| accepted(settled).seq).collect();
        assert_eq!(seqs, (1..=43).collect::<Vec<_>>());
        assert_sound(&model, firm(1));
        seen.push((settled, rows(&model)));
    }
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
}

#[tokio::test]
async fn a_bulk_sent_again_with_its_keys_is_replayed() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 1_000).await;
    let bulk = |fingerprint| -> Vec<Request> {
        let nth = |n| keyed(request(1, consume(1)), &format!("bulk#{n}"), fingerprint);
        (0..300).map(nth).collect()
    };
    let first = engine.submit_many(bulk(1)).await.unwrap();
    let again = engine.submit_many(bulk(1)).await.unwrap();
    for (first, again) in first.iter().zip(again) {
        let Ok(Settled::Decided { kept: Some(kept), .. }) = first else { panic!("{first:?}") };
        assert_eq!(again, Ok(Settled::Replayed(Arc::clone(kept))));
    }
    let other = engine.submit_many(bulk(2)).await.unwrap();
    assert!(other.iter().all(|settled| *settled == Ok(Settled::KeyReused)));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_bulk_finds_room_as_a_whole_or_not_at_all() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let gate = Arc::clone(&store.gate);
    let limits = Limits { queue_count_max: 9, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    let first = engine.submit_many(consumes(1, 6));
    let second = engine.submit_many(consumes(1, 3));
    let third = engine.submit_many(consumes(1, 2));
    gate.open();
    assert_eq!(second.await, Err(Trouble::Overloaded));
    assert_eq!(count_accepted(&first.await.unwrap()), 6);
    assert_eq!(count_accepted(&third.await.unwrap()), 2);
    // Who has been answered has given back the room.
    assert_eq!(engine.queued(), 0);
    assert_eq!(count_accepted(&engine.submit_many(consumes(1, 9)).await.unwrap()), 9);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_firm_cannot_fill_the_queue_alone() {
    let store = Faulty::new(Model::default());
    let gate = Arc::clone(&store.gate);
    let limits = Limits { queue_count_max: 8, firm_queue_count_max: 4, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    let most = engine.submit_many(consumes(1, 3));
    let one = engine.submit(request(1, consume(1)));
    let many = engine.submit_many(consumes(1, 1));
    let other = engine.submit(request(2, client()));
    gate.open();
    assert_eq!(one.await, Err(Trouble::Overloaded));
    assert_eq!(many.await, Err(Trouble::Overloaded));
    accepted(other.await);
    assert_eq!(count_accepted(&most.await.unwrap()), 3);
    accepted(engine.submit(request(1, consume(1))).await);
}

#[tokio::test]
async fn a_bulk_is_of_one_firm_and_of_no_more_than_are_allowed() {
    let model = Model::default();
    let limits = Limits { bulk_count_max: 5, ..Limits::default() };
    let engine = Engine::start(vec![model.clone()], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let before = model.rows(firm(1));
    let mixed = vec![request(1, consume(1)), request(2, client())];
    for wrong in [vec![], consumes(1, 6), mixed] {
        let settled = engine.submit_many(wrong).await;
        assert!(matches!(settled, Err(Trouble::Defect(_))), "{settled:?}");
    }
    assert_eq!(model.rows(firm(1)), before);
    assert_eq!(count_accepted(&engine.submit_many(consumes(1, 5)).await.unwrap()), 5);
}

#[tokio::test]
async fn a_bulk_leaves_room_for_another_firms_single_command() {
    let store = Faulty::new(Model::default());
    let (gate, commits) = (Arc::clone(&store.gate), Arc::clone(&store.commits));
    let limits = Limits { batch_decide_max: FOR_EVER, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100_000).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    let bulk = engine.submit_many(consumes(1, 8_192));
    let single = engine.submit(request(2, client()));
    gate.open();
    accepted(single.await);
    assert_eq!(count_accepted(&bulk.await.unwrap()), 8_192);
    let commits = commits.lock().unwrap();
    assert_eq!(commits[3], [(firm(1), 255), (firm(2), 1)], "the next that could be");
    assert_eq!(commits.len(), 3 + 8_192_usize.div_ceil(256) + 1);
}

#[tokio::test]
async fn only_commands_that_came_in_bulk_make_a_batch_larger() {
    let store = Faulty::new(Model::default());
    let (gate, commits) = (Arc::clone(&store.gate), Arc::clone(&store.commits));
    let limits = Limits {
        batch_count_max: 10,
        bulk_batch_count_max: 30,
        batch_decide_max: FOR_EVER,
        ..Limits::default()
    };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 10_000).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    let bulk = engine.submit_many(consumes(1, 70));
    let singles: Vec<_> = (0..7).map(|_| engine.submit(request(2, client()))).collect();
    gate.open();
    assert_eq!(count_accepted(&bulk.await.unwrap()), 70);
    for single in singles {
        accepted(single.await);
    }
    let sizes: Vec<usize> = commits.lock().unwrap()[3..]
        .iter()
        .map(|firms| firms.iter().map(|(_, commands)| commands).sum())
        .collect();
    // The two take turns until a single command would be the eleventh or later.
    assert_eq!(sizes, [11, 30, 30, 6]);
}

#[tokio::test]
async fn a_poisoned_command_of_a_bulk_harms_no_other() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.refuse_amount = 1_300;
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 1_000).await;
    let requests = (0..30).map(|n| request(1, consume(if n == 15 { 13 } else { 1 }))).collect();
    let settled = engine.submit_many(requests).await.unwrap();
    assert!(matches!(settled[15], Err(Trouble::Defect(_))), "{:?}", settled[15]);
    assert_eq!(count_accepted(&settled), 29);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_batch_that_has_no_more_time_is_cut_and_the_rest_follows_in_order() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let commits = Arc::clone(&store.commits);
    let limits = Limits { batch_decide_max: Duration::ZERO, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 1_000).await;
    let settled = engine.submit_many(consumes(1, 50)).await.unwrap();
    let seqs: Vec<_> = settled.into_iter().map(|settled| accepted(settled).seq).collect();
    assert_eq!(seqs, (3..53).collect::<Vec<_>>());
    assert_eq!(commits.lock().unwrap()[2..], [16, 16, 16, 2].map(|count| vec![(firm(1), count)]));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn each_of_a_bulk_has_its_own_time() {
    let engine = Engine::start(vec![Model::default()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let mut requests = consumes(1, 3);
    requests[1].deadline = Instant::now() - Duration::from_millis(1);
    let settled = engine.submit_many(requests).await.unwrap();
    assert_eq!(settled[1], Err(Trouble::Expired));
    assert_eq!(count_accepted(&settled), 2);
}

#[tokio::test]
async fn when_a_commits_fate_is_unknown_each_of_a_bulk_is_told_its_own() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    // The first two commits make the retainer.
    store.unknown_from.store(4, Ordering::SeqCst);
    let limits = Limits { batch_count_max: 10, bulk_batch_count_max: 10, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let settled = engine.submit_many(consumes(1, 30)).await.unwrap();
    assert_eq!(count_accepted(&settled), 10);
    assert!(settled[10..20].iter().all(|settled| matches!(settled, Err(Trouble::Unknown(_)))));
    assert!(settled[20..].iter().all(|settled| *settled == Err(Trouble::Stopping)));
}

#[tokio::test]
async fn a_bulk_whose_lane_dies_is_not_left_without_an_answer() {
    let model = Model::default();
    let limits = Limits { batch_count_max: 10, bulk_batch_count_max: 10, ..Limits::default() };
    let engine = Engine::start(vec![Dying { inner: model, commits: 4 }], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let settled = engine.submit_many(consumes(1, 30)).await.unwrap();
    assert_eq!((settled.len(), count_accepted(&settled)), (30, 10));
    assert!(settled[10..].iter().all(|settled| matches!(settled, Err(Trouble::Unknown(_)))));
    assert_eq!(engine.failed().await, "a lane panicked");
}

#[tokio::test]
async fn who_does_not_wait_for_the_answers_undoes_nothing() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    drop(engine.submit_many(consumes(1, 50)));
    engine.drain().await;
    let movements = model.rows(firm(1));
    let movements = movements.iter().filter(|row| matches!(row, Stored::Movement(_))).count();
    assert_eq!(movements, 51);
    assert_sound(&model, firm(1));
}
