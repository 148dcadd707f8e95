//! A cluster: its folder, its postmaster, its databases.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{folder::Folder, installed::Installed, sql, template};

/// The superuser of every cluster; it needs no password.
pub const USER: &str = "postgres";
/// How long anything that is waited for may take: a busy machine, not a broken one.
const WAIT_SECONDS_MAX: u64 = 60;
/// How often it is looked at.
const LOOK_MS: u64 = 10;
/// Another process may have taken the port between choosing and binding it.
const PORT_TRIES_MAX: u32 = 10;
/// Below the ports that the kernel gives to clients, so that none of them holds ours across a restart.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// A PostgreSQL of one's own. Ended and removed when dropped.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) postmaster: Mutex<Option<Child>>,
    /// The WAL receiver or sender that is stopped.
    pub(crate) frozen: Mutex<Option<i32>>,
    port: u16,
    folder: Folder,
}

/// A database of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name: lower-case letters and digits.
    pub name: String,
    /// Its URL over TCP.
    pub url: String,
    /// Its URL over the Unix socket.
    pub socket_url: String,
}

impl Cluster {
    /// A new cluster, ready for connections. The first one of a process takes about two seconds, later
    /// ones a half.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let folder = Folder::new();
        template::copy_to(&folder.path().join("data"));
        Self::on(folder)
    }

    /// The one that all tests of this process share. Faults are for [`Cluster::start`]ed ones.
    #[must_use]
    #[track_caller]
    pub fn shared() -> &'static Self {
        // Statics are never dropped: it is the watchdog that ends this one.
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The port on 127.0.0.1. It stays the same across restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the Unix socket.
    #[must_use]
    pub fn socket_folder(&self) -> &str {
        self.folder.path().to_str().expect("its name is ASCII")
    }

    /// A database's URL over TCP.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// A database's URL over the Unix socket.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let folder = self.socket_folder().replace('/', "%2F");
        format!("postgresql://{USER}@{folder}:{}/{database}", self.port)
    }

    /// A new, empty database with a random name.
    #[must_use]
    #[track_caller]
    pub fn fresh_database(&self) -> Database {
        self.fresh_from("template1")
    }

    /// A new database with all that `template` has. Nobody may be connected to `template`.
    #[must_use]
    #[track_caller]
    pub fn fresh_from(&self, template: &str) -> Database {
        let name: String = (0..12).map(|_| fastrand::lowercase()).collect();
        self.sql("postgres", &format!("create database {name} template \"{template}\""));
        self.database(&name)
    }

    /// A database of this cluster by its name; a standby has its primary's.
    #[must_use]
    pub fn database(&self, name: &str) -> Database {
        let (url, socket_url) = (self.url(name), self.socket_url(name));
        Database { name: name.to_owned(), url, socket_url }
    }

    /// What these statements answer, every value as text and null as an empty one.
    #[track_caller]
    pub fn sql(&self, database: &str, statements: &str) -> Vec<Vec<String>> {
        self.try_sql(database, statements).unwrap_or_else(|error| {
            let why = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
            panic!("{statements}: {why}")
        })
    }

    /// As [`Cluster::sql`], where it may be refused or the server be down.
    ///
    /// # Errors
    /// No connection, a lost one, or the server's refusal.
    pub fn try_sql(
        &self,
        database: &str,
        statements: &str,
    ) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config.host_path(self.folder.path()).port(self.port).user(USER).dbname(database);
        config.application_name("throwaway");
        sql::rows(&config, statements)
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Starts a postmaster on a folder that has its data.
    #[track_caller]
    pub(crate) fn on(folder: Folder) -> Self {
        let mut cluster =
            Self { postmaster: Mutex::default(), frozen: Mutex::default(), port: 0, folder };
        for _ in 0..PORT_TRIES_MAX {
            cluster.port = free_port();
            let ran = cluster.run(&mut lock(&cluster.postmaster));
            match ran {
                Ok(()) => return cluster,
                Err(status) => {
                    let log = cluster.log();
                    assert!(log.contains("in use"), "PostgreSQL ended with {status}:\n{log}");
                }
            }
        }
        panic!("no free port in {PORT_TRIES_MAX} tries:\n{}", cluster.log())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the postmaster and waits until it takes connections; or says how it ended instead.
    pub(crate) fn run(&self, postmaster: &mut Option<Child>) -> Result<(), ExitStatus> {
        let mut log = fs::OpenOptions::new();
        let log = log.create(true).append(true).open(self.folder.path().join("log"));
        let log = log.expect("the folder is ours");
        let mut command = Installed::newest().command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.arg("-k").arg(self.folder.path()).current_dir(self.data());
        // Not in our process group: a Ctrl-C would be its fast shutdown.
        command.process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a file can be shared")).stderr(log);
        let mut child = command.spawn().expect("postgres can be run");
        let id = child.id().to_string();
        let ended = wait_for("PostgreSQL to take connections", || {
            if let Some(status) = child.try_wait().expect("it is our child") {
                return Some(Err(status));
            }
            let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            // The first line tells of a file that a crash has left.
            let ready = file.lines().nth(7).is_some_and(|status| status.trim() == "ready");
            (ready && file.lines().next() == Some(&id)).then_some(Ok(()))
        });
        *postmaster = ended.is_ok().then_some(child);
        ended
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It dies with the folder; its parent, we, must ask for it or it stays a zombie.
        if let Some(mut child) = lock(&self.postmaster).take() {
            self.folder.end();
            let _ = child.wait();
        }
    }
}

/// A lock that a panicking test does not spoil for the ones after it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks again and again until `found` has something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        let waited = begun.elapsed();
        assert!(
            waited < Duration::from_secs(WAIT_SECONDS_MAX),
            "{waited:?} is too long for {what}"
        );
        sleep(Duration::from_millis(LOOK_MS));
    }
}

fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
