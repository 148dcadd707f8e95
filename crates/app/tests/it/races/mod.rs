//! One test per row of the list of races, named after its row.

mod books;
mod bulk;
mod clients;
mod hangups;
mod invoices;
mod keys;
mod market;
mod numbers;
mod payments;
mod poison;
mod processes;
mod refunds;
mod retainers;
mod series;
mod storm;
mod tenants;
mod versions;
