//! Dry runs: answered as if, and nothing recorded.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{Rejection, reply::Shown};
use engine::{
    BatchReport, CommandReport, Engine, GroupRefusal, GroupResult, Intent, Limits, Observer, Once,
    Options, Render, Request, Settled, Trouble, model::Model,
};

use crate::support::*;

fn dry(request: Request) -> Request {
    Request { intent: Intent::DryRun, ..request }
}

fn balance(reply: &domain::Reply) -> i64 {
    let Shown::Retainer { retainer, .. } = &reply.shown else { panic!("{reply:?}") };
    retainer.balance.minor()
}

fn refused(settled: Result<Settled, Trouble>) -> Rejection {
    match settled {
        Ok(Settled::Decided { result: Err(rejection), kept: None }) => rejection,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_dry_run_is_answered_as_it_would_be_and_leaves_nothing() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let commits = Arc::clone(&store.commits);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let (before, commits_before) = (model.rows(firm(1)), commits.lock().unwrap().len());
    let mut stranger = dry(request(1, consume(10)));
    stranger.actor.user = domain::Id::new([8; 12]);
    for _ in 0..2 {
        let tried = accepted(engine.submit(dry(request(1, consume(60)))).await);
        assert_eq!((tried.seq, balance(&tried)), (3, 4_000));
        assert_eq!(
            refused(engine.submit(dry(request(1, consume(101)))).await),
            Rejection::InsufficientBalance
        );
        accepted(engine.submit(stranger.clone()).await);
        accepted(engine.submit(dry(request(2, client()))).await);
    }
    assert_eq!(model.rows(firm(1)), before);
    assert!(model.rows(firm(2)).is_empty(), "a dry run founds no firm");
    assert_eq!(commits.lock().unwrap().len(), commits_before, "there was nothing to commit");
    let done = accepted(engine.submit(request(1, consume(60))).await);
    assert_eq!((done.seq, balance(&done)), (3, 4_000));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_dry_run_sees_the_commands_before_it_and_is_not_seen() {
    for batch_count_max in [1, 128] {
        let model = Model::default();
        let limits = Limits { batch_count_max, ..Limits::default() };
        let engine = Engine::start(vec![model.clone()], options(limits)).unwrap();
        with_retainer(&engine, 100).await;
        let requests = vec![
            dry(request(1, consume(60))),
            request(1, consume(60)),
            dry(request(1, consume(60))),
            request(1, consume(40)),
            dry(request(1, consume(1))),
        ];
        let settled = all(&engine, requests).await;
        let outcomes: Vec<_> = settled.iter().map(is_accepted).collect();
        assert_eq!(outcomes, [true, true, false, true, false], "{settled:?}");
        let records = model.rows(firm(1));
        let records = records.iter().filter(|row| matches!(row, domain::rows::Stored::Audit(_)));
        assert_eq!(records.count(), 4);
        assert_sound(&model, firm(1));
    }
}

#[tokio::test]
async fn a_dry_run_neither_looks_its_key_up_nor_keeps_it() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let keys_read = Arc::clone(&store.keys_read);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let first = accepted(engine.submit(keyed(request(1, consume(10)), "used", 1)).await);
    assert_eq!(balance(&first), 9_000);
    let tried = accepted(engine.submit(dry(keyed(request(1, consume(10)), "used", 1))).await);
    assert_eq!(balance(&tried), 8_000, "decided now, not replayed");
    accepted(engine.submit(dry(keyed(request(1, consume(10)), "used", 2))).await);
    let fresh = engine.submit(dry(keyed(request(1, consume(10)), "fresh", 1))).await;
    let Ok(Settled::Decided { result: Ok(_), kept: None }) = fresh else { panic!("{fresh:?}") };
    assert_eq!(keys_read.load(Ordering::SeqCst), 1, "of the one that was no dry run");
    accepted(engine.submit(keyed(request(1, consume(20)), "fresh", 2)).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_dry_run_that_panics_harms_no_neighbour_and_one_is_nobodys_poison() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.refuse_amount = 1_300;
    let decide: engine::Decide = |book, asked, command| {
        if let domain::Command::ConsumeRetainer(consume) = command {
            assert_ne!(consume.amount, domain::Decimal::whole(666), "as the test asked");
        }
        domain::decide(book, asked, command)
    };
    let options = Options { decide, ..options(Limits::default()) };
    let engine = Engine::start(vec![store], options).unwrap();
    with_retainer(&engine, 1_000).await;
    let requests = vec![
        request(1, consume(1)),
        dry(request(1, consume(666))),
        // What the store would refuse to write is not written.
        dry(request(1, consume(13))),
        request(1, consume(1)),
    ];
    let settled = all(&engine, requests).await;
    assert!(matches!(settled[1], Err(Trouble::Defect(_))), "{:?}", settled[1]);
    assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 3);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_dry_run_beside_a_commit_of_unknown_fate_is_told_that_nothing_was_done() {
    let store = Faulty::new(Model::default());
    let (gate, unknown_from) = (Arc::clone(&store.gate), Arc::clone(&store.unknown_from));
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    unknown_from.store(4, Ordering::SeqCst);
    let done = engine.submit(request(1, consume(1)));
    let tried = engine.submit(dry(request(1, consume(1))));
    gate.open();
    assert!(matches!(done.await, Err(Trouble::Unknown(_))));
    assert_eq!(tried.await, Err(Trouble::Stopping));
}

#[derive(Default)]
struct Outcomes(Mutex<Vec<String>>);

impl Observer for Outcomes {
    fn batch(&self, _: &BatchReport) {}
    fn command(&self, report: &CommandReport<'_>) {
        self.0.lock().unwrap().push(report.outcome.to_owned());
    }
    fn committed(&self, _: &domain::Batch) {}
    fn failed(&self, _: &engine::StoreError, _: domain::Id<domain::rows::Firm>) {}
    fn untrue(&self, _: &domain::invariant::Finding) {}
    fn retry(&self) {}
}

#[tokio::test]
async fn a_dry_run_is_not_counted_as_done() {
    let outcomes = Arc::new(Outcomes::default());
    let observer = Arc::<Outcomes>::clone(&outcomes);
    let options = Options { observer, ..options(Limits::default()) };
    let engine = Engine::start(vec![Model::default()], options).unwrap();
    with_retainer(&engine, 100).await;
    accepted(engine.submit(dry(request(1, consume(1)))).await);
    refused(engine.submit(dry(request(1, consume(101)))).await);
    assert_eq!(*outcomes.0.lock().unwrap(), ["accepted", "accepted", "dry_run", "dry_run"]);
}

#[tokio::test]
async fn a_group_is_rehearsed_and_leaves_nothing() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let commits = Arc::clone(&store.commits);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let (before, commits_before) = (model.rows(firm(1)), commits.lock().unwrap().len());
    let group = |amounts: &[i64]| -> Vec<_> {
        amounts.iter().map(|amount| dry(request(1, consume(*amount)))).collect()
    };
    let once = |key: &str| {
        let render = Render(Arc::new(|_: &GroupResult| panic!("a dry run keeps nothing")));
        Some(Once { key: key.into(), render })
    };
    for _ in 0..2 {
        let settled = engine.submit_atomic(group(&[60, 40]), once("k")).await;
        let Ok(Settled::Decided { result: Ok(replies), kept: None }) = settled else {
            panic!("{settled:?}")
        };
        assert_eq!(replies.iter().map(|reply| reply.seq).collect::<Vec<_>>(), [3, 4]);
        let settled = engine.submit_atomic(group(&[60, 50, 1]), once("k")).await;
        let refusal = GroupRefusal { n: 1, rejection: Rejection::InsufficientBalance };
        assert_eq!(settled, Ok(Settled::Decided { result: Err(refusal), kept: None }));
        // Each for itself: the third finds what the first left, as it would.
        let settled = engine.submit_many(group(&[60, 50, 40, 1])).await.unwrap();
        let outcomes: Vec<_> = settled.iter().map(is_accepted).collect();
        assert_eq!(outcomes, [true, false, true, false], "{settled:?}");
    }
    assert_eq!(model.rows(firm(1)), before);
    assert_eq!(commits.lock().unwrap().len(), commits_before);
    let done = accepted(engine.submit(request(1, consume(100))).await);
    assert_eq!((done.seq, balance(&done)), (3, 0));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_bulk_is_carried_out_or_rehearsed_and_not_both() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    let before = model.rows(firm(1));
    let mixed = vec![request(1, consume(1)), dry(request(1, consume(1)))];
    let settled = engine.submit_many(mixed).await;
    assert!(matches!(settled, Err(Trouble::Defect(_))), "{settled:?}");
    assert_eq!(model.rows(firm(1)), before);
}

#[tokio::test]
async fn of_many_dry_runs_one_that_panics_or_is_late_is_the_only_one() {
    let decide: engine::Decide = |book, asked, command| {
        if let domain::Command::ConsumeRetainer(consume) = command {
            assert_ne!(consume.amount, domain::Decimal::whole(13), "as the test asked");
        }
        domain::decide(book, asked, command)
    };
    let options = Options { decide, ..options(Limits::default()) };
    let engine = Engine::start(vec![Model::default()], options).unwrap();
    with_retainer(&engine, 100).await;
    let mut many: Vec<_> =
        [60, 13, 40, 1].iter().map(|amount| dry(request(1, consume(*amount)))).collect();
    many[2].deadline = Instant::now() - Duration::from_millis(1);
    let settled = engine.submit_many(many).await.unwrap();
    assert!(matches!(settled[1], Err(Trouble::Defect(_))), "{:?}", settled[1]);
    assert_eq!(settled[2], Err(Trouble::Expired));
    assert!(is_accepted(&settled[0]) && is_accepted(&settled[3]), "{settled:?}");
}
