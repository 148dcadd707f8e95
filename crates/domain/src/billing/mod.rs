//! Clients and what they pay.

pub mod client;
pub mod complete_payment;
pub mod record_payment;
