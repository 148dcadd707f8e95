//! The program itself, as a process.

mod audit;
mod chaos;
mod cli;
mod crash;
mod disk;
mod jobs;
mod judge;
mod load;
#[cfg(feature = "otel")]
mod otel;
mod several;
mod standby;
mod verify;
mod watch;

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    client::{Answer, Call, send},
    tokens::SECRET,
};

const BINARY: &str = env!("CARGO_BIN_EXE_amanah");
/// Longer than anything healthy takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with these arguments, the test's secret, and nothing else from our environment.
fn amanah(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().env("JWT_SECRET", SECRET);
    command
}

fn url(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

fn output(mut command: Command) -> Output {
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A serving process; killed when dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    fn serve(database: &Path) -> Self {
        Self::serve_on(&url(database), &[])
    }

    /// With further arguments.
    pub fn serve_on(url: &str, more: &[&str]) -> Self {
        let arguments = ["serve", "--database", url, "--listen", "127.0.0.1:0"];
        Self::start(amanah(&[&arguments, more].concat()))
    }

    /// The operating system's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a server and waits until it says where it listens.
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let log = BufReader::new(child.stderr.take().expect("its log is piped"));
        let (found, listening) = mpsc::channel();
        // Its log is read to the end, so that it never blocks on it.
        thread::spawn(move || {
            let mut seen = String::new();
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening address=") {
                    // The test may have gone.
                    let _ = found.send(address.trim().parse().expect("an address"));
                }
                seen.push_str(&line);
                seen.push('\n');
            }
            drop(found);
            seen
        });
        let address = listening.recv_timeout(PATIENCE).expect("the server says where it listens");
        Self { child, address }
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        // It may have gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    fn ended(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn printed(&mut self, through: &str) -> String {
        let mut printed = String::new();
        let mut lines = BufReader::new(self.child.stdout.take().expect("its output is piped"));
        while !printed.contains(through) {
            assert!(
                lines.read_line(&mut printed).expect("its output can be read") > 0,
                "{printed}"
            );
        }
        let rest = thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        drop(rest);
        printed
    }

    async fn send(&self, call: &Call) -> Answer {
        let sent = send(self.address, call).await;
        sent.unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }
}
