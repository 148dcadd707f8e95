//! HTTP with every byte in our own hands. A request can be written but for its last byte, and the last
//! bytes of many released together.
//!
//! **It never retries, pools by itself or hides an error**, and a reply says when its request was let go
//! and when the answer's first and last byte came, all by one clock that only goes forward.

mod delivery;
mod endpoint;
mod gate;
mod h1;
mod h2;
mod reply;
mod tls;
mod volley;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use delivery::{Delivery, Offset};
pub use endpoint::{Endpoint, EndpointError};
pub use reply::{Call, Lost, Reply, Response};
pub use tls::Trust;
pub use volley::Volley;

use h1::Connection;
use tls::Way;

/// How requests travel.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// No answer is waited for longer.
    pub answer_wait: Duration,
    /// How long everything but the last bytes has to get there before those are released.
    pub settle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer_wait: Duration::from_secs(10), settle: Duration::from_millis(20) }
    }
}

/// The processes of one target, and idle connections to them.
pub struct Wire {
    ways: Vec<Way>,
    idle: Vec<Mutex<Vec<Connection>>>,
    limits: Limits,
    clock: Clock,
    releases: AtomicU64,
}

/// Nanoseconds since the prober began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn now_ns(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Wire {
    /// Knows where to go; nothing is opened yet.
    pub fn new(endpoints: Vec<Endpoint>, limits: Limits) -> Self {
        Self::trusting(endpoints, limits, Trust::default())
    }

    /// The same, believing these.
    pub fn trusting(endpoints: Vec<Endpoint>, limits: Limits, trust: Trust) -> Self {
        let idle = endpoints.iter().map(|_| Mutex::default()).collect();
        let trust = Arc::new(trust);
        let way = |endpoint| Way { endpoint, trust: Arc::clone(&trust) };
        let ways = endpoints.into_iter().map(way).collect();
        Self { ways, idle, limits, clock: Clock(Instant::now()), releases: AtomicU64::new(0) }
    }

    /// How many races were released so far.
    pub fn releases(&self) -> u64 {
        self.releases.load(Ordering::Acquire)
    }

    /// Waits until more than so many were released, or until a race would have been given up.
    pub async fn released_after(&self, count: u64) {
        const LOOK_EVERY: Duration = Duration::from_millis(1);
        let released = async {
            while self.releases() <= count {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // What could never be armed is told by the race itself.
        let _ = tokio::time::timeout(self.limits.answer_wait, released).await;
    }

    /// How many processes there are.
    pub fn targets(&self) -> usize {
        self.ways.len()
    }

    /// One request, on an idle connection if there is a live one.
    pub async fn send(&self, call: &Call) -> Reply {
        let call_ns = self.clock.now_ns();
        let sent = async {
            let mut connection = self.connection(call.target).await?;
            connection.write(&connection.wire(call)).await?;
            let answer = connection.read(self.clock).await?;
            self.put_back(call.target, connection, &answer.response);
            Ok(answer)
        };
        let sent = tokio::time::timeout(self.limits.answer_wait, sent).await;
        Reply::of(call_ns, sent.unwrap_or(Err(Lost::Late)))
    }

    async fn connection(&self, target: usize) -> Result<Connection, Lost> {
        while let Some(mut idle) = self.take_idle(target) {
            if idle.is_quiet() {
                return Ok(idle);
            }
        }
        Connection::open(&self.ways[target]).await
    }

    fn take_idle(&self, target: usize) -> Option<Connection> {
        self.idle[target].lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
    }

    fn put_back(&self, target: usize, connection: Connection, response: &Response) {
        const IDLE_COUNT_MAX: usize = 128;
        let mut idle = self.idle[target].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !response.closes && idle.len() < IDLE_COUNT_MAX {
            idle.push(connection);
        }
    }

    /// Writes a request on a connection of its own, which is the answer's only way back.
    pub(crate) async fn write_only(&self, call: &Call) -> Result<impl Sized + use<>, Lost> {
        let mut connection = Connection::open(&self.ways[call.target]).await?;
        connection.write(&connection.wire(call)).await?;
        Ok(connection)
    }

    /// By the clock of all replies.
    pub fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// Forgets every idle connection, as after a restart.
    pub fn forget(&self) {
        for idle in &self.idle {
            idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        }
    }
}
