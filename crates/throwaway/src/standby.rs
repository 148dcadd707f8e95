//! A second cluster that follows the first one by streaming replication.

use std::{fs, io::Write as _};

use nix::sys::signal::Signal;

use crate::{
    cluster::{Cluster, USER, lock, wait_for},
    faults::send,
    folder::Folder,
    installed::Installed,
    template,
};

/// What a commit on the primary waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    /// Its own disk.
    Asynchronous,
    /// The standby's disk, too. **While the standby is frozen, down or dropped, no commit on the primary
    /// ends**, nor does [`Cluster::fresh_database`].
    Synchronous,
}

impl Cluster {
    /// A standby of this cluster that has caught up and takes questions. It is a cluster like others:
    /// it crashes, restarts, ends by itself.
    #[must_use]
    #[track_caller]
    pub fn standby(&self, replication: Replication) -> Self {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let letters: String = (0..8).map(|_| fastrand::lowercase()).collect();
        let name = format!("standby_{letters}");
        let mut backup = Installed::newest().command("pg_basebackup");
        backup.arg("--pgdata").arg(&data).args(["--write-recovery-conf", "--wal-method=stream"]);
        backup.args(["--checkpoint=fast", "--no-sync", "--dbname"]).arg(format!(
            "host={} port={} user={USER} application_name={name}",
            self.socket_folder(),
            self.port()
        ));
        template::run(&mut backup, &data);
        // Once promoted it waits for nobody, even if the primary did when it was copied.
        let own = fs::OpenOptions::new().append(true).open(data.join("postgresql.auto.conf"));
        let written = own.and_then(|mut own| own.write_all(b"synchronous_standby_names = ''\n"));
        written.expect("pg_basebackup wrote it");

        let standby = Self::on(folder);
        self.wait_for_standby(&name, "state", "streaming");
        if replication == Replication::Synchronous {
            self.set("synchronous_standby_names", &name);
            self.wait_for_standby(&name, "sync_state", "sync");
        }
        standby
    }

    /// Waits until a standby has replayed all that `primary` has written so far.
    #[track_caller]
    pub fn catch_up_with(&self, primary: &Self) {
        let written = primary.sql("postgres", "select pg_current_wal_lsn()").concat().concat();
        let question = format!("select pg_last_wal_replay_lsn() >= '{written}'");
        wait_for("the standby to catch up", || {
            (self.sql("postgres", &question) == [["t"]]).then_some(())
        });
    }

    /// Makes a standby a primary. Its timeline is a new one: the old primary can't follow it.
    #[track_caller]
    pub fn promote(&self) {
        self.thaw_if_frozen();
        assert_eq!(self.sql("postgres", "select pg_promote()"), [["t"]], "it was not promoted");
    }

    /// Stops a standby's WAL receiver where it is: nothing more arrives, nothing is acknowledged, and
    /// the primary sees no connection closed.
    #[track_caller]
    pub fn freeze(&self) {
        let mut frozen = lock(&self.frozen);
        let receiver = wait_for("the standby to follow a primary", || {
            let rows = self.sql("postgres", "select pid from pg_stat_wal_receiver");
            rows.first().map(|row| row[0].parse().expect("a process id is a number"))
        });
        send(receiver, Signal::SIGSTOP);
        *frozen = Some(receiver);
    }

    /// Stops a primary's WAL sender where it is: nothing that is committed from now on leaves this cluster,
    /// until it is thawed. Its standby sees no connection closed.
    #[track_caller]
    pub fn hold_back(&self) {
        let mut frozen = lock(&self.frozen);
        let sender = wait_for("a standby to follow", || {
            let rows = self.sql("postgres", "select pid from pg_stat_replication");
            rows.first().map(|row| row[0].parse().expect("a process id is a number"))
        });
        send(sender, Signal::SIGSTOP);
        *frozen = Some(sender);
    }

    /// Lets a [`Cluster::freeze`]d standby go on, or a primary that was [held back](Cluster::hold_back).
    #[track_caller]
    pub fn thaw(&self) {
        assert!(self.thaw_if_frozen(), "it is not frozen");
    }

    pub(crate) fn thaw_if_frozen(&self) -> bool {
        let frozen = lock(&self.frozen).take();
        if let Some(receiver) = frozen {
            send(receiver, Signal::SIGCONT);
        }
        frozen.is_some()
    }

    #[track_caller]
    fn wait_for_standby(&self, name: &str, column: &str, value: &str) {
        let question =
            format!("select {column} from pg_stat_replication where application_name = '{name}'");
        wait_for("the standby to follow", || {
            (self.sql("postgres", &question) == [[value]]).then_some(())
        });
    }
}
