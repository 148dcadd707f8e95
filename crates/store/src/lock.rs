//! One serving process per database: an advisory lock on a file of its own, `PATH.lock`.
//!
//! Never on the database file: closing any handle of it drops the POSIX locks SQLite holds there.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use crate::OpenError;

/// Held until dropped, or until the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at `path`, which is canonical.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let lock_path = with_suffix(path, ".lock");
        let refused = |error: std::io::Error| OpenError::Path {
            path: lock_path.clone(),
            reason: format!("its lock can't be taken: {error}"),
        };
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Served(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }
}

/// The one name of the database file, whatever links lead to it: two names would be two locks.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    let refused = |reason: String| OpenError::Path { path: path.to_owned(), reason };
    if let Ok(canonical) = path.canonicalize() {
        return if canonical.is_file() {
            Ok(canonical)
        } else {
            Err(refused("it is not a file".to_owned()))
        };
    }
    if path.is_symlink() {
        return Err(refused("it is a link to a file that is not there".to_owned()));
    }
    let name = path.file_name().ok_or_else(|| refused("it has no file name".to_owned()))?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|error| refused(format!("its folder: {error}")))?;
    Ok(folder.join(name))
}

/// `path` with `suffix` behind its file name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
