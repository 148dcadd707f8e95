//! A connection to an endpoint, in TLS where it asks for it. The cork is beneath: what TLS writes is held.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
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

/// Who is believed: what this machine believes, and the authorities that were handed in.
#[derive(Debug, Default)]
pub struct Trust {
    authorities: Vec<CertificateDer<'static>>,
    roots: OnceLock<Arc<RootCertStore>>,
}

impl Trust {
    /// Also believes the authorities of a text in PEM.
    ///
    /// # Errors
    /// When there is no certificate in it.
    pub fn of_pem(pem: &[u8]) -> Result<Self, String> {
        let authorities: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let authorities = authorities.map_err(|error| error.to_string())?;
        if authorities.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        Ok(Self { authorities, roots: OnceLock::new() })
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let load = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots.add_parsable_certificates(self.authorities.iter().cloned());
            Arc::new(roots)
        };
        Arc::clone(self.roots.get_or_init(load))
    }
}

/// Where a target is, and who is believed to be it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub endpoint: Endpoint,
    pub trust: Arc<Trust>,
}

impl Way {
    pub async fn connect(&self, protocol: Protocol) -> Result<(Arc<Gate>, Box<dyn Io>), Lost> {
        let Endpoint { host, port, is_tls, .. } = &self.endpoint;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        let (gate, gated) = Gate::new(stream)?;
        if *is_tls {
            let io = self.shake_hands(protocol, gated).await?;
            return Ok((gate, io));
        }
        Ok((gate, Box::new(gated)))
    }

    async fn shake_hands(&self, protocol: Protocol, gated: Gated) -> Result<Box<dyn Io>, Lost> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| Lost::Broken(error.to_string()))?;
        let mut config = config.with_root_certificates(self.trust.roots()).with_no_client_auth();
        config.alpn_protocols = match protocol {
            Protocol::H1 => vec![b"http/1.1".to_vec()],
            Protocol::H2 => vec![b"h2".to_vec()],
        };
        let name = ServerName::try_from(self.endpoint.host.clone())
            .map_err(|error| Lost::Broken(error.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        Ok(Box::new(connector.connect(name, gated).await?))
    }
}
