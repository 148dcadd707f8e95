//! How the audit logs were when they were walked before: signed checkpoints in files beside the key,
//! one file a firm. **Who can write the database can't write these**, and can't sign others.
//!
//! Without a key they are kept in memory, and a restart begins anew.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use domain::{Id, invariant::Remembered, rows::Firm};
use store::AuditTree;

use crate::audit::{AuditKey, Checkpoint, PublicKeys};

/// Most checkpoints kept of a firm. The last one alone tells whether anything before it was rewritten;
/// those before it tell where.
const CHECKPOINTS_COUNT_MAX: usize = 16;

/// What is remembered of every firm's log.
#[derive(Debug, Default)]
pub struct Past {
    folder: Option<PathBuf>,
    /// As far as it was read.
    known: Mutex<HashMap<Id<Firm>, Vec<Remembered>>>,
}

impl Past {
    /// Kept in this folder, which is made when there is something to keep; or only in memory.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, known: Mutex::default() }
    }

    /// How a firm's log was, from the shortest on.
    pub(super) fn of(&self, firm: Id<Firm>, key: Option<&AuditKey>) -> Vec<Remembered> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(firm).or_insert_with(|| self.read(firm, key)).clone()
    }

    /// The log holds all that is remembered of it, and is now like this.
    pub(super) fn remember(&self, firm: Id<Firm>, key: Option<&AuditKey>, now: Remembered) {
        let mut logs = self.of(firm, key);
        if logs.last() == Some(&now) || now.size == 0 {
            return;
        }
        logs.push(now);
        if logs.len() > CHECKPOINTS_COUNT_MAX {
            logs.remove(most_dispensable(&logs));
        }
        self.keep(firm, key, logs);
    }

    /// Somebody has answered for the log as it is now: what was before does not count.
    pub(super) fn begin_anew(&self, firm: Id<Firm>, key: Option<&AuditKey>, now: Remembered) {
        self.keep(firm, key, vec![now]);
    }

    fn keep(&self, firm: Id<Firm>, key: Option<&AuditKey>, logs: Vec<Remembered>) {
        if let (Some(folder), Some(key)) = (&self.folder, key)
            && let Err(error) = write(folder, firm, key, &logs)
        {
            let folder = folder.display();
            tracing::warn!(%error, %folder, "how the audit log is can't be kept for after a restart");
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(firm, logs);
    }

    fn read(&self, firm: Id<Firm>, key: Option<&AuditKey>) -> Vec<Remembered> {
        let (Some(folder), Some(key)) = (&self.folder, key) else { return Vec::new() };
        let text = match fs::read_to_string(file(folder, firm)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            read => read,
        };
        let text = text.unwrap_or_else(|error| {
            tracing::error!(%error, %firm, "the kept checkpoints can't be read");
            String::new()
        });
        let keys = PublicKeys::new(&[key.public(firm)]).unwrap_or_default();
        let mut logs: Vec<Remembered> = Vec::new();
        for line in text.lines() {
            let note = serde_json::from_str::<String>(line).unwrap_or_default();
            match Checkpoint::verified(&note, &keys) {
                Ok(Checkpoint { size, root, .. }) => logs.push(Remembered { size, root }),
                Err(error) => tracing::error!(%error, %firm, "a kept checkpoint is not believed"),
            }
        }
        logs.sort_unstable_by_key(|log| log.size);
        logs
    }
}

fn file(folder: &Path, firm: Id<Firm>) -> PathBuf {
    folder.join(format!("{firm}.jsonl"))
}

/// Complete, or as it was.
fn write(folder: &Path, firm: Id<Firm>, key: &AuditKey, logs: &[Remembered]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    for Remembered { size, root } in logs {
        let note = key.checkpoint(firm, &AuditTree { size: *size, root: *root });
        writeln!(new, "{}", serde_json::Value::String(note))?;
    }
    new.as_file().sync_all()?;
    new.persist(file(folder, firm))?;
    Ok(())
}

/// The one whose neighbours are closest together; never the first or the last.
fn most_dispensable(logs: &[Remembered]) -> usize {
    let gaps = logs.windows(3).map(|three| three[2].size.saturating_sub(three[0].size));
    gaps.zip(1..).min().map_or(0, |(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRM: Id<Firm> = Id::new([1; 12]);

    fn log(size: u64) -> Remembered {
        Remembered { size, root: [9; 32] }
    }

    #[test]
    fn what_was_kept_is_known_after_a_restart_by_its_signature() {
        let folder = tempfile::tempdir().unwrap();
        let past = || Past::new(Some(folder.path().join("checkpoints")));
        let key = AuditKey::of_bytes(&[7; 32], "a.example").unwrap();
        let other = AuditKey::of_bytes(&[8; 32], "a.example").unwrap();
        let first = past();
        for size in [3, 3, 8] {
            first.remember(FIRM, Some(&key), log(size));
        }
        assert_eq!(past().of(FIRM, Some(&key)), [log(3), log(8)]);
        assert_eq!(past().of(FIRM, Some(&other)), []);
        assert_eq!(past().of(Id::new([2; 12]), Some(&key)), []);
        let file = file(&folder.path().join("checkpoints"), FIRM);
        let forged = fs::read_to_string(&file).unwrap().replacen("\\n8\\n", "\\n9\\n", 1);
        fs::write(&file, forged).unwrap();
        assert_eq!(past().of(FIRM, Some(&key)), [log(3)]);
        first.begin_anew(FIRM, Some(&key), log(9));
        assert_eq!(past().of(FIRM, Some(&key)), [log(9)]);
    }

    #[test]
    fn of_many_checkpoints_those_are_kept_that_are_far_apart() {
        let past = Past::default();
        for size in 1..=100 {
            past.remember(FIRM, None, log(size));
        }
        let sizes: Vec<u64> = past.of(FIRM, None).iter().map(|log| log.size).collect();
        assert_eq!(sizes.len(), CHECKPOINTS_COUNT_MAX);
        assert_eq!((sizes.first(), sizes.last()), (Some(&1), Some(&100)));
        assert!(sizes.windows(2).all(|pair| pair[1] - pair[0] <= 16), "{sizes:?}");
    }
}
