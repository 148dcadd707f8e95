//! What every route has in common: who asks, in which language, under which id.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{assert_refused, ours};
use crate::support::{
    client::Call,
    firm::Firm,
    server::Options,
    target::Target,
    tokens::{self, FAR, SECRET},
};

const USER: &str = "64f1a2b3c4d5e6f708192a3b";
const FIRM: &str = "64f1a2b3c4d5e6f708192a3c";

/// `{"alg":"none"}` and these claims, without a signature.
fn unsigned(claims: &Value) -> String {
    let signed = tokens::sign(Algorithm::HS256, SECRET, claims);
    let payload = signed.split('.').nth(1).unwrap();
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.")
}

#[tokio::test]
async fn only_our_own_valid_tokens_are_let_in() {
    let ours = ours().await;
    // 2026-06-01T09:00:00Z, where the clock stands.
    let now = 1_780_304_400;
    let claims = |exp: i64| json!({"_id": USER, "firm_id": FIRM, "role": "owner", "exp": exp});
    let good = tokens::sign(Algorithm::HS256, SECRET, &claims(now + 60));
    let with = |change: Value| {
        let mut claims = claims(FAR);
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        tokens::sign(Algorithm::HS256, SECRET, &claims)
    };
    let refused = [
        ("garbage", "token_invalid"),
        ("", "token_invalid"),
        (&unsigned(&claims(FAR)), "token_invalid"),
        (
            &tokens::sign(Algorithm::HS256, "another secret of 32 bytes length", &claims(FAR)),
            "token_invalid",
        ),
        (&tokens::sign(Algorithm::HS512, SECRET, &claims(FAR)), "token_invalid"),
        (&tokens::sign(Algorithm::HS256, SECRET, &claims(now)), "token_expired"),
        (&with(json!({"role": "emperor"})), "token_invalid"),
        (&with(json!({"_id": "64f1"})), "token_invalid"),
        (&with(json!({"firm_id": "the firm"})), "token_invalid"),
        (&with(json!({"nbf": now + 60})), "token_invalid"),
        (&good[..good.len() - 2], "token_invalid"),
    ];
    for (token, code) in refused {
        for call in
            [Call::get("/api/retainers"), Call::post("/api/clients", &json!({"fullName": "x"}))]
        {
            let answer = ours.send(&call.token(token)).await;
            assert_refused(&answer, 401, code);
        }
    }
    assert_refused(&ours.send(&Call::get("/api/retainers")).await, 401, "unauthenticated");
    let call = Call::get("/api/retainers");
    assert_refused(
        &ours.send(&call.clone().header("Authorization", "Basic eA==")).await,
        401,
        "token_invalid",
    );
    for header in [format!("Bearer {good}"), format!("bearer  {good}")] {
        assert_eq!(ours.send(&call.clone().header("Authorization", header)).await.status, 200);
    }
    // A token is looked at again on every use.
    ours.clock.set("2026-06-01T09:01:00Z");
    assert_refused(&ours.send(&call.token(&good)).await, 401, "token_expired");
}

#[tokio::test]
async fn an_old_token_is_the_owner_of_a_firm_of_one() {
    let ours = ours().await;
    let old = tokens::sign(Algorithm::HS256, SECRET, &json!({"_id": USER, "isSeller": true}));
    let call = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&old);
    assert_eq!(ours.send(&call).await.status, 201);
    let me = ours.get("/api/me", &old).await["data"].clone();
    assert_eq!((&me["firmId"], &me["role"]), (&json!(USER), &json!("owner")));
    for claim in ["id", "sub"] {
        let token = tokens::sign(Algorithm::HS256, SECRET, &json!({claim: USER, "exp": FAR}));
        assert_eq!(ours.get("/api/clients", &token).await["pagination"]["total"], json!(1));
    }
}

