//! The documents, as the old platform shaped them: movements live inside their retainer, counters inside
//! their client, nothing is unique, and a document is read and written whole.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

use crate::support::firm::halalas;

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Client,
    Case,
    Retainer,
    Payment,
    Refund,
    Invoice,
    CreditNote,
    Transaction,
    TimeEntry,
    Expense,
    Job,
    Proposal,
}

impl Kind {
    /// Its name in an answer, and the field that holds its number.
    pub const fn entity(self) -> (&'static str, &'static str) {
        match self {
            Self::Client => ("client", "clientNumber"),
            Self::Case => ("case", "caseNumber"),
            Self::Retainer => ("retainer", "retainerNumber"),
            Self::Payment => ("payment", "paymentNumber"),
            Self::Refund => ("refund", "refundNumber"),
            Self::Invoice => ("invoice", "invoiceNumber"),
            Self::CreditNote => ("creditNote", "creditNoteNumber"),
            Self::Transaction => ("transaction", "transactionId"),
            Self::TimeEntry => ("timeEntry", ""),
            Self::Expense => ("expense", ""),
            Self::Job => ("job", ""),
            Self::Proposal => ("proposal", ""),
        }
    }

    /// The refusal of one that is not there.
    pub const fn absent(self) -> &'static str {
        match self {
            Self::Client => "client_not_found",
            Self::Case => "case_not_found",
            Self::Retainer => "retainer_not_found",
            Self::Payment => "payment_not_found",
            Self::Refund => "refund_not_found",
            Self::Invoice => "invoice_not_found",
            Self::CreditNote => "credit_note_not_found",
            Self::Transaction => "transaction_not_found",
            Self::TimeEntry => "time_entry_not_found",
            Self::Expense => "expense_not_found",
            Self::Job => "job_not_found",
            Self::Proposal => "proposal_not_found",
        }
    }
}

/// One document: a JSON object, its amounts in riyals, answered as it is stored.
#[derive(Debug, Clone)]
pub struct Doc(pub Value);

impl Doc {
    pub fn id(&self) -> &str {
        self.text("_id")
    }

    /// A field's text; empty when there is none.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub fn status(&self) -> &str {
        self.text("status")
    }

    /// The id of the document that a field refers to; empty when it refers to none.
    pub fn of(&self, field: &str) -> &str {
        self.0[field]["_id"].as_str().unwrap_or_default()
    }

    /// An amount in halalas; none is zero.
    pub fn money(&self, field: &str) -> i64 {
        let value = &self.0[field];
        if value.is_null() { 0 } else { halalas(value) }
    }

    pub fn number(&self, field: &str) -> i64 {
        self.0[field].as_i64().unwrap_or_default()
    }

    pub fn has(&self, field: &str) -> bool {
        !self.0[field].is_null()
    }

    pub fn rows(&self, field: &str) -> &[Value] {
        self.0[field].as_array().map_or(&[], Vec::as_slice)
    }

    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.0[field] = value.into();
    }

    pub fn set_money(&mut self, field: &str, halalas: i64) {
        self.0[field] = riyals(halalas);
    }

    /// Adds halalas to an amount.
    pub fn add(&mut self, field: &str, halalas: i64) {
        self.set_money(field, self.money(field) + halalas);
    }

    pub fn push(&mut self, field: &str, row: Value) {
        let mut rows = self.rows(field).to_vec();
        rows.push(row);
        self.0[field] = json!(rows);
    }
}

/// What was answered under a key.
#[derive(Debug, Clone)]
pub struct Kept {
    pub status: u16,
    pub body: Value,
}

#[derive(Debug, Default)]
pub struct All {
    docs: BTreeMap<(Kind, String), Doc>,
    pub dismissed: BTreeMap<(String, String), bool>,
    pub kept: BTreeMap<String, Kept>,
    pub alerts: Vec<String>,
}

impl All {
    /// Oldest first.
    pub fn of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Doc> {
        self.docs.iter().filter(move |((of, _), _)| *of == kind).map(|(_, doc)| doc)
    }

    pub fn get(&self, kind: Kind, id: &str) -> Option<&Doc> {
        self.docs.get(&(kind, id.to_owned()))
    }

    pub fn put(&mut self, kind: Kind, doc: Doc) {
        self.docs.insert((kind, doc.id().to_owned()), doc);
    }

    pub fn remove(&mut self, kind: Kind, id: &str) {
        self.docs.remove(&(kind, id.to_owned()));
    }
}

#[derive(Debug, Default)]
pub struct Documents(Mutex<All>);

impl Documents {
    /// One read or one write: the only thing that is atomic here.
    pub fn with<T>(&self, act: impl FnOnce(&mut All) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    pub fn alerts(&self, retainer: &str) -> usize {
        self.with(|all| all.alerts.iter().filter(|of| *of == retainer).count())
    }

    /// By id, whosever it is; by number, whosever comes first.
    pub fn find(&self, kind: Kind, by: &str) -> Option<Doc> {
        let (_, number) = kind.entity();
        self.with(|all| {
            let named = || all.of(kind).find(|doc| !by.is_empty() && doc.text(number) == by);
            all.get(kind, by).or_else(named).cloned()
        })
    }
}

/// Halalas as a JSON number of riyals.
pub fn riyals(halalas: i64) -> Value {
    let sign = if halalas < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:02}", halalas.abs() / 100, halalas.abs() % 100);
    serde_json::from_str(&text).expect("a number")
}
