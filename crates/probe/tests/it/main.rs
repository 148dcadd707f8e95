//! What the prober itself is held to.

#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts in the smallest unit read best as 100_00"
)]

mod adapters;
mod checkers;
mod delivery;
mod fabricated;
mod findings;
mod twins;