#[tokio::test]
async fn a_cookie_logs_in_but_not_from_another_site() {
    let allowed = "https://app.example.com".to_owned();
    let options = Options { cors_origins: vec![allowed.clone()], ..Options::default() };
    let ours = Target::ours(options).await;
    let firm = Firm::new(&ours);
    let with_cookie =
        |call: Call| call.header("Cookie", format!("theme=dark; accessToken={}", firm.token));
    let create = with_cookie(Call::post("/api/clients", &json!({"fullName": "Noura"})));
    assert_eq!(ours.send(&with_cookie(Call::get("/api/clients"))).await.status, 200);
    for origin in [None, Some(allowed), Some("http://localhost".to_owned())] {
        let call = origin.iter().fold(create.clone(), |call, origin| call.header("Origin", origin));
        assert_eq!(ours.send(&call).await.status, 201, "{origin:?}");
    }
    for origin in ["https://evil.example.com", "null", "http://localhost.evil.example.com"] {
        let answer = ours.send(&create.clone().header("Origin", origin)).await;
        assert_refused(&answer, 403, "cross_site");
    }
    // A bearer token is not sent by a browser of its own accord.
    let call = firm
        .post("/api/clients", &json!({"fullName": "x"}))
        .header("Origin", "https://evil.example.com");
    assert_eq!(ours.send(&call).await.status, 201);
}

#[tokio::test]
async fn browsers_of_configured_origins_may_call() {
    const ORIGIN: &str = "https://app.example.com";
    let options = Options { cors_origins: vec![ORIGIN.to_owned()], ..Options::default() };
    let ours = Target::ours(options).await;
    let ask = |origin: &str| {
        Call::new("OPTIONS", "/api/retainers/RET-2026-0001/consume")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,idempotency-key,if-match",
            )
    };
    let answer = ours.send(&ask(ORIGIN)).await;
    assert!(answer.is_ok(), "{}", answer.status);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
    for name in ["authorization", "content-type", "idempotency-key", "if-match"] {
        assert!(allowed.contains(name), "{name} in {allowed}");
    }
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
    let other = ours.send(&ask("https://evil.example.com")).await;
    assert_eq!(other.header("access-control-allow-origin"), None);

    let firm = Firm::new(&ours);
    let call = Call::get("/api/retainers").token(&firm.token).header("Origin", ORIGIN);
    let exposed = ours.send(&call).await;
    assert_eq!(exposed.header("access-control-allow-origin"), Some(ORIGIN));
    let exposed = exposed.header("access-control-expose-headers").unwrap().to_lowercase();
    for name in ["etag", "location", "retry-after", "idempotency-replayed"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
}

#[tokio::test]
async fn messages_come_in_the_callers_language() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(10).await;
    let too_much = firm.consume(&retainer, "11");
    let arabic = "مبلغ العربون غير كافٍ";
    for (language, message) in [
        (None, arabic),
        (Some("fr"), arabic),
        (Some("en"), "The retainer's balance is not sufficient"),
        (Some("en-GB, ar;q=0.5"), "The retainer's balance is not sufficient"),
        (Some("en;q=0.1, ar-SA"), arabic),
    ] {
        let call = language
            .iter()
            .fold(too_much.clone(), |call, language| call.header("Accept-Language", *language));
        let body = assert_refused(&ours.send(&call).await, 400, "insufficient_balance");
        assert_eq!(body["message"], message, "{language:?}");
        assert_eq!(body["messageAr"], arabic);
    }
    let done = ours.send(&firm.consume(&retainer, "1")).await.json();
    assert_eq!(done["message"], "تم استهلاك المبلغ من العربون بنجاح");
}

