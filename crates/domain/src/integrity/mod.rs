//! Accounts that a check has found not to be what was stored: parked by the product, so that nothing is
//! built on them, and released by an owner.

pub mod park;
pub mod release;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    change::Set,
    decision::{Decision, Stop},
    rows::Alert,
};

/// Most rows that a firm has parked at a time: they stand in its head, which every batch writes.
pub const PARKED_COUNT_MAX: usize = 64;

/// What checks have found about a row.
fn found_about(d: &Decision<'_>, id: [u8; 12]) -> Result<Vec<Arc<Alert>>, Stop> {
    let mut alerts = d.all::<Alert>(Set::FoundAbout(id))?;
    alerts.retain(|alert| alert.about == id && alert.found.is_some());
    Ok(alerts)
}
