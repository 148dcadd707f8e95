//! `/api/webhooks` and `/api/deliveries`: where alerts are sent to, and what is on its way there.

mod show;

use domain::{
    Id, Ref,
    actor::Action,
    id::User,
    rows::{AlertKind, Delivery, DeliveryStage, Webhook},
    webhooks::{
        create::CreateWebhook, delete::DeleteWebhook, resend::ResendDelivery,
        rotate::RotateWebhook, test::TestWebhook, update::UpdateWebhook,
    },
};
use hyper::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{DeliveryFilter, ReadError, Reader};

use super::deleted;
use crate::{
    http::{
        error::Refusal,
        extract::Of,
        field::{Choice, Flag, List, Reference, Text, Version},
        read::{Entity, NoFilter, Question, Rows},
        route::{EmptyBody, Resource, command, list, one},
    },
    messages::Message,
    signature,
};

pub(in crate::http) fn routes() -> Resource {
    let all = list("listWebhooks", "Where alerts are sent to", Action::ManageWebhooks, all);
    let rotate = command("A new secret; the old one signs for a day more", rotate, show::ROTATED);
    Resource::new("webhooks", "Where alerts are sent to.")
        .post(
            "/",
            command("Send alerts somewhere; its secret is shown once", create, show::CREATED),
        )
        .get("/", all)
        .get("/{id}", one::<Webhook>("getWebhook", "One webhook"))
        .on(
            &[Method::PUT, Method::PATCH],
            "/{id}",
            command("Change a webhook, or switch it off", update, show::UPDATED),
        )
        .on(
            &[Method::DELETE],
            "/{id}",
            command(
                "Send nothing there any more",
                delete,
                deleted::telling(Message::WebhookDeleted),
            ),
        )
        .post("/{id}/rotate", rotate)
        .post("/{id}/test", command("Send a test", test, show::TESTED))
}

pub(in crate::http) fn deliveries() -> Resource {
    let all = list("listDeliveries", "Deliveries, newest first", Action::ManageWebhooks, sent);
    Resource::new("deliveries", "What is on its way to webhooks, arrived there, or was given up.")
        .get("/", all)
        .post("/{id}/resend", command("Send a delivery again", resend, show::RESENT))
}

/// Longest address.
const URL_CHARS_MAX: usize = 2_000;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["url"]),
    example = json!({"url": "https://example.com/amanah", "types": ["low_balance"]})
)]
struct CreateBody {
    url: Text<URL_CHARS_MAX>,
    /// What it hears of; all alerts if nothing is named.
    types: List<Choice<AlertKind>>,
}

fn create(_: &Of, body: CreateBody) -> Result<CreateWebhook, Refusal> {
    let missing = || Refusal::field(Message::InvalidField, "url", Message::FieldRequired);
    let url = body.url.0.ok_or_else(missing)?;
    Ok(CreateWebhook { url, kinds: kinds(body.types), secret: secret()? })
}

fn kinds(List(list): List<Choice<AlertKind>>) -> Vec<AlertKind> {
    list.into_iter().filter_map(|Choice(kind)| kind).collect()
}

fn secret() -> Result<String, Refusal> {
    let no_randomness = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, Message::Defect);
    signature::new_secret().map_err(no_randomness)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({"active": false}))]
struct UpdateBody {
    #[serde(rename = "__v")]
    version: Version,
    url: Text<URL_CHARS_MAX>,
    /// What it hears of; `[]`: all alerts.
    types: Option<List<Choice<AlertKind>>>,
    active: Flag,
}

fn update(of: &Of, body: UpdateBody) -> Result<UpdateWebhook, Refusal> {
    let UpdateBody { version, url, types, active } = body;
    let version = of.version(&version)?;
    let kinds = types.map(kinds);
    Ok(UpdateWebhook { webhook: of.row(), version, url: url.0, kinds, active: active.0 })
}

fn delete(of: &Of, _: EmptyBody) -> Result<DeleteWebhook, Refusal> {
    Ok(DeleteWebhook { webhook: of.row() })
}

fn rotate(of: &Of, _: EmptyBody) -> Result<RotateWebhook, Refusal> {
    Ok(RotateWebhook { webhook: of.row(), secret: secret()? })
}

fn test(of: &Of, _: EmptyBody) -> Result<TestWebhook, Refusal> {
    Ok(TestWebhook { webhook: of.row() })
}

fn resend(of: &Of, _: EmptyBody) -> Result<ResendDelivery, Refusal> {
    Ok(ResendDelivery { delivery: of.row() })
}

async fn all(question: Question<NoFilter>) -> Result<Rows<Webhook>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.webhooks(firm, question.page.clone()).await?))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    stage: Choice<DeliveryStage>,
    webhook_id: Reference,
}

async fn sent(question: Question<Filter>) -> Result<Rows<Delivery>, Refusal> {
    let webhook = match question.filter.webhook_id.reference() {
        Some(Ref::Id(id)) => Some(id),
        // Webhooks have no numbers: what is no id names none.
        Some(Ref::Number(_)) => Some(Id::new([0; 12])),
        None => None,
    };
    let filter = DeliveryFilter { stage: question.filter.stage.0, webhook };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.deliveries(firm, filter, question.page.clone()).await?))
}

impl Entity for Webhook {
    type Row = Self;
    const NAME: &'static str = "webhook";
    const READ: Action = Action::ManageWebhooks;
    const NOT_FOUND: Message = Message::WebhookNotFound;

    async fn find(
        reader: &Reader,
        firm: Id<domain::rows::Firm>,
        by: &Ref<Self>,
    ) -> Result<Option<Self>, ReadError> {
        reader.webhook(firm, by).await
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn is_of(&self, _: Id<User>) -> bool {
        false
    }
}
