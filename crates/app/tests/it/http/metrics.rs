//! What is counted can be seen, and what rules and dashboards look at is counted.

use std::collections::BTreeSet;

use super::*;
use crate::support::{client::Call, firm::Firm};

const RULES: &str = include_str!("../../../../../deploy/prometheus/amanah.rules.yml");
const DASHBOARD: &str = include_str!("../../../../../deploy/grafana/amanah.json");

async fn metrics(target: &Target) -> String {
    let answer = target.send(&Call::get("/metrics")).await;
    assert_eq!(answer.status, 200);
    answer.text()
}

/// Names that begin like ours.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    words.filter(|word| word.strip_prefix("amanah_").is_some_and(|rest| !rest.is_empty())).collect()
}

#[tokio::test]
async fn every_metric_that_a_rule_or_a_panel_names_exists() {
    let target = ours().await;
    let firm = Firm::new(&target);
    firm.client().await;
    let text = metrics(&target).await;
    let there: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for (file, count_min) in [(RULES, 15), (DASHBOARD, 15)] {
        let named = named(file);
        let missing: Vec<_> = named.difference(&there).collect();
        assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
        assert!(named.len() >= count_min, "{named:?}");
    }
    let recorded = RULES.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    let recorded: BTreeSet<&str> = recorded.collect();
    let used = format!("{RULES}{DASHBOARD}");
    let used = used.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    for name in used.filter(|word| word.starts_with("amanah:")) {
        assert!(recorded.contains(name), "{name} is recorded by no rule");
    }
}
