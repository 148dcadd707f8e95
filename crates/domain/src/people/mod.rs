//! Who belongs to the firm.

pub mod member;
