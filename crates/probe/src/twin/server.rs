//! The twin behind HTTP: `POST /{verb}/{on}` does it, `GET` reads it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::{Map, Value, json};

use super::{
    Flaw, Keep,
    books::{Answer, Books, Doc, Kept, Request},
    decide::{Step, elements, shown},
    store::{Place, Store, now_ms},
};
use crate::{
    history::{Args, Verb},
    host::{self, Host},
};

/// How a twin is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its bug, if it has one.
    pub flaw: Option<Flaw>,
    /// Where its books are.
    pub keep: Keep,
    /// How many front ends it has, each like a process of its own.
    pub fronts: usize,
    /// How long a flawed step lies between what it reads and what it writes.
    pub window: Duration,
    /// What `withdraw` keeps on its two accounts.
    pub joint_minimum: i64,
    /// Where the first front end listens; the others take any port.
    pub listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flaw: None,
            keep: Keep::Memory,
            fronts: 1,
            window: Duration::from_millis(2),
            joint_minimum: 10_000,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }
}

/// A running twin; it ends when this is dropped.
pub struct Twin {
    /// Where its front ends are.
    pub addresses: Vec<SocketAddr>,
    _host: Host,
}

impl Twin {
    /// Starts one.
    ///
    /// # Errors
    /// When it can't listen.
    pub fn start(options: &Options) -> std::io::Result<Self> {
        let shared = Arc::new(Mutex::new(Books::default()));
        let (mut addresses, mut fronts) = (Vec::new(), Vec::new());
        for n in 0..options.fronts {
            let mut address = options.listen;
            if n > 0 {
                address.set_port(0);
            }
            let (listener, address) = host::listen(address)?;
            let router = Router::new()
                .route("/{verb}", any(answer))
                .route("/{verb}/{on}", any(answer))
                .with_state(Arc::new(Front::new(options, &shared)));
            addresses.push(address);
            fronts.push((listener, router));
        }
        Ok(Self { addresses, _host: Host::start(fronts)? })
    }

    /// The targets for a wire.
    pub fn urls(&self) -> Vec<String> {
        self.addresses.iter().map(|address| format!("http://{address}")).collect()
    }
}

struct Front {
    store: Store,
    nth: AtomicU64,
    since: Instant,
    joint_minimum: i64,
    under_way: AtomicU64,
    /// What this front tells the monitors.
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Front {
    fn new(options: &Options, shared: &Arc<Mutex<Books>>) -> Self {
        let place = match &options.keep {
            Keep::Memory => Place::Memory(Arc::clone(shared)),
            Keep::Folder(folder) => Place::Folder(folder.clone()),
        };
        let (flaw, window) = (options.flaw, options.window);
        let store = Store { place, flaw, window, own: tokio::sync::Mutex::default() };
        Self {
            store,
            nth: AtomicU64::new(0),
            since: Instant::now(),
            joint_minimum: options.joint_minimum,
            under_way: AtomicU64::new(0),
            counts: Mutex::default(),
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.store.flaw == Some(flaw)
    }
}

async fn answer(
    State(front): State<Arc<Front>>,
    path: Path<BTreeMap<String, String>>,
    query: Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let Some(request) = request(&path, &query, &headers, &body) else {
        return respond(Answer::refused(400, "malformed"));
    };
    respond(front.answer(request).await)
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response()
}

fn request(
    path: &BTreeMap<String, String>,
    query: &BTreeMap<String, String>,
    headers: &HeaderMap,
    body: &str,
) -> Option<Request> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let verb = serde_json::from_value(json!(path.get("verb")?)).ok()?;
    let args: Args =
        if body.is_empty() { Args::default() } else { serde_json::from_str(body).ok()? };
    Some(Request {
        verb,
        on: path.get("on").cloned(),
        args,
        tenant: header("x-tenant")?,
        key: header("idempotency-key"),
        name: header("x-request-id").unwrap_or_default(),
        cursor: query.get("cursor").filter(|cursor| !cursor.is_empty()).cloned(),
    })
}

impl Front {
    async fn answer(&self, request: Request) -> Answer {
        let nth = self.nth.fetch_add(1, Ordering::Relaxed) + 1;
        match request.verb {
            Verb::Restart => return self.restart().await,
            Verb::SetClock => return self.set_clock(&request).await,
            Verb::Metrics => return self.metrics(),
            _ => {}
        }
        if request.verb.is_read() {
            return self.look(&request, nth).await;
        }
        if self.is(Flaw::ConflictIs500) {
            let others = self.under_way.fetch_add(1, Ordering::SeqCst);
            self.store.pause().await;
            let answer = if others > 0 {
                Answer::refused(500, "conflict")
            } else {
                self.act(&request, nth).await
            };
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            return answer;
        }
        self.act(&request, nth).await
    }

