//! One round: makes fresh objects, releases requests together, finds out what can be found out about those
//! without an answer, waits until everything has come to rest, and reads what is left. All of it goes into
//! one [`History`].

use std::{collections::BTreeMap, time::Duration};

use crate::{
    adapter::{Adapter, Sender},
    control::{self, Years},
    history::{Args, FORMAT, Header, History, Minor, Op, Outcome, Phase, Seen, Verb},
    wire::{Call, Delivery, Lost, Reply, Wire},
};

/// What is attacked.
pub struct Target {
    /// The way there.
    pub wire: Wire,
    /// How it is spoken to.
    pub adapter: Adapter,
    /// What each tenant is known by: `a`, `b`, and `p1`, `p2` … who propose.
    pub tokens: BTreeMap<String, String>,
    /// A shell command that kills the target and starts it again.
    pub restart: Option<String>,
    /// Its processes, where they may be put to sleep.
    pub pids: Vec<u32>,
    /// Its clock, where that can be set.
    pub years: Years,
}

impl Target {
    /// Whether the target can be killed and started again, or put to sleep.
    pub fn can_be_disturbed(&self) -> bool {
        self.restart.is_some() || self.adapter.has(Verb::Restart) || !self.pids.is_empty()
    }

    /// Whether its clock can be set.
    pub fn has_clock(&self) -> bool {
        self.years.command.is_some() || self.adapter.has(Verb::SetClock)
    }
}

/// How a round is played.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many requests at once, where the scenario leaves it open.
    pub n: usize,
    /// How they are released.
    pub delivery: Delivery,
    /// How much later the second kind of request is released, where there are two.
    pub offset: Duration,
    /// What every choice follows from.
    pub seed: u64,
    /// The round's number, from 0.
    pub round: u32,
}

/// Why a round ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It raced nothing, and proves nothing.
    Void(String),
    /// The target or its adapter does not do what the scenario starts from.
    Target(String),
}

/// A request to come.
#[derive(Debug, Clone)]
pub struct Ask {
    verb: Verb,
    on: Option<String>,
    args: Args,
    key: Key,
    tenant: String,
    target: Option<usize>,
    is_second: bool,
}

#[derive(Debug, Clone)]
enum Key {
    Own,
    Shared(String),
}

impl Ask {
    /// By tenant `a`, under a key of its own.
    pub fn new(verb: Verb) -> Self {
        let (args, tenant) = (Args::default(), "a".to_owned());
        Self { verb, on: None, args, key: Key::Own, tenant, target: None, is_second: false }
    }

    /// About this object.
    pub fn on(self, object: &str) -> Self {
        Self { on: Some(object.to_owned()), ..self }
    }

    /// With these arguments.
    pub fn with(mut self, set: impl FnOnce(&mut Args)) -> Self {
        set(&mut self.args);
        self
    }

    /// Of so much.
    pub fn amount(self, amount: Minor) -> Self {
        self.with(|args| args.amount = Some(amount))
    }

    /// For this client.
    pub fn client(self, client: &str) -> Self {
        self.with(|args| args.client = Some(client.to_owned()))
    }

    /// Under this key.
    pub fn key(self, key: &str) -> Self {
        Self { key: Key::Shared(key.to_owned()), ..self }
    }

    /// On behalf of another tenant.
    pub fn tenant(self, tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), ..self }
    }

    /// Of this process.
    pub fn target(self, target: usize) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Of the second kind, which is released with the offset.
    pub fn second(self) -> Self {
        Self { is_second: true, ..self }
    }
}

/// A round under way.
pub struct Round<'a> {
    /// What is attacked.
    pub target: &'a Target,
    /// How.
    pub settings: Settings,
    /// Every choice.
    pub rng: fastrand::Rng,
    history: History,
    asked: u64,
    run: String,
    /// What is done after each page of a walk.
    beside: Option<Ask>,
}

/// A request that is ready to go.
pub struct Sent {
    ask: Ask,
    call: Call,
    key: Option<String>,
    request: String,
}

impl Sent {
    /// As it goes out.
    pub fn call(&self) -> &Call {
        &self.call
    }
}

