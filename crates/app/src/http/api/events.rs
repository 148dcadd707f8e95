//! `/api/events`: what happens in the firm, as it happens, as server-sent events. It is read from the
//! journal, so whichever process did it is heard by whoever listens at another, and whoever comes back
//! with `Last-Event-ID` has missed nothing.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    response::{
        IntoResponse, Response,
        sse::{Event as Message, KeepAlive, Sse},
    },
    routing::on,
};
use domain::{
    Command, Day, Rejection, Role,
    actor::{Action, Reach},
};
use hyper::{HeaderMap, StatusCode};
use store::{Event, Events};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};

use crate::{
    App,
    http::{
        error::Refusal,
        extract::Caller,
        json,
        read::Visible as _,
        route::{Resource, text},
    },
    messages,
};

/// Streams that one process serves.
const STREAMS_MAX: usize = 256;
/// How often is looked for what has happened.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often something is said where nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that wait for a slow listener, and how long one may keep them waiting.
const WAITING_MAX: usize = 64;
const LISTENER_WAIT_MAX: Duration = Duration::from_secs(15);

const EVENT_STREAM: &str = "text/event-stream";

pub(in crate::http) fn routes() -> Resource {
    let stream = text(
        "streamEvents",
        "Accepted commands and alerts that one's role may see, as they come; resumes after \
         Last-Event-ID",
        EVENT_STREAM,
        |filter| on(filter, stream),
    );
    Resource::new("events", "What happens in the firm, as it happens.")
        .get("/", stream.needing(Action::ReadClients))
}

/// The places that streams take.
#[derive(Debug, Clone)]
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl Streams {
    /// How many are open.
    pub fn open_count(&self) -> usize {
        STREAMS_MAX - self.0.available_permits()
    }
}

async fn stream(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let caller = Caller::of_request(&parts, &app)?;
    let role = caller.role().await?;
    if role.reach(Action::ReadClients) != Reach::Firm {
        // Nothing of it is a client's own.
        return Err(Refusal::rejected(&Rejection::Forbidden, StatusCode::CONFLICT));
    }
    let after = last_seen(&parts.headers)?;
    let Ok(place) = Arc::clone(&app.streams.0).try_acquire_owned() else {
        return Err(engine::Trouble::Overloaded.into());
    };
    // Where it begins is settled before anybody is told that it has begun.
    let begin = app.reader.events(caller.actor.firm, after).await?;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(feed(app, Listener { caller, role, _place: place }, begin, sender));
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(Sse::new(Receiving(receiver)).keep_alive(keep_alive).into_response())
}

/// The place in the audit log up to which the listener knows all.
fn last_seen(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let id = id.to_str().ok().and_then(|id| id.parse().ok()).filter(|id| *id >= 0);
    let bad = || Refusal::new(StatusCode::BAD_REQUEST, messages::Message::InvalidField);
    id.map(Some).ok_or_else(bad)
}

struct Listener {
    caller: Caller,
    role: Role,
    /// Given back when it has gone.
    _place: OwnedSemaphorePermit,
}

/// Tells what has happened until the listener has gone, is too slow, is a member no more, or the server
/// stops.
async fn feed(
    app: Arc<App>,
    mut listener: Listener,
    mut events: Events,
    to: mpsc::Sender<Message>,
) {
    loop {
        for event in &events.events {
            for message in told(event, listener.role) {
                if !matches!(timeout(LISTENER_WAIT_MAX, to.send(message)).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
        let is_behind = !events.events.is_empty();
        if !is_behind {
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = to.closed() => return,
            }
        }
        if app.engine.is_stopping() {
            return;
        }
        let firm = listener.caller.actor.firm;
        match app.reader.events(firm, Some(events.through)).await {
            Ok(next) => events = next,
            Err(error) => {
                tracing::debug!(%error, "what has happened can't be read");
                events.events.clear();
                continue;
            }
        }
        if !events.events.is_empty() {
            // A role may have changed, or been taken away.
            let Ok(role) = listener.caller.role().await else { return };
            listener.role = role;
        }
    }
}

/// What a role is told of an event.
fn told(event: &Event, role: Role) -> Vec<Message> {
    let Event { record, alerts } = event;
    let sees = |action: Action| role.reach(action) == Reach::Firm;
    let mut all = Vec::new();
    let is_own = record.role != Role::System;
    if is_own && Command::action_of(&record.command).is_some_and(sees) {
        let mut data = Vec::new();
        json::object(&mut data, |o| {
            o.text("command", &record.command);
            o.id_or_null("objectId", record.object.map(domain::Id::<Command>::new));
            o.integer("seq", record.seq.unwrap_or_default());
            o.time("at", record.at);
            o.id("userId", record.user);
        });
        all.push(message("command", &data));
    }
    if sees(Action::HandleAlerts) {
        for alert in alerts {
            let mut data = Vec::new();
            alert.write(&mut data, Day::from_days(0));
            all.push(message("alert", &data));
        }
    }
    // Only with the last is all of this place known.
    if let Some(last) = all.pop() {
        all.push(last.id(record.n.to_string()));
    }
    all
}

fn message(name: &str, data: &[u8]) -> Message {
    Message::default().event(name).data(String::from_utf8_lossy(data))
}

/// A channel's end as a stream.
struct Receiving(mpsc::Receiver<Message>);

impl futures_util::Stream for Receiving {
    type Item = Result<Message, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|message| message.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Id, Timestamp,
        rows::{Alert, AlertKind, AuditRecord, Told},
    };

    #[test]
    fn a_role_is_told_what_it_may_do_itself() {
        let record = AuditRecord {
            n: 7,
            seq: Some(5),
            at: Timestamp::default(),
            user: Id::new([1; 12]),
            role: Role::Owner,
            command: "consume_retainer".into(),
            outcome: "accepted".into(),
            object: None,
            told: Told::Erased([0; 32]),
            leaf: [0; 32],
        };
        let alert = Alert {
            id: Id::new([2; 12]),
            kind: AlertKind::LowBalance,
            about: [3; 12],
            seq: 5,
            found: None,
            released: None,
            acknowledged: None,
            created_by: Id::new([1; 12]),
            version: 0,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        };
        let event = Event { record, alerts: vec![alert] };
        for (role, count) in
            [(Role::Owner, 2), (Role::Lawyer, 1), (Role::Secretary, 0), (Role::Client, 0)]
        {
            assert_eq!(told(&event, role).len(), count, "{role:?}");
        }
    }
}
