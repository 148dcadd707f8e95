//! One file per resource: its routes, the bodies they take, the JSON they give and its description.

pub(super) mod clients;
pub(super) mod commands;
pub(super) mod health;
pub(super) mod me;
pub(super) mod members;
pub(super) mod outcomes;
pub(super) mod payments;
pub(super) mod retainers;
