//! A connection to an endpoint, in TLS where it asks for it. The cork is beneath: what TLS writes is held.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{
    endpoint::Endpoint,
    gate::{Gate, Gated},
    reply::Lost,
};

/// Anything that can be read and written.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What is agreed on in the handshake.
#[derive(Debug, Clone, Copy)]
pub(super) enum Protocol {
    H1,
    H2,
}

pub(super) async fn connect(
    endpoint: &Endpoint,
    protocol: Protocol,
) -> Result<(Arc<Gate>, Box<dyn Io>), Lost> {
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
    let (gate, gated) = Gate::new(stream)?;
    if endpoint.is_tls {
        let io = shake_hands(endpoint, protocol, gated).await?;
        return Ok((gate, io));
    }
    Ok((gate, Box::new(gated)))
}

async fn shake_hands(
    endpoint: &Endpoint,
    protocol: Protocol,
    gated: Gated,
) -> Result<Box<dyn Io>, Lost> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Lost::Broken(error.to_string()))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = match protocol {
        Protocol::H1 => vec![b"http/1.1".to_vec()],
        Protocol::H2 => vec![b"h2".to_vec()],
    };
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|error| Lost::Broken(error.to_string()))?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(name, gated).await?))
}
