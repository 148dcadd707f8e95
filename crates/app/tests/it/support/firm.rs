//! A firm of one round: fresh ids, tokens, and the documents a scenario starts from.

mod books;

use serde_json::{Value, json};

use super::{
    client::{Answer, Call},
    target::Target,
    tokens,
};

/// A firm and its owner's token.
pub struct Firm<'a> {
    pub target: &'a Target,
    pub id: String,
    pub token: String,
}

impl<'a> Firm<'a> {
    pub fn new(target: &'a Target) -> Self {
        let id = tokens::new_id();
        let token = tokens::token(&tokens::new_id(), &id, "owner");
        Self { target, id, token }
    }

    /// A token of another user of this firm.
    pub fn token_of(&self, user: &str, role: &str) -> String {
        tokens::token(user, &self.id, role)
    }

    pub fn post(&self, path: impl Into<String>, body: &Value) -> Call {
        Call::post(path, body).token(&self.token)
    }

    pub fn put(&self, path: impl Into<String>, body: &Value) -> Call {
        Call::new("PUT", path).json(body).token(&self.token)
    }

    pub fn delete(&self, path: impl Into<String>) -> Call {
        Call::new("DELETE", path).token(&self.token)
    }

    pub async fn get(&self, path: impl Into<String>) -> Value {
        self.target.get(path, &self.token).await
    }

    /// Sends what has to be accepted; the entity.
    pub async fn make(&self, call: Call) -> Value {
        let answer = self.target.send(&call).await;
        assert!(
            answer.is_ok(),
            "{} {}: {} {}",
            call.method,
            call.path,
            answer.status,
            answer.text()
        );
        answer.json()["data"].clone()
    }

    pub async fn client(&self) -> String {
        id(&self.make(self.post("/api/clients", &json!({"fullName": "Noura Al-Qahtani"}))).await)
    }

    /// A client's retainer holding so many riyals, with further terms.
    pub async fn retainer_of(&self, client: &str, amount: i64, terms: &Value) -> String {
        let mut body = json!({"clientId": client, "initialAmount": amount});
        for (name, value) in terms.as_object().expect("terms are an object") {
            body[name] = value.clone();
        }
        id(&self.make(self.post("/api/retainers", &body)).await)
    }

    pub async fn retainer(&self, amount: i64) -> String {
        self.retainer_of(&self.client().await, amount, &json!({})).await
    }

    /// A completed payment that nothing has claimed yet.
    pub async fn credit(&self, client: &str, amount: i64) -> String {
        let body = json!({"clientId": client, "amount": amount, "paymentMethod": "cash",
            "paymentType": "customer_payment", "status": "completed"});
        id(&self.make(self.post("/api/payments", &body)).await)
    }

    /// A payment that is still to come, with further fields.
    pub async fn pending(&self, client: &str, amount: i64, more: &Value) -> String {
        let mut body = json!({"clientId": client, "amount": amount, "paymentMethod": "cash",
            "paymentType": "customer_payment"});
        for (name, value) in more.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        id(&self.make(self.post("/api/payments", &body)).await)
    }

    /// An invoice of one line and no VAT, not sent yet.
    pub async fn draft(&self, client: &str, amount: i64) -> String {
        id(&self.make(self.invoicing(client, &[line(amount)])).await)
    }

    /// The same, sent.
    pub async fn invoice(&self, client: &str, amount: i64) -> String {
        let invoice = self.draft(client, amount).await;
        self.make(self.on_invoice(&invoice, "send", &json!({}))).await;
        invoice
    }

    pub fn invoicing(&self, client: &str, items: &[Value]) -> Call {
        let body = json!({"clientId": client, "vatRate": 0, "items": items});
        self.post("/api/invoices", &body)
    }

    pub fn on_invoice(&self, invoice: &str, what: &str, body: &Value) -> Call {
        self.post(format!("/api/invoices/{invoice}/{what}"), body)
    }

    /// A payment of so many riyals, recorded on the invoice itself.
    pub fn pay(&self, invoice: &str, amount: i64) -> Call {
        let body = json!({"amount": amount, "paymentMethod": "cash"});
        self.on_invoice(invoice, "record-payment", &body)
    }

    pub fn on_payment(&self, payment: &str, what: &str, body: &Value) -> Call {
        self.post(format!("/api/payments/{payment}/{what}"), body)
    }

    pub fn complete(&self, payment: &str) -> Call {
        self.on_payment(payment, "complete", &json!({}))
    }

    /// Returns so many riyals of a payment.
    pub fn give_back(&self, payment: &str, amount: i64) -> Call {
        self.on_payment(payment, "refund", &json!({"amount": amount, "reason": "as agreed"}))
    }

    pub fn consume(&self, retainer: &str, amount: &str) -> Call {
        self.post(format!("/api/retainers/{retainer}/consume"), &json!({"amount": amount}))
    }

    pub fn replenish(&self, retainer: &str, amount: &str) -> Call {
        self.post(format!("/api/retainers/{retainer}/replenish"), &json!({"amount": amount}))
    }

    pub fn refund(&self, retainer: &str) -> Call {
        self.post(format!("/api/retainers/{retainer}/refund"), &json!({}))
    }

