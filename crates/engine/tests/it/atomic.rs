//! Atomic groups: all or none, decided apart from everybody else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Command, Decimal, Id, Moment, Ref, Rejection, Role,
    people::member::SetMember,
    reply::Shown,
    rows::{AuditRecord, Stored},
    time::Day,
    trust::{consume::ConsumeRetainer, replenish::ReplenishRetainer},
};
use engine::{
    Engine, GroupRefusal, GroupResult, Limits, Once, Options, Render, Request, Settled, Trouble,
    model::Model,
};

use crate::support::*;

type Group = Result<Settled<GroupResult>, Trouble>;

/// How those of a refused group are recorded that were not refused themselves.
const OTHERS: &str = "atomic_refused";

fn consumes(amounts: &[i64]) -> Vec<Request> {
    amounts.iter().map(|amount| request(1, consume(*amount))).collect()
}

fn key(key: &str) -> Option<Once<GroupResult>> {
    let render = Render(Arc::new(|result: &GroupResult| format!("{result:?}").into_bytes().into()));
    Some(Once { key: key.into(), render })
}

fn done(group: Group) -> Vec<domain::Reply> {
    match group {
        Ok(Settled::Decided { result: Ok(replies), .. }) => replies,
        other => panic!("not done: {other:?}"),
    }
}

fn refused(group: Group) -> (usize, Rejection) {
    match group {
        Ok(Settled::Decided { result: Err(GroupRefusal { n, rejection }), .. }) => (n, rejection),
        other => panic!("not refused: {other:?}"),
    }
}

fn records(model: &Model) -> Vec<AuditRecord> {
    let record = |row| match row {
        Stored::Audit(record) => Some(record),
        _ => None,
    };
    model.rows(firm(1)).into_iter().filter_map(record).collect()
}

fn outcomes(model: &Model) -> Vec<String> {
    records(model).into_iter().map(|record| record.outcome.into_owned()).collect()
}

/// The rows, but for head, audit log and kept answers.
fn business(model: &Model) -> Vec<Stored> {
    let mut rows = model.rows(firm(1));
    rows.retain(|row| !matches!(row, Stored::Firm(_) | Stored::Audit(_) | Stored::Outcome(_)));
    rows
}

async fn hundred() -> (Model, Engine) {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    (model, engine)
}

