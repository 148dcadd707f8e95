//! The business, and nothing else: what may happen to a law firm's money, and what must always hold.
//!
//! A decision takes the rows it needs and gives back a reply and the changes that make it true, or
//! a closed refusal. **This crate knows no clock, no randomness, no I/O, no async and no float**;
//! its manifest and the lints below prove it. Source of every rule: the domain specification.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "a test may overflow and index: a panic there is a failed test"
    )
)]

pub mod actor;
pub mod alerts;
pub mod audit;
pub mod billing;
pub mod book;
pub mod books;
pub mod change;
pub mod command;
pub mod decision;
mod entity;
pub mod id;
pub mod integrity;
pub mod invariant;
pub mod invoicing;
pub mod lately;
pub mod ledger;
pub mod market;
pub mod matters;
pub mod money;
mod named;
pub mod number;
pub mod people;
#[cfg(test)]
mod practice;
pub mod rejection;
pub mod reply;
pub mod rows;
pub mod table;
pub mod text;
pub mod time;
pub mod trust;
pub mod webhooks;
pub mod work;

pub use actor::{Action, Actor, Role};
pub use book::Book;
pub use change::{Batch, Change, Key, Loaded, Set};
pub use command::{Command, decide};
pub use decision::{Asked, Decision, Stop};
pub use entity::Entity;
pub use id::{Id, IdRun, Ref};
pub use money::{Currency, Decimal, Money, Rate};
pub use named::Named;
pub use rejection::Rejection;
pub use reply::Reply;
pub use time::{Day, Moment, Timestamp};

/// The one firm that jobs and proposals belong to: the market, which all firms share. Like any firm it
/// has one order of things, one journal and one audit log.
pub const MARKET: Id<rows::Firm> = Id::new([0; 12]);

/// A hash map with a fast hasher whose keys are ids that we made ourselves.
pub type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;
