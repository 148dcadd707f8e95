//! Serves a built-in target on threads of its own, so that attacker and attacked don't wait for each other.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    thread::JoinHandle,
};

use axum::{Router, serve::ListenerExt as _};
use tokio::sync::oneshot;

/// A server that ends when this is dropped.
pub(crate) struct Host {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A listener, and where it is.
pub(crate) fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Host {
    /// Serves each router on its listener.
    pub fn start(fronts: Vec<(TcpListener, Router)>) -> io::Result<Self> {
        const THREADS: usize = 2;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        for (listener, router) in fronts {
            runtime.spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                let listener = listener.tap_io(|stream| {
                    // Without it answers are only later.
                    let _ = stream.set_nodelay(true);
                });
                axum::serve(listener, router).await
            });
        }
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            // It ends by being dropped, which is an error to the receiver.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        });
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}