    /// A retainer's whole history, page by page, as one answer.
    pub async fn history(&self, retainer: &str) -> Value {
        let path = format!("/api/retainers/{retainer}/history?limit=200");
        let mut all = self.get(&path).await;
        let mut next = all["nextCursor"].clone();
        while let Some(cursor) = next.as_str() {
            let mut page = self.get(format!("{path}&cursor={cursor}")).await;
            let rows = page["data"].as_array_mut().expect("a list");
            all["data"].as_array_mut().expect("a list").append(rows);
            next = page["nextCursor"].clone();
        }
        all
    }

    /// The retainer, after its history was found to add up: every movement's balance follows from the
    /// one before, and the document says what its movements say.
    pub async fn audited(&self, retainer: &str) -> Result<Value, String> {
        let history = self.history(retainer).await;
        let document = self.get(format!("/api/retainers/{retainer}")).await["data"].clone();
        let mut balance = 0;
        let mut rows = history["data"].as_array().expect("a list").clone();
        rows.reverse();
        for row in &rows {
            let is_in = ["deposit", "transfer_in"].contains(&row["type"].as_str().unwrap_or(""));
            let amount = halalas(&row["amount"]);
            balance += if is_in { amount } else { -amount };
            let says = halalas(&row["balanceAfter"]);
            if says != balance || balance < 0 {
                return Err(format!(
                    "a movement leaves {} but says {}",
                    riyals(balance),
                    riyals(says)
                ));
            }
        }
        let says = halalas(&document["currentBalance"]);
        if says != balance {
            return Err(format!(
                "the movements leave {}, the retainer says {}",
                riyals(balance),
                riyals(says)
            ));
        }
        // What moves between retainers is counted with what comes from and goes to the client.
        for (kinds, total) in [
            (["deposit", "transfer_in"], "totalDeposits"),
            (["consumption", ""], "totalConsumptions"),
            (["refund", "transfer_out"], "totalRefunds"),
        ] {
            let sum = kinds.iter().map(|kind| sum_of(&rows, kind)).sum();
            if halalas(&document[total]) != sum {
                return Err(format!(
                    "{total} is {}, the movements add up to {}",
                    document[total],
                    riyals(sum)
                ));
            }
        }
        Ok(document)
    }

    /// [`Self::audited`], and its money is what the accepted answers say it must be.
    pub async fn balances(
        &self,
        retainer: &str,
        deposited: i64,
        taken: i64,
    ) -> Result<Value, String> {
        let document = self.audited(retainer).await?;
        let says = halalas(&document["currentBalance"]);
        let movements = (
            halalas(&document["totalDeposits"]),
            halalas(&document["totalConsumptions"]) + halalas(&document["totalRefunds"]),
        );
        if movements != (deposited, taken) || says != deposited - taken {
            return Err(format!(
                "{} came in and {} went out as answered, so {} must be left; the retainer says in {}, out {}, left {}",
                riyals(deposited),
                riyals(taken),
                riyals(deposited - taken),
                riyals(movements.0),
                riyals(movements.1),
                riyals(says)
            ));
        }
        Ok(document)
    }
}

/// One line of an invoice.
pub fn line(amount: i64) -> Value {
    json!({"description": "advice", "quantity": 1, "unitPrice": amount})
}

/// An entity's id.
pub fn id(entity: &Value) -> String {
    entity["_id"].as_str().unwrap_or_else(|| panic!("no id in {entity}")).to_owned()
}

/// A JSON amount in halalas, by its exact text.
pub fn halalas(value: &Value) -> i64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (negative, text) =
        text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let decimal: domain::Decimal = text.parse().unwrap_or_else(|_| panic!("no amount: {value}"));
    let minor = decimal
        .money(domain::Currency::SAR)
        .unwrap_or_else(|_| panic!("no amount: {value}"))
        .minor();
    if negative { -minor } else { minor }
}

pub fn riyals(halalas: i64) -> String {
    let sign = if halalas < 0 { "-" } else { "" };
    format!("{sign}{}.{:02} SAR", halalas.abs() / 100, halalas.abs() % 100)
}

pub fn sum_of(rows: &[Value], kind: &str) -> i64 {
    rows.iter().filter(|row| row["type"] == kind).map(|row| halalas(&row["amount"])).sum()
}

/// How many were accepted. Each of the others must be one of these refusals.
pub fn accepted(answers: &[Answer], refusals: &[&str]) -> Result<usize, String> {
    let mut count = 0;
    for answer in answers {
        let code = answer.code();
        if answer.is_ok() {
            count += 1;
        } else if answer.status != status_of(&code) || !refusals.contains(&code.as_str()) {
            return Err(format!("a request was answered {}: {}", answer.status, answer.text()));
        }
    }
    Ok(count)
}

/// The status that a refusal comes with.
fn status_of(code: &str) -> u16 {
    match code {
        "forbidden" => 403,
        "version_conflict" => 409,
        _ if code.ends_with("_not_found") => 404,
        _ => 400,
    }
}

/// The place of an accepted command in its firm's journal.
pub fn seq(answer: &Answer) -> i64 {
    answer.json()["seq"].as_i64().unwrap_or_else(|| panic!("no seq in {}", answer.text()))
}
