//! `/api/alerts`: what somebody should look at.

use domain::{
    Day, Id,
    actor::Action,
    alerts::acknowledge::AcknowledgeAlert,
    invariant::AccountKind,
    reply::{Reply, Shown},
    rows::{Alert, AlertKind, Firm},
};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use store::AlertFilter;

use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Choice, Toggle},
        json,
        read::{Question, Rows, Visible},
        route::{EmptyBody, Resource, command, list},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    let all = list("listAlerts", "Alerts, newest first", Action::HandleAlerts, all);
    let acknowledge = command("One has seen it; who was first stays", acknowledge, ACKNOWLEDGED);
    Resource::new("alerts", "What somebody should look at.")
        .get("/", all)
        .post("/{id}/acknowledge", acknowledge)
}

fn acknowledge(of: &Of, _: EmptyBody) -> Result<AcknowledgeAlert, Refusal> {
    Ok(AcknowledgeAlert { alert: of.row() })
}

const ACKNOWLEDGED: Telling = Telling {
    status: StatusCode::OK,
    message: Message::AlertAcknowledged,
    location: None,
    fields: tell,
    doc: |generator| wire::entity::<AlertDoc>("alert", generator),
};

pub(super) fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Alert(alert) = &reply.shown else {
        unreachable!("a command about an alert shows it")
    };
    o.entity("alert", |out| alert.write(out, reply.today));
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Filter {
    #[serde(rename = "type")]
    kind: Choice<AlertKind>,
    /// `true`: only those that nobody has acknowledged.
    open: Toggle,
}

async fn all(question: Question<Filter>) -> Result<Rows<Alert>, Refusal> {
    let Filter { kind, open } = &question.filter;
    let filter = AlertFilter { kind: kind.0, open_only: open.0 == Some(true) };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.alerts(firm, filter, question.page.clone()).await?))
}

impl Visible for Alert {
    type Doc = AlertDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        let acknowledged = self.acknowledged;
        json::object(out, |o| {
            o.id("_id", self.id);
            o.integer("__v", self.version);
            o.text("type", self.kind.name());
            o.id("about", Id::<Firm>::new(self.about));
            o.integer("seq", self.seq);
            let found = self.found.as_ref();
            o.text_or_null("accountKind", found.map(|found| found.kind.name()));
            o.text_or_null("rule", found.map(|found| found.rule.as_str()));
            o.text_or_null("finding", found.map(|found| found.text.as_str()));
            let released = self.released.as_ref();
            o.id_or_null("releasedBy", released.map(|release| release.by));
            o.time_or_null("releasedAt", released.map(|release| release.at));
            o.text_or_null("releaseReason", released.map(|release| release.reason.as_str()));
            o.flag("acknowledged", acknowledged.is_some());
            o.id_or_null("acknowledgedBy", acknowledged.map(|(user, _)| user));
            o.time_or_null("acknowledgedAt", acknowledged.map(|(_, at)| at));
            o.id("createdBy", self.created_by);
            o.time("createdAt", self.created_at);
            o.time("updatedAt", self.updated_at);
        });
    }
}

wire! {
    /// What somebody should look at.
    AlertDoc {
        _id: wire::Id,
        __v: wire::Number,
        r#type: wire::Name<AlertKind>,
        /// The retainer or payment that it is about; of a `possible_duplicate`, whatever was made twice;
        /// where a check has found something, the account.
        about: wire::Id,
        /// The place in the firm's journal of the command that caused it.
        seq: wire::Number,
        /// What it is about, where a check has found something; null otherwise, as is all of this.
        accountKind: Option<wire::Name<AccountKind>>,
        /// The rule that is broken.
        rule: Option<String>,
        /// The smallest counterexample.
        finding: Option<String>,
        /// Who took the account back into use, when, and why.
        releasedBy: Option<wire::Id>,
        releasedAt: Option<wire::Time>,
        releaseReason: Option<String>,
        acknowledged: bool,
        acknowledgedBy: Option<wire::Id>,
        acknowledgedAt: Option<wire::Time>,
        /// Who sent that command.
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}
