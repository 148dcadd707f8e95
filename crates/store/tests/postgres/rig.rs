//! An engine on PostgreSQL, a firm with one retainer, and callers who remember what they were told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Actor, Command, Decimal, Id, Ref, Role, Timestamp,
    billing::client::CreateClient,
    rows::{ClientProfile, Firm},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
    },
};
use engine::{
    BatchReport, Clock, CommandReport, CommandResult, Engine, Ids, Intent, Limits, Observer, Once,
    Options, Render, Request, Settled, Trouble,
};
use store::{Opening, Reader};
use throwaway::Cluster;

const ONE_LANE: Opening = Opening { lane_count: 1, migrates: true };
const FIRM: Id<Firm> = Id::new([1; 12]);
/// How much there is at first: of as many digits as what is left in the end.
pub const AMOUNT: i64 = 900_000;
/// Long enough for every answer that there will be.
const PATIENCE: Duration = Duration::from_mins(1);

/// 2026-06-01T00:00:00Z, always.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_780_272_000_000_000)
    }
}

/// Counts what is decided again.
#[derive(Default)]
struct Conflicts(AtomicI64);

impl Observer for Conflicts {
    fn batch(&self, _: &BatchReport) {}
    fn command(&self, _: &CommandReport<'_>) {}
    fn committed(&self, _: &domain::Batch) {}
    fn failed(&self, error: &engine::StoreError, _: Id<Firm>) {
        if matches!(error, engine::StoreError::Conflict(_)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn untrue(&self, _: &domain::invariant::Finding) {}
    fn retry(&self) {}
}

/// A server's engine on PostgreSQL, and what was asked of it.
#[derive(Clone)]
pub struct Rig {
    engine: Engine,
    /// Commands so far; each has the next number in its key.
    count: Arc<AtomicI64>,
    conflicts: Arc<Conflicts>,
    /// The same server's, beside its lane.
    pub reader: Reader,
    /// How long a command may wait before it is decided.
    pub patience: Duration,
}

/// What callers were told, by the number of their command: the place in the journal, or that nobody
/// knows.
pub type Told = BTreeMap<i64, Result<i64, Trouble>>;

/// What is there: of each accepted command, by its number, the place in the journal.
pub struct Found(pub BTreeMap<i64, i64>);

impl Rig {
    /// On an empty database: there is no firm yet.
    pub fn before_any(url: &str) -> Self {
        Self::with(url, Arc::default())
    }

    fn with(url: &str, count: Arc<AtomicI64>) -> Self {
        let conflicts = Arc::<Conflicts>::default();
        let options = Options {
            limits: Limits::default(),
            clock: Arc::new(Noon),
            ids: Arc::new(Ids::random().unwrap()),
            observer: Arc::<Conflicts>::clone(&conflicts),
            decide: domain::decide,
        };
        let store::Database { stores, reader, .. } = store::open(url, ONE_LANE).unwrap();
        Self {
            engine: Engine::start(stores, options).unwrap(),
            count,
            conflicts,
            reader,
            patience: PATIENCE,
        }
    }

    /// On an empty database.
    pub async fn new(url: &str) -> Self {
        let rig = Self::before_any(url);
        rig.found().await.unwrap();
        let open = OpenRetainer {
            client: Ref::Number("CLT-2026-0001".to_owned()),
            amount: Decimal::whole(AMOUNT),
            currency: None,
            terms: Terms::default(),
        };
        rig.submit("retainer", open.into()).await.unwrap();
        rig
    }

    /// The first command of all: with it the firm comes into being, and its client.
    pub async fn found(&self) -> Result<Settled, Trouble> {
        let profile = ClientProfile { full_name: "Noura".to_owned(), ..ClientProfile::default() };
        let client = CreateClient { kind: None, profile, user: None };
        self.submit("client", client.into()).await
    }

    /// Another process beside this one.
    pub fn beside(&self, url: &str) -> Self {
        Self::with(url, Arc::clone(&self.count))
    }

    /// How often a batch was decided again.
    pub fn conflicts(&self) -> i64 {
        self.conflicts.0.load(Ordering::Relaxed)
    }

    /// Takes 1.00 out of the retainer, without a key: whether it came lately is looked up.
    pub async fn consume_unkeyed(&self) -> Result<Settled, Trouble> {
        let request = Self::request("", take_one());
        self.engine.submit(Request { once: None, ..request }).await
    }

    async fn submit(&self, key: &str, command: Command) -> Result<Settled, Trouble> {
        let deadline = Instant::now() + self.patience;
        self.engine.submit(Request { deadline, ..Self::request(key, command) }).await
    }

    fn request(key: &str, command: Command) -> Request {
        let render = Render(Arc::new(|result: &CommandResult| match result {
            Ok(reply) => reply.seq.to_string().into_bytes().into(),
            Err(rejection) => rejection.code().as_bytes().into(),
        }));
        Request {
            actor: Actor { user: Id::new([2; 12]), firm: FIRM, claimed: Role::Owner },
            command,
            intent: Intent::CarryOut,
            origin: "test".into(),
            request_id: "test".into(),
            fingerprint: domain::audit::fingerprint(&[key.as_bytes()]),
            once: Some(Once { key: key.into(), render }),
            deadline: Instant::now() + PATIENCE,
        }
    }

    /// The number of a command that nobody has sent yet.
    pub fn next(&self) -> i64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes 1.00 out of the retainer, under the key of the `n`-th command.
    pub async fn consume(&self, n: i64) -> Result<Settled, Trouble> {
        self.submit(&format!("key {n:06}"), take_one()).await
    }

    /// Takes until told to stop, from so many callers at once.
    pub async fn load(self, callers: usize, until: Arc<AtomicBool>) -> Told {
        let callers = (0..callers).map(|_| {
            let (rig, until) = (self.clone(), Arc::clone(&until));
            tokio::spawn(async move {
                let mut told = Told::new();
                while !until.load(Ordering::Relaxed) {
                    let n = rig.next();
                    told.insert(n, rig.consume(n).await.map(|settled| place(&settled)));
                }
                told
            })
        });
        let mut all = Told::new();
        for caller in callers.collect::<Vec<_>>() {
            all.append(&mut caller.await.unwrap());
        }
        all
    }

    /// Asks again, under the same keys, for whatever had no outcome, until it has one.
    pub async fn resolve(&self, told: &mut Told) {
        for (n, told) in told.iter_mut() {
            let until = Instant::now() + PATIENCE;
            while told.is_err() && Instant::now() < until {
                *told = self.consume(*n).await.map(|settled| place(&settled));
            }
            assert!(told.is_ok(), "{n}: {told:?}");
        }
    }
}

fn take_one() -> Command {
    ConsumeRetainer {
        retainer: Ref::Number("RET-2026-0001".to_owned()),
        amount: Decimal::whole(1),
        invoice: None,
        date: None,
        description: None,
    }
    .into()
}

/// An accepted command's place in the journal.
pub fn place(settled: &Settled) -> i64 {
    match settled {
        Settled::Decided { kept: Some(kept), .. } | Settled::Replayed(kept) => {
            str::from_utf8(kept).unwrap().parse().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

impl Found {
    pub fn on(cluster: &Cluster, database: &str) -> Self {
        let outcomes = "select substr(key, 5), convert_from(answer, 'utf8') from outcomes \
                        where key like 'key %'";
        let number = |text: &String| -> i64 { text.parse().unwrap() };
        let rows = cluster.sql(database, outcomes);
        let found = Self(rows.iter().map(|row| (number(&row[0]), number(&row[1]))).collect());
        // Each key has taken 1.00, and nothing else has.
        let sums = cluster.sql(database, "select balance / 100, movements - 1 from retainers");
        let count = i64::try_from(found.0.len()).unwrap();
        assert_eq!([AMOUNT - number(&sums[0][0]), number(&sums[0][1])], [count, count]);
        found
    }

    /// What was acknowledged and is not there as it was told.
    pub fn lost(&self, told: &Told) -> Vec<i64> {
        let acknowledged = told.iter().filter_map(|(n, told)| Some((n, told.as_ref().ok()?)));
        acknowledged.filter(|(n, at)| self.0.get(n) != Some(at)).map(|(n, _)| *n).collect()
    }
}
