//! `/api/me`: what the token says, and nothing more. It touches no store.

use domain::Role;

use crate::http::{
    error::Refusal,
    extract::{Caller, Of},
    json,
    read::Object,
    route::{Resource, signed_in},
    wire::{self, wire},
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("me", "The caller.").get("/", signed_in("getMe", "What the token says", me))
}

wire! {
    /// A login as its token tells it.
    LoginDoc {
        _id: wire::Id,
        firmId: wire::Id,
        role: wire::Name<Role>,
    }

    /// The caller.
    MeDoc {
        data: LoginDoc,
        user: LoginDoc,
    }
}

async fn me(caller: Caller, _: Of) -> Result<Object<MeDoc>, Refusal> {
    let mut out = Vec::with_capacity(128);
    json::object(&mut out, |o| {
        o.id("_id", caller.actor.user);
        o.id("firmId", caller.actor.firm);
        o.text("role", caller.actor.claimed.name());
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("user", &out);
    }))
}
