//! What a scenario races against: our server, two of them on one database, or the naive twin. Whoever
//! asks deals requests over all addresses in turn.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    sync::Barrier,
    task::{AbortHandle, JoinSet},
};

use super::{
    client::{Answer, Call, Connection},
    clock::HandClock,
    contract,
    database::Database,
    faulty::Faults,
    pair::Pair,
    server::{Options, Server},
    sound, tokens,
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
    Processes(Arc<Pair>),
    Twins(Vec<Twin>),
}

/// A running system and the levers that a scenario may pull.
pub struct Target {
    addresses: Mutex<Vec<SocketAddr>>,
    /// How many single requests and races have been dealt.
    dealt: AtomicUsize,
    pub clock: Arc<HandClock>,
    pub faults: Arc<Faults>,
    pub delivery: Delivery,
    repeats: bool,
    is_twin: bool,
    pair: Option<Arc<Pair>>,
    system: tokio::sync::Mutex<System>,
    idle: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
}

/// An answer and when it was asked for and received.
#[derive(Debug)]
pub struct Timed {
    pub asked: Instant,
    pub answered: Instant,
    pub answer: Answer,
}

impl Target {
    /// Our server on a file.
    pub async fn ours(options: Options) -> Self {
        Self::of(Server::start(options).await)
    }

    /// Clients do what the recipe says: what changes something has a key, and is repeated with it until
    /// there is an outcome.
    pub fn repeating(self) -> Self {
        Self { repeats: true, ..self }
    }

    /// Two of our servers in this process, on one PostgreSQL.
    pub async fn two_of_ours(options: Options) -> Self {
        Self::of(Server::on(Database::postgres().await, 2, options).await)
    }

    /// Each of the two above. They share no clock and no faults.
    pub async fn each(options: impl Fn() -> Options) -> [Self; 2] {
        [Self::ours(options()).await, Self::two_of_ours(options()).await]
    }

    pub fn of(server: Server) -> Self {
        let (clock, faults) = server.levers();
        let addresses = server.addresses();
        Self::new(addresses, clock, faults, Delivery::AtOnce, System::Ours(Box::new(server)))
    }

    /// Two processes on one PostgreSQL, one of which is sometimes stopped in the middle of a race.
    pub async fn processes() -> Self {
        let pair = Arc::new(Pair::start().await);
        Self { pair: Some(Arc::clone(&pair)), ..Self::of_pair(pair) }
    }

    /// Two processes, both left alone.
    pub fn of_pair(pair: Arc<Pair>) -> Self {
        let clock = Arc::new(HandClock::of_processes());
        let (addresses, system) = (pair.addresses(), System::Processes(pair));
        Self::new(addresses, clock, Arc::default(), Delivery::AtOnce, system)
    }

    pub async fn twin(flaw: Flaw, delivery: Delivery) -> Self {
        Self::twins(1, flaw, delivery).await
    }

    /// So many twins over the same documents.
    pub async fn twins(count: usize, flaw: Flaw, delivery: Delivery) -> Self {
        let (clock, faults) = (Arc::<HandClock>::default(), Arc::<Faults>::default());
        let twins = Twin::start(count, flaw, Arc::clone(&clock), Arc::clone(&faults)).await;
        let addresses = twins.iter().map(|twin| twin.address).collect();
        Self::new(addresses, clock, faults, delivery, System::Twins(twins))
    }

    fn new(
        addresses: Vec<SocketAddr>,
        clock: Arc<HandClock>,
        faults: Arc<Faults>,
        delivery: Delivery,
        system: System,
    ) -> Self {
        let is_twin = matches!(system, System::Twins(_));
        let (addresses, system) = (Mutex::new(addresses), tokio::sync::Mutex::new(system));
        let (dealt, idle) = (AtomicUsize::new(0), Mutex::default());
        let (pair, repeats) = (None, false);
        Self { addresses, dealt, clock, faults, delivery, repeats, is_twin, pair, system, idle }
    }

    /// Whether it is no twin.
    pub fn is_ours(&self) -> bool {
        !self.is_twin
    }

