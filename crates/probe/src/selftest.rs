//! Shows that the judges can be believed: the good twin raises no alarm, and every bug of the naive twins is
//! found by the judges that the committed kill matrix names, and by no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    attack::{self, Plan, TwinTarget, target_of, twin_target},
    judge::{self, Weight},
    round::Target,
    scenario::{self, Scenario},
    twin::{self, Flaw, Options},
    wire::Delivery,
};

/// The committed matrix: a line for each bug, `bug scenario J1 ~J2 …`; `~` is before who finds it only now
/// and then.
pub const GOLDEN: &str = include_str!("../tests/kill-matrix.txt");

/// Who finds a bug.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Killers {
    /// Where it is made to show.
    pub scenario: String,
    /// Those who have to find it.
    pub always: BTreeSet<String>,
    /// Those who may.
    pub sometimes: BTreeSet<String>,
}

/// By bug.
pub type Matrix = BTreeMap<String, Killers>;

/// Reads a matrix.
pub fn parse(text: &str) -> Matrix {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (bug, scenario) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (may, must): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('~'));
        let always = must.into_iter().map(str::to_owned).collect();
        let sometimes = may.into_iter().map(|word| word[1..].to_owned()).collect();
        Some((bug, Killers { scenario, always, sometimes }))
    };
    lines.filter_map(line).collect()
}

/// Writes a matrix as [`parse`] reads it.
pub fn write(matrix: &Matrix) -> String {
    let line = |(bug, killers): (&String, &Killers)| {
        let must = killers.always.iter().map(|id| (id, ""));
        let mut all: Vec<_> = must.chain(killers.sometimes.iter().map(|id| (id, "~"))).collect();
        all.sort_by_key(|(id, mark)| (*mark, id[1..].parse::<u32>().unwrap_or(0)));
        let judges: Vec<String> = all.into_iter().map(|(id, mark)| format!("{mark}{id}")).collect();
        format!("{bug:<28}{}  {}\n", killers.scenario, judges.join(" "))
    };
    matrix.iter().map(line).collect()
}

impl Killers {
    /// From in how many rounds each judge spoke: who speaks in a quarter of those in which anybody does
    /// can be relied on.
    pub fn of(scenario: &str, found: &BTreeMap<String, u32>) -> Self {
        let most = found.values().copied().max().unwrap_or(0);
        let (always, sometimes): (Vec<_>, Vec<_>) = found
            .iter()
            .partition(|(_, count)| **count * 4 >= most && **count > 1 || **count == most);
        let names = |all: Vec<(&String, &u32)>| all.into_iter().map(|(id, _)| id.clone()).collect();
        Self { scenario: scenario.to_owned(), always: names(always), sometimes: names(sometimes) }
    }

    /// What is not as committed: who should have spoken, and who should not.
    pub fn differences(&self, found: &BTreeMap<String, u32>) -> (Vec<String>, Vec<String>) {
        let missing = self.always.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
        let is_known = |id: &&String| self.always.contains(*id) || self.sometimes.contains(*id);
        (missing, found.keys().filter(|id| !is_known(id)).cloned().collect())
    }
}

/// How a child process of this same program is started; it then runs `twin …`.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program.
    pub program: std::path::PathBuf,
    /// What comes before `twin`.
    pub before: Vec<String>,
}

/// A target whose processes are real ones.
pub struct Processes {
    /// As it is attacked.
    pub target: Target,
    children: Vec<Child>,
    _folder: tempfile::TempDir,
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Processes {
    /// Two twins on the books of one folder.
    ///
    /// # Errors
    /// When they can't be started.
    pub fn start(launcher: &Launcher, flaw: Option<Flaw>) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (mut children, mut urls) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let mut command = Command::new(&launcher.program);
            command.args(&launcher.before).args(["twin", "--listen", "127.0.0.1:0", "--books"]);
            command.arg(folder.path());
            if let Some(flaw) = flaw {
                command.args(["--bug", flaw.name()]);
            }
            let mut child = command.stdout(Stdio::piped()).spawn()?;
            let mut line = String::new();
            if let Some(out) = child.stdout.take() {
                BufReader::new(out).read_line(&mut line)?;
            }
            children.push(child);
            urls.push(line.trim().to_owned());
        }
        let mut target = target_of(twin::ADAPTER, &urls)?;
        target.pids = children.iter().map(Child::id).take(1).collect();
        Ok(Self { target, children, _folder: folder })
    }
}

/// How much is played; the same choices every time.
fn plan(rounds: u32, seed: u64) -> Plan {
    Plan {
        rounds,
        twin_rounds: 0,
        n: 8,
        seed,
        cell_time_max: Duration::from_secs(3_600),
        requests_max: usize::MAX,
    }
}

