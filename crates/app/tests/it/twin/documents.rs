//! The documents, as the old platform shaped them: movements live inside their retainer, nothing is
//! unique, and a document is read and written whole.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub firm: String,
    pub number: String,
    pub name: String,
    pub created_at: String,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub kind: &'static str,
    pub amount: i64,
    pub balance_after: i64,
    pub seq: i64,
    pub payment: Option<String>,
    pub at: String,
}

#[derive(Debug, Clone)]
pub struct Retainer {
    pub id: String,
    pub firm: String,
    pub number: String,
    pub client: String,
    pub balance: i64,
    pub initial: i64,
    pub minimum: i64,
    pub replenish: Option<(i64, i64)>,
    pub replenish_asked: bool,
    pub end_date: Option<String>,
    pub status: &'static str,
    pub alerted: bool,
    pub notes: String,
    pub lines: Vec<Line>,
    pub version: i64,
    pub created_at: String,
}

#[derive(Debug, Clone)]
pub struct Payment {
    pub id: String,
    pub firm: String,
    pub number: String,
    pub client: String,
    pub kind: String,
    pub status: &'static str,
    pub amount: i64,
    pub unapplied: i64,
    pub retainer: Option<String>,
    pub version: i64,
    pub created_at: String,
}

/// What was answered under a key.
#[derive(Debug, Clone)]
pub struct Kept {
    pub status: u16,
    pub body: Value,
}

#[derive(Debug, Default)]
pub struct All {
    pub clients: BTreeMap<String, Client>,
    pub retainers: BTreeMap<String, Retainer>,
    pub payments: BTreeMap<String, Payment>,
    pub dismissed: BTreeMap<(String, String), bool>,
    pub kept: BTreeMap<String, Kept>,
    pub alerts: Vec<String>,
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
    pub fn retainer(&self, by: &str) -> Option<Retainer> {
        self.with(|all| {
            let named = || all.retainers.values().find(|doc| doc.number == by);
            all.retainers.get(by).or_else(named).cloned()
        })
    }

    pub fn client(&self, by: &str) -> Option<Client> {
        self.with(|all| {
            let named = || all.clients.values().find(|doc| doc.number == by);
            all.clients.get(by).or_else(named).cloned()
        })
    }

    pub fn payment(&self, by: &str) -> Option<Payment> {
        self.with(|all| {
            let named = || all.payments.values().find(|doc| doc.number == by);
            all.payments.get(by).or_else(named).cloned()
        })
    }
}

/// Halalas as a JSON number of riyals.
pub fn riyals(halalas: i64) -> Value {
    let sign = if halalas < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:02}", halalas.abs() / 100, halalas.abs() % 100);
    serde_json::from_str(&text).expect("a number")
}

impl Client {
    pub fn json(&self) -> Value {
        json!({"_id": self.id, "__v": 0, "clientNumber": self.number, "fullName": self.name,
            "createdAt": self.created_at})
    }
}

impl Line {
    pub fn json(&self) -> Value {
        json!({"type": self.kind, "amount": riyals(self.amount), "seq": self.seq,
            "balanceAfter": riyals(self.balance_after), "paymentId": self.payment, "createdAt": self.at})
    }
}

impl Retainer {
    pub fn sum(&self, kind: &str) -> i64 {
        self.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum()
    }

    pub fn json(&self) -> Value {
        json!({"_id": self.id, "__v": self.version, "retainerNumber": self.number,
            "clientId": {"_id": self.client}, "currentBalance": riyals(self.balance),
            "initialAmount": riyals(self.initial), "status": self.status, "notes": self.notes,
            "totalDeposits": riyals(self.sum("deposit")),
            "totalConsumptions": riyals(self.sum("consumption")),
            "totalRefunds": riyals(self.sum("refund")),
            "minimumBalance": riyals(self.minimum), "createdAt": self.created_at})
    }
}

impl Payment {
    pub fn json(&self) -> Value {
        json!({"_id": self.id, "__v": self.version, "paymentNumber": self.number, "status": self.status,
            "clientId": {"_id": self.client}, "amount": riyals(self.amount), "paymentType": self.kind,
            "unappliedAmount": riyals(self.unapplied), "retainerId": self.retainer,
            "createdAt": self.created_at})
    }
}
