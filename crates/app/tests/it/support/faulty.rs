//! A store around the real one that fails where the test tells it to; without faults it adds nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use domain::{
    Batch, Id, Key, Loaded, Ref,
    rows::{Firm, Movement},
};
use engine::{Store, StoreError};

/// The levers.
#[derive(Debug, Default)]
pub struct Faults {
    /// The next commit succeeds and the process dies before it can answer.
    pub crash_after_commit: AtomicBool,
    /// Every commit loses to another process.
    pub conflict_always: AtomicBool,
    /// Every third commit loses to another process.
    pub conflict_often: AtomicBool,
    /// Commits are acknowledged and not carried out: the defect that a crash test must see.
    pub acknowledge_only: AtomicBool,
    /// Commits find no database.
    pub away: AtomicBool,
    /// A commit takes so long.
    pub commit_ms: AtomicU64,
    /// Nothing is locked, and a commit writes over whatever has changed since it was read: the store as
    /// it would be if it relied on being the only one. Of a firm whose retainers alone change.
    pub unguarded: AtomicBool,
    commits: AtomicUsize,
}

/// The description of a movement that the database refuses to store.
pub const POISON: &str = "poison";
/// The description of a movement whose decision panics.
pub const PANIC: &str = "panic";

pub struct Faulty<S> {
    pub inner: S,
    pub faults: Arc<Faults>,
}

impl<S: Store> Store for Faulty<S> {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        let heads = self.inner.begin(firms).await?;
        if self.faults.unguarded.load(SeqCst) {
            self.inner.rollback().await;
        }
        Ok(heads)
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        self.inner.load(firm, keys).await
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let faults = &self.faults;
        let pause = faults.commit_ms.load(SeqCst);
        if pause > 0 {
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let poisoned = |movement: &Arc<Movement>| movement.description.as_deref() == Some(POISON);
        if batch.firms.iter().flat_map(|part| &part.movements).any(poisoned) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        if faults.away.load(SeqCst) {
            return Err(StoreError::Unavailable("as the test asked".to_owned()));
        }
        let often = faults.conflict_often.load(SeqCst)
            && faults.commits.fetch_add(1, SeqCst).is_multiple_of(3);
        if often || faults.conflict_always.load(SeqCst) {
            return Err(StoreError::Conflict("as the test asked".to_owned()));
        }
        if faults.acknowledge_only.load(SeqCst) {
            self.inner.rollback().await;
            return Ok(());
        }
        if faults.unguarded.load(SeqCst) {
            let claimed = self.claim(batch).await?;
            return self.inner.commit(&claimed).await;
        }
        self.inner.commit(batch).await?;
        if faults.crash_after_commit.swap(false, SeqCst) {
            return Err(StoreError::Unknown("the process died here".to_owned()));
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }
}

impl<S: Store> Faulty<S> {
    /// The same batch, saying that it has read what is there now.
    async fn claim(&mut self, batch: &Batch) -> Result<Batch, StoreError> {
        let mut batch = batch.clone();
        let firms: Vec<_> = batch.firms.iter().map(|part| part.firm.id).collect();
        let heads = self.inner.begin(&firms).await?;
        for (part, head) in batch.firms.iter_mut().zip(heads) {
            part.base = head.map(|head| head.last_batch);
            for write in part.retainers.iter_mut().filter(|write| write.base.is_some()) {
                let key = Key::Retainer(Ref::Id(write.row.id));
                for loaded in self.inner.load(part.firm.id, &[key]).await? {
                    if let Loaded::Retainer(now) = loaded {
                        write.base = Some(now.version);
                    }
                }
            }
        }
        Ok(batch)
    }
}
