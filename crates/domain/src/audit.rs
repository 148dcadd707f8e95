//! The audit chain: each record's hash covers the one before, so none can be changed, dropped or added.

use sha2::{Digest, Sha256};

use crate::{
    id::{Id, User},
    rows::AuditRecord,
};

/// SHA-256 over the previous hash and every field of `record` but its own hash, each with its length.
pub fn chain(previous: &[u8; 32], record: &AuditRecord) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).expect("a field is smaller than 2^64 bytes");
        hash.update(length.to_be_bytes());
        hash.update(bytes);
    };
    field(previous);
    field(&record.n.to_be_bytes());
    field(record.seq.map(i64::to_be_bytes).as_ref().map_or(&[], |seq| seq.as_slice()));
    field(&record.at.micros().to_be_bytes());
    field(record.user.bytes());
    field(record.role.name().as_bytes());
    field(record.command.as_bytes());
    field(record.outcome.as_bytes());
    field(record.object.as_ref().map_or(&[], |id| id.as_slice()));
    field(record.origin.as_bytes());
    field(record.request_id.as_bytes());
    field(&record.fingerprint);
    field(record.kept.as_ref().map_or(&[], |digest| digest.as_slice()));
    hash.finalize().into()
}

/// SHA-256 of an answer as it is kept: whose key, the key, the bytes.
pub fn kept(user: Id<User>, key: &str, answer: &[u8]) -> [u8; 32] {
    fingerprint(&[user.bytes(), key.as_bytes(), answer])
}

/// SHA-256 of what was asked; the parts are kept apart by their lengths.
pub fn fingerprint(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        let length = u64::try_from(part.len()).expect("a part is smaller than 2^64 bytes");
        hash.update(length.to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }
}
