//! `probe selftest`

use std::{collections::BTreeSet, path::PathBuf};

use super::{CLEAN, VIOLATION, say};
use crate::{
    scenario,
    selftest::{self, GOLDEN, Launcher, Matrix},
    twin::Flaw,
};

/// Show that the judges can be believed.
#[derive(Debug, clap::Args)]
pub struct SelftestArgs {
    /// Raced rounds of each scenario against the good twin.
    #[arg(long, default_value_t = 40)]
    rounds: u32,
    /// Rounds that a bug has to be found in.
    #[arg(long, default_value_t = 60)]
    bug_rounds: u32,
    /// Only this scenario of the good twin; may be repeated.
    #[arg(long = "scenario")]
    scenarios: Vec<String>,
    /// Only this bug; may be repeated.
    #[arg(long = "bug")]
    bugs: Vec<Flaw>,
    /// Play all rounds of each bug, and write what was found as the new kill matrix.
    #[arg(long, value_name = "FILE")]
    write_matrix: Option<PathBuf>,
}

pub(super) async fn run(args: &SelftestArgs, launcher: Option<&Launcher>) -> Result<u8, String> {
    let is_good = good(args, launcher).await?;
    let is_caught = bugs(args, launcher).await?;
    Ok(if is_good && is_caught { CLEAN } else { VIOLATION })
}

async fn good(args: &SelftestArgs, launcher: Option<&Launcher>) -> Result<bool, String> {
    let mut is_clean = true;
    let is_wanted = |id: &str| args.scenarios.is_empty() || args.scenarios.iter().any(|s| s == id);
    let all = scenario::ALL.iter().filter(|scenario| is_wanted(scenario.id));
    for scenario in all.filter(|_| args.bugs.is_empty() || !args.scenarios.is_empty()) {
        let (raced, alarms) = selftest::good(scenario, args.rounds, launcher).await?;
        let is_enough = raced > 0 || args.rounds == 0;
        is_clean &= alarms.is_empty() && is_enough;
        say(&format!("good twin {}: {raced} raced rounds, {} alarms", scenario.id, alarms.len()));
        for alarm in alarms {
            say(&format!("  FALSE ALARM {alarm}"));
        }
    }
    Ok(is_clean)
}

async fn bugs(args: &SelftestArgs, launcher: Option<&Launcher>) -> Result<bool, String> {
    let golden = selftest::parse(GOLDEN);
    let none = BTreeSet::new();
    let (mut matrix, mut is_right) = (Matrix::new(), true);
    let all: Vec<Flaw> = Flaw::ALL
        .iter()
        .copied()
        .filter(|flaw| args.bugs.is_empty() || args.bugs.contains(flaw))
        .collect();
    for flaw in &all {
        let wanted = golden.get(flaw.name()).map(|(_, judges)| judges).unwrap_or(&none);
        let wanted = if args.write_matrix.is_some() { &none } else { wanted };
        let found = selftest::killers(*flaw, wanted, args.bug_rounds, launcher).await?;
        let missing: Vec<_> = wanted.difference(&found).cloned().collect();
        let surplus: Vec<_> = found.difference(wanted).cloned().collect();
        let is_as_known = args.write_matrix.is_some() || missing.is_empty() && surplus.is_empty();
        is_right &= !found.is_empty() && is_as_known;
        let names: Vec<_> = found.iter().cloned().collect();
        let (names, mark) = (names.join(" "), if is_as_known { "" } else { "  NOT AS COMMITTED" });
        say(&format!("bug {:<28}{}  {names}{mark}", flaw.name(), flaw.scenario()));
        matrix.insert(flaw.name().to_owned(), (flaw.scenario().to_owned(), found));
    }
    if all.len() == Flaw::ALL.len() {
        for judge in selftest::unexplained(&matrix) {
            is_right = false;
            say(&format!(
                "{judge} is nowhere the only one to find a bug, and has no written reason"
            ));
        }
    }
    if let Some(path) = &args.write_matrix {
        let head =
            "# bug, scenario, the judges that find it; `probe selftest --write-matrix` makes it\n";
        let text = format!("{head}{}", selftest::write(&matrix));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let caught = matrix.values().filter(|(_, judges)| !judges.is_empty()).count();
    say(&format!("{caught} of {} bugs found", matrix.len()));
    Ok(is_right)
}
