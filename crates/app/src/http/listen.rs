//! The listener: accepts connections, bounds everything a peer can take, and drains on shutdown.
//!
//! HTTP/1.1 and HTTP/2 without TLS; a proxy in front speaks TLS. **A peer that says nothing holds
//! nothing for long.**

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use super::{front::Front, router};
use crate::{App, jobs};

/// What a peer may take.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Connections at the same time; one more is answered 503 and closed.
    pub connections_max: usize,
    /// From the first byte of a request's head to its last, and from connecting to the first request.
    pub header_read_max: Duration,
    /// Bytes of a request's head.
    pub header_bytes_max: usize,
    /// Headers of a request.
    pub header_count_max: usize,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Bytes of a body that holds many commands.
    pub bulk_bytes_max: usize,
    /// From a request's head to the end of its body.
    pub body_read_max: Duration,
    /// How long a peer may take nothing of what it is sent.
    pub write_wait_max: Duration,
    /// Requests at the same time on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long a shutdown waits for requests that are being answered.
    pub drain_max: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            header_read_max: Duration::from_secs(30),
            header_bytes_max: 32 * 1_024,
            header_count_max: 64,
            body_bytes_max: 1_024 * 1_024,
            bulk_bytes_max: 4 * 1_024 * 1_024,
            body_read_max: Duration::from_secs(30),
            write_wait_max: Duration::from_secs(30),
            streams_max: 256,
            drain_max: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` resolves; then takes no more connections, finishes the requests that are
/// being answered, and drains the engine.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    limits: HttpLimits,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let jobs = jobs::start(&app);
    let accepting = accept(&listener, &app, &limits, &graceful);
    tokio::select! {
        biased;
        () = shutdown => {}
        never = accepting => match never {},
    }
    drop(listener);
    if timeout(limits.drain_max, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time and are cut");
    }
    drop(jobs);
    app.engine.drain().await;
}

async fn accept(
    listener: &TcpListener,
    app: &Arc<App>,
    limits: &HttpLimits,
    graceful: &GracefulShutdown,
) -> Infallible {
    /// A moment for the machine to find file descriptors again.
    const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(50);
    let routes = router::routes(app).into_service();
    let builder = Arc::new(builder(limits));
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE_AFTER_ERROR).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            turn_away(&stream);
            continue;
        };
        // What the audit record names has no port.
        let peer = peer.ip().to_canonical();
        let front = Front {
            app: Arc::clone(app),
            routes: routes.clone(),
            peer,
            origin: peer.to_string().into(),
            body_bytes_max: limits.body_bytes_max,
            bulk_bytes_max: limits.bulk_bytes_max,
            body_read_max: limits.body_read_max,
        };
        let (builder, watcher) = (Arc::clone(&builder), graceful.watcher());
        let (first_request_max, write_wait_max) = (limits.header_read_max, limits.write_wait_max);
        tokio::spawn(async move {
            converse(stream, front, &builder, watcher, first_request_max, write_wait_max).await;
            drop(place);
        });
    }
}

fn builder(limits: &HttpLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_max)
        .max_headers(limits.header_count_max)
        .max_buf_size(limits.header_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.header_read_max)
        .keep_alive_timeout(limits.header_read_max);
    builder
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    front: Front,
    builder: &auto::Builder<TokioExecutor>,
    watcher: Watcher,
    first_request_max: Duration,
    write_wait_max: Duration,
) {
    // Answers are small and written whole; waiting for more to send would only delay them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let has_asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&has_asked);
    let service = service_fn(move |request: Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        let front = front.clone();
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let connection = builder
        .serve_connection(TokioIo::new(patient(stream, write_wait_max)), service)
        .into_owned();
    let mut watched = std::pin::pin!(watcher.watch(connection));
    // Until the protocol is known, no timeout of hyper's runs.
    tokio::select! {
        ended = &mut watched => return note_end(ended),
        () = sleep(first_request_max) => {}
    }
    if has_asked.load(Ordering::Relaxed) {
        note_end(watched.await);
    }
}

/// A stream that is given up when the peer reads nothing for too long.
fn patient(stream: TcpStream, write_wait_max: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_wait_max));
    Box::pin(stream)
}

fn note_end(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(error, "a connection broke off");
    }
}

/// Tells a peer for whom there is no place to come again. It may not read this: nothing waits for it.
fn turn_away(stream: &TcpStream) {
    const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
        Connection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n";
    if let Err(error) = stream.try_write(BUSY) {
        tracing::debug!(%error, "a connection too many was closed without a word");
    }
}
