//! PostgreSQL: any number of processes, each with one writing connection a lane.
mod codec;
mod limits;
mod migrate;
mod session;
mod target;
mod write;
