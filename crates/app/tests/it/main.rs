//! The product from the outside: over real connections, on a real database.
//!
//! `races` holds one test per row of the list of races, named after it; each is run against ours and
//! against a deliberately naive twin. `http` is the contract, route by route. `process` runs the
//! program itself: crashes, drains, its command line.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what the twin was caught at is part of the evidence")]

mod http;
mod process;
mod races;
mod support;
mod twin;
