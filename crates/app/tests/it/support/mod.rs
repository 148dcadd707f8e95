//! What the tests stand on: our server in this process or two processes of it, a client, a clock, a
//! failing store, and the frame in which a scenario is raced against ours and against the naive twin.

pub mod client;
pub mod clock;
pub mod contract;
pub mod database;
pub mod faulty;
pub mod firm;
pub mod log;
pub mod pair;
pub mod race;
pub mod receiver;
pub mod server;
pub mod sound;
pub mod target;
pub mod tokens;
