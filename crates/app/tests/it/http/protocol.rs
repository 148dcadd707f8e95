//! Below the routes: connections, limits, HTTP/2.

use std::time::Duration;

use amanah::http::HttpLimits;
use bytes::Bytes;
use hyper::Request;
use serde_json::json;
use tokio::net::TcpStream;

use super::{assert_refused, ours};
use crate::support::{
    client::{Call, Connection},
    firm::Firm,
    server::Options,
    target::Target,
};

/// Long enough that only a server that never closes fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn limited(http: HttpLimits) -> Target {
    Target::ours(Options { http, ..Options::default() }).await
}

#[tokio::test]
async fn a_connection_carries_many_requests() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let mut connection = Connection::open(ours.address()).await.unwrap();
    for n in 1..=20 {
        let answer = connection.send(&firm.consume(&retainer, "1")).await.unwrap();
        assert_eq!(answer.status, 200);
        if n % 5 == 0 {
            // Refusals do not end it.
            assert_eq!(
                connection.send(&firm.consume(&retainer, "1000")).await.unwrap().status,
                400
            );
            assert_eq!(connection.send(&Call::get("/nowhere")).await.unwrap().status, 404);
        }
    }
    // Several at once are answered in their order.
    let pipelined: Vec<u8> = (0..10).flat_map(|_| firm.consume(&retainer, "1").wire()).collect();
    connection.write(&pipelined).await.unwrap();
    let mut seqs = Vec::new();
    for _ in 0..10 {
        seqs.push(connection.answer("POST").await.unwrap().json()["seq"].as_i64().unwrap());
    }
    assert!(seqs.is_sorted() && seqs[9] - seqs[0] == 9, "{seqs:?}");
    firm.balances(&retainer, 10_000, 3_000).await.unwrap();
}

/// Refused before the body was looked at; its bytes are not taken for the next request.
#[tokio::test]
async fn a_refusal_by_the_head_alone_ends_no_connection() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let consume = firm.consume(&retainer, "1");
    let mut stranger = consume.clone();
    stranger.headers.retain(|(name, _)| name != "Authorization");
    let mut connection = Connection::open(ours.address()).await.unwrap();
    for (call, status) in [
        (stranger, 401),
        (consume.clone().key("a").key("b"), 400),
        (consume.clone().header("If-Match", "x"), 400),
    ] {
        let wire = call.wire();
        let (head, body) = wire.split_at(wire.len() - call.body.as_ref().unwrap().len());
        connection.write(head).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        connection.write(body).await.unwrap();
        assert_eq!(connection.answer("POST").await.unwrap().status, status);
        assert_eq!(connection.send(&consume).await.unwrap().status, 200);
    }
    firm.balances(&retainer, 10_000, 300).await.unwrap();
}

#[tokio::test]
async fn http_2_without_tls_is_spoken() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let stream = TcpStream::connect(ours.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    // Thirty requests on one connection, all sent before any is answered.
    let mut answers = Vec::new();
    for _ in 0..30 {
        let request = Request::post(format!("http://localhost/api/retainers/{retainer}/consume"))
            .header("authorization", format!("Bearer {}", firm.token))
            .header("content-type", "application/json")
            .body(())
            .unwrap();
        let mut ready = client.clone().ready().await.unwrap();
        let (answer, mut body) = ready.send_request(request, false).unwrap();
        body.send_data(Bytes::from_static(b"{\"amount\":5}"), true).unwrap();
        answers.push(answer);
    }
    let mut accepted = 0;
    for answer in answers {
        let answer = answer.await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        accepted += u32::from(answer.status() == 200);
    }
    assert_eq!(accepted, 20);
    firm.balances(&retainer, 10_000, 10_000).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    ours.check().await;
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let body = |length: usize| json!({"fullName": "x", "notes": "n".repeat(length)}).to_string();
    let create = Call::new("POST", "/api/clients")
        .token(&firm.token)
        .header("Content-Type", "application/json");
    let too_large = create.clone().bytes(body(1_200_000));
    assert_refused(
        &crate::support::client::send(ours.address(), &too_large).await.unwrap(),
        413,
        "body_too_large",
    );
    // Without a length, too.
    let mut chunked = create.clone().header("Transfer-Encoding", "chunked").wire();
    let text = String::from_utf8(chunked).unwrap().replace("Content-Length: 0\r\n", "");
    chunked = text.into_bytes();
    for _ in 0..20 {
        chunked
            .extend_from_slice(format!("{:x}\r\n{}\r\n", 100_000, " ".repeat(100_000)).as_bytes());
    }
    let mut connection = Connection::open(ours.address()).await.unwrap();
    // The server may hang up while this is still being sent.
    let _ = connection.write(&chunked).await;
    assert_refused(&connection.answer("POST").await.unwrap(), 413, "body_too_large");
    // The text's own limit comes after the body's.
    assert_refused(&ours.send(&create.bytes(body(20_000))).await, 400, "invalid_field");
    assert_eq!(firm.get("/api/clients").await["pagination"]["total"], json!(0));
}

