//! A request to change something as it was sent: who, under which key, on which version, in earnest or
//! not, with which bytes. **Every command passes here**, so that no endpoint can forget a check.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use domain::audit;
use engine::Intent;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{HeaderMap, StatusCode, Uri, header, http::request::Parts};
use serde::Deserialize;

use super::{
    body,
    error::Refusal,
    extract::{Caller, Context, Of},
    field::Toggle,
};
use crate::{App, messages::Message};

const KEY_BYTES_MAX: usize = 255;
/// How long the rest of a body that is too large is read, so that the refusal arrives.
const LINGER_MAX: Duration = Duration::from_millis(500);

/// What was sent. The body is read and not yet understood.
pub(crate) struct Sent {
    pub caller: Caller,
    pub of: Of,
    pub key: Option<Arc<str>>,
    pub intent: Intent,
    pub context: Context,
    pub bytes: Bytes,
    /// Of method, path and body.
    pub fingerprint: [u8; 32],
}

impl Sent {
    pub async fn of_request(
        request: axum::extract::Request,
        app: &Arc<App>,
        bytes_max: impl FnOnce(&Context) -> usize,
    ) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let context = parts
            .extensions
            .remove::<Context>()
            .expect("the front makes a context of each request");
        let bytes_max = bytes_max(&context);
        let Head { caller, of, key, intent } = match Head::of(&mut parts, app).await {
            Ok(head) => head,
            Err(refusal) => {
                discard(body, bytes_max, context.body_read_max).await;
                return Err(refusal);
            }
        };
        let bytes = collect(body, bytes_max, &context).await?;
        check_media_type(&parts.headers, &bytes)?;
        let method = parts.method.as_str().as_bytes();
        let fingerprint = audit::fingerprint(&[method, parts.uri.path().as_bytes(), &bytes]);
        Ok(Self { caller, of, key, intent, context, bytes, fingerprint })
    }
}

/// What a request's head alone says.
struct Head {
    caller: Caller,
    of: Of,
    key: Option<Arc<str>>,
    intent: Intent,
}

impl Head {
    async fn of(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let mut of = Of::path(parts).await?;
        let caller = Caller::of_request(parts, app)?;
        let key = key(&parts.headers)?;
        of.if_match = if_match(&parts.headers)?;
        Ok(Self { caller, of, key, intent: intent(&parts.uri)? })
    }
}

/// `?dryRun=true` asks for the outcome only.
fn intent(uri: &Uri) -> Result<Intent, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Query {
        dry_run: Toggle,
    }
    // Nearly every command has no query at all.
    if uri.query().is_none() {
        return Ok(Intent::CarryOut);
    }
    let query: Query = body::query(uri)?;
    Ok(if query.dry_run.0 == Some(true) { Intent::DryRun } else { Intent::CarryOut })
}

/// Reads what a refused caller is still sending and keeps none of it. Not read, it would end the
/// connection, at worst before the refusal is seen.
async fn discard(body: Body, bytes_max: usize, wait_max: Duration) {
    let mut rest = Limited::new(body, bytes_max);
    let read = async { while let Some(Ok(_)) = rest.frame().await {} };
    // Who takes longer or sends more loses the connection.
    let _ = tokio::time::timeout(wait_max, read).await;
}

pub(super) async fn collect(
    mut body: Body,
    bytes_max: usize,
    context: &Context,
) -> Result<Bytes, Refusal> {
    let limited = Limited::new(&mut body, bytes_max).collect();
    let collected = tokio::time::timeout(context.body_read_max, limited).await;
    let collected =
        collected.map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, Message::BodyTimeout))?;
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body, bytes_max, LINGER_MAX).await;
            Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Message::BodyTooLarge))
        }
        // The caller broke off; nobody will read this.
        Err(_) => Err(Refusal::bad(Message::MalformedBody)),
    }
}

/// A body is JSON and says so; no body need say nothing.
fn check_media_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let unsupported =
        || Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Message::UnsupportedMediaType);
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return if body.is_empty() { Ok(()) } else { Err(unsupported()) };
    };
    let essence =
        value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"application/json") { Ok(()) } else { Err(unsupported()) }
}

fn key(headers: &HeaderMap) -> Result<Option<Arc<str>>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::bad(Message::IdempotencyKeyRepeated));
    }
    let invalid = || Refusal::bad(Message::IdempotencyKeyInvalid);
    checked_key(value.to_str().map_err(|_| invalid())?).map(Some)
}

/// A key as it may be.
pub(crate) fn checked_key(key: &str) -> Result<Arc<str>, Refusal> {
    let is_printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_printable && (1..=KEY_BYTES_MAX).contains(&key.len()) {
        Ok(key.into())
    } else {
        Err(Refusal::bad(Message::IdempotencyKeyInvalid))
    }
}

/// The version in `If-Match: "<version>"`; `None` when there is none, or `*`: any version will do.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let malformed = || Refusal::bad(Message::IfMatchMalformed);
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().map_err(|_| malformed())?.trim();
    if values.next().is_some() {
        return Err(malformed());
    }
    if value == "*" {
        return Ok(None);
    }
    let digits =
        value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed());
    }
    digits.parse().map(Some).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, header::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn if_match_is_one_version_or_any() {
        let read = |values: &[&str]| {
            if_match(&headers("if-match", values)).map_err(|refusal| refusal.code)
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&["\"3\""]), Ok(Some(3)));
        for values in [
            &["3"][..],
            &["\"\""],
            &["\"x\""],
            &["W/\"3\""],
            &["\"-1\""],
            &["\"1\", \"2\""],
            &["\"1\"", "\"1\""],
            &["\"99999999999999999999\""],
        ] {
            assert_eq!(read(values), Err("if_match_malformed"), "{values:?}");
        }
    }

    #[test]
    fn a_key_is_printable_and_stands_once() {
        let read = |values: &[&str]| {
            key(&headers("idempotency-key", values)).map_err(|refusal| refusal.code)
        };
        let longest = "k".repeat(255);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["a b~"]), Ok(Some("a b~".into())));
        assert_eq!(read(&[&longest]), Ok(Some(longest.as_str().into())));
        for values in [&[""][..], &["مفتاح"], &["a\tb"], &[&format!("{longest}k")]] {
            assert_eq!(read(values), Err("idempotency_key_invalid"), "{values:?}");
        }
        assert_eq!(read(&["a", "a"]), Err("idempotency_key_repeated"));
    }

    #[test]
    fn a_body_says_that_it_is_json() {
        let check = |values: &[&str], body: &[u8]| {
            check_media_type(&headers("content-type", values), body)
                .map_err(|refusal| refusal.status.as_u16())
        };
        assert_eq!(check(&[], b""), Ok(()));
        assert_eq!(check(&["application/json; charset=utf-8"], b"{}"), Ok(()));
        assert_eq!(check(&["Application/JSON"], b"{}"), Ok(()));
        assert_eq!(check(&[], b"{}"), Err(415));
        assert_eq!(check(&["text/plain"], b""), Err(415));
        assert_eq!(check(&["application/x-www-form-urlencoded"], b"a=1"), Err(415));
    }
}
