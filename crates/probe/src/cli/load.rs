//! `probe load`

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{CLEAN, VIOLATION, run::TargetArgs, say};
use crate::{
    judge::Weight,
    load::{self, Load},
    round::Stop,
};

/// Send at a steady rate whatever the server does, and judge the books afterwards.
///
/// Latency counts from when a request was due, not from when it got away.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Requests a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    rate: u32,
    /// For so long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// On so many accounts; 1 is a hot one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    accounts: u64,
    /// Keep the history, for `probe check`.
    #[arg(long)]
    history: Option<PathBuf>,
}

pub(super) async fn run(args: LoadArgs) -> Result<u8, String> {
    let target = Arc::new(args.target.open()?);
    let load = Load {
        rate: args.rate,
        time: Duration::from_secs(args.seconds),
        accounts: usize::try_from(args.accounts).unwrap_or(1),
    };
    let done = load::run(&target, load).await;
    let done = done.map_err(|stop| match stop {
        Stop::Void(why) | Stop::Target(why) => why,
    })?;
    let at = |share| done.latency_us.value_at_quantile(share);
    say(&format!(
        "{} sent at {}/s, {} answered, {:.0}/s achieved; from when each was due, p50 {} µs, p99 {} µs, \
         p99.9 {} µs, max {} µs",
        done.sent,
        args.rate,
        done.answered,
        done.achieved,
        at(0.5),
        at(0.99),
        at(0.999),
        done.latency_us.max()
    ));
    for finding in &done.findings {
        say(&format!("{} {:?}: {}", finding.judge, finding.weight, finding.text));
    }
    if let Some(path) = &args.history {
        std::fs::write(path, done.history.to_jsonl())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let is_violated = done.findings.iter().any(|finding| finding.weight == Weight::Violation);
    say(if is_violated { "the books are wrong" } else { "the books are right" });
    Ok(if is_violated { VIOLATION } else { CLEAN })
}
