//! `/api/jobs`: work that somebody wants done. Everybody may look; who posted a job manages it.

use domain::{
    Currency, Day, Decimal, Id, MARKET, Ref,
    actor::Action,
    id::User,
    market::{JobDetails, delete_job::DeleteJob, post_job::PostJob, update_job::UpdateJob},
    reply::{Reply, Shown},
    rows::{Firm, Job, JobStatus},
};
use hyper::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{JobFilter, ReadError, Reader};

use super::deleted;
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Amount, Choice, Choices, Notes, Text, Version, When},
        json,
        read::{Entity, One, Question, Rows, Visible},
        route::{EmptyBody, Needs, Resource, command, list, read},
        wire::{self, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    let mine = list("listMyJobs", "One's own jobs, newest first", Action::PostJobs, mine);
    let update = command("Change one's own job, take it back or end it", update, UPDATED);
    let deleted = deleted::telling(Message::JobDeleted);
    let delete = command("Delete one's own job that nobody does", delete, deleted);
    Resource::new("jobs", "Work that somebody wants done, for everybody to see.")
        .post("/", command("Post a job", post, POSTED))
        .get("/", list("listJobs", "Jobs, newest first", Needs::Nothing, all))
        .get("/my-jobs", mine)
        .get("/{id}", read("getJob", "One job", Needs::Nothing, job))
        .on(&[Method::PUT, Method::PATCH], "/{id}", update)
        .on(&[Method::DELETE], "/{id}", delete)
        .of_firm(MARKET)
}

/// Declares a body that has what a job says, and turns it into [`JobDetails`].
macro_rules! body_with_details {
    ($(#[$attribute:meta])* $body:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $(#[$attribute])*
        struct $body {
            $($(#[$field_attribute])* $field: $type,)*
            title: Text,
            description: Notes,
            category: Text,
            location: Text,
            budget: Option<BudgetBody>,
            /// Another name of `budget.min`.
            budget_min: Amount,
            /// Another name of `budget.max`.
            budget_max: Amount,
            deadline: When,
        }

        impl $body {
            fn details(self) -> Result<JobDetails, Refusal> {
                let BudgetBody { min, max } = self.budget.unwrap_or_default();
                Ok(JobDetails {
                    budget_min: either(("budget.min", min), ("budgetMin", self.budget_min))?,
                    budget_max: either(("budget.max", max), ("budgetMax", self.budget_max))?,
                    title: self.title.0,
                    description: self.description.0,
                    category: self.category.0,
                    location: self.location.0,
                    deadline: self.deadline.0,
                })
            }
        }
    };
}

body_with_details! {
    #[schemars(
        extend("required" = ["title"]),
        example = json!({
            "title": "Review of a lease",
            "budget": {"min": "500", "max": "1500"},
            "deadline": "2026-12-31",
        })
    )]
    PostBody {
        /// Of the budget and of every proposal.
        currency: Choice<Currency>,
    }
}
body_with_details! {
    /// Only the fields that are named change; title and budget are fixed once a proposal was accepted.
    #[schemars(example = json!({"status": "completed", "__v": 1}))]
    UpdateBody {
        #[serde(rename = "__v")]
        version: Version,
        /// `cancelled` takes it back; `completed` ends one that is being done.
        status: Choice<JobStatus>,
    }
}

/// What a job may cost.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct BudgetBody {
    min: Amount,
    max: Amount,
}

/// An amount that has two names; said twice, both must say the same.
fn either(
    (field, amount): (&str, Amount),
    (other_field, other): (&str, Amount),
) -> Result<Option<Decimal>, Refusal> {
    match (amount.optional(field)?, other.optional(other_field)?) {
        (Some(amount), Some(other)) if amount != other => {
            Err(Refusal::field(Message::InvalidField, other_field, Message::InvalidField))
        }
        (amount, other) => Ok(amount.or(other)),
    }
}

fn post(_: &Of, body: PostBody) -> Result<PostJob, Refusal> {
    Ok(PostJob { currency: body.currency.0, details: body.details()? })
}

fn update(of: &Of, body: UpdateBody) -> Result<UpdateJob, Refusal> {
    let (version, status) = (of.version(&body.version)?, body.status.0);
    Ok(UpdateJob { job: of.row(), version, status, details: body.details()? })
}

fn delete(of: &Of, _: EmptyBody) -> Result<DeleteJob, Refusal> {
    Ok(DeleteJob { job: of.row() })
}

const POSTED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::JobPosted,
    location: Some("/api/jobs/"),
    fields: tell,
    doc: |generator| wire::entity::<JobDoc>("job", generator),
};
const UPDATED: Telling =
    Telling { status: StatusCode::OK, message: Message::JobUpdated, location: None, ..POSTED };

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Job(job) = &reply.shown else { unreachable!("a job command shows a job") };
    o.entity("job", |out| write(out, job));
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Filter {
    status: Choices<JobStatus>,
    category: Text,
    /// Only those whose title, description or location contains this.
    search: Text<200>,
}