impl<'a> Round<'a> {
    /// Nothing has happened yet.
    pub fn new(target: &'a Target, scenario: &str, settings: Settings) -> Self {
        let mut rng = fastrand::Rng::with_seed(settings.seed ^ u64::from(settings.round) << 32);
        let run = format!("{:08x}", rng.u32(..) ^ fastrand::u32(..));
        let header = Header {
            format: FORMAT,
            scenario: scenario.to_owned(),
            round: settings.round,
            seed: settings.seed,
            delivery: settings.delivery.to_string(),
            spread_us: 0,
            promises: target.adapter.promises,
            joint_minimum: None,
            secrets: BTreeMap::new(),
            digits: target.adapter.money.digits,
        };
        let history = History { header, ops: Vec::new() };
        Self { target, settings, rng, history, asked: 0, run, beside: None }
    }

    /// What happened.
    pub fn into_history(self) -> History {
        self.history
    }

    /// Facts that the judges need.
    pub fn header(&mut self) -> &mut Header {
        &mut self.history.header
    }

    /// Whether the server can be asked for it.
    pub fn has(&self, verb: Verb) -> bool {
        self.target.adapter.has(verb)
    }

    /// A text that no other round has.
    pub fn name(&mut self, what: &str) -> String {
        self.asked += 1;
        format!("{what}-{}-{}", self.run, self.asked)
    }

    /// Makes what the race starts from; it has to be accepted.
    pub async fn make(&mut self, ask: Ask) -> Result<Seen, Stop> {
        let verb = ask.verb.name();
        let n = self.one(ask, Phase::Setup).await?;
        let op = &self.history.ops[n];
        if op.outcome == Outcome::Ok {
            return Ok(op.seen.clone());
        }
        let body: String = op.seen.body.chars().take(300).collect();
        Err(Stop::Target(match op.status {
            Some(status) => format!("{verb} was answered {status}, before any race: {body}"),
            None => format!("{verb} was not answered, before any race: {body}"),
        }))
    }

    /// The same, and the id of what was made.
    pub async fn made(&mut self, ask: Ask) -> Result<String, Stop> {
        let verb = ask.verb.name();
        let missing =
            || Stop::Target(format!("the answer to {verb} has no id where the adapter looks"));
        self.make(ask).await?.id.ok_or_else(missing)
    }

    /// A client.
    pub async fn client(&mut self) -> Result<String, Stop> {
        let name = self.name("probe");
        self.made(Ask::new(Verb::CreateClient).with(|args| args.value = Some(name))).await
    }

    /// A client's account of so much.
    pub async fn retainer(&mut self, client: &str, amount: Minor) -> Result<String, Stop> {
        self.made(Ask::new(Verb::OpenRetainer).amount(amount).client(client)).await
    }

    /// An invoice of so much, given out.
    pub async fn invoice(&mut self, client: &str, amount: Minor) -> Result<String, Stop> {
        let invoice =
            self.made(Ask::new(Verb::CreateInvoice).amount(amount).client(client)).await?;
        if self.has(Verb::SendInvoice) {
            self.make(Ask::new(Verb::SendInvoice).on(&invoice)).await?;
        }
        Ok(invoice)
    }

    /// A payment that is still to come.
    pub async fn payment(
        &mut self,
        client: &str,
        invoice: Option<&str>,
        amount: Minor,
    ) -> Result<String, Stop> {
        let invoice = invoice.map(str::to_owned);
        let ask = Ask::new(Verb::CreatePayment).amount(amount).client(client);
        self.made(ask.with(|args| args.invoice = invoice)).await
    }

    /// Releases them together, dealt over the target's processes.
    pub async fn race(&mut self, asks: Vec<Ask>) -> Result<(), Stop> {
        self.release(asks, std::future::ready(())).await
    }

