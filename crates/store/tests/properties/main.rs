//! Random commands, the same on every store and at every batch size: the replies must be the same,
//! the rows must be the same, and every invariant must hold.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod captured;
mod commands;
mod opening;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Id, Role, Timestamp,
    invariant::{self, Checker, Remembered},
    rows::{BatchId, Firm, Stored},
};
use engine::{
    Clock, Engine, Ids, Intent, Limits, Once, Options, Render, Request, Settled, Silent, Store,
    Trouble, model::Model,
};
use proptest::prelude::*;

use commands::{FIRMS, step};
use opening::opening;

/// 2026-12-31T12:00:00Z: a few days further on, years have changed.
const START: i64 = 1_798_718_400_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// One command of a random program, with everything it refers to named by small numbers.
#[derive(Debug, Clone)]
struct Step {
    firm: usize,
    user: u8,
    role: Role,
    key: Option<u8>,
    command: Command,
}

/// Steps sent at once, then the clock moves on by so many days.
#[derive(Debug, Clone)]
struct Burst {
    steps: Vec<Step>,
    days: i64,
}

/// A step, sometimes sent again: with a key that is a retry, without one a second command.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sent = prop_oneof![4 => Just(1_usize), 1 => Just(2)];
    let repeated = (step(), sent).prop_map(|(step, times)| vec![step; times]);
    prop::collection::vec(repeated, 1..24).prop_map(|steps| steps.concat())
}

fn program() -> impl Strategy<Value = Vec<Burst>> {
    let burst = (steps(), 0..3_i64).prop_map(|(steps, days)| Burst { steps, days });
    let opening = Just(Burst { steps: opening(), days: 0 });
    (opening, prop::collection::vec(burst, 1..8))
        .prop_map(|(opening, bursts)| [vec![opening], bursts].concat())
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

fn request(step: &Step) -> Request {
    let text = format!("{:?}", step.command);
    let render = Render(Arc::new(|result| format!("{result:?}").into_bytes().into()));
    Request {
        actor: Actor { user: Id::new([step.user; 12]), firm: FIRMS[step.firm], claimed: step.role },
        command: step.command.clone(),
        intent: Intent::CarryOut,
        origin: "test".into(),
        request_id: "test".into(),
        fingerprint: domain::audit::fingerprint(&[text.as_bytes()]),
        once: step.key.map(|key| Once { key: format!("key-{key}").into(), render }),
        deadline: Instant::now() + Duration::from_secs(600),
    }
}

type Settlements = Vec<Result<Settled, Trouble>>;

fn test_clock() -> Arc<TestClock> {
    Arc::new(TestClock(AtomicI64::new(START)))
}

/// One that gives the same ids to the same commands.
fn engine<S: Store>(store: S, clock: Arc<TestClock>, limits: Limits) -> Engine {
    let options = Options {
        limits,
        clock,
        ids: Arc::new(Ids::new([1; 4])),
        observer: Arc::new(Silent),
        decide: domain::decide,
    };
    Engine::start(vec![store], options).unwrap()
}

/// Runs a program; each burst enters the queue in its order before anybody is answered.
fn run<S: Store>(store: S, program: &[Burst], batch_count_max: usize) -> Settlements {
    let clock = test_clock();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let limits = Limits { batch_count_max, ..Limits::default() };
        let engine = engine(store, Arc::clone(&clock), limits);
        let mut settled = Vec::new();
        for burst in program {
            let tasks: Vec<_> = burst
                .steps
                .iter()
                .map(|step| {
                    let (engine, request) = (engine.clone(), request(step));
                    tokio::spawn(async move { engine.submit(request).await })
                })
                .collect();
            for task in tasks {
                settled.push(task.await.unwrap());
            }
            clock.0.fetch_add(burst.days * DAY_MICROS, Ordering::SeqCst);
        }
        engine.drain().await;
        settled
    })
}

/// How a program was cut into commits is the one thing that may differ.
fn without_batches(rows: Vec<Stored>) -> Vec<Stored> {
    let blank = |row| match row {
        Stored::Firm(firm) => Stored::Firm(Firm { last_batch: BatchId([0; 12]), ..firm }),
        other => other,
    };
    rows.into_iter().map(blank).collect()
}

fn on_model(program: &[Burst], batch_count_max: usize) -> (Settlements, Vec<Vec<Stored>>) {
    let model = Model::default();
    let settled = run(model.clone(), program, batch_count_max);
    (settled, FIRMS.iter().map(|firm| without_batches(model.rows(*firm))).collect())
}

fn on_sqlite(program: &[Burst], batch_count_max: usize) -> (Settlements, Vec<Vec<Stored>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("books.db").display());
    on_database(&url, program, batch_count_max)
}

fn on_postgres(program: &[Burst], batch_count_max: usize) -> (Settlements, Vec<Vec<Stored>>) {
    let database = throwaway::Cluster::shared().fresh_database();
    on_database(&database.url, program, batch_count_max)
}

fn on_database(
    url: &str,
    program: &[Burst],
    batch_count_max: usize,
) -> (Settlements, Vec<Vec<Stored>>) {
    let mut database = store::open(url, store::Opening::default()).unwrap();
    let settled = run(database.stores.remove(0), program, batch_count_max);
    let rows = FIRMS.iter().map(|firm| {
        let mut rows = Vec::new();
        database.reader.rows(*firm, &mut |row| rows.push(row)).unwrap();
        without_batches(rows)
    });
    (settled, rows.collect())
}

