//! What a scenario races against: our server or the naive twin, behind one address.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{sync::Barrier, task::JoinSet};

use super::{
    client::{self, Answer, Call, Connection},
    clock::HandClock,
    faulty::Faults,
    server::{Options, Server},
};
use crate::twin::{Flaw, Twin};

/// How the requests of one race reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All but the last byte is written ahead; the last bytes go out together.
    AtOnce,
    /// Each is answered before the next is sent: the control.
    OneByOne,
}

enum System {
    Ours(Box<Server>),
    Twin(Twin),
}

/// A running system and the levers that a scenario may pull.
pub struct Target {
    address: Mutex<SocketAddr>,
    pub clock: Arc<HandClock>,
    pub faults: Arc<Faults>,
    pub delivery: Delivery,
    system: tokio::sync::Mutex<System>,
    idle: Mutex<Vec<Connection>>,
}

/// An answer and when it was asked for and received.
#[derive(Debug)]
pub struct Timed {
    pub asked: Instant,
    pub answered: Instant,
    pub answer: Answer,
}

impl Target {
    pub async fn ours(options: Options) -> Self {
        let (clock, faults) = (Arc::clone(&options.clock), Arc::clone(&options.faults));
        let server = Server::start(options).await;
        let address = server.address;
        Self::of(address, clock, faults, Delivery::AtOnce, System::Ours(Box::new(server)))
    }

    pub async fn twin(flaw: Flaw, delivery: Delivery) -> Self {
        let (clock, faults) = (Arc::<HandClock>::default(), Arc::<Faults>::default());
        let twin = Twin::start(flaw, Arc::clone(&clock), Arc::clone(&faults)).await;
        let address = twin.address;
        Self::of(address, clock, faults, delivery, System::Twin(twin))
    }

    fn of(
        address: SocketAddr,
        clock: Arc<HandClock>,
        faults: Arc<Faults>,
        delivery: Delivery,
        system: System,
    ) -> Self {
        let (address, system) = (Mutex::new(address), tokio::sync::Mutex::new(system));
        Self { address, clock, faults, delivery, system, idle: Mutex::default() }
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    /// One request, on a warm connection if there is one.
    pub async fn send(&self, call: &Call) -> Answer {
        self.try_send(call).await.unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }

    pub async fn try_send(&self, call: &Call) -> std::io::Result<Answer> {
        let idle = self.idle.lock().unwrap().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address()).await?,
        };
        let answer = connection.send(call).await?;
        self.idle.lock().unwrap().push(connection);
        Ok(answer)
    }

    pub async fn get(&self, path: impl Into<String>, token: &str) -> Value {
        let call = Call::get(path).token(token);
        let answer = self.send(&call).await;
        assert_eq!(answer.status, 200, "GET {}: {}", call.path, answer.text());
        answer.json()
    }

    /// The calls, raced; the answers in the order of the calls.
    pub async fn race(&self, calls: Vec<Call>) -> Result<Vec<Answer>, String> {
        Ok(self.race_timed(calls).await?.into_iter().map(|timed| timed.answer).collect())
    }

    /// As [`Self::race`], with the times.
    pub async fn race_timed(&self, calls: Vec<Call>) -> Result<Vec<Timed>, String> {
        if self.delivery == Delivery::OneByOne {
            let mut all = Vec::new();
            for call in &calls {
                let asked = Instant::now();
                let answer = self.send(call).await;
                all.push(Timed { asked, answered: Instant::now(), answer });
            }
            return Ok(all);
        }
        let barrier = Arc::new(Barrier::new(calls.len()));
        let mut running = JoinSet::new();
        for (n, call) in calls.into_iter().enumerate() {
            let connection = self.warm().await;
            running.spawn(held_back(n, connection, call, Arc::clone(&barrier)));
        }
        let mut all = Vec::new();
        while let Some(done) = running.join_next().await {
            let (n, connection, timed) = done.expect("a sender does not panic");
            self.idle.lock().unwrap().push(connection);
            all.push((n, timed.map_err(|error| format!("a request got no answer: {error}"))?));
        }
        all.sort_unstable_by_key(|(n, _)| *n);
        Ok(all.into_iter().map(|(_, timed)| timed).collect())
    }

    /// A connection that has carried a request before.
    async fn warm(&self) -> Connection {
        if let Some(connection) = self.idle.lock().unwrap().pop() {
            return connection;
        }
        let mut connection = Connection::open(self.address()).await.expect("the server listens");
        connection.send(&Call::get("/health")).await.expect("the server lives");
        connection
    }

    /// Sends each call whole and hangs up on it, a moment of up to `longest` later.
    pub async fn hang_up_on(&self, calls: Vec<Call>, longest: Duration) {
        let mut running = JoinSet::new();
        let address = self.address();
        for call in calls {
            running.spawn(async move {
                let mut connection = Connection::open(address).await.expect("the server listens");
                connection.write(&call.wire()).await.expect("the request goes out");
                tokio::time::sleep(longest.mul_f64(random_share())).await;
            });
        }
        while let Some(done) = running.join_next().await {
            done.expect("a sender does not panic");
        }
    }

    /// Stops the system as a crash would and starts it again on what it had stored.
    pub async fn restart(&self) {
        self.idle.lock().unwrap().clear();
        let mut system = self.system.lock().await;
        let address = match &mut *system {
            System::Ours(server) => server.restart().await,
            System::Twin(twin) => twin.address,
        };
        *self.address.lock().unwrap() = address;
    }

    /// How many low-balance alerts a retainer has raised.
    pub async fn alert_count(&self, firm: &str, retainer: &str) -> usize {
        match &*self.system.lock().await {
            System::Ours(server) => server.alert_count(firm, retainer),
            System::Twin(twin) => twin.alert_count(retainer),
        }
    }

    /// Every invariant over every firm; the twin keeps no books to check.
    pub async fn check(&self) {
        if let System::Ours(server) = &*self.system.lock().await {
            server.check();
        }
    }
}

async fn held_back(
    n: usize,
    mut connection: Connection,
    call: Call,
    barrier: Arc<Barrier>,
) -> (usize, Connection, std::io::Result<Timed>) {
    let wire = call.wire();
    let (most, last) = wire.split_at(wire.len() - 1);
    let written = connection.write(most).await;
    barrier.wait().await;
    let asked = Instant::now();
    let answer = match written {
        Ok(()) => match connection.write(last).await {
            Ok(()) => connection.answer(call.method).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    (n, connection, answer.map(|answer| Timed { asked, answered: Instant::now(), answer }))
}

/// A random number from 0 to 1.
pub fn random_share() -> f64 {
    f64::from(getrandom::u32().expect("randomness")) / f64::from(u32::MAX)
}

/// One call to a system that is no [`Target`].
pub async fn send(address: SocketAddr, call: &Call) -> Answer {
    client::send(address, call).await.unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
}
