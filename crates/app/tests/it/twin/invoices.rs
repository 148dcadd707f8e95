//! The twin's invoices and credit notes.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    Shared,
    clients::{Counted, assign},
    documents::{Doc, Kind, riyals},
    keys::{Done, no},
    payments::claim,
    reads,
    requests::{Ask, amount, does, shows},
};
use crate::support::target::random_share;

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::{CreditNote, Invoice};
    Router::new()
        .route("/api/invoices", post(does!(create)).get(shows!(reads::list, Invoice)))
        .route("/api/invoices/overdue", get(shows!(overdue)))
        .route(
            "/api/invoices/{id}",
            get(shows!(reads::one, Invoice))
                .put(does!(edit))
                .patch(does!(edit))
                .delete(does!(remove)),
        )
        .route("/api/invoices/{id}/send", post(does!(send)))
        .route("/api/invoices/{id}/viewed", post(does!(seen)))
        .route("/api/invoices/{id}/void", post(does!(void)))
        .route("/api/invoices/{id}/record-payment", post(does!(record_payment)))
        .route("/api/invoices/{id}/apply-retainer", post(does!(apply_retainer)))
        .route("/api/invoices/{id}/convert-to-credit-note", post(does!(credit)))
        .route("/api/invoices/{id}/write-off", post(does!(write_off)))
        .route(
            "/api/invoices/{id}/submit-for-approval",
            post(does!(review, "draft", "pending_approval", "invoice_not_draft")),
        )
        .route(
            "/api/invoices/{id}/approve",
            post(does!(review, "pending_approval", "approved", "invoice_not_pending_approval")),
        )
        .route(
            "/api/invoices/{id}/reject",
            post(does!(review, "pending_approval", "draft", "invoice_not_pending_approval")),
        )
        .route("/api/credit-notes", get(shows!(reads::list, CreditNote)))
        .route("/api/credit-notes/{id}", get(shows!(reads::one, CreditNote)))
}

/// Sent, and neither taken back nor given up.
pub fn is_issued(doc: &Doc) -> bool {
    ["sent", "viewed", "partial", "paid", "overdue"].contains(&doc.status())
}

/// What is due, and the status that follows.
pub fn settle(doc: &mut Doc) {
    let set_against = ["amountPaid", "retainerApplied", "creditedAmount", "writtenOffAmount"];
    let set_against: i64 = set_against.iter().map(|field| doc.money(field)).sum();
    let due = doc.money("totalAmount") - set_against;
    doc.set_money("balanceDue", due);
    let status = if doc.money("creditedAmount") == doc.money("totalAmount") {
        "void"
    } else if due <= 0 {
        "paid"
    } else if doc.money("amountPaid") + doc.money("retainerApplied") > 0 {
        "partial"
    } else if doc.has("viewedAt") {
        "viewed"
    } else {
        "sent"
    };
    doc.set("status", status);
}

/// The totals of the lines: whole quantities, one rate of VAT, no discounts.
fn add_up(doc: &mut Doc) -> Result<(), Done> {
    let rows = doc.rows("items").to_vec();
    if rows.is_empty() {
        return Err(no(400, "lines_required"));
    }
    let mut subtotal = 0;
    for row in &rows {
        subtotal += amount(&row["unitPrice"])? * row["quantity"].as_i64().unwrap_or(1);
    }
    let rate = doc.0["vatRate"].as_i64().unwrap_or(15);
    let vat = (subtotal * rate + 50) / 100;
    doc.set_money("subtotal", subtotal);
    doc.set_money("vatAmount", vat);
    doc.set_money("totalAmount", subtotal + vat);
    Ok(())
}

