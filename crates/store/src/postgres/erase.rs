//! Takes out what was said about a person. The log has no index but its own order, so the database reads
//! it through once: this is rare, and every command is spared the index.

use domain::{
    Id,
    change::Erasure,
    rows::{AuditRecord, Firm},
};

use super::{Failure, load, session::Session};
use crate::shape::{erase, journal::Plain as _};

/// Erases, inside the open transaction.
pub(super) async fn erase(
    session: &mut Session,
    firm: &Id<Firm>,
    erasure: &Erasure,
) -> Result<(), Failure> {
    let firm = firm.bytes().as_slice();
    let objects: Vec<&[u8]> = erasure.objects.iter().map(<[u8; 12]>::as_slice).collect();
    let login = erasure.login.as_ref().map(|login| login.bytes().as_slice());
    let sql = AuditRecord::select(
        "u.firm_id = $1 and u.n <= $2 and u.commitment is null \
         and (u.object = any($3) or u.user_id = $4)",
    );
    let some = session.prepared(&sql, &[]).await?;
    let rows = session.client.query(&some, &[&firm, &erasure.up_to, &objects, &login]).await?;
    let place = |n| format!("${n}");
    let record = session.prepared(&erase::record(place), &[]).await?;
    for row in &rows {
        let found: AuditRecord = load::read(row)?;
        let commitment = found.told.commitment();
        let commitment = commitment.as_slice();
        session.client.execute(&record, &[&firm, &found.n, &commitment]).await?;
    }
    let outcomes = session.prepared(&erase::outcomes(place), &[]).await?;
    session.client.execute(&outcomes, &[&firm, &erase::NOTHING, &erase::NONE]).await?;
    let movements = session.prepared(&erase::movements(place), &[]).await?;
    for object in &objects {
        session.client.execute(&movements, &[&firm, object]).await?;
    }
    Ok(())
}
