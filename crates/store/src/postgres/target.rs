//! Where a PostgreSQL is, from its URL: hosts, certificates, password file. What is not said is the
//! safer of two: across a network, TLS with the server's certificate verified.
//!
//! | in the URL | means |
//! |---|---|
//! | `host=/folder` or `%2Ffolder` as host | a Unix socket |
//! | `h1:5432,h2:5432` | several hosts: the primary is looked for among them |
//! | `sslmode=disable` | no TLS; the default on a socket and on loopback |
//! | `sslmode=require`, `verify-ca`, `verify-full` | TLS, **always with certificate and name verified** |
//! | `sslrootcert=FILE` | verified against these certificates instead of the machine's |
//! | `passfile=FILE` | the password is in this file, in the format of `.pgpass` |

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, atomic::AtomicU32},
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::limits;

/// One PostgreSQL, or the hosts among which its primary is.
#[derive(Clone)]
pub(crate) struct Target {
    /// One per host.
    pub hosts: Arc<[Config]>,
    pub tls: MakeRustlsConnect,
    /// The newest timeline that a connection has seen. A server on an older one was the primary once:
    /// another has been promoted since.
    pub timeline: Arc<AtomicU32>,
}

/// Why a URL can't be used. **No variant repeats the URL: it may hold a password.**
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// It is not written as PostgreSQL's URLs are.
    #[error("the database URL can't be read: {0}")]
    Syntax(String),
    /// A parameter's value is not one that is known.
    #[error("the database URL says {name}={value}, which is none of {known}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        known: &'static str,
    },
    /// A file that it names can't be used.
    #[error("{name}={path}: {reason}")]
    File {
        /// The parameter.
        name: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What the URL says beside what the driver understands.
#[derive(Default)]
struct Beside {
    ssl_mode: Option<String>,
    root_cert: Option<String>,
    pass_file: Option<String>,
}

impl Target {
    /// # Errors
    /// [`UrlError`]
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let (url, beside) = taken_apart(url)?;
        let whole: Config = url.parse().map_err(|error| UrlError::Syntax(explained(&error)))?;
        if whole.get_hosts().is_empty() {
            return Err(UrlError::Syntax("it names no host".to_owned()));
        }
        let hosts = each_host(&whole, beside.ssl_mode.as_deref())?;
        let hosts = match &beside.pass_file {
            None => hosts,
            Some(file) => {
                hosts.into_iter().map(|host| with_password(host, file)).collect::<Result<_, _>>()?
            }
        };
        let tls = MakeRustlsConnect::new(tls(beside.root_cert.as_deref())?);
        Ok(Self { hosts: hosts.into(), tls, timeline: Arc::default() })
    }
}

/// The driver's part of a URL, and the rest.
fn taken_apart(url: &str) -> Result<(String, Beside), UrlError> {
    let Some((before, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), Beside::default()));
    };
    let (mut beside, mut kept) = (Beside::default(), Vec::new());
    for parameter in query.split('&') {
        let to = match parameter.split_once('=') {
            Some(("sslmode", value)) => (&mut beside.ssl_mode, value),
            Some(("sslrootcert", value)) => (&mut beside.root_cert, value),
            Some(("passfile", value)) => (&mut beside.pass_file, value),
            _ => {
                kept.push(parameter);
                continue;
            }
        };
        *to.0 = Some(decoded(to.1)?);
    }
    Ok((format!("{before}?{}", kept.join("&")), beside))
}

/// `%2F` and the like, undone.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = str::from_utf8(&digits).ok().filter(|digits| digits.len() == 2);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| UrlError::Syntax("a % without two digits".to_owned()))?);
    }
    String::from_utf8(bytes).map_err(|_| UrlError::Syntax("it is not UTF-8".to_owned()))
}

