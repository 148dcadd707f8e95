//! HTTP/2: a connection whose requests are sent but for the frame that ends them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use tokio::task::JoinHandle;

use super::{
    Clock,
    endpoint::Endpoint,
    gate::Gate,
    reply::{Answer, Call, Lost, Response},
    tls::{Protocol, Way},
};

/// A DATA frame of one byte: nine bytes of header, and the byte.
const FINAL_FRAME_BYTES: usize = 10;

/// One connection, many streams.
pub(super) struct Connection {
    send: SendRequest<Bytes>,
    pub gate: Arc<Gate>,
    endpoint: Endpoint,
    driver: JoinHandle<()>,
}

/// A request that lacks its last frame.
pub(super) struct Armed {
    held: Held,
    clock: Clock,
}

/// What is not sent yet: the last byte of the body, or of a request without one all of it. A server may
/// well answer a GET before its stream has ended.
enum Held {
    Last(SendStream<Bytes>, Bytes, ResponseFuture),
    Whole(Box<http::Request<()>>),
}

/// An answer on its way.
pub(super) type Coming = JoinHandle<Result<Answer, Lost>>;

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl From<h2::Error> for Lost {
    fn from(error: h2::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Connection {
    /// Opens it, and waits until the peer's settings are known.
    pub async fn open(way: &Way) -> Result<Self, Lost> {
        let (gate, io) = way.connect(Protocol::H2).await?;
        let mut builder = h2::client::Builder::new();
        builder.enable_push(false).initial_window_size(1 << 24);
        let (send, mut connection) = builder.handshake(io).await?;
        let mut pings = connection.ping_pong();
        let driver = tokio::spawn(async move {
            // What ends a connection is told by the streams on it.
            let _ = connection.await;
        });
        let connection = Self { send, gate, endpoint: way.endpoint.clone(), driver };
        if let Some(pings) = &mut pings {
            pings.ping(h2::Ping::opaque()).await?;
        }
        Ok(connection)
    }

    /// How many streams the peer allows at once.
    pub fn streams_max(&self) -> usize {
        self.send.current_max_send_streams()
    }

    /// Sends everything but the last byte.
    pub async fn arm(&mut self, call: &Call, clock: Clock) -> Result<Armed, Lost> {
        let Endpoint { is_tls, base, .. } = &self.endpoint;
        let scheme = if *is_tls { "https" } else { "http" };
        let uri = format!("{scheme}://{}{base}{}", self.endpoint.authority(), call.path);
        let mut request = http::Request::builder().method(call.method.as_str()).uri(uri);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.header("content-length", body.len());
        }
        let request = request.body(()).map_err(|error| Lost::Broken(error.to_string()))?;
        let Some(body) = call.body.clone().filter(|body| !body.is_empty()) else {
            return Ok(Armed { held: Held::Whole(Box::new(request)), clock });
        };
        let mut ready = self.send.clone().ready().await?;
        let (answer, mut stream) = ready.send_request(request, false)?;
        let mut body = Bytes::from(body);
        let last = body.split_off(body.len() - 1);
        if !body.is_empty() {
            stream.send_data(body, false)?;
        }
        Ok(Armed { held: Held::Last(stream, last, answer), clock })
    }

    /// Puts what is held of all behind the cork, and waits until it is there.
    pub async fn load(&self, armed: Vec<Armed>) -> Result<Vec<Coming>, Lost> {
        const WAIT_MAX: u32 = 2_000;
        self.gate.cork();
        let least = armed.len() * (FINAL_FRAME_BYTES - 1);
        let mut coming = Vec::new();
        for Armed { held, clock } in armed {
            let answer = match held {
                Held::Last(mut stream, last, answer) => {
                    stream.send_data(last, true)?;
                    answer
                }
                Held::Whole(request) => {
                    let mut ready = self.send.clone().ready().await?;
                    ready.send_request(*request, true)?.0
                }
            };
            coming.push(tokio::spawn(whole(answer, clock)));
        }
        let mut held = 0;
        for _ in 0..WAIT_MAX {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now = self.gate.held_count();
            if now >= least && now == held {
                return Ok(coming);
            }
            held = now;
        }
        Err(Lost::Broken("the last frames could not be written".to_owned()))
    }
}

async fn whole(answer: ResponseFuture, clock: Clock) -> Result<Answer, Lost> {
    let answer = answer.await?;
    let first_ns = clock.now_ns();
    let (head, body) = answer.into_parts();
    let body = read(body).await?;
    let headers = head.headers.iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let (status, headers) = (head.status.as_u16(), headers.collect());
    Ok(Answer::now(Response { status, headers, body, closes: false }, first_ns, clock))
}

async fn read(mut body: RecvStream) -> Result<Vec<u8>, Lost> {
    let mut all = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        all.extend_from_slice(&part);
        body.flow_control().release_capacity(part.len())?;
    }
    Ok(all)
}
