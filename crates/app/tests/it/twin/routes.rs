//! The twin's handlers.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use domain::Currency;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    Flaw, Shared,
    documents::{Client, Line, Payment, Retainer},
    keys::{Done, no},
    reads,
};
use crate::support::{
    faulty::{PANIC, POISON},
    tokens,
};

type App = State<Arc<Shared>>;

pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/health", get(async || "alive"))
        .route("/api/clients", post(create_client).get(reads::list_clients))
        .route("/api/clients/{id}", get(reads::one_client))
        .route("/api/retainers", post(open).get(reads::list_retainers))
        .route("/api/retainers/{id}", get(reads::one_retainer).put(edit).patch(edit))
        .route("/api/retainers/{id}/consume", post(consume))
        .route("/api/retainers/{id}/replenish", post(replenish))
        .route("/api/retainers/{id}/refund", post(refund))
        .route("/api/retainers/{id}/history", get(reads::history))
        .route("/api/payments", post(record).get(reads::list_payments))
        .route("/api/payments/{id}", get(reads::one_payment))
        .route("/api/payments/{id}/complete", post(complete))
        .route("/api/members/{id}", put(set_member))
        .route("/api/outcomes/{key}", get(reads::outcome))
        .route("/api/me", get(reads::me))
        .with_state(shared)
}

pub fn respond((status, body): Done) -> Response {
    (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response()
}

/// Amounts that the caller sent, in halalas.
fn halalas(value: &Value) -> Result<i64, Done> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let decimal: Result<domain::Decimal, _> = text.parse();
    let money = decimal.and_then(|decimal| decimal.positive(Currency::SAR));
    money.map(domain::Money::minor).map_err(|_| no(400, "amount_required"))
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_default().to_owned()
}

impl Shared {
    /// The caller's firm; a dismissed member is turned away here, and nowhere later.
    pub async fn firm(&self, headers: &HeaderMap) -> Result<String, Done> {
        let token = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let (user, firm) =
            token.and_then(tokens::read).ok_or_else(|| no(401, "unauthenticated"))?;
        let active = self.documents.with(|all| all.dismissed.get(&(firm.clone(), user)).copied());
        self.pause().await;
        if active == Some(true) { Err(no(403, "member_left")) } else { Ok(firm) }
    }

    async fn mutate(
        &self,
        headers: &HeaderMap,
        act: impl AsyncFnOnce(String) -> Result<Done, Done>,
    ) -> Response {
        let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        if let Some(kept) = self.earlier(key).await {
            let mut response = respond((kept.status, kept.body));
            response.headers_mut().insert("idempotency-replayed", "true".parse().expect("a value"));
            return response;
        }
        let done = match self.firm(headers).await {
            Ok(firm) => act(firm).await.unwrap_or_else(|refused| refused),
            Err(refused) => refused,
        };
        match self.keep(key, &done).await {
            Ok(()) => respond(done),
            Err(lost) => respond(lost),
        }
    }

    /// `PREFIX-YYYY-NNNN` by counting what is there.
    async fn number(
        &self,
        prefix: &str,
        count: impl FnOnce(&super::documents::All, &str) -> usize,
    ) -> String {
        let start = format!("{prefix}-{}-", self.year());
        let taken = self.documents.with(|all| count(all, &start));
        self.pause().await;
        format!("{start}{:04}", taken + 1)
    }

    /// Reads a retainer, waits, lets `act` change it, waits, writes it whole.
    async fn change(
        &self,
        by: &str,
        act: impl FnOnce(&mut Retainer) -> Result<(), Done>,
    ) -> Result<Retainer, Done> {
        let mut doc = self.documents.retainer(by).ok_or_else(|| no(404, "retainer_not_found"))?;
        self.pause().await;
        act(&mut doc)?;
        self.pause().await;
        let read_at = doc.version;
        doc.version += 1;
        self.documents.with(|all| {
            let stands_at = all.retainers.get(&doc.id).map(|stands| stands.version);
            if self.flaw == Flaw::VersionWithoutRetry && stands_at != Some(read_at) {
                return Err(no(500, "VersionError: no matching document found"));
            }
            all.retainers.insert(doc.id.clone(), doc.clone());
            Ok(doc)
        })
    }

