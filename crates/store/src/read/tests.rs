//! Every question is put to both databases, and has one answer.

mod agree;
mod audit;
mod books;
mod both;
mod invoices;
mod lists;
mod outbox;
mod payments;
mod people;
mod plans;
mod questions;
mod reports;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

/// Every query that any test has asked of SQLite, for those who look at how they are answered.
static ASKED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The same for PostgreSQL, with the types of its values.
static ASKED_OF_POSTGRES: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

pub(crate) fn asked(sql: &str) {
    ASKED.lock().unwrap().insert(sql.to_owned());
}

pub(crate) fn asked_of_postgres(sql: &str, types: impl Iterator<Item = String>) {
    ASKED_OF_POSTGRES.lock().unwrap().insert(sql.to_owned(), types.collect());
}
