//! Who is on the other end: how much they may send, and where they are said to be.

use std::{num::NonZeroU32, time::Instant};

use amanah::http::Rate;
use serde_json::json;

use super::assert_refused;
use crate::support::{client::Call, firm::Firm, server::Options, target::Target, tokens};

#[tokio::test]
async fn who_sends_too_much_is_told_to_wait_and_nothing_is_done() {
    const BURST: u64 = 20;
    let [per_second, burst] = [1, 20].map(|n| NonZeroU32::new(n).unwrap());
    let rate = Some(Rate { per_second, burst });
    let ours = Target::ours(Options { rate, ..Options::default() }).await;
    let (firm, other) = (Firm::new(&ours), Firm::new(&ours));
    let since = Instant::now();
    let (mut created, mut refused) = (0, 0);
    for n in 0..60 {
        // The dashboard's way in is no second one, and counts no request twice.
        let path = if n % 2 == 0 { "/api/clients" } else { "/api/v1/clients" };
        let call = firm.post(path, &json!({"fullName": "Noura"}));
        let answer = ours.send(&call.key(format!("k{n}"))).await;
        if answer.status == 429 {
            assert_refused(&answer, 429, "rate_limited");
            assert_eq!(answer.header("retry-after"), Some("1"));
            refused += 1;
        } else {
            assert_eq!(answer.status, 201, "{}", answer.text());
            created += 1;
        }
    }
    let most = BURST + since.elapsed().as_secs() + 1;
    assert!((BURST..=most).contains(&created) && refused > 0, "{created} of at most {most}");
    // Reads count, too; colleagues and other firms have a burst of their own.
    let colleague = firm.token_of(&tokens::new_id(), "admin");
    let clients = ours.get("/api/clients", &colleague).await;
    assert_eq!(clients["pagination"]["total"], json!(created));
    other.client().await;
    // Who can't say who they are is refused for that, however often they ask.
    for _ in 0..30 {
        assert_eq!(ours.send(&Call::get("/api/clients").token("x.y.z")).await.status, 401);
    }
    ours.check().await;
}

#[tokio::test]
async fn the_audit_log_names_who_is_behind_our_proxy_and_believes_nobody_else() {
    let told = async |proxy: &str| {
        let proxies = [proxy.parse().unwrap()].into_iter().collect();
        let ours = Target::ours(Options { proxies, ..Options::default() }).await;
        let firm = Firm::new(&ours);
        let create = firm.post("/api/clients", &json!({"fullName": "Noura"}));
        let create = create.header("X-Forwarded-For", "192.0.2.1, 203.0.113.7");
        assert_eq!(ours.send(&create).await.status, 201);
        firm.get("/api/audit").await["data"][0]["origin"].clone()
    };
    assert_eq!(told("127.0.0.0/8").await, "203.0.113.7");
    assert_eq!(told("10.0.0.0/8").await, "127.0.0.1");
}
