//! What happens in a firm, heard as it happens.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::*;
use crate::support::{client::Call, firm::Firm, tokens};

/// A listener on a connection of its own.
struct Listener {
    stream: TcpStream,
    heard: String,
}

impl Listener {
    async fn start(target: &Target, token: &str, after: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(target.address()).await.unwrap();
        let resume = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let ask = format!(
            "GET /api/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n{resume}\r\n"
        );
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut listener = Self { stream, heard: String::new() };
        listener.hear("\r\n\r\n").await;
        assert!(listener.heard.starts_with("HTTP/1.1 200"), "{}", listener.heard);
        assert!(listener.heard.contains("text/event-stream"), "{}", listener.heard);
        listener
    }

    /// Reads until this was said.
    async fn hear(&mut self, what: &str) {
        while !self.heard.contains(what) {
            let mut bytes = [0; 4_096];
            let read = timeout(Duration::from_secs(20), self.stream.read(&mut bytes)).await;
            let count = read.unwrap_or_else(|_| panic!("{what} not in {}", self.heard)).unwrap();
            assert!(count > 0, "the stream ended: {}", self.heard);
            self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    fn last_id(&self) -> String {
        let mut ids = self.heard.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.next_back().expect("events have ids").to_owned()
    }
}

#[tokio::test]
async fn commands_and_alerts_are_heard_in_their_order_and_nothing_is_missed() {
    let target = ours().await;
    let firm = Firm::new(&target);
    let client = firm.client().await;
    let mut listener = Listener::start(&target, &firm.token, None).await;
    let retainer = firm.retainer_of(&client, 100, &json!({"minimumBalance": 50})).await;
    let consume = format!("/api/retainers/{retainer}/consume");
    firm.make(firm.post(&*consume, &json!({"amount": 60}))).await;
    listener.hear("event: alert").await;
    listener.hear("low_balance").await;
    let (opened, consumed) =
        (listener.heard.find("\"open_retainer\""), listener.heard.find("\"consume_retainer\""));
    assert!(opened.is_some() && opened < consumed, "{}", listener.heard);
    assert!(!listener.heard.contains("create_client"), "it was before: {}", listener.heard);
    listener.hear("id: 3").await;
    let last = listener.last_id();
    drop(listener);

    // What happens while nobody listens is heard by whoever comes back.
    firm.make(firm.post(&*consume, &json!({"amount": 10}))).await;
    let mut listener = Listener::start(&target, &firm.token, Some(&last)).await;
    listener.hear("\"consume_retainer\"").await;
    assert!(!listener.heard.contains("\"open_retainer\""), "{}", listener.heard);
}

#[tokio::test]
async fn each_hears_only_what_its_role_may_see_of_its_own_firm() {
    let target = ours().await;
    let (firm, other) = (Firm::new(&target), Firm::new(&target));
    let secretary = firm.token_of(&tokens::new_id(), "secretary");
    firm.client().await;
    let mut listener = Listener::start(&target, &secretary, Some("0")).await;
    other.client().await;
    let client = firm.client().await;
    firm.retainer_of(&client, 100, &json!({"minimumBalance": 100})).await;
    firm.client().await;
    while listener.heard.matches("\"create_client\"").count() < 3 {
        let seen = listener.heard.len();
        let mut bytes = [0; 4_096];
        let read = timeout(Duration::from_secs(20), listener.stream.read(&mut bytes)).await;
        let count = read.expect("there is more").unwrap();
        listener.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        assert!(listener.heard.len() > seen);
    }
    assert!(!listener.heard.contains("retainer"), "{}", listener.heard);
    assert!(!listener.heard.contains("event: alert"), "{}", listener.heard);

    let nobody = target.send(&Call::get("/api/events")).await;
    assert_eq!(nobody.status, 401);
    let bad = Call::get("/api/events").token(&firm.token).header("Last-Event-ID", "x");
    assert_refused(&target.send(&bad).await, 400, "invalid_field");
    let portal = firm.token_of(&tokens::new_id(), "client");
    assert_refused(&target.send(&Call::get("/api/events").token(&portal)).await, 403, "forbidden");
}
