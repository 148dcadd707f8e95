//! Where a target is.

use std::{net::ToSocketAddrs, str::FromStr};

/// A base address, like `http://127.0.0.1:5000` or `https://books.example/base`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is spoken to in TLS.
    pub is_tls: bool,
    /// What every path begins with, without a slash at its end.
    pub base: String,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error("{0}: a target is like http://127.0.0.1:5000")]
    Malformed(String),
    /// A scheme of something else.
    #[error("{0}: only http:// and https:// are spoken")]
    Scheme(String),
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let malformed = || EndpointError::Malformed(text.to_owned());
        let uri: http::Uri = text.parse().map_err(|_| malformed())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) => return Err(EndpointError::Scheme(text.to_owned())),
            None => return Err(malformed()),
        };
        let host = uri.host().ok_or_else(malformed)?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { host, port, is_tls, base })
    }
}

impl Endpoint {
    /// As the `Host` header and `:authority` have it.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether every address that its name stands for is this machine.
    pub fn is_loopback(&self) -> bool {
        let Ok(addresses) = (self.host.as_str(), self.port).to_socket_addrs() else { return false };
        let all: Vec<_> = addresses.collect();
        !all.is_empty() && all.iter().all(|address| address.ip().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let at: Endpoint = "http://127.0.0.1:5000".parse().unwrap();
        assert_eq!((at.port, at.is_tls, at.base.as_str()), (5000, false, ""));
        let at: Endpoint = "https://books.example/base/".parse().unwrap();
        assert_eq!((at.port, at.is_tls, at.base.as_str()), (443, true, "/base"));
        let at: Endpoint = "http://[::1]:80".parse().unwrap();
        assert_eq!((at.host.as_str(), at.authority().as_str()), ("::1", "[::1]:80"));
        for wrong in ["", "127.0.0.1:5000", "ftp://x", "http://"] {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |text: &str| text.parse::<Endpoint>().unwrap().is_loopback();
        assert!(is_loopback("http://127.0.0.1:1") && is_loopback("http://[::1]:1"));
        assert!(!is_loopback("http://192.0.2.1:1"));
    }
}
