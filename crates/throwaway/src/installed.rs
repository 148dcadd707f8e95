//! Which PostgreSQL is on this machine, and as whom it runs.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use nix::unistd::{Uid, User};

/// Where Debian keeps every major version beside the others.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The oldest major version that we promise to run on.
const MAJOR_MIN: u32 = 15;
/// The user that Debian's package makes. The server refuses to run as root.
const OWNER: &str = "postgres";

/// The newest PostgreSQL installed.
#[derive(Debug)]
pub struct Installed {
    programs: PathBuf,
    /// User and group to become; none when we are no root, and run it ourselves.
    owner: Option<(u32, u32)>,
}

impl Installed {
    /// Looked for once.
    pub fn newest() -> &'static Self {
        static NEWEST: OnceLock<Installed> = OnceLock::new();
        NEWEST.get_or_init(|| Self { programs: programs(), owner: owner() })
    }

    /// One of PostgreSQL's programs, or another one, run as the owner of clusters. None of the caller's
    /// environment goes along: PGOPTIONS and its like would change what is tested.
    pub fn command(&self, program: &str) -> Command {
        let own = self.programs.join(program);
        let mut command = Command::new(if own.exists() { own } else { program.into() });
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a path to the owner of clusters.
    pub fn give(&self, path: &Path) {
        if let Some((user, group)) = self.owner {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap_or_else(|error| {
                panic!("can't give {} to {OWNER}: {error}", path.display())
            });
        }
    }
}

fn programs() -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|major| PathBuf::from(format!("{DEBIAN}/{major}/bin/initdb")).exists())
        .max();
    match newest {
        Some(major) if major >= MAJOR_MIN => PathBuf::from(format!("{DEBIAN}/{major}/bin")),
        _ => panic!(
            "there is no PostgreSQL {MAJOR_MIN} or newer in {DEBIAN}: run `make tools`, or \
             install Debian's package `postgresql`"
        ),
    }
}

fn owner() -> Option<(u32, u32)> {
    if !Uid::effective().is_root() {
        return None;
    }
    let user = User::from_name(OWNER).expect("the user database can be read");
    let user = user.unwrap_or_else(|| {
        panic!(
            "there is no user {OWNER}: run `make tools`, or install Debian's package `postgresql`"
        )
    });
    Some((user.uid.as_raw(), user.gid.as_raw()))
}
