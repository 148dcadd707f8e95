//! `/api/me`: what the token says, and nothing more. It touches no store.

use crate::http::{answer::Answer, extract::Caller, json};

/// `GET /api/me`
pub(in crate::http) async fn me(caller: Caller) -> Answer {
    let mut out = Vec::with_capacity(128);
    json::object(&mut out, |o| {
        o.id("_id", caller.actor.user);
        o.id("firmId", caller.actor.firm);
        o.text("role", caller.actor.claimed.name());
    });
    Answer::object(|o| {
        o.raw("data", &out);
        o.raw("user", &out);
    })
}
