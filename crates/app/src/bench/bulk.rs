//! Deciding and committing without HTTP: what the engine and the store can do by themselves.

use std::{
    cell::Cell,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use domain::{
    Actor, Command, Day, Decimal, Id, Moment, Ref, Role,
    billing::{
        client::CreateClient,
        record_payment::{PaymentDetails, Receipt, RecordPayment},
    },
    rows::{ClientProfile, Overpayment, PaymentMethod, PaymentType},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
    },
};
use engine::{
    Clock, Engine, Ids, Intent, Limits, Once, Options, Render, Request, Settled, Silent,
    SystemClock,
};

use jiff::tz::TimeZone;

use super::report::Report;

const BULK_BATCH_COUNT: usize = 4_096;
const BULK_COMMANDS: usize = 160_000;
/// The days over which a client's payments are spread: ten years.
const PAYMENT_DAYS: i32 = 3_650;
/// A consume without an invoice posts two.
const ENTRIES_PER_CONSUME: u64 = 2;

/// Bulk commands a second, without and with idempotency keys.
pub(super) async fn measure(
    rounds: usize,
    folder: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let bulk = Bulk::open(&folder.join("bulk.db")).await?;
    let (mut plain, mut keyed) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        plain.push(bulk.consume(BULK_COMMANDS, None).await?);
        keyed.push(bulk.consume(BULK_COMMANDS, Some(round)).await?);
    }
    report.note("bulk, durable commands/s", median(plain), "reach ≥ 80,000");
    report.note("bulk, each with a key and its kept answer", median(keyed), "");
    bulk.engine.drain().await;
    Ok(())
}

/// Writes about `entries` ledger entries.
pub(super) async fn fill(path: &Path, entries: u64) -> anyhow::Result<()> {
    let bulk = Bulk::open(path).await?;
    bulk.consume(usize::try_from(entries / ENTRIES_PER_CONSUME)?, None).await?;
    bulk.engine.drain().await;
    Ok(())
}

/// What a filled database holds.
pub(super) struct Filled {
    /// The client with all the payments.
    pub client: String,
    /// Retainers with as many movements as were asked for.
    pub retainers: [String; 2],
}

/// Writes a client's payments, and movements on two retainers.
pub(super) async fn fill_practice(
    path: &Path,
    payments: usize,
    movements: [usize; 2],
) -> anyhow::Result<Filled> {
    let bulk = Bulk::open(path).await?;
    let [few, many] = movements;
    bulk.consume(few, None).await?;
    let older = Bulk { retainer: bulk.open_retainer().await?, ..bulk.clone() };
    older.consume(many, None).await?;
    let (today, made) = (SystemClock.now().day_in(&TimeZone::UTC), Cell::new(0));
    let payment = || {
        made.set(made.get() + 1);
        bulk.payment(today.plus_days(-(made.get() % PAYMENT_DAYS)))
    };
    bulk.carry_out(payments, None, &payment).await?;
    bulk.engine.drain().await;
    let retainers = [bulk.retainer.to_string(), older.retainer.to_string()];
    Ok(Filled { client: bulk.client.to_string(), retainers })
}

/// The figure in the middle.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[derive(Clone)]
struct Bulk {
    engine: Engine,
    client: Ref<domain::rows::Client>,
    retainer: Ref<domain::rows::Retainer>,
}

impl Bulk {
    async fn open(path: &Path) -> anyhow::Result<Self> {
        let database =
            store::open(&format!("sqlite:{}", path.display()), store::Opening::default())?;
        let options = Options {
            limits: Limits {
                batch_count_max: BULK_BATCH_COUNT,
                batch_decide_max: Duration::from_secs(1),
                queue_count_max: BULK_BATCH_COUNT * 4,
                ..Limits::default()
            },
            clock: Arc::new(SystemClock),
            ids: Arc::new(Ids::random()?),
            observer: Arc::new(Silent),
            decide: domain::decide,
        };
        let engine = Engine::start(database.stores, options)?;
        let profile = ClientProfile { full_name: "Bench".into(), ..ClientProfile::default() };
        let client = CreateClient { kind: None, profile, user: None };
        let client = accepted(engine.submit(request(client.into())).await?)?;
        let client = Ref::Id(Id::new(client.shown.object()));
        let mut bulk = Self { engine, client, retainer: Ref::Number(String::new()) };
        bulk.retainer = bulk.open_retainer().await?;
        Ok(bulk)
    }

