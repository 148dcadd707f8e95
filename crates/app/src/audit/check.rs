//! Checks what an auditor was given, with nothing but the file, the public keys and perhaps a checkpoint
//! that was kept from earlier: a whole log, the proof that a record is in one, or that one has only grown.
//!
//! Leaves and roots are recomputed with the tree of this program; the proofs are checked by another
//! implementation than the one that made them.

use std::io::BufRead;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use data_encoding::BASE64;
use domain::{
    audit::{self, Tree},
    rows::AuditRecord,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Sha256;

use super::{
    checkpoint::{Checkpoint, NotACheckpoint, PublicKeys},
    line::{Line, bytes},
};

/// What an export begins with.
pub(crate) const FORMAT: &str = "amanah-audit-log/1";

/// What was found to hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Holds {
    /// Every record is what was recorded, and the whole is what was signed.
    Log {
        /// What was signed.
        checkpoint: Checkpoint,
        /// Of how many records what was said has been erased.
        erased: u64,
        /// The older checkpoint that the log began as.
        older: Option<Checkpoint>,
    },
    /// A record is in the log that was signed.
    Inclusion {
        /// What was signed.
        checkpoint: Checkpoint,
        /// Which record.
        n: i64,
    },
    /// The log that was signed began as the older one.
    Consistency {
        /// What was signed.
        checkpoint: Checkpoint,
        /// What it began as.
        older: Checkpoint,
    },
}

/// Why it was not found to hold.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It could not be checked.
    #[error("{0}")]
    Unchecked(String),
    /// The file can't be read.
    #[error("the file can't be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It does not hold.
    #[error("{0}")]
    Refuted(String),
}

impl From<NotACheckpoint> for Failure {
    fn from(error: NotACheckpoint) -> Self {
        match error {
            NotACheckpoint::Key(_) => Self::Unchecked(error.to_string()),
            _ => Self::Refuted(error.to_string()),
        }
    }
}

fn refuted<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Refuted(why.into()))
}

/// Checks a file: an export of the log, or the answer with a proof. `older` is a checkpoint kept from
/// earlier, as text.
///
/// # Errors
/// [`Failure`]
pub fn check(
    mut file: impl BufRead,
    keys: &PublicKeys,
    older: Option<&str>,
) -> Result<Holds, Failure> {
    let older = older.map(|text| Checkpoint::verified(text, keys)).transpose();
    let older = older.map_err(|error| match Failure::from(error) {
        Failure::Refuted(why) => Failure::Refuted(format!("the older checkpoint: {why}")),
        other => other,
    })?;
    let mut first = String::new();
    file.read_line(&mut first)?;
    if let Ok(head) = serde_json::from_str::<Head>(&first) {
        return log(&head, file, keys, older);
    }
    file.read_to_string(&mut first)?;
    let answer: Option<Answer> = serde_json::from_str(&first).ok();
    let data = answer.as_ref().map_or("", |answer| answer.data.get());
    if let Ok(proof) = serde_json::from_str(data) {
        return inclusion(proof, keys, older.as_ref());
    }
    if let Ok(proof) = serde_json::from_str(data) {
        return consistency(&proof, keys, older);
    }
    refuted(
        "this is neither an export of an audit log nor an answer with a proof, or it was cut or changed",
    )
}

/// The first line of an export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    checkpoint: String,
}

/// An answer with a proof.
#[derive(Deserialize)]
struct Answer {
    data: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    record: Line,
    tree: Stated,
    proof: Vec<String>,
    checkpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    from: Stated,
    to: Stated,
    proof: Vec<String>,
    checkpoint: Option<String>,
}

/// A tree as an answer states it.
#[derive(Deserialize)]
struct Stated {
    size: u64,
    root: String,
}

impl Stated {
    fn is(&self, checkpoint: &Checkpoint) -> bool {
        self.size == checkpoint.size && bytes(&self.root) == Some(checkpoint.root)
    }
}

fn log(
    head: &Head,
    lines: impl BufRead,
    keys: &PublicKeys,
    older: Option<Checkpoint>,
) -> Result<Holds, Failure> {
    if head.format != FORMAT {
        return Err(Failure::Unchecked(format!("{} is no format known here", head.format)));
    }
    let checkpoint = Checkpoint::verified(&head.checkpoint, keys)?;
    if let Some(older) = &older {
        is_of_one_log(older, &checkpoint)?;
    }
    let (mut tree, mut erased) = (Tree::default(), 0);
    begins_as(&tree, older.as_ref())?;
    // Records come one by one: a log may be longer than memory.
    for line in lines.split(b'\n') {
        if tree.size() == checkpoint.size {
            return refuted(format!("there are more records than the {} signed", checkpoint.size));
        }
        let line: Result<Line, _> = serde_json::from_slice(&line?);
        let record = recorded(line.map_err(|error| error.to_string()), tree.count() + 1)?;
        erased += u64::from(record.told.said().is_none());
        tree.append(record.leaf);
        begins_as(&tree, older.as_ref())?;
    }
    if tree.size() < checkpoint.size {
        return refuted(format!(
            "the file ends after record {}, {} were signed",
            tree.size(),
            checkpoint.size
        ));
    }
    if tree.root() != checkpoint.root {
        return refuted(format!(
            "the records are not those that were signed: their root is {}, the checkpoint's is {}",
            BASE64.encode(&tree.root()),
            BASE64.encode(&checkpoint.root)
        ));
    }
    Ok(Holds::Log { checkpoint, erased, older })
}

