//! Idempotency as the old platform had it: looked up before, kept after, by the key alone — not by
//! firm, not by body, and only when all went well.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Shared, documents::Kept};

/// What a mutation came to.
pub type Done = (u16, Value);

/// A refusal.
pub fn no(status: u16, code: &str) -> Done {
    (status, json!({"success": false, "error": true, "code": code, "message": code}))
}

impl Shared {
    /// The answer that was kept under `key`, if any.
    pub async fn earlier(&self, key: Option<&str>) -> Option<Kept> {
        let kept = self.documents.with(|all| all.kept.get(key?).cloned());
        self.pause().await;
        kept
    }

    /// Keeps the answer, once it is about to be given.
    pub async fn keep(&self, key: Option<&str>, done: &Done) -> Result<(), Done> {
        if self.faults.crash_after_commit.swap(false, Ordering::SeqCst) {
            return Err(no(504, "the process died here"));
        }
        self.pause().await;
        if let Some(key) = key.filter(|_| (200..300).contains(&done.0)) {
            let kept = Kept { status: done.0, body: done.1.clone() };
            self.documents.with(|all| all.kept.insert(key.to_owned(), kept));
        }
        Ok(())
    }
}
