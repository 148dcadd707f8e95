//! How webhooks and deliveries are told. A secret is shown by the command that makes it and nowhere
//! else.

use domain::{
    Day,
    reply::{Reply, Shown},
    rows::{AlertKind, Delivery, DeliveryStage, Webhook},
};
use hyper::StatusCode;

use crate::{
    http::{
        answer::Telling,
        json,
        read::Visible,
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(super) const CREATED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::WebhookCreated,
    location: Some("/api/webhooks/"),
    fields: |o, reply| {
        tell(o, reply);
        o.text("secret", &webhook(reply).secret);
    },
    doc: |generator| {
        let mut object = ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<WebhookDoc>("webhook", generator));
        let once = "What deliveries are signed with: `whsec_` and base64. It is not shown again.";
        object.field("secret", true, &[once], generator.subschema_for::<String>());
        object.finish()
    },
};
pub(super) const ROTATED: Telling =
    Telling { status: StatusCode::OK, message: Message::WebhookRotated, location: None, ..CREATED };
pub(super) const UPDATED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::WebhookUpdated,
    location: None,
    fields: tell,
    doc: |generator| wire::entity::<WebhookDoc>("webhook", generator),
};
pub(super) const TESTED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::WebhookTested,
    location: None,
    fields: |o, reply| {
        let Shown::Delivery(delivery) = &reply.shown else {
            unreachable!("a command about a delivery shows it")
        };
        o.entity("delivery", |out| delivery.write(out, reply.today));
    },
    doc: |generator| wire::entity::<DeliveryDoc>("delivery", generator),
};
pub(super) const RESENT: Telling = Telling { message: Message::DeliveryResent, ..TESTED };

fn webhook(reply: &Reply) -> &Webhook {
    let Shown::Webhook(webhook) = &reply.shown else {
        unreachable!("a command about a webhook shows it")
    };
    webhook
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    o.entity("webhook", |out| webhook(reply).write(out, reply.today));
}

impl Visible for Webhook {
    type Doc = WebhookDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| {
            o.id("_id", self.id);
            o.integer("__v", self.version);
            o.text("url", &self.url);
            o.with("types", |out| {
                json::array(out, &self.kinds, |out, kind| json::text(out, kind.name()));
            });
            o.flag("active", self.active);
            o.time_or_null("previousSecretUntil", self.previous.as_ref().map(|(_, until)| *until));
            o.id("createdBy", self.created_by);
            o.time("createdAt", self.created_at);
            o.time("updatedAt", self.updated_at);
        });
    }
}

impl Visible for Delivery {
    type Doc = DeliveryDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| {
            o.id("_id", self.id);
            o.integer("__v", self.version);
            o.id("webhookId", self.webhook);
            o.id_or_null("alertId", self.alert);
            o.integer("seq", self.seq);
            o.text("stage", self.stage.name());
            o.integer("attempts", self.attempts);
            let waits = self.stage == DeliveryStage::Pending;
            o.time_or_null("nextAttemptAt", waits.then_some(self.next_at));
            match self.status {
                Some(status) => o.integer("lastStatus", status),
                None => o.null("lastStatus"),
            }
            o.text_or_null("lastError", self.error.as_deref());
            o.id("createdBy", self.created_by);
            o.time("createdAt", self.created_at);
            o.time("updatedAt", self.updated_at);
        });
    }
}

wire! {
    /// Somewhere that hears of alerts.
    WebhookDoc {
        _id: wire::Id,
        __v: wire::Number,
        url: String,
        /// What it hears of; all alerts if it is empty.
        types: Vec<wire::Name<AlertKind>>,
        /// Whether anything new is sent there.
        active: bool,
        /// Until when deliveries are signed with the secret before, too.
        previousSecretUntil: Option<wire::Time>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// One alert on its way to one webhook.
    DeliveryDoc {
        /// The `webhook-id` of every attempt.
        _id: wire::Id,
        __v: wire::Number,
        webhookId: wire::Id,
        /// Null for a test.
        alertId: Option<wire::Id>,
        /// The place in the firm's journal of the command that caused it.
        seq: wire::Number,
        stage: wire::Name<DeliveryStage>,
        /// Attempts begun.
        attempts: wire::Number,
        /// Null where there will be none.
        nextAttemptAt: Option<wire::Time>,
        /// What the receiver answered last.
        lastStatus: Option<wire::Number>,
        /// What stood in the way last.
        lastError: Option<String>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}
