//! A checkpoint, signed: <https://c2sp.org/tlog-checkpoint> in a <https://c2sp.org/signed-note>.

use data_encoding::BASE64;
use domain::audit::Hash;
use signed_note::{Note, NoteError, StandardVerifier, Verifier, VerifierList};

/// What was signed: which log, how long it was, what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// The hash of the whole.
    pub root: Hash,
}

/// Why a text is no checkpoint that can be trusted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// A public key is not written as one.
    #[error("{0:?} is no public key; write NAME+ID+KEY, as the server's /api/audit/key says it")]
    Key(String),
    /// It is not written as one.
    #[error("this is no checkpoint: {0}")]
    Malformed(&'static str),
    /// A known key's signature does not fit.
    #[error("the signature of {0} is forged, or the checkpoint was changed after it was signed")]
    Forged(String),
    /// Nobody we know has signed it.
    #[error("the checkpoint is signed by none of the keys given")]
    Unsigned,
}

/// The keys of those whose checkpoints are believed.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(Vec<String>);

impl PublicKeys {
    /// Keys as auditors write them: `NAME+ID+KEY`.
    ///
    /// # Errors
    /// [`NotACheckpoint::Key`]
    pub fn new(keys: &[String]) -> Result<Self, NotACheckpoint> {
        for key in keys {
            StandardVerifier::new(key.trim()).map_err(|_| NotACheckpoint::Key(key.clone()))?;
        }
        Ok(Self(keys.iter().map(|key| key.trim().to_owned()).collect()))
    }

    fn verifiers(&self) -> VerifierList {
        let keys = self.0.iter().filter_map(|key| StandardVerifier::new(key).ok());
        VerifierList::new(keys.map(|key| Box::new(key) as Box<dyn Verifier>).collect())
    }
}

impl Checkpoint {
    /// What a checkpoint says, if one of the keys has signed it and bears the name of its log.
    ///
    /// # Errors
    /// [`NotACheckpoint`]
    pub fn verified(text: &str, keys: &PublicKeys) -> Result<Self, NotACheckpoint> {
        let malformed = NotACheckpoint::Malformed;
        let note = Note::from_bytes(text.as_bytes())
            .map_err(|_| malformed("it is not text, a blank line, and signatures"))?;
        let checkpoint = Self::parse(note.text())?;
        let (signed, _) = note.verify(&keys.verifiers()).map_err(|error| match error {
            NoteError::InvalidSignature { name, .. } => NotACheckpoint::Forged(name),
            _ => NotACheckpoint::Unsigned,
        })?;
        if signed.iter().any(|signature| signature.name() == checkpoint.origin) {
            Ok(checkpoint)
        } else {
            Err(NotACheckpoint::Unsigned)
        }
    }

    fn parse(text: &[u8]) -> Result<Self, NotACheckpoint> {
        let malformed = NotACheckpoint::Malformed;
        let text = std::str::from_utf8(text).map_err(|_| malformed("it is not UTF-8"))?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty());
        let origin = origin.ok_or(malformed("it does not name its log"))?.to_owned();
        let size = lines.next().filter(|size| *size == "0" || !size.starts_with(['0', '+']));
        let size = size.and_then(|size| size.parse().ok()).ok_or(malformed("it has no size"))?;
        let root = lines.next().and_then(|root| BASE64.decode(root.as_bytes()).ok());
        let root = root.and_then(|root| root.try_into().ok()).ok_or(malformed("it has no root"))?;
        Ok(Self { origin, size, root })
    }
}

/// What is signed.
pub(super) fn text_of(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", BASE64.encode(root))
}

#[cfg(test)]
mod tests {
    use domain::{Id, rows::Firm};
    use store::AuditTree;

    use super::*;
    use crate::audit::AuditKey;

    const FIRM: Id<Firm> = Id::new([1; 12]);

    fn key(byte: u8) -> AuditKey {
        AuditKey::of_bytes(&[byte; 32], "a.example").unwrap()
    }

    fn keys(key: &AuditKey, firm: Id<Firm>) -> PublicKeys {
        PublicKeys::new(&[key.public(firm)]).unwrap()
    }

    #[test]
    fn a_checkpoint_is_believed_by_its_signature() {
        let tree = AuditTree { size: 70, root: [9; 32] };
        let signed = key(7).checkpoint(FIRM, &tree);
        let known = keys(&key(7), FIRM);
        let read = Checkpoint::verified(&signed, &known).unwrap();
        let origin = "a.example/010101010101010101010101".to_owned();
        assert_eq!(read, Checkpoint { origin, size: 70, root: [9; 32] });
        let forged = Checkpoint::verified(&signed.replacen("70", "71", 1), &known);
        assert!(matches!(forged, Err(NotACheckpoint::Forged(_))), "{forged:?}");
        for other in [keys(&key(8), FIRM), keys(&key(7), Id::new([2; 12])), PublicKeys::default()] {
            let unsigned = Checkpoint::verified(&signed, &other);
            assert_eq!(unsigned, Err(NotACheckpoint::Unsigned));
        }
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let known = keys(&key(7), FIRM);
        for text in ["", "a\n1\n", "a\n\n— b c\n"] {
            let refused = Checkpoint::verified(text, &known);
            assert!(matches!(refused, Err(NotACheckpoint::Malformed(_))), "{text:?} {refused:?}");
        }
        for text in
            ["\n1\nAA==\n", "a\n01\nAA==\n", "a\n+1\nAA==\n", "a\n-1\nAA==\n", "a\n1\nAA==\n"]
        {
            assert!(Checkpoint::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(PublicKeys::new(&["a+b+c".to_owned()]).is_err());
    }
}