/// What finds a bug, and in how many rounds: plays its scenario until every judge of `wanted` has spoken,
/// at most so many rounds.
///
/// # Errors
/// When the twin can't be started, or its rounds can't be played.
pub async fn killers(
    flaw: Flaw,
    wanted: &BTreeSet<String>,
    rounds: u32,
    launcher: Option<&Launcher>,
) -> Result<BTreeMap<String, u32>, String> {
    const DELIVERIES: [Delivery; 2] = [Delivery::LastByte, Delivery::SingleWrite];
    let scenario = scenario::by_id(flaw.scenario()).ok_or("no such scenario")?;
    let started = || Options { flaw: Some(flaw), ..options(flaw) };
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    let processes;
    let in_process;
    let target = if flaw == Flaw::LeaseExpires {
        let Some(launcher) = launcher else { return Ok(found) };
        processes = Processes::start(launcher, Some(flaw)).map_err(|error| error.to_string())?;
        &processes.target
    } else {
        in_process = twin_target(&started()).map_err(|error| error.to_string())?;
        &in_process.target
    };
    for round in 0..rounds {
        let delivery = DELIVERIES[round as usize / 3 % DELIVERIES.len()];
        let settings = attack::settings(plan(rounds, 7), delivery, round);
        match attack::one(target, scenario, settings).await {
            Ok((_, findings)) => {
                let told = findings.into_iter().filter(|told| told.weight != Weight::Inconclusive);
                let judges: BTreeSet<String> = told.map(|finding| finding.judge).collect();
                for judge in judges {
                    *found.entry(judge).or_default() += 1;
                }
            }
            Err(crate::round::Stop::Void(_)) => {}
            Err(crate::round::Stop::Target(why)) => return Err(format!("{flaw}: {why}")),
        }
        if !wanted.is_empty() && wanted.iter().all(|id| found.contains_key(id)) {
            break;
        }
    }
    Ok(found)
}

fn options(flaw: Flaw) -> Options {
    let fronts = if flaw == Flaw::MutexInProcess || flaw == Flaw::StaleRead { 2 } else { 1 };
    Options { fronts, ..Options::default() }
}

/// The good twin against every scenario: how many rounds raced, and every finding as a line of text.
///
/// # Errors
/// When the twin can't be started, or its rounds can't be played.
pub async fn good(
    scenario: &'static Scenario,
    rounds: u32,
    launcher: Option<&Launcher>,
) -> Result<(u32, Vec<String>), String> {
    // A twin's books grow, and with them every read of them.
    const ROUNDS_OF_ONE_TWIN_MAX: u32 = 50;
    let deliveries = u32::try_from(Delivery::ALL.len()).unwrap_or(1);
    let part = rounds.div_ceil(deliveries).clamp(1, ROUNDS_OF_ONE_TWIN_MAX);
    let mut alarms = Vec::new();
    let mut raced = 0;
    // On a busy machine some parts race less than they should.
    let parts_max = 3 * (rounds / part + deliveries);
    for (delivery, n) in Delivery::ALL.into_iter().cycle().zip(0..parts_max) {
        if n >= deliveries && (raced >= rounds || !alarms.is_empty()) {
            break;
        }
        let options = Options { fronts: 2, ..Options::default() };
        let TwinTarget { target, twin: _twin } =
            twin_target(&options).map_err(|error| error.to_string())?;
        let plan = plan(part, 11 + u64::from(n));
        let tally = attack::play(&target, scenario, delivery, plan, part, &|_| ()).await;
        raced += tally.raced;
        let alarm = |text: String| format!("{} {delivery}: {text}", scenario.id);
        let findings = tally.findings.iter();
        alarms.extend(findings.map(|it| alarm(format!("{} {}", it.judge, it.text))));
        alarms.extend(tally.failed.map(alarm));
    }
    if let Some(launcher) = launcher.filter(|_| scenario.disturbs) {
        let processes = Processes::start(launcher, None).map_err(|error| error.to_string())?;
        let rounds = rounds.min(20);
        let delivery = Delivery::LastByte;
        let tally =
            attack::play(&processes.target, scenario, delivery, plan(rounds, 13), rounds, &|_| ());
        let tally = tally.await;
        raced += tally.raced;
        let alarm =
            |finding: &judge::Finding| format!("two processes: {} {}", finding.judge, finding.text);
        alarms.extend(tally.findings.iter().map(alarm));
    }
    Ok((raced, alarms))
}

/// Why a judge that is nowhere the only catcher stays.
pub const REASONS: &[(&str, &str)] = &[
    (
        "J1",
        "J10 sees it too where it can search the order; J1 needs no search and says it in money",
    ),
    ("J3", "J10 sees it too; J3 also judges servers whose order can't be found in time"),
    ("J7", "a doubled effect also moves the balance (J2); J7 says that it was one request"),
    ("J11", "J10 sees it too where answers tell amounts; J11 needs only versions"),
];

/// Judges that are nowhere the only catcher and have no written reason.
pub fn unexplained(matrix: &Matrix) -> Vec<&'static str> {
    let alone = matrix.values().filter(|killers| killers.sometimes.is_empty());
    let sole: BTreeSet<&str> = alone
        .filter(|killers| killers.always.len() == 1)
        .filter_map(|killers| killers.always.first().map(String::as_str))
        .collect();
    let has_reason = |id: &str| REASONS.iter().any(|(known, _)| *known == id);
    let ids = judge::ALL.iter().map(|judge| judge.id);
    ids.filter(|id| !sole.contains(id) && !has_reason(id)).collect()
}
