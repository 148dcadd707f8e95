//! What the prober itself is held to.

mod adapters;
mod checkers;
mod delivery;
mod fabricated;
mod findings;
mod twins;
