//! People: who belongs to the firm, and who is to be forgotten by it.

pub mod erase_client;
pub mod member;
