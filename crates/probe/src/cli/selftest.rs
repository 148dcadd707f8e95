//! `probe selftest`

use std::path::PathBuf;

use super::{CLEAN, VIOLATION, say};
use crate::{
    scenario,
    selftest::{self, GOLDEN, Killers, Launcher, Matrix},
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
    let (mut matrix, mut is_right) = (Matrix::new(), true);
    let is_asked = |flaw: &&Flaw| args.bugs.is_empty() || args.bugs.contains(flaw);
    let is_writing = args.write_matrix.is_some();
    for flaw in Flaw::ALL.iter().filter(is_asked).filter(|_| args.bug_rounds > 0) {
        let known = golden.get(flaw.name()).filter(|_| !is_writing).cloned().unwrap_or_default();
        let found = selftest::killers(*flaw, &known.always, args.bug_rounds, launcher).await?;
        let (missing, surplus) = known.differences(&found);
        let is_as_known = is_writing || missing.is_empty() && surplus.is_empty();
        is_right &= !found.is_empty() && is_as_known;
        let told: Vec<String> = found.iter().map(|(id, count)| format!("{id} ×{count}")).collect();
        let mark = if is_as_known { "" } else { "  NOT AS COMMITTED" };
        say(&format!("bug {:<28}{}  {}{mark}", flaw.name(), flaw.scenario(), told.join(", ")));
        matrix.insert(flaw.name().to_owned(), Killers::of(flaw.scenario(), &found));
    }
    for judge in selftest::unexplained(if is_writing { &matrix } else { &golden }) {
        is_right = false;
        say(&format!("{judge} is nowhere the only one to find a bug, and has no written reason"));
    }
    if let Some(path) = &args.write_matrix {
        let head = "# bug, scenario, who finds it (~ now and then); `probe selftest --write-matrix` makes it\n";
        let text = format!("{head}{}", selftest::write(&matrix));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let caught = matrix.values().filter(|killers| !killers.always.is_empty()).count();
    say(&format!("{caught} of {} bugs found", matrix.len()));
    Ok(is_right)
}
