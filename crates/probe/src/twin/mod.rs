//! A server that keeps money, in two versions: the good twin, which is right, and the same with one known
//! bug in it. The good one shows that the judges raise no false alarm, the bad ones that they raise a true
//! one, and both what a run on this machine is able to see at all.
//!
//! It is as small as it can be and still have every bug that the prober looks for.

mod books;
mod decide;
mod flaw;
mod server;
mod store;

pub use flaw::Flaw;
pub use server::{Options, Twin};
pub use store::Keep;

/// The adapter that speaks to it.
pub const ADAPTER: &str = include_str!("../../adapters/twin.toml");
