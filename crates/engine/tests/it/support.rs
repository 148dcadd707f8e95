//! Requests, a clock, and a store that fails where the test tells it to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Actor, Batch, Command, Decimal, Id, Key, Loaded, Ref, Role,
    billing::client::CreateClient,
    invariant,
    rows::{ClientProfile, Firm},
    trust::{consume::ConsumeRetainer, open::OpenRetainer, open::Terms},
};
use engine::{
    Clock, Engine, Ids, Intent, Limits, Once, Options, Render, Request, Settled, Silent, Store,
    StoreError, Trouble, model::Model,
};

pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> domain::Timestamp {
        domain::Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// 2026-06-01T00:00:00Z
pub const JUNE: i64 = 1_780_272_000_000_000;

pub fn options(limits: Limits) -> Options {
    Options {
        limits,
        clock: Arc::new(TestClock(AtomicI64::new(JUNE))),
        ids: Arc::new(Ids::new([1; 4])),
        observer: Arc::new(Silent),
        decide: domain::decide,
    }
}

pub fn firm(n: u8) -> Id<Firm> {
    Id::new([n; 12])
}

pub fn request(firm_n: u8, command: impl Into<Command>) -> Request {
    Request {
        actor: Actor { user: Id::new([9; 12]), firm: firm(firm_n), claimed: Role::Owner },
        command: command.into(),
        intent: Intent::CarryOut,
        origin: "test".into(),
        request_id: "test".into(),
        fingerprint: [0; 32],
        once: None,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

pub fn keyed(mut request: Request, key: &str, fingerprint: u8) -> Request {
    let render = Render(Arc::new(|result| format!("{result:?}").into_bytes().into()));
    request.once = Some(Once { key: key.into(), render });
    request.fingerprint = [fingerprint; 32];
    request
}

pub fn client() -> CreateClient {
    let profile = ClientProfile { full_name: "Noura".into(), ..ClientProfile::default() };
    CreateClient { kind: None, profile, user: None }
}

pub fn open(amount: i64) -> OpenRetainer {
    OpenRetainer {
        client: Ref::Number("CLT-2026-0001".into()),
        amount: Decimal::whole(amount),
        currency: None,
        terms: Terms::default(),
    }
}

pub fn consume(amount: i64) -> ConsumeRetainer {
    ConsumeRetainer {
        retainer: Ref::Number("RET-2026-0001".into()),
        amount: Decimal::whole(amount),
        invoice: None,
        date: None,
        description: None,
    }
}

pub async fn with_retainer(engine: &Engine, amount: i64) {
    accepted(engine.submit(request(1, client())).await);
    accepted(engine.submit(request(1, open(amount))).await);
}

pub fn accepted(settled: Result<Settled, Trouble>) -> domain::Reply {
    match settled {
        Ok(Settled::Decided { result: Ok(reply), .. }) => reply,
        other => panic!("not accepted: {other:?}"),
    }
}

pub fn is_accepted(settled: &Result<Settled, Trouble>) -> bool {
    matches!(settled, Ok(Settled::Decided { result: Ok(_), .. }))
}

pub fn assert_sound(model: &Model, firm: Id<Firm>) {
    for verdict in invariant::check(model.rows(firm)) {
        assert_eq!(verdict.broken, 0, "{verdict:?}");
    }
}

pub async fn all(engine: &Engine, requests: Vec<Request>) -> Vec<Result<Settled, Trouble>> {
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.submit(request).await })
        })
        .collect();
    let mut settled = Vec::new();
    for task in tasks {
        settled.push(task.await.unwrap());
    }
    settled
}

/// What a store's step waits at, so that a test knows what else comes meanwhile.
#[derive(Default)]
pub struct Gate {
    is_shut: AtomicBool,
    came: AtomicUsize,
    /// How many had come when it was shut.
    came_before: AtomicUsize,
}

impl Gate {
    /// Has the lane wait here with `request`, whose answer nobody waits for.
    pub async fn shut_behind(&self, engine: &Engine, request: Request) {
        self.shut();
        drop(engine.submit(request));
        self.wait().await;
    }

    pub fn shut(&self) {
        self.came_before.store(self.came.load(Ordering::SeqCst), Ordering::SeqCst);
        self.is_shut.store(true, Ordering::SeqCst);
    }

    /// Until the lane has come here since it was shut.
    pub async fn wait(&self) {
        let before = self.came_before.load(Ordering::SeqCst);
        while self.came.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn open(&self) {
        self.is_shut.store(false, Ordering::SeqCst);
    }

    /// The how manieth to come it is, from 1.
    async fn pass(&self) -> usize {
        let n = self.came.fetch_add(1, Ordering::SeqCst) + 1;
        while self.is_shut.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        n
    }
}

/// A commit's firms, and how many commands of each.
pub type Tried = Vec<(Id<Firm>, usize)>;

/// A store that refuses, loses or delays what the test tells it to.
pub struct Faulty {
    pub inner: Model,
    pub refuse_amount: i64,
    pub conflicts: Arc<AtomicUsize>,
    /// From this commit on, counted from 1, nobody knows what came of it.
    pub unknown_from: Arc<AtomicUsize>,
    /// Before a commit.
    pub gate: Arc<Gate>,
    /// Before the heads of firms, which another process may hold.
    pub heads: Arc<Gate>,
    /// Each commit tried, in order.
    pub commits: Arc<Mutex<Vec<Tried>>>,
    pub commit_takes: Duration,
    /// Idempotency keys that were looked up.
    pub keys_read: Arc<AtomicUsize>,
}

impl Faulty {
    pub fn new(inner: Model) -> Self {
        Self {
            inner,
            refuse_amount: i64::MIN,
            conflicts: Arc::default(),
            unknown_from: Arc::new(AtomicUsize::new(usize::MAX)),
            gate: Arc::default(),
            heads: Arc::default(),
            commits: Arc::default(),
            commit_takes: Duration::ZERO,
            keys_read: Arc::default(),
        }
    }
}

impl Store for Faulty {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        self.heads.pass().await;
        self.inner.begin(firms).await
    }
    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        let keys_read = keys.iter().filter(|key| matches!(key, Key::Outcome(..))).count();
        self.keys_read.fetch_add(keys_read, Ordering::SeqCst);
        self.inner.load(firm, keys).await
    }
    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let n = self.gate.pass().await;
        tokio::time::sleep(self.commit_takes).await;
        let firms = batch.firms.iter().map(|part| (part.firm.id, part.audit.len())).collect();
        self.commits.lock().unwrap().push(firms);
        let mut movements = batch.firms.iter().flat_map(|part| &part.movements);
        if movements.any(|movement| movement.amount.minor() == self.refuse_amount) {
            return Err(StoreError::Refused("poison".into()));
        }
        let left = self.conflicts.load(Ordering::SeqCst);
        if left > 0 {
            self.conflicts.store(left - 1, Ordering::SeqCst);
            return Err(StoreError::Conflict("another was first".into()));
        }
        self.inner.commit(batch).await?;
        if n >= self.unknown_from.load(Ordering::SeqCst) {
            Err(StoreError::Unknown("cable".into()))
        } else {
            Ok(())
        }
    }
    async fn rollback(&mut self) {}
}

/// A store in which the n-th commit, counted down, takes the whole lane with it.
pub struct Dying<S> {
    pub inner: S,
    pub commits: usize,
}

impl<S: Store> Store for Dying<S> {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        self.inner.begin(firms).await
    }
    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        self.inner.load(firm, keys).await
    }
    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.commits -= 1;
        assert!(self.commits > 0, "as the test asked");
        self.inner.commit(batch).await
    }
    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }
}
