//! A small server in the shape of the backend that the concurrency report is about: its routes, its answers,
//! and its ten findings. It reads a document, waits as long as a database takes, decides, and saves what it
//! has. Amounts are floats, as there. **Only ever a target.**

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::host::{self, Host};

/// The adapter that speaks to it, and to the backend it is modelled on.
pub const ADAPTER: &str = include_str!("../adapters/express.toml");

/// A running one; it ends when this is dropped.
pub struct Naive {
    /// Where it listens.
    pub address: SocketAddr,
    _host: Host,
}

type Document = serde_json::Map<String, Value>;
type Answer = (StatusCode, Json<Value>);
type Answered = Result<Answer, Answer>;

/// Collections of documents, by their ids.
struct Database {
    documents: Mutex<BTreeMap<String, Document>>,
    window: Duration,
}

impl Naive {
    /// Starts it.
    ///
    /// # Errors
    /// When it can't listen.
    pub fn start(listen: SocketAddr, window: Duration) -> std::io::Result<Self> {
        let (listener, address) = host::listen(listen)?;
        let database = Arc::new(Database { documents: Mutex::default(), window });
        Ok(Self { address, _host: Host::start(vec![(listener, routes(database))])? })
    }

    /// The target for a wire.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn routes(database: Arc<Database>) -> Router {
    Router::new()
        .route("/api/clients", post(create_client))
        .route("/api/retainers", post(create_retainer))
        .route("/api/retainers/{id}", get(read))
        .route("/api/retainers/{id}/consume", post(consume))
        .route("/api/retainers/{id}/replenish", post(replenish))
        .route("/api/retainers/{id}/history", get(history))
        .route("/api/invoices", post(create_invoice))
        .route("/api/invoices/{id}", get(read))
        .route("/api/payments", post(create_payment))
        .route("/api/payments/{id}", get(read))
        .route("/api/payments/{id}/complete", post(complete_payment))
        .route("/api/payments/{id}/refund", post(create_refund))
        .route("/api/transactions", post(create_transaction))
        .route("/api/jobs", post(create_job))
        .route("/api/jobs/{id}", get(read))
        .route("/api/proposals", post(create_proposal))
        .with_state(database)
}

type Db = State<Arc<Database>>;

impl Database {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<String, Document>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `Model.findById`: a copy, after as long as a database takes.
    async fn find(&self, id: &str) -> Result<Document, Answer> {
        let found = self.documents().get(id).cloned();
        tokio::time::sleep(self.window).await;
        found.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "غير موجود"))
    }

    /// `Model.countDocuments`.
    async fn count(&self, what: &str) -> usize {
        let count = self.documents().keys().filter(|id| id.starts_with(what)).count();
        tokio::time::sleep(self.window).await;
        count
    }

    /// `document.save()`: the whole document, as the caller has it.
    fn save(&self, document: &Document) {
        self.documents().insert(text(document, "_id"), document.clone());
    }

    fn insert(&self, what: &str, fields: &Value) -> Document {
        let mut documents = self.documents();
        let id = format!("{what}{:020x}", documents.len() + 1);
        let mut document = fields.as_object().cloned().unwrap_or_default();
        document.insert("_id".to_owned(), json!(id));
        documents.insert(id, document.clone());
        document
    }
}

fn text(document: &Document, field: &str) -> String {
    document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(document: &Document, field: &str) -> f64 {
    document.get(field).and_then(Value::as_f64).unwrap_or(0.0)
}

fn set(document: &mut Document, field: &str, value: impl Into<Value>) {
    document.insert(field.to_owned(), value.into());
}

fn push(document: &mut Document, field: &str, value: Value) {
    if let Some(list) = document.entry(field).or_insert_with(|| json!([])).as_array_mut() {
        list.push(value);
    }
}

fn refuse(status: StatusCode, message: &str) -> Answer {
    (status, Json(json!({"error": true, "message": message})))
}

fn ok(status: StatusCode, document: &Document) -> Answered {
    Ok((status, Json(json!({"success": true, "data": document}))))
}

fn amount(body: &Value) -> Result<f64, Answer> {
    let amount = body.get("amount").and_then(Value::as_f64).filter(|amount| *amount > 0.0);
    amount.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "المبلغ مطلوب ويجب أن يكون أكبر من صفر"))
}

