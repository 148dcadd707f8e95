//! One test per row of the list of races, named after its row.

mod hangups;
mod keys;
mod numbers;
mod poison;
mod retainers;
mod tenants;
mod versions;
