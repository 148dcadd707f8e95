//! How the database is.

use std::io;

use super::{Db, Pool};
use crate::{
    ReadError, Reader, Vitals,
    shape::{Columns, Read},
    views::Standbys,
};

const STANDBYS: &str = "
    select (current_setting('synchronous_standby_names') <> '')::integer::bigint,
        count(*) filter (where state = 'streaming'),
        coalesce(max(pg_wal_lsn_diff(case when pg_is_in_recovery()
            then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, replay_lsn)), 0)::bigint
    from pg_stat_replication";

impl Reader {
    /// Whether the database answers, and how it is.
    ///
    /// # Errors
    /// [`ReadError::Database`]: it does not answer.
    pub async fn vitals(&self) -> Result<Vitals, ReadError> {
        let standbys = self.ask(|db| match db {
            Db::Sqlite(_) => Ok(Standbys::default()),
            Db::Postgres(_) => Ok(db.one(STANDBYS, &[])?.unwrap_or_default()),
        });
        let (standbys, outbox) = (standbys.await?, self.outbox_count().await?);
        Ok(Vitals { standbys, outbox, free_bytes: self.free_bytes()? })
    }

    fn free_bytes(&self) -> Result<Option<u64>, ReadError> {
        let Pool::Sqlite(pool) = &self.pool else { return Ok(None) };
        let disk = rustix::fs::statvfs(pool.path()).map_err(io::Error::from);
        let disk = disk.map_err(|error| ReadError::Database(error.to_string()))?;
        Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
    }
}

impl Read for Standbys {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { are_required: row.flag()?, streaming: row.count()?, lag_bytes_max: row.count()? })
    }
}