async fn read(State(db): Db, Path(id): Path<String>) -> Answered {
    ok(StatusCode::OK, &db.find(&id).await?)
}

/// Finding 7: the client's number is a count plus one.
async fn create_client(State(db): Db, Json(body): Json<Value>) -> Answered {
    let number = format!("CLT-2025-{:04}", db.count("c").await + 1);
    ok(StatusCode::CREATED, &db.insert("c", &json!({"clientId": number, "name": body["name"]})))
}

/// Finding 6: the retainer's number is a count plus one.
async fn create_retainer(State(db): Db, Json(body): Json<Value>) -> Answered {
    let number = format!("RET-2025-{:04}", db.count("e").await + 1);
    let first = &body["initialAmount"];
    let retainer = json!({"retainerNumber": number, "clientId": body["clientId"], "status": "active",
        "currentBalance": first, "history": [{"type": "deposit", "amount": first}]});
    ok(StatusCode::CREATED, &db.insert("e", &retainer))
}

/// Finding 1: check, then use, then save.
async fn consume(State(db): Db, Path(id): Path<String>, Json(body): Json<Value>) -> Answered {
    let amount = amount(&body)?;
    let mut retainer = db.find(&id).await?;
    let balance = number(&retainer, "currentBalance");
    if balance < amount {
        return Err(refuse(StatusCode::BAD_REQUEST, "مبلغ العربون غير كافٍ"));
    }
    push(&mut retainer, "history", json!({"type": "consumption", "amount": amount}));
    set(&mut retainer, "currentBalance", balance - amount);
    if balance - amount <= 0.0 {
        set(&mut retainer, "status", "depleted");
    }
    db.save(&retainer);
    ok(StatusCode::OK, &retainer)
}

/// Finding 1, the other half; and what finding 4 calls.
async fn replenish(State(db): Db, Path(id): Path<String>, Json(body): Json<Value>) -> Answered {
    let amount = amount(&body)?;
    let mut retainer = db.find(&id).await?;
    deposit(&mut retainer, amount);
    db.save(&retainer);
    ok(StatusCode::OK, &retainer)
}

fn deposit(retainer: &mut Document, amount: f64) {
    push(retainer, "history", json!({"type": "deposit", "amount": amount}));
    let balance = number(retainer, "currentBalance");
    set(retainer, "currentBalance", balance + amount);
    set(retainer, "status", "active");
}

async fn history(State(db): Db, Path(id): Path<String>) -> Answered {
    let retainer = db.find(&id).await?;
    let rows = retainer.get("history").cloned().unwrap_or_default();
    Ok((StatusCode::OK, Json(json!({"success": true, "data": rows}))))
}

/// Finding 9: the invoice's number is four random digits.
async fn create_invoice(State(db): Db, Json(body): Json<Value>) -> Answered {
    let number = format!("INV-202512-{:04}", fastrand::u32(0..10_000));
    let total = &body["totalAmount"];
    let invoice = json!({"invoiceNumber": number, "clientId": body["clientId"], "status": "sent",
        "totalAmount": total, "amountPaid": 0, "balanceDue": total});
    ok(StatusCode::CREATED, &db.insert("f", &invoice))
}

/// Finding 5: the payment's number is a count plus one.
async fn create_payment(State(db): Db, Json(body): Json<Value>) -> Answered {
    let amount = amount(&body)?;
    let number = format!("PAY-2025-{:04}", db.count("a").await + 1);
    let payment = json!({"paymentNumber": number, "clientId": body["clientId"], "amount": amount,
        "invoiceId": body["invoiceId"], "status": "pending"});
    ok(StatusCode::CREATED, &db.insert("a", &payment))
}

