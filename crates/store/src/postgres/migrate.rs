//! Brings a database's schema up to date: everything that is missing in one transaction, under a lock
//! that processes which start at the same time take turns at.
//!
//! Servers go on meanwhile. They are waited for in their own order, the firms first, and never for long:
//! **what a migration holds while it waits, everybody waits for.** It lets go, and tries again.

use std::{fmt::Display, time::Duration};

use tokio_postgres::{Client, error::SqlState};

use crate::migrate::{self, Migration, Remembered, SchemaError};

/// The advisory lock of whoever migrates: "amanah", in ASCII.
const TURN: i64 = 0x61_6d_61_6e_61_68;
/// Waiting for a table, in milliseconds: less than `deadlock_timeout`, so that it is never a server that
/// is chosen to give way.
const TABLE_WAIT_MS_MAX: u32 = 500;
/// Tries at getting all tables; a minute or two, where reports keep them.
const TRIES_MAX: u32 = 100;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Applies what is missing. A firm's rows are all found by its id, so where the `citus` extension is
/// present every table that is not yet spread by it is; also when the extension came later.
///
/// # Errors
/// [`SchemaError`]; nothing was applied.
pub(crate) async fn run(client: &mut Client, migrations: &[Migration]) -> Result<(), SchemaError> {
    let mut tries_left = TRIES_MAX;
    let applied = loop {
        tries_left -= 1;
        match apply(client, migrations).await {
            Ok(applied) => break applied,
            Err(Failure::Busy(error)) if tries_left > 0 => {
                tracing::info!(%error, "waiting for those who use the tables");
                tokio::time::sleep(PAUSE).await;
            }
            Err(Failure::Busy(error) | Failure::Final(error)) => return Err(error),
        }
    };
    for Migration { number, name, .. } in applied {
        tracing::info!(number, name, "migration applied");
    }
    Ok(())
}

/// Why nothing was applied.
enum Failure {
    /// Somebody else uses a table.
    Busy(SchemaError),
    Final(SchemaError),
}

impl Failure {
    fn of(error: tokio_postgres::Error, told: impl FnOnce(Told) -> SchemaError) -> Self {
        let busy = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];
        if error.code().is_some_and(|code| busy.contains(code)) {
            return Self::Busy(told(Told(error)));
        }
        Self::Final(told(Told(error)))
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::Final(error)
    }
}

async fn apply<'m>(
    client: &mut Client,
    migrations: &'m [Migration],
) -> Result<&'m [Migration], Failure> {
    let unreadable = |error| Failure::of(error, |told| SchemaError::Unreadable(told.to_string()));
    let transaction = client.transaction().await.map_err(unreadable)?;
    // Whoever comes second finds nothing left to do, and may wait as long as the first needs.
    let turn = format!(
        "set local lock_timeout = 0; set local statement_timeout = 0; select pg_advisory_xact_lock({TURN});
         set local lock_timeout = {TABLE_WAIT_MS_MAX}"
    );
    transaction.batch_execute(&turn).await.map_err(unreadable)?;
    let remembered = remembered(transaction.client()).await?;
    let missing = migrate::missing(&remembered, migrations)?;
    if !missing.is_empty() && !remembered.is_empty() {
        // Every batch begins with its firms, and so does this: nobody holds one and waits for us.
        let firms = "lock table firms in exclusive mode";
        transaction.batch_execute(firms).await.map_err(unreadable)?;
    }
    for migration in missing {
        let failed = |error| Failure::of(error, |told| migration.failed(&told));
        transaction.batch_execute(LIST).await.map_err(failed)?;
        transaction.batch_execute(&translated(migration.sql)).await.map_err(failed)?;
        let remember = "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)";
        let row = (migration.number, migration.name, migration.checksum());
        transaction.execute(remember, &[&row.0, &row.1, &row.2]).await.map_err(failed)?;
    }
    let undistributed =
        |error| Failure::of(error, |told| SchemaError::Undistributed(told.to_string()));
    transaction.batch_execute(DISTRIBUTE).await.map_err(undistributed)?;
    transaction.commit().await.map_err(unreadable)?;
    Ok(missing)
}

const LIST: &str = "create table if not exists schema_migrations (
    number bigint primary key, name text not null, checksum text not null)";

/// Spreads every table of the firms over a Citus cluster, each firm's rows on one node. Parents come
/// before the tables that name them: in the order they were made.
const DISTRIBUTE: &str = "
do $$
declare fresh record;
begin
    if to_regclass('pg_dist_partition') is null then return; end if;
    for fresh in
        select t.oid::regclass as name, a.attname as owner
        from pg_class t join pg_attribute a on a.attrelid = t.oid
        where t.relkind = 'r' and t.relnamespace = current_schema()::regnamespace
          and (a.attname = 'firm_id' or (t.relname = 'firms' and a.attname = 'id'))
          and not exists (select from pg_dist_partition p where p.logicalrelid = t.oid)
        order by t.relname <> 'firms', t.oid
    loop
        perform create_distributed_table(fresh.name, fresh.owner::text,
            colocate_with => case when fresh.name = 'firms'::regclass then 'none' else 'firms' end);
    end loop;
end $$";

/// Refuses a database that is not exactly at this version, without touching it.
///
/// # Errors
/// [`SchemaError`]
pub(crate) async fn check(client: &Client, migrations: &[Migration]) -> Result<(), SchemaError> {
    migrate::complete(&remembered(client).await?, migrations)
}

/// Refuses a database that is not yet at this version. A newer one may have been there.
///
/// # Errors
/// [`SchemaError`]
pub(super) async fn present(client: &Client, migrations: &[Migration]) -> Result<(), SchemaError> {
    migrate::present(&remembered(client).await?, migrations)
}

async fn remembered(client: &Client) -> Result<Vec<Remembered>, SchemaError> {
    let listed = "select to_regclass('schema_migrations') is not null";
    if !client.query_one(listed, &[]).await.map_err(unreadable)?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let all = "select number, name, checksum from schema_migrations order by number";
    let rows = client.query(all, &[]).await.map_err(unreadable)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// The same statements as PostgreSQL takes them: its names for the three types, text ordered as SQLite
/// orders it, and without what tells SQLite how strict to be and where to keep rows.
fn translated(sql: &str) -> String {
    let lines = sql.lines().map(|line| {
        let line = line.split_once("--").map_or(line, |(statement, _)| statement);
        let line = line.replace(") strict, without rowid;", ");").replace(") strict;", ");");
        let words = line.split(' ').map(|word| {
            let (word, end) = word.split_at(word.trim_end_matches([',', ';']).len());
            let word = match word {
                "blob" => "bytea",
                "integer" => "bigint",
                "text" => "text collate \"C\"",
                other => other,
            };
            format!("{word}{end}")
        });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An error with all it says: `tokio_postgres` keeps the server's words a level down.
pub(super) struct Told(pub tokio_postgres::Error);

impl Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_db_error() {
            None => write!(f, "{}", self.0),
            Some(error) => write!(f, "{} ({})", error.message(), error.code().code()),
        }
    }
}

fn unreadable(error: tokio_postgres::Error) -> SchemaError {
    SchemaError::Unreadable(Told(error).to_string())
}
