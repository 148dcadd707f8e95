//! The twin's payments, up to their completion.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post, put},
};
use serde_json::{Value, json};

use super::{
    Shared,
    clients::Counted,
    documents::{Doc, Kind, riyals},
    invoices::{is_issued, settle},
    keys::{Done, no},
    reads,
    requests::{Ask, applications, does, shows},
};

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::Payment;
    Router::new()
        .route("/api/payments", post(does!(record)).get(shows!(reads::list, Payment)))
        .route("/api/payments/bulk", delete(does!(remove_all)))
        .route(
            "/api/payments/{id}",
            get(shows!(reads::one, Payment)).put(does!(edit)).delete(does!(remove)),
        )
        .route("/api/payments/{id}/complete", post(does!(complete)))
        .route("/api/payments/{id}/fail", post(does!(fail)))
        .route("/api/payments/{id}/cancel", post(does!(cancel)))
        .route("/api/payments/{id}/reconcile", post(does!(reconcile)))
        .route("/api/payments/{id}/check-status", put(does!(move_check)))
}

async fn record(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let client = app.find(Kind::Client, ask.text("clientId")).await?;
    let amount = ask.money("amount")?;
    let reference = |field: &str| match ask.body[field].as_str() {
        Some(id) => json!({"_id": id}),
        None => Value::Null,
    };
    let fields = json!({"clientId": {"_id": client.id()}, "amount": riyals(amount),
        "paymentType": ask.body["paymentType"], "retainerId": reference("retainerId"),
        "invoiceId": reference("invoiceId"), "wanted": ask.body["invoiceApplications"],
        "overpaymentAction": ask.text("overpaymentAction"), "notes": ask.text("notes"),
        "checkStatus": if ask.text("paymentMethod") == "check" { "received" } else { "" }});
    let mut doc = app.insert_payment(ask, fields).await;
    if ask.text("status") == "completed" {
        doc = app.complete_payment(doc.id()).await?;
    }
    Ok(app.said(201, Kind::Payment, &doc))
}

async fn complete(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.complete_payment(&ask.id).await?;
    Ok(app.said(200, Kind::Payment, &doc))
}

async fn edit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Payment, &ask.id, |doc| {
        ask.precondition(doc)?;
        is_open(doc)?;
        if ask.body.get("invoiceApplications").is_some() {
            doc.set("wanted", ask.body["invoiceApplications"].clone());
        }
        for field in ["amount", "notes"] {
            if let Some(value) = ask.body.get(field) {
                doc.set(field, value.clone());
            }
        }
        Ok(())
    });
    Ok(app.said(200, Kind::Payment, &doc.await?))
}

async fn fail(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Payment, &ask.id, |doc| {
        if doc.status() != "pending" {
            return Err(no(400, "payment_not_pending"));
        }
        doc.set("status", "failed");
        Ok(())
    });
    Ok(app.said(200, Kind::Payment, &doc.await?))
}

async fn cancel(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Payment, &ask.id, |doc| {
        is_open(doc)?;
        doc.set("status", "cancelled");
        Ok(())
    });
    Ok(app.said(200, Kind::Payment, &doc.await?))
}

async fn reconcile(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Payment, &ask.id, |doc| {
        if doc.status() != "completed" {
            return Err(no(400, "payment_not_completed"));
        }
        if doc.0["isReconciled"] == json!(true) {
            return Err(no(400, "already_reconciled"));
        }
        doc.set("isReconciled", true);
        Ok(())
    });
    Ok(app.said(200, Kind::Payment, &doc.await?))
}

async fn move_check(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.find(Kind::Payment, &ask.id).await?;
    let to = ask.text("status");
    match (doc.text("checkStatus"), to) {
        ("", _) => return Err(no(400, "not_a_check")),
        ("received", "deposited") | ("deposited", "cleared" | "bounced") => {}
        ("received", _) => return Err(no(400, "check_not_deposited")),
        _ => return Err(no(400, "check_not_received")),
    }
    let mut doc = match to {
        "cleared" => app.complete_payment(doc.id()).await?,
        _ => doc,
    };
    if to == "bounced" {
        doc.set("status", "failed");
    }
    doc.set("checkStatus", to);
    Ok(app.said(200, Kind::Payment, &app.save(Kind::Payment, doc).await?))
}

async fn remove(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.find(Kind::Payment, &ask.id).await?;
    is_open(&doc)?;
    app.pause().await;
    app.documents.with(|all| all.remove(Kind::Payment, doc.id()));
    Ok(app.said(200, Kind::Payment, &doc))
}

