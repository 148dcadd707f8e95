//! The running product: an engine, a read side, and what the edge needs to speak to callers.

use std::{io, sync::Arc, time::Duration};

use engine::{Clock, Decide, Engine, Ids, Limits, Store, SystemClock};
use store::Reader;
use tokio::time::timeout;

use crate::{
    Addresses,
    audit::AuditKey,
    chaos::Chaos,
    http::{Auth, Keys, Proxies, Rate, Rates, RequestIds, Streams},
    integrity::{Integrity, Pace, Past},
    metrics::{Metrics, Now},
    reports::Reports,
};

/// Metrics must not wait for a database that is away.
const VITALS_WAIT_MAX: Duration = Duration::from_secs(2);

/// How the product is set up. Tests hand in their own clock, limits and decisions.
pub struct Settings {
    /// What tokens are verified with.
    pub keys: Keys,
    /// Bounds of the engine.
    pub limits: Limits,
    /// Tells the time, to the engine and to tokens.
    pub clock: Arc<dyn Clock>,
    /// Decides; [`domain::decide`] but in tests that need a defect.
    pub decide: Decide,
    /// Signs checkpoints of the audit log; without it there are none.
    pub audit_key: Option<Arc<AuditKey>>,
    /// Browser origins that may call with credentials, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Where webhooks may be.
    pub addresses: Addresses,
    /// What is done to the stores, if anything.
    pub chaos: Option<Chaos>,
    /// Who may say on whose behalf a request comes; usually nobody.
    pub proxies: Proxies,
    /// What one user may send; usually whatever they like.
    pub rate: Option<Rate>,
    /// How much of the machine the verifier may take; usually none, which leaves it to those who ask.
    pub verify: Pace,
    /// Where is kept how audit logs were; otherwise only in memory.
    pub past: Past,
    /// Reads reports where they may be some moments old, so that the primary does not have to.
    pub reports: Option<Reader>,
}

impl Settings {
    /// The usual ones.
    pub fn new(keys: impl Into<Keys>) -> Self {
        Self {
            keys: keys.into(),
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            decide: domain::decide,
            audit_key: None,
            cors_origins: Vec::new(),
            addresses: Addresses::default(),
            chaos: None,
            proxies: Proxies::default(),
            rate: None,
            verify: Pace::OFF,
            past: Past::default(),
            reports: None,
        }
    }
}

/// The product could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system has no randomness to give.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The operating system refuses a thread.
    #[error("a lane can't be started: {0}")]
    Lane(#[from] io::Error),
}

/// Everything that a request may need.
pub struct App {
    /// Carries commands out.
    pub engine: Engine,
    /// Shows committed rows.
    pub reader: Reader,
    /// Who reads reports.
    pub reports: Reports,
    /// Verifies tokens.
    pub auth: Auth,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Signs checkpoints of the audit log.
    pub audit_key: Option<Arc<AuditKey>>,
    /// Browser origins that may call with credentials.
    pub cors_origins: Vec<String>,
    /// Where webhooks may be.
    pub addresses: Addresses,
    /// What is done to the stores, if anything.
    pub chaos: Option<Chaos>,
    /// What the verifier has found.
    pub integrity: Arc<Integrity>,
    pub(crate) streams: Streams,
    pub(crate) proxies: Proxies,
    pub(crate) rates: Option<Rates>,
    pub(crate) request_ids: RequestIds,
}

impl App {
    /// Starts one lane per store.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start<S: Store>(
        stores: Vec<S>,
        reader: Reader,
        settings: Settings,
    ) -> Result<Arc<Self>, StartError> {
        let Settings {
            keys,
            limits,
            clock,
            decide,
            audit_key,
            cors_origins,
            proxies,
            rate,
            addresses,
            chaos,
            verify,
            past,
            reports,
        } = settings;
        let metrics = Arc::new(Metrics::new(limits.queue_count_max, chaos.as_ref()));
        let options = engine::Options {
            limits,
            clock: Arc::clone(&clock),
            ids: Arc::new(Ids::random()?),
            observer: Arc::<Metrics>::clone(&metrics),
            decide,
        };
        let engine = Engine::start(stores, options)?;
        let reports = Reports { primary: reader.clone(), lagging: reports };
        Ok(Arc::new(Self {
            engine,
            reader,
            reports,
            auth: Auth::new(keys, Arc::clone(&clock)),
            clock,
            metrics,
            audit_key,
            cors_origins,
            addresses,
            chaos,
            integrity: Arc::new(Integrity::new(verify, past)),
            streams: Streams::default(),
            proxies,
            rates: rate.map(Rates::new),
            request_ids: RequestIds::new(getrandom::u32()?),
        }))
    }

    /// Every metric as it now is, in the OpenMetrics text format.
    pub(crate) async fn metrics_text(&self) -> String {
        let vitals = timeout(VITALS_WAIT_MAX, self.reader.vitals()).await;
        self.metrics.text(Now {
            queued: self.engine.queued(),
            streams: self.streams.open_count(),
            vitals: vitals.ok().and_then(Result::ok),
        })
    }
}
