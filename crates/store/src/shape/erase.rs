//! How what was said about a person is taken out of rows that otherwise never change: the audit log, the
//! answers kept under keys, the retainers' journal.
//!
//! None of the three has an index by what it is about, so each is read through once: an erasure is rare,
//! and every command is spared the indexes.

/// Puts a commitment in the place of what a record says: firm, place in the log, commitment.
pub(crate) fn record(place: fn(usize) -> String) -> String {
    let (firm, n, commitment) = (place(1), place(2), place(3));
    format!(
        "update audit set commitment = {commitment}, salt = null, origin = null, request_id = null, \
         fingerprint = null, kept = null where firm_id = {firm} and n = {n}"
    )
}

/// Takes the descriptions out of a retainer's journal: firm, retainer.
pub(crate) fn movements(place: fn(usize) -> String) -> String {
    let (firm, retainer) = (place(1), place(2));
    format!(
        "update movements set description = null \
         where firm_id = {firm} and retainer_id = {retainer} and description is not null"
    )
}

/// What a kept answer is once it was erased.
pub(crate) const NOTHING: &[u8] = &[];
/// And its fingerprint.
pub(crate) const NONE: &[u8] = &[0; 32];
