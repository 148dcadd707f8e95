//! Random commands, the same on every store and at every batch size: the replies must be the same,
//! the rows must be the same, and every invariant must hold.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Decimal, Id, Moment, Ref, Role, Timestamp,
    billing::{
        client::CreateClient, complete_payment::CompletePayment, record_payment::RecordPayment,
    },
    invariant,
    people::member::SetMember,
    rows::{BatchId, ClientProfile, Firm, PaymentMethod, PaymentStatus, PaymentType, Stored},
    time::Day,
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        refund::RefundRetainer,
        replenish::ReplenishRetainer,
        update::UpdateRetainer,
    },
};
use engine::{
    Clock, Engine, Ids, Intent, Limits, Once, Options, Render, Request, Settled, Silent, Store,
    Trouble, model::Model,
};
use proptest::prelude::*;

/// 2026-12-31T12:00:00Z: a few days further on, years have changed.
const START: i64 = 1_798_718_400_000_000;
const DAY_MICROS: i64 = 86_400_000_000;
const FIRMS: [Id<Firm>; 2] = [Id::new([1; 12]), Id::new([2; 12])];

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

fn number<T>(series: &'static str) -> impl Strategy<Value = Ref<T>> {
    (2026..=2027, 1..=4).prop_map(move |(year, n)| Ref::Number(format!("{series}-{year}-{n:04}")))
}

fn amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        5 => (1..=200_i64).prop_map(Decimal::whole),
        2 => prop::sample::select(&[50_i64, 100, 150]).prop_map(Decimal::whole),
        2 => (1..=9_999_i64).prop_map(|minor| format!("{}.{:02}", minor / 100, minor % 100).parse().unwrap()),
        1 => prop_oneof![Just("0"), Just("-5"), Just("0.001"), Just("10000000000000")]
            .prop_map(|text| text.parse().unwrap()),
    ]
}