    /// Where the next request goes.
    pub fn address(&self) -> SocketAddr {
        self.addresses_of(1)[0]
    }

    /// Where the requests of a race go: the first and the last to different ones, those between them by
    /// chance, so that in some round any two go to different ones.
    fn addresses_of(&self, count: usize) -> Vec<SocketAddr> {
        let addresses = self.addresses.lock().unwrap();
        let first = self.dealt.fetch_add(1, Relaxed);
        let dealt = (0..count).map(|n| match n {
            0 => first,
            _ if n + 1 == count => first + 1,
            _ => usize::from(random_share() < 0.5),
        });
        dealt.map(|n| addresses[n % addresses.len()]).collect()
    }

    /// One request, on a warm connection if there is one.
    pub async fn send(&self, call: &Call) -> Answer {
        self.try_send(call)
            .await
            .unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }

    pub async fn try_send(&self, call: &Call) -> std::io::Result<Answer> {
        let address = self.address();
        let mut connection = match self.idle(address) {
            Some(connection) => connection,
            None => Connection::open(address).await?,
        };
        let answer = match self.recipe(call) {
            Some(call) => settled(&mut connection, &call, None).await?,
            None => connection.send(call).await?,
        };
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
        let mut connections = Vec::new();
        for address in self.addresses_of(calls.len()) {
            connections.push(self.warm(address).await);
        }
        let disturber = self.disturb();
        for (n, (call, connection)) in calls.into_iter().zip(connections).enumerate() {
            sent.push(call.clone());
            let call = self.recipe(&call).unwrap_or(call);
            running.spawn(held_back(n, connection, call, Arc::clone(&barrier), self.repeats));
        }
        let mut all = Vec::new();
        while let Some(done) = running.join_next().await {
            let (n, connection, timed) = done.expect("a sender does not panic");
            let timed = timed.map_err(|error| format!("a request got no answer: {error}"))?;
            self.check_contract(&sent[n], &timed.answer);
            self.put_back(connection, &timed.answer);
            all.push((n, timed));
        }
        drop(disturber);
        all.sort_unstable_by_key(|(n, _)| *n);
        Ok(all.into_iter().map(|(_, timed)| timed).collect())
    }

    /// The twin answers as it likes.
    fn check_contract(&self, call: &Call, answer: &Answer) {
        if !self.is_twin {
            contract::check(call, answer);
        }
    }

    /// The call as a client sends it that repeats, if this one does.
    fn recipe(&self, call: &Call) -> Option<Call> {
        let is_keyed = call.headers.iter().any(|(name, _)| name == "Idempotency-Key");
        let call = call.clone();
        let keyed = |call: Call| if is_keyed { call } else { call.key(tokens::new_id()) };
        self.repeats.then(|| if call.method == "GET" { call } else { keyed(call) })
    }

    fn put_back(&self, connection: Connection, answer: &Answer) {
        if answer.header("connection") != Some("close") {
            let mut idle = self.idle.lock().unwrap();
            idle.entry(connection.address).or_default().push(connection);
        }
    }

    fn idle(&self, address: SocketAddr) -> Option<Connection> {
        self.idle.lock().unwrap().get_mut(&address)?.pop()
    }

    /// Lets one of two processes be stopped, perhaps, until this is dropped.
    fn disturb(&self) -> Disturber {
        let disturb = |pair: &Arc<Pair>| tokio::spawn(Arc::clone(pair).disturb()).abort_handle();
        Disturber(self.pair.as_ref().map(disturb))
    }

    /// A connection that has carried a request before.
    async fn warm(&self, address: SocketAddr) -> Connection {
        if let Some(connection) = self.idle(address) {
            return connection;
        }
        let mut connection = Connection::open(address).await.expect("the server listens");
        connection.send(&Call::get("/health")).await.expect("the server lives");
        connection
    }

