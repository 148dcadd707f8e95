//! `/api/me`: who is asking, as their firm knows them.

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
    Resource::new("me", "The caller.").get("/", signed_in("getMe", "Who is asking", me))
}

wire! {
    /// A login.
    LoginDoc {
        _id: wire::Id,
        firmId: wire::Id,
        /// As the firm's list of members has it; the token's, of who is not on it yet.
        role: wire::Name<Role>,
    }

    /// The caller.
    MeDoc {
        data: LoginDoc,
        user: LoginDoc,
    }
}

async fn me(caller: Caller, _: Of) -> Result<Object<MeDoc>, Refusal> {
    let role = caller.role().await?;
    let mut out = Vec::with_capacity(128);
    json::object(&mut out, |o| {
        o.id("_id", caller.actor.user);
        o.id("firmId", caller.actor.firm);
        o.text("role", role.name());
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("user", &out);
    }))
}
