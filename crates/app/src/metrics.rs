//! Every metric, with its unit in its name, in one place.
//!
//! Counting must cost next to nothing: what is counted often has its counter at hand, and no label is
//! ever formatted on the way. What can be counted is there from the start, at zero: a counter that
//! appears with its first count has not increased.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use domain::{
    Batch, Id,
    change::Write,
    invariant::{Finding, Verdict},
    rows::{AlertKind, Firm},
};
use engine::{BatchReport, CommandReport, Observer, StoreError, Unique};
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
use store::Vitals;

use crate::{chaos::Chaos, jobs::NumberFailures};

macro_rules! labels {
    ($($name:ident { $($label:ident: $type:ty),+ })+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        struct $name {
            $($label: $type),+
        }
    )+};
}
labels! {
    Phase { phase: &'static str }
    CommandOutcome { command: &'static str, outcome: String }
    StatusClass { class: &'static str }
    Cause { cause: &'static str }
    Of { of: &'static str }
    Outcome { outcome: &'static str }
    Kind { r#type: &'static str }
    Invariant { invariant: &'static str }
    Database { database: &'static str }
}

/// What the product counts.
pub struct Metrics {
    registry: Registry,
    queue_depth: Gauge,
    queue_limit: Gauge,
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
    rollbacks: Family<Cause, Counter>,
    unique_violations: Family<Of, Counter>,
    /// Whose numbers fail, for somebody to be told.
    pub(crate) number_failures: NumberFailures,
    alerts: Family<Kind, Counter>,
    untrue: Counter,
    broken_facts: Family<Invariant, Gauge>,
    verified_at: Gauge,
    requests: [Counter; 4],
    request_seconds: Histogram,
    event_streams: Gauge,
    deliveries: [Counter; 2],
    delivery_seconds: Histogram,
    deliveries_pending: Gauge,
    deliveries_dead: Gauge,
    database_up: Gauge,
    database_free: Family<Database, Gauge>,
    standbys_required: Gauge,
    standbys_streaming: Gauge,
    standby_lag: Gauge,
}

/// From 50 µs to 13 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 19))
}

impl Metrics {
    /// All at zero. `queue_count_max`: commands that may wait.
    pub fn new(queue_count_max: usize, chaos: Option<&Chaos>) -> Self {
        let phases = Family::<Phase, Histogram>::new_with_constructor(seconds);
        let phase = |phase| phases.get_or_create(&Phase { phase }).clone();
        let requests = Family::<StatusClass, Counter>::default();
        let class = |class| requests.get_or_create(&StatusClass { class }).clone();
        let attempts = Family::<Outcome, Counter>::default();
        let outcome = |outcome| attempts.get_or_create(&Outcome { outcome }).clone();
        let mut metrics = Self {
            registry: Registry::with_prefix("amanah"),
            queue_depth: Gauge::default(),
            queue_limit: Gauge::default(),
            queue_wait: seconds(),
            batch_commands: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            load: phase("load"),
            decide: phase("decide"),
            commit: phase("commit"),
            commands: Family::default(),
            commands_known: RwLock::default(),
            conflicts: Counter::default(),
            retries: Counter::default(),
            rollbacks: Family::default(),
            unique_violations: Family::default(),
            number_failures: NumberFailures::default(),
            alerts: Family::default(),
            untrue: Counter::default(),
            broken_facts: Family::default(),
            verified_at: Gauge::default(),
            requests: ["2xx", "3xx", "4xx", "5xx"].map(class),
            request_seconds: seconds(),
            event_streams: Gauge::default(),
            deliveries: ["delivered", "failed"].map(outcome),
            delivery_seconds: seconds(),
            deliveries_pending: Gauge::default(),
            deliveries_dead: Gauge::default(),
            database_up: Gauge::default(),
            database_free: Family::default(),
            standbys_required: Gauge::default(),
            standbys_streaming: Gauge::default(),
            standby_lag: Gauge::default(),
        };
        metrics.queue_limit.set(integer(queue_count_max));
        metrics.begin_at_zero();
        metrics.register(phases, requests, attempts);
        if let Some(chaos) = chaos {
            let help = "Faults that were injected";
            metrics.registry.register("chaos_injected", help, chaos.injected());
        }
        metrics
    }

    fn begin_at_zero(&self) {
        for cause in StoreError::NAMES {
            drop(self.rollbacks.get_or_create(&Cause { cause }));
        }
        for of in [Unique::Number, Unique::Other] {
            drop(self.unique_violations.get_or_create(&Of { of: of.name() }));
        }
        for kind in AlertKind::ALL {
            drop(self.alerts.get_or_create(&Kind { r#type: kind.name() }));
        }
        for Verdict { id: invariant, .. } in domain::invariant::check([]) {
            drop(self.broken_facts.get_or_create(&Invariant { invariant }));
        }
    }

    fn register(
        &mut self,
        phases: Family<Phase, Histogram>,
        requests: Family<StatusClass, Counter>,
        attempts: Family<Outcome, Counter>,
    ) {
        let mut registry = std::mem::take(&mut self.registry);
        macro_rules! register {
            ($($name:literal, $help:literal, $metric:expr;)+) => {
                $(registry.register($name, $help, $metric);)+
            };
        }
        let m = &*self;
        register! {
            "queue_depth", "Commands waiting to be decided", m.queue_depth.clone();
            "queue_limit", "Commands that may wait", m.queue_limit.clone();
            "queue_wait_seconds", "Time from a command's submission to its answer", m.queue_wait.clone();
            "batch_commands", "Commands in one commit", m.batch_commands.clone();
            "phase_seconds", "Time a batch spends in each phase", phases;
            "commands", "Commands settled, by what came of them", m.commands.clone();
            "conflicts", "Batches that another process was faster than", m.conflicts.clone();
            "retries", "Batches that were tried again", m.retries.clone();
            "rollbacks", "Transactions that came to nothing, or to nobody knows what", m.rollbacks.clone();
            "unique_violations", "Rows refused because there was such a row", m.unique_violations.clone();
            "alerts", "Alerts raised", m.alerts.clone();
            "untrue_decisions", "Commands that were not carried out because what they would change does not add up", m.untrue.clone();
            "broken_facts", "Facts that the last verification found broken", m.broken_facts.clone();
            "verified_timestamp_seconds", "When the last verification ended; 0: never", m.verified_at.clone();
            "http_requests", "Requests answered, by status class", requests;
            "http_request_seconds", "Time from a request's head to its answer", m.request_seconds.clone();
            "event_streams", "Listeners to what happens", m.event_streams.clone();
            "delivery_attempts", "Attempts to deliver a webhook, by what came of them", attempts;
            "delivery_seconds", "Time an attempt takes", m.delivery_seconds.clone();
            "deliveries_pending", "Webhooks that are not delivered", m.deliveries_pending.clone();
            "deliveries_dead", "Webhooks that were given up", m.deliveries_dead.clone();
            "database_up", "Whether the database answers", m.database_up.clone();
            "database_free_bytes", "Room on the disk of the database file", m.database_free.clone();
            "standbys_required", "Whether a commit waits for a standby", m.standbys_required.clone();
            "standbys_streaming", "Standbys that follow the database", m.standbys_streaming.clone();
            "standby_lag_bytes", "Log that the slowest standby has yet to replay", m.standby_lag.clone();
        }
        self.registry = registry;
    }

    /// Counts an answered request.
    pub(crate) fn request(&self, status: u16, taken: Duration) {
        let class = usize::from(status / 100).saturating_sub(2).min(self.requests.len() - 1);
        self.requests[class].inc();
        self.request_seconds.observe(taken.as_secs_f64());
    }

    /// Counts an attempt to deliver a webhook.
    pub(crate) fn delivery(&self, arrived: bool, taken: Duration) {
        self.deliveries[usize::from(!arrived)].inc();
        self.delivery_seconds.observe(taken.as_secs_f64());
    }

    /// Shows how many facts of each rule the last walks over all firms have found broken; `at`: when the
    /// last of them ended, in seconds of Unix time.
    pub fn verified(&self, broken: impl IntoIterator<Item = (&'static str, u64)>, at: i64) {
        for (invariant, broken) in broken {
            let gauge = self.broken_facts.get_or_create(&Invariant { invariant });
            gauge.set(integer(broken));
        }
        self.verified_at.set(at);
    }

    /// Everything in the Prometheus text format.
    pub(crate) fn text(&self, now: Now) -> String {
        let Now { queued, streams, vitals } = now;
        self.queue_depth.set(integer(queued));
        self.event_streams.set(integer(streams));
        self.database_up.set(i64::from(vitals.is_some()));
        if let Some(Vitals { free_bytes, standbys, outbox }) = vitals {
            self.deliveries_pending.set(outbox.pending);
            self.deliveries_dead.set(outbox.dead);
            if let Some(free) = free_bytes {
                self.database_free.get_or_create(&Database { database: "file" }).set(integer(free));
            }
            self.standbys_required.set(standbys.are_required.into());
            self.standbys_streaming.set(standbys.streaming);
            self.standby_lag.set(standbys.lag_bytes_max);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes every character");
        text
    }

    fn known(&self, command: &'static str, outcome: &str) -> Option<Counter> {
        let known = self.commands_known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(command)?.get(outcome).cloned()
    }
}

/// What is not counted but looked up when somebody asks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Now {
    /// Commands without an outcome.
    pub queued: usize,
    /// Listeners to what happens.
    pub streams: usize,
    /// How the database is; `None`: it is away.
    pub vitals: Option<Vitals>,
}

/// As a gauge takes it.
fn integer(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

impl Observer for Metrics {
    fn batch(&self, report: &BatchReport) {
        self.queue_depth.set(integer(report.queued));
        self.batch_commands.observe(u32::try_from(report.count).unwrap_or(u32::MAX).into());
        self.load.observe(report.load.as_secs_f64());
        self.decide.observe(report.decide.as_secs_f64());
        self.commit.observe(report.commit.as_secs_f64());
    }

    fn committed(&self, batch: &Batch) {
        let alerts = batch.firms.iter().flat_map(|part| &part.alerts);
        for Write { row, .. } in alerts.filter(|write| write.base.is_none()) {
            self.alerts.get_or_create(&Kind { r#type: row.kind.name() }).inc();
        }
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

    fn failed(&self, error: &StoreError, firm: Id<Firm>) {
        self.rollbacks.get_or_create(&Cause { cause: error.name() }).inc();
        match error {
            StoreError::Conflict(_) => {
                self.conflicts.inc();
            }
            StoreError::Duplicate { of, .. } => {
                self.unique_violations.get_or_create(&Of { of: of.name() }).inc();
                if *of == Unique::Number {
                    self.number_failures.note(firm, Instant::now());
                }
            }
            _ => {}
        }
    }

    fn untrue(&self, _: &Finding) {
        self.untrue.inc();
    }

    fn retry(&self) {
        self.retries.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::OutboxCount;

    #[test]
    fn names_and_labels_are_the_documented_ones() {
        let metrics = Metrics::new(65_536, None);
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
        let firm = Id::new([1; 12]);
        metrics.failed(&StoreError::Conflict("first".into()), firm);
        let taken = StoreError::Duplicate { of: Unique::Number, reason: "taken".into() };
        metrics.failed(&taken, firm);
        metrics.request(200, waited);
        metrics.request(503, waited);
        metrics.verified([("I3", 4)], 1_800_000_000);
        let outbox = OutboxCount { pending: 3, dead: 1 };
        let vitals = Vitals { free_bytes: Some(9), outbox, ..Vitals::default() };
        metrics.delivery(true, waited);
        metrics.delivery(false, waited);
        let text = metrics.text(Now { queued: 7, streams: 2, vitals: Some(vitals) });
        for line in [
            "amanah_queue_depth 7",
            "amanah_queue_limit 65536",
            "amanah_queue_wait_seconds_count 2",
            "amanah_batch_commands_sum 2.0",
            "amanah_phase_seconds_count{phase=\"commit\"} 1",
            "amanah_commands_total{command=\"consume_retainer\",outcome=\"accepted\"} 2",
            "amanah_conflicts_total 1",
            "amanah_retries_total 0",
            "amanah_rollbacks_total{cause=\"conflict\"} 1",
            "amanah_rollbacks_total{cause=\"unknown\"} 0",
            "amanah_unique_violations_total{of=\"number\"} 1",
            "amanah_unique_violations_total{of=\"other\"} 0",
            "amanah_alerts_total{type=\"low_balance\"} 0",
            "amanah_untrue_decisions_total 0",
            "amanah_broken_facts{invariant=\"I3\"} 4",
            "amanah_broken_facts{invariant=\"I10\"} 0",
            "amanah_verified_timestamp_seconds 1800000000",
            "amanah_http_requests_total{class=\"2xx\"} 1",
            "amanah_http_requests_total{class=\"5xx\"} 1",
            "amanah_http_request_seconds_count 2",
            "amanah_event_streams 2",
            "amanah_delivery_attempts_total{outcome=\"delivered\"} 1",
            "amanah_delivery_attempts_total{outcome=\"failed\"} 1",
            "amanah_delivery_seconds_count 2",
            "amanah_deliveries_pending 3",
            "amanah_deliveries_dead 1",
            "amanah_database_up 1",
            "amanah_database_free_bytes{database=\"file\"} 9",
            "amanah_standbys_required 0",
            "amanah_standbys_streaming 0",
            "amanah_standby_lag_bytes 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(metrics.text(Now::default()).contains("amanah_database_up 0"));
    }
}
