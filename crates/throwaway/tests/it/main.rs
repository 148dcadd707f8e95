//! Throw-away clusters, their faults and the proxy, tried on a real PostgreSQL.

mod cluster;
mod faults;
mod standby;
