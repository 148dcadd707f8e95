//! What a handler is handed: the caller, the row named in the path, the body as a command's fields.
//!
//! Handlers are plain functions whose argument types are the checks. Everything about idempotency keys
//! and preconditions is here too, so that no endpoint can forget it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, RawPathParams},
};
use bytes::Bytes;
use domain::{
    Actor, Command, Day, Id, Ref, Rejection,
    actor::{Action, Reach},
    audit,
    id::User,
    rows::Firm,
};
use engine::{Intent, Once, Render, Request, Settled, Trouble};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{HeaderMap, Method, StatusCode, Uri, header, http::request::Parts};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    answer::{Answer, Reader, Telling},
    auth::Changes,
    body,
    error::Refusal,
    field::{Toggle, Version},
};
use crate::{
    App,
    messages::{Lang, Message},
};

/// Longest time a command may wait in the queue; after it, it is dropped undone.
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest time a caller waits; after it, the outcome is unknown to them.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(9);
const KEY_BYTES_MAX: usize = 255;

/// About the request itself; the front makes it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub request_id: Arc<str>,
    pub lang: Lang,
    /// The peer's address.
    pub origin: Arc<str>,
    pub body_bytes_max: usize,
    pub body_read_max: Duration,
}

/// Who asks.
pub(crate) struct Caller {
    pub actor: Actor,
    pub app: Arc<App>,
}

impl Caller {
    pub fn of_request(parts: &Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let is_read = parts.method.is_safe();
        let changes = if is_read { Changes::Nothing } else { Changes::Something };
        let actor = app.auth.actor(&parts.headers, changes, &app.cors_origins)?;
        Ok(Self { actor, app: Arc::clone(app) })
    }

    /// Whether the caller may read: `None` the whole firm, `Some` only the client linked to this login.
    pub async fn may(&self, action: Action) -> Result<Option<Id<User>>, Refusal> {
        let Actor { user, firm, claimed } = self.actor;
        let member = self.app.reader.member(firm, user).await?;
        let refused = |rejection| Refusal::rejected(&rejection, StatusCode::CONFLICT);
        let role = match member {
            Some(member) if !member.active => return Err(refused(Rejection::MemberLeft)),
            Some(member) => member.role,
            None => claimed,
        };
        match role.reach(action) {
            Reach::Firm => Ok(None),
            Reach::Own => Ok(Some(user)),
            Reach::Nothing => Err(refused(Rejection::Forbidden)),
        }
    }

    /// The day it is at the caller's firm.
    pub async fn today(&self) -> Result<Day, Refusal> {
        let firm = self.app.reader.firm(self.actor.firm).await?;
        let firm = firm.unwrap_or_else(|| Firm::new(self.actor.firm));
        // As decisions see it: a firm's time never goes back.
        Ok(self.app.clock.now().max(firm.last_at).day_in(&firm.zone))
    }

    /// Refuses a caller who has left the firm; any role will do.
    pub async fn is_member(&self) -> Result<(), Refusal> {
        let member = self.app.reader.member(self.actor.firm, self.actor.user).await?;
        match member {
            Some(member) if !member.active => {
                Err(Refusal::rejected(&Rejection::MemberLeft, StatusCode::CONFLICT))
            }
            _ => Ok(()),
        }
    }
}

/// Which rows the path names, and which version the caller read of the first.
#[derive(Debug, Default)]
pub(crate) struct Of {
    named: [Option<Box<str>>; NAMED_MAX],
    if_match: Option<i64>,
}

/// No path names more rows.
pub(crate) const NAMED_MAX: usize = 2;

impl Of {
    /// One row, named outside a path, in every place.
    #[cfg(test)]
    pub fn row_named(text: &str) -> Self {
        Self { named: [Some(text.into()), Some(text.into())], if_match: None }
    }

    /// The rows named in the path of a request.
    pub async fn path(parts: &mut Parts) -> Result<Self, Refusal> {
        let path = RawPathParams::from_request_parts(parts, &()).await;
        let path = path.map_err(|_| Refusal::not_found(Message::NotFound))?;
        let mut of = Self::default();
        for (place, (_, text)) in of.named.iter_mut().zip(&path) {
            *place = Some(text.into());
        }
        Ok(of)
    }

    /// As it stands in the path.
    pub fn text(&self) -> &str {
        self.named[0].as_deref().expect("the route's path names something")
    }

    /// The row that is asked for, by id or number.
    pub fn row<T>(&self) -> Ref<T> {
        Ref::parse(self.text())
    }

    /// The row named after it.
    pub fn second<T>(&self) -> Ref<T> {
        Ref::parse(self.named[1].as_deref().expect("the route's path names two rows"))
    }

