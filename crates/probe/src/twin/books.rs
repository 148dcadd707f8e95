//! What the twin keeps: documents of all kinds in one table, and what goes with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::history::{Args, Verb};

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Books {
    pub docs: BTreeMap<String, Doc>,
    pub keys: BTreeMap<String, Kept>,
    pub audit: Vec<(String, String)>,
    pub numbers: BTreeMap<String, Vec<u64>>,
    pub seq: u64,
    pub debits: i64,
    pub credits: i64,
    pub requests: u64,
    /// By the twin's own clock; zero: nobody has set it.
    pub year: u32,
    /// Only kept by a twin that acknowledges before it has written.
    #[serde(skip)]
    pub durable: Option<Box<Books>>,
}

/// A retainer, payment, invoice, client, job or transaction.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Doc {
    pub id: String,
    pub kind: String,
    pub tenant: String,
    pub number: String,
    pub version: u64,
    pub amount: i64,
    /// What an account holds, an invoice was paid, of a payment went back; a job's count.
    pub sum: i64,
    pub status: String,
    pub client: String,
    pub fields: BTreeMap<String, String>,
    pub entries: Vec<Movement>,
    pub changed_ms: u64,
    /// As it was before its last change: what a replica that lags still has.
    pub before: Option<Box<Doc>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Movement {
    pub amount: i64,
    pub after: i64,
    pub at_ms: u64,
}

/// What a key was answered with; in flight, nothing yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub asked: String,
    pub answer: Option<Answer>,
    pub on: Option<String>,
}

/// A request, as it comes in.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub verb: Verb,
    pub on: Option<String>,
    pub args: Args,
    pub tenant: String,
    pub key: Option<String>,
    pub name: String,
    pub cursor: Option<String>,
}

/// An answer, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn new(status: u16, body: &serde_json::Value) -> Self {
        Self { status, body: body.to_string() }
    }

    pub fn refused(status: u16, code: &str) -> Self {
        Self::new(status, &serde_json::json!({ "code": code }))
    }
}

impl Books {
    /// The tenant's document.
    pub fn doc(&self, tenant: &str, id: Option<&str>) -> Option<&Doc> {
        self.docs.get(id?).filter(|doc| doc.tenant == tenant)
    }

    /// What year it is.
    pub fn year(&self) -> u32 {
        const FIRST: u32 = 2025;
        if self.year == 0 { FIRST } else { self.year }
    }

    /// The highest number of a series, and how many different ones there are.
    pub fn highest(&self, series: &str) -> (u64, usize) {
        let numbers = self.numbers.get(series).map(Vec::as_slice).unwrap_or_default();
        (numbers.iter().copied().max().unwrap_or(0), numbers.len())
    }
}

impl Request {
    /// What makes two requests the same.
    pub fn asked(&self) -> String {
        format!("{:?}", (self.verb, &self.on, &self.args))
    }

    /// The documents that it is about.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let args = &self.args;
        let all = [&self.on, &args.to, &args.invoice, &args.retainer, &args.client];
        all.into_iter().filter_map(|name| name.as_deref())
    }

    /// The series that numbers of a year come from.
    pub fn series(&self, year: u32) -> String {
        format!("{}/{}", self.tenant, prefix(self.verb, year))
    }
}

/// What the numbers of a kind begin with.
pub(super) fn prefix(verb: Verb, year: u32) -> String {
    match verb {
        Verb::OpenRetainer => format!("RET-{year}-"),
        Verb::CreatePayment => format!("PAY-{year}-"),
        Verb::CreateInvoice => format!("INV-{year}01-"),
        Verb::CreateTransaction => format!("TXN-{year}01-"),
        Verb::CreateClient => format!("CLT-{year}-"),
        _ => "DOC-".to_owned(),
    }
}