/// The time entries and expenses that the lines bill.
fn billed(items: &Value) -> Vec<(Kind, String)> {
    let fields = [(Kind::TimeEntry, "timeEntryId"), (Kind::Expense, "expenseId")];
    let rows = items.as_array().cloned().unwrap_or_default();
    let of_row = |row: &Value| {
        let named = |(kind, field)| Some((kind, row[field].as_str()?.to_owned()));
        fields.into_iter().filter_map(named).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

/// Four or five digits at random: nobody looks whether they are taken.
pub fn at_random(app: &Shared, prefix: &str, digits: usize) -> String {
    let most = 10_f64.powi(i32::try_from(digits).expect("few"));
    let number = (random_share() * (most - 1.0)).floor();
    format!("{prefix}-{}-{number:0digits$}", app.month())
}

async fn create(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.find(Kind::Client, ask.text("clientId")).await?;
    let mut work = Vec::new();
    for (kind, id) in billed(&ask.body["items"]) {
        let doc = app.find(kind, &id).await?;
        if doc.has("invoiceId") {
            return Err(no(400, "already_billed"));
        }
        work.push((kind, doc));
    }
    let mut totals = Doc(json!({"items": ask.body["items"], "vatRate": ask.body["vatRate"]}));
    add_up(&mut totals)?;
    let mut fields = totals.0;
    let more = json!({"invoiceNumber": at_random(app, "INV", 4), "clientId": {"_id": client.id()},
        "status": "draft", "dueDate": ask.body["dueDate"], "notes": ask.text("notes"),
        "amountPaid": 0, "retainerApplied": 0, "creditedAmount": 0, "writtenOffAmount": 0,
        "balanceDue": 0});
    for (name, value) in more.as_object().expect("an object") {
        fields[name] = value.clone();
    }
    let invoice = app.insert(Kind::Invoice, ask, fields).await;
    for (kind, mut doc) in work {
        doc.set("invoiceId", json!({"_id": invoice.id()}));
        app.save(kind, doc).await?;
    }
    Ok(app.said(201, Kind::Invoice, &invoice))
}

async fn edit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        ask.precondition(doc)?;
        if doc.status() != "draft" {
            return Err(no(400, "invoice_not_draft"));
        }
        // Whatever the body says, its sums and its status too.
        assign(doc, ask);
        add_up(doc)
    });
    Ok(app.said(200, Kind::Invoice, &doc.await?))
}

async fn send(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let draft = app.find(Kind::Invoice, &ask.id).await?;
    app.find(Kind::Client, draft.of("clientId")).await?;
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        if !["draft", "approved"].contains(&doc.status()) {
            return Err(no(400, "invoice_not_draft"));
        }
        doc.set("sentAt", app.now());
        settle(doc);
        Ok(())
    });
    let doc = doc.await?;
    let owed = doc.money("totalAmount");
    app.count(doc.of("clientId"), Counted { invoices: 1, owed, paid: 0 }).await?;
    Ok(app.said(200, Kind::Invoice, &doc))
}

async fn seen(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        issued(doc)?;
        doc.set("viewedAt", app.now());
        settle(doc);
        Ok(())
    });
    Ok(app.said(200, Kind::Invoice, &doc.await?))
}

async fn void(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        issued(doc)?;
        if doc.money("balanceDue") != doc.money("totalAmount") {
            return Err(no(400, "invoice_has_payments"));
        }
        doc.set("status", "void");
        doc.set("balanceDue", 0);
        Ok(())
    });
    let doc = doc.await?;
    let owed = -doc.money("totalAmount");
    app.count(doc.of("clientId"), Counted { invoices: -1, owed, paid: 0 }).await?;
    Ok(app.said(200, Kind::Invoice, &doc))
}