/// The `n`-th record, if it is what its leaf was made of.
fn recorded(line: Result<Line, String>, n: i64) -> Result<AuditRecord, Failure> {
    let wrong = |why: String| Failure::Refuted(format!("record {n}: {why}"));
    let line = line.map_err(wrong)?;
    if line.n() != n {
        return Err(wrong(format!("record {} stands in its place", line.n())));
    }
    let record = line.record().map_err(wrong)?;
    if record.leaf != audit::leaf(&record) {
        return Err(wrong("it is not what was recorded: its leaf is another's".into()));
    }
    Ok(record)
}

/// A tree of the older one's size must be the older one.
fn begins_as(tree: &Tree, older: Option<&Checkpoint>) -> Result<(), Failure> {
    match older.filter(|older| older.size == tree.size()) {
        Some(older) if older.root != tree.root() => refuted(format!(
            "the first {} records are not those of the older checkpoint: their root is {}, its is {}",
            older.size,
            BASE64.encode(&tree.root()),
            BASE64.encode(&older.root)
        )),
        _ => Ok(()),
    }
}

fn is_of_one_log(older: &Checkpoint, checkpoint: &Checkpoint) -> Result<(), Failure> {
    if older.origin != checkpoint.origin {
        return refuted(format!(
            "the older checkpoint is of {}, the newer one of {}",
            older.origin, checkpoint.origin
        ));
    }
    if older.size > checkpoint.size {
        return refuted(format!(
            "the log had {} records when the older checkpoint was signed, and has {} now",
            older.size, checkpoint.size
        ));
    }
    Ok(())
}

fn inclusion(
    proof: Inclusion,
    keys: &PublicKeys,
    older: Option<&Checkpoint>,
) -> Result<Holds, Failure> {
    let checkpoint = signed(proof.checkpoint.as_deref(), keys)?;
    if let Some(older) = older {
        is_of_one_log(older, &checkpoint)?;
        if older.size != checkpoint.size || older.root != checkpoint.root {
            return Err(Failure::Unchecked(
                "the older checkpoint is of another size; ask for the proof with ?size of it"
                    .into(),
            ));
        }
    }
    if !proof.tree.is(&checkpoint) {
        return refuted("the tree of the proof is not the one that was signed");
    }
    let n = proof.record.n();
    let record = recorded(Ok(proof.record), n)?;
    let at = u64::try_from(n - 1).ok();
    let hashes = InclusionProof::<Sha256>::try_from_bytes(joined(&proof.proof)?);
    let holds = at.zip(hashes.ok()).is_some_and(|(at, hashes)| {
        root_of(&checkpoint).verify_inclusion(&audit::entry(&record), at, &hashes).is_ok()
    });
    if holds {
        Ok(Holds::Inclusion { checkpoint, n })
    } else {
        refuted(format!("record {n}: the proof does not lead to the root that was signed"))
    }
}

fn consistency(
    proof: &Consistency,
    keys: &PublicKeys,
    older: Option<Checkpoint>,
) -> Result<Holds, Failure> {
    let checkpoint = signed(proof.checkpoint.as_deref(), keys)?;
    let older = older.ok_or_else(|| {
        Failure::Unchecked(
            "give the older checkpoint, with --older: nothing else says what it was".into(),
        )
    })?;
    is_of_one_log(&older, &checkpoint)?;
    if !proof.from.is(&older) {
        return refuted("the log that the proof begins with is not that of the older checkpoint");
    }
    if !proof.to.is(&checkpoint) {
        return refuted("the tree of the proof is not the one that was signed");
    }
    let hashes = ConsistencyProof::<Sha256>::try_from_bytes(joined(&proof.proof)?);
    let holds = hashes.is_ok_and(|hashes| {
        root_of(&checkpoint).verify_consistency(&root_of(&older), &hashes).is_ok()
    });
    if holds {
        Ok(Holds::Consistency { checkpoint, older })
    } else {
        refuted(format!(
            "the log of {} records is not shown to have begun as the one of {}",
            checkpoint.size, older.size
        ))
    }
}

fn signed(checkpoint: Option<&str>, keys: &PublicKeys) -> Result<Checkpoint, Failure> {
    let none = || {
        Failure::Unchecked(
            "the answer has no checkpoint: the server that gave it has no key".into(),
        )
    };
    Ok(Checkpoint::verified(checkpoint.ok_or_else(none)?, keys)?)
}

fn joined(hashes: &[String]) -> Result<Vec<u8>, Failure> {
    let decoded = hashes.iter().map(|text| bytes::<32>(text));
    let decoded = decoded.collect::<Option<Vec<_>>>();
    decoded.map(|all| all.concat()).ok_or(Failure::Refuted("a hash is no SHA-256 in hex".into()))
}

fn root_of(checkpoint: &Checkpoint) -> RootHash<Sha256> {
    RootHash::new(checkpoint.root.into(), checkpoint.size)
}