    /// Forgets what had not been written.
    async fn restart(&self) -> Answer {
        self.store.read(|_| ());
        if let Place::Memory(books) = &self.store.place {
            let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(durable) = books.durable.take() {
                *books = *durable;
            }
        }
        Answer::new(200, &json!({}))
    }

    async fn set_clock(&self, request: &Request) -> Answer {
        let year = request.args.value.as_deref().and_then(|time| time.get(..4)?.parse().ok());
        let Some(year) = year else { return Answer::refused(400, "time") };
        self.store.write(|books| books.year = year).await;
        Answer::new(200, &json!({}))
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metrics(&self) -> Answer {
        let counts = self.counts();
        let lines =
            counts.iter().map(|(labels, count)| format!("requests_total{{{labels}}} {count}\n"));
        Answer { status: 200, body: lines.collect() }
    }

    /// Counts a request by what came of it.
    async fn count(&self, request: &Request, answer: &Answer, is_replay: bool) {
        let outcome = match answer.status {
            _ if is_replay => "replayed",
            200..300 => "ok",
            _ => "refused",
        };
        let labels = format!("verb=\"{}\",outcome=\"{outcome}\"", request.verb.name());
        let was = self.counts().get(&labels).copied().unwrap_or(0);
        if self.is(Flaw::LostCount) {
            self.store.pause().await;
            self.counts().insert(labels, was + 1);
        } else {
            *self.counts().entry(labels).or_default() += 1;
        }
    }

    fn scope(&self, request: &Request) -> Option<String> {
        let key = request.key.as_ref()?;
        Some(match self.store.flaw {
            Some(Flaw::IdemNotTenantScoped) => key.clone(),
            Some(Flaw::ReplayOtherTenant) => format!("{:?}/{key}", request.verb),
            _ => format!("{}/{key}", request.tenant),
        })
    }

    fn step<'a>(&'a self, request: &'a Request, old: &'a Books, nth: u64) -> Step<'a> {
        Step {
            request,
            old,
            flaw: self.store.flaw,
            now_ms: now_ms(self.since),
            nth,
            joint_minimum: self.joint_minimum,
        }
    }

    async fn act(&self, request: &Request, nth: u64) -> Answer {
        let scope = self.scope(request);
        let is_open = self.is(Flaw::IdemFailOpen) && nth.is_multiple_of(2);
        let scope = scope.filter(|_| !is_open);
        // What a flawed step decides on is read before the pause; the others never look at it.
        let mut old = Books::default();
        if self.reads_early(request.verb) {
            let scope = scope.clone();
            old = self.store.read(|books| early(books, request, scope.as_deref()));
            if self.is(Flaw::IdemCheckThenSet)
                && let Some(scope) = &scope
                && let Some(answer) = self.kept(&old, request, scope)
            {
                return answer;
            }
            self.store.pause().await;
        }
        if self.is(Flaw::DipsBelow) && request.verb == Verb::Consume {
            return self.dip(request, &old, nth).await;
        }
        if let Some(answer) = self.leak(request) {
            return answer;
        }
        let step = self.step(request, &old, nth);
        let (answer, is_replay) = self
            .store
            .write(|books| {
                if let Some(scope) = &scope
                    && !self.is(Flaw::IdemCheckThenSet)
                    && let Some(answer) = self.kept(books, request, scope)
                {
                    return (answer, true);
                }
                let answer = step.run(books);
                if let Some(scope) = scope {
                    let (asked, on) = (request.asked(), request.on.clone());
                    books.keys.insert(scope, Kept { asked, answer: Some(answer.clone()), on });
                }
                (answer, false)
            })
            .await;
        self.count(request, &answer, is_replay).await;
        self.second(request, &old, nth, answer).await
    }

    /// Whether the flaw has to do with what this verb reads before its pause. Creations are set-up more
    /// often than not, and only some flaws are in them.
    fn reads_early(&self, verb: Verb) -> bool {
        use Flaw::*;
        let is_elsewhere = |flaw| {
            let is_store = matches!(flaw, MutexInProcess | LeaseExpires | AckBeforeCommit);
            is_store || matches!(flaw, StaleRead | LongFork | DipsBelow)
        };
        let is_in_creation = |flaw| {
            let is_number = matches!(flaw, CountPlusOne | MaxPlusOne | Random4 | SeqGapOnRollback);
            let is_key = matches!(flaw, IdemCheckThenSet | IdemFailOpen | ReplayOtherTenant);
            is_number || is_key || flaw == DeleteUnchecked
        };
        self.store.flaw.is_some_and(|flaw| {
            !is_elsewhere(flaw) && (!verb.is_creation() || is_in_creation(flaw))
        })
    }

