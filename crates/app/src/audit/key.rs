//! The key that checkpoints are signed with: an Ed25519 key in a PEM file of its own, away from the
//! database, so that whoever can rewrite the one can't sign for it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use domain::{Id, rows::Firm};
use ed25519_dalek::{
    SECRET_KEY_LENGTH, SignatureError, SigningKey,
    pkcs8::{
        DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding,
    },
};
use signed_note::{Note, Signer, is_key_name_valid, key_id, new_ed25519_verifier_key};
use store::AuditTree;

use super::checkpoint::text_of;

/// What stands for Ed25519 in a signed note.
const ED25519: u8 = 1;

/// The key, and the name of the logs that it signs for.
#[derive(Clone)]
pub struct AuditKey {
    name: String,
    key: SigningKey,
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read, or made.
    #[error("the audit key {} can't be read or made: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What stood in the way.
        error: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "{} is no Ed25519 key in PEM (PKCS #8); `openssl genpkey -algorithm ed25519` makes one, \
         and so does a start without the file", .0.display()
    )]
    NoKey(PathBuf),
    /// The name can't stand in a checkpoint.
    #[error(
        "{0:?} can't name a log; use a name without spaces and pluses, like amanah.example.com"
    )]
    Name(String),
    /// The operating system has no randomness to give.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl AuditKey {
    /// The key in `file`, which is made if it is not there: readable for its owner alone, complete or
    /// not there at all, and of several who make it at once all get the same.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn open(file: &Path, name: &str) -> Result<Self, KeyError> {
        let failed = |error| KeyError::File { path: file.to_owned(), error };
        let pem = match std::fs::read_to_string(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                make(file)?;
                std::fs::read_to_string(file).map_err(failed)?
            }
            read => read.map_err(failed)?,
        };
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|_| KeyError::NoKey(file.to_owned()))?;
        Self::of(key, name)
    }

    /// A key with these bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`]
    pub fn of_bytes(bytes: &[u8; SECRET_KEY_LENGTH], name: &str) -> Result<Self, KeyError> {
        Self::of(SigningKey::from_bytes(bytes), name)
    }

    fn of(key: SigningKey, name: &str) -> Result<Self, KeyError> {
        if !is_key_name_valid(name) || name.chars().any(char::is_control) {
            return Err(KeyError::Name(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// What a firm's log is called: in its checkpoints, and by the key that signs them.
    pub fn origin(&self, firm: Id<Firm>) -> String {
        format!("{}/{firm}", self.name)
    }

    /// The public key as auditors write it: name, id, key.
    pub fn public(&self, firm: Id<Firm>) -> String {
        new_ed25519_verifier_key(&self.origin(firm), &self.key.verifying_key())
    }

    /// The id of that key.
    pub fn id(&self, firm: Id<Firm>) -> u32 {
        self.of_firm(firm).key_id()
    }

    /// The public key without a name, as other programs take it.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// A signed checkpoint, as <https://c2sp.org/tlog-checkpoint> writes it.
    pub fn checkpoint(&self, firm: Id<Firm>, tree: &AuditTree) -> String {
        let signer = self.of_firm(firm);
        let text = text_of(&signer.name, tree.size, &tree.root);
        let mut note = Note::new(text.as_bytes(), &[]).expect("a checkpoint is lines of text");
        note.add_sigs(&[&signer]).expect("the name was checked, and Ed25519 signs anything");
        String::from_utf8(note.to_bytes()).expect("a note is text")
    }

    fn of_firm(&self, firm: Id<Firm>) -> KeyOfFirm<'_> {
        KeyOfFirm { name: self.origin(firm), key: &self.key }
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey")
    }
}

/// The key under a firm's name: what it has signed for one firm is no checkpoint of another.
struct KeyOfFirm<'k> {
    name: String,
    key: &'k SigningKey,
}

impl Signer for KeyOfFirm<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        let public = self.key.verifying_key().to_bytes();
        key_id(&self.name, &[&[ED25519], public.as_slice()].concat())
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignatureError> {
        use ed25519_dalek::Signer as _;
        self.key.try_sign(text).map(|signature| signature.to_vec())
    }
}

fn make(file: &Path) -> Result<(), KeyError> {
    let failed = |error| KeyError::File { path: file.to_owned(), error };
    let mut secret_key = [0; SECRET_KEY_LENGTH];
    getrandom::fill(&mut secret_key)?;
    let pem = KeypairBytes { secret_key, public_key: None }.to_pkcs8_pem(LineEnding::LF);
    let pem = pem.map_err(|_| KeyError::NoKey(file.to_owned()))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // A temporary file is its owner's alone.
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    fresh.write_all(pem.as_bytes()).map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    match fresh.persist_noclobber(file) {
        Ok(_) => {
            tracing::info!(file = %file.display(), "a new audit key was made; keep a copy");
            std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
        }
        // Another process was first.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const FIRM: Id<Firm> = Id::new([1; 12]);

    #[test]
    fn a_key_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.key");
        let public = AuditKey::open(&file, "a.example").unwrap().public(FIRM);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(AuditKey::open(&file, "a.example").unwrap().public(FIRM), public);
        assert!(public.starts_with("a.example/010101010101010101010101+"), "{public}");
    }

    #[test]
    fn a_key_of_openssl_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.key");
        // The key of RFC 8410, 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        std::fs::write(&file, pem).unwrap();
        let key = AuditKey::open(&file, "a").unwrap();
        assert_eq!(key.public_bytes()[..4], [0x19, 0xbf, 0x44, 0x09]);
    }

    #[test]
    fn what_is_no_key_is_left_alone_and_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.key");
        std::fs::write(&file, "secret").unwrap();
        assert!(matches!(AuditKey::open(&file, "a"), Err(KeyError::NoKey(_))));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "secret");
        for name in ["", "a b", "a+b", "a\nb"] {
            assert!(matches!(AuditKey::of_bytes(&[7; 32], name), Err(KeyError::Name(_))), "{name}");
        }
    }
}
