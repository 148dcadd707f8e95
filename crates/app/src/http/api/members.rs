//! `/api/members`: who belongs to the firm, in which role.

use domain::{
    Day, Ref, Role, actor::Action, id::User, people::member::SetMember, reply::Shown, rows::Member,
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Choice, Flag, Version},
        json,
        read::{Object, Question, Visible},
        route::{Resource, command, read},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    let all = read("listMembers", "Every member, dismissed ones too", Action::ManageMembers, all);
    Resource::new("members", "Who belongs to the firm, in which role.")
        .get("/", all)
        .put("/{id}", command("Admit, change or dismiss a member", set, SET))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(example = json!({"role": "accountant"}))]
struct SetBody {
    #[serde(rename = "__v")]
    version: Version,
    role: Choice<Role>,
    /// `false` dismisses.
    active: Flag,
}

fn set(of: &Of, body: SetBody) -> Result<SetMember, Refusal> {
    // Users have no numbers: what is no id names nobody.
    let Ref::Id(user) = of.row::<User>() else {
        return Err(Refusal::not_found(Message::MemberNotFound));
    };
    let SetBody { version, role, active } = body;
    Ok(SetMember { user, version: of.version(&version)?, role: role.0, active: active.0 })
}

const SET: Telling = Telling {
    status: StatusCode::OK,
    message: Message::MemberSet,
    location: None,
    fields: |o, reply| {
        let Shown::Member(member) = &reply.shown else {
            unreachable!("a member command shows a member")
        };
        o.entity("member", |out| member.write(out, reply.today));
    },
    doc: |generator| wire::entity::<MemberDoc>("member", generator),
};

wire! {
    /// Every member of the firm.
    MembersDoc {
        data: Vec<MemberDoc>,
    }

    /// A membership.
    MemberDoc {
        _id: wire::Id,
        __v: wire::Number,
        userId: wire::Id,
        role: wire::Name<Role>,
        active: bool,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

async fn all(question: Question) -> Result<Object<MembersDoc>, Refusal> {
    let members = question.reader.members(question.firm()).await?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::array(out, &members, |out, member| member.write(out, question.today));
        });
    }))
}

impl Visible for Member {
    type Doc = MemberDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| {
            o.id("_id", self.user);
            o.integer("__v", self.version);
            o.id("userId", self.user);
            o.text("role", self.role.name());
            o.flag("active", self.active);
            o.time("createdAt", self.created_at);
            o.time("updatedAt", self.updated_at);
        });
    }
}
