//! The ledger, posting by posting.

use domain::{
    Id,
    rows::{Entry, Firm},
};

use super::{Db, counted};
use crate::{Listed, Page, ReadError, Reader, shape::journal::Plain as _};

impl Reader {
    /// A part of the ledger, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn entries(&self, firm: Id<Firm>, part: Page) -> Result<Listed<Entry>, ReadError> {
        self.ask(move |db| entries(db, firm, &part)).await
    }
}

/// Before every posting.
const NEWEST: (i64, i64) = (i64::MAX, i64::MAX);

fn entries(db: &Db, firm: Id<Firm>, part: &Page) -> Result<Listed<Entry>, ReadError> {
    let count =
        || counted(db, "select count(*) from entries e where e.firm_id = ?1", &[firm.into()]);
    let limit = part.limit();
    let (total, (seq, line), skipped) = match part {
        Page::After { cursor, .. } if !cursor.is_empty() => {
            let (total, place) = place(cursor).ok_or(ReadError::BadCursor)?;
            (total, place, 0)
        }
        Page::After { .. } => (count()?, NEWEST, 0),
        Page::Number { page, .. } => {
            let skipped = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(limit));
            (count()?, NEWEST, skipped)
        }
    };
    // One more than asked for, to know whether there is more.
    let sql = format!(
        "select {} from entries e where e.firm_id = ?1 and (e.seq, e.line) < (?2, ?3)
         order by e.seq desc, e.line desc limit ?4 offset ?5",
        Entry::COLUMNS
    );
    let taken = i64::from(limit) + 1;
    let of = [firm.into(), seq.into(), line.into(), taken.into(), skipped.into()];
    let mut rows: Vec<Entry> = db.all(&sql, &of)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.last().filter(|_| more);
    let next = last.map(|last| format!("{total}.{}-{}", last.seq, last.line));
    Ok(Listed { rows, total, next })
}

/// How long the ledger was when a walk began, and the last posting shown.
fn place(cursor: &str) -> Option<(u64, (i64, i64))> {
    let (total, place) = cursor.split_once('.')?;
    let (seq, line) = place.split_once('-')?;
    Some((total.parse().ok()?, (seq.parse().ok()?, line.parse().ok()?)))
}
