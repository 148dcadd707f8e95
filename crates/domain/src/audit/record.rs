//! What a leaf of the log holds: what happened, and a commitment to what was said.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Hash, each_field, leaf_hash};
use crate::rows::{AuditRecord, Said, Told};

/// Random bytes that keep a commitment from being guessed backwards.
pub type Salt = [u8; 16];

/// What the leaf says of it, whether it has been erased or not: SHA-256 over the salt and everything
/// that can be erased, each with its length.
pub fn commitment(said: &Said) -> Hash {
    let Said { salt, origin, request_id, fingerprint, kept } = said;
    let kept = kept.as_ref().map_or(&[][..], |digest| digest.as_slice());
    let mut hash = Sha256::new();
    each_field(
        [salt.as_slice(), origin.as_bytes(), request_id.as_bytes(), fingerprint, kept],
        |bytes| hash.update(bytes),
    );
    hash.finalize().into()
}

/// The entry that a record's leaf is made of: `amanah/1`, then each field with its length in 8 bytes,
/// integers in 8 bytes, all most significant byte first; what is not there is empty.
pub fn entry(record: &AuditRecord) -> Vec<u8> {
    const LENGTH_USUAL: usize = 256;
    let seq = record.seq.map(i64::to_be_bytes);
    let commitment = record.told.commitment();
    let mut entry = Vec::with_capacity(LENGTH_USUAL);
    each_field(
        [
            b"amanah/1".as_slice(),
            &record.n.to_be_bytes(),
            seq.as_ref().map_or(&[], |seq| seq.as_slice()),
            &record.at.micros().to_be_bytes(),
            record.user.bytes(),
            record.role.name().as_bytes(),
            record.command.as_bytes(),
            record.outcome.as_bytes(),
            record.object.as_ref().map_or(&[], |id| id.as_slice()),
            &commitment,
        ],
        |bytes| entry.extend_from_slice(bytes),
    );
    entry
}

/// The hash of a record's leaf.
pub fn leaf(record: &AuditRecord) -> Hash {
    leaf_hash(&entry(record))
}

impl Told {
    /// The commitment to what was said.
    pub fn commitment(&self) -> Hash {
        match self {
            Self::Said(said) => commitment(said),
            Self::Erased(commitment) => *commitment,
        }
    }

    /// What was said, unless it was erased.
    pub const fn said(&self) -> Option<&Said> {
        match self {
            Self::Said(said) => Some(said),
            Self::Erased(_) => None,
        }
    }

    /// The peer's address, unless it was erased.
    pub fn origin(&self) -> Option<&Arc<str>> {
        self.said().map(|said| &said.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, Role, Timestamp};

    fn said() -> Said {
        Said {
            salt: [9; 16],
            origin: "10.0.0.7".into(),
            request_id: "r".into(),
            fingerprint: [7; 32],
            kept: Some([8; 32]),
        }
    }

    fn record() -> AuditRecord {
        AuditRecord {
            n: 3,
            seq: Some(2),
            at: Timestamp::from_micros(5),
            user: Id::new([2; 12]),
            role: Role::Owner,
            command: "consume_retainer".into(),
            outcome: "accepted".into(),
            object: Some([4; 12]),
            told: Told::Said(said()),
            leaf: [0; 32],
        }
    }

    /// The same record, with one thing changed.
    fn other(change: impl FnOnce(&mut AuditRecord)) -> AuditRecord {
        let mut record = record();
        change(&mut record);
        record
    }

    #[test]
    fn erasing_what_was_said_leaves_the_leaf() {
        let erased = other(|record| record.told = Told::Erased(record.told.commitment()));
        assert_eq!(leaf(&erased), leaf(&record()));
    }

    #[test]
    fn every_field_is_in_the_leaf() {
        let with = |change: fn(&mut Said)| {
            other(|record| {
                let mut said = said();
                change(&mut said);
                record.told = Told::Said(said);
            })
        };
        let others = [
            other(|record| record.n = 4),
            other(|record| record.seq = None),
            other(|record| record.seq = Some(3)),
            other(|record| record.at = Timestamp::from_micros(6)),
            other(|record| record.user = Id::new([3; 12])),
            other(|record| record.role = Role::Admin),
            other(|record| record.command = "refund_retainer".into()),
            other(|record| record.outcome = "forbidden".into()),
            other(|record| record.object = None),
            other(|record| record.object = Some([5; 12])),
            with(|said| said.salt[0] = 1),
            with(|said| said.origin = "10.0.0.8".into()),
            with(|said| said.request_id = "s".into()),
            with(|said| said.fingerprint[0] = 1),
            with(|said| said.kept = None),
            with(|said| said.kept = Some([9; 32])),
        ];
        for other in others {
            assert_ne!(leaf(&other), leaf(&record()), "{other:?}");
        }
    }

    #[test]
    fn the_entry_is_as_it_is_documented() {
        let text = super::super::proof::tests::hex(&entry(&record()));
        assert!(
            text.starts_with("0000000000000008616d616e61682f3100000000000000080000000000000003")
        );
        assert_eq!(entry(&record()).len(), 10 * 8 + 8 + 8 + 8 + 8 + 12 + 5 + 16 + 8 + 12 + 32);
    }
}