fn assert_as_on_model(
    (settled, rows): (Settlements, Vec<Vec<Stored>>),
    program: &[Burst],
    batch_count_max: usize,
) -> Result<(), TestCaseError> {
    let (settled_model, rows_model) = on_model(program, batch_count_max);
    prop_assert_eq!(settled, settled_model);
    for (database, model) in rows.iter().flatten().zip(rows_model.iter().flatten()) {
        prop_assert_eq!(database, model);
    }
    prop_assert_eq!(&rows, &rows_model);
    assert_sound(&rows)
}

fn assert_sound(firms: &[Vec<Stored>]) -> Result<(), TestCaseError> {
    for rows in firms {
        for verdict in invariant::check(rows.iter().cloned()) {
            prop_assert_eq!(verdict.broken, 0, "{:?}", verdict);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn batch_size_changes_nothing(program in program(), batch_count_max in 2..40_usize) {
        let (settled, rows) = on_model(&program, batch_count_max);
        let (settled_alone, rows_alone) = on_model(&program, 1);
        prop_assert_eq!(settled, settled_alone);
        prop_assert_eq!(&rows, &rows_alone);
        assert_sound(&rows)?;
    }

    #[test]
    fn a_refused_command_leaves_no_trace_but_its_record(program in program()) {
        let model = Model::default();
        let mut before: Vec<Vec<Stored>> = vec![Vec::new(); FIRMS.len()];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let engine = engine(model.clone(), test_clock(), Limits::default());
        for step in program.iter().flat_map(|burst| &burst.steps) {
            let settled = runtime.block_on(engine.submit(request(step))).unwrap();
            let mut after = model.rows(FIRMS[step.firm]);
            after.retain(|row| !matches!(row, Stored::Firm(_) | Stored::Audit(_) | Stored::Outcome(_)));
            if !matches!(settled, Settled::Decided { result: Ok(_), .. }) {
                prop_assert_eq!(&after, &before[step.firm]);
            }
            before[step.firm] = after;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn who_walks_all_the_time_and_remembers_finds_nothing(program in program()) {
        let model = Model::default();
        let mut logs: Vec<Vec<Remembered>> = vec![Vec::new(); FIRMS.len()];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let engine = engine(model.clone(), test_clock(), Limits::default());
        for step in program.iter().flat_map(|burst| &burst.steps) {
            runtime.block_on(engine.submit(request(step))).unwrap();
            let mut checker = Checker::remembering(logs[step.firm].clone());
            model.rows(FIRMS[step.firm]).into_iter().for_each(|row| checker.see(row));
            logs[step.firm].push(checker.to_remember());
            for verdict in checker.finish() {
                prop_assert_eq!(verdict.broken, 0, "{:?}", verdict);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_does_what_the_model_does(program in program(), batch_count_max in 1..40_usize) {
        assert_as_on_model(on_sqlite(&program, batch_count_max), &program, batch_count_max)?;
    }

    #[test]
    fn postgres_does_what_the_model_does(program in program(), batch_count_max in 1..40_usize) {
        assert_as_on_model(on_postgres(&program, batch_count_max), &program, batch_count_max)?;
    }
}

#[test]
fn the_random_programs_carry_out_every_command() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    const PROGRAMS_MAX: usize = 2_000;
    let mut runner = TestRunner::deterministic();
    let mut idle: BTreeSet<&str> = Command::NAMES.iter().copied().collect();
    for _ in 0..PROGRAMS_MAX {
        if idle.is_empty() {
            return;
        }
        let program = program().new_tree(&mut runner).unwrap().current();
        let steps = program.iter().flat_map(|burst| &burst.steps);
        for (step, settled) in steps.zip(on_model(&program, 16).0) {
            if let Settled::Decided { result: Ok(_), .. } = settled.unwrap() {
                idle.remove(step.command.name());
            }
        }
    }
    panic!("never carried out: {idle:?}");
}

#[test]
fn the_random_programs_reach_every_kind_of_outcome() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    const PROGRAMS_MAX: usize = 12_000;
    let mut runner = TestRunner::deterministic();
    let mut missed: BTreeSet<&str> =
        BTreeSet::from(["accepted", "replayed", "key_reused", "erased"]);
    missed.extend(domain::Rejection::CODES.iter().filter(|code| !UNREACHED.contains(code)));
    for _ in 0..PROGRAMS_MAX {
        if missed.is_empty() {
            return;
        }
        let program = program().new_tree(&mut runner).unwrap().current();
        for settled in on_model(&program, 16).0 {
            missed.remove(match settled.unwrap() {
                Settled::Decided { result: Ok(_), .. } => "accepted",
                Settled::Decided { result: Err(rejection), .. } => rejection.code(),
                Settled::Replayed(_) => "replayed",
                Settled::KeyReused => "key_reused",
                Settled::Erased => "erased",
            });
        }
    }
    panic!("never reached: {missed:?}");
}

/// Refusals that these programs can't get: of text that is no number, of other currencies, of hundreds
/// of rows, of rows that no command names, and of groups.
const UNREACHED: &[&str] = &[
    "amount_malformed",
    "currency_mismatch",
    "too_many_ids",
    "too_many_lines",
    "too_many_applications",
    "too_many_proposals",
    "too_many_parked",
    "refund_not_found",
    "credit_note_not_found",
    "atomic_refused",
    "not_in_group",
    "too_many_webhooks",
];
