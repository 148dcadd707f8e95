//! Throw-away clusters, their faults and the proxy, tried on a real PostgreSQL.

mod binary;
mod cluster;
mod faults;
mod proxy;
mod standby;
mod watchdog;