    /// Sends each call whole and hangs up on it: on the first at once, on the last when it is about to
    /// be answered, on the others in between.
    pub async fn hang_up_on(&self, calls: Vec<Call>) {
        let (mut running, count) = (JoinSet::new(), calls.len());
        let _disturber = self.disturb();
        for (n, call) in calls.into_iter().enumerate() {
            running.spawn(hung_up(self.address(), call, self.moment(n, count)));
        }
        while let Some(done) = running.join_next().await {
            done.expect("a sender does not panic");
        }
    }

    /// As [`Self::hang_up_on`], but each only when the one before has been hung up on.
    pub async fn hang_up_on_each(&self, calls: &[Call]) {
        let _disturber = self.disturb();
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
        let addresses = match &mut *self.system.lock().await {
            System::Ours(server) => {
                server.restart().await;
                server.addresses()
            }
            System::Processes(_) => panic!("processes are not restarted: say `in_this_process`"),
            System::Twins(_) => return,
        };
        *self.addresses.lock().unwrap() = addresses;
    }

    /// How many low-balance alerts a retainer has raised.
    pub async fn alert_count(&self, firm: &str, retainer: &str) -> usize {
        match &*self.system.lock().await {
            System::Ours(server) => sound::alert_count(server.reader(), firm, retainer),
            System::Processes(pair) => sound::alert_count(pair.reader(), firm, retainer),
            System::Twins(twins) => twins[0].alert_count(retainer),
        }
    }

    /// Every invariant over every firm; the twin keeps no books to check.
    pub async fn check(&self) {
        match &*self.system.lock().await {
            System::Ours(server) => sound::check(server.reader()).await,
            System::Processes(pair) => sound::check(pair.reader()).await,
            System::Twins(_) => {}
        }
    }

    /// Its books are wrong, as the test wanted it; nobody is to look at them again.
    pub async fn expect_unsound(&self) {
        if let System::Ours(server) = &mut *self.system.lock().await {
            server.expect_unsound().await;
        }
    }

    /// What became of processes that were stopped: how many were, and how many of them held a firm.
    pub fn stops(&self) -> (u32, u32) {
        let seen = self.pair.as_ref().expect("only processes are stopped").seen();
        (seen.stopped.load(Relaxed), seen.inside.load(Relaxed))
    }
}

/// Whoever disturbs a race; gone with it.
struct Disturber(Option<AbortHandle>);

impl Drop for Disturber {
    fn drop(&mut self) {
        if let Some(running) = &self.0 {
            running.abort();
        }
    }
}

async fn held_back(
    n: usize,
    mut connection: Connection,
    call: Call,
    barrier: Arc<Barrier>,
    repeats: bool,
) -> (usize, Connection, std::io::Result<Timed>) {
    let wire = call.wire();
    let (most, last) = wire.split_at(wire.len() - 1);
    let written = connection.write(most).await;
    barrier.wait().await;
    let asked = Instant::now();
    let answer = async {
        written?;
        connection.write(last).await?;
        let first = connection.answer(call.method).await?;
        if repeats { settled(&mut connection, &call, Some(first)).await } else { Ok(first) }
    };
    let answer = answer.await.map(|answer| Timed { asked, answered: Instant::now(), answer });
    (n, connection, answer)
}

/// Whether it, and each of many, came to something.
fn has_outcome(answer: &Answer) -> bool {
    let is_outcome = |one: &Value| !matches!(one["status"].as_i64(), Some(503 | 504));
    let whole = answer.json();
    let each = whole["data"].as_array();
    !matches!(answer.status, 503 | 504) && each.is_none_or(|each| each.iter().all(is_outcome))
}

/// Repeats until there is an outcome.
async fn settled(
    connection: &mut Connection,
    call: &Call,
    first: Option<Answer>,
) -> std::io::Result<Answer> {
    const ATTEMPTS_MAX: u32 = 300;
    let mut answer = first;
    for _ in 0..ATTEMPTS_MAX {
        match answer.take() {
            Some(settled) if has_outcome(&settled) => return Ok(settled),
            Some(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            None => {}
        }
        answer = Some(connection.send(call).await?);
    }
    panic!("no outcome after {ATTEMPTS_MAX} attempts: {} {}", call.method, call.path)
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
