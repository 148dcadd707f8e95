//! `/api/cases`: the matters that work and money are tagged with.

use domain::{
    Day, Id, Ref,
    actor::Action,
    id::User,
    matters::{
        Standing,
        create_case::CreateCase,
        delete_case::DeleteCase,
        update_case::{CaseEdit, UpdateCase},
    },
    reply::{Reply, Shown},
    rows::{Case, CaseStatus, Client, Firm},
};
use hyper::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{CaseFilter, CaseView, ReadError, Reader};

use super::{
    clients::{self, ClientShortDoc},
    deleted,
};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Choice, Choices, Notes, Reference, Text, Version},
        json,
        read::{Entity, Question, Rows, Visible},
        route::{EmptyBody, Resource, command, list, one},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    let update = command("Change a case, close it, say how it ended", update, UPDATED);
    let deleted = deleted::telling(Message::CaseDeleted);
    Resource::new("cases", "The matters that work and money are tagged with.")
        .post("/", command("Open a case", create, CREATED))
        .get("/", list("listCases", "Cases, newest first", Action::ReadClients, all))
        .get("/{id}", one::<CaseView>("getCase", "One case"))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", command("Hide a case", delete, deleted))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["title"]),
    example = json!({
        "title": "Al-Nakheel v. Al-Waha",
        "caseNumber": "4471022",
        "clientId": "CLT-2026-0001",
    })
)]
struct CreateBody {
    title: Text,
    /// As the court or the firm gave it; no other case of the firm has it, and it stays.
    case_number: Text,
    client_id: Reference,
    /// `active` where nothing is said.
    status: Choice<CaseStatus>,
    /// How it ended; of a closed case alone.
    outcome: Notes,
    description: Notes,
}

fn create(_: &Of, body: CreateBody) -> Result<CreateCase, Refusal> {
    Ok(CreateCase {
        client: body.client_id.reference(),
        title: body.title.0.unwrap_or_default(),
        number: body.case_number.0,
        standing: standing(&body.status, body.outcome)?,
        description: body.description.0,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
/// Only the fields that are named change.
#[schemars(example = json!({"status": "closed", "outcome": "Settled out of court", "__v": 0}))]
struct UpdateBody {
    #[serde(rename = "__v")]
    version: Version,
    title: Text,
    /// Its number, where it has none yet.
    case_number: Text,
    client_id: Reference,
    status: Choice<CaseStatus>,
    /// How it ended, beside `"status": "closed"`; said once, and then it stays closed.
    outcome: Notes,
    description: Notes,
}

fn update(of: &Of, body: UpdateBody) -> Result<UpdateCase, Refusal> {
    let version = of.version(&body.version)?;
    let edit = CaseEdit {
        client: body.client_id.reference(),
        title: body.title.0,
        number: body.case_number.0,
        standing: standing(&body.status, body.outcome)?,
        description: body.description.0,
    };
    Ok(UpdateCase { case: of.row(), version, edit })
}

/// Where a case is to stand. How it ended is said of a closed one.
fn standing(status: &Choice<CaseStatus>, outcome: Notes) -> Result<Option<Standing>, Refusal> {
    match (status.0, outcome.0) {
        (Some(CaseStatus::Closed), outcome) => Ok(Some(Standing::Closed { outcome })),
        (None, Some(_)) => {
            Err(Refusal::field(Message::InvalidField, "status", Message::FieldRequired))
        }
        (Some(CaseStatus::Active | CaseStatus::OnHold), Some(_)) => {
            Err(Refusal::field(Message::InvalidField, "outcome", Message::InvalidField))
        }
        (status, None) => Ok(status.map(|status| match status {
            CaseStatus::Active => Standing::Active,
            CaseStatus::OnHold => Standing::OnHold,
            CaseStatus::Closed => Standing::Closed { outcome: None },
        })),
    }
}

fn delete(of: &Of, _: EmptyBody) -> Result<DeleteCase, Refusal> {
    Ok(DeleteCase { case: of.row() })
}

const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::CaseCreated,
    location: Some("/api/cases/"),
    fields: tell,
    doc: |generator| wire::entity::<CaseDoc>("case", generator),
};
const UPDATED: Telling =
    Telling { status: StatusCode::OK, message: Message::CaseUpdated, location: None, ..CREATED };

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Case { case, client } = &reply.shown else {
        unreachable!("a case command shows a case")
    };
    o.entity("case", |out| write(out, case, client.as_deref()));
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    status: Choices<CaseStatus>,
    client_id: Reference,
    /// Only those whose title or number contains this.
    search: Text<200>,
}

async fn all(question: Question<Filter>) -> Result<Rows<CaseView>, Refusal> {
    let Filter { status, client_id, search } = &question.filter;
    let filter = CaseFilter {
        own: question.own,
        statuses: status.0.clone(),
        client: client_id.reference(),
        search: search.0.clone(),
    };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.cases(firm, filter, question.page.clone()).await?))
}

impl Entity for CaseView {
    type Row = Case;
    const NAME: &'static str = "case";
    const READ: Action = Action::ReadClients;
    const NOT_FOUND: Message = Message::CaseNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Case>,
    ) -> Result<Option<Self>, ReadError> {
        reader.case(firm, by).await
    }
    fn version(&self) -> i64 {
        self.case.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.client.as_ref().is_some_and(|client| client.user == Some(user))
    }
}

impl Visible for CaseView {
    type Doc = CaseDoc;

    fn hide(&mut self) {
        self.case.description = None;
    }
    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.case, self.client.as_ref());
    }
}

wire! {
    /// A matter.
    CaseDoc {
        _id: wire::Id,
        __v: wire::Number,
        caseNumber: Option<String>,
        title: String,
        clientId: Option<ClientShortDoc>,
        status: wire::Name<CaseStatus>,
        /// How it ended.
        outcome: Option<String>,
        description: Option<String>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

fn write(out: &mut Vec<u8>, case: &Case, client: Option<&Client>) {
    json::object(out, |o| {
        o.id("_id", case.id);
        o.integer("__v", case.version);
        o.text_or_null("caseNumber", case.number.as_deref());
        o.text("title", &case.title);
        o.with_or_null("clientId", client, clients::write_short);
        o.text("status", case.status.name());
        o.text_or_null("outcome", case.outcome.as_deref());
        o.text_or_null("description", case.description.as_deref());
        o.id("createdBy", case.created_by);
        o.time("createdAt", case.created_at);
        o.time("updatedAt", case.updated_at);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn edit(json: &str) -> Result<Option<Standing>, &'static str> {
        let body: UpdateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        let command = update(&Of::row_named("4471022"), body).map_err(|refusal| refusal.code)?;
        Ok(command.edit.standing)
    }

    #[test]
    fn an_outcome_belongs_to_a_closed_case() {
        let closed = |outcome: Option<&str>| {
            Ok(Some(Standing::Closed { outcome: outcome.map(str::to_owned) }))
        };
        assert_eq!(edit(r#"{"status":"closed","outcome":"Won"}"#), closed(Some("Won")));
        assert_eq!(edit(r#"{"status":"closed","outcome":""}"#), closed(None));
        assert_eq!(edit(r#"{"status":"on_hold"}"#), Ok(Some(Standing::OnHold)));
        assert_eq!(edit(r#"{"title":"x"}"#), Ok(None));
        for json in [r#"{"outcome":"Won"}"#, r#"{"status":"active","outcome":"Won"}"#] {
            assert_eq!(edit(json), Err("invalid_field"), "{json}");
        }
    }
}
