//! The audit log as a transparency log: a Merkle tree per firm, as RFC 6962 and RFC 9162 define it, over
//! one record per command.
//!
//! The tree's head is enough to grow it: appending a record costs the hash of a leaf and, on average, of
//! one node, and reads nothing. Whoever kept an older head can be shown that the log has only grown.
//! What a record says about a person stands behind a salted commitment: **it can be erased, and no hash
//! changes**.

mod proof;
mod record;
mod tree;

use sha2::{Digest, Sha256};

pub use proof::{Range, Subtree, consistency, inclusion};
pub use record::{Salt, commitment, entry, leaf};
pub use tree::{Hash, LEVELS_PER_STORED, Tree, leaf_hash, node_hash, root_over};

use crate::id::{Id, User};

/// SHA-256 of an answer as it is kept: whose key, the key, the bytes.
pub fn kept(user: Id<User>, key: &str, answer: &[u8]) -> Hash {
    fingerprint(&[user.bytes(), key.as_bytes(), answer])
}

/// SHA-256 of what was asked; the parts are kept apart by their lengths.
pub fn fingerprint(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    each_field(parts.iter().copied(), |bytes| hash.update(bytes));
    hash.finalize().into()
}

/// Hands out fields, each after its length in 8 bytes, so that they can't run together.
fn each_field<'a>(fields: impl IntoIterator<Item = &'a [u8]>, mut take: impl FnMut(&[u8])) {
    for field in fields {
        let length = u64::try_from(field.len()).expect("a field is smaller than 2^64 bytes");
        take(&length.to_be_bytes());
        take(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }
}