    /// The version that must still stand: from `If-Match`, else from the body.
    pub fn version(&self, in_body: &Version) -> Result<Option<i64>, Refusal> {
        match (self.if_match, in_body.0) {
            (Some(header), Some(body)) if header != body => {
                Err(Refusal::field(Message::InvalidField, "__v", Message::InvalidField))
            }
            (header, body) => Ok(header.or(body)),
        }
    }
}

/// A request to change something, checked as far as it can be without knowing any row.
pub(crate) struct Ask<B> {
    pub body: B,
    pub of: Of,
    caller: Caller,
    context: Context,
    fingerprint: [u8; 32],
    key: Option<Arc<str>>,
    intent: Intent,
}

impl<B: DeserializeOwned> FromRequest<Arc<App>> for Ask<B> {
    type Rejection = Refusal;

    async fn from_request(
        request: axum::extract::Request,
        app: &Arc<App>,
    ) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let context = parts
            .extensions
            .remove::<Context>()
            .expect("the front makes a context of each request");
        let Head { caller, of, key, intent } = match Head::of(&mut parts, app).await {
            Ok(head) => head,
            Err(refusal) => {
                discard(body, &context).await;
                return Err(refusal);
            }
        };
        let bytes = collect(body, &context).await?;
        check_media_type(&parts.headers, &bytes)?;
        let method = parts.method.as_str().as_bytes();
        let fingerprint = audit::fingerprint(&[method, parts.uri.path().as_bytes(), &bytes]);
        let body = body::read(&bytes)?;
        Ok(Self { body, of, caller, context, fingerprint, key, intent })
    }
}

impl<B> Ask<B> {
    /// Has the command carried out, and tells its outcome.
    pub async fn carry_out(
        self,
        command: impl Into<Command>,
        telling: Telling,
    ) -> Result<Answer, Refusal> {
        let Context { request_id, lang, origin, .. } = self.context;
        let stale = if self.of.if_match.is_some() {
            StatusCode::PRECONDITION_FAILED
        } else {
            StatusCode::CONFLICT
        };
        let reader = Reader { lang, request_id: Arc::clone(&request_id), stale };
        let kept_for = reader.clone();
        let intent = self.intent;
        // A dry run keeps nothing, and nothing is kept for it.
        let once = self.key.filter(|_| intent == Intent::CarryOut).map(|key| Once {
            key,
            render: Render(Arc::new(move |result| telling.write_down(&kept_for, result).into())),
        });
        let request = Request {
            actor: self.caller.actor,
            command: command.into(),
            intent,
            origin,
            request_id,
            fingerprint: self.fingerprint,
            once,
            deadline: Instant::now() + QUEUE_WAIT_MAX,
        };
        let submitted = self.caller.app.engine.submit(request);
        let settled = tokio::time::timeout(ANSWER_WAIT_MAX, submitted)
            .await
            .unwrap_or_else(|_| Err(Trouble::Unknown("the caller's time ran out".into())))?;
        match settled {
            Settled::Decided { kept: Some(kept), .. } => {
                Ok(Answer::of_kept(&Bytes::from_owner(kept), telling.location))
            }
            Settled::Decided { result, kept: None } => {
                let written = telling.write_down(&reader, &result).into();
                Ok(match intent {
                    Intent::CarryOut => Answer::of_kept(&written, telling.location),
                    Intent::DryRun => Answer::of_kept(&written, None).dry(),
                })
            }
            Settled::Replayed(kept) => {
                Ok(Answer::of_kept(&Bytes::from_owner(kept), telling.location).replayed())
            }
            Settled::KeyReused => {
                Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Message::IdempotencyKeyReused))
            }
        }
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
        let key = if parts.method == Method::POST { key(&parts.headers)? } else { None };
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
async fn discard(body: Body, context: &Context) {
    let mut rest = Limited::new(body, context.body_bytes_max);
    let read = async { while let Some(Ok(_)) = rest.frame().await {} };
    // Who takes longer or sends more loses the connection.
    let _ = tokio::time::timeout(context.body_read_max, read).await;
}

/// The whole body, if it comes in time and is no larger than allowed.
pub(super) async fn collect(body: Body, context: &Context) -> Result<Bytes, Refusal> {
    let limited = Limited::new(body, context.body_bytes_max).collect();
    let collected = tokio::time::timeout(context.body_read_max, limited).await;
    let collected =
        collected.map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, Message::BodyTimeout))?;
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
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
    let is_printable = |key: &&str| key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()))
        .filter(is_printable);
    key.map(|key| Some(key.into())).ok_or_else(|| Refusal::bad(Message::IdempotencyKeyInvalid))
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
