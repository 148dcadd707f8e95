//! One file per resource: its routes, the bodies they take, the JSON they give and its description.

pub(super) mod alerts;
pub(super) mod audit;
pub(super) mod cases;
pub(super) mod clients;
pub(super) mod commands;
pub(super) mod credit_notes;
mod days;
mod deleted;
pub(super) mod events;
pub(super) mod expenses;
pub(super) mod health;
pub(super) mod integrity;
pub(super) mod invoices;
pub(super) mod jobs;
pub(super) mod me;
pub(super) mod members;
pub(super) mod outcomes;
pub(super) mod payments;
pub(super) mod proposals;
pub(super) mod refunds;
pub(super) mod reports;
pub(super) mod retainers;
mod short;
mod sums;
pub(super) mod time_entries;
pub(super) mod transactions;
pub(super) mod webhooks;
