//! One connection, and what was prepared on it.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use tokio::time::timeout;
use tokio_postgres::{
    AsyncMessage, Client, Config, NoTls, Statement, config::SslMode, types::Type,
};

use super::{advice::advice, limits, target::Target, write::in_order};
use crate::migrate::SchemaError;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server can't be reached, or turns us away.
    #[error("{host}: {reason}")]
    Away {
        /// Where.
        host: String,
        /// What it or the network said.
        reason: String,
    },
    /// It would lose what it says it has committed.
    #[error("{host}: `{setting}` is `{value}`: what is committed there can be lost; {remedy}")]
    Unsafe {
        /// Where.
        host: String,
        /// The server's setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It is older than this program works with.
    #[error("{host}: PostgreSQL {version}; this program needs 15 or later")]
    TooOld {
        /// Where.
        host: String,
        /// The server's version.
        version: String,
    },
    /// The schema lacks what this version needs.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It was promoted away from.
    #[error("{host}: an old primary (timeline {timeline}, {newest} has been seen)")]
    Fenced {
        /// Where.
        host: String,
        /// The server's timeline.
        timeline: u32,
        /// The newest that has been seen.
        newest: u32,
    },
}

/// What a connection is for.
#[derive(Clone, Copy)]
enum Purpose {
    Write,
    Read,
}

/// A standby's place among timelines: behind every primary.
const STANDBY: u32 = 0;

/// An open connection.
pub(crate) struct Session {
    pub client: Client,
    /// The server's, when the connection was made; 0 of a standby.
    timeline: u32,
    statements: HashMap<String, Statement>,
    /// The last warning the server sent.
    warning: Arc<Mutex<Option<String>>>,
}

impl Target {
    /// Connects to the primary: of several that say they are, to the one on the newest timeline.
    ///
    /// # Errors
    /// [`ConnectError`], of the last host when there are several.
    pub async fn connect(&self) -> Result<Session, ConnectError> {
        self.connect_for(Purpose::Write).await
    }

    /// As [`Self::connect`], for reading only; to a standby if there is no primary.
    ///
    /// # Errors
    /// [`ConnectError`], of the last host when there are several.
    pub async fn connect_to_read(&self) -> Result<Session, ConnectError> {
        self.connect_for(Purpose::Read).await
    }

    async fn connect_for(&self, purpose: Purpose) -> Result<Session, ConnectError> {
        let all = in_order(self.hosts.iter().map(|host| async move {
            let connected = timeout(limits::CONNECT_WAIT_MAX, self.connect_to(host, purpose)).await;
            connected.unwrap_or_else(|_| {
                let reason = format!("no answer in {:?}", limits::CONNECT_WAIT_MAX);
                Err(ConnectError::Away { host: name(host), reason })
            })
        }));
        let (mut newest, mut failure) = (None::<Session>, None);
        for one in all.await {
            match one {
                Ok(other)
                    if newest.as_ref().is_some_and(|best| best.timeline >= other.timeline) => {}
                Ok(found) => newest = Some(found),
                Err(error) => failure = Some(error),
            }
        }
        match (newest, failure) {
            (Some(session), _) => Ok(session),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("a target has a host"),
        }
    }

    async fn connect_to(&self, host: &Config, purpose: Purpose) -> Result<Session, ConnectError> {
        let session = self.open(host).await?;
        let timeline = match purpose {
            Purpose::Write => session.set_up(host).await?,
            Purpose::Read => match session.set_up_to_read(host).await? {
                Some(timeline) => timeline,
                None => return Ok(session),
            },
        };
        let newest = self.timeline.fetch_max(timeline, Ordering::AcqRel);
        if timeline < newest {
            return Err(ConnectError::Fenced { host: name(host), timeline, newest });
        }
        Ok(Session { timeline, ..session })
    }

    /// Whether nobody has been seen that was promoted since this session's server was.
    pub fn is_newest(&self, session: &Session) -> bool {
        session.timeline >= self.timeline.load(Ordering::Acquire)
    }

    async fn open(&self, host: &Config) -> Result<Session, ConnectError> {
        let away = |error| away(host, &error);
        let warning = Arc::default();
        let client = if host.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = host.connect(NoTls).await.map_err(away)?;
            tokio::spawn(drive(connection, Arc::clone(&warning)));
            client
        } else {
            let (client, connection) = host.connect(self.tls.clone()).await.map_err(away)?;
            tokio::spawn(drive(connection, Arc::clone(&warning)));
            client
        };
        Ok(Session { client, timeline: STANDBY, statements: HashMap::new(), warning })
    }
}

/// Carries a connection's traffic until it is closed.
async fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    warning: Arc<Mutex<Option<String>>>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    // A broken connection is told to whoever waits for an answer on it.
    while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message
            && notice.severity() != "NOTICE"
        {
            tracing::warn!(code = notice.code().code(), "PostgreSQL: {}", notice.message());
            *warning.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(notice.message().to_owned());
        }
    }
}

