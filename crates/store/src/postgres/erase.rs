//! Takes out what was said about a person. The rows as they were stay in the files until PostgreSQL
//! vacuums the tables, and in its log for as long as that is kept: that is the operator's.

use domain::{
    Id,
    change::Erasure,
    rows::{AuditRecord, Firm},
};
use tokio_postgres::types::ToSql;

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
    let client = erasure.client.to_string();
    let sql = AuditRecord::select(
        "u.firm_id = $1 and u.n <= $2 and u.commitment is null and (u.object = any($3) or u.user_id = $4 \
         or u.n in (select audit_n from outcomes where firm_id = $1 and position($5 in answer) > 0))",
    );
    let some = session.prepared(&sql, &[]).await?;
    let about: [&(dyn ToSql + Sync); 5] =
        [&firm, &erasure.up_to, &objects, &login, &client.as_bytes()];
    let rows = session.client.query(&some, &about).await?;
    let place = |n| format!("${n}");
    let record = session.prepared(&erase::record(place), &[]).await?;
    for row in &rows {
        let found: AuditRecord = load::read(row)?;
        if !erasure.may_take(&found) {
            continue;
        }
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
