//! The twin's clients, with counters beside them, its cases and its members.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post, put},
};
use serde_json::json;

use super::{
    Shared,
    documents::{Doc, Kind},
    invoices::is_issued,
    keys::{Done, no},
    reads,
    requests::{Ask, does, shows},
};

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::{Case, Client};
    Router::new()
        .route("/api/clients", post(does!(create)).get(shows!(reads::list, Client)))
        .route(
            "/api/clients/{id}",
            get(shows!(reads::one, Client))
                .put(does!(edit, Client))
                .patch(does!(edit, Client))
                .delete(does!(delete)),
        )
        .route("/api/clients/{id}/erase", post(does!(erase)))
        .route("/api/cases", post(does!(open_case)).get(shows!(reads::list, Case)))
        .route("/api/cases/{id}", get(shows!(reads::one, Case)).put(does!(edit_case)))
        .route("/api/members/{id}", put(does!(set_member)))
}

async fn create(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let number = app.number(&[Kind::Client], &ask.firm, "CLT", &app.year()).await;
    let fields = json!({"clientNumber": number, "fullName": ask.text("fullName"),
        "notes": ask.text("notes"), "totalInvoices": 0, "totalPaid": 0, "totalOutstanding": 0});
    let doc = app.insert(Kind::Client, ask, fields).await;
    Ok(app.said(201, Kind::Client, &doc))
}

/// Takes the body's fields as they come.
pub async fn edit(app: &Shared, ask: &Ask, kind: Kind) -> Result<Done, Done> {
    let doc = app.change(kind, &ask.id, |doc| {
        ask.precondition(doc)?;
        assign(doc, ask);
        Ok(())
    });
    Ok(app.said(200, kind, &doc.await?))
}

/// `Object.assign(doc, body)`
pub fn assign(doc: &mut Doc, ask: &Ask) {
    for (name, value) in ask.body.as_object().into_iter().flatten() {
        if name != "__v" {
            doc.set(name, value.clone());
        }
    }
}

async fn delete(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.find(Kind::Client, &ask.id).await?;
    let its = |doc: &Doc| doc.of("clientId") == client.id();
    let active = app.select(Kind::Case, |doc| its(doc) && doc.status() == "active").await;
    if !active.is_empty() {
        return Err(no(400, "client_has_active_cases"));
    }
    let is_open = |doc: &Doc| is_issued(doc) && doc.money("balanceDue") > 0;
    if !app.select(Kind::Invoice, |doc| its(doc) && is_open(doc)).await.is_empty() {
        return Err(no(400, "client_has_open_invoices"));
    }
    let holds = |doc: &Doc| doc.money("currentBalance") > 0;
    if !app.select(Kind::Retainer, |doc| its(doc) && holds(doc)).await.is_empty() {
        return Err(no(400, "client_has_retainers"));
    }
    let payments = app.select(Kind::Payment, its).await;
    if payments.iter().any(|doc| doc.money("unappliedAmount") > 0) {
        return Err(no(400, "client_has_credit"));
    }
    if payments.iter().any(|doc| doc.status() == "pending") {
        return Err(no(400, "client_has_pending_payments"));
    }
    app.pause().await;
    app.documents.with(|all| all.remove(Kind::Client, client.id()));
    Ok(app.said(200, Kind::Client, &client))
}

/// Looks whether any money is there, waits, and takes the client away.
async fn erase(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.documents.find(Kind::Client, &ask.id);
    let client = client.ok_or_else(|| no(404, "client_not_found"))?;
    let its = |doc: &&Doc| doc.of("clientId") == client.id();
    let holds = |doc: &Doc| doc.money("currentBalance") > 0;
    if app.documents.with(|all| all.of(Kind::Retainer).filter(its).any(holds)) {
        return Err(no(400, "client_has_retainers"));
    }
    if app
        .documents
        .with(|all| all.of(Kind::Payment).filter(its).any(|doc| doc.status() == "pending"))
    {
        return Err(no(400, "client_has_pending_payments"));
    }
    app.pause().await;
    app.documents.with(|all| all.remove(Kind::Client, client.id()));
    Ok(app.said(200, Kind::Client, &client))
}

async fn open_case(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.find(Kind::Client, ask.text("clientId")).await?;
    let fields = json!({"caseNumber": ask.text("caseNumber"), "title": ask.text("title"),
        "clientId": {"_id": client.id()}, "status": "active"});
    let doc = app.insert(Kind::Case, ask, fields).await;
    Ok(app.said(201, Kind::Case, &doc))
}

async fn edit_case(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Case, &ask.id, |doc| {
        ask.precondition(doc)?;
        if doc.has("outcome") && ask.body.get("outcome").is_some() {
            return Err(no(400, "case_closed"));
        }
        assign(doc, ask);
        Ok(())
    });
    Ok(app.said(200, Kind::Case, &doc.await?))
}

async fn set_member(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let left = ask.body["active"] == json!(false);
    let member = (ask.firm.clone(), ask.id.clone());
    app.documents.with(|all| all.dismissed.insert(member, left));
    let data = json!({"_id": ask.id});
    Ok((200, json!({"success": true, "member": data, "data": data, "seq": app.place()})))
}

/// What a sent invoice, or money on one, does to the counters beside the client.
pub struct Counted {
    pub invoices: i64,
    pub owed: i64,
    pub paid: i64,
}

impl Shared {
    pub async fn count(&self, client: &str, by: Counted) -> Result<(), Done> {
        let counted = self.change(Kind::Client, client, |doc| {
            doc.set("totalInvoices", doc.number("totalInvoices") + by.invoices);
            doc.add("totalOutstanding", by.owed);
            doc.add("totalPaid", by.paid);
            Ok(())
        });
        counted.await.map(drop)
    }
}
