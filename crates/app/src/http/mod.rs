//! HTTP: requests become commands and questions, outcomes become JSON.
//!
//! **No handler sees a database connection or decides anything**: what changes goes through the engine,
//! what is shown comes from the read side.

mod answer;
mod api;
mod auth;
mod body;
mod error;
mod extract;
mod front;
mod json;
mod listen;
mod router;

pub use auth::{Auth, SECRET_BYTES_MIN, Secret, SecretTooShort};
pub(crate) use front::RequestIds;
pub use listen::{HttpLimits, serve};
