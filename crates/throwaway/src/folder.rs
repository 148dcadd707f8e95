//! A folder that is gone, with every process that works in it, when it is dropped or when the test
//! process ends in any way, SIGKILL too.

use std::{
    fs::Permissions,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::installed::Installed;

/// Not TMPDIR: a Unix socket's path has at most 107 bytes, and the owner of clusters must get in.
const PARENT: &str = "/tmp";

/// The folder and the shell that ends it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    watchdog: Child,
}

impl Folder {
    /// A new one, owned by the owner of clusters.
    pub fn new() -> Self {
        // First, so that where there is none nothing is made.
        let installed = Installed::newest();
        let made = tempfile::Builder::new()
            .prefix("throwaway-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(PARENT)
            .unwrap_or_else(|error| panic!("can't make a folder in {PARENT}: {error}"));
        let path = made.path().canonicalize().expect("it was made just now");
        let watchdog = Command::new("/bin/sh")
            .args(["-c", include_str!("watchdog.sh"), "watchdog"])
            .arg(&path)
            .current_dir("/")
            // A Ctrl-C is for the test process; its end is told by the pipe.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("/bin/sh can be run");
        // From here on the watchdog removes it.
        let _ = made.keep();
        installed.give(&path);
        Self { path, watchdog }
    }

    /// Where it is; a short path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends it now; nothing more happens when it is dropped.
    pub fn end(&mut self) {
        // `wait` closes the pipe first.
        if let Err(error) = self.watchdog.wait() {
            eprintln!("{} may be left over: {error}", self.path.display());
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.end();
    }
}
