//! The race prober: fires the requests that make servers lose money at the same moment, and judges what
//! became of the money.
//!
//! It is a black box: it knows a server by its adapter (a TOML file), speaks HTTP, and judges the history
//! that it saw as a client. **It shares no code with any server it is pointed at.**

pub mod adapter;
pub mod check;
pub mod history;
pub mod judge;
pub mod wire;
