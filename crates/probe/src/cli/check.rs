//! `probe check`

use std::path::PathBuf;

use super::{CLEAN, INCONCLUSIVE, VIOLATION, say};
use crate::{
    history::History,
    judge::{self, Weight},
    report,
};

/// Judge a kept history: JSON Lines, as `probe run --out` keeps them.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The file.
    history: PathBuf,
    /// Also print who did what when.
    #[arg(long)]
    timeline: bool,
}

pub(super) fn run(args: &CheckArgs) -> Result<u8, String> {
    let text = std::fs::read_to_string(&args.history)
        .map_err(|error| format!("{}: {error}", args.history.display()))?;
    let history = History::from_jsonl(&text)
        .map_err(|error| format!("{}: {error}", args.history.display()))?;
    let findings = judge::judge(&history);
    for finding in &findings {
        say(&format!("{} {:?}: {}", finding.judge, finding.weight, finding.text));
    }
    if args.timeline {
        say(&report::timeline(&history, &findings));
    }
    let heaviest = findings.iter().map(|finding| finding.weight).min();
    say(&format!("{} operations, {} findings", history.ops.len(), findings.len()));
    Ok(match heaviest {
        Some(Weight::Violation) => VIOLATION,
        Some(Weight::Inconclusive) => INCONCLUSIVE,
        Some(Weight::Availability) | None => CLEAN,
    })
}