    /// The same, while something else is done.
    async fn release<T>(
        &mut self,
        asks: Vec<Ask>,
        beside: impl Future<Output = T>,
    ) -> Result<T, Stop> {
        let sent = self.prepare(asks)?;
        let calls: Vec<Call> = sent.iter().map(|sent| sent.call.clone()).collect();
        let race = self.target.wire.race(&calls, self.settings.delivery);
        let (volley, done) = tokio::join!(race, beside);
        let volley =
            volley.map_err(|lost| Stop::Target(format!("the race could not be armed: {lost}")))?;
        if volley.is_early {
            return Err(Stop::Void("an answer came before its request was whole".to_owned()));
        }
        let spread_us = u64::try_from(volley.spread().as_micros()).unwrap_or(u64::MAX);
        self.history.header.spread_us = self.history.header.spread_us.max(spread_us);
        for (sent, reply) in sent.into_iter().zip(volley.replies) {
            self.record(sent, Phase::Race, &reply);
        }
        self.resolve().await;
        Ok(done)
    }

    /// One after the other, as part of the race.
    pub async fn in_turn(&mut self, asks: Vec<Ask>) -> Result<(), Stop> {
        for ask in asks {
            self.one(ask, Phase::Race).await?;
        }
        Ok(())
    }

    /// Sends the first and hangs up before its answer, and races the others while it is carried out.
    pub async fn hang_up_and_race(&mut self, first: Ask, others: Vec<Ask>) -> Result<(), Stop> {
        const WAIT: Duration = Duration::from_micros(300);
        let mut sent = self.prepare(vec![first])?;
        if let Some(sent) = sent.pop() {
            let reply = self.target.wire.abandon(&sent.call, WAIT).await;
            self.record(sent, Phase::Race, &reply);
        }
        self.race(others).await
    }

    /// Reads what is left, twice: what changes after everything was answered shows in the second.
    pub async fn rest(&mut self, ask: Ask) -> Result<(), Stop> {
        for _ in 0..2 {
            self.one(ask.clone(), Phase::Final).await?;
        }
        Ok(())
    }

    /// Reads what is left, once.
    pub async fn rest_once(&mut self, ask: Ask) -> Result<(), Stop> {
        self.one(ask, Phase::Final).await.map(drop)
    }

    /// Walks a list page by page, and does the other thing after each of the first pages.
    pub async fn walk_while(&mut self, walk: Ask, other: Ask) -> Result<(), Stop> {
        self.beside = Some(other);
        let walked = self.one(walk, Phase::Final).await;
        self.beside = None;
        walked.map(drop)
    }

    /// The same, if the server can be asked for it.
    pub async fn rest_if(&mut self, ask: Ask) -> Result<(), Stop> {
        if self.has(ask.verb) { self.rest(ask).await } else { Ok(()) }
    }

    /// An account, its movements, and the books that everything is in.
    pub async fn rest_of_account(&mut self, account: &str) -> Result<(), Stop> {
        self.rest_if(Ask::new(Verb::ListEntries).on(account)).await?;
        self.rest(Ask::new(Verb::ReadRetainer).on(account)).await
    }

    /// The books and the audit records, where they can be read.
    pub async fn rest_of_books(&mut self) -> Result<(), Stop> {
        self.rest_if(Ask::new(Verb::Journal)).await?;
        if self.has(Verb::Audit) {
            self.one(Ask::new(Verb::Audit), Phase::Final).await?;
        }
        Ok(())
    }

    /// Reads after a restart.
    pub async fn after_restart(&mut self, ask: Ask) -> Result<(), Stop> {
        self.one(ask, Phase::Restarted).await.map(drop)
    }

    /// Races while the target is killed and started again, or while one of its processes sleeps.
    pub async fn race_disturbed(&mut self, asks: Vec<Ask>) -> Result<(), Stop> {
        let sent = self.prepare(asks)?;
        let calls: Vec<Call> = sent.iter().map(|sent| sent.call.clone()).collect();
        let late = Duration::from_micros(self.rng.u64(0..8_000));
        let target = self.target;
        let earlier = target.wire.releases();
        let race = target.wire.race(&calls, self.settings.delivery);
        let disturb = async {
            target.wire.released_after(earlier).await;
            tokio::time::sleep(late).await;
            control::disturb(target).await
        };
        // Who names a process or a command wants that; else the target may restart itself when asked.
        let is_from_outside = !target.pids.is_empty() || target.restart.is_some();
        let (volley, disturbed) = if !is_from_outside && target.adapter.has(Verb::Restart) {
            let volley = race.await;
            (volley, self.one(Ask::new(Verb::Restart), Phase::Setup).await.map(drop))
        } else {
            tokio::join!(race, disturb)
        };
        disturbed?;
        self.target.wire.forget();
        let volley = match volley {
            Ok(volley) => volley,
            Err(lost) => return Err(Stop::Void(format!("killed before the release: {lost}"))),
        };
        for (sent, reply) in sent.into_iter().zip(volley.replies) {
            self.record(sent, Phase::Race, &reply);
        }
        self.resolve().await;
        Ok(())
    }