#[tokio::test]
async fn heads_have_a_limit() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let get = Call::get("/api/clients").token(&firm.token);
    let many = (0..100).fold(get.clone(), |call, n| call.header(&format!("X-{n}"), "x"));
    for call in [get.clone().header("X-Long", "x".repeat(100_000)), many] {
        let answer = crate::support::client::send(ours.address(), &call).await.unwrap();
        assert_eq!(answer.status, 431);
    }
    for garbage in ["GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n"] {
        let mut connection = Connection::open(ours.address()).await.unwrap();
        connection.write(garbage.as_bytes()).await.unwrap();
        assert!(
            connection.answer("GET").await.is_ok_and(|answer| answer.status == 400),
            "{garbage:?}"
        );
    }
    assert_eq!(ours.send(&get).await.status, 200);
}

#[tokio::test]
async fn a_peer_that_says_nothing_holds_nothing() {
    let moment = Duration::from_millis(150);
    let ours = limited(HttpLimits {
        header_read_max: moment,
        body_read_max: moment,
        ..HttpLimits::default()
    })
    .await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let consume = firm.consume(&retainer, "1").wire();
    // Says nothing; stops within its head; stops within its body.
    let mut silent = Connection::open(ours.address()).await.unwrap();
    assert!(silent.is_closed_within(PATIENCE).await);
    let mut half_a_head = Connection::open(ours.address()).await.unwrap();
    half_a_head.write(&consume[..40]).await.unwrap();
    assert!(
        half_a_head.is_closed_within(PATIENCE).await
            || half_a_head.answer("POST").await.is_ok_and(|answer| answer.status == 408)
    );
    let mut half_a_body = Connection::open(ours.address()).await.unwrap();
    half_a_body.write(&consume[..consume.len() - 3]).await.unwrap();
    assert_refused(&half_a_body.answer("POST").await.unwrap(), 408, "body_timeout");
    // Nor does one that was answered and stays.
    ours.forget_connections();
    firm.balances(&retainer, 10_000, 0).await.unwrap();
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_again() {
    let ours = limited(HttpLimits { connections_max: 2, ..HttpLimits::default() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::open(ours.address()).await.unwrap();
        assert_eq!(connection.send(&Call::get("/health")).await.unwrap().status, 200);
        held.push(connection);
    }
    let mut third = Connection::open(ours.address()).await.unwrap();
    let answer = third.answer("GET").await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    drop(held);
    let mut tries = 0;
    while crate::support::client::send(ours.address(), &Call::get("/health"))
        .await
        .is_ok_and(|answer| answer.status != 200)
    {
        tries += 1;
        assert!(tries < 1_000, "its place is not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_full_queue_is_told_at_once() {
    use std::sync::atomic::Ordering::SeqCst;
    let limits =
        engine::Limits { queue_count_max: 4, batch_count_max: 1, ..engine::Limits::default() };
    let ours = Target::ours(Options { limits, ..Options::default() }).await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    ours.faults.commit_ms.store(20, SeqCst);
    let answers = ours.race((0..40).map(|_| firm.consume(&retainer, "1")).collect()).await.unwrap();
    ours.faults.commit_ms.store(0, SeqCst);
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    for answer in &busy {
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_refused(answer, 503, "overloaded");
    }
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(
        !busy.is_empty() && accepted + busy.len() == 40,
        "{accepted} accepted, {} busy",
        busy.len()
    );
    firm.balances(&retainer, 10_000, 100 * i64::try_from(accepted).unwrap()).await.unwrap();
    ours.check().await;
}
