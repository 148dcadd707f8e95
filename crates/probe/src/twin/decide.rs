//! What a request does to the books. Each rule stands here once; a flaw only changes which books it looks
//! at, those of now or those that were read before the pause.

use serde_json::{Map, Value, json};

use super::{
    Flaw,
    books::{Answer, Books, Doc, Movement, Request, prefix},
};
use crate::history::Verb;

/// A step: the request, the books that a flawed one read before its pause, and the flaw.
pub(super) struct Step<'a> {
    pub request: &'a Request,
    pub old: &'a Books,
    pub flaw: Option<Flaw>,
    pub now_ms: u64,
    /// A number of its own for each step, for flaws that strike now and then.
    pub nth: u64,
    pub joint_minimum: i64,
}

type Decided = Result<Answer, Answer>;

impl Step<'_> {
    /// Carries it out, or says why not.
    pub fn run(&self, books: &mut Books) -> Answer {
        let decided = match self.request.verb {
            verb if verb.is_creation() => self.create(books),
            Verb::Deposit => self.deposit(books),
            Verb::Consume => self.consume(books),
            Verb::CloseRetainer => self.close(books),
            Verb::Transfer => self.transfer(books),
            Verb::Withdraw => self.withdraw(books),
            Verb::CompletePayment => self.complete(books),
            Verb::CancelPayment => self.cancel(books),
            Verb::Refund => self.refund(books),
            Verb::VoidInvoice => self.void(books),
            Verb::SubmitInvoice => self.turn(books, "open", "submitted"),
            Verb::ApproveInvoice => self.turn(books, "submitted", "open"),
            Verb::RejectInvoice => self.turn(books, "submitted", "draft"),
            Verb::EditInvoice => self.revise(books),
            Verb::Propose => self.propose(books),
            Verb::Patch | Verb::EditJob => self.patch(books),
            Verb::CloseJob => self.turn(books, "active", "cancelled"),
            Verb::DeleteClient => self.delete(books),
            Verb::SendInvoice => self.here(books).map(|doc| self.ok(books, &doc)),
            _ => Err(Answer::refused(404, "no_such_verb")),
        };
        let answer = decided.unwrap_or_else(|refusal| refusal);
        let is_audited = !(self.is(Flaw::AuditMissing) && self.nth.is_multiple_of(3));
        if (200..300).contains(&answer.status) && is_audited {
            books.audit.push((self.request.tenant.clone(), self.request.name.clone()));
        }
        answer
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn strikes(&self, flaw: Flaw, every: u64) -> bool {
        self.is(flaw) && self.nth.is_multiple_of(every)
    }

    fn amount(&self) -> i64 {
        self.request.args.amount.unwrap_or(0)
    }

    /// The books as the flaw sees them.
    fn seen<'a>(&'a self, flaw: Flaw, books: &'a Books) -> &'a Books {
        if self.is(flaw) { self.old } else { books }
    }

    fn here(&self, books: &Books) -> Result<Doc, Answer> {
        self.at(books, self.request.on.as_deref())
    }

    fn at(&self, books: &Books, id: Option<&str>) -> Result<Doc, Answer> {
        let doc = books.doc(&self.request.tenant, id).cloned();
        doc.ok_or_else(|| Answer::refused(404, "not_found"))
    }

    /// Puts a changed document back, with its next version.
    fn put(&self, books: &mut Books, mut doc: Doc) -> Doc {
        let before = books.docs.get(&doc.id).cloned();
        doc.version += if self.strikes(Flaw::VersionSkips, 3) { 2 } else { 1 };
        doc.changed_ms = self.now_ms;
        doc.before = before.map(|before| Box::new(Doc { before: None, ..before }));
        books.docs.insert(doc.id.clone(), doc.clone());
        doc
    }

    fn ok(&self, books: &mut Books, doc: &Doc) -> Answer {
        books.seq += 1;
        let mut body = shown(doc);
        body.insert("seq".to_owned(), json!(books.seq));
        Answer::new(if self.request.verb.is_creation() { 201 } else { 200 }, &Value::Object(body))
    }

    /// Money in (positive) or out of an account, with its entry and both legs.
    fn movement(&self, books: &mut Books, mut doc: Doc, amount: i64) -> Doc {
        doc.sum += amount;
        doc.entries.push(Movement { amount, after: doc.sum, at_ms: self.now_ms });
        if doc.status != "closed" {
            doc.status = if doc.sum == 0 { "depleted" } else { "active" }.to_owned();
        }
        books.debits += amount.abs();
        if !self.strikes(Flaw::OneLegged, 3) {
            books.credits += amount.abs();
        }
        self.put(books, doc)
    }

    fn create(&self, books: &mut Books) -> Decided {
        let Request { verb, args, tenant, .. } = self.request;
        if self.is(Flaw::SeqGapOnRollback) {
            self.number(books);
        }
        let is_money = !matches!(verb, Verb::CreateClient | Verb::CreateJob);
        if is_money && self.amount() <= 0 {
            return Err(Answer::refused(400, "amount"));
        }
        if let Some(client) = &args.client {
            let owner = self.at(self.seen(Flaw::DeleteUnchecked, books), Some(client))?;
            if owner.status == "deleted" {
                return Err(Answer::refused(400, "client_deleted"));
            }
        }
        books.seq += 1;
        let number =
            if self.is(Flaw::SeqGapOnRollback) { self.last(books) } else { self.number(books) };
        let mut doc = Doc {
            id: format!("{}-{}", verb.name(), books.seq),
            kind: verb.name(),
            tenant: tenant.clone(),
            number: format!("{}{number:04}", prefix(*verb, self.year(books))),
            amount: self.amount(),
            status: first_status(*verb).to_owned(),
            client: args.client.clone().unwrap_or_default(),
            changed_ms: self.now_ms,
            ..Doc::default()
        };
        if let Some(value) = &args.value {
            doc.fields.insert("name".to_owned(), value.clone());
        }
        if *verb == Verb::OpenRetainer {
            doc.sum = self.amount();
            doc.entries.push(Movement { amount: doc.sum, after: doc.sum, at_ms: self.now_ms });
        }
        books.docs.insert(doc.id.clone(), doc.clone());
        Ok(self.ok(books, &doc))
    }

    fn year(&self, books: &Books) -> u32 {
        if self.is(Flaw::StaleYear) { Books::default().year() } else { books.year() }
    }

    fn number(&self, books: &mut Books) -> u64 {
        let series = self.request.series(self.year(books));
        let (highest, _) = books.highest(&series);
        let number = match self.flaw {
            Some(Flaw::CountPlusOne) => self.old.highest(&series).1 as u64 + 1,
            Some(Flaw::MaxPlusOne) => self.old.highest(&series).0 + 1,
            Some(Flaw::Random4) => fastrand::u64(0..10_000),
            _ => highest + 1,
        };
        books.numbers.entry(series).or_default().push(number);
        number
    }

    fn last(&self, books: &Books) -> u64 {
        books.highest(&self.request.series(self.year(books))).0
    }

    fn deposit(&self, books: &mut Books) -> Decided {
        let doc = self.here(books)?;
        if doc.status == "closed" {
            return Err(Answer::refused(400, "closed"));
        }
        if self.strikes(Flaw::PhantomEntry, 3) {
            let mut doc = doc;
            doc.entries.push(Movement { amount: 7, after: doc.sum, at_ms: self.now_ms });
            let doc = self.movement(books, doc, self.amount());
            return Ok(self.ok(books, &doc));
        }
        let doc = self.based_on_old(Flaw::LostDeposit, doc);
        let doc = self.movement(books, doc, self.amount());
        Ok(self.ok(books, &doc))
    }

    /// The document of now with the sum of then.
    fn based_on_old(&self, flaw: Flaw, mut doc: Doc) -> Doc {
        if self.is(flaw)
            && let Some(old) = self.old.docs.get(&doc.id)
        {
            doc.sum = old.sum;
        }
        doc
    }

    fn consume(&self, books: &mut Books) -> Decided {
        let doc = self.here(books)?;
        let checked = self.here(self.seen(Flaw::ToctouConsume, books))?;
        if doc.status == "closed" || checked.sum < self.amount() {
            return Err(Answer::refused(400, "insufficient_balance"));
        }
        if self.is(Flaw::SpuriousRefusal) && self.here(self.old)?.version != doc.version {
            return Err(Answer::refused(400, "insufficient_balance"));
        }
        if self.strikes(Flaw::LiesOk, 3) {
            return Ok(self.ok(books, &doc));
        }
        let doc = self.movement(books, doc, -self.amount());
        if self.strikes(Flaw::LiesRefused, 3) {
            return Err(Answer::refused(400, "insufficient_balance"));
        }
        if self.strikes(Flaw::RetryAfterUnknownCommit, 2) {
            let again = self.movement(books, doc, -self.amount());
            return Ok(self.ok(books, &again));
        }
        Ok(self.ok(books, &doc))
    }

    fn close(&self, books: &mut Books) -> Decided {
        let mut doc = self.here(books)?;
        if doc.status == "closed" || doc.sum == 0 {
            return Err(Answer::refused(400, "closed"));
        }
        doc.status = "closed".to_owned();
        let left = -doc.sum;
        let doc = self.movement(books, doc, left);
        Ok(self.ok(books, &doc))
    }

    fn transfer(&self, books: &mut Books) -> Decided {
        let from = self.here(books)?;
        let to = self.at(books, self.request.args.to.as_deref())?;
        if from.sum < self.amount() {
            return Err(Answer::refused(400, "insufficient_balance"));
        }
        let from = self.movement(books, from, -self.amount());
        self.movement(books, to, self.amount());
        Ok(self.ok(books, &from))
    }

    fn withdraw(&self, books: &mut Books) -> Decided {
        let doc = self.here(books)?;
        let seen = self.seen(Flaw::WriteSkew, books);
        let (one, other) = (self.here(seen)?, self.at(seen, self.request.args.to.as_deref())?);
        if one.sum + other.sum - self.amount() < self.joint_minimum || one.sum < self.amount() {
            return Err(Answer::refused(400, "joint_minimum"));
        }
        let looked = json!([
            {"id": one.id, "balance": one.sum, "elements": elements(&one)},
            {"id": other.id, "balance": other.sum, "elements": elements(&other)},
        ]);
        let doc = self.movement(books, doc, -self.amount());
        books.seq += 1;
        let mut body = shown(&doc);
        body.insert("looked".to_owned(), looked);
        Ok(Answer::new(200, &Value::Object(body)))
    }

    fn complete(&self, books: &mut Books) -> Decided {
        let mut payment = self.here(books)?;
        let checked = self.here(self.seen(Flaw::DoubleComplete, books))?;
        if checked.status != "pending" || payment.status == "cancelled" {
            return Err(Answer::refused(400, "not_pending"));
        }
        let (amount, args) = (payment.amount, &self.request.args);
        if let Some(invoice) = &args.invoice {
            self.pay(books, invoice, amount)?;
        }
        payment.status = "completed".to_owned();
        let payment = self.put(books, payment);
        if let Some(retainer) = &args.retainer
            && !self.is(Flaw::TwoStepNoTx)
        {
            let doc = self.at(books, Some(retainer))?;
            let doc = self.based_on_old(Flaw::NewestRetainerCredit, doc);
            self.movement(books, doc, amount);
        }
        Ok(self.ok(books, &payment))
    }

    /// The second step of a completion that is no transaction.
    pub fn second_step(&self, books: &mut Books) -> Result<(), Answer> {
        let payment = self.here(books)?;
        if let Some(retainer) = &self.request.args.retainer {
            let doc = self.at(books, Some(retainer))?;
            self.movement(books, doc, payment.amount);
        }
        Ok(())
    }

    fn pay(&self, books: &mut Books, invoice: &str, amount: i64) -> Result<(), Answer> {
        let doc = self.at(books, Some(invoice))?;
        if doc.status == "void" || doc.sum + amount > doc.amount && !self.is(Flaw::LostUpdatePay) {
            return Err(Answer::refused(400, "overpaid"));
        }
        let before = doc.status.clone();
        let mut doc = self.based_on_old(Flaw::LostUpdatePay, doc);
        doc.sum += amount;
        doc.status = if self.is(Flaw::StatusBehind) { before } else { paid_status(&doc) };
        self.put(books, doc);
        Ok(())
    }

    fn cancel(&self, books: &mut Books) -> Decided {
        let mut payment = self.here(books)?;
        if self.here(self.seen(Flaw::CancelUnchecked, books))?.status != "pending" {
            return Err(Answer::refused(400, "not_pending"));
        }
        payment.status = "cancelled".to_owned();
        let payment = self.put(books, payment);
        Ok(self.ok(books, &payment))
    }

    fn refund(&self, books: &mut Books) -> Decided {
        let mut payment = self.here(books)?;
        let checked = self.here(self.seen(Flaw::RefundStaleSum, books))?;
        if payment.status != "completed" || checked.sum + self.amount() > payment.amount {
            return Err(Answer::refused(400, "refund_exceeds_payment"));
        }
        payment.sum += self.amount();
        let payment = self.put(books, payment);
        if let Some(invoice) = &self.request.args.invoice {
            let doc = self.at(books, Some(invoice))?;
            let mut doc = self.based_on_old(Flaw::LostUpdateRefund, doc);
            doc.sum = (doc.sum - self.amount()).max(0);
            doc.status = paid_status(&doc);
            self.put(books, doc);
        }
        Ok(self.ok(books, &payment))
    }

    fn void(&self, books: &mut Books) -> Decided {
        let mut doc = self.here(books)?;
        let checked = self.here(self.seen(Flaw::VoidUnchecked, books))?;
        if checked.sum != 0 || checked.status == "void" {
            return Err(Answer::refused(400, "invoice_has_payments"));
        }
        doc.status = "void".to_owned();
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }

    /// The request for a verdict on an invoice, and the verdict; the end of a job.
    fn turn(&self, books: &mut Books, from: &str, to: &str) -> Decided {
        let mut doc = self.here(books)?;
        if self.here(self.seen(Flaw::TwoVerdicts, books))?.status != from {
            return Err(Answer::refused(400, "wrong_status"));
        }
        doc.status = to.to_owned();
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }

    /// As long as it is neither paid nor before somebody who is to approve it.
    fn revise(&self, books: &mut Books) -> Decided {
        let mut doc = self.here(books)?;
        let checked = self.here(self.seen(Flaw::EditUnchecked, books))?;
        if self.request.args.version.is_some_and(|version| version != checked.version) {
            return Err(Answer::refused(409, "version_conflict"));
        }
        if checked.status != "open" || checked.sum != 0 {
            return Err(Answer::refused(400, "wrong_status"));
        }
        doc.amount = self.amount();
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }

    fn propose(&self, books: &mut Books) -> Decided {
        let doc = self.here(books)?;
        if doc.status == "cancelled" {
            return Err(Answer::refused(400, "job_not_open"));
        }
        let mut doc = self.based_on_old(Flaw::LostProposal, doc);
        doc.sum += 1;
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }

    fn patch(&self, books: &mut Books) -> Decided {
        let mut doc = self.here(books)?;
        let checked = self.here(self.seen(Flaw::StaleEdit, books))?;
        if self.request.args.version.is_some_and(|version| version != checked.version) {
            return Err(Answer::refused(409, "version_conflict"));
        }
        if self.is(Flaw::EditErasesCount) {
            let old = self.here(self.old)?;
            (doc.sum, doc.status) = (old.sum, old.status);
        }
        if self.is(Flaw::PatchWholeDoc) {
            doc.fields = self.here(self.old)?.fields;
        }
        let args = &self.request.args;
        if let (Some(field), Some(value)) = (&args.field, &args.value) {
            doc.fields.insert(field.clone(), value.clone());
        }
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }

    fn delete(&self, books: &mut Books) -> Decided {
        let mut doc = self.here(books)?;
        let seen = self.seen(Flaw::DeleteUnchecked, books);
        if doc.status == "deleted" || seen.docs.values().any(|other| other.client == doc.id) {
            return Err(Answer::refused(400, "client_in_use"));
        }
        doc.status = "deleted".to_owned();
        let doc = self.put(books, doc);
        Ok(self.ok(books, &doc))
    }
}

fn first_status(verb: Verb) -> &'static str {
    match verb {
        Verb::CreatePayment => "pending",
        Verb::CreateInvoice => "open",
        _ => "active",
    }
}

fn paid_status(doc: &Doc) -> String {
    let word = match doc.sum {
        0 => "open",
        paid if paid >= doc.amount => "paid",
        _ => "partial",
    };
    word.to_owned()
}

pub(super) fn elements(doc: &Doc) -> Vec<i64> {
    doc.entries.iter().map(|entry| entry.amount).collect()
}

/// A document as an answer shows it.
pub(super) fn shown(doc: &Doc) -> Map<String, Value> {
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    say("id", json!(doc.id));
    say("number", json!(doc.number));
    say("version", json!(doc.version));
    say("status", json!(doc.status));
    say("fields", json!(doc.fields));
    match doc.kind.as_str() {
        "open_retainer" => say("balance", json!(doc.sum)),
        "create_payment" => say("refunded", json!(doc.sum)),
        "create_job" => say("count", json!(doc.sum)),
        "create_invoice" => {
            say("paid", json!(doc.sum));
            say("due", json!(doc.amount - doc.sum));
            say("total", json!(doc.amount));
        }
        _ => {}
    }
    body
}
