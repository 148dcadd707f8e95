//! `/api/clients`: the firm's customers.

use axum::extract::State;
use domain::{
    Id,
    actor::Action,
    billing::client::CreateClient,
    id::User,
    reply::{Reply, Shown},
    rows::{Client, ClientProfile, ClientType},
};
use hyper::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use std::sync::Arc;
use store::ClientFilter;

use super::list::{self, Asked, Part};
use crate::{
    App,
    http::{
        answer::{Answer, Telling},
        body::{Choice, Notes, Text},
        error::Refusal,
        extract::{Ask, Caller, Named},
        json,
    },
    messages::Message,
};

/// Longest text to search for.
const SEARCH_CHARS_MAX: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::http) struct CreateBody {
    client_type: Choice<ClientType>,
    full_name: Text,
    name: Text,
    first_name: Text,
    last_name: Text,
    company_name: Text,
    email: Text,
    phone: Text,
    national_id: Text,
    cr_number: Text,
    city: Text,
    address: Text,
    notes: Notes,
    user_id: Choice<Id<User>>,
    #[serde(rename = "clientNumber")]
    _client_number: Option<IgnoredAny>,
}

impl From<CreateBody> for CreateClient {
    fn from(body: CreateBody) -> Self {
        let profile = ClientProfile {
            full_name: body.full_name.0.or(body.name.0).unwrap_or_default(),
            first_name: body.first_name.0,
            last_name: body.last_name.0,
            company_name: body.company_name.0,
            email: body.email.0,
            phone: body.phone.0,
            national_id: body.national_id.0,
            registration_number: body.cr_number.0,
            city: body.city.0,
            address: body.address.0,
            notes: body.notes.0,
        };
        Self { kind: body.client_type.0, profile, user: body.user_id.0 }
    }
}

const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::ClientCreated,
    location: Some("/api/clients/"),
    fields: |o, reply| {
        let client = written(reply);
        o.raw("client", &client);
        o.raw("data", &client);
    },
};

fn written(reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_024);
    let Shown::Client(client) = &reply.shown else {
        unreachable!("a client command shows a client")
    };
    write(&mut out, client);
    out
}

/// `POST /api/clients`
pub(in crate::http) async fn create(mut ask: Ask<CreateBody>) -> Result<Answer, Refusal> {
    let command = CreateClient::from(std::mem::take(&mut ask.body));
    ask.carry_out(command, CREATED).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Filter {
    search: String,
}

/// `GET /api/clients`
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(filter): Asked<Filter>,
    Asked(part): Asked<Part>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadClients).await?;
    let search = Some(filter.search).filter(|search| !search.is_empty());
    if search.as_ref().is_some_and(|search| search.chars().count() > SEARCH_CHARS_MAX) {
        return Err(Refusal::field(Message::InvalidField, "search", Message::TooLong));
    }
    let page = part.page()?;
    let filter = ClientFilter { own, search };
    let mut listed = app.reader.clients(caller.actor.firm, filter, page.clone()).await?;
    for client in &mut listed.rows {
        hide_from(own, &mut client.profile.notes);
    }
    Ok(list::answer(&listed, &page, write, |_| {}))
}

/// `GET /api/clients/:id`
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Named(by): Named<Client>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadClients).await?;
    let found = app.reader.client(caller.actor.firm, &by).await?;
    let mut client = found
        .filter(|client| belongs(client, own))
        .ok_or_else(|| Refusal::not_found(Message::ClientNotFound))?;
    hide_from(own, &mut client.profile.notes);
    let mut out = Vec::with_capacity(1_024);
    write(&mut out, &client);
    Ok(Answer::one("client", client.version, &out))
}

/// What the firm notes down is not for a client's eyes.
pub(super) fn hide_from(own: Option<Id<User>>, notes: &mut Option<String>) {
    if own.is_some() {
        *notes = None;
    }
}

/// Whether a login that may see only its `own` client may see this one's rows.
pub(super) fn belongs(client: &Client, own: Option<Id<User>>) -> bool {
    own.is_none_or(|user| client.user == Some(user))
}

/// A client as JSON.
pub(super) fn write(out: &mut Vec<u8>, client: &Client) {
    let profile = &client.profile;
    json::object(out, |o| {
        o.id("_id", client.id);
        o.integer("__v", client.version);
        o.text("clientNumber", &client.number);
        o.text("clientType", client.kind.name());
        names(o, client);
        o.text_or_null("companyName", profile.company_name.as_deref());
        o.text_or_null("email", profile.email.as_deref());
        o.text_or_null("phone", profile.phone.as_deref());
        o.text_or_null("nationalId", profile.national_id.as_deref());
        o.text_or_null("crNumber", profile.registration_number.as_deref());
        o.text_or_null("city", profile.city.as_deref());
        o.text_or_null("address", profile.address.as_deref());
        o.text_or_null("notes", profile.notes.as_deref());
        o.id_or_null("userId", client.user);
        o.text("status", "active");
        o.id("createdBy", client.created_by);
        o.time("createdAt", client.created_at);
        o.time("updatedAt", client.updated_at);
    });
}

/// What stands for a client inside another entity.
pub(super) fn write_short(out: &mut Vec<u8>, client: &Client) {
    json::object(out, |o| {
        o.id("_id", client.id);
        o.text("clientNumber", &client.number);
        names(o, client);
    });
}

fn names(o: &mut json::Object<'_>, client: &Client) {
    o.text("fullName", &client.profile.full_name);
    o.text("name", &client.profile.full_name);
    o.text_or_null("firstName", client.profile.first_name.as_deref());
    o.text_or_null("lastName", client.profile.last_name.as_deref());
}
