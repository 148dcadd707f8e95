//! The twin's retainers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    Flaw, Shared,
    documents::{Doc, Kind, riyals},
    invoices::{is_issued, settle},
    keys::{Done, no},
    reads,
    requests::{Ask, does, shows},
};
use crate::support::faulty::{PANIC, POISON};

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::Retainer;
    Router::new()
        .route("/api/retainers", post(does!(open)).get(shows!(reads::list, Retainer)))
        .route(
            "/api/retainers/{id}",
            get(shows!(reads::one, Retainer)).put(does!(edit)).patch(does!(edit)),
        )
        .route("/api/retainers/{id}/consume", post(does!(consume)))
        .route("/api/retainers/{id}/replenish", post(does!(replenish)))
        .route("/api/retainers/{id}/refund", post(does!(refund)))
        .route("/api/retainers/{id}/transfer", post(does!(transfer)))
        .route("/api/retainers/{id}/history", get(shows!(history)))
}

async fn open(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.find(Kind::Client, ask.text("clientId")).await?;
    let amount = ask.money("initialAmount")?;
    let number = app.number(&[Kind::Retainer], &ask.firm, "RET", &app.year()).await;
    let minimum = ask.money("minimumBalance").unwrap_or(-1);
    let fields = json!({"retainerNumber": number, "clientId": {"_id": client.id()},
        "initialAmount": riyals(amount), "minimumBalance": riyals(minimum), "status": "active",
        "replenishThreshold": ask.body["replenishThreshold"],
        "replenishAmount": ask.body["replenishAmount"], "endDate": ask.body["endDate"],
        "notes": ask.text("notes"), "currentBalance": 0, "totalDeposits": 0,
        "totalConsumptions": 0, "totalRefunds": 0});
    let mut doc = app.insert(Kind::Retainer, ask, fields).await;
    // The deposit is a second write: who hangs up in between leaves a retainer without money.
    app.pause().await;
    app.line(&mut doc, "deposit", amount, &json!({}));
    app.documents.with(|all| all.put(Kind::Retainer, doc.clone()));
    Ok((201, app.moved(&doc)))
}

async fn edit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Retainer, &ask.id, |doc| {
        ask.precondition(doc)?;
        doc.set("notes", ask.text("notes"));
        Ok(())
    });
    Ok(app.said(200, Kind::Retainer, &doc.await?))
}

/// A consume waiting for the batch writer.
pub struct Waiting {
    by: String,
    amount: i64,
    description: String,
    answer: oneshot::Sender<Done>,
}

pub async fn consume(app: &Arc<Shared>, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    if app.flaw != Flaw::BatchTogether {
        let invoice = ask.body["invoiceId"].as_str();
        if ask.query("dryRun") != Some("true") {
            return app.consume_one(ask, &ask.id, amount, invoice).await;
        }
        // Tried out by doing it and writing back what was there.
        let before = app.find(Kind::Retainer, &ask.id).await?;
        let done = app.consume_one(ask, &ask.id, amount, invoice).await?;
        app.pause().await;
        app.documents.with(|all| all.put(Kind::Retainer, before));
        return Ok(done);
    }
    let (answer, answered) = oneshot::channel();
    let description = ask.text("description").to_owned();
    let mut batch = app.batch.lock().await;
    batch.push(Waiting { by: ask.id.clone(), amount, description, answer });
    if batch.len() == 1 {
        tokio::spawn(write_batch(Arc::clone(app)));
    }
    drop(batch);
    answered.await.map_err(|_| no(500, "the batch was lost"))
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
            let taken = app.change(Kind::Retainer, &member.by, |doc| {
                app.take(doc, "consumption", member.amount, &json!({}))
            });
            taken.await.map_or_else(|refused| refused, |doc| (200, app.moved(&doc)))
        };
        // Its caller may have gone.
        let _ = member.answer.send(done);
    }
}

pub async fn replenish(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let payment = match ask.body["paymentId"].as_str() {
        Some(by) => {
            let payment = app.find(Kind::Payment, by).await?;
            let retainer = app.find(Kind::Retainer, &ask.id).await?;
            if payment.of("clientId") != retainer.of("clientId") {
                return Err(no(400, "payment_client_mismatch"));
            }
            if payment.money("unappliedAmount") < amount {
                return Err(no(400, "payment_insufficient"));
            }
            Some(payment)
        }
        None => None,
    };
    let paid_by = payment.as_ref().map(|payment| json!({"paymentId": payment.id()}));
    let retainer = app.find(Kind::Retainer, &ask.id).await?;
    app.find(Kind::Client, retainer.of("clientId")).await?;
    let doc = app.change(Kind::Retainer, &ask.id, |doc| {
        app.fill(doc, "deposit", amount, &paid_by.unwrap_or_else(|| json!({})))
    });
    let doc = doc.await?;
    if let Some(mut payment) = payment {
        payment.add("unappliedAmount", -amount);
        payment.add("depositedAmount", amount);
        payment.set("retainerId", json!({"_id": doc.id()}));
        app.save(Kind::Payment, payment).await?;
    }
    Ok((200, app.moved(&doc)))
}

async fn refund(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let asked = ask.optional("amount")?;
    let doc = app.change(Kind::Retainer, &ask.id, |doc| {
        let balance = doc.money("currentBalance");
        if doc.status() == "refunded" {
            return Err(no(400, "already_refunded"));
        }
        if balance == 0 {
            return Err(no(400, "nothing_to_refund"));
        }
        let amount = asked.unwrap_or(balance);
        if amount > balance {
            return Err(no(400, "insufficient_balance"));
        }
        app.line(doc, "refund", amount, &json!({}));
        if amount == balance {
            doc.set("status", "refunded");
        }
        Ok(())
    });
    let mut body = app.moved(&doc.await?);
    body["refundAmount"] = body["data"]["transaction"]["amount"].clone();
    Ok((200, body))
}