    /// Races while the year turns.
    pub async fn race_over_new_year(&mut self, asks: Vec<Ask>) -> Result<(), Stop> {
        const LATE_US_MAX: u64 = 3_000;
        let (target, year) = (self.target, self.target.years.next());
        // Days from midnight, so that it is the same year in every time zone.
        let old = self.clock(format!("{year}-12-30 12:00:00"))?;
        let reply = turn(target, &old).await?;
        self.record(old, Phase::Setup, &reply);
        let new = self.clock(format!("{}-01-02 12:00:00", year + 1))?;
        let late = Duration::from_micros(self.rng.u64(0..LATE_US_MAX));
        let earlier = target.wire.releases();
        let turned = async {
            target.wire.released_after(earlier).await;
            tokio::time::sleep(late).await;
            turn(target, &new).await
        };
        let reply = self.release(asks, turned).await??;
        self.record(new, Phase::Race, &reply);
        Ok(())
    }

    /// A clock to be set: asked for, or by a command.
    fn clock(&mut self, time: String) -> Result<Sent, Stop> {
        let ask = Ask::new(Verb::SetClock).with(|args| args.value = Some(time));
        if self.has(Verb::SetClock) {
            return self.prepared(ask, None);
        }
        let request = self.name("probe");
        Ok(Sent { ask, call: Call::default(), key: None, request })
    }

    /// Gives whatever still works in the background the time to show itself.
    pub async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// A request that somebody else sends, as part of the race.
    pub fn sending(&mut self, ask: Ask) -> Result<Sent, Stop> {
        self.prepared(ask, None)
    }

    /// What it was answered.
    pub fn answered(&mut self, sent: Sent, reply: &Reply) {
        self.record(sent, Phase::Race, reply);
    }

    fn prepare(&mut self, asks: Vec<Ask>) -> Result<Vec<Sent>, Stop> {
        asks.into_iter().map(|ask| self.prepared(ask, None)).collect()
    }

    fn prepared(&mut self, ask: Ask, cursor: Option<&str>) -> Result<Sent, Stop> {
        let token = self.target.tokens.get(&ask.tenant).cloned().unwrap_or_default();
        let request = self.name("probe");
        let key = match &ask.key {
            Key::Own => format!("key-{request}"),
            Key::Shared(key) => key.clone(),
        };
        let is_keyed = self.target.adapter.key_header.is_some() && !ask.verb.is_read();
        let key = is_keyed.then_some(key);
        let sender =
            Sender { tenant: &ask.tenant, token: &token, request: &request, key: key.as_deref() };
        let call = self.target.adapter.call(ask.verb, ask.on.as_deref(), &ask.args, sender, cursor);
        let mut call =
            call.ok_or_else(|| Stop::Target(format!("{} is not mapped", ask.verb.name())))?;
        let turn = usize::try_from(self.asked).unwrap_or(0);
        call.target = ask.target.unwrap_or(turn) % self.target.wire.targets().max(1);
        if ask.is_second {
            call.offset = self.settings.offset;
        }
        Ok(Sent { ask, call, key, request })
    }

