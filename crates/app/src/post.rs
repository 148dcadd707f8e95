//! One request to a stranger's server: where its name leads is looked at before anything is sent, it has
//! so much time, and nothing of its answer is read but the status. A redirect is an answer like any
//! other, and is not followed.

use std::{io, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request,
    client::conn::http1,
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::Addresses;

/// Longest time until a connection stands.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest time for all of it.
const POST_WAIT_MAX: Duration = Duration::from_secs(20);
/// Most of an answer that is read: its head.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("amanah/", env!("CARGO_PKG_VERSION")));

/// Who sends.
pub(crate) struct Poster {
    addresses: Addresses,
    tls: TlsConnector,
}

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("the address is none")]
    Address,
    #[error("the name {0} leads to no address")]
    NoAddress(String),
    #[error("{0} is an address inside a network; deliveries go to public ones")]
    Private(String),
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no answer: {0}")]
    Answer(#[from] hyper::Error),
    #[error("no answer in {0:?}")]
    Late(Duration),
}

impl Poster {
    /// Trusts the certificates that this machine trusts.
    pub fn new(addresses: Addresses) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows the usual versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { addresses, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Sends a request, whose URI is a whole one; the status of the answer.
    pub async fn post(&self, request: Request<Bytes>) -> Result<u16, PostError> {
        let whole = self.post_in_its_own_time(request);
        timeout(POST_WAIT_MAX, whole).await.unwrap_or(Err(PostError::Late(POST_WAIT_MAX)))
    }

    async fn post_in_its_own_time(&self, request: Request<Bytes>) -> Result<u16, PostError> {
        let url = request.uri().clone();
        let authority = url.authority().ok_or(PostError::Address)?;
        let is_tls = url.scheme_str() == Some("https");
        let host = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let mut request = request.map(Full::new);
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().map_err(|_| PostError::Address)?;
        let whom = HeaderValue::from_str(authority.as_str()).map_err(|_| PostError::Address)?;
        request.headers_mut().insert(header::HOST, whom);
        request.headers_mut().insert(header::USER_AGENT, AGENT);
        let stream = timeout(CONNECT_WAIT_MAX, self.connect(host, port)).await;
        let stream = stream.unwrap_or(Err(PostError::Late(CONNECT_WAIT_MAX)))?;
        if is_tls {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| PostError::Address)?;
            let stream = self.tls.connect(name, stream).await.map_err(PostError::Connect)?;
            ask(stream, request).await
        } else {
            ask(stream, request).await
        }
    }

    /// Connects to an address that may be asked: the very one that was looked at.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, PostError> {
        let found = lookup_host((host, port)).await.map_err(PostError::Connect)?;
        let mut last = PostError::NoAddress(host.to_owned());
        for address in found {
            if !self.addresses.allow(address.ip()) {
                last = PostError::Private(address.ip().to_string());
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = PostError::Connect(error),
            }
        }
        Err(last)
    }
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<u16, PostError> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(ANSWER_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let mut answered = pin!(sender.send_request(request));
    // The connection is driven until there is a status, and closed with it.
    let answer = tokio::select! {
        biased;
        answer = &mut answered => answer?,
        ended = connection => {
            ended?;
            // It may have ended with the answer.
            answered.await?
        }
    };
    Ok(answer.status().as_u16())
}