    /// What a repeated key is answered.
    fn kept(&self, books: &Books, request: &Request, scope: &str) -> Option<Answer> {
        let kept = books.keys.get(scope)?;
        if kept.asked != request.asked() && !self.is(Flaw::IdemBodyIgnored) {
            return Some(Answer::refused(422, "key_reused"));
        }
        if self.is(Flaw::ReplayChanges)
            && let Some(doc) = kept.on.as_ref().and_then(|on| books.docs.get(on))
        {
            let was = kept.answer.as_ref().map_or("{}", |answer| answer.body.as_str());
            let mut body: Map<String, Value> = serde_json::from_str(was).unwrap_or_default();
            body.insert("balance".to_owned(), json!(doc.sum));
            return Some(Answer::new(200, &Value::Object(body)));
        }
        kept.answer.clone()
    }

    async fn dip(&self, request: &Request, old: &Books, nth: u64) -> Answer {
        let amount = request.args.amount.unwrap_or(0);
        let on = request.on.clone().unwrap_or_default();
        let left = self.store.write(|books| {
            let doc = books.docs.get_mut(&on)?;
            doc.sum -= amount;
            Some(doc.sum)
        });
        let Some(left) = left.await else { return Answer::refused(404, "not_found") };
        if left < 0 {
            self.store.pause().await;
        }
        let step = self.step(request, old, nth);
        self.store
            .write(|books| {
                if let Some(doc) = books.docs.get_mut(&on) {
                    doc.sum += amount;
                }
                if left < 0 {
                    Answer::refused(400, "insufficient_balance")
                } else {
                    step.run(books)
                }
            })
            .await
    }

    /// Another tenant's document, in the answer that says it is not there.
    fn leak(&self, request: &Request) -> Option<Answer> {
        let on = request.on.as_ref().filter(|_| self.is(Flaw::FilterAfterLoad))?;
        let found = self.store.read(|books| books.docs.get(on).cloned())?;
        let is_theirs = found.tenant != request.tenant;
        is_theirs.then(|| Answer::new(403, &Value::Object(shown(&found))))
    }

    /// What follows the commit, where it is no transaction.
    async fn second(&self, request: &Request, old: &Books, nth: u64, answer: Answer) -> Answer {
        let is_two_steps = self.is(Flaw::TwoStepNoTx)
            && request.verb == Verb::CompletePayment
            && answer.status == 200;
        if !is_two_steps {
            return answer;
        }
        self.store.pause().await;
        if nth.is_multiple_of(3) {
            return Answer::refused(500, "second_step");
        }
        let step = self.step(request, old, nth);
        self.store.write(|books| step.second_step(books)).await.map_or_else(|no| no, |()| answer)
    }

    async fn look(&self, request: &Request, nth: u64) -> Answer {
        match request.verb {
            Verb::Snapshot if self.is(Flaw::TornTotal) => self.torn(request).await,
            Verb::Snapshot => {
                let now_ms = now_ms(self.since);
                self.store.read(|books| snapshot(books, request, self.fork(nth, now_ms)))
            }
            Verb::ListClients => self.store.read(|books| self.page(books, request)),
            Verb::Journal => self.store.read(|books| {
                Answer::new(200, &json!({"debits": books.debits, "credits": books.credits}))
            }),
            Verb::Audit => self.store.read(|books| {
                let own = books.audit.iter().filter(|(tenant, _)| *tenant == request.tenant);
                let rows: Vec<_> = own.map(|(_, name)| json!({ "name": name })).collect();
                Answer::new(200, &json!({ "rows": rows }))
            }),
            _ => self.store.read(|books| self.document(books, request)),
        }
    }

    /// Which elements a forked reader does not see yet: the other half's, while they are young.
    fn fork(&self, nth: u64, now_ms: u64) -> impl Fn(i64, u64) -> bool {
        const LAG_MS: u64 = 40;
        let is_forked = self.is(Flaw::LongFork);
        move |amount: i64, at_ms: u64| {
            let half = u64::from(amount.unsigned_abs().trailing_zeros()) % 2;
            !(is_forked && half != nth % 2 && now_ms.saturating_sub(at_ms) < LAG_MS)
        }
    }

    async fn torn(&self, request: &Request) -> Answer {
        let accounts = |books: &Books| -> Vec<(String, i64)> {
            let own = books.docs.values().filter(|doc| is_account_of(doc, &request.tenant));
            own.map(|doc| (doc.id.clone(), doc.sum)).collect()
        };
        let first = self.store.read(accounts);
        // Once as long as a change takes, and once more, so that it falls in between.
        self.store.pause().await;
        self.store.pause().await;
        let second = self.store.read(accounts);
        // Every other account as it was, the rest as they are.
        let all = first.into_iter().zip(second).enumerate();
        let all = all.map(|(n, (old, new))| if n % 2 == 0 { old } else { new });
        let rows: Vec<_> = all.map(|(id, sum)| json!({"id": id, "balance": sum})).collect();
        Answer::new(200, &json!({ "rows": rows }))
    }

