//! The race prober: fires the requests that make servers lose money at the same moment, and judges what
//! became of the money.
//!
//! It is a black box: it knows a server by its adapter (a TOML file), speaks HTTP, and judges the history
//! that it saw as a client. **It shares no code with any server it is pointed at.**

#![expect(
    clippy::inconsistent_digit_grouping,
    reason = "amounts in the smallest unit read best as 100_00"
)]

pub mod adapter;
pub mod attack;
pub mod check;
pub mod cli;
pub mod control;
pub mod history;
mod host;
pub mod judge;
pub mod load;
pub mod naive;
pub mod proxy;
pub mod report;
pub mod round;
pub mod scenario;
pub mod selftest;
pub mod shrink;
pub mod tally;
pub mod twin;
pub mod wire;