/// Findings 2 and 4, and no transaction around them.
async fn complete_payment(
    State(db): Db,
    Path(id): Path<String>,
    _read_whole: Json<Value>,
) -> Answered {
    let mut payment = db.find(&id).await?;
    if text(&payment, "status") == "completed" {
        return Err(refuse(StatusCode::BAD_REQUEST, "الدفعة مكتملة بالفعل"));
    }
    set(&mut payment, "status", "completed");
    let amount = number(&payment, "amount");
    let invoice_id = text(&payment, "invoiceId");
    db.save(&payment);
    if invoice_id.is_empty() {
        let newest = newest_retainer(&db, &text(&payment, "clientId"));
        if let Some(id) = newest {
            let mut retainer = db.find(&id).await?;
            deposit(&mut retainer, amount);
            db.save(&retainer);
        }
    } else {
        let mut invoice = db.find(&invoice_id).await?;
        let paid = number(&invoice, "amountPaid") + amount;
        settle(&mut invoice, paid);
        db.save(&invoice);
    }
    ok(StatusCode::OK, &payment)
}

fn newest_retainer(db: &Database, client: &str) -> Option<String> {
    let documents = db.documents();
    let own = documents
        .iter()
        .filter(|(id, document)| id.starts_with('e') && text(document, "clientId") == client);
    own.map(|(id, _)| id.clone()).next_back()
}

fn settle(invoice: &mut Document, paid: f64) {
    let due = number(invoice, "totalAmount") - paid;
    set(invoice, "amountPaid", paid);
    set(invoice, "balanceDue", due);
    if due <= 0.0 {
        set(invoice, "status", "paid");
    } else if paid > 0.0 {
        set(invoice, "status", "partial");
    }
}

/// Finding 3: what is left is computed from a copy, and clamped.
async fn create_refund(State(db): Db, Path(id): Path<String>, Json(body): Json<Value>) -> Answered {
    let amount = amount(&body)?;
    let mut payment = db.find(&id).await?;
    let refunded = number(&payment, "refunded") + amount;
    if text(&payment, "status") != "completed" || refunded > number(&payment, "amount") {
        return Err(refuse(StatusCode::BAD_REQUEST, "مبلغ الاسترداد أكبر من المبلغ الأصلي"));
    }
    set(&mut payment, "refunded", refunded);
    db.save(&payment);
    let invoice_id = text(&payment, "invoiceId");
    if !invoice_id.is_empty() {
        let mut invoice = db.find(&invoice_id).await?;
        let paid = (number(&invoice, "amountPaid") - amount).max(0.0);
        settle(&mut invoice, paid);
        db.save(&invoice);
    }
    ok(StatusCode::CREATED, &payment)
}

/// Finding 10: the transaction's number is random. Five digits there; four here, so that a race of a
/// hundred shows it.
async fn create_transaction(State(db): Db, Json(body): Json<Value>) -> Answered {
    let amount = amount(&body)?;
    let number = format!("TXN-202512-{:05}", fastrand::u32(0..10_000));
    ok(StatusCode::CREATED, &db.insert("d", &json!({"transactionId": number, "amount": amount})))
}

async fn create_job(State(db): Db, Json(body): Json<Value>) -> Answered {
    let job = json!({"title": body["title"], "status": "open", "proposalsCount": 0});
    ok(StatusCode::CREATED, &db.insert("b", &job))
}

/// Finding 8: the counter is a field of a document that is saved whole by whoever has a copy of it.
async fn create_proposal(State(db): Db, Json(body): Json<Value>) -> Answered {
    let id = body["jobId"].as_str().unwrap_or_default().to_owned();
    let mut job = db.find(&id).await?;
    let count = number(&job, "proposalsCount");
    set(&mut job, "proposalsCount", (count + 1.0).round() as u64);
    db.save(&job);
    ok(StatusCode::CREATED, &job)
}
