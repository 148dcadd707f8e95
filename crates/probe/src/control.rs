//! What is done to a target from outside: killed and started again, put to sleep, sent to another year.

use std::{
    io,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use crate::{
    round::{Stop, Target},
    wire::{Reply, Response},
};

/// How a target's clock is set, and which year comes next: a clock never goes back, and neither do the
/// numbers that follow it.
pub struct Years {
    /// A shell command that sets it to `$PROBE_TIME`, like `2031-01-02 12:00:00`, in UTC.
    pub command: Option<String>,
    next: AtomicU32,
}

impl Years {
    /// Begins with the year after this one.
    pub fn new(command: Option<String>) -> Self {
        const YEAR_SECONDS: u64 = 31_556_952;
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let year = u32::try_from(1971 + since.as_secs() / YEAR_SECONDS).unwrap_or(2100);
        Self { command, next: AtomicU32::new(year) }
    }

    /// A year that was not asked for before.
    pub fn next(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// Kills the target and starts it again, or lets one of its processes sleep.
pub(crate) async fn disturb(target: &Target) -> Result<(), Stop> {
    const SLEEP: Duration = Duration::from_millis(150);
    if let Some(pid) = target.pids.first() {
        let signal = |name: &str| {
            let arguments = vec!["-s".into(), name.into(), pid.to_string()];
            run("kill", arguments, None)
        };
        signal("STOP").await?;
        tokio::time::sleep(SLEEP).await;
        return signal("CONT").await;
    }
    match &target.restart {
        Some(command) => run("sh", vec!["-c".into(), command.clone()], None).await,
        None => Ok(()),
    }
}

/// Sets the target's clock by the command; the answer is the prober's own.
pub(crate) async fn set_clock(target: &Target, time: &str) -> Result<Reply, Stop> {
    let Some(command) = &target.years.command else {
        return Err(Stop::Target("the clock can't be set".to_owned()));
    };
    let call_ns = target.wire.now_ns();
    run("sh", vec!["-c".into(), command.clone()], Some(time.to_owned())).await?;
    let response = Response { status: 200, headers: Vec::new(), body: Vec::new(), closes: false };
    let ret_ns = Some(target.wire.now_ns());
    Ok(Reply { call_ns, first_ns: ret_ns, ret_ns, result: Ok(response) })
}

/// Runs a program to its end; it has to succeed.
async fn run(
    program: &'static str,
    arguments: Vec<String>,
    time: Option<String>,
) -> Result<(), Stop> {
    let ended = move || {
        let time = time.map(|time| ("PROBE_TIME", time));
        Command::new(program).args(arguments).envs(time).status()
    };
    let ended = tokio::task::spawn_blocking(ended).await.map_err(io::Error::other).flatten();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Stop::Target(format!("{program}: {status}"))),
        Err(error) => Err(Stop::Target(format!("{program}: {error}"))),
    }
}
