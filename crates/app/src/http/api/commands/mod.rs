//! `/api/commands/bulk`: thousands of commands in one request, each with its own outcome.
//!
//! Which commands there are, what their bodies look like and how they are told comes from the one list
//! of routes. Each body is parsed once, and every answer is written into one buffer.

mod atomic;
mod outcomes;

use std::{
    borrow::Cow,
    collections::HashMap,
    mem,
    sync::{Arc, LazyLock},
    time::Instant,
    vec,
};

use axum::{
    extract::{self, State},
    routing::on,
};
use domain::{Actor, audit};
use engine::{Intent, Once, Render, Request, Settled, Trouble};
use hyper::{Method, StatusCode};
use schemars::{Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use self::outcomes::{Outcomes, OutcomesDoc};
use crate::{
    App,
    http::{
        answer::{Answer, Reader, Telling},
        body,
        error::Refusal,
        extract::{Caller, NAMED_MAX, Of, QUEUE_WAIT_MAX, answered},
        field::Flag,
        route::{AsCommand, Description, Operation, Place, Resource, pascal_case, whole},
        router::resources,
        sent::{self, Sent},
        wire::{self, schema_of},
    },
    messages::Message,
};

/// Most commands in one request.
const COMMANDS_MAX: usize = 8_192;
/// Commands after which others get a turn on this thread.
const TURN_COMMANDS: usize = 128;

pub(in crate::http) fn routes() -> Resource {
    let many = whole("sendCommands", "Up to 8,192 commands in one request", describe, |filter| {
        on(filter, bulk)
    });
    Resource::new("commands", "Many commands in one request, each with its own outcome.")
        .post("/bulk", many)
}

/// What a request holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bulk<'a> {
    #[serde(default)]
    atomic: Flag,
    #[serde(borrow, default)]
    commands: Vec<Item<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item<'a> {
    #[serde(borrow)]
    command: Cow<'a, str>,
    id: Option<String>,
    idempotency_key: Option<String>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// A command that can be sent here, with the route that it has of its own.
struct Kind {
    command: AsCommand,
    place: Place,
    method: Method,
    path: String,
    /// Rows that the path names.
    named: usize,
}

/// By name.
static KINDS: LazyLock<HashMap<String, Kind>> = LazyLock::new(|| {
    let mut kinds = HashMap::new();
    for route in resources().into_iter().flat_map(|resource| resource.routes) {
        let Operation { setting, command, .. } = route.operation;
        let Some(command) = command else { continue };
        let (method, named) = (route.methods[0].clone(), route.path.matches('{').count());
        let kind = Kind { place: setting.place, method, path: route.path, named, command };
        // A second path to the same is an alias.
        kinds.entry(kind.command.name.clone()).or_insert(kind);
    }
    kinds
});

async fn bulk(State(app): State<Arc<App>>, request: extract::Request) -> Result<Answer, Refusal> {
    let sent = Sent::of_request(request, &app, |context| context.bulk_bytes_max).await?;
    let Bulk { atomic, commands } = body::read(&sent.bytes)?;
    sent.of.all_heeded()?;
    let invalid = |field, what| Err(Refusal::field(Message::InvalidField, field, what));
    match commands.len() {
        0 => return invalid("commands", Message::FieldRequired),
        1..=COMMANDS_MAX => {}
        _ => return invalid("commands", Message::TooLong),
    }
    let reader = Reader {
        lang: sent.context.lang,
        request_id: Arc::clone(&sent.context.request_id),
        stale: StatusCode::CONFLICT,
    };
    if atomic.0 == Some(true) {
        return atomic::carry_out(&app, &sent, &commands, reader).await;
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut prepared = Vec::with_capacity(commands.len());
    for (n, item) in commands.iter().enumerate() {
        prepared.push(match prepare(item, n, &sent, &reader) {
            Ok((place, telling, request)) => {
                let group = Group::of(place, &mut groups, &sent.caller).await?;
                groups[group].requests.push(request);
                Ok((group, telling))
            }
            Err(refusal) => Err(refusal),
        });
        give_way(n).await;
    }
    let is_alone = groups.len() == 1;
    for group in &mut groups {
        group.settle(&app, is_alone).await?;
    }
    let mut outcomes = Outcomes::new(commands.len());
    for (n, prepared) in prepared.into_iter().enumerate() {
        match prepared {
            Ok((group, telling)) => {
                let settled = groups[group].settled.next();
                let settled = settled.expect("every request has an outcome");
                outcomes.settled(telling, settled, &reader);
            }
            Err(refusal) => outcomes.refused(&refusal, &reader),
        }
        give_way(n).await;
    }
    let answer = Answer::written(outcomes.finish());
    Ok(if sent.intent == Intent::DryRun { answer.dry() } else { answer })
}

/// The commands of one firm: its queue takes them together.
struct Group {
    place: Place,
    actor: Actor,
    requests: Vec<Request>,
    settled: vec::IntoIter<Result<Settled, Trouble>>,
}

impl Group {
    /// The group of a place, begun where there is none.
    async fn of(place: Place, groups: &mut Vec<Self>, caller: &Caller) -> Result<usize, Refusal> {
        if let Some(known) = groups.iter().position(|group| group.place == place) {
            return Ok(known);
        }
        let mut caller = caller.clone();
        caller.enter(place).await?;
        let (requests, settled) = (Vec::new(), Vec::new().into_iter());
        groups.push(Self { place, actor: caller.actor, requests, settled });
        Ok(groups.len() - 1)
    }

    /// Has them carried out. When there is no other group, what befalls all of them befalls the request.
    async fn settle(&mut self, app: &App, is_alone: bool) -> Result<(), Trouble> {
        let mut requests = mem::take(&mut self.requests);
        for request in &mut requests {
            request.actor = self.actor;
        }
        let count = requests.len();
        let settled = match answered(app.engine.submit_many(requests)).await {
            Err(trouble) if !is_alone => vec![Err(trouble); count],
            settled => settled?,
        };
        self.settled = settled.into_iter();
        Ok(())
    }
}

/// Parsing and writing thousands takes a while; nobody else is to wait for all of it.
async fn give_way(n: usize) {
    if n % TURN_COMMANDS == TURN_COMMANDS - 1 {
        tokio::task::yield_now().await;
    }
}

/// The n-th command, as its own route would make it.
fn prepare(
    item: &Item<'_>,
    n: usize,
    sent: &Sent,
    reader: &Reader,
) -> Result<(Place, Telling, Request), Refusal> {
    let invalid = |field, what| Refusal::field(Message::InvalidField, field, what);
    let unknown = || invalid("command", Message::InvalidField);
    let kind = KINDS.get(&*item.command).ok_or_else(unknown)?;
    let named = named(item, kind).ok_or_else(|| invalid("id", Message::FieldRequired))?;
    let text = item.body.map_or("{}", RawValue::get);
    if !text.starts_with('{') {
        return Err(Refusal::bad(Message::MalformedBody));
    }
    let telling = kind.command.telling;
    let command = (kind.command.make)(&Of::named(named), text)?;
    let (key, fingerprint) = match (&item.idempotency_key, &sent.key) {
        // Under its own key it is the same request as on its own route.
        (Some(key), _) => (Some(sent::checked_key(key)?), kind.fingerprint(named, text)),
        (None, Some(key)) => (Some(format!("{key}#{n}").into()), sent.fingerprint),
        (None, None) => (None, sent.fingerprint),
    };
    let kept_for = reader.clone();
    let once = key.filter(|_| sent.intent == Intent::CarryOut).map(|key| Once {
        key,
        render: Render(Arc::new(move |result| telling.write_down(&kept_for, result).into())),
    });
    let request = Request {
        actor: sent.caller.actor,
        command,
        intent: sent.intent,
        origin: Arc::clone(&sent.context.origin),
        request_id: Arc::clone(&sent.context.request_id),
        fingerprint,
        once,
        deadline: Instant::now() + QUEUE_WAIT_MAX,
    };
    Ok((kind.place, telling, request))
}

/// The rows that `id` names: as in the path, a second one after a slash. `None`: too few.
fn named<'a>(item: &'a Item<'_>, kind: &Kind) -> Option<[Option<&'a str>; NAMED_MAX]> {
    let id = item.id.as_deref().filter(|id| !id.is_empty());
    match kind.named {
        0 => Some([None, None]),
        1 => Some([Some(id?), None]),
        _ => id?.split_once('/').map(|(first, second)| [Some(first), Some(second)]),
    }
}

impl Kind {
    /// As a request to the command's own route has it.
    fn fingerprint(&self, named: [Option<&str>; NAMED_MAX], text: &str) -> [u8; 32] {
        let mut named = named.into_iter().flatten();
        let part = |part: &str| {
            let name = if part.starts_with('{') { named.next() } else { None };
            name.unwrap_or(part).to_owned()
        };
        let path = self.path.split('/').map(part).collect::<Vec<_>>().join("/");
        audit::fingerprint(&[self.method.as_str().as_bytes(), path.as_bytes(), text.as_bytes()])
    }
}

fn describe(generator: &mut SchemaGenerator) -> Description {
    let mut kinds: Vec<_> = KINDS.values().collect();
    kinds.sort_by_key(|kind| &kind.command.name);
    let items = kinds.into_iter().map(|kind| {
        let name = &kind.command.name;
        let body = format!("#/components/schemas/{}Body", pascal_case(name));
        let mut item = json!({
            "type": "object",
            "title": name,
            "properties": {
                "command": {"const": name},
                "idempotencyKey": {"type": ["string", "null"], "pattern": "^[ -~]{1,255}$"},
                "body": {"$ref": body},
            },
            "required": ["command"],
            "additionalProperties": false,
        });
        let id = match kind.named {
            0 => return item,
            1 => "The row that its own route names.",
            _ => "The two rows that its own route names, with a slash between.",
        };
        item["properties"]["id"] = json!({"type": "string", "minLength": 1, "description": id});
        item["required"] = json!(["command", "id"]);
        item
    });
    let example =
        json!({"command": "consume_retainer", "id": "RET-2026-0001", "body": {"amount": "1"}});
    let body = schema_of(json!({
        "type": "object",
        "properties": {
            "atomic": {
                "enum": [true, false, "", null],
                "description": "All or none: when one is refused, nothing is done, and the request \
                                is refused with `atomic_refused`. No command has a key of its own.",
            },
            "commands": {
                "type": "array",
                "minItems": 1,
                "maxItems": COMMANDS_MAX,
                "items": {"oneOf": items.collect::<Vec<_>>()},
            },
        },
        "required": ["commands"],
        "additionalProperties": false,
        "examples": [{"commands": [example]}],
    }));
    generator.definitions_mut().insert("SendCommandsBody".into(), body.into());
    let answer = <OutcomesDoc as schemars::JsonSchema>::json_schema(generator);
    Description {
        query: None,
        body: Some(Schema::new_ref("#/components/schemas/SendCommandsBody".into())),
        answer: Some(wire::success(answer)),
    }
}
