//! `/api/members`: who belongs to the firm, in which role.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Ref, Role, actor::Action, id::User, people::member::SetMember, reply::Shown, rows::Member,
};
use hyper::StatusCode;
use serde::Deserialize;

use crate::{
    App,
    http::{
        answer::{Answer, Telling},
        body::{Choice, Flag, Version},
        error::Refusal,
        extract::{Ask, Caller, Named},
        json,
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct SetBody {
    #[serde(rename = "__v")]
    version: Version,
    role: Choice<Role>,
    active: Flag,
}

const SET: Telling = Telling {
    status: StatusCode::OK,
    message: Message::MemberSet,
    location: None,
    fields: |o, reply| {
        let Shown::Member(member) = &reply.shown else {
            unreachable!("a member command shows a member")
        };
        let mut out = Vec::with_capacity(256);
        write(&mut out, member);
        o.raw("member", &out);
        o.raw("data", &out);
    },
};

/// `PUT /api/members/:userId`
pub(in crate::http) async fn set(
    Named(user): Named<User>,
    ask: Ask<SetBody>,
) -> Result<Answer, Refusal> {
    // Users have no numbers: what is no id names nobody.
    let Ref::Id(user) = user else { return Err(Refusal::not_found(Message::MemberNotFound)) };
    let version = ask.precondition(ask.body.version.0)?;
    let command = SetMember { user, version, role: ask.body.role.0, active: ask.body.active.0 };
    ask.carry_out(command, SET).await
}

/// `GET /api/members`
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Answer, Refusal> {
    caller.may(Action::ManageMembers).await?;
    let members = app.reader.members(caller.actor.firm).await?;
    Ok(Answer::object(|o| o.with("data", |out| json::array(out, &members, write))))
}

fn write(out: &mut Vec<u8>, member: &Member) {
    json::object(out, |o| {
        o.id("_id", member.user);
        o.integer("__v", member.version);
        o.id("userId", member.user);
        o.text("role", member.role.name());
        o.flag("active", member.active);
        o.time("createdAt", member.created_at);
        o.time("updatedAt", member.updated_at);
    });
}
