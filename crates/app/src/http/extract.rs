//! What a handler is handed: the caller, the row named in the path, the body as a command's fields.
//!
//! Handlers are plain functions whose argument types are the checks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::extract::{FromRequest, FromRequestParts, RawPathParams};
use bytes::Bytes;
use domain::{
    Actor, Command, Day, Id, MARKET, Ref, Rejection, Role,
    actor::{Action, Reach},
    id::User,
    rows::Firm,
};
use engine::{Intent, Once, Render, Request, Settled, Trouble};
use hyper::{StatusCode, http::request::Parts};
use serde::de::DeserializeOwned;

use super::{
    answer::{Answer, Reader, Telling},
    auth::{Bearer, Changes},
    body,
    error::Refusal,
    field::Version,
    route::Place,
    sent::Sent,
};
use crate::{
    App,
    messages::{Lang, Message},
};

/// Longest time a command may wait in the queue; after it, it is dropped undone.
pub(crate) const QUEUE_WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest time a caller waits; after it, the outcome is unknown to them.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(9);

/// About the request itself; the front makes it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub request_id: Arc<str>,
    pub lang: Lang,
    /// The caller's address: the peer's, or what a proxy of ours tells of it.
    pub origin: Arc<str>,
    pub body_bytes_max: usize,
    pub bulk_bytes_max: usize,
    pub body_read_max: Duration,
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    pub actor: Actor,
    in_market: Role,
    pub app: Arc<App>,
}

impl Caller {
    /// Who asks, if they may ask for anything now.
    pub fn of_request(parts: &Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let caller = Self::known(parts, app)?;
        match app.rates.as_ref().map(|rates| rates.admit(&caller.actor)) {
            Some(Err(seconds)) => Err(Refusal::too_many(seconds)),
            Some(Ok(())) | None => Ok(caller),
        }
    }

    /// Who asks.
    pub fn known(parts: &Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let is_read = parts.method.is_safe();
        let changes = if is_read { Changes::Nothing } else { Changes::Something };
        let bearer = app.auth.actor(&parts.headers, changes, &app.cors_origins)?;
        let Bearer { actor, in_market } = bearer;
        Ok(Self { actor, in_market, app: Arc::clone(app) })
    }

    /// Whoever it is, without a token: they belong to no firm but the market, and may look at it.
    pub fn nobody(app: &Arc<App>) -> Self {
        let (user, in_market) = (Id::new([0; 12]), Role::Client);
        let actor = Actor { user, firm: MARKET, claimed: in_market };
        Self { actor, in_market, app: Arc::clone(app) }
    }

    /// Whether the caller may read: `None` the whole firm, `Some` only the client linked to this login.
    pub async fn may(&self, action: Action) -> Result<Option<Id<User>>, Refusal> {
        match self.role().await?.reach(action) {
            Reach::Firm => Ok(None),
            Reach::Own => Ok(Some(self.actor.user)),
            Reach::Nothing => Err(refused(&Rejection::Forbidden)),
        }
    }

    /// The caller's role in their firm; refuses whoever has left it. As decisions see it: the token
    /// introduces a user, from then on the row tells.
    pub async fn role(&self) -> Result<Role, Refusal> {
        let Actor { user, firm, claimed } = self.actor;
        match self.app.reader.member(firm, user).await? {
            Some(member) if !member.active => Err(refused(&Rejection::MemberLeft)),
            Some(member) => Ok(member.role),
            None => Ok(claimed),
        }
    }

    /// Goes where the rows are that are asked about.
    pub async fn enter(&mut self, place: Place) -> Result<(), Refusal> {
        if let Some(firm) = place {
            self.role().await?;
            self.actor = Actor { firm, claimed: self.in_market, ..self.actor };
        }
        Ok(())
    }

    /// The day it is at the caller's firm.
    pub async fn today(&self) -> Result<Day, Refusal> {
        let firm = self.app.reader.firm(self.actor.firm).await?;
        let firm = firm.unwrap_or_else(|| Firm::new(self.actor.firm));
        // As decisions see it: a firm's time never goes back.
        Ok(self.app.clock.now().max(firm.last_at).day_in(&firm.zone))
    }
}

