//! Every metric, with its unit in its name, in one place.
//!
//! Counting must cost next to nothing: what is counted often has its counter at hand, and no label is
//! ever formatted on the way.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use engine::{BatchReport, CommandReport, Observer};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Phase {
    phase: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandOutcome {
    command: &'static str,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusClass {
    class: &'static str,
}

/// What the product counts.
pub struct Metrics {
    registry: Registry,
    queue_depth: Gauge,
    queue_wait: Histogram,
    batch_commands: Histogram,
    load: Histogram,
    decide: Histogram,
    commit: Histogram,
    commands: Family<CommandOutcome, Counter>,
    /// The counters of `commands` by labels that need not be made first.
    commands_known: RwLock<HashMap<&'static str, HashMap<String, Counter>>>,
    conflicts: Counter,
    retries: Counter,
    requests: [Counter; 4],
    request_seconds: Histogram,
}

/// From 50 µs to 13 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 19))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("amanah");
        let phases = Family::<Phase, Histogram>::new_with_constructor(seconds);
        let phase = |phase| phases.get_or_create(&Phase { phase }).clone();
        let requests = Family::<StatusClass, Counter>::default();
        let class = |class| requests.get_or_create(&StatusClass { class }).clone();
        let metrics = Self {
            queue_depth: Gauge::default(),
            queue_wait: seconds(),
            batch_commands: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            load: phase("load"),
            decide: phase("decide"),
            commit: phase("commit"),
            commands: Family::default(),
            commands_known: RwLock::default(),
            conflicts: Counter::default(),
            retries: Counter::default(),
            requests: ["2xx", "3xx", "4xx", "5xx"].map(class),
            request_seconds: seconds(),
            registry: Registry::default(),
        };
        let m = &metrics;
        registry.register("queue_depth", "Commands waiting to be decided", m.queue_depth.clone());
        registry.register(
            "queue_wait_seconds",
            "Time from a command's submission to its answer",
            m.queue_wait.clone(),
        );
        registry.register("batch_commands", "Commands in one commit", m.batch_commands.clone());
        registry.register("phase_seconds", "Time a batch spends in each phase", phases);
        registry.register("commands", "Commands settled, by what came of them", m.commands.clone());
        registry.register(
            "conflicts",
            "Batches that another process was faster than",
            m.conflicts.clone(),
        );
        registry.register("retries", "Batches that were tried again", m.retries.clone());
        registry.register("http_requests", "Requests answered, by status class", requests);
        registry.register(
            "http_request_seconds",
            "Time from a request's head to its answer",
            m.request_seconds.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub(crate) fn request(&self, status: u16, taken: Duration) {
        let class = usize::from(status / 100).saturating_sub(2).min(self.requests.len() - 1);
        self.requests[class].inc();
        self.request_seconds.observe(taken.as_secs_f64());
    }

    /// Everything in the Prometheus text format.
    pub(crate) fn text(&self, queued: usize) -> String {
        self.queue_depth.set(i64::try_from(queued).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes every character");
        text
    }

    fn known(&self, command: &'static str, outcome: &str) -> Option<Counter> {
        let known = self.commands_known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(command)?.get(outcome).cloned()
    }
}

impl Observer for Metrics {
    fn batch(&self, report: &BatchReport) {
        self.queue_depth.set(i64::try_from(report.queued).unwrap_or(i64::MAX));
        self.batch_commands.observe(u32::try_from(report.count).unwrap_or(u32::MAX).into());
        self.load.observe(report.load.as_secs_f64());
        self.decide.observe(report.decide.as_secs_f64());
        self.commit.observe(report.commit.as_secs_f64());
    }

    fn command(&self, report: &CommandReport<'_>) {
        self.queue_wait.observe(report.waited.as_secs_f64());
        let counter = self.known(report.command, report.outcome).unwrap_or_else(|| {
            let outcome = report.outcome.to_owned();
            let labels = CommandOutcome { command: report.command, outcome: outcome.clone() };
            let counter = self.commands.get_or_create(&labels).clone();
            let mut known = self.commands_known.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(report.command).or_default().insert(outcome, counter.clone());
            counter
        });
        counter.inc();
    }

    fn conflict(&self) {
        self.conflicts.inc();
    }

    fn retry(&self) {
        self.retries.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_the_documented_ones() {
        let metrics = Metrics::default();
        let waited = Duration::from_millis(1);
        for _ in 0..2 {
            metrics.command(&CommandReport {
                command: "consume_retainer",
                outcome: "accepted",
                waited,
            });
        }
        metrics.batch(&BatchReport {
            count: 2,
            queued: 3,
            load: waited,
            decide: waited,
            commit: waited,
        });
        metrics.request(200, waited);
        metrics.request(503, waited);
        let text = metrics.text(7);
        for line in [
            "amanah_queue_depth 7",
            "amanah_queue_wait_seconds_count 2",
            "amanah_batch_commands_sum 2.0",
            "amanah_phase_seconds_count{phase=\"commit\"} 1",
            "amanah_commands_total{command=\"consume_retainer\",outcome=\"accepted\"} 2",
            "amanah_conflicts_total 0",
            "amanah_retries_total 0",
            "amanah_http_requests_total{class=\"2xx\"} 1",
            "amanah_http_requests_total{class=\"5xx\"} 1",
            "amanah_http_request_seconds_count 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