    fn line(
        &self,
        doc: &Retainer,
        kind: &'static str,
        amount: i64,
        payment: Option<String>,
    ) -> Line {
        let seq = i64::try_from(doc.lines.len()).expect("few lines") + 1;
        Line { kind, amount, balance_after: doc.balance, seq, payment, at: self.now() }
    }

    fn is_expired(&self, doc: &Retainer) -> bool {
        doc.end_date.as_ref().is_some_and(|end| self.now().get(..10) > end.get(..10))
    }

    fn take_out(&self, doc: &mut Retainer, kind: &'static str, amount: i64) {
        doc.balance -= amount;
        doc.lines.push(self.line(doc, kind, amount, None));
    }

    async fn consume_one(&self, by: &str, amount: i64) -> Result<Done, Done> {
        let mut alert = false;
        let mut ask = false;
        let doc = self
            .change(by, |doc| {
                if doc.status != "active" || self.is_expired(doc) {
                    return Err(no(400, "retainer_not_active"));
                }
                if doc.balance < amount {
                    return Err(no(400, "insufficient_balance"));
                }
                self.take_out(doc, "consumption", amount);
                if doc.balance <= 0 {
                    doc.status = "depleted";
                }
                alert = doc.balance <= doc.minimum && !doc.alerted;
                doc.alerted |= alert;
                ask =
                    doc.replenish.is_some_and(|(at, _)| doc.balance <= at) && !doc.replenish_asked;
                doc.replenish_asked |= ask;
                Ok(())
            })
            .await?;
        if alert {
            self.documents.with(|all| all.alerts.push(doc.id.clone()));
        }
        if let Some((_, more)) = doc.replenish.filter(|_| ask) {
            self.insert_payment(&doc.firm, &doc.client, more, "pending", Some(doc.id.clone()))
                .await;
        }
        Ok((200, moved(&doc, self.place())))
    }

    async fn insert_payment(
        &self,
        firm: &str,
        client: &str,
        amount: i64,
        status: &'static str,
        retainer: Option<String>,
    ) -> Payment {
        let number = self.number("PAY", |all, start| {
            let mut of_firm = all.payments.values().filter(|doc| doc.firm == firm);
            of_firm.by_ref().filter(|doc| doc.number.starts_with(start)).count()
        });
        let number = number.await;
        let unapplied = if status == "completed" { amount } else { 0 };
        let kind = if retainer.is_some() { "retainer" } else { "customer_payment" }.to_owned();
        let (id, created_at) = (self.new_id(), self.now());
        let (firm, client) = (firm.to_owned(), client.to_owned());
        let doc = Payment {
            id,
            firm,
            number,
            client,
            kind,
            status,
            amount,
            unapplied,
            retainer,
            version: 0,
            created_at,
        };
        self.documents.with(|all| all.payments.insert(doc.id.clone(), doc.clone()));
        doc
    }
}

fn moved(doc: &Retainer, place: u64) -> Value {
    let mut data = doc.json();
    data["retainer"] = doc.json();
    data["transaction"] = doc.lines.last().map_or(Value::Null, Line::json);
    json!({"success": true, "retainer": doc.json(), "data": data, "seq": place})
}

async fn create_client(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    app.mutate(&headers, async |firm| {
        let number = app.number("CLT", |all, start| {
            let of_firm = all.clients.values().filter(|doc| doc.firm == firm);
            of_firm.filter(|doc| doc.number.starts_with(start)).count()
        });
        let number = number.await;
        let name = text(&body, "fullName");
        let doc = Client { id: app.new_id(), firm, number, name, created_at: app.now() };
        app.documents.with(|all| all.clients.insert(doc.id.clone(), doc.clone()));
        Ok((201, json!({"success": true, "client": doc.json(), "data": doc.json()})))
    })
    .await
}

