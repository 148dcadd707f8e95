//! `/api/outcomes`: what became of a command, asked by the key it was sent with. For a caller who lost
//! the answer and does not want to send the command again.

use bytes::Bytes;
use domain::{Actor, MARKET};

use crate::{
    http::{
        answer::split_kept,
        error::Refusal,
        extract::{Caller, Of},
        json,
        read::Object,
        route::{Resource, signed_in},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("outcomes", "What became of a command.")
        .get("/{key}", signed_in("getOutcome", "The outcome kept under one of your own keys", one))
}

wire! {
    /// What is kept under a key.
    KeptDoc {
        data: OutcomeDoc,
    }

    /// An outcome.
    OutcomeDoc {
        /// The Idempotency-Key.
        key: String,
        at: wire::Time,
        /// The answer's status.
        status: wire::Number,
        /// The answer's body.
        body: std::collections::BTreeMap<String, serde_json::Value>,
    }
}

async fn one(caller: Caller, of: Of) -> Result<Object<KeptDoc>, Refusal> {
    let not_found = || Refusal::not_found(Message::OutcomeNotFound);
    caller.role().await?;
    let (reader, Actor { user, firm, .. }) = (&caller.app.reader, caller.actor);
    let mut outcome = reader.outcome(firm, user, of.text()).await?;
    if outcome.is_none() {
        // What was sent to the market is kept there.
        outcome = reader.outcome(MARKET, user, of.text()).await?;
    }
    let outcome = outcome.ok_or_else(not_found)?;
    if outcome.is_erased() {
        return Err(Refusal::not_found(Message::OutcomeErased));
    }
    let (status, body) = split_kept(&Bytes::from_owner(outcome.answer)).ok_or_else(|| {
        tracing::error!(key = of.text(), "a stored outcome is damaged");
        Refusal::new(hyper::StatusCode::INTERNAL_SERVER_ERROR, Message::Defect)
    })?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.text("key", &outcome.key);
                o.time("at", outcome.at);
                o.integer("status", status.as_u16());
                o.raw("body", &body);
            });
        });
    }))
}
