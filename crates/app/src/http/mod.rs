//! HTTP: requests become commands and questions, outcomes become JSON.
//!
//! **No handler sees a database connection or decides anything**: what changes goes through the engine,
//! what is shown comes from the read side.

mod answer;
mod api;
mod auth;
mod body;
mod dialect;
mod docs;
mod document;
mod error;
mod extract;
mod field;
mod front;
pub(crate) mod json;
mod keys;
mod listen;
mod proxies;
mod rates;
mod read;
mod route;
mod router;
mod sent;
mod wire;

pub(crate) use api::events::Streams;
pub use auth::Auth;
pub use document::{openapi, openapi_text};
pub(crate) use front::RequestIds;
pub use keys::{Keys, PublicKey, PublicKeyError, SECRET_BYTES_MIN, Secret, SecretTooShort};
pub use listen::{HttpLimits, serve};
pub use proxies::Proxies;
pub use rates::Rate;
pub(crate) use rates::Rates;
