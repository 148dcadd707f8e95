//! Connections over a network, with real certificates: whoever can't prove who they are gets nothing, and
//! no error shows a password.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use throwaway::{Cluster, Database};

const PASSWORD: &str = "kept-to-myself";

/// An authority that signs certificates, in a folder of its own.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
                           -keyout ca.key -out ca.crt -subj /CN=authority -days 2",
        );
        authority
    }

    /// Certificate and key of a server of this name, valid for so many days from now.
    fn certify(&self, name: &str, days: i32) -> (Vec<u8>, Vec<u8>) {
        fs::write(self.path("names"), format!("subjectAltName={name}")).unwrap();
        self.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
                      -keyout server.key -out server.csr -subj /CN=server",
        );
        self.openssl(&format!(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
             -extfile names -out server.crt -days {days}"
        ));
        let read = |name| fs::read(self.path(name)).unwrap();
        (read("server.crt"), read("server.key"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        let run = openssl.args(arguments.split_whitespace()).current_dir(self.folder.path());
        let output = run.output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A cluster that lets a user with a password in, over a network.
struct Walled {
    cluster: Cluster,
    database: Database,
    authority: Authority,
}

impl Walled {
    fn new() -> Self {
        let (cluster, authority) = (Cluster::start(), Authority::new());
        let database = cluster.fresh_database();
        cluster.sql(
            &database.name,
            &format!(
                "create role amanah login password '{PASSWORD}';
                 grant all on schema public to amanah"
            ),
        );
        cluster.let_in(
            "hostssl all amanah 127.0.0.1/32 scram-sha-256\nlocal all amanah scram-sha-256",
        );
        Self { cluster, database, authority }
    }

    fn encrypt(&self, name: &str, days: i32) {
        let (certificate, key) = self.authority.certify(name, days);
        self.cluster.encrypt(&certificate, &key);
    }

    /// Opens the database over the network.
    fn open(&self, user: &str, host: &str, root: &Path, more: &str) -> Result<(), String> {
        let (port, name, root) = (self.cluster.port(), &self.database.name, root.display());
        let query = format!("sslmode=verify-full&sslrootcert={root}{more}");
        open(&format!("postgres://{user}@{host}:{port}/{name}?{query}"))
    }
}

/// What comes of it; whatever it is, it shows no password.
fn open(url: &str) -> Result<(), String> {
    store::migrate(url).map_err(|error| {
        let error = format!("{error}\n{error:?}");
        assert!(!error.contains(PASSWORD), "{error}");
        error
    })
}

#[test]
fn a_server_is_believed_only_with_a_certificate_of_its_own_that_is_signed_and_valid() {
    let walled = Walled::new();
    let (root, user) = (walled.authority.path("ca.crt"), format!("amanah:{PASSWORD}"));
    let open = |host: &str| walled.open(&user, host, &root, "");
    let refused = |host: &str, why: &str| {
        let error = open(host).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    };
    // It speaks no TLS yet.
    refused("localhost", "sslmode=disable");

    walled.encrypt("DNS:localhost", 2);
    open("localhost").unwrap();
    // One name is not the other.
    refused("127.0.0.1", "connect by a name");
    walled.encrypt("IP:127.0.0.1", 2);
    open("127.0.0.1").unwrap();
    refused("localhost", "connect by a name");
    walled.encrypt("DNS:localhost", -1);
    refused("localhost", "needs a new certificate");
    walled.encrypt("DNS:localhost", 2);
    open("localhost").unwrap();
    let other = Authority::new();
    let error = walled.open(&user, "localhost", &other.path("ca.crt"), "").unwrap_err();
    assert!(error.contains("sslrootcert"), "{error}");
    // Nobody signed for it among those whom this machine trusts.
    let (port, name) = (walled.cluster.port(), &walled.database.name);
    let url = format!("postgres://{user}@localhost:{port}/{name}?sslmode=require");
    let error = self::open(&url).unwrap_err();
    assert!(error.contains("sslrootcert"), "{error}");
}

#[test]
fn a_password_is_taken_from_a_file_and_proven_without_being_sent() {
    let walled = Walled::new();
    walled.encrypt("DNS:localhost", 2);
    let root = walled.authority.path("ca.crt");
    let file = walled.authority.path("passfile");
    let with_file = |password: &str| {
        fs::write(&file, format!("localhost:*:*:amanah:{password}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let passfile = format!("&passfile={}", file.display());
        walled.open("amanah", "localhost", &root, &passfile)
    };
    with_file(PASSWORD).unwrap();
    let error = with_file("another").unwrap_err();
    assert!(error.contains("password authentication failed"), "{error}");
    let error = walled.open("amanah", "localhost", &root, "").unwrap_err();
    assert!(error.contains("passfile"), "{error}");

    // A Unix socket: nobody listens, so there is no TLS, and the password is asked for all the same.
    let folder = walled.cluster.socket_folder().replace('/', "%2F");
    let (port, name) = (walled.cluster.port(), &walled.database.name);
    let socket = |user: &str| open(&format!("postgres://{user}@{folder}:{port}/{name}"));
    socket(&format!("amanah:{PASSWORD}")).unwrap();
    let error = socket("amanah:another").unwrap_err();
    assert!(error.contains("password authentication failed"), "{error}");
}
