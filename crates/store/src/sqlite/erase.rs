//! Takes out what was said about a person. The log has no index but its own order, so it is read through
//! once: this is rare, and every command is spared the index.

use domain::{
    Id,
    change::Erasure,
    rows::{AuditRecord, Firm},
};
use rusqlite::Connection;

use super::{entity::each, write::Written};
use crate::shape::{erase, journal::Plain as _};

/// Erases, inside the open transaction.
pub(super) fn erase(connection: &Connection, firm: &Id<Firm>, erasure: &Erasure) -> Written {
    let sql = AuditRecord::select("u.firm_id = ?1 and u.n <= ?2 and u.commitment is null");
    let mut taken = Vec::new();
    each(connection, &sql, (firm.bytes(), erasure.up_to), |record: AuditRecord| {
        if erasure.takes(&record) {
            taken.push((record.n, record.told.commitment()));
        }
    })?;
    let place = |n| format!("?{n}");
    let mut record = connection.prepare_cached(&erase::record(place))?;
    for (n, commitment) in &taken {
        record.execute((firm.bytes(), n, commitment.as_slice()))?;
    }
    let emptied = (firm.bytes(), erase::NOTHING, erase::NONE);
    connection.execute(&erase::outcomes(place), emptied)?;
    let mut movements = connection.prepare_cached(&erase::movements(place))?;
    for object in &erasure.objects {
        movements.execute((firm.bytes(), object))?;
    }
    Ok(())
}