impl Session {
    /// Looks whether the server keeps what it commits, and bounds what it does for us. Answers with its
    /// timeline.
    async fn set_up(&self, host: &Config) -> Result<u32, ConnectError> {
        let away = |error| away(host, &error);
        let asked =
            "select current_setting('server_version_num')::int4, current_setting('server_version'),
             pg_is_in_recovery() or current_setting('transaction_read_only') = 'on',
             current_setting('fsync'), current_setting('full_page_writes'),
             current_setting('synchronous_commit')";
        let row = self.client.query_one(asked, &[]).await.map_err(away)?;
        let (number, version): (i32, String) = (row.get(0), row.get(1));
        if number < VERSION_MIN {
            return Err(ConnectError::TooOld { host: name(host), version });
        }
        if row.get(2) {
            let reason = "it only reads: a standby, or made read-only".to_owned();
            return Err(ConnectError::Away { host: name(host), reason });
        }
        let synchronous: String = row.get(5);
        for (column, setting, remedy) in [
            (3, "fsync", "set it to `on` and restart PostgreSQL"),
            (4, "full_page_writes", "set it to `on`"),
            (5, "synchronous_commit", "set it to `on`, also for this role and database"),
        ] {
            let value: String = row.get(column);
            // `local` waits for no standby: a failover loses what was answered.
            if value == "off" || value == "local" {
                return Err(ConnectError::Unsafe { host: name(host), setting, value, remedy });
            }
        }
        let (lock, statement, idle) = (
            limits::LOCK_WAIT_MAX.as_millis(),
            limits::STATEMENT_WAIT_MAX.as_millis(),
            limits::IDLE_IN_TRANSACTION_MAX.as_millis(),
        );
        // What was found is held to, whatever the server is told while the session lasts.
        // Everything is looked up by key, and what is sorted is sorted by one: a plan that reads a table
        // from end to end, or all of a firm's rows to find the last, must not stay because it was made
        // while there were few.
        let settings = format!(
            "set synchronous_commit = {synchronous};
             set default_transaction_isolation = 'read committed'; set lock_timeout = {lock};
             set statement_timeout = {statement}; set idle_in_transaction_session_timeout = {idle};
             set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off;
             set jit = off; set client_min_messages = warning"
        );
        self.client.batch_execute(&settings).await.map_err(away)?;
        self.timeline(host).await
    }

    /// The same for a connection that only reads, from a standby too: whoever has committed has already
    /// looked whether it is kept. Answers with a primary's timeline.
    async fn set_up_to_read(&self, host: &Config) -> Result<Option<u32>, ConnectError> {
        let away = |error| away(host, &error);
        let asked = "select current_setting('server_version_num')::int4,
             current_setting('server_version'), pg_is_in_recovery()";
        let row = self.client.query_one(asked, &[]).await.map_err(away)?;
        let (number, version, is_standby): (i32, String, bool) =
            (row.get(0), row.get(1), row.get(2));
        if number < VERSION_MIN {
            return Err(ConnectError::TooOld { host: name(host), version });
        }
        let (lock, query) = (limits::LOCK_WAIT_MAX.as_millis(), limits::QUERY_WAIT_MAX.as_millis());
        let settings = format!(
            "set default_transaction_read_only = on; set lock_timeout = {lock};
             set statement_timeout = {query}; set idle_in_transaction_session_timeout = {query};
             set enable_seqscan = off; set jit = off; set client_min_messages = warning"
        );
        self.client.batch_execute(&settings).await.map_err(away)?;
        if is_standby { Ok(None) } else { self.timeline(host).await.map(Some) }
    }

    /// A primary's.
    async fn timeline(&self, host: &Config) -> Result<u32, ConnectError> {
        let timeline =
            "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4";
        let row = self.client.query_one(timeline, &[]).await.map_err(|error| away(host, &error))?;
        Ok(row.get::<_, i32>(0).unsigned_abs())
    }

    /// A statement, prepared once.
    pub async fn prepared(
        &mut self,
        sql: &str,
        types: &[Type],
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The last warning since it was last asked for.
    pub fn take_warning(&self) -> Option<String> {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Nothing older is tested.
const VERSION_MIN: i32 = 150_000;

fn away(host: &Config, error: &tokio_postgres::Error) -> ConnectError {
    let reason = match advice(error) {
        Some(advice) => format!("{}: {advice}", said(error)),
        None => said(error),
    };
    ConnectError::Away { host: name(host), reason }
}

/// What the server or the network said.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    let with = |cause: &dyn Display| format!("{error}: {cause}");
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(db), _) => match db.detail() {
            Some(detail) => format!("{} ({}; {detail})", db.message(), db.code().code()),
            None => format!("{} ({})", db.message(), db.code().code()),
        },
        (None, Some(cause)) => with(&cause),
        (None, None) => error.to_string(),
    }
}

/// A host, without anything secret.
fn name(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let port = config.get_ports().first().copied().unwrap_or_default();
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) => format!("{name}:{port}"),
        Some(Host::Unix(folder)) => format!("{}:{port}", folder.display()),
        None => "the database".to_owned(),
    }
}