fn date() -> impl Strategy<Value = Option<Moment>> {
    let today = i32::try_from(START / DAY_MICROS).unwrap();
    prop_oneof![
        5 => Just(None),
        2 => (-2..=6_i32).prop_map(move |offset| Some(Moment::Day(Day::from_days(today + offset)))),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    let replenish = (any::<Option<bool>>(), prop::option::of(amount()), prop::option::of(amount()));
    (prop::option::of(amount()), date(), date(), replenish).prop_map(
        |(minimum, start, end, more)| Terms {
            minimum_balance: minimum,
            start,
            end,
            auto_replenish: more.0,
            replenish_threshold: more.1,
            replenish_amount: more.2,
            ..Terms::default()
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let client = ("[a-zA-Zأ-ي ]{0,6}", prop::option::of(1..4_u8)).prop_map(|(name, user)| {
        let profile = ClientProfile { full_name: name, ..ClientProfile::default() };
        Command::from(CreateClient { kind: None, profile, user: user.map(|n| Id::new([n; 12])) })
    });
    let open = (number("CLT"), amount(), terms()).prop_map(|(client, amount, terms)| {
        Command::from(OpenRetainer { client, amount, currency: None, terms })
    });
    let consume = (number("RET"), amount(), date()).prop_map(|(retainer, amount, date)| {
        let description = Some("work".to_owned());
        Command::from(ConsumeRetainer { retainer, amount, invoice: None, date, description })
    });
    let replenish = (number("RET"), amount(), prop::option::weighted(0.6, number("PAY")), date())
        .prop_map(|(retainer, amount, payment, date)| {
            ReplenishRetainer { retainer, amount, payment, date, description: None }.into()
        });
    let refund = (number("RET"), prop::option::of(amount()))
        .prop_map(|(retainer, amount)| RefundRetainer { retainer, amount, reason: None }.into());
    let update = (number("RET"), prop::option::of(0..6_i64), terms())
        .prop_map(|(retainer, version, terms)| UpdateRetainer { retainer, version, terms }.into());
    let kind = prop_oneof![Just(PaymentType::CustomerPayment), Just(PaymentType::Retainer)];
    let record =
        (number("CLT"), amount(), kind, prop::option::of(number("RET")), any::<bool>(), date())
            .prop_map(|(client, amount, kind, retainer, received, date)| {
                let status =
                    if received { PaymentStatus::Completed } else { PaymentStatus::Pending };
                Command::from(RecordPayment {
                    client,
                    amount,
                    currency: None,
                    method: PaymentMethod::Cash,
                    kind,
                    retainer,
                    invoice: None,
                    status,
                    reference: None,
                    notes: None,
                    date,
                })
            });
    let complete = number("PAY").prop_map(|payment| CompletePayment { payment }.into());
    let member = (1..5_u8, prop::sample::select(&Role::ALL), any::<Option<bool>>()).prop_map(
        |(user, role, active)| {
            SetMember { user: Id::new([user; 12]), version: None, role: Some(role), active }.into()
        },
    );
    prop_oneof![
        2 => client, 3 => open, 8 => consume, 4 => replenish, 2 => refund, 2 => update,
        6 => record, 2 => complete, 1 => member,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![8 => Just(Role::Owner), 1 => prop::sample::select(&Role::ALL)];
    (0..FIRMS.len(), 1..5_u8, role, prop::option::of(0..30_u8), command())
        .prop_map(|(firm, user, role, key, command)| Step { firm, user, role, key, command })
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

/// Both firms begin with clients and retainers, so that most commands find something.
fn opening() -> Vec<Step> {
    let mut steps = Vec::new();
    for firm in 0..FIRMS.len() {
        for n in 1..=3 {
            let profile = ClientProfile { full_name: format!("C{n}"), ..ClientProfile::default() };
            let client = CreateClient { kind: None, profile, user: None };
            let retainer = OpenRetainer {
                client: Ref::Number(format!("CLT-2026-{n:04}")),
                amount: Decimal::whole(150),
                currency: None,
                terms: Terms::default(),
            };
            for command in [client.into(), retainer.into()] {
                steps.push(Step { firm, user: 1, role: Role::Owner, key: None, command });
            }
        }
    }
    steps
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

/// Runs a program; each burst enters the queue in its order before anybody is answered.
fn run<S: Store>(store: S, program: &[Burst], batch_count_max: usize) -> Settlements {
    let clock = Arc::new(TestClock(AtomicI64::new(START)));
    let options = Options {
        limits: Limits { batch_count_max, ..Limits::default() },
        clock: Arc::<TestClock>::clone(&clock),
        ids: Arc::new(Ids::new([1; 4])),
        observer: Arc::new(Silent),
        decide: domain::decide,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = Engine::start(vec![store], options).unwrap();
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
    let mut database = store::open(&url).unwrap();
    let settled = run(database.stores.remove(0), program, batch_count_max);
    let rows = FIRMS.iter().map(|firm| {
        let mut rows = Vec::new();
        database.reader.rows(*firm, &mut |row| rows.push(row)).unwrap();
        without_batches(rows)
    });
    (settled, rows.collect())
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
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let options = Options {
            limits: Limits::default(),
            clock: Arc::<TestClock>::clone(&clock),
            ids: Arc::new(Ids::new([1; 4])),
            observer: Arc::new(Silent),
            decide: domain::decide,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let engine = Engine::start(vec![model.clone()], options).unwrap();
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
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_does_what_the_model_does(program in program(), batch_count_max in 1..40_usize) {
        let (settled, rows) = on_sqlite(&program, batch_count_max);
        let (settled_model, rows_model) = on_model(&program, batch_count_max);
        prop_assert_eq!(settled, settled_model);
        for (sqlite, model) in rows.iter().flatten().zip(rows_model.iter().flatten()) {
            prop_assert_eq!(sqlite, model);
        }
        prop_assert_eq!(&rows, &rows_model);
        assert_sound(&rows)?;
    }
}

#[test]
fn the_random_programs_reach_every_kind_of_outcome() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..600 {
        let program = program().new_tree(&mut runner).unwrap().current();
        for settled in on_model(&program, 16).0 {
            seen.insert(match settled.unwrap() {
                Settled::Decided { result: Ok(_), .. } => "accepted",
                Settled::Decided { result: Err(rejection), .. } => rejection.code(),
                Settled::Replayed(_) => "replayed",
                Settled::KeyReused => "key_reused",
            });
        }
    }
    for outcome in [
        "accepted",
        "replayed",
        "key_reused",
        "forbidden",
        "member_left",
        "client_not_found",
        "retainer_not_found",
        "payment_not_found",
        "version_conflict",
        "amount_required",
        "amount_too_precise",
        "name_required",
        "auto_replenish_incomplete",
        "end_before_start",
        "date_in_future",
        "date_too_early",
        "retainer_not_active",
        "insufficient_balance",
        "insufficient_balance_on_date",
        "already_refunded",
        "nothing_to_refund",
        "payment_client_mismatch",
        "payment_not_completed",
        "payment_insufficient",
        "already_completed",
        "retainer_required",
        "retainer_client_mismatch",
        "own_membership",
    ] {
        assert!(seen.contains(outcome), "never reached: {outcome}; reached {seen:?}");
    }
}
