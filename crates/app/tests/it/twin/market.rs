//! The twin's marketplace: a counter and the accepted proposal stand in the job's document.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, patch, post},
};
use serde_json::{Value, json};

use super::{
    Shared,
    clients::assign,
    documents::{Doc, Kind, riyals},
    keys::{Done, no},
    reads,
    requests::{Ask, does, shows},
};

pub fn routes() -> Router<Arc<Shared>> {
    use Kind::{Job, Proposal};
    Router::new()
        .route("/api/jobs", post(does!(post_job)).get(shows!(reads::list, Job)))
        .route(
            "/api/jobs/{id}",
            get(shows!(reads::one, Job))
                .put(does!(edit_job))
                .patch(does!(edit_job))
                .delete(does!(remove_job)),
        )
        .route("/api/proposals", post(does!(propose)))
        .route("/api/proposals/job/{id}", get(shows!(of_job)))
        .route("/api/proposals/{id}", get(shows!(reads::one, Proposal)).put(does!(edit)))
        .route("/api/proposals/accept/{id}", patch(does!(accept)))
        .route("/api/proposals/reject/{id}", patch(does!(reject)))
        .route("/api/proposals/withdraw/{id}", patch(does!(withdraw)))
}

async fn post_job(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let fields = json!({"title": ask.text("title"), "description": ask.text("description"),
        "budget": ask.body["budget"], "status": "open", "proposalsCount": 0,
        "acceptedProposal": Value::Null});
    let doc = app.insert(Kind::Job, ask, fields).await;
    Ok(app.said(201, Kind::Job, &doc))
}

/// Takes the body as it comes, counters and all.
async fn edit_job(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.change(Kind::Job, &ask.id, |doc| {
        ask.precondition(doc)?;
        owned(doc, ask)?;
        let fixed = doc.status() != "open" && ask.body.get("budget").is_some();
        if fixed || !["open", "in-progress"].contains(&doc.status()) {
            return Err(no(400, "job_not_open"));
        }
        assign(doc, ask);
        Ok(())
    });
    Ok(app.said(200, Kind::Job, &doc.await?))
}

async fn remove_job(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let doc = app.find(Kind::Job, &ask.id).await?;
    owned(&doc, ask)?;
    if doc.has("acceptedProposal") {
        return Err(no(400, "job_has_accepted_proposal"));
    }
    app.pause().await;
    app.documents.with(|all| all.remove(Kind::Job, doc.id()));
    Ok(app.said(200, Kind::Job, &doc))
}

async fn propose(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("proposedAmount")?;
    let mut job = app.find(Kind::Job, ask.text("jobId")).await?;
    if job.text("createdBy") == ask.user {
        return Err(no(400, "own_job"));
    }
    if job.status() != "open" {
        return Err(no(400, "job_not_open"));
    }
    let is_theirs = |doc: &Doc| {
        doc.of("jobId") == job.id() && doc.text("createdBy") == ask.user && is_live(doc)
    };
    if !app.select(Kind::Proposal, is_theirs).await.is_empty() {
        return Err(no(400, "proposal_exists"));
    }
    let fields = json!({"jobId": {"_id": job.id()}, "proposedAmount": riyals(amount),
        "coverLetter": ask.text("coverLetter"), "status": "pending"});
    let doc = app.insert(Kind::Proposal, ask, fields).await;
    job.set("proposalsCount", job.number("proposalsCount") + 1);
    app.save(Kind::Job, job).await?;
    Ok(app.said(201, Kind::Proposal, &doc))
}

async fn edit(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let amount = ask.money("proposedAmount")?;
    let doc = app.change(Kind::Proposal, &ask.id, |doc| {
        owned(doc, ask)?;
        pending(doc)?;
        doc.set_money("proposedAmount", amount);
        Ok(())
    });
    Ok(app.said(200, Kind::Proposal, &doc.await?))
}

async fn accept(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let mut proposal = app.find(Kind::Proposal, &ask.id).await?;
    let mut job = app.find(Kind::Job, proposal.of("jobId")).await?;
    owned(&job, ask)?;
    if job.status() != "open" {
        return Err(no(400, "job_not_open"));
    }
    pending(&proposal)?;
    proposal.set("status", "accepted");
    let proposal = app.save(Kind::Proposal, proposal).await?;
    let is_other = |doc: &Doc| {
        doc.of("jobId") == job.id() && doc.id() != proposal.id() && doc.status() == "pending"
    };
    for mut other in app.select(Kind::Proposal, is_other).await {
        other.set("status", "rejected");
        app.save(Kind::Proposal, other).await?;
    }
    job.set("status", "in-progress");
    job.set("acceptedProposal", json!({"_id": proposal.id()}));
    job.set("proposalsCount", 1);
    app.save(Kind::Job, job).await?;
    Ok(app.said(200, Kind::Proposal, &proposal))
}

async fn reject(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let proposal = app.find(Kind::Proposal, &ask.id).await?;
    let job = app.find(Kind::Job, proposal.of("jobId")).await?;
    owned(&job, ask)?;
    app.end(proposal, job, "rejected").await
}

async fn withdraw(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let proposal = app.find(Kind::Proposal, &ask.id).await?;
    owned(&proposal, ask)?;
    let job = app.find(Kind::Job, proposal.of("jobId")).await?;
    app.end(proposal, job, "withdrawn").await
}

async fn of_job(app: &Shared, ask: &Ask) -> Result<Done, Done> {
    let docs = app.select(Kind::Proposal, |doc| doc.of("jobId") == ask.id).await;
    Ok(reads::rows(&docs.into_iter().map(|doc| doc.0).collect::<Vec<_>>()))
}

impl Shared {
    /// A pending proposal becomes `to`, and the job counts one less.
    async fn end(&self, mut proposal: Doc, mut job: Doc, to: &str) -> Result<Done, Done> {
        pending(&proposal)?;
        proposal.set("status", to);
        let proposal = self.save(Kind::Proposal, proposal).await?;
        job.set("proposalsCount", job.number("proposalsCount") - 1);
        self.save(Kind::Job, job).await?;
        Ok(self.said(200, Kind::Proposal, &proposal))
    }
}

fn is_live(doc: &Doc) -> bool {
    ["pending", "accepted"].contains(&doc.status())
}

fn pending(doc: &Doc) -> Result<(), Done> {
    if doc.status() == "pending" { Ok(()) } else { Err(no(400, "proposal_not_pending")) }
}

fn owned(doc: &Doc, ask: &Ask) -> Result<(), Done> {
    if doc.text("createdBy") == ask.user { Ok(()) } else { Err(no(403, "forbidden")) }
}