/// The driver's error and its cause; it says what is wrong, but not with which text.
fn explained(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A configuration for each host alone: the driver would take the first that answers, and not the
/// newest of two primaries.
fn each_host(whole: &Config, ssl_mode: Option<&str>) -> Result<Vec<Config>, UrlError> {
    let ports = whole.get_ports();
    let port = |n: usize| match ports {
        [] => 5432,
        [one] => *one,
        several => several.get(n).copied().unwrap_or(5432),
    };
    let each = whole.get_hosts().iter().enumerate().map(|(n, host)| {
        let mut config = Config::new();
        let is_near = match host {
            Host::Tcp(name) => {
                config.host(name);
                name == "localhost"
                    || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
            Host::Unix(folder) => {
                config.host_path(folder);
                true
            }
        };
        config.port(port(n));
        config.ssl_mode(match ssl_mode {
            None if is_near => SslMode::Disable,
            Some("disable") => SslMode::Disable,
            None | Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(other) => {
                return Err(UrlError::Value {
                    name: "sslmode",
                    value: other.to_owned(),
                    known: "disable, require, verify-ca, verify-full",
                });
            }
        });
        if let Some(user) = whole.get_user() {
            config.user(user);
        }
        if let Some(password) = whole.get_password() {
            config.password(password);
        }
        if let Some(name) = whole.get_dbname() {
            config.dbname(name);
        }
        if let Some(options) = whole.get_options() {
            config.options(options);
        }
        config.application_name(whole.get_application_name().unwrap_or("amanah"));
        config.channel_binding(whole.get_channel_binding());
        config.connect_timeout(limits::ADDRESS_WAIT_MAX);
        config.tcp_user_timeout(limits::SILENCE_MAX);
        config.keepalives_idle(limits::SILENCE_MAX);
        Ok(config)
    });
    each.collect()
}

/// How certificates are verified; `file` instead of what the machine trusts.
fn tls(file: Option<&str>) -> Result<ClientConfig, UrlError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = file {
        let broken =
            |reason: String| UrlError::File { name: "sslrootcert", path: path.to_owned(), reason };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| broken(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| broken(error.to_string()))?;
            roots.add(certificate).map_err(|error| broken(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(broken("there is no certificate in it".to_owned()));
        }
    } else {
        // A machine that trusts nobody, or some it can't read, is found out when a server is to be trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| UrlError::Syntax(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The configuration with its password out of a file of lines `host:port:database:user:password`, `*`
/// for any; a file that others can read is refused, as PostgreSQL's own tools do.
fn with_password(mut config: Config, file: &str) -> Result<Config, UrlError> {
    let broken =
        |reason: String| UrlError::File { name: "passfile", path: file.to_owned(), reason };
    let path = Path::new(file);
    let mode = fs::metadata(path).map_err(|error| broken(error.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(broken("others can read it; chmod 600".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    let host = match config.get_hosts() {
        [Host::Tcp(name)] => name.clone(),
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().map_or_else(String::new, u16::to_string);
    let user = config.get_user().unwrap_or_default();
    let wanted = [&host, &port, config.get_dbname().unwrap_or(user), user];
    let found = text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, of) = fields.split_last()?;
        let fits = of.len() == wanted.len()
            && of.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        fits.then(|| password.clone())
    });
    config.password(found.ok_or_else(|| broken("no line of it fits".to_owned()))?);
    Ok(config)
}

/// A line's fields; `\:` and `\\` are no ends.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut letters) = (vec![String::new()], line.chars());
    while let Some(letter) = letters.next() {
        let last = fields.last_mut().expect("there is always one");
        match letter {
            ':' => fields.push(String::new()),
            '\\' => last.extend(letters.next()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn parse(url: &str) -> Result<Vec<Config>, String> {
        Target::parse(url).map(|target| target.hosts.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn tls_is_left_out_only_where_nobody_listens() {
        for (url, mode) in [
            ("postgres://u@db.example.com/d", SslMode::Require),
            ("postgresql://u@db.example.com/d?sslmode=verify-full", SslMode::Require),
            ("postgres://u@db.example.com/d?sslmode=disable", SslMode::Disable),
            ("postgres://u@127.0.0.1/d", SslMode::Disable),
            ("postgres://u@localhost/d?sslmode=require", SslMode::Require),
            ("postgres:///d?host=/run/postgresql&user=u", SslMode::Disable),
            ("postgres://u@%2Frun%2Fpostgresql/d", SslMode::Disable),
        ] {
            assert_eq!(parse(url).unwrap()[0].get_ssl_mode(), mode, "{url}");
        }
        let error = parse("postgres://u:secret@h/d?sslmode=allow").unwrap_err();
        assert!(error.contains("sslmode=allow") && !error.contains("secret"), "{error}");
        for url in ["postgres://u:secret@h:port/d", "postgres:///d", "postgres://u:secret@h/d?x=y"]
        {
            let error = parse(url).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn each_host_stands_alone() {
        let hosts = parse("postgres://u@a:1,b:2/d?sslmode=disable").unwrap();
        let of = |n: usize| (hosts[n].get_hosts().to_vec(), hosts[n].get_ports().to_vec());
        assert_eq!(of(0), (vec![Host::Tcp("a".into())], vec![1]));
        assert_eq!(of(1), (vec![Host::Tcp("b".into())], vec![2]));
    }

    #[test]
    fn a_password_comes_from_a_private_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "# mine\nother:*:*:*:no\na:*:d:u:pa\\:ss\n").unwrap();
        let path = file.path().display().to_string();
        let url = format!("postgres://u@a/d?passfile={path}");
        assert_eq!(parse(&url).unwrap()[0].get_password(), Some(b"pa:ss".as_slice()));
        assert!(parse(&url.replace("@a", "@b")).unwrap_err().contains("no line"));
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(parse(&url).unwrap_err().contains("others can read it"));
        assert!(parse("postgres://u@a/d?sslrootcert=/nowhere").unwrap_err().contains("/nowhere"));
    }
}
