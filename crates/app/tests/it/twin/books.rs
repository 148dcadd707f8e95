//! The twin's free records of income and expense, its time entries and its expenses.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post},
};
use serde_json::{Value, json};

use super::{
    Shared, clients,
    documents::{Doc, Kind, riyals},
    invoices::at_random,
    keys::{Done, no},
    reads,
    requests::{Ask, does, shows},
};

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::{Expense, TimeEntry, Transaction};
    let work = |kind| {
        get(shows!(reads::one, kind)).put(does!(clients::edit, kind)).delete(does!(remove, kind))
    };
    Router::new()
        .route("/api/transactions", post(does!(record)).get(shows!(reads::list, Transaction)))
        .route("/api/transactions/bulk", delete(does!(remove_all)))
        .route("/api/transactions/balance", get(shows!(balance)))
        .route(
            "/api/transactions/{id}",
            get(shows!(reads::one, Transaction))
                .put(does!(edit))
                .delete(does!(remove, Transaction)),
        )
        .route("/api/transactions/{id}/cancel", post(does!(cancel)))
        .route("/api/time-entries", post(does!(work_done)).get(shows!(reads::list, TimeEntry)))
        .route("/api/time-entries/timer/start", post(does!(start)))
        .route("/api/time-entries/timer/stop", post(does!(stop)))
        .route("/api/time-entries/{id}", work(TimeEntry))
        .route("/api/time-entries/{id}/approve", post(does!(decide, TimeEntry, "approved")))
        .route("/api/time-entries/{id}/reject", post(does!(decide, TimeEntry, "rejected")))
        .route("/api/expenses", post(does!(laid_out)).get(shows!(reads::list, Expense)))
        .route("/api/expenses/{id}", work(Expense))
        .route("/api/expenses/{id}/approve", post(does!(decide, Expense, "approved")))
        .route("/api/expenses/{id}/reject", post(does!(decide, Expense, "rejected")))
}

async fn record(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let status = if ask.text("status").is_empty() { "completed" } else { ask.text("status") };
    let fields = json!({"transactionId": at_random(app, "TXN", 5), "type": ask.text("type"),
        "amount": riyals(amount), "status": status, "description": ask.text("description")});
    let doc = app.insert(Kind::Transaction, ask, fields).await;
    Ok(app.said(201, Kind::Transaction, &doc))
}

async fn edit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Transaction, &ask.id, |doc| {
        ask.precondition(doc)?;
        if doc.status() == "cancelled" {
            return Err(no(400, "transaction_cancelled"));
        }
        clients::assign(doc, ask);
        Ok(())
    });
    Ok(app.said(200, Kind::Transaction, &doc.await?))
}

async fn cancel(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Transaction, &ask.id, |doc| {
        if doc.status() == "cancelled" {
            return Err(no(400, "already_cancelled"));
        }
        doc.set("status", "cancelled");
        Ok(())
    });
    Ok(app.said(200, Kind::Transaction, &doc.await?))
}

async fn remove(app: &Shared, ask: &Ask, kind: Kind) -> Result<Done, Done> {
    let doc = app.find(kind, &ask.id).await?;
    if doc.has("invoiceId") {
        return Err(no(400, "billed"));
    }
    app.pause().await;
    app.documents.with(|all| all.remove(kind, doc.id()));
    Ok(app.said(200, kind, &doc))
}

async fn remove_all(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let ids = ask.body["transactionIds"].as_array().cloned().unwrap_or_default();
    for id in &ids {
        let doc = app.find(Kind::Transaction, id.as_str().unwrap_or_default()).await?;
        if doc.status() == "completed" {
            return Err(no(400, "not_deletable"));
        }
    }
    for id in &ids {
        app.pause().await;
        app.documents.with(|all| all.remove(Kind::Transaction, id.as_str().unwrap_or_default()));
    }
    Ok((200, json!({"success": true, "deleted": ids.len(), "seq": app.place()})))
}

async fn balance(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let counted = |doc: &Doc| doc.text("firmId") == ask.firm && doc.status() == "completed";
    let docs = app.select(Kind::Transaction, counted).await;
    let sum = |kind: &str| -> i64 {
        docs.iter().filter(|doc| doc.text("type") == kind).map(|doc| doc.money("amount")).sum()
    };
    let balance = riyals(sum("income") - sum("expense"));
    Ok((200, json!({"success": true, "balance": balance, "data": {"balance": balance}})))
}

async fn work_done(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let rate = ask.money("hourlyRate")?;
    let minutes = ask.body["minutes"].as_i64().unwrap_or_default();
    let fields = json!({"minutes": minutes, "hourlyRate": riyals(rate), "status": "pending",
        "amount": riyals((minutes * rate + 30) / 60), "description": ask.text("description"),
        "invoiceId": Value::Null});
    let doc = app.insert(Kind::TimeEntry, ask, fields).await;
    Ok(app.said(201, Kind::TimeEntry, &doc))
}

async fn laid_out(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let fields = json!({"amount": riyals(amount), "status": "pending", "invoiceId": Value::Null,
        "description": ask.text("description")});
    let doc = app.insert(Kind::Expense, ask, fields).await;
    Ok(app.said(201, Kind::Expense, &doc))
}

async fn decide(app: &Shared, ask: &Ask, kind: Kind, to: &str) -> Result<Done, Done> {
    let doc = app.change(kind, &ask.id, |doc| {
        if doc.status() != "pending" {
            return Err(no(400, "already_decided"));
        }
        doc.set("status", to);
        Ok(())
    });
    Ok(app.said(200, kind, &doc.await?))
}

async fn start(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    if app.running(ask).await.is_some() {
        return Err(no(400, "timer_running"));
    }
    let rate = ask.money("hourlyRate")?;
    let fields = json!({"minutes": 0, "hourlyRate": riyals(rate), "amount": 0,
        "status": "pending", "startedAt": app.now(), "description": ask.text("description")});
    let doc = app.insert(Kind::TimeEntry, ask, fields).await;
    Ok(app.said(201, Kind::TimeEntry, &doc))
}

async fn stop(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut doc = app.running(ask).await.ok_or_else(|| no(400, "timer_not_running"))?;
    doc.set("startedAt", Value::Null);
    Ok(app.said(200, Kind::TimeEntry, &app.save(Kind::TimeEntry, doc).await?))
}

impl Shared {
    /// The caller's running timer.
    async fn running(&self, ask: &Ask) -> Option<Doc> {
        let running = |doc: &Doc| doc.text("createdBy") == ask.user && doc.has("startedAt");
        self.select(Kind::TimeEntry, running).await.pop()
    }
}