#[tokio::test]
async fn every_request_has_an_id() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let call = Call::get("/api/retainers").token(&firm.token);
    let answer = ours.send(&call.clone().header("X-Request-Id", "from-the-proxy-7")).await;
    assert_eq!(answer.header("x-request-id"), Some("from-the-proxy-7"));
    let mut made = Vec::new();
    for id in [None, Some("x".repeat(1_000)), Some("مرحبا".to_owned())] {
        let call = id.iter().fold(call.clone(), |call, id| call.header("X-Request-Id", id));
        let answer = ours.send(&call).await;
        assert_ne!(answer.header("x-request-id"), id.as_deref());
        made.push(answer.header("x-request-id").unwrap().to_owned());
    }
    made.dedup();
    assert_eq!(made.len(), 3);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_in_the_envelope() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    for path in [
        "/",
        "/api",
        "/api/retainers/",
        "/api/nothing",
        "/api/retainers/x/y/z",
        "/api/../etc/passwd",
    ] {
        assert_refused(&ours.send(&Call::get(path).token(&firm.token)).await, 404, "not_found");
    }
    let retainer = firm.retainer(10).await;
    for (method, path) in [
        ("DELETE", format!("/api/retainers/{retainer}")),
        ("POST", format!("/api/retainers/{retainer}")),
        ("GET", format!("/api/retainers/{retainer}/consume")),
        ("PUT", "/api/clients".to_owned()),
        ("POST", "/api/members".to_owned()),
    ] {
        let answer = ours.send(&Call::new(method, path).token(&firm.token)).await;
        assert_refused(&answer, 405, "method_not_allowed");
        assert!(answer.header("allow").is_some());
    }
}

#[tokio::test]
async fn machines_that_watch_need_no_token() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(10).await;
    firm.make(firm.consume(&retainer, "1")).await;
    assert_eq!(ours.send(&Call::get("/health")).await.json()["status"], "ok");
    assert_eq!(ours.send(&Call::get("/ready")).await.json()["status"], "ready");
    let metrics = ours.send(&Call::get("/metrics")).await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("consume_retainer"), "{}", metrics.text());
    assert!(metrics.text().ends_with("# EOF\n"));
}

#[tokio::test]
async fn an_idempotency_key_is_printable_and_stands_for_one_change() {
    let ours = ours().await;
    let firm = Firm::new(&ours);
    let retainer = firm.retainer(100).await;
    let consume = firm.consume(&retainer, "1");
    for key in ["", &"k".repeat(256), "مفتاح", "a\tb"] {
        assert_refused(&ours.send(&consume.clone().key(key)).await, 400, "idempotency_key_invalid");
    }
    for key in ["k".repeat(255), "a key with spaces ~!".to_owned()] {
        let first = ours.send(&consume.clone().key(&key)).await;
        let second = ours.send(&consume.clone().key(&key)).await;
        assert!(first.is_ok() && !first.is_replayed() && second.is_replayed());
        assert_eq!(
            (first.status, &first.body, first.header("etag")),
            (second.status, &second.body, second.header("etag"))
        );
    }
    firm.balances(&retainer, 10_000, 200).await.unwrap();
    // An edit A, B, A under one key ends at A: the first is what the key stands for.
    let edit = |notes: &str| {
        firm.put(format!("/api/retainers/{retainer}"), &json!({"notes": notes})).key("edit")
    };
    let first = ours.send(&edit("A")).await;
    assert!(first.is_ok() && !first.is_replayed(), "{}", first.text());
    assert_refused(&ours.send(&edit("B")).await, 422, "idempotency_key_reused");
    let again = ours.send(&edit("A")).await;
    assert!(again.is_replayed() && again.body == first.body);
    let read = firm.get(&format!("/api/retainers/{retainer}")).await;
    assert_eq!(
        (&read["data"]["notes"], &read["data"]["__v"]),
        (&json!("A"), &first.json()["data"]["__v"])
    );
    // Another language is no other request: the answer is the one that was given.
    let spoken = |language: &str| consume.clone().key("spoken").header("Accept-Language", language);
    let (arabic, english) = (ours.send(&spoken("ar")).await, ours.send(&spoken("en")).await);
    assert_eq!(arabic.body, english.body);
    // A key that met a malformed body is not used up.
    let broken = firm
        .post(format!("/api/retainers/{retainer}/consume"), &json!({"amount": true}))
        .key("fresh");
    assert_refused(&ours.send(&broken).await, 400, "invalid_field");
    assert!(ours.send(&consume.clone().key("fresh")).await.is_ok());
    ours.check().await;
}
