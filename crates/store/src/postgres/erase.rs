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
    let naming = "select audit_n from outcomes where firm_id = $1 and position($2 in answer) > 0";
    let naming = session.prepared(naming, &[]).await?;
    let naming = session.client.query(&naming, &[&firm, &client.as_bytes()]).await?;
    let naming: Vec<i64> = naming.iter().map(|row| row.get(0)).collect();
    let some = AuditRecord::select(
        "u.firm_id = $1 and u.n <= $2 and u.commitment is null \
         and (u.object = any($3) or u.user_id = $4 or u.n = any($5))",
    );
    let some = session.prepared(&some, &[]).await?;
    let about: [&(dyn ToSql + Sync); 5] = [&firm, &erasure.up_to, &objects, &login, &naming];
    let found = session.client.query(&some, &about).await?;
    let found: Vec<AuditRecord> = found.iter().map(load::read).collect::<Result<_, _>>()?;
    let taken = found.iter().filter(|record| erasure.may_take(record));
    let place = |n| format!("${n}");
    let record = session.prepared(&erase::record(place), &[]).await?;
    let mut emptied = Vec::new();
    for AuditRecord { n, told, .. } in taken {
        let commitment = told.commitment();
        session.client.execute(&record, &[&firm, n, &commitment.as_slice()]).await?;
        emptied.push(*n);
    }
    let outcomes = "update outcomes set answer = $3, fingerprint = $4 \
                    where firm_id = $1 and audit_n = any($2)";
    let outcomes = session.prepared(outcomes, &[]).await?;
    let emptied: [&(dyn ToSql + Sync); 4] = [&firm, &emptied, &erase::NOTHING, &erase::NONE];
    session.client.execute(&outcomes, &emptied).await?;
    let movements = session.prepared(&erase::movements(place), &[]).await?;
    for object in &objects {
        session.client.execute(&movements, &[&firm, object]).await?;
    }
    Ok(())
}