#[tokio::test]
async fn a_group_is_done_as_a_whole_in_one_commit() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let commits = Arc::clone(&store.commits);
    // Neither the count nor the time limit of a batch cuts a group.
    let limits = Limits {
        batch_count_max: 1,
        bulk_batch_count_max: 1,
        batch_decide_max: Duration::ZERO,
        ..Limits::default()
    };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let replies = done(engine.submit_atomic(consumes(&[2; 50]), None).await);
    let seqs: Vec<_> = replies.iter().map(|reply| reply.seq).collect();
    assert_eq!(seqs, (3..53).collect::<Vec<_>>());
    let Shown::Retainer { retainer, .. } = &replies[49].shown else { panic!("{replies:?}") };
    assert_eq!(retainer.balance.minor(), 0);
    assert_eq!(commits.lock().unwrap()[2..], [vec![(firm(1), 50)]]);
    assert_eq!(outcomes(&model), ["accepted"; 52]);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn each_sees_what_those_before_it_did_even_in_a_firm_that_is_new() {
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    let chain =
        |amount| vec![request(1, client()), request(1, open(100)), request(1, consume(amount))];
    let (n, rejection) = refused(engine.submit_atomic(chain(101), None).await);
    assert_eq!((n, rejection), (2, Rejection::InsufficientBalance));
    assert!(business(&model).is_empty(), "nothing was made: {:?}", business(&model));
    assert!(records(&model).iter().all(|record| record.at.micros() == JUNE));
    assert_sound(&model, firm(1));
    let replies = done(engine.submit_atomic(chain(100), None).await);
    assert_eq!(replies.iter().map(|reply| reply.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_refused_group_leaves_nothing_but_its_records() {
    let (model, engine) = hundred().await;
    let clerk = Id::new([7; 12]);
    let admitted =
        SetMember { user: clerk, version: None, role: Some(Role::Accountant), active: None };
    accepted(engine.submit(request(1, admitted)).await);
    let before = business(&model);
    let mut group = vec![request(1, open(70)), request(1, open(80))];
    group.extend(consumes(&[60, 50, 10]));
    for asked in &mut group {
        asked.actor.user = clerk;
    }
    let (n, rejection) = refused(engine.submit_atomic(group, None).await);
    assert_eq!((n, rejection), (3, Rejection::InsufficientBalance));
    assert_eq!(business(&model), before);
    let records = &records(&model)[3..];
    let outcomes: Vec<_> = records.iter().map(|record| &*record.outcome).collect();
    assert_eq!(outcomes, [OTHERS, OTHERS, OTHERS, "insufficient_balance", OTHERS]);
    let retainer = before.iter().find_map(|row| match row {
        Stored::Retainer(retainer) => Some(*retainer.id.bytes()),
        _ => None,
    });
    for record in records {
        assert_eq!((record.seq, record.role), (None, Role::Accountant), "the row's role");
    }
    assert!(records[2..].iter().all(|record| record.object == retainer), "{records:?}");
    // No number and no place in the journal was burnt.
    let opened = accepted(engine.submit(request(1, open(5))).await);
    let Shown::Retainer { retainer, .. } = &opened.shown else { panic!("{opened:?}") };
    assert_eq!((opened.seq, retainer.number.as_str()), (4, "RET-2026-0002"));
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_groups_key_is_answered_once_for_the_whole() {
    let (model, engine) = hundred().await;
    let group = |amounts: &[i64], fingerprint: u8| {
        let mut group = consumes(amounts);
        group.iter_mut().for_each(|request| request.fingerprint = [fingerprint; 32]);
        group
    };
    let first = engine.submit_atomic(group(&[60, 30], 1), key("done")).await;
    let Ok(Settled::Decided { result: Ok(_), kept: Some(done) }) = first else {
        panic!("{first:?}")
    };
    let first = engine.submit_atomic(group(&[5, 30], 2), key("refused")).await;
    let Ok(Settled::Decided { result: Err(_), kept: Some(refused) }) = first else {
        panic!("{first:?}")
    };
    let more = ReplenishRetainer {
        retainer: Ref::Number("RET-2026-0001".into()),
        amount: Decimal::whole(100),
        payment: None,
        date: None,
        description: None,
    };
    accepted(engine.submit(request(1, more)).await);
    let before = model.rows(firm(1));
    for _ in 0..2 {
        let again = engine.submit_atomic(group(&[60, 30], 1), key("done")).await;
        assert_eq!(again, Ok(Settled::Replayed(Arc::clone(&done))));
        let again = engine.submit_atomic(group(&[5, 30], 2), key("refused")).await;
        assert_eq!(again, Ok(Settled::Replayed(Arc::clone(&refused))), "it stays refused");
        let other = engine.submit_atomic(group(&[60], 3), key("done")).await;
        assert_eq!(other, Ok(Settled::KeyReused));
    }
    assert_eq!(model.rows(firm(1)), before, "nothing was done again");
    let kept = before.iter().filter(|row| matches!(row, Stored::Outcome(_))).count();
    assert_eq!(kept, 2);
    let carries: Vec<_> =
        records(&model).iter().map(|record| record.told.said().unwrap().kept.is_some()).collect();
    assert_eq!(carries, [false, false, false, true, false, true, false], "a group's last record");
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn two_equal_groups_at_once_are_done_once() {
    let (model, engine) = hundred().await;
    let groups: Vec<_> =
        (0..5).map(|_| engine.submit_atomic(consumes(&[10, 10]), key("k"))).collect();
    let mut replayed = 0;
    for group in groups {
        replayed += usize::from(matches!(group.await, Ok(Settled::Replayed(_))));
    }
    assert_eq!(replayed, 4);
    assert_eq!(records(&model).len(), 4);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_poisoned_group_harms_no_neighbour_and_none_of_it_is_done() {
    let model = Model::default();
    let mut store = Faulty::new(model.clone());
    store.refuse_amount = 1_300;
    store.commit_takes = Duration::from_millis(5);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 1_000).await;
    let before = engine.submit_many(consumes(&[1; 10]));
    let group = engine.submit_atomic(consumes(&[2, 13, 2]), key("k"));
    let after = engine.submit_many(consumes(&[1; 10]));
    assert!(matches!(group.await, Err(Trouble::Defect(_))));
    for neighbours in [before, after] {
        let settled = neighbours.await.unwrap();
        assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 10);
    }
    assert_eq!(outcomes(&model), ["accepted"; 22], "nothing of the group is recorded");
    done(engine.submit_atomic(consumes(&[2, 2]), key("k")).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_panic_in_one_decision_or_in_writing_down_undoes_all() {
    let model = Model::default();
    let decide: engine::Decide = |book, asked, command| {
        if let Command::ConsumeRetainer(consume) = command {
            assert_ne!(consume.amount, Decimal::whole(13), "as the test asked");
        }
        domain::decide(book, asked, command)
    };
    let options = Options { decide, ..options(Limits::default()) };
    let engine = Engine::start(vec![model.clone()], options).unwrap();
    with_retainer(&engine, 100).await;
    let before = model.rows(firm(1));
    let group = engine.submit_atomic(consumes(&[2, 13, 2]), None).await;
    assert!(matches!(group, Err(Trouble::Defect(_))), "{group:?}");
    let render = Render(Arc::new(|_: &GroupResult| panic!("as the test asked")));
    let once = Some(Once { key: "k".into(), render });
    let group = engine.submit_atomic(consumes(&[2, 2]), once).await;
    assert!(matches!(group, Err(Trouble::Defect(_))), "{group:?}");
    assert_eq!(model.rows(firm(1)), before);
    done(engine.submit_atomic(consumes(&[50, 50]), key("k")).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_group_that_loses_to_another_process_is_tried_again_as_a_whole() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let conflicts = Arc::clone(&store.conflicts);
    let limits = Limits { conflict_backoff_max: Duration::from_millis(2), ..Limits::default() };
    let attempts_max = usize::try_from(limits.conflict_attempts_max).unwrap();
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    for (amounts, is_done) in [(&[30, 30][..], true), (&[30, 30], false)] {
        conflicts.store(attempts_max - 1, Ordering::SeqCst);
        let group = engine.submit_atomic(consumes(amounts), None).await;
        assert_eq!(matches!(group, Ok(Settled::Decided { result: Ok(_), .. })), is_done);
        assert!(is_done || refused(group) == (1, Rejection::InsufficientBalance));
    }
    let before = model.rows(firm(1));
    conflicts.store(attempts_max, Ordering::SeqCst);
    let group = engine.submit_atomic(consumes(&[1, 1]), None).await;
    assert!(matches!(group, Err(Trouble::Unavailable(_))), "{group:?}");
    assert_eq!(model.rows(firm(1)), before);
    done(engine.submit_atomic(consumes(&[1, 1]), None).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_group_whose_commit_is_of_unknown_fate_is_told_so() {
    let model = Model::default();
    let store = Faulty::new(model.clone());
    let unknown_from = Arc::clone(&store.unknown_from);
    let engine = Engine::start(vec![store], options(Limits::default())).unwrap();
    with_retainer(&engine, 100).await;
    unknown_from.store(0, Ordering::SeqCst);
    let group = engine.submit_atomic(consumes(&[60, 30]), key("k"));
    let behind = engine.submit_atomic(consumes(&[1]), key("l"));
    assert!(matches!(group.await, Err(Trouble::Unknown(_))));
    assert!(matches!(behind.await, Err(Trouble::Stopping)));
    // After a restart the key tells: here, that it was done.
    let engine = Engine::start(vec![model.clone()], options(Limits::default())).unwrap();
    let again = engine.submit_atomic(consumes(&[60, 30]), key("k")).await;
    assert!(matches!(again, Ok(Settled::Replayed(_))), "{again:?}");
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_group_expires_as_a_whole() {
    let (model, engine) = hundred().await;
    let before = model.rows(firm(1));
    let mut group = consumes(&[1, 1, 1]);
    group[2].deadline = Instant::now() - Duration::from_millis(1);
    assert_eq!(engine.submit_atomic(group, None).await, Err(Trouble::Expired));
    assert_eq!(model.rows(firm(1)), before);
}

#[tokio::test]
async fn who_has_left_is_told_nothing_of_an_earlier_group() {
    let (model, engine) = hundred().await;
    let clerk = Id::new([7; 12]);
    let group = || {
        let mut group = consumes(&[1, 1]);
        group.iter_mut().for_each(|asked| asked.actor.user = clerk);
        group
    };
    done(engine.submit_atomic(group(), key("k")).await);
    let dismissed = SetMember { user: clerk, version: Some(0), role: None, active: Some(false) };
    accepted(engine.submit(request(1, dismissed)).await);
    let settled = engine.submit_atomic(group(), key("k")).await;
    let result = Err(GroupRefusal { n: 0, rejection: Rejection::MemberLeft });
    assert_eq!(settled, Ok(Settled::Decided { result, kept: None }));
    assert_eq!(outcomes(&model)[5..], ["member_left", OTHERS]);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn a_row_that_is_missing_in_the_middle_is_loaded_and_sees_the_group() {
    const DAY_MICROS: i64 = 86_400_000_000;
    let model = Model::default();
    let clock = Arc::new(TestClock(AtomicI64::new(JUNE)));
    let mut options = options(Limits::default());
    options.clock = Arc::<TestClock>::clone(&clock);
    let engine = Engine::start(vec![model.clone()], options).unwrap();
    with_retainer(&engine, 100).await;
    clock.0.fetch_add(9 * DAY_MICROS, Ordering::SeqCst);
    let more = ReplenishRetainer {
        retainer: Ref::Number("RET-2026-0001".into()),
        amount: Decimal::whole(100),
        payment: None,
        date: None,
        description: None,
    };
    let fifth = Day::from_days(i32::try_from(JUNE / DAY_MICROS).unwrap() + 4);
    let backdated = |amount| {
        let date = Some(Moment::Day(fifth));
        request(1, ConsumeRetainer { date, ..consume(amount) })
    };
    // The days' nets are asked for by the second, and have to count what the first and second did.
    let group = vec![request(1, more.clone()), backdated(60), backdated(50)];
    let refusal = refused(engine.submit_atomic(group, None).await);
    assert_eq!(refusal, (2, Rejection::InsufficientBalanceOnDate));
    let group = vec![request(1, more), backdated(60), backdated(40)];
    done(engine.submit_atomic(group, None).await);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn groups_and_other_commands_keep_their_order_within_a_firm() {
    let (model, engine) = hundred().await;
    let first = engine.submit(request(1, consume(50)));
    let group = engine.submit_atomic(consumes(&[30, 20]), None);
    let last = engine.submit(request(1, consume(1)));
    accepted(first.await);
    done(group.await);
    let Ok(Settled::Decided { result: Err(rejection), .. }) = last.await else { panic!("drawn") };
    assert_eq!(rejection, Rejection::RetainerNotActive);
    assert_sound(&model, firm(1));
}

#[tokio::test]
async fn groups_and_other_firms_commands_take_turns() {
    let store = Faulty::new(Model::default());
    let (gate, commits) = (Arc::clone(&store.gate), Arc::clone(&store.commits));
    let limits = Limits { batch_count_max: 1, ..Limits::default() };
    let engine = Engine::start(vec![store], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    gate.shut_behind(&engine, request(1, consume(1))).await;
    let groups: Vec<_> = (0..4).map(|_| engine.submit_atomic(consumes(&[1, 1]), None)).collect();
    let singles: Vec<_> = (0..4).map(|_| engine.submit(request(2, client()))).collect();
    gate.open();
    for (group, single) in groups.into_iter().zip(singles) {
        done(group.await);
        accepted(single.await);
    }
    let turns: Vec<_> = commits.lock().unwrap()[3..].iter().map(|firms| firms[0]).collect();
    assert_eq!(turns, [(firm(1), 2), (firm(2), 1)].repeat(4));
}

#[tokio::test]
async fn a_group_finds_room_as_a_whole() {
    let limits = Limits { queue_count_max: 4, bulk_count_max: 5, ..Limits::default() };
    let model = Model::default();
    let engine = Engine::start(vec![model.clone()], options(limits)).unwrap();
    with_retainer(&engine, 100).await;
    let before = model.rows(firm(1));
    assert_eq!(engine.submit_atomic(consumes(&[1; 5]), None).await, Err(Trouble::Overloaded));
    assert_eq!(model.rows(firm(1)), before);
    done(engine.submit_atomic(consumes(&[1; 4]), None).await);
    assert_eq!(engine.queued(), 0);
}

#[tokio::test]
async fn requests_that_do_not_go_together_are_a_defect() {
    let (model, engine) = hundred().await;
    let before = model.rows(firm(1));
    let with = |change: fn(&mut Request)| {
        let mut group = consumes(&[1, 1]);
        change(&mut group[1]);
        group
    };
    let wrong = [
        (vec![], None),
        (with(|asked| asked.actor.user = Id::new([7; 12])), None),
        (with(|asked| asked.actor.firm = firm(2)), None),
        (with(|asked| *asked = keyed(asked.clone(), "of its own", 0)), None),
        (with(|asked| asked.intent = engine::Intent::DryRun), None),
        (with(|asked| asked.fingerprint = [1; 32]), key("k")),
    ];
    for (group, once) in wrong {
        let settled = engine.submit_atomic(group, once).await;
        assert!(matches!(settled, Err(Trouble::Defect(_))), "{settled:?}");
    }
    assert_eq!(model.rows(firm(1)), before);
    done(engine.submit_atomic(with(|asked| asked.fingerprint = [1; 32]), None).await);
}

#[tokio::test]
async fn a_group_sent_twice_without_a_key_is_noticed_and_with_a_key_is_not_done_twice() {
    let (model, engine) = hundred().await;
    let alerts = |model: &Model| {
        model.rows(firm(1)).iter().filter(|row| matches!(row, Stored::Alert(_))).count()
    };
    let group = |fingerprints: &[u8]| {
        let mut group = consumes(&vec![1; fingerprints.len()]);
        for (request, fingerprint) in group.iter_mut().zip(fingerprints) {
            request.fingerprint = [*fingerprint; 32];
        }
        group
    };
    let before = alerts(&model);
    done(engine.submit_atomic(group(&[1]), key("k")).await);
    let again = engine.submit_atomic(group(&[1]), key("k")).await;
    assert!(matches!(again, Ok(Settled::Replayed(_))), "{again:?}");
    done(engine.submit_atomic(group(&[1]), key("another")).await);
    done(engine.submit_atomic(group(&[2, 3]), None).await);
    assert_eq!(alerts(&model), before);
    done(engine.submit_atomic(group(&[2, 3]), None).await);
    assert_eq!(alerts(&model), before + 2, "one for each command that moved money");
    assert_sound(&model, firm(1));
}
