//! What a scenario races against: our server or the naive twin, behind one address.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{sync::Barrier, task::JoinSet};

use super::{
    client::{Answer, Call, Connection},
    clock::HandClock,
    contract,
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
    is_twin: bool,
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
        let is_twin = matches!(system, System::Twin(_));
        let (address, system) = (Mutex::new(address), tokio::sync::Mutex::new(system));
        Self { address, clock, faults, delivery, is_twin, system, idle: Mutex::default() }
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    /// One request, on a warm connection if there is one.
    pub async fn send(&self, call: &Call) -> Answer {
        self.try_send(call)
            .await
            .unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }

    pub async fn try_send(&self, call: &Call) -> std::io::Result<Answer> {
        let idle = self.idle.lock().unwrap().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address()).await?,
        };
        let answer = connection.send(call).await?;
        self.check_contract(call, &answer);
        self.put_back(connection, &answer);
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
        let (mut running, mut sent) = (JoinSet::new(), Vec::new());
        for (n, call) in calls.into_iter().enumerate() {
            let connection = self.warm().await;
            sent.push(call.clone());
            running.spawn(held_back(n, connection, call, Arc::clone(&barrier)));
        }
        let mut all = Vec::new();
        while let Some(done) = running.join_next().await {
            let (n, connection, timed) = done.expect("a sender does not panic");
            let timed = timed.map_err(|error| format!("a request got no answer: {error}"))?;
            self.check_contract(&sent[n], &timed.answer);
            self.put_back(connection, &timed.answer);
            all.push((n, timed));
        }
        all.sort_unstable_by_key(|(n, _)| *n);
        Ok(all.into_iter().map(|(_, timed)| timed).collect())
    }

    /// The twin answers as it likes.
    fn check_contract(&self, call: &Call, answer: &Answer) {
        if !self.is_twin {
            contract::check(call, answer);
        }
    }

    fn put_back(&self, connection: Connection, answer: &Answer) {
        if answer.header("connection") != Some("close") {
            self.idle.lock().unwrap().push(connection);
        }
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

    /// Sends each call whole and hangs up on it: on the first at once, on the last when it is about to
    /// be answered, on the others in between.
    pub async fn hang_up_on(&self, calls: Vec<Call>) {
        let (mut running, count) = (JoinSet::new(), calls.len());
        for (n, call) in calls.into_iter().enumerate() {
            running.spawn(hung_up(self.address(), call, self.moment(n, count)));
        }
        while let Some(done) = running.join_next().await {
            done.expect("a sender does not panic");
        }
    }

    /// As [`Self::hang_up_on`], but each only when the one before has been hung up on.
    pub async fn hang_up_on_each(&self, calls: &[Call]) {
        for (n, call) in calls.iter().enumerate() {
            hung_up(self.address(), call.clone(), self.moment(n, calls.len())).await;
        }
    }

    /// A random moment in the n-th of `count` parts of the time that a command takes here.
    fn moment(&self, n: usize, count: usize) -> Duration {
        let longest =
            if self.is_twin { Duration::from_millis(24) } else { Duration::from_millis(8) };
        let [n, count] = [n, count].map(|n| u32::try_from(n).expect("few"));
        longest.mul_f64((f64::from(n) + random_share()) / f64::from(count))
    }

    /// Begins with fresh connections from here on.
    pub fn forget_connections(&self) {
        self.idle.lock().unwrap().clear();
    }

    /// Stops the system as a crash would and starts it again on what it had stored.
    pub async fn restart(&self) {
        self.forget_connections();
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
            server.check().await;
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
    let answer = async {
        written?;
        connection.write(last).await?;
        connection.answer(call.method).await
    };
    let answer = answer.await.map(|answer| Timed { asked, answered: Instant::now(), answer });
    (n, connection, answer)
}

async fn hung_up(address: SocketAddr, call: Call, after: Duration) {
    let mut connection = Connection::open(address).await.expect("the server listens");
    connection.write(&call.wire()).await.expect("the request goes out");
    tokio::time::sleep(after).await;
}

/// A random number from 0 to 1.
pub fn random_share() -> f64 {
    f64::from(getrandom::u32().expect("randomness")) / f64::from(u32::MAX)
}
