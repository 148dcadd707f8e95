//! What became of a commit that nobody confirmed.

use domain::{Batch, change::FirmBatch};
use engine::StoreError;
use tokio::time::{Instant, timeout_at};

use super::{
    Failure, PostgresStore, limits,
    session::{Session, said},
    write,
};

/// What became of it.
enum Fate {
    /// It is in the database, and so is all that its standbys must have.
    Committed,
    /// It is not, and can't come any more.
    Lost,
}

impl PostgresStore {
    /// Asks until there is an answer, for as long as callers wait.
    pub(super) async fn settle(&mut self, batch: &Batch, why: String) -> Result<(), StoreError> {
        let Some(part) = batch.firms.first() else {
            // Nothing was written.
            return Err(StoreError::Conflict(why));
        };
        let until = Instant::now() + limits::SETTLE_WAIT_MAX;
        let mut last = why;
        loop {
            let fate = match timeout_at(until, self.connect(until)).await {
                Ok(Ok(mut session)) => {
                    let fate = timeout_at(until, fate(&mut session, part)).await;
                    self.session = matches!(fate, Ok(Ok(_))).then_some(session);
                    fate.unwrap_or(Err("still under way".to_owned()))
                }
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("no primary was found".to_owned()),
            };
            match fate {
                Ok(Fate::Committed) => return Ok(()),
                Ok(Fate::Lost) => {
                    return Err(StoreError::Conflict(format!("the commit was lost: {last}")));
                }
                Err(reason) => last = reason,
            }
            if Instant::now() + limits::RECONNECT_PAUSE >= until {
                return Err(StoreError::Unknown(last));
            }
            tokio::time::sleep(limits::RECONNECT_PAUSE).await;
        }
    }
}

/// Whether the batch of which `part` is one is in the database. Its transaction held the head of every
/// firm in it: once another holds this one, that transaction is over, one way or the other.
async fn fate(session: &mut Session, part: &FirmBatch) -> Result<Fate, String> {
    session.client.batch_execute("begin").await.map_err(|error| said(&error))?;
    let fate = under_lock(session, part).await.map_err(|failure| match failure {
        Failure::Database(error) => said(&error),
        other => format!("{other:?}"),
    })?;
    // The lock makes this a commit that standbys must confirm, and whoever confirms it has all that came
    // before.
    session.take_warning();
    session.client.batch_execute("commit").await.map_err(|error| said(&error))?;
    session.take_warning().map_or(Ok(fate), Err)
}

async fn under_lock(session: &mut Session, part: &FirmBatch) -> Result<Fate, Failure> {
    let firm = part.firm.id.bytes().as_slice();
    if part.base.is_none() {
        // There was no head to lock; a second one waits for the first, too.
        match write::head(session, part).await {
            Ok(()) => {
                session.client.batch_execute("rollback; begin").await?;
                return Ok(Fate::Lost);
            }
            // There is one, and now it can be locked. Without that our own commit would write nothing, and
            // wait for no standby.
            Err(Failure::Conflict(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    let lock = "select from firms where id = $1 for no key update";
    let lock = session.prepared(lock, &[]).await?;
    session.client.query_opt(&lock, &[&firm]).await?;
    let Some(last) = part.audit.last() else {
        return Err(Failure::Conflict("a batch without a record leaves no trace".to_owned()));
    };
    let asked = "select leaf from audit where firm_id = $1 and n = $2";
    let asked = session.prepared(asked, &[]).await?;
    let found = session.client.query_opt(&asked, &[&firm, &last.n]).await?;
    let is_ours = found.is_some_and(|row| row.get::<_, &[u8]>(0) == last.leaf);
    Ok(if is_ours { Fate::Committed } else { Fate::Lost })
}
