//! Amanah: the financial core of a law practice that can't lose a payment.
//!
//! This crate is everything around the engine: HTTP, the command line, metrics, logs. It turns requests
//! into commands and outcomes into answers. **It decides nothing about money.**

mod address;
mod app;
pub mod audit;
pub mod bench;
pub mod chaos;
pub mod cli;
pub mod http;
pub mod integrity;
mod jobs;
pub mod messages;
pub mod metrics;
#[cfg(feature = "otel")]
mod otel;
mod post;
mod reports;
mod signature;
pub mod telemetry;
pub mod verify;

pub use address::Addresses;
pub use app::{App, Settings, StartError};
