//! What is in each set of rows that a decision may ask for.

use domain::{
    Loaded, Set,
    rows::{
        Alert, Case, CreditNote, Expense, Invoice, Payment, Proposal, Refund, Retainer, TimeEntry,
        Transaction, Webhook,
    },
};

use super::Shape;

/// Asks a database for the rows of a table.
pub(crate) trait Asks {
    /// What it says when it can't.
    type Error;

    /// The rows of one firm whose `column` is `of` and that `condition` lets through.
    fn rows<E: Shape>(
        &mut self,
        column: &'static str,
        of: &[u8; 12],
        condition: &'static str,
        loaded: fn(E) -> Loaded,
    ) -> Result<(), Self::Error>;
}

/// Asks for every row of a set, table by table.
pub(crate) fn ask<A: Asks>(set: &Set, asks: &mut A) -> Result<(), A::Error> {
    match set {
        Set::HeldBy(client) => {
            let (by, of) = ("client_id", client.bytes());
            asks.rows::<Case>(by, of, "status <> 'closed' and deleted = 0", Loaded::Case)?;
            asks.rows::<Retainer>(by, of, "balance > 0", Loaded::Retainer)?;
            asks.rows::<Invoice>(by, of, "due > 0 and deleted = 0", Loaded::Invoice)?;
            let may_arrive = "(unapplied > 0 or stage in ('pending', 'failed')) and deleted = 0";
            asks.rows::<Payment>(by, of, may_arrive, Loaded::Payment)
        }
        Set::About(client) => {
            let (by, of, all) = ("client_id", client.bytes(), "1 = 1");
            asks.rows::<Case>(by, of, all, Loaded::Case)?;
            asks.rows::<Retainer>(by, of, all, Loaded::Retainer)?;
            asks.rows::<Invoice>(by, of, all, Loaded::Invoice)?;
            asks.rows::<Payment>(by, of, all, Loaded::Payment)?;
            asks.rows::<Refund>(by, of, all, Loaded::Refund)?;
            asks.rows::<CreditNote>(by, of, all, Loaded::CreditNote)?;
            asks.rows::<Transaction>(by, of, all, Loaded::Transaction)?;
            asks.rows::<TimeEntry>(by, of, all, Loaded::TimeEntry)?;
            asks.rows::<Expense>(by, of, all, Loaded::Expense)
        }
        Set::RetainersOf(client) => {
            asks.rows::<Retainer>("client_id", client.bytes(), "refunded = 0", Loaded::Retainer)
        }
        Set::ProposalsOf(job) => {
            let is_live = "status in ('pending', 'accepted')";
            asks.rows::<Proposal>("job_id", job.bytes(), is_live, Loaded::Proposal)
        }
        Set::TimerOf(user) => {
            let runs = "started_at is not null and deleted = 0";
            asks.rows::<TimeEntry>("created_by", user.bytes(), runs, Loaded::TimeEntry)
        }
        Set::OpenAlerts(about) => {
            asks.rows::<Alert>("about", about, "acknowledged_at is null", Loaded::Alert)
        }
        Set::FoundAbout(about) => {
            asks.rows::<Alert>("about", about, "found_kind is not null", Loaded::Alert)
        }
        Set::WebhooksOf(firm) => {
            asks.rows::<Webhook>("firm_id", firm.bytes(), "deleted = 0", Loaded::Webhook)
        }
    }
}
