//! What can befall a server: crash, restart, lost backends, changed settings.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    process::Child,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    cluster::{Cluster, USER, lock, wait_for},
    installed::Installed,
    sql::quoted,
};

impl Cluster {
    /// The immediate shutdown (no checkpoint, every connection lost) and the recovery after it.
    #[track_caller]
    pub fn restart_immediate(&self) {
        let mut postmaster = lock(&self.postmaster);
        let mut child = running(&mut postmaster);
        self.thaw_if_frozen();
        send(child.id().cast_signed(), Signal::SIGQUIT);
        child.wait().expect("it is our child");
        self.recover(&mut postmaster);
    }

    /// SIGKILL for the postmaster and all its children, as when the machine's memory runs out. Nobody
    /// listens on the port until [`Cluster::start_again`].
    #[track_caller]
    pub fn kill9(&self) {
        let mut postmaster = lock(&self.postmaster);
        let mut child = running(&mut postmaster);
        *lock(&self.frozen) = None;
        // First the one that makes new ones.
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        wait_for("the backends to be gone", || {
            let left = self.processes();
            left.iter().for_each(|id| send(*id, Signal::SIGKILL));
            left.is_empty().then_some(())
        });
    }

    /// Recovers after [`Cluster::kill9`], on the same ports with the same rows.
    #[track_caller]
    pub fn start_again(&self) {
        let mut postmaster = lock(&self.postmaster);
        assert!(postmaster.is_none(), "it is running");
        self.recover(&mut postmaster);
    }

    /// Ends one connection, chosen at random, of those that have this `application_name` or are to this
    /// database. Whether there was one.
    #[track_caller]
    pub fn terminate_random_backend(&self, named: &str) -> bool {
        let named = quoted(named);
        let chosen = self.sql(
            "postgres",
            &format!(
                "select pg_terminate_backend(pid) from (
                    select pid from pg_stat_activity
                    where backend_type = 'client backend' and pid <> pg_backend_pid()
                      and {named} in (application_name, datname)
                    order by random() limit 1) chosen"
            ),
        );
        chosen == [["t"]]
    }

    /// The session of this database that waits for a synchronous standby, once there is one.
    #[track_caller]
    pub fn waiting_commit(&self, database: &str) -> i32 {
        let waiting = format!(
            "select pid from pg_stat_activity where wait_event = 'SyncRep' and datname = {}",
            quoted(database)
        );
        wait_for("a commit to wait for its standby", || {
            let rows = self.sql("postgres", &waiting);
            rows.first().map(|row| row[0].parse().expect("a process id is a number"))
        })
    }

    /// Changes a setting for every connection made after this call; older ones have it at their next
    /// statement. What PostgreSQL reads at its start only needs a [`Cluster::restart_immediate`], too.
    #[track_caller]
    pub fn set(&self, setting: &str, value: &str) {
        let loaded = || self.sql("postgres", "select pg_conf_load_time()");
        let before = loaded();
        self.sql("postgres", &format!("alter system set {setting} = {}", quoted(value)));
        self.sql("postgres", "select pg_reload_conf()");
        wait_for("the setting to be read", || (loaded() != before).then_some(()));
    }

    /// Encrypts connections over TCP with this certificate, from the next one on.
    #[track_caller]
    pub fn encrypt(&self, certificate_pem: &[u8], key_pem: &[u8]) {
        for (name, pem) in [("server.crt", certificate_pem), ("server.key", key_pem)] {
            let path = self.data().join(name);
            fs::write(&path, pem).expect("the folder is ours");
            // The server refuses a key that others can read.
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("the file is ours");
            Installed::newest().give(&path);
        }
        self.set("ssl", "on");
    }

    /// Who may connect, from now on: lines as in `pg_hba.conf`. The owner may always, over the Unix socket.
    #[track_caller]
    pub fn let_in(&self, lines: &str) {
        let rules = format!("local all {USER} trust\n{lines}\n");
        fs::write(self.data().join("pg_hba.conf"), rules).expect("the folder is ours");
        self.sql("postgres", "select pg_reload_conf()");
    }

    /// The processes of this cluster: each one works in the data folder.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let data = self.data();
        let all = fs::read_dir("/proc").expect("/proc is mounted").flatten();
        all.filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == data))
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }

    #[track_caller]
    fn recover(&self, postmaster: &mut Option<Child>) {
        if let Err(status) = self.run(postmaster) {
            panic!("PostgreSQL ended with {status} instead of recovering:\n{}", self.log());
        }
    }
}

/// A process that is gone already needs no signal.
pub(crate) fn send(process: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(process), signal);
}

#[track_caller]
fn running(postmaster: &mut Option<Child>) -> Child {
    postmaster.take().expect("it is down: start_again() comes first")
}
