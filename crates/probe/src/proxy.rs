//! A wire with a delay: what comes in at one end goes out at the other a while later. Between a server and
//! its database it widens every window between what the server reads and what it writes.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Passes connections on, for ever. Each chunk from the caller waits so long; answers pass at once.
///
/// # Errors
/// When nothing can be accepted any more.
pub async fn run(listener: TcpListener, to: SocketAddr, delay: Duration) -> io::Result<()> {
    loop {
        let (caller, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A connection that breaks is broken at both ends; its parties notice.
            let _ = connect(caller, to, delay).await;
        });
    }
}

async fn connect(caller: TcpStream, to: SocketAddr, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(to).await?;
    caller.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_caller, to_caller) = caller.into_split();
    let (from_server, to_server) = server.into_split();
    let (there, back) = tokio::join!(
        pass(from_caller, to_server, delay),
        pass(from_server, to_caller, Duration::ZERO)
    );
    there.and(back)
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) -> io::Result<()> {
    const CHUNK_BYTES: usize = 64 << 10;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = from.read(&mut chunk).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        to.write_all(&chunk[..count]).await?;
    }
}