    fn page(&self, books: &Books, request: &Request) -> Answer {
        const ROWS_MAX: usize = 3;
        let is_client = |doc: &&Doc| {
            doc.kind == "create_client" && doc.tenant == request.tenant && doc.status != "deleted"
        };
        let mut all: Vec<&Doc> = books.docs.values().filter(is_client).collect();
        // Newest first: new rows push the others down.
        all.sort_by_key(|doc| std::cmp::Reverse(place(doc)));
        let cursor = request.cursor.as_ref().and_then(|cursor| cursor.parse::<u64>().ok());
        let is_offset = self.is(Flaw::SkippedRows);
        let start = match cursor {
            None => 0,
            Some(cursor) if is_offset => usize::try_from(cursor).unwrap_or(0),
            Some(cursor) => all.iter().position(|doc| place(doc) < cursor).unwrap_or(all.len()),
        };
        let rows: Vec<&Doc> = all.iter().skip(start).take(ROWS_MAX).copied().collect();
        let is_last = start + rows.len() >= all.len();
        let next = if is_offset {
            Some((start + rows.len()) as u64)
        } else {
            rows.last().map(|doc| place(doc))
        };
        let next = next.filter(|_| !is_last).map(|next| next.to_string());
        let rows: Vec<_> = rows.into_iter().map(|doc| json!({ "id": doc.id })).collect();
        Answer::new(200, &json!({"rows": rows, "next": next}))
    }

    fn document(&self, books: &Books, request: &Request) -> Answer {
        const LAG_MS: u64 = 40;
        let on = request.on.as_deref();
        let found = books.doc(&request.tenant, on).or_else(|| {
            self.is(Flaw::FilterAfterLoad).then(|| books.docs.get(on.unwrap_or_default())).flatten()
        });
        let Some(doc) = found else { return Answer::refused(404, "not_found") };
        let is_young = now_ms(self.since).saturating_sub(doc.changed_ms) < LAG_MS;
        let doc = match &doc.before {
            Some(before) if self.is(Flaw::StaleRead) && is_young => before,
            _ => doc,
        };
        let mut body = shown(doc);
        if request.verb == Verb::ListEntries {
            let rows = doc.entries.iter();
            let rows: Vec<_> =
                rows.map(|entry| json!({"amount": entry.amount, "after": entry.after})).collect();
            body = Map::from_iter([("rows".to_owned(), json!(rows))]);
        }
        let status = if doc.tenant == request.tenant { 200 } else { 403 };
        Answer::new(status, &Value::Object(body))
    }
}

/// The documents that a flawed step will look at, as they are now.
fn early(books: &Books, request: &Request, scope: Option<&str>) -> Books {
    let mut old = Books::default();
    for name in request.names() {
        if let Some(doc) = books.docs.get(name) {
            old.docs.insert(name.to_owned(), doc.clone());
        }
    }
    let client = request.on.as_deref().filter(|_| request.verb == Verb::DeleteClient);
    let used = books.docs.values().filter(|doc| client.is_some_and(|client| doc.client == client));
    old.docs.extend(used.map(|doc| (doc.id.clone(), doc.clone())));
    old.year = books.year;
    let series = request.series(books.year());
    if let Some(numbers) = books.numbers.get(&series) {
        old.numbers.insert(series, numbers.clone());
    }
    if let Some((scope, kept)) = scope.and_then(|scope| books.keys.get_key_value(scope)) {
        old.keys.insert(scope.clone(), kept.clone());
    }
    old
}

fn is_account_of(doc: &Doc, tenant: &str) -> bool {
    doc.kind == "open_retainer" && doc.tenant == tenant
}

/// The order in which documents were made.
fn place(doc: &Doc) -> u64 {
    doc.id.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or(0)
}

fn snapshot(books: &Books, request: &Request, is_seen: impl Fn(i64, u64) -> bool) -> Answer {
    let own = books.docs.values().filter(|doc| is_account_of(doc, &request.tenant));
    let rows: Vec<_> = own
        .map(|doc| {
            let mut lagging = doc.clone();
            lagging.entries.retain(|entry| is_seen(entry.amount, entry.at_ms));
            json!({"id": doc.id, "balance": doc.sum, "elements": elements(&lagging)})
        })
        .collect();
    Answer::new(200, &json!({ "rows": rows }))
}