async fn all(question: Question<Filter>) -> Result<Rows<Job>, Refusal> {
    part(&question, None).await
}

async fn mine(question: Question<Filter>) -> Result<Rows<Job>, Refusal> {
    part(&question, Some(question.caller.actor.user)).await
}

async fn part(question: &Question<Filter>, owner: Option<Id<User>>) -> Result<Rows<Job>, Refusal> {
    let Filter { status, category, search } = &question.filter;
    let filter = JobFilter {
        statuses: status.0.clone(),
        category: category.0.clone(),
        search: search.0.clone(),
        owner,
    };
    Ok(question.rows(question.reader.jobs(filter, question.page.clone()).await?))
}

async fn job(question: Question) -> Result<One<Job>, Refusal> {
    Ok(One { row: question.row().await?, today: question.today })
}

impl Entity for Job {
    type Row = Self;
    const NAME: &'static str = "job";
    const READ: Action = Action::PostJobs;
    const NOT_FOUND: Message = Message::JobNotFound;

    async fn find(reader: &Reader, _: Id<Firm>, by: &Ref<Self>) -> Result<Option<Self>, ReadError> {
        reader.job(by).await
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn is_of(&self, _: Id<User>) -> bool {
        true
    }
}

impl Visible for Job {
    type Doc = JobDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, self);
    }
}

wire! {
    /// Work that somebody wants done.
    JobDoc {
        _id: wire::Id,
        __v: wire::Number,
        title: String,
        description: Option<String>,
        category: Option<String>,
        location: Option<String>,
        /// Of the budget and of every proposal.
        currency: wire::CurrencyCode,
        budget: BudgetDoc,
        deadline: Option<wire::Day>,
        status: wire::Name<JobStatus>,
        /// Who posted it.
        userId: wire::Id,
        /// Proposals that are pending or accepted.
        proposalsCount: wire::Number,
        acceptedProposal: Option<wire::Id>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }

    /// What a job may cost.
    BudgetDoc {
        min: Option<wire::Money>,
        max: Option<wire::Money>,
    }

    /// A job inside another entity.
    JobShortDoc {
        _id: wire::Id,
        title: String,
        status: wire::Name<JobStatus>,
        /// Who posted it.
        userId: wire::Id,
    }
}

pub(super) fn write(out: &mut Vec<u8>, job: &Job) {
    json::object(out, |o| {
        o.id("_id", job.id);
        o.integer("__v", job.version);
        o.text("title", &job.title);
        o.text_or_null("description", job.description.as_deref());
        o.text_or_null("category", job.category.as_deref());
        o.text_or_null("location", job.location.as_deref());
        o.text("currency", job.currency.code());
        o.with("budget", |out| {
            json::object(out, |o| {
                o.money_or_null("min", job.budget_min);
                o.money_or_null("max", job.budget_max);
            });
        });
        o.day_or_null("deadline", job.deadline);
        o.text("status", job.status.name());
        o.id("userId", job.owner);
        o.integer("proposalsCount", job.proposals);
        o.id_or_null("acceptedProposal", job.accepted);
        o.id("createdBy", job.created_by);
        o.time("createdAt", job.created_at);
        o.time("updatedAt", job.updated_at);
    });
}

/// What stands for a job inside another entity.
pub(super) fn write_short(out: &mut Vec<u8>, job: &Job) {
    json::object(out, |o| {
        o.id("_id", job.id);
        o.text("title", &job.title);
        o.text("status", job.status.name());
        o.id("userId", job.owner);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn budget(json: &str) -> Result<[Option<String>; 2], &'static str> {
        let body: PostBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        let details = body.details().map_err(|refusal| refusal.code)?;
        Ok([details.budget_min, details.budget_max].map(|end| end.map(|end| end.to_string())))
    }

    #[test]
    fn a_budget_has_two_names() {
        let of = |min: &str, max: &str| {
            Ok([min, max].map(|end| Some(end.to_owned()).filter(|end| !end.is_empty())))
        };
        assert_eq!(budget(r#"{"budget":{"min":"5","max":9}}"#), of("5", "9"));
        assert_eq!(budget(r#"{"budgetMin":"5","budgetMax":""}"#), of("5", ""));
        assert_eq!(budget(r#"{"budget":{"min":5},"budgetMin":5,"budgetMax":7}"#), of("5", "7"));
        assert_eq!(budget(r#"{"budget":{"min":5},"budgetMin":6}"#), Err("invalid_field"));
        assert_eq!(budget(r#"{"budget":{"mid":5}}"#), Err("unknown_field"));
        for field in ["proposalsCount", "acceptedProposal", "status", "userId"] {
            assert_eq!(budget(&format!(r#"{{"{field}":"1"}}"#)), Err("unknown_field"), "{field}");
        }
    }
}
