//! The dashboard's dialect, fact by fact, as its browser speaks it: a cookie, a token against forgery, a
//! key where its client makes one. What it says is written here as its forms say it.

mod invoices;
mod market;
mod payments;
mod people;
mod protocol;
mod retainers;
mod screens;
mod work;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::support::{
    client::{Answer, Call},
    firm::Firm,
    target::Target,
};

/// A browser of the firm's owner, with the dashboard open.
struct Dashboard<'a> {
    firm: Firm<'a>,
}

impl<'a> Dashboard<'a> {
    fn open(target: &'a Target) -> Self {
        Self { firm: Firm::new(target) }
    }

    /// A call as it leaves the browser, `path` without `/api/v1`.
    fn call(&self, method: &'static str, path: &str, body: Option<&Value>) -> Call {
        let mut call = Call::new(method, format!("/api/v1{path}"))
            .header("Cookie", format!("theme=dark; accessToken={}", self.firm.token))
            .header("Origin", "http://localhost")
            .header("API-Version", "v1");
        if method != "GET" {
            call = call.header("X-CSRF-Token", "t0ken");
            // Its client says that everything is JSON, also nothing.
            call = call.header("Content-Type", "application/json");
        }
        if let Some(body) = body {
            call = call.bytes(body.to_string());
        }
        match key(method, path, body) {
            Some(key) => call.key(key),
            None => call,
        }
    }

    fn get(&self, path: &str) -> Call {
        self.call("GET", path, None)
    }

    fn post(&self, path: &str, body: &Value) -> Call {
        self.call("POST", path, Some(body))
    }

    async fn send(&self, call: &Call) -> Answer {
        self.firm.target.send(call).await
    }

    /// Reads what has to be there.
    async fn read(&self, path: &str) -> Value {
        self.accepted(&self.get(path)).await
    }

    /// Posts what has to be accepted.
    async fn posted(&self, path: &str, body: &Value) -> Value {
        self.accepted(&self.post(path, body)).await
    }

    async fn accepted(&self, call: &Call) -> Value {
        let answer = self.send(call).await;
        let text = answer.text();
        assert!(answer.is_ok(), "{} {}: {} {text}", call.method, call.path, answer.status);
        answer.json()
    }
}

/// The key that its client sends: one for each method, address and body, on what it takes for financial.
fn key(method: &str, path: &str, body: Option<&Value>) -> Option<String> {
    let financial =
        ["payments", "invoices", "transactions", "expenses", "refund", "record-payment"];
    if method == "GET" || !financial.iter().any(|word| path.contains(word)) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    (method, path, body.map(Value::to_string)).hash(&mut hasher);
    Some(format!("{:016x}", hasher.finish()))
}
