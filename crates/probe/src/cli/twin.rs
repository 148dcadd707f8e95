//! `probe twin` and `probe naive`

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{CLEAN, say};
use crate::{
    naive::Naive,
    twin::{Flaw, Keep, Options, Twin},
};

/// Serve a twin until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct TwinArgs {
    /// Its bug; without, it is right.
    #[arg(long)]
    bug: Option<Flaw>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A folder for its books, which several processes may share; without, they are in memory.
    #[arg(long)]
    books: Option<PathBuf>,
    /// Between what a flawed step reads and what it writes.
    #[arg(long, default_value_t = 2)]
    window_ms: u64,
}

/// Serve the report's backend, with its ten findings, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct NaiveArgs {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How long its database takes to answer.
    #[arg(long, default_value_t = 1)]
    window_ms: u64,
}

pub(super) async fn run(args: TwinArgs) -> Result<u8, String> {
    let options = Options {
        flaw: args.bug,
        keep: args.books.map_or(Keep::Memory, Keep::Folder),
        window: Duration::from_millis(args.window_ms),
        listen: args.listen,
        ..Options::default()
    };
    let twin = Twin::start(&options).map_err(|error| error.to_string())?;
    for url in twin.urls() {
        say(&url);
    }
    until_told().await
}

pub(super) async fn naive(args: NaiveArgs) -> Result<u8, String> {
    let window = Duration::from_millis(args.window_ms);
    let naive = Naive::start(args.listen, window).map_err(|error| error.to_string())?;
    say(&naive.url());
    until_told().await
}

async fn until_told() -> Result<u8, String> {
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    Ok(CLEAN)
}
