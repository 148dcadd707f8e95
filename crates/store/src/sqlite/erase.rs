//! Takes out what was said about a person, and sees to it that no copy of it stays in the file.
//!
//! What SQLite deletes it only forgets: pages keep copies of rows that were changed or moved to other pages,
//! and `secure_delete` does not reach all of them. **So the file is written anew**, and the log is emptied
//! into it. That this is still to be done is a mark in the file, set in the erasure's own commit.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    Id,
    change::Erasure,
    rows::{AuditRecord, Firm},
};
use rusqlite::{Connection, Result};

use super::{connect::BUSY_WAIT, entity::each, write::Written};
use crate::shape::{Columns, Read, erase, journal::Plain as _};

/// The mark: `pragma user_version`, which is used for nothing else.
const OWED: i64 = 1;

/// Erases, inside the open transaction.
pub(super) fn erase(connection: &Connection, firm: &Id<Firm>, erasure: &Erasure) -> Written {
    let named = "select audit_n from outcomes where firm_id = ?1 and instr(answer, ?2) > 0";
    let client = erasure.client.to_string();
    let mut naming = BTreeSet::new();
    each(connection, named, (firm.bytes(), client.as_bytes()), |KeptWith(n)| {
        naming.insert(n);
    })?;
    let sql = AuditRecord::select("u.firm_id = ?1 and u.n <= ?2 and u.commitment is null");
    let mut taken = Vec::new();
    each(connection, &sql, (firm.bytes(), erasure.up_to), |record: AuditRecord| {
        let is_about = erasure.is_about(&record) || naming.contains(&record.n);
        if is_about && erasure.may_take(&record) {
            taken.push((record.n, record.told.commitment()));
        }
    })?;
    let place = |n| format!("?{n}");
    let mut record = connection.prepare_cached(&erase::record(place))?;
    for (n, commitment) in &taken {
        record.execute((firm.bytes(), n, commitment.as_slice()))?;
    }
    let emptied = "update outcomes set answer = ?2, fingerprint = ?3 where firm_id = ?1 and audit_n in \
                   (select n from audit where firm_id = ?1 and commitment is not null)";
    connection.execute(emptied, (firm.bytes(), erase::NOTHING, erase::NONE))?;
    let mut movements = connection.prepare_cached(&erase::movements(place))?;
    for object in &erasure.objects {
        movements.execute((firm.bytes(), object))?;
    }
    connection.pragma_update(None, "user_version", OWED)?;
    Ok(())
}

/// The audit record that an answer is kept with.
struct KeptWith(i64);

impl Read for KeptWith {
    fn read<C: Columns>(row: &mut C) -> std::result::Result<Self, C::Error> {
        row.count().map(Self)
    }
}

/// Whether the file may still hold what was erased from it.
pub(super) fn is_owed(connection: &Connection) -> Result<bool> {
    let mark: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(mark == OWED)
}

/// Writes the file anew, with nothing in it but rows that are there.
pub(super) fn rewrite(connection: &Connection) -> Result<()> {
    // As large as the database: on the disk, not in memory.
    connection.pragma_update(None, "temp_store", "file")?;
    let rewritten = connection.execute_batch("vacuum");
    connection.pragma_update(None, "temp_store", "memory")?;
    rewritten
}

/// Empties the log into the file and cuts it; `false`: somebody still reads from it.
pub(super) fn empty_log(connection: &Connection, wait_max: Duration) -> Result<bool> {
    connection.busy_timeout(wait_max)?;
    let emptied = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| {
        row.get::<_, bool>(0).map(|is_busy| !is_busy)
    });
    connection.busy_timeout(BUSY_WAIT)?;
    emptied
}

/// Takes the mark away.
pub(super) fn settle(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "user_version", 0)
}
