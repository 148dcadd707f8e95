//! `/api/proposals`: lawyers' offers to do a job, of which its owner accepts one.

use domain::{
    Day, Id, MARKET, Ref,
    actor::Action,
    id::User,
    market::{
        accept_proposal::AcceptProposal, propose::Propose, reject_proposal::RejectProposal,
        withdraw_proposal::WithdrawProposal,
    },
    reply::{Reply, Shown},
    rows::{Firm, Job, Proposal, ProposalStatus},
};
use hyper::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{ProposalFilter, ProposalView, ReadError, Reader};

use super::jobs::{self, JobDoc, JobShortDoc};
use crate::{
    http::{
        answer::Telling,
        error::Refusal,
        extract::Of,
        field::{Amount, Notes, Reference, Text},
        json,
        read::{Entity, One, Question, Rows, Visible},
        route::{EmptyBody, Resource, command, list, read},
        wire::{self, ObjectDoc, wire},
    },
    messages::Message,
};

pub(in crate::http) fn routes() -> Resource {
    const PATCH: &[Method] = &[Method::PATCH];
    let of_job = "Proposals on a job: all to its owner, to others their own";
    let accept = command("Choose who does one's own job", accept, ACCEPTED);
    let reject = command("Turn an offer for one's own job down", reject, REJECTED);
    let mine = list("listMyProposals", "One's own, newest first", Action::Propose, mine);
    Resource::new("proposals", "Lawyers' offers to do a job.")
        .post("/", command("Offer to do a job", propose, PROPOSED))
        .get("/my-proposals", mine)
        .get("/job/{job}", list("listJobProposals", of_job, Action::PostJobs, of_one_job))
        .get("/{id}", read("getProposal", "An offer made or got", Action::PostJobs, proposal))
        .on(PATCH, "/accept/{id}", accept)
        .on(PATCH, "/reject/{id}", reject)
        .on(PATCH, "/withdraw/{id}", command("Take one's own offer back", withdraw, WITHDRAWN))
        .of_firm(MARKET)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["jobId", "proposedAmount"]),
    example = json!({
        "jobId": "64f1a2b3c4d5e6f708192a3b",
        "proposedAmount": "900",
        "coverLetter": "Ten years of leases",
        "deliveryTime": "2 weeks",
    })
)]
struct ProposeBody {
    job_id: Reference,
    /// In the job's currency.
    proposed_amount: Amount,
    cover_letter: Notes,
    delivery_time: Text,
}

fn propose(_: &Of, body: ProposeBody) -> Result<Propose, Refusal> {
    let missing = || Refusal::field(Message::InvalidField, "jobId", Message::FieldRequired);
    Ok(Propose {
        job: body.job_id.reference().ok_or_else(missing)?,
        amount: body.proposed_amount.required("proposedAmount")?,
        letter: body.cover_letter.0,
        delivery_time: body.delivery_time.0,
    })
}

fn accept(of: &Of, _: EmptyBody) -> Result<AcceptProposal, Refusal> {
    Ok(AcceptProposal { proposal: of.row() })
}

fn reject(of: &Of, _: EmptyBody) -> Result<RejectProposal, Refusal> {
    Ok(RejectProposal { proposal: of.row() })
}

fn withdraw(of: &Of, _: EmptyBody) -> Result<WithdrawProposal, Refusal> {
    Ok(WithdrawProposal { proposal: of.row() })
}

/// A proposal, and its job after it.
const PROPOSED: Telling = Telling {
    status: StatusCode::CREATED,
    message: Message::ProposalCreated,
    location: Some("/api/proposals/"),
    fields: tell,
    doc: |generator| {
        let mut object = ObjectDoc::new(&[]);
        object.fields_of(wire::entity::<ProposalDoc>("proposal", generator));
        let after = "The job after it.";
        object.field("job", true, &[after], generator.subschema_for::<JobDoc>());
        object.finish()
    },
};
const ACCEPTED: Telling = said(Message::ProposalAccepted);
const REJECTED: Telling = said(Message::ProposalRejected);
const WITHDRAWN: Telling = said(Message::ProposalWithdrawn);

const fn said(message: Message) -> Telling {
    Telling { status: StatusCode::OK, message, location: None, ..PROPOSED }
}

fn tell(o: &mut json::Object<'_>, reply: &Reply) {
    let Shown::Proposal { proposal, job } = &reply.shown else {
        unreachable!("a proposal command shows a proposal")
    };
    o.entity("proposal", |out| write(out, proposal, job));
    o.with("job", |out| jobs::write(out, job));
}

async fn mine(question: Question) -> Result<Rows<ProposalView>, Refusal> {
    let lawyer = Some(question.caller.actor.user);
    part(&question, ProposalFilter { job: None, lawyer }).await
}

async fn of_one_job(question: Question) -> Result<Rows<ProposalView>, Refusal> {
    let job: Job = question.row().await?;
    let user = question.caller.actor.user;
    let lawyer = (job.owner != user).then_some(user);
    part(&question, ProposalFilter { job: Some(Ref::Id(job.id)), lawyer }).await
}

async fn part(question: &Question, filter: ProposalFilter) -> Result<Rows<ProposalView>, Refusal> {
    Ok(question.rows(question.reader.proposals(filter, question.page.clone()).await?))
}

async fn proposal(question: Question) -> Result<One<ProposalView>, Refusal> {
    let row: ProposalView = question.row().await?;
    if row.is_of(question.caller.actor.user) {
        Ok(One { row, today: question.today })
    } else {
        Err(Refusal::not_found(Message::ProposalNotFound))
    }
}

impl Entity for ProposalView {
    type Row = Proposal;
    const NAME: &'static str = "proposal";
    const READ: Action = Action::PostJobs;
    const NOT_FOUND: Message = Message::ProposalNotFound;

    async fn find(
        reader: &Reader,
        _: Id<Firm>,
        by: &Ref<Proposal>,
    ) -> Result<Option<Self>, ReadError> {
        reader.proposal(by).await
    }
    fn version(&self) -> i64 {
        self.proposal.version
    }
    /// Of who made it, and of who got it.
    fn is_of(&self, user: Id<User>) -> bool {
        self.proposal.created_by == user || self.job.owner == user
    }
}

impl Visible for ProposalView {
    type Doc = ProposalDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        write(out, &self.proposal, &self.job);
    }
}

wire! {
    /// A lawyer's offer to do a job.
    ProposalDoc {
        _id: wire::Id,
        __v: wire::Number,
        jobId: JobShortDoc,
        /// Who offers.
        lawyerId: wire::Id,
        proposedAmount: wire::Money,
        currency: wire::CurrencyCode,
        coverLetter: Option<String>,
        deliveryTime: Option<String>,
        status: wire::Name<ProposalStatus>,
        createdBy: wire::Id,
        createdAt: wire::Time,
        updatedAt: wire::Time,
    }
}

fn write(out: &mut Vec<u8>, proposal: &Proposal, job: &Job) {
    json::object(out, |o| {
        o.id("_id", proposal.id);
        o.integer("__v", proposal.version);
        o.with("jobId", |out| jobs::write_short(out, job));
        o.id("lawyerId", proposal.created_by);
        o.money("proposedAmount", proposal.amount);
        o.text("currency", proposal.amount.currency().code());
        o.text_or_null("coverLetter", proposal.letter.as_deref());
        o.text_or_null("deliveryTime", proposal.delivery_time.as_deref());
        o.text("status", proposal.status.name());
        o.id("createdBy", proposal.created_by);
        o.time("createdAt", proposal.created_at);
        o.time("updatedAt", proposal.updated_at);
    });
}
