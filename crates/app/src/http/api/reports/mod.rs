//! `/api/reports`: what an accountant, or an auditor of the trust account, asks of the whole firm.

mod ageing;
mod balance;
mod entries;
pub(super) mod trust;

use domain::actor::Action;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::http::{
    error::Refusal,
    field::When,
    read::Question,
    route::{Resource, list, read},
};

pub(in crate::http) fn routes() -> Resource {
    const SEE: Action = Action::Reconcile;
    let trial =
        read("getTrialBalance", "Every account of the ledger", SEE, balance::trial).may_lag();
    let three = "Trust bank, ledger and retainers, against each other";
    let ledger = list("getTrustLedger", "What clients have in trust", SEE, trust::ledger).may_lag();
    let entries = list("listEntries", "Every posting, newest first", SEE, entries::all).may_lag();
    let owed = "What clients owe, by how long it has been due";
    Resource::new("reports", "The whole firm at a glance, when a day ended.")
        .get("/trial-balance", trial)
        .get("/ledger", entries)
        .get("/trust-ledger", ledger)
        .get(
            "/reconciliation",
            read("getReconciliation", three, SEE, trust::reconciliation).may_lag(),
        )
        .get(
            "/receivables-ageing",
            read("getReceivablesAgeing", owed, SEE, ageing::receivables).may_lag(),
        )
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct OnDate {
    /// What stood when this day ended; today where nothing is said.
    date: When,
}

pub(super) async fn day(question: &Question<OnDate>) -> Result<domain::Day, Refusal> {
    let day = super::days::day(question, &question.filter.date).await?;
    Ok(day.unwrap_or(question.today))
}