async fn open(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    app.mutate(&headers, async |firm| {
        let client = app
            .documents
            .client(&text(&body, "clientId"))
            .ok_or_else(|| no(404, "client_not_found"))?;
        let amount = halalas(&body["initialAmount"])?;
        let number = app.number("RET", |all, start| {
            let of_firm = all.retainers.values().filter(|doc| doc.firm == firm);
            of_firm.filter(|doc| doc.number.starts_with(start)).count()
        });
        let number = number.await;
        let replenish =
            halalas(&body["replenishThreshold"]).ok().zip(halalas(&body["replenishAmount"]).ok());
        let mut doc = Retainer {
            id: app.new_id(),
            firm,
            number,
            client: client.id,
            balance: 0,
            initial: amount,
            minimum: halalas(&body["minimumBalance"]).unwrap_or(-1),
            replenish,
            replenish_asked: false,
            end_date: body["endDate"].as_str().map(str::to_owned),
            status: "active",
            alerted: false,
            notes: text(&body, "notes"),
            lines: Vec::new(),
            version: 0,
            created_at: app.now(),
        };
        app.documents.with(|all| all.retainers.insert(doc.id.clone(), doc.clone()));
        // The deposit is a second write: who hangs up in between leaves a retainer without money.
        app.pause().await;
        doc.balance = amount;
        doc.lines.push(app.line(&doc, "deposit", amount, None));
        app.documents.with(|all| all.retainers.insert(doc.id.clone(), doc.clone()));
        Ok((201, moved(&doc, app.place())))
    })
    .await
}

async fn edit(
    State(app): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    app.mutate(&headers, async |_| {
        let sent = headers
            .get("if-match")
            .and_then(|value| value.to_str().ok()?.trim_matches('"').parse::<i64>().ok());
        let (read_at, status) =
            sent.map_or((body["__v"].as_i64(), 409), |version| (Some(version), 412));
        let doc = app.change(&id, |doc| {
            if read_at.is_some_and(|version| version != doc.version) {
                return Err(no(status, "version_conflict"));
            }
            doc.notes = text(&body, "notes");
            Ok(())
        });
        let doc = doc.await?;
        Ok((200, json!({"success": true, "retainer": doc.json(), "data": doc.json()})))
    })
    .await
}

/// A consume waiting for the batch writer.
pub struct Waiting {
    by: String,
    amount: i64,
    description: String,
    answer: oneshot::Sender<Done>,
}

async fn consume(
    State(app): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    app.mutate(&headers, async |_| {
        let amount = halalas(&body["amount"])?;
        let description = text(&body, "description");
        if app.flaw != Flaw::BatchTogether {
            return app.consume_one(&id, amount).await;
        }
        let (answer, answered) = oneshot::channel();
        let mut batch = app.batch.lock().await;
        batch.push(Waiting { by: id.clone(), amount, description, answer });
        if batch.len() == 1 {
            tokio::spawn(write_batch(Arc::clone(&app)));
        }
        drop(batch);
        answered.await.map_err(|_| no(500, "the batch was lost"))
    })
    .await
}

/// Writes all that wait in one go, or, when one can't be written, none.
async fn write_batch(app: Arc<Shared>) {
    tokio::time::sleep(Duration::from_millis(3)).await;
    let members = std::mem::take(&mut *app.batch.lock().await);
    let is_bad =
        members.iter().any(|member| [POISON, PANIC].contains(&member.description.as_str()));
    for member in members {
        let done = if is_bad {
            no(500, "defect")
        } else {
            app.consume_one(&member.by, member.amount).await.unwrap_or_else(|refused| refused)
        };
        // Its caller may have gone.
        let _ = member.answer.send(done);
    }
}