    /// Asks one thing, all pages of it; the place of the operation.
    async fn one(&mut self, ask: Ask, phase: Phase) -> Result<usize, Stop> {
        const PAGES_MAX: usize = 200;
        const BESIDE_MAX: usize = 3;
        let sent = self.prepared(ask.clone(), None)?;
        let reply = self.target.wire.send(&sent.call).await;
        let verb = sent.ask.verb;
        let n = self.record(sent, phase, &reply);
        let mut last = reply;
        for page_n in 0..PAGES_MAX {
            let page = last.result.as_ref().ok();
            let cursor = page.and_then(|page| self.target.adapter.next_page(verb, page));
            let Some(cursor) = cursor else { break };
            if let Some(other) = self.beside.clone().filter(|_| page_n < BESIDE_MAX) {
                let sent = self.prepared(other, None)?;
                let reply = self.target.wire.send(&sent.call).await;
                self.record(sent, Phase::Race, &reply);
            }
            let next = self.prepared(ask.clone(), Some(&cursor))?;
            last = self.target.wire.send(&next.call).await;
            let seen = last.result.as_ref().map(|page| self.target.adapter.seen(verb, page));
            let op = &mut self.history.ops[n];
            op.ret_ns = last.ret_ns;
            match seen {
                Ok(seen) => extend(&mut op.seen, seen),
                Err(_) => op.outcome = Outcome::Unknown,
            }
        }
        Ok(n)
    }

    fn record(&mut self, sent: Sent, phase: Phase, reply: &Reply) -> usize {
        let Sent { ask, call, key, request } = sent;
        let outcome = self.target.adapter.outcome(&reply.result);
        let response = reply.result.as_ref().ok();
        let seen = match &reply.result {
            Ok(response) => self.target.adapter.seen(ask.verb, response),
            Err(lost) => Seen { body: lost.to_string(), ..Seen::default() },
        };
        let on = if ask.verb.is_creation() { seen.id.clone() } else { ask.on };
        let id = self.history.ops.len();
        self.history.ops.push(Op {
            id,
            phase,
            verb: ask.verb,
            on,
            args: ask.args,
            key,
            request: Some(request),
            tenant: ask.tenant,
            target: call.target,
            call_ns: reply.call_ns,
            ret_ns: reply.ret_ns.filter(|_| outcome != Outcome::Unknown),
            outcome,
            status: response.map(|response| response.status),
            seen,
        });
        id
    }

    /// Asks by their keys what became of the requests without an answer; the others stay unknown.
    async fn resolve(&mut self) {
        let open: Vec<usize> = (0..self.history.ops.len())
            .filter(|n| self.history.ops[*n].outcome == Outcome::Unknown)
            .collect();
        for n in open {
            let op = &self.history.ops[n];
            let token = self.target.tokens.get(&op.tenant).cloned().unwrap_or_default();
            let (tenant, key, request) = (&op.tenant, op.key.as_deref(), "probe-resolve");
            let Some(key) = key else { continue };
            let sender = Sender { tenant, token: &token, request, key: Some(key) };
            let Some(call) = self.target.adapter.resolving(sender) else { continue };
            let reply = self.target.wire.send(&call).await;
            let known = reply.result.ok().and_then(|answer| self.target.adapter.resolved(&answer));
            if let Some(outcome) = known {
                self.history.ops[n].outcome = outcome;
            }
        }
    }
}

fn extend(seen: &mut Seen, page: Seen) {
    if let (Some(names), Some(more)) = (&mut seen.names, page.names) {
        names.extend(more);
    }
    if let (Some(entries), Some(more)) = (&mut seen.entries, page.entries) {
        // Pages of a list that is told newest first were turned round one by one.
        entries.splice(0..0, more);
    }
    seen.balances.extend(page.balances);
}

/// Sets the target's clock in whichever way it can be set.
async fn turn(target: &Target, sent: &Sent) -> Result<Reply, Stop> {
    if target.adapter.has(Verb::SetClock) {
        return Ok(target.wire.send(&sent.call).await);
    }
    control::set_clock(target, sent.ask.args.value.as_deref().unwrap_or_default()).await
}

impl Wire {
    /// Sends a request whole, and hangs up after a while.
    async fn abandon(&self, call: &Call, wait: Duration) -> Reply {
        let call_ns = self.now_ns();
        let sent = self.write_only(call).await;
        tokio::time::sleep(wait).await;
        drop(sent);
        Reply { call_ns, first_ns: None, ret_ns: None, result: Err(Lost::HungUp) }
    }
}
