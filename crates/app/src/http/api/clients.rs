//! `/api/clients`: the firm's customers.

use domain::{
    Day, Id, Ref,
    actor::Action,
    billing::client::CreateClient,
    id::User,
    reply::{Reply, Shown},
    rows::{Client, ClientProfile, ClientType, Firm},
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{ClientFilter, ReadError, Reader};

use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Choice, Ignored, Notes, Text},
        json,
        read::{Entity, Question, Rows, Visible},
        route::{Resource, command, list, one},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    Resource::new("clients", "The firm's customers.")
        .post("/", command("Take in a client", create, CREATED))
        .get("/", list("listClients", "Clients, newest first", Action::ReadClients, all))
        .get("/{id}", one::<Client>("getClient", "One client"))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("anyOf" = [
        {"required": ["fullName"]},
        {"required": ["name"]},
        {"required": ["firstName"]},
        {"required": ["lastName"]},
        {"required": ["companyName"]},
    ]),
    example = json!({"fullName": "Noura Al-Qahtani", "phone": "+966500000000"})
)]
pub(in crate::http) struct CreateBody {
    client_type: Choice<ClientType>,
    /// Required, but where first and last name or a company's name stand for it.
    full_name: Text,
    /// Another name of `fullName`.
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
    /// The portal login that sees this client's own rows.
    user_id: Choice<Id<User>>,
    #[serde(rename = "clientNumber")]
    _client_number: Ignored,
}

fn create(_: &Of, body: CreateBody) -> Result<CreateClient, Refusal> {
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
    Ok(CreateClient { kind: body.client_type.0, profile, user: body.user_id.0 })
}

const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::ClientCreated,
    location: Some("/api/clients/"),
    fields: |o, reply| o.entity("client", |out| client_of(reply).write(out, reply.today)),
    doc: |generator| wire::entity::<ClientDoc>("client", generator),
};

fn client_of(reply: &Reply) -> &Client {
    let Shown::Client(client) = &reply.shown else {
        unreachable!("a client command shows a client")
    };
    client
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Filter {
    /// Only clients whose name, number, e-mail or phone contains this.
    search: Text<200>,
}

async fn all(question: Question<Filter>) -> Result<Rows<Client>, Refusal> {
    let filter = ClientFilter { own: question.own, search: question.filter.search.0.clone() };
    let listed =
        question.app.reader.clients(question.firm(), filter, question.page.clone()).await?;
    Ok(question.rows(listed))
}

impl Entity for Client {
    type Row = Self;
    const NAME: &'static str = "client";
    const READ: Action = Action::ReadClients;
    const NOT_FOUND: Message = Message::ClientNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<Firm>,
        by: &Ref<Self>,
    ) -> Result<Option<Self>, ReadError> {
        reader.client(firm, by).await
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn is_of(&self, user: Id<User>) -> bool {
        self.user == Some(user)
    }
}

impl Visible for Client {
    type Doc = ClientDoc;

    fn hide(&mut self) {
        self.profile.notes = None;
    }

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let (client, profile) = (self, &self.profile);
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
}

wire! {
    /// A customer of the firm.
    ClientDoc {
        _id: wire::Id,
        __v: wire::Number,
        clientNumber: String,
        clientType: wire::Name<ClientType>,
        fullName: String,
        name: String,
        firstName: Option<String>,
        lastName: Option<String>,
        companyName: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        nationalId: Option<String>,
        crNumber: Option<String>,
        city: Option<String>,
        address: Option<String>,
        notes: Option<String>,
        userId: Option<wire::Id>,
        status: String,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// A client inside another entity.
    ClientShortDoc {
        _id: wire::Id,
        clientNumber: String,
        fullName: String,
        name: String,
        firstName: Option<String>,
        lastName: Option<String>,
    }
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
