//! A TCP proxy in front of a server that fails as networks do, at the byte that a test names.
//!
//! It runs on a thread of its own: it goes on while a test blocks.

mod cut;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as Listener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{oneshot, watch},
};

pub use cut::Cut;
use cut::{Armed, Meter, Pass, Way};

use crate::cluster::{Cluster, USER, lock};

/// How much is read at once; cuts are exact whatever it is.
const CHUNK_BYTES: usize = 16 * 1024;

/// A proxy; its connections are closed when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    mode: watch::Sender<Mode>,
    /// How often all connections were reset.
    resets: watch::Sender<u64>,
    armed: Mutex<Armed>,
    connections: AtomicU64,
    cuts: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Blackhole,
    Refuse,
}

impl Proxy {
    /// In front of this server, on its own port of 127.0.0.1, letting all pass.
    #[must_use]
    #[track_caller]
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("it is a socket");
        let shared = Arc::new(Shared {
            upstream,
            mode: watch::Sender::new(Mode::Open),
            resets: watch::Sender::new(0),
            armed: Mutex::default(),
            connections: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
        });
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("it is non-blocking");
                tokio::select! {
                    () = accept(listener, accepting) => {}
                    _ = ended => {}
                }
            });
        });
        Self { address, shared, end: Some(end), thread: Some(thread) }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a cluster's database through this proxy.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{USER}@{}/{database}", self.address)
    }

    /// Cuts one connection, once; counting begins now. Armed again, it forgets the cut before.
    pub fn arm(&self, cut: Cut) {
        let mut armed = lock(&self.shared.armed);
        armed.times += 1;
        armed.cut = Some(cut);
    }

    /// Cuts the connection that first sends this many more bytes to the server: [`Cut::to_server`].
    pub fn cut_after(&self, bytes: usize) {
        self.arm(Cut::to_server(bytes));
    }

    /// Resets every connection there is. New ones are let through.
    pub fn reset_all(&self) {
        self.shared.resets.send_modify(|times| *times += 1);
    }

    /// Keeps every connection, takes new ones, and passes nothing on, until [`Proxy::heal`]; then what
    /// was sent meanwhile arrives, as TCP sends it again after an outage.
    pub fn blackhole(&self) {
        self.shared.mode.send_replace(Mode::Blackhole);
    }

    /// Resets new connections; old ones go on.
    pub fn refuse(&self) {
        self.shared.mode.send_replace(Mode::Refuse);
    }

    /// Lets all pass again and forgets a cut that did not come.
    pub fn heal(&self) {
        lock(&self.shared.armed).cut = None;
        self.shared.mode.send_replace(Mode::Open);
    }

    /// How many connections came, refused ones too.
    #[must_use]
    pub fn connection_count(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many of them were cut where [`Proxy::arm`] said.
    #[must_use]
    pub fn cut_count(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Cluster {
    /// A proxy in front of this cluster.
    #[must_use]
    #[track_caller]
    pub fn proxy(&self) -> Proxy {
        Proxy::start((Ipv4Addr::LOCALHOST, self.port()).into())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        shared.connections.fetch_add(1, Ordering::SeqCst);
        if *shared.mode.borrow() == Mode::Refuse {
            reset(client);
        } else {
            tokio::spawn(carry(client, Arc::clone(&shared)));
        }
    }
}

/// One connection, from its acceptance to its end.
async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut resets = shared.resets.subscribe();
    let server = tokio::select! {
        server = async { through(&shared).await; TcpStream::connect(shared.upstream).await } => server,
        _ = resets.changed() => Err(io::ErrorKind::ConnectionReset.into()),
    };
    let Ok(mut server) = server else { return reset(client) };
    let ended = {
        // The proxy adds no delay of its own.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let meter = Mutex::default();
        let both = async {
            tokio::try_join!(
                pass(Way::ToServer, from_client, to_server, &meter, &shared),
                pass(Way::ToClient, from_server, to_client, &meter, &shared),
            )
        };
        tokio::select! {
            ended = both => ended.map(drop),
            _ = resets.changed() => Err(io::ErrorKind::ConnectionReset.into()),
        }
    };
    if ended.is_err() {
        reset(client);
        reset(server);
    }
}

/// One stream, until its sender closes it.
///
/// # Errors
/// It is cut, or one of the ends was reset: then the other one is, too.
async fn pass(
    way: Way,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    meter: &Mutex<Meter>,
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut buffer).await?;
        through(shared).await;
        if read == 0 {
            return to.shutdown().await;
        }
        let chunk = &buffer[..read];
        let Pass { bytes, cut } = lock(meter).pass(&mut lock(&shared.armed), way, chunk);
        to.write_all(&chunk[..bytes]).await?;
        if cut {
            // Counted first: who sees the connection lost, sees the count.
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
    }
}

/// Waits for the end of a blackhole.
async fn through(shared: &Shared) {
    let mut mode = shared.mode.subscribe();
    // It can't be closed: we hold its sender.
    let _ = mode.wait_for(|mode| *mode != Mode::Blackhole).await;
}

/// Closes a connection by RST instead of FIN.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}
