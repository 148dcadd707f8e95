//! Alerts: raised by the commands that cause them, seen by people.

pub mod acknowledge;
pub mod expiry;
pub mod raise;
