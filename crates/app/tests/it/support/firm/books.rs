//! What a firm's documents say about its money, held against each other: an invoice and the payments
//! set against it, a payment and the parts it went in, a retainer and its movements. **No figure is
//! believed that a second document does not confirm.**

use serde_json::Value;

use super::{Firm, halalas, riyals};

/// Every document with money in it, after all were found to agree.
pub struct Books {
    pub invoices: Vec<Value>,
    pub payments: Vec<Value>,
    pub retainers: Vec<Value>,
    movements: Vec<Value>,
}

impl Firm<'_> {
    /// All documents, by now silent, checked against each other.
    pub async fn books(&self) -> Result<Books, String> {
        let invoices = self.list("/api/invoices").await;
        let payments = self.list("/api/payments").await;
        let (mut retainers, mut movements) = (Vec::new(), Vec::new());
        for retainer in self.list("/api/retainers").await {
            let id = super::id(&retainer);
            retainers.push(self.audited(&id).await?);
            let history = self.history(&id).await;
            movements.extend(history["data"].as_array().expect("a list").iter().cloned());
        }
        let books = Books { invoices, payments, retainers, movements };
        books.payments.iter().try_for_each(|payment| books.payment_adds_up(payment))?;
        books.invoices.iter().try_for_each(|invoice| books.invoice_adds_up(invoice))?;
        Ok(books)
    }

    /// Every row of a list that is one page long.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let listed = self.get(format!("{path}{separator}limit=200")).await;
        listed["data"].as_array().expect("a list").clone()
    }
}

impl Books {
    pub fn invoice(&self, id: &str) -> &Value {
        row(&self.invoices, id)
    }

    pub fn payment(&self, id: &str) -> &Value {
        row(&self.payments, id)
    }

    /// What the client has paid and nothing has claimed.
    pub fn credit(&self) -> i64 {
        self.payments.iter().map(|payment| halalas(&payment["unappliedAmount"])).sum()
    }

    /// What lies in all retainers.
    pub fn held(&self) -> i64 {
        self.retainers.iter().map(|retainer| halalas(&retainer["currentBalance"])).sum()
    }

    /// Status, paid by payments and still due are as given.
    pub fn invoice_is(&self, id: &str, status: &str, paid: i64, due: i64) -> Result<(), String> {
        let invoice = self.invoice(id);
        let says = (
            invoice["status"].as_str().unwrap_or_default(),
            halalas(&invoice["amountPaid"]),
            halalas(&invoice["balanceDue"]),
        );
        if says == (status, paid, due) {
            return Ok(());
        }
        Err(format!(
            "the invoice must be {status} with {} paid and {} due; it is {} with {} paid and {} due",
            riyals(paid),
            riyals(due),
            says.0,
            riyals(says.1),
            riyals(says.2)
        ))
    }

    /// Σ of the retainers' movements of one kind that name a document.
    fn moved(&self, field: &str, id: &str, kind: &str) -> i64 {
        let its = self.movements.iter().filter(|row| reference(&row[field]) == Some(id));
        its.filter(|row| row["type"] == kind).map(|row| halalas(&row["amount"])).sum()
    }

