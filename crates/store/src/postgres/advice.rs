//! What to do about a connection that can't be made, where the error alone does not say it.

use std::error::Error as _;

use rustls::{CertificateError, Error as TlsError};
use tokio_postgres::Error;

/// Said after the error.
pub(super) fn advice(error: &Error) -> Option<&'static str> {
    let cause = error.source()?;
    if let Some(TlsError::InvalidCertificate(certificate)) = tls(cause) {
        return Some(match certificate {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "name the authority that signed it in the URL: sslrootcert=FILE"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server needs a new certificate"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "connect by a name that the server's certificate is for"
            }
            _ => "the server needs another certificate",
        });
    }
    // The driver has no type for these two.
    match cause.to_string().as_str() {
        "server does not support TLS" => Some(
            "turn `ssl` on there; sslmode=disable does without, and whoever listens reads along",
        ),
        "password missing" => Some("put it into a file and name that in the URL: passfile=FILE"),
        _ => None,
    }
}

fn tls<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e TlsError> {
    cause.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref()
}
