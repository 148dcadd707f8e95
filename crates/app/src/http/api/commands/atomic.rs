//! All commands or none.

use std::sync::Arc;

use bytes::Bytes;
use engine::{GroupRefusal, GroupResult, Intent, Once, Render, Request, Settled};
use hyper::StatusCode;

use super::{Item, give_way, outcomes::Outcomes, prepare};
use crate::{
    App,
    http::{
        answer::{Answer, Reader, Telling, split_kept},
        error::Refusal,
        extract::answered,
        sent::Sent,
    },
    messages::Message,
};

/// Has all of them carried out in one commit, or tells which one stood in the way.
pub(super) async fn carry_out(
    app: &App,
    sent: &Sent,
    commands: &[Item<'_>],
    reader: Reader,
) -> Result<Answer, Refusal> {
    let mut tellings = Vec::with_capacity(commands.len());
    let mut requests: Vec<Request> = Vec::with_capacity(commands.len());
    let (mut caller, mut place) = (sent.caller.clone(), None);
    for (n, item) in commands.iter().enumerate() {
        if item.idempotency_key.is_some() {
            let field = format!("commands[{n}].idempotencyKey");
            return Err(Refusal::field(Message::InvalidField, field, Message::InvalidField));
        }
        let (its_place, telling, request) = prepare(item, n, sent, &reader)
            .map_err(|refusal| Refusal::atomic(n, refusal.code, refusal.message()))?;
        if n == 0 {
            place = its_place;
            caller.enter(place).await?;
        } else if place != its_place {
            // Two firms have no common commit.
            let field = format!("commands[{n}].command");
            return Err(Refusal::field(Message::InvalidField, field, Message::InvalidField));
        }
        tellings.push(telling);
        requests.push(Request { actor: caller.actor, once: None, ..request });
        give_way(n).await;
    }
    let tellings: Arc<[Telling]> = tellings.into();
    let (kept_tellings, kept_reader) = (Arc::clone(&tellings), reader.clone());
    let once = sent.key.clone().filter(|_| sent.intent == Intent::CarryOut).map(|key| Once {
        key,
        render: Render(Arc::new(move |result: &GroupResult| {
            write_down(&kept_tellings, &kept_reader, result).into()
        })),
    });
    let settled = answered(app.engine.submit_atomic(requests, once)).await?;
    let answer = match settled {
        Settled::Decided { kept: Some(kept), .. } => answer_of(&Bytes::from_owner(kept)),
        Settled::Decided { result, kept: None } => {
            answer_of(&write_down(&tellings, &reader, &result).into())
        }
        Settled::Replayed(kept) => answer_of(&Bytes::from_owner(kept)).replayed(),
        Settled::KeyReused => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Refusal::new(status, Message::IdempotencyKeyReused));
        }
        Settled::Erased => {
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Message::OutcomeErased));
        }
    };
    Ok(if sent.intent == Intent::DryRun { answer.dry() } else { answer })
}

/// Status, then body.
fn write_down(tellings: &[Telling], reader: &Reader, result: &GroupResult) -> Vec<u8> {
    let (status, body) = match result {
        Ok(replies) => {
            let mut outcomes = Outcomes::new(tellings.len());
            for (telling, reply) in tellings.iter().zip(replies) {
                outcomes.accepted(*telling, reply, reader);
            }
            (StatusCode::OK, outcomes.finish())
        }
        Err(GroupRefusal { n, rejection }) => {
            let refusal = Refusal::atomic(*n, rejection.code(), rejection.into());
            (refusal.status, refusal.body(reader.lang, &reader.request_id))
        }
    };
    [&status.as_u16().to_be_bytes()[..], &body].concat()
}

fn answer_of(kept: &Bytes) -> Answer {
    let (status, body) = split_kept(kept).expect("an outcome is kept with its status");
    Answer::bare(status, body)
}
