//! A sample of the selftest; `probe selftest` plays as much as it is told to.

use std::path::PathBuf;

use probe::{
    scenario,
    selftest::{self, GOLDEN, Launcher},
    twin::Flaw,
};

fn launcher() -> Launcher {
    Launcher { program: PathBuf::from(env!("CARGO_BIN_EXE_probe")), before: Vec::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_good_twin_raises_no_alarm() {
    for scenario in scenario::ALL {
        let (raced, alarms) = selftest::good(scenario, 8, Some(&launcher())).await.unwrap();
        assert!(alarms.is_empty(), "{alarms:#?}");
        assert!(raced > 0, "{} raced nothing", scenario.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bug_is_found_by_the_judges_of_the_matrix_and_no_other() {
    const AT_ONCE: usize = 4;
    let golden = selftest::parse(GOLDEN);
    for flaws in Flaw::ALL.chunks(AT_ONCE) {
        let mut running = tokio::task::JoinSet::new();
        for flaw in flaws.iter().copied() {
            let known = golden[flaw.name()].clone();
            assert_eq!(known.scenario, flaw.scenario(), "{flaw}");
            assert!(!known.always.is_empty(), "nothing finds {flaw}");
            running.spawn(async move {
                let launcher = launcher();
                let found =
                    selftest::killers(flaw, &known.always, 80, Some(&launcher)).await.unwrap();
                (flaw, known.differences(&found))
            });
        }
        while let Some(done) = running.join_next().await {
            let (flaw, (missing, surplus)) = done.unwrap();
            assert!(
                missing.is_empty() && surplus.is_empty(),
                "{flaw}: not {missing:?}, but {surplus:?}"
            );
        }
    }
}

#[test]
fn every_judge_is_the_only_one_to_find_some_bug_or_says_why_not() {
    let golden = selftest::parse(GOLDEN);
    assert_eq!(selftest::unexplained(&golden), [] as [&str; 0]);
    assert_eq!(golden.len(), Flaw::ALL.len());
    for (id, _) in selftest::REASONS {
        let finds = golden.values().any(|killers| killers.always.contains(*id));
        assert!(finds, "{id} finds no bug at all");
    }
}
