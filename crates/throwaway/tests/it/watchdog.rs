//! Nothing outlives a test process, however and whenever it ends.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::binary::throwaway;

const WAIT_SECONDS_MAX: u64 = 20;
const LOOK_MS: u64 = 20;
/// From before the first file is made to when the cluster runs.
const DELAYS_MS: [u64; 7] = [0, 50, 200, 600, 1000, 1400, 1800];

#[test]
fn a_killed_process_leaves_no_cluster() {
    // It ends when we close its standard input.
    let script = "psql -At -c 'show data_directory'; read _";
    let mut process = throwaway(&["sh", "-c", script]);
    let mut process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut data = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut data).unwrap();
    assert!(Path::new(data.trim_end()).join("postmaster.pid").exists(), "{data}");
    kill_and_check(&mut process, 2);
}

#[test]
fn a_process_killed_while_it_starts_leaves_nothing() {
    for delay in DELAYS_MS {
        let mut process = throwaway(&["sh", "-c", "read _"]);
        let mut process = process.stdin(Stdio::piped()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        kill_and_check(&mut process, 0);
    }
}

/// The folders of a process, that were at least so many, are gone soon after it, and so is everyone in
/// them.
fn kill_and_check(process: &mut Child, folder_count_min: usize) {
    let folders = folders(process.id());
    assert!(folders.len() >= folder_count_min, "{folders:?}");
    process.kill().expect("it is our child");
    process.wait().expect("it is our child");
    let killed = Instant::now();
    loop {
        let left: Vec<_> = folders.iter().filter(|folder| folder.exists()).collect();
        let inside = inside(&folders);
        if left.is_empty() && inside.is_empty() {
            return;
        }
        let waited = killed.elapsed();
        assert!(waited < Duration::from_secs(WAIT_SECONDS_MAX), "still {left:?}, {inside:?}");
        sleep(Duration::from_millis(LOOK_MS));
    }
}

/// The last argument of each of its watchdogs.
fn folders(process: u32) -> BTreeSet<PathBuf> {
    let parent = format!("PPid:\t{process}\n");
    let read = |file: PathBuf| fs::read_to_string(file).unwrap_or_default();
    processes()
        .filter(|path| read(path.join("status")).contains(&parent))
        .filter_map(|path| {
            let line = read(path.join("cmdline"));
            let last = line.trim_end_matches('\0').rsplit('\0').next()?;
            last.starts_with("/tmp/throwaway-").then(|| last.into())
        })
        .collect()
}

fn inside(folders: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let working = |path: &PathBuf| fs::read_link(path.join("cwd")).unwrap_or_default();
    processes()
        .filter(|path| folders.iter().any(|folder| working(path).starts_with(folder)))
        .collect()
}

fn processes() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc").expect("/proc is mounted").flatten().map(|entry| entry.path())
}
