//! The data folder that every cluster of this process is copied from: `initdb` takes a second, a copy a
//! tenth of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{folder::Folder, installed::Installed};

/// As in production where a test could tell (fsync, WAL, isolation), small and quick elsewhere.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 400
shared_buffers = 16MB
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_wal_senders = 10
max_replication_slots = 10
hot_standby = on
# A standby that was away finds what it missed.
wal_keep_size = 256MB
# It comes back at once, not after five seconds.
wal_retrieve_retry_interval = 100ms
# Nothing is left in /dev/shm after a crash.
dynamic_shared_memory_type = mmap
log_line_prefix = '%m [%p] %a %d '
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Makes `data` a data folder that was never started.
pub fn copy_to(data: &Path) {
    static TEMPLATE: OnceLock<Folder> = OnceLock::new();
    let template = TEMPLATE.get_or_init(make).path().join("data");
    let mut copy = Installed::newest().command("cp");
    run(copy.args(["--archive", "--reflink=auto"]).arg(template).arg(data), data);
}

/// Runs a program to its end inside the folder that `data` is in.
pub fn run(command: &mut Command, data: &Path) {
    let folder = data.parent().map(PathBuf::from).expect("data is inside a folder");
    let output = command
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("can't run {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

fn make() -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut initdb = Installed::newest().command("initdb");
    initdb.arg("--pgdata").arg(&data).args(["--username=postgres", "--auth=trust", "--no-sync"]);
    // Not the order of bytes: production has another one, and what forgets to say COLLATE "C" shows.
    initdb.args(["--encoding=UTF8", "--locale=C.UTF-8"]);
    initdb.args(["--locale-provider=icu", "--icu-locale=und"]);
    run(&mut initdb, &data);
    let configuration = data.join("postgresql.conf");
    let written = fs::read_to_string(&configuration).expect("initdb wrote it");
    fs::write(configuration, written + SETTINGS).expect("it can be written");
    folder
}
