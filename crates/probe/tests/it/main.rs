//! What the prober itself is held to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was measured is part of the evidence")]
#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts in the smallest unit read best as 100_00"
)]

mod adapters;
mod checkers;
mod cli;
mod cycles;
mod delivery;
mod fabricated;
mod findings;
mod kept;
mod twins;
