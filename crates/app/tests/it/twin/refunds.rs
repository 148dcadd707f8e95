//! What the twin does with a payment after its completion: set it against invoices, take it off again,
//! return it.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post},
};
use serde_json::{Value, json};

use super::{
    Shared,
    clients::Counted,
    documents::{Doc, Kind, riyals},
    invoices::settle,
    keys::{Done, no},
    payments::claim,
    reads,
    requests::{Ask, applications, does, shows},
};
use crate::support::firm::halalas;

pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/payments/{id}/refund", post(does!(refund)))
        .route("/api/payments/{id}/apply", post(does!(apply)).put(does!(apply)))
        .route("/api/payments/{id}/unapply/{invoice}", delete(does!(unapply)))
        .route("/api/refunds/{id}", get(shows!(reads::one, Kind::Refund)))
}

async fn refund(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut payment = app.find(Kind::Payment, &ask.id).await?;
    if !["completed", "partially_refunded", "refunded"].contains(&payment.status()) {
        return Err(no(400, "payment_not_completed"));
    }
    let rest = payment.money("amount") - payment.money("refundedAmount");
    let amount = ask.optional("amount")?.unwrap_or(rest);
    if amount > rest || rest == 0 {
        return Err(no(400, "refund_exceeds_payment"));
    }
    let from_credit = amount.min(payment.money("unappliedAmount"));
    let from_retainers = (amount - from_credit).min(payment.money("depositedAmount"));
    let from_invoices = amount - from_credit - from_retainers;
    if from_retainers > 0 {
        let paid_by = json!({"paymentId": payment.id()});
        let taken = app.change(Kind::Retainer, payment.of("retainerId"), |doc| {
            if doc.money("currentBalance") < from_retainers {
                return Err(no(400, "retainer_already_consumed"));
            }
            app.line(doc, "refund", from_retainers, &paid_by);
            if doc.money("currentBalance") == 0 {
                doc.set("status", "depleted");
            }
            Ok(())
        });
        taken.await?;
    }
    app.take_off(&mut payment, from_invoices).await?;
    let series = [Kind::Payment, Kind::Refund];
    let number = app.number(&series, &ask.firm, "PAY", &app.year()).await;
    let fields = json!({"refundNumber": number, "paymentId": {"_id": payment.id()},
        "clientId": payment.0["clientId"], "amount": riyals(amount),
        "fromCredit": riyals(from_credit), "fromRetainers": riyals(from_retainers),
        "fromInvoices": riyals(from_invoices)});
    let refund = app.insert(Kind::Refund, ask, fields).await;
    payment.add("unappliedAmount", -from_credit);
    payment.add("depositedAmount", -from_retainers);
    payment.add("refundedAmount", amount);
    let is_all = payment.money("refundedAmount") == payment.money("amount");
    payment.set("status", if is_all { "refunded" } else { "partially_refunded" });
    let payment = app.save(Kind::Payment, payment).await?;
    let (status, mut body) = app.said(201, Kind::Refund, &refund);
    body["payment"] = payment.0;
    Ok((status, body))
}

async fn apply(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut payment = app.find(Kind::Payment, &ask.id).await?;
    if !["completed", "partially_refunded"].contains(&payment.status()) {
        return Err(no(400, "payment_not_completed"));
    }
    let wishes = applications(&ask.body);
    if wishes.iter().map(|(_, amount)| amount).sum::<i64>() > payment.money("unappliedAmount") {
        return Err(no(400, "payment_insufficient"));
    }
    for (invoice, amount) in &wishes {
        if app.find(Kind::Invoice, invoice).await?.money("balanceDue") < *amount {
            return Err(no(400, "amount_exceeds_due"));
        }
    }
    for (invoice, amount) in &wishes {
        let taken = app.pay(invoice, payment.of("clientId"), *amount).await?;
        payment.add("unappliedAmount", -taken);
        claim(&mut payment, invoice, taken);
    }
    Ok(app.said(200, Kind::Payment, &app.save(Kind::Payment, payment).await?))
}

async fn unapply(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut payment = app.find(Kind::Payment, &ask.id).await?;
    let is_its = |row: &Value| row["invoiceId"]["_id"] == ask.second.as_str();
    let (taken, kept): (Vec<_>, Vec<_>) =
        payment.rows("invoiceApplications").iter().cloned().partition(is_its);
    let amount: i64 = taken.iter().map(|row| halalas(&row["amount"])).sum();
    if amount == 0 {
        return Err(no(400, "not_applied"));
    }
    app.unpay(&ask.second, payment.of("clientId"), amount).await?;
    payment.set("invoiceApplications", kept);
    payment.add("appliedAmount", -amount);
    payment.add("unappliedAmount", amount);
    Ok(app.said(200, Kind::Payment, &app.save(Kind::Payment, payment).await?))
}

impl Shared {
    /// Takes so much off the payment's invoices, the newest application first.
    async fn take_off(&self, payment: &mut Doc, amount: i64) -> Result<(), Done> {
        let (mut left, mut kept) = (amount, Vec::new());
        for row in payment.rows("invoiceApplications").to_vec().iter().rev() {
            let invoice = row["invoiceId"]["_id"].as_str().unwrap_or_default();
            let live = halalas(&row["amount"]);
            let part = left.min(live);
            if part > 0 {
                self.unpay(invoice, payment.of("clientId"), part).await?;
                left -= part;
            }
            if live > part {
                kept.insert(
                    0,
                    json!({"invoiceId": row["invoiceId"], "amount": riyals(live - part)}),
                );
            }
        }
        payment.set("invoiceApplications", kept);
        payment.add("appliedAmount", -amount);
        Ok(())
    }

    async fn unpay(&self, invoice: &str, client: &str, amount: i64) -> Result<(), Done> {
        let lowered = self.change(Kind::Invoice, invoice, |doc| {
            doc.add("amountPaid", -amount);
            settle(doc);
            Ok(())
        });
        lowered.await?;
        self.count(client, Counted { invoices: 0, owed: amount, paid: -amount }).await
    }
}