async fn replenish(
    State(app): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    app.mutate(&headers, async |_| {
        let amount = halalas(&body["amount"])?;
        let payment = match body["paymentId"].as_str() {
            Some(by) => {
                let payment =
                    app.documents.payment(by).ok_or_else(|| no(404, "payment_not_found"))?;
                let retainer =
                    app.documents.retainer(&id).ok_or_else(|| no(404, "retainer_not_found"))?;
                if payment.client != retainer.client {
                    return Err(no(400, "payment_client_mismatch"));
                }
                if payment.unapplied < amount {
                    return Err(no(400, "payment_insufficient"));
                }
                Some(payment)
            }
            None => None,
        };
        let paid_by = payment.as_ref().map(|payment| payment.id.clone());
        let doc = app.change(&id, |doc| {
            if !["active", "depleted"].contains(&doc.status) || app.is_expired(doc) {
                return Err(no(400, "retainer_not_active"));
            }
            doc.balance += amount;
            doc.lines.push(app.line(doc, "deposit", amount, paid_by));
            doc.status = "active";
            doc.alerted = false;
            Ok(())
        });
        let doc = doc.await?;
        if let Some(mut payment) = payment {
            app.pause().await;
            payment.unapplied -= amount;
            app.documents.with(|all| all.payments.insert(payment.id.clone(), payment));
        }
        Ok((200, moved(&doc, app.place())))
    })
    .await
}

async fn refund(
    State(app): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    app.mutate(&headers, async |_| {
        let asked = if body["amount"].is_null() { None } else { Some(halalas(&body["amount"])?) };
        let doc = app.change(&id, |doc| {
            if doc.status == "refunded" {
                return Err(no(400, "already_refunded"));
            }
            if doc.balance == 0 {
                return Err(no(400, "nothing_to_refund"));
            }
            let amount = asked.unwrap_or(doc.balance);
            if amount > doc.balance {
                return Err(no(400, "insufficient_balance"));
            }
            app.take_out(doc, "refund", amount);
            if doc.balance == 0 {
                doc.status = "refunded";
            }
            Ok(())
        });
        let mut body = moved(&doc.await?, app.place());
        body["refundAmount"] = body["data"]["transaction"]["amount"].clone();
        Ok((200, body))
    })
    .await
}

async fn record(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    app.mutate(&headers, async |firm| {
        let client = app
            .documents
            .client(&text(&body, "clientId"))
            .ok_or_else(|| no(404, "client_not_found"))?;
        let amount = halalas(&body["amount"])?;
        let status = if body["status"] == "completed" { "completed" } else { "pending" };
        let retainer = body["retainerId"].as_str().map(str::to_owned);
        let doc = app.insert_payment(&firm, &client.id, amount, status, retainer).await;
        Ok((201, json!({"success": true, "payment": doc.json(), "data": doc.json()})))
    })
    .await
}

async fn complete(State(app): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    app.mutate(&headers, async |_| {
        let mut payment = app.documents.payment(&id).ok_or_else(|| no(404, "payment_not_found"))?;
        app.pause().await;
        if payment.status == "completed" {
            return Err(no(400, "already_completed"));
        }
        if let Some(retainer) = &payment.retainer {
            let (amount, paid_by) = (payment.amount, Some(payment.id.clone()));
            let doc = app.change(retainer, |doc| {
                if doc.status == "refunded" {
                    return Err(no(400, "retainer_not_active"));
                }
                doc.balance += amount;
                doc.lines.push(app.line(doc, "deposit", amount, paid_by));
                doc.status = "active";
                Ok(())
            });
            doc.await?;
        } else {
            payment.unapplied = payment.amount;
        }
        app.pause().await;
        payment.status = "completed";
        payment.version += 1;
        app.documents.with(|all| all.payments.insert(payment.id.clone(), payment.clone()));
        Ok((200, json!({"success": true, "payment": payment.json(), "data": payment.json()})))
    })
    .await
}

async fn set_member(
    State(app): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    app.mutate(&headers, async |firm| {
        let left = body["active"] == json!(false);
        app.documents.with(|all| all.dismissed.insert((firm, id.clone()), left));
        Ok((200, json!({"success": true, "member": {"_id": id}, "data": {"_id": id}, "seq": app.place()})))
    })
    .await
}