    /// amount = unapplied + applied + deposited + refunded, and the status follows.
    fn payment_adds_up(&self, payment: &Value) -> Result<(), String> {
        let part = |field: &str| halalas(&payment[field]);
        let parts = ["unappliedAmount", "appliedAmount", "depositedAmount", "refundedAmount"];
        let parts = parts.map(part);
        let (amount, [unapplied, applied, deposited, refunded]) = (part("amount"), parts);
        let status = payment["status"].as_str().unwrap_or_default();
        let has_arrived = ["completed", "partially_refunded", "refunded"].contains(&status);
        let sum: i64 = parts.iter().sum();
        if parts.iter().any(|part| *part < 0) || sum != if has_arrived { amount } else { 0 } {
            return Err(format!(
                "a {status} payment of {} is {} free, {} on invoices, {} in retainers, {} refunded",
                riyals(amount),
                riyals(unapplied),
                riyals(applied),
                riyals(deposited),
                riyals(refunded)
            ));
        }
        let due = match refunded {
            0 => "completed",
            all if all == amount => "refunded",
            _ => "partially_refunded",
        };
        if has_arrived && status != due {
            return Err(format!("{} of {} refunded: {status}", riyals(refunded), riyals(amount)));
        }
        let id = super::id(payment);
        if has_arrived {
            let claims: i64 = claims(payment).map(|claim| halalas(&claim["amount"])).sum();
            if claims != applied {
                return Err(format!(
                    "the applications of a payment add up to {}, it says {}",
                    riyals(claims),
                    riyals(applied)
                ));
            }
        }
        let filled =
            self.moved("paymentId", &id, "deposit") - self.moved("paymentId", &id, "refund");
        if filled != deposited {
            return Err(format!(
                "retainers hold {} of a payment, it says {}",
                riyals(filled),
                riyals(deposited)
            ));
        }
        Ok(())
    }

    /// Paid = Σ of what its payments say, due = total − paid − retainer − credited − written off, and
    /// the status follows.
    fn invoice_adds_up(&self, invoice: &Value) -> Result<(), String> {
        let part = |field: &str| halalas(&invoice[field]);
        let id = super::id(invoice);
        let is_on_it = |claim: &&Value| reference(&claim["invoiceId"]) == Some(&id);
        let arrived = self.payments.iter().filter(|payment| {
            !["pending", "failed", "cancelled"].contains(&payment["status"].as_str().unwrap_or(""))
        });
        let paid: i64 =
            arrived.flat_map(claims).filter(is_on_it).map(|claim| halalas(&claim["amount"])).sum();
        if paid != part("amountPaid") {
            return Err(format!(
                "its payments say that {} was paid, the invoice says {}",
                riyals(paid),
                riyals(part("amountPaid"))
            ));
        }
        // What a credit note sets free goes back into its retainer.
        let drawn =
            self.moved("invoiceId", &id, "consumption") - self.moved("invoiceId", &id, "deposit");
        let (from_retainers, credited) = (part("retainerApplied"), part("creditedAmount"));
        if drawn != from_retainers {
            return Err(format!(
                "retainers paid {} of an invoice, it says {}",
                riyals(drawn),
                riyals(from_retainers)
            ));
        }
        let (total, written_off) = (part("totalAmount"), part("writtenOffAmount"));
        let due = total - paid - from_retainers - credited - written_off;
        let status = invoice["status"].as_str().unwrap_or_default();
        let expected = match status {
            "draft" | "pending_approval" | "approved" | "cancelled" => (status, total, 0),
            "written_off" => (status, 0, 0),
            "void" if credited != total => (status, total, 0),
            _ if credited == total => ("void", 0, 0),
            _ if due == 0 => ("paid", 0, 0),
            _ if paid + from_retainers > 0 => ("partial", due, due),
            "viewed" => (status, due, due),
            _ => ("sent", due, due),
        };
        let says = part("balanceDue");
        if due < 0 || (status, due, says) != expected {
            return Err(format!(
                "an invoice of {}, {} paid, {} by retainers, {} credited and {} written off, is {status} with {} due",
                riyals(total),
                riyals(paid),
                riyals(from_retainers),
                riyals(credited),
                riyals(written_off),
                riyals(says)
            ));
        }
        Ok(())
    }
}

fn claims(payment: &Value) -> impl Iterator<Item = &Value> {
    payment["invoiceApplications"].as_array().into_iter().flatten()
}

/// The id that a reference gives, populated or plain.
fn reference(value: &Value) -> Option<&str> {
    value["_id"].as_str().or_else(|| value.as_str())
}

fn row<'a>(rows: &'a [Value], id: &str) -> &'a Value {
    let mut rows = rows.iter();
    rows.find(|row| row["_id"] == id).unwrap_or_else(|| panic!("{id} is not listed"))
}
