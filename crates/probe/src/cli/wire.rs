//! `probe wire`

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpListener;

use super::{CLEAN, say};
use crate::proxy;

/// Delay what passes between two addresses, until Ctrl-C.
///
/// Put it between a server and its database: each statement then takes so much longer, and every window
/// between what is read and what is written is so much wider.
#[derive(Debug, clap::Args)]
pub struct WireArgs {
    /// Where to listen.
    #[arg(long, value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Where to pass it on.
    #[arg(long, value_name = "HOST:PORT")]
    to: SocketAddr,
    /// How long each chunk from the caller waits, in milliseconds.
    #[arg(long, default_value_t = 5)]
    delay_ms: u64,
}

pub(super) async fn run(args: WireArgs) -> Result<u8, String> {
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|error| format!("{}: {error}", args.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    say(&format!("{address} → {} with {} ms", args.to, args.delay_ms));
    tokio::select! {
        ended = proxy::run(listener, args.to, Duration::from_millis(args.delay_ms)) => {
            ended.map(|()| CLEAN).map_err(|error| error.to_string())
        }
        _ = tokio::signal::ctrl_c() => Ok(CLEAN),
    }
}
