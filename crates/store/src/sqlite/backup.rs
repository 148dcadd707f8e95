//! A consistent copy of the database while a server writes it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{connect, pool::Pool};
use crate::{ReadError, lock::with_suffix};

/// Writes the committed state of one moment to the new file `to`: complete and durable, or not there at
/// all.
pub(crate) fn backup(pool: &Pool, to: &Path) -> Result<(), ReadError> {
    let refused = |reason: String| ReadError::Backup { path: to.to_owned(), reason };
    // A link that leads nowhere counts as something that is there.
    if to.symlink_metadata().is_ok() {
        return Err(refused("it exists".to_owned()));
    }
    let partial = with_suffix(to, &format!(".partial-{}", std::process::id()));
    let Some(name) = partial.to_str() else {
        return Err(refused("its path is not UTF-8".to_owned()));
    };
    // VACUUM INTO refuses a file that is there: what is removed below is ours.
    let copied = connect::copier(pool.path())?.execute("vacuum into ?1", [name]);
    let written = match copied {
        Ok(_) => settle(&partial, to).map_err(|error| refused(error.to_string())),
        Err(error) => Err(refused(error.to_string())),
    };
    if written.is_err() {
        // Already gone, or still to be removed by hand: either way the backup has failed.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Makes the copy durable under its temporary name, then gives it its own.
fn settle(partial: &Path, to: &Path) -> io::Result<()> {
    // SQLite has closed this file, and nobody else knows it: opening it drops no lock.
    File::open(partial)?.sync_all()?;
    fs::rename(partial, to)?;
    let folder =
        to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