/// Trust to trust in three steps: out of one, a note of it, into the other.
async fn transfer(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let to = app.find(Kind::Retainer, ask.text("toRetainerId")).await?;
    if to.id() == ask.id {
        return Err(no(400, "same_retainer"));
    }
    if !["active", "depleted"].contains(&to.status()) {
        return Err(no(400, "retainer_not_active"));
    }
    let from = app
        .change(Kind::Retainer, &ask.id, |doc| app.take(doc, "transfer_out", amount, &json!({})));
    let from = from.await?;
    app.pause().await;
    let to =
        app.change(Kind::Retainer, to.id(), |doc| app.fill(doc, "transfer_in", amount, &json!({})));
    let to = to.await?;
    let mut body = app.moved(&from);
    body["data"]["to"] = to.0;
    Ok((200, body))
}

async fn history(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.documents.find(Kind::Retainer, &ask.id);
    let doc = doc.ok_or_else(|| no(404, Kind::Retainer.absent()))?;
    let (status, mut body) =
        reads::rows(&doc.rows("lines").iter().rev().cloned().collect::<Vec<_>>());
    for field in ["currentBalance", "initialAmount", "retainerNumber"] {
        body[field] = doc.0[field].clone();
    }
    Ok((status, body))
}

impl Shared {
    /// A movement, in the document only.
    pub fn line(&self, doc: &mut Doc, kind: &str, amount: i64, more: &Value) {
        let (total, signed) = match kind {
            "deposit" | "transfer_in" => ("totalDeposits", amount),
            "consumption" => ("totalConsumptions", -amount),
            _ => ("totalRefunds", -amount),
        };
        doc.add(total, amount);
        doc.add("currentBalance", signed);
        doc.push(
            "lines",
            json!({"type": kind, "amount": riyals(amount), "seq": doc.rows("lines").len() + 1,
                "balanceAfter": doc.0["currentBalance"], "paymentId": more["paymentId"],
                "invoiceId": {"_id": more["invoiceId"]}, "createdAt": self.now()}),
        );
    }

    /// Money in, if it may come.
    pub fn fill(&self, doc: &mut Doc, kind: &str, amount: i64, more: &Value) -> Result<(), Done> {
        if !["active", "depleted"].contains(&doc.status()) || self.is_expired(doc) {
            return Err(no(400, "retainer_not_active"));
        }
        self.line(doc, kind, amount, more);
        doc.set("status", "active");
        doc.set("alerted", false);
        Ok(())
    }

    /// Money out, if there is enough.
    fn take(&self, doc: &mut Doc, kind: &str, amount: i64, more: &Value) -> Result<(), Done> {
        if doc.status() != "active" || self.is_expired(doc) {
            return Err(no(400, "retainer_not_active"));
        }
        if doc.money("currentBalance") < amount {
            return Err(no(400, "insufficient_balance"));
        }
        self.line(doc, kind, amount, more);
        if doc.money("currentBalance") <= 0 {
            doc.set("status", "depleted");
        }
        Ok(())
    }

    fn is_expired(&self, doc: &Doc) -> bool {
        doc.has("endDate") && self.now().get(..10) > doc.text("endDate").get(..10)
    }

    /// A consume; with an invoice it pays that.
    pub async fn consume_one(
        &self,
        ask: &Ask,
        by: &str,
        amount: i64,
        invoice: Option<&str>,
    ) -> Result<Done, Done> {
        let invoice = match invoice {
            Some(invoice) => {
                let invoice = self.find(Kind::Invoice, invoice).await?;
                if !is_issued(&invoice) {
                    return Err(no(400, "invoice_not_issued"));
                }
                if amount > invoice.money("balanceDue") {
                    return Err(no(400, "amount_exceeds_due"));
                }
                Some(invoice)
            }
            None => None,
        };
        let more = json!({"invoiceId": invoice.as_ref().map(Doc::id)});
        let (mut alert, mut ask_more) = (false, false);
        let doc = self.change(Kind::Retainer, by, |doc| {
            self.take(doc, "consumption", amount, &more)?;
            let left = doc.money("currentBalance");
            alert = left <= doc.money("minimumBalance") && doc.0["alerted"] != json!(true);
            ask_more = doc.has("replenishThreshold")
                && left <= doc.money("replenishThreshold")
                && doc.0["replenishAsked"] != json!(true);
            if alert {
                doc.set("alerted", true);
            }
            if ask_more {
                doc.set("replenishAsked", true);
            }
            Ok(())
        });
        let doc = doc.await?;
        if alert {
            self.documents.with(|all| all.alerts.push(doc.id().to_owned()));
        }
        if ask_more {
            let fields = json!({"clientId": doc.0["clientId"], "paymentType": "retainer",
                "amount": doc.0["replenishAmount"], "retainerId": {"_id": doc.id()}});
            self.insert_payment(ask, fields).await;
        }
        let mut body = self.moved(&doc);
        if let Some(mut invoice) = invoice {
            invoice.add("retainerApplied", amount);
            settle(&mut invoice);
            body["invoice"] = self.save(Kind::Invoice, invoice).await?.0;
        }
        Ok((200, body))
    }

    /// A movement's answer.
    pub fn moved(&self, doc: &Doc) -> Value {
        let mut data = doc.0.clone();
        data["retainer"] = doc.0.clone();
        data["transaction"] = doc.rows("lines").last().cloned().unwrap_or_default();
        json!({"success": true, "retainer": doc.0, "transaction": data["transaction"],
            "data": data, "seq": self.place()})
    }
}