async fn remove_all(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let ids = ask.body["paymentIds"].as_array().cloned().unwrap_or_default();
    for id in &ids {
        let doc = app.find(Kind::Payment, id.as_str().unwrap_or_default()).await?;
        is_open(&doc).map_err(|_| no(400, "not_deletable"))?;
    }
    for id in &ids {
        app.pause().await;
        app.documents.with(|all| all.remove(Kind::Payment, id.as_str().unwrap_or_default()));
    }
    let place = app.place();
    Ok((
        200,
        json!({"success": true, "deleted": ids.len(), "data": {"deleted": ids.len()}, "seq": place}),
    ))
}

/// No money has moved yet.
fn is_open(doc: &Doc) -> Result<(), Done> {
    let open = ["pending", "failed"].contains(&doc.status());
    if open { Ok(()) } else { Err(no(400, "payment_settled")) }
}

impl Shared {
    /// A pending payment.
    pub async fn insert_payment(&self, ask: &Ask, fields: Value) -> Doc {
        let series = [Kind::Payment, Kind::Refund];
        let number = self.number(&series, &ask.firm, "PAY", &self.year()).await;
        let mut all = json!({"paymentNumber": number, "status": "pending", "unappliedAmount": 0,
            "appliedAmount": 0, "depositedAmount": 0, "refundedAmount": 0,
            "invoiceApplications": []});
        for (name, value) in fields.as_object().expect("fields are an object") {
            all[name] = value.clone();
        }
        self.insert(Kind::Payment, ask, all).await
    }

    /// The invoices first, then a retainer, and what is left is credit; one write for each.
    pub async fn complete_payment(&self, by: &str) -> Result<Doc, Done> {
        let mut payment = self.find(Kind::Payment, by).await?;
        match payment.status() {
            "pending" | "failed" => {}
            "cancelled" => return Err(no(400, "payment_not_pending")),
            _ => return Err(no(400, "already_completed")),
        }
        self.find(Kind::Client, payment.of("clientId")).await?;
        let amount = payment.money("amount");
        let mut wishes = applications(&json!({"invoiceApplications": payment.0["wanted"]}));
        if wishes.is_empty() && payment.has("invoiceId") {
            wishes.push((payment.of("invoiceId").to_owned(), amount));
        }
        let names_nothing = wishes.is_empty() && !payment.has("paymentType");
        if payment.text("overpaymentAction") == "reject" {
            self.refuse_overpayment(amount, &wishes).await?;
        }
        let mut left = amount;
        for (invoice, wish) in wishes {
            let taken = self.pay(&invoice, payment.of("clientId"), left.min(wish)).await?;
            left -= taken;
            claim(&mut payment, &invoice, taken);
        }
        let fills = names_nothing || ["retainer", "advance"].contains(&payment.text("paymentType"));
        if let Some(retainer) = self.retainer_for(&payment).await.filter(|_| fills && left > 0) {
            let paid_by = json!({"paymentId": payment.id()});
            let filled = self
                .change(Kind::Retainer, &retainer, |doc| self.fill(doc, "deposit", left, &paid_by));
            filled.await?;
            payment.set("retainerId", json!({"_id": retainer}));
            payment.set_money("depositedAmount", left);
            left = 0;
        }
        payment.set_money("unappliedAmount", left);
        payment.set("status", "completed");
        self.save(Kind::Payment, payment).await
    }

    async fn refuse_overpayment(&self, amount: i64, wishes: &[(String, i64)]) -> Result<(), Done> {
        let mut due = 0;
        for (invoice, wish) in wishes {
            due += self.find(Kind::Invoice, invoice).await?.money("balanceDue").min(*wish);
        }
        if due < amount { Err(no(400, "overpayment")) } else { Ok(()) }
    }

    /// The retainer that a payment names, else the client's newest that still takes money.
    async fn retainer_for(&self, payment: &Doc) -> Option<String> {
        if payment.has("retainerId") {
            return Some(payment.of("retainerId").to_owned());
        }
        let of_client = self.select(Kind::Retainer, |doc| {
            doc.of("clientId") == payment.of("clientId")
                && ["active", "depleted"].contains(&doc.status())
        });
        of_client.await.last().map(|doc| doc.id().to_owned())
    }

    /// Pays an invoice, at most what is due; the counters beside its client follow.
    pub async fn pay(&self, invoice: &str, client: &str, most: i64) -> Result<i64, Done> {
        let mut taken = 0;
        let paid = self.change(Kind::Invoice, invoice, |doc| {
            if is_issued(doc) {
                taken = most.min(doc.money("balanceDue"));
                doc.add("amountPaid", taken);
                settle(doc);
            }
            Ok(())
        });
        paid.await?;
        self.count(client, Counted { invoices: 0, owed: -taken, paid: taken }).await?;
        Ok(taken)
    }
}

/// Notes in the payment what an invoice took of it.
pub fn claim(payment: &mut Doc, invoice: &str, taken: i64) {
    if taken > 0 {
        payment.add("appliedAmount", taken);
        let row = json!({"invoiceId": {"_id": invoice}, "amount": riyals(taken)});
        payment.push("invoiceApplications", row);
    }
}