    async fn open_retainer(&self) -> anyhow::Result<Ref<domain::rows::Retainer>> {
        let open = OpenRetainer {
            client: self.client.clone(),
            amount: Decimal::whole(9_000_000_000_000),
            currency: None,
            terms: Terms::default(),
        };
        let retainer = accepted(self.engine.submit(request(open.into())).await?)?;
        Ok(Ref::Id(Id::new(retainer.shown.object())))
    }

    fn consumption(&self) -> Command {
        let consume = ConsumeRetainer {
            retainer: self.retainer.clone(),
            amount: "0.01".parse().expect("it is a decimal"),
            invoice: None,
            date: None,
            description: None,
        };
        consume.into()
    }

    /// A payment that is client credit.
    fn payment(&self, day: Day) -> Command {
        let record = RecordPayment {
            client: Some(self.client.clone()),
            amount: "0.01".parse().expect("it is a decimal"),
            currency: None,
            method: PaymentMethod::Cash,
            kind: Some(PaymentType::CustomerPayment),
            retainer: None,
            invoice: None,
            applications: Vec::new(),
            case: None,
            receipt: Receipt::Received,
            overpayment: Overpayment::Credit,
            details: PaymentDetails::default(),
            date: Some(Moment::Day(day)),
        };
        record.into()
    }

    /// Consumes `count` times; commands a second.
    async fn consume(&self, count: usize, keys: Option<usize>) -> anyhow::Result<f64> {
        self.carry_out(count, keys, &|| self.consumption()).await
    }

    /// Has `count` commands carried out, two batches in flight; commands a second.
    async fn carry_out(
        &self,
        count: usize,
        keys: Option<usize>,
        command: &dyn Fn() -> Command,
    ) -> anyhow::Result<f64> {
        let started = Instant::now();
        let mut left = count;
        let mut waves = std::collections::VecDeque::new();
        while left > 0 || !waves.is_empty() {
            if left > 0 && waves.len() < 2 {
                let size = left.min(BULK_BATCH_COUNT);
                left -= size;
                waves.push_back(self.wave(size, keys.map(|round| (round, left)), command));
                continue;
            }
            let wave: tokio::task::JoinHandle<anyhow::Result<()>> =
                waves.pop_front().context("a wave is under way")?;
            wave.await??;
        }
        Ok(count as f64 / started.elapsed().as_secs_f64())
    }

    fn wave(
        &self,
        size: usize,
        keys: Option<(usize, usize)>,
        command: &dyn Fn() -> Command,
    ) -> tokio::task::JoinHandle<anyhow::Result<()>> {
        let engine = self.engine.clone();
        let requests: Vec<_> = (0..size)
            .map(|n| {
                let mut request = request(command());
                request.once = keys.map(|(round, wave)| once(&format!("{round}-{wave}-{n}")));
                request
            })
            .collect();
        tokio::spawn(async move {
            let submitted: Vec<_> =
                requests.into_iter().map(|request| engine.submit(request)).collect();
            for settled in submitted {
                accepted(settled.await?)?;
            }
            Ok(())
        })
    }
}

fn once(key: &str) -> Once {
    let render = Render(Arc::new(|result: &engine::CommandResult| {
        let reply = result.as_ref().map(|reply| reply.seq);
        format!("{reply:?}").into_bytes().into()
    }));
    Once { key: key.into(), render }
}

fn request(command: Command) -> Request {
    Request {
        actor: Actor { user: Id::new([10; 12]), firm: Id::new([11; 12]), claimed: Role::Owner },
        command,
        intent: Intent::CarryOut,
        origin: "bench".into(),
        request_id: "bench".into(),
        fingerprint: [0; 32],
        once: None,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

fn accepted(settled: Settled) -> anyhow::Result<domain::Reply> {
    match settled {
        Settled::Decided { result: Ok(reply), .. } => Ok(reply),
        other => bail!("not accepted: {other:?}"),
    }
}