fn refused(rejection: &Rejection) -> Refusal {
    Refusal::rejected(rejection, StatusCode::CONFLICT)
}

/// Which rows the path names, and which version the caller read of the first.
#[derive(Debug, Default)]
pub(crate) struct Of {
    named: [Option<Box<str>>; NAMED_MAX],
    pub(super) if_match: Option<i64>,
    /// Whether the command has asked for it.
    is_heeded: AtomicBool,
}

/// No path names more rows.
pub(crate) const NAMED_MAX: usize = 2;

impl Of {
    /// One row, named outside a path, in every place.
    #[cfg(test)]
    pub fn row_named(text: &str) -> Self {
        Self { named: [Some(text.into()), Some(text.into())], ..Self::default() }
    }

    /// Rows named outside a path.
    pub fn named(named: [Option<&str>; NAMED_MAX]) -> Self {
        Self { named: named.map(|text| text.map(Into::into)), ..Self::default() }
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
        self.is_heeded.store(true, Ordering::Relaxed);
        match (self.if_match, in_body.0) {
            (Some(header), Some(body)) if header != body => {
                Err(Refusal::field(Message::InvalidField, "__v", Message::InvalidField))
            }
            (header, body) => Ok(header.or(body)),
        }
    }

    /// Refuses an `If-Match` that the command takes no notice of: a condition is never dropped silently.
    pub fn all_heeded(&self) -> Result<(), Refusal> {
        if self.if_match.is_some() && !self.is_heeded() {
            return Err(Refusal::bad(Message::IfMatchUnsupported));
        }
        Ok(())
    }

    /// Whether the command has asked for the version.
    pub fn is_heeded(&self) -> bool {
        self.is_heeded.load(Ordering::Relaxed)
    }
}

/// A request to change something, checked as far as it can be without knowing any row.
pub(crate) struct Ask<B> {
    pub body: B,
    pub sent: Sent,
}

impl<B: DeserializeOwned> FromRequest<Arc<App>> for Ask<B> {
    type Rejection = Refusal;

    async fn from_request(
        request: axum::extract::Request,
        app: &Arc<App>,
    ) -> Result<Self, Refusal> {
        let sent = Sent::of_request(request, app, |context| context.body_bytes_max).await?;
        Ok(Self { body: body::read(&sent.bytes)?, sent })
    }
}

impl<B> Ask<B> {
    /// Has the command carried out, and tells its outcome.
    pub async fn carry_out(
        self,
        command: impl Into<Command>,
        telling: Telling,
    ) -> Result<Answer, Refusal> {
        let Sent { caller, of, key, intent, context, fingerprint, .. } = self.sent;
        let Context { request_id, lang, origin, .. } = context;
        let stale = if of.if_match.is_some() {
            StatusCode::PRECONDITION_FAILED
        } else {
            StatusCode::CONFLICT
        };
        let reader = Reader { lang, request_id: Arc::clone(&request_id), stale };
        let kept_for = reader.clone();
        // A dry run keeps nothing, and nothing is kept for it.
        let once = key.filter(|_| intent == Intent::CarryOut).map(|key| Once {
            key,
            render: Render(Arc::new(move |result| telling.write_down(&kept_for, result).into())),
        });
        let request = Request {
            actor: caller.actor,
            command: command.into(),
            intent,
            origin,
            request_id,
            fingerprint,
            once,
            deadline: Instant::now() + QUEUE_WAIT_MAX,
        };
        match answered(caller.app.engine.submit(request)).await? {
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
            Settled::Erased => {
                Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Message::OutcomeErased))
            }
        }
    }
}

/// Waits for an outcome as long as a caller waits.
pub(crate) async fn answered<T>(
    submitted: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    tokio::time::timeout(ANSWER_WAIT_MAX, submitted)
        .await
        .unwrap_or_else(|_| Err(Trouble::Unknown("the caller's time ran out".into())))
}