/// Looks what is due, records a payment, and writes the invoice that it had looked at.
async fn record_payment(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let mut invoice = app.find(Kind::Invoice, &ask.id).await?;
    issued(&invoice)?;
    if amount > invoice.money("balanceDue") {
        return Err(no(400, "amount_exceeds_due"));
    }
    let fields = json!({"clientId": invoice.0["clientId"], "amount": riyals(amount),
        "invoiceId": {"_id": invoice.id()}, "paymentType": "customer_payment"});
    let mut payment = app.insert_payment(ask, fields).await;
    payment.set("status", "completed");
    claim(&mut payment, invoice.id(), amount);
    let payment = app.save(Kind::Payment, payment).await?;
    invoice.add("amountPaid", amount);
    settle(&mut invoice);
    let invoice = app.save(Kind::Invoice, invoice).await?;
    let counted = Counted { invoices: 0, owed: -amount, paid: amount };
    app.count(invoice.of("clientId"), counted).await?;
    let (status, mut body) = app.said(201, Kind::Payment, &payment);
    body["invoice"] = invoice.0;
    Ok((status, body))
}

async fn apply_retainer(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("amount")?;
    let retainer = ask.text("retainerId");
    app.consume_one(ask, retainer, amount, Some(&ask.id)).await
}

async fn credit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut invoice = app.find(Kind::Invoice, &ask.id).await?;
    issued(&invoice)?;
    let due = invoice.money("balanceDue");
    let amount = ask.optional("amount")?.unwrap_or(due);
    if amount > due {
        return Err(no(400, "credit_exceeds_invoice"));
    }
    let number = app.number(&[Kind::CreditNote], &ask.firm, "CN", &app.month()).await;
    let fields = json!({"creditNoteNumber": number, "amount": riyals(amount),
        "clientId": invoice.0["clientId"], "invoiceId": {"_id": invoice.id()}});
    let note = app.insert(Kind::CreditNote, ask, fields).await;
    invoice.add("creditedAmount", amount);
    settle(&mut invoice);
    let invoice = app.save(Kind::Invoice, invoice).await?;
    let counted = Counted { invoices: 0, owed: -amount, paid: 0 };
    app.count(invoice.of("clientId"), counted).await?;
    let (status, mut body) = app.said(201, Kind::CreditNote, &note);
    body["invoice"] = invoice.0;
    Ok((status, body))
}

async fn write_off(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        issued(doc)?;
        let due = doc.money("balanceDue");
        if due == 0 {
            return Err(no(400, "nothing_due"));
        }
        doc.set_money("writtenOffAmount", due);
        doc.set("balanceDue", 0);
        doc.set("status", "written_off");
        Ok(())
    });
    Ok(app.said(200, Kind::Invoice, &doc.await?))
}

async fn review(
    app: &Shared,
    ask: &Ask,
    from: &str,
    to: &str,
    refusal: &str,
) -> Result<Done, Done> {
    let doc = app.change(Kind::Invoice, &ask.id, |doc| {
        if doc.status() != from {
            return Err(no(400, refusal));
        }
        doc.set("status", to);
        Ok(())
    });
    Ok(app.said(200, Kind::Invoice, &doc.await?))
}

async fn remove(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.find(Kind::Invoice, &ask.id).await?;
    if doc.status() != "draft" {
        return Err(no(400, "invoice_not_draft"));
    }
    for (kind, id) in billed(&doc.0["items"]) {
        let freed = app.change(kind, &id, |doc| {
            doc.set("invoiceId", Value::Null);
            Ok(())
        });
        freed.await?;
    }
    app.pause().await;
    app.documents.with(|all| all.remove(Kind::Invoice, doc.id()));
    Ok(app.said(200, Kind::Invoice, &doc))
}

/// Looking for what is overdue marks it so, one document after another.
async fn overdue(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let today = app.now();
    let late = app.select(Kind::Invoice, |doc| {
        let is_due = is_issued(doc) && doc.money("balanceDue") > 0;
        doc.text("firmId") == ask.firm && is_due && doc.text("dueDate") < &today[..10]
    });
    let mut rows = Vec::new();
    for mut doc in late.await {
        doc.set("overdue", true);
        rows.push(app.save(Kind::Invoice, doc).await?.0);
    }
    Ok(reads::rows(&rows))
}

fn issued(doc: &Doc) -> Result<(), Done> {
    if is_issued(doc) { Ok(()) } else { Err(no(400, "invoice_not_issued")) }
}
