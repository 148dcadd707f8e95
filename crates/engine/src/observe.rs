//! What the engine tells about itself; metrics are made of it elsewhere.

use std::time::Duration;

use domain::{Batch, Id, invariant::Finding, rows::Firm};

use crate::StoreError;

/// The target of every span: of each command from submission to answer, and of each batch with its phases.
/// A command's span is linked to its batch's. They are of the lowest level, so that they cost nothing
/// unless somebody asks for this target.
pub const SPANS: &str = "amanah::spans";

/// Watches the engine. Called from the lanes, so it must be quick.
pub trait Observer: Send + Sync + 'static {
    /// A batch was committed (or found nothing to write).
    fn batch(&self, report: &BatchReport);
    /// What a batch has written, now that it is durable.
    fn committed(&self, batch: &Batch);
    /// A command was settled.
    fn command(&self, report: &CommandReport<'_>);
    /// A transaction came to nothing, or nobody knows what it came to. `firm` is that of its first
    /// command; what concerns one command alone has been tried alone.
    fn failed(&self, error: &StoreError, firm: Id<Firm>);
    /// A decision did not add up: a defect of ours. Nothing of it is stored.
    fn untrue(&self, finding: &Finding);
    /// A batch is tried again, after a conflict or to find a poisoned command.
    fn retry(&self);
}

/// How a batch went.
#[derive(Debug, Clone, Copy)]
pub struct BatchReport {
    /// Commands in it.
    pub count: usize,
    /// Commands still waiting when it was taken.
    pub queued: usize,
    /// Opening the transaction and reading rows.
    pub load: Duration,
    /// Deciding.
    pub decide: Duration,
    /// Writing and committing.
    pub commit: Duration,
}

/// How a command went.
#[derive(Debug, Clone, Copy)]
pub struct CommandReport<'a> {
    /// Its name.
    pub command: &'static str,
    /// `accepted`, a refusal's code, `replayed`, `key_reused`, `dry_run`, or a trouble's name.
    pub outcome: &'a str,
    /// From submission to answer.
    pub waited: Duration,
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn batch(&self, _: &BatchReport) {}
    fn committed(&self, _: &Batch) {}
    fn command(&self, _: &CommandReport<'_>) {}
    fn failed(&self, _: &StoreError, _: Id<Firm>) {}
    fn untrue(&self, _: &Finding) {}
    fn retry(&self) {}
}
