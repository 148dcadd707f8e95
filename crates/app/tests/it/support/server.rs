//! Our server, the real one, on a free port inside this process: over a fresh SQLite file, or two of
//! them over one database of PostgreSQL.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use amanah::{
    Addresses, App, Settings,
    audit::AuditKey,
    chaos::{Chaos, Plan},
    http::{HttpLimits, Proxies, Rate, Secret, serve},
    integrity::{Pace, Past},
};
use engine::{Decide, Limits};
use store::Reader;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    clock::HandClock,
    database::Database,
    faulty::{Faults, Faulty},
    sound, tokens,
};

/// How a server under test is set up.
#[derive(Clone)]
pub struct Options {
    pub clock: Arc<HandClock>,
    pub faults: Arc<Faults>,
    pub limits: Limits,
    pub http: HttpLimits,
    pub decide: Decide,
    pub cors_origins: Vec<String>,
    pub addresses: Addresses,
    pub proxies: Proxies,
    pub rate: Option<Rate>,
    pub verify: Pace,
    /// Where is kept how audit logs were.
    pub past: Option<PathBuf>,
    /// What is done to the stores besides.
    pub chaos: Plan,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::default(),
            faults: Arc::default(),
            limits: Limits::default(),
            http: HttpLimits::default(),
            decide: domain::decide,
            cors_origins: Vec::new(),
            addresses: Addresses::Any,
            proxies: Proxies::default(),
            rate: None,
            verify: Pace::OFF,
            past: None,
            chaos: "seed=1".parse().expect("a plan of nothing"),
        }
    }
}

/// What is running over one database. Dropping it drops the database.
pub struct Server {
    options: Options,
    running: Vec<Running>,
    /// Its books are wrong, as the test wanted it.
    is_unsound: bool,
    pub database: Database,
}

struct Running {
    address: SocketAddr,
    reader: Reader,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Server {
    pub async fn start(options: Options) -> Self {
        Self::on(Database::file(), 1, options).await
    }

    /// So many servers, each with an engine of its own.
    pub async fn on(database: Database, count: usize, options: Options) -> Self {
        let mut running = Vec::new();
        for _ in 0..count {
            running.push(start(&database, &options).await);
        }
        Self { options, running, is_unsound: false, database }
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.running.iter().map(|running| running.address).collect()
    }

    /// Ends each and starts it on the same database. A lane that a fault has stopped stays stopped
    /// until here, as a dead process does.
    pub async fn restart(&mut self) {
        let count = self.running.len();
        for Running { stop, served, .. } in self.running.drain(..) {
            // It may have ended by itself.
            let _ = stop.send(());
            served.await.expect("the server ends without a panic");
        }
        for _ in 0..count {
            self.running.push(start(&self.database, &self.options).await);
        }
    }

    /// Looks for what a test has brought about: a broken invariant.
    pub async fn expect_unsound(&mut self) {
        self.is_unsound = true;
        assert!(sound::is_broken(self.reader()).await, "every invariant holds");
    }

    pub fn levers(&self) -> (Arc<HandClock>, Arc<Faults>) {
        (Arc::clone(&self.options.clock), Arc::clone(&self.options.faults))
    }

    /// Of committed rows.
    pub fn reader(&self) -> &Reader {
        &self.running[0].reader
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.first()
            && !self.is_unsound
        {
            sound::check_at_the_end(&running.reader);
        }
    }
}

async fn start(database: &Database, options: &Options) -> Running {
    let opening = store::Opening { lane_count: 2, migrates: true };
    let database = store::open(&database.url(), opening).expect("the database opens");
    let reader = database.reader.clone();
    let chaos = Chaos::new(options.chaos.clone());
    let wrap = |(n, inner)| chaos.wrap(n, Faulty { inner, faults: Arc::clone(&options.faults) });
    let stores = (0..).zip(database.stores).map(wrap).collect();
    let secret = Secret::new(tokens::SECRET.as_bytes()).expect("it is long enough");
    let settings = Settings {
        limits: options.limits.clone(),
        clock: Arc::<HandClock>::clone(&options.clock),
        decide: options.decide,
        cors_origins: options.cors_origins.clone(),
        addresses: options.addresses,
        audit_key: AuditKey::of_bytes(&[7; 32], "test.example").ok().map(Arc::new),
        proxies: options.proxies.clone(),
        rate: options.rate,
        verify: options.verify,
        past: Past::new(options.past.clone()),
        ..Settings::new(secret)
    };
    let app = App::start(stores, database.reader, settings).expect("the engine starts");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let limits = options.http.clone();
    let served = tokio::spawn(async move {
        serve(listener, app, limits, async { drop(stopped.await) }).await;
    });
    Running { address, reader, stop, served }
}
