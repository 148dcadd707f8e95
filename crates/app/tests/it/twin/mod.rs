//! The naive twin: the old platform's way of writing, over documents in memory, behind our routes.
//!
//! Every rule is there and every rule is checked — by reading a document, waiting a moment as a
//! database would make it wait, and writing the whole document back. Asked one request at a time it is
//! (almost) right; asked by several at once it loses money. **A scenario that it passes proves nothing.**

mod books;
mod bulk;
mod clients;
mod documents;
mod invoices;
mod keys;
mod market;
mod payments;
mod reads;
mod refunds;
mod requests;
mod retainers;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use tokio::net::TcpListener;

use crate::support::{clock::HandClock, faulty::Faults};
use documents::Documents;

/// Which way of writing the twin has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Read, wait, write the whole document.
    ReadWaitWrite,
    /// The document's version is compared when writing; who loses is told so.
    VersionWithoutRetry,
    /// Writes are gathered and written together; when one fails, all do.
    BatchTogether,
    /// One request at a time, as far as one process sees; another process is not thought of.
    LockInProcess,
}

/// A running twin; it ends with its test's runtime.
pub struct Twin {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

pub struct Shared {
    documents: Documents,
    flaw: Flaw,
    clock: Arc<HandClock>,
    faults: Arc<Faults>,
    next_id: AtomicU64,
    next_pause: AtomicU64,
    journal: AtomicU64,
    batch: tokio::sync::Mutex<Vec<retainers::Waiting>>,
}

impl Twin {
    /// So many, over the same documents.
    pub async fn start(
        count: usize,
        flaw: Flaw,
        clock: Arc<HandClock>,
        faults: Arc<Faults>,
    ) -> Vec<Self> {
        let shared = Arc::new(Shared {
            documents: Documents::default(),
            flaw,
            clock,
            faults,
            next_id: AtomicU64::new(1),
            next_pause: AtomicU64::new(0),
            journal: AtomicU64::new(0),
            batch: tokio::sync::Mutex::default(),
        });
        let mut twins = Vec::new();
        for _ in 0..count {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            let mut routes = routes(Arc::clone(&shared));
            if flaw == Flaw::LockInProcess {
                routes = routes.layer(from_fn_with_state(Turn::default(), in_turn));
            }
            tokio::spawn(async move { axum::serve(listener, routes).await });
            twins.push(Self { address, shared: Arc::clone(&shared) });
        }
        twins
    }

    pub fn alert_count(&self, retainer: &str) -> usize {
        self.shared.documents.alerts(retainer)
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/health", get(async || "alive"))
        .merge(reads::routes())
        .merge(clients::routes())
        .merge(retainers::routes())
        .merge(payments::routes())
        .merge(refunds::routes())
        .merge(invoices::routes())
        .merge(books::routes())
        .merge(bulk::routes())
        .merge(market::routes())
        .with_state(shared)
}

/// Whose turn it is in one process.
type Turn = Arc<tokio::sync::Mutex<()>>;

async fn in_turn(State(turn): State<Turn>, request: Request, next: Next) -> Response {
    let _turn = turn.lock().await;
    next.run(request).await
}

impl Shared {
    /// What a round trip to a database costs: 1 to 3 ms.
    async fn pause(&self) {
        let n = self.next_pause.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_micros(1_000 + n * 617 % 2_000)).await;
    }

    /// The place of a write among all writes.
    fn place(&self) -> u64 {
        self.journal.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn new_id(&self) -> String {
        format!("{:024x}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// `2026-06-01T09:00:00Z`, straight from the wall clock.
    fn now(&self) -> String {
        let at = jiff::Timestamp::from_microsecond(self.clock.micros()).expect("an instant");
        format!("{at:.6}")
    }

    /// The year that the server's own clock shows, in the server's own zone.
    fn year(&self) -> String {
        self.now().chars().take(4).collect()
    }

    /// Likewise the month: `202606`.
    fn month(&self) -> String {
        self.now().chars().take(7).filter(char::is_ascii_digit).collect()
    }
}
