//! A socket with a cork. While it is corked, what is written is held back; the release writes everything
//! held in one go, straight to the socket, from the thread that asks for it.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

pub(super) struct Gate {
    stream: TcpStream,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    is_corked: bool,
    bytes: Vec<u8>,
}

/// The end that protocols read and write.
pub(super) struct Gated(Arc<Gate>);

impl Gate {
    pub fn new(stream: TcpStream) -> io::Result<(Arc<Self>, Gated)> {
        stream.set_nodelay(true)?;
        let gate = Arc::new(Self { stream, held: Mutex::default() });
        Ok((Arc::clone(&gate), Gated(gate)))
    }

    pub fn cork(&self) {
        self.held().is_corked = true;
    }

    pub fn held_count(&self) -> usize {
        self.held().bytes.len()
    }

    /// Lets go of everything held. What is held is a few hundred bytes: the socket takes them at once.
    pub fn release(&self) -> io::Result<()> {
        let mut held = self.held();
        let mut written = 0;
        while written < held.bytes.len() {
            match self.stream.try_write(&held.bytes[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => return Err(error),
            }
        }
        held.bytes.clear();
        held.is_corked = false;
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Gated {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.stream.poll_read_ready(cx))?;
            match self.0.stream.try_read(buf.initialize_unfilled()) {
                Ok(count) => {
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Gated {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut held = self.0.held();
            if held.is_corked {
                held.bytes.extend_from_slice(bytes);
                return Poll::Ready(Ok(bytes.len()));
            }
            drop(held);
            ready!(self.0.stream.poll_write_ready(cx))?;
            match self.0.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The socket closes when both ends are dropped.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
