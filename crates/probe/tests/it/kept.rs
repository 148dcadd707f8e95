//! Histories that were kept, as `probe run --out` keeps them: judged again, by the program.

use std::{path::Path, process::Command};

#[test]
fn kept_histories_are_judged_as_they_were() {
    for (name, judges, code) in [
        ("clean", &[][..], 0),
        ("overdrawn", &["J1", "J10"], 1),
        ("payment-lost", &["J2", "J10"], 1),
        ("refund-lost", &["J2", "J10"], 1),
        ("key-of-another-body", &["J2", "J8", "J9", "J10"], 1),
        ("stale-read", &["J10", "J11"], 1),
        ("void-and-paid", &["J10", "J12"], 1),
        ("write-skew", &["J1", "J17"], 1),
    ] {
        let (status, mut said) = check(&format!("{name}.jsonl"));
        said.dedup();
        assert_eq!(
            (status, said),
            (code, judges.iter().map(|id| (*id).to_owned()).collect()),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_history_is_an_error() {
    assert_eq!(check("nowhere.jsonl").0, 3);
    assert_eq!(check("../kill-matrix.txt").0, 3);
}

/// The exit code, and who found something, in order.
fn check(name: &str) -> (i32, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(name);
    let probe = Command::new(env!("CARGO_BIN_EXE_probe")).arg("check").arg(path).output().unwrap();
    let text = String::from_utf8(probe.stdout).unwrap();
    let findings = text.lines().filter(|line| line.starts_with('J'));
    let judges = findings.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect();
    (probe.status.code().unwrap(), judges)
}
