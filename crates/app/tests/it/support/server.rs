//! Our server, the real one: over a fresh SQLite file, on a free port, inside this process.

use std::{net::SocketAddr, sync::Arc};

use amanah::{
    Addresses, App, Settings,
    http::{HttpLimits, Secret, serve},
};
use domain::{
    Id,
    invariant::{Checker, Verdict},
    rows::{AlertKind, Firm, Retainer, Stored},
};
use engine::{Decide, Limits};
use store::Reader;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    clock::HandClock,
    faulty::{Faults, Faulty},
    tokens,
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
        }
    }
}

/// A running server. Dropping it drops its database.
pub struct Server {
    pub address: SocketAddr,
    options: Options,
    folder: TempDir,
    running: Option<Running>,
}

struct Running {
    reader: Reader,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Server {
    pub async fn start(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (address, running) = start(&folder, &options).await;
        Self { address, options, folder, running: Some(running) }
    }

    /// Ends the server and starts it on the same file. A lane that a fault has stopped stays stopped
    /// until here, as a dead process does.
    pub async fn restart(&mut self) -> SocketAddr {
        if let Some(Running { stop, served, .. }) = self.running.take() {
            // It may have ended by itself.
            let _ = stop.send(());
            served.await.expect("the server ends without a panic");
        }
        let (address, running) = start(&self.folder, &self.options).await;
        self.address = address;
        self.running = Some(running);
        address
    }

    fn reader(&self) -> &Reader {
        &self.running.as_ref().expect("it runs").reader
    }

    fn rows(&self, firm: Id<Firm>) -> Vec<Stored> {
        rows_of(self.reader(), firm)
    }

    pub fn alert_count(&self, firm: &str, retainer: &str) -> usize {
        let rows = self.rows(firm.parse().expect("a firm's id"));
        let retainer: Id<Retainer> = retainer.parse().expect("a retainer's id");
        let is_its = |row: &&Stored| matches!(row, Stored::Alert(alert) if alert.kind == AlertKind::LowBalance && alert.about == *retainer.bytes());
        rows.iter().filter(is_its).count()
    }

    /// Every invariant over every firm, now. There must be one.
    pub async fn check(&self) {
        let reader = self.reader();
        let firms = reader.firms().await.expect("the firms can be read");
        assert!(!firms.is_empty(), "no firm was ever written");
        assert_sound(reader, firms);
    }
}

/// No test ends without every invariant of every firm that it has written to, whatever it looked at.
impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let Some(Running { reader, .. }) = &self.running else { return };
        // A runtime of its own: this one may be shutting down, and can't be waited on from here.
        let reader = reader.clone();
        let checked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let firms = runtime.expect("a runtime").block_on(reader.firms());
            assert_sound(&reader, firms.expect("the firms can be read"));
        });
        checked.join().expect("the invariants hold when the test ends");
    }
}

fn rows_of(reader: &Reader, firm: Id<Firm>) -> Vec<Stored> {
    let mut rows = Vec::new();
    reader.rows(firm, &mut |row| rows.push(row)).expect("the rows can be read");
    rows
}

/// A check that saw nothing to check fails, too.
fn assert_sound(reader: &Reader, firms: Vec<Id<Firm>>) {
    let mut all: Vec<Verdict> = Vec::new();
    let (mut moved, mut consumed, mut any) = (false, false, false);
    for firm in firms {
        any = true;
        let mut checker = Checker::default();
        for row in rows_of(reader, firm) {
            moved |= matches!(row, Stored::Movement(_));
            consumed |= matches!(&row, Stored::Movement(row) if row.kind == domain::rows::MovementKind::Consumption);
            checker.see(row);
        }
        for verdict in checker.finish() {
            match all.iter_mut().find(|known| known.id == verdict.id) {
                Some(known) => known.merge(verdict),
                None => all.push(verdict),
            }
        }
    }
    for verdict in &all {
        assert_eq!(verdict.broken, 0, "{verdict:#?}");
        let expected = match verdict.id {
            "I1" | "I6" => moved,
            "I2" => consumed,
            "I5" | "I8" => any,
            _ => false,
        };
        assert!(!expected || verdict.checked > 0, "{} had nothing to check", verdict.id);
    }
    let complaints = reader.integrity().expect("the database can be asked");
    assert!(complaints.is_empty(), "{complaints:?}");
}

async fn start(folder: &TempDir, options: &Options) -> (SocketAddr, Running) {
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let database = store::open(&url, store::Opening::default()).expect("the database opens");
    let reader = database.reader.clone();
    let wrap = |inner| Faulty { inner, faults: Arc::clone(&options.faults) };
    let stores = database.stores.into_iter().map(wrap).collect();
    let secret = Secret::new(tokens::SECRET.as_bytes()).expect("it is long enough");
    let settings = Settings {
        limits: options.limits.clone(),
        clock: Arc::<HandClock>::clone(&options.clock),
        decide: options.decide,
        cors_origins: options.cors_origins.clone(),
        addresses: options.addresses,
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
    (address, Running { reader, stop, served })
}
