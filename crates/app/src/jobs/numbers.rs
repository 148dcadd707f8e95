//! Tells a firm whose numbers fail: its counter was set back, and every document it numbers is refused.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    Id,
    alerts::raise::RaiseAlert,
    rows::{AlertKind, Firm},
};

use super::submit;
use crate::App;

/// So many failures within so long are told of, if there are more.
const FAILURES_COUNT: usize = 3;
const WITHIN: Duration = Duration::from_secs(600);

/// When which firm's numbers failed.
#[derive(Debug, Default)]
pub(crate) struct NumberFailures(Mutex<HashMap<Id<Firm>, Vec<Instant>>>);

impl NumberFailures {
    pub fn note(&self, firm: Id<Firm>, at: Instant) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_firm = failures.entry(firm).or_default();
        of_firm.retain(|earlier| at.duration_since(*earlier) <= WITHIN);
        if of_firm.len() <= FAILURES_COUNT {
            of_firm.push(at);
        }
    }

    /// The firms whose numbers failed too often; counted anew from here.
    fn take(&self) -> Vec<Id<Firm>> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let often = failures.extract_if(|_, of_firm| of_firm.len() > FAILURES_COUNT);
        often.map(|(firm, _)| firm).collect()
    }
}

pub(super) async fn run(app: Arc<App>, every: Duration) {
    loop {
        for firm in app.metrics.number_failures.take() {
            let raise = RaiseAlert { kind: AlertKind::NumbersFail, about: *firm.bytes() };
            if let Err(trouble) = submit(&app, firm, raise).await {
                tracing::warn!(%trouble, "nobody could be told that numbers fail");
            }
        }
        tokio::time::sleep(every).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_three_failures_within_ten_minutes_are_told_of_once() {
        let (failures, start) = (NumberFailures::default(), Instant::now());
        let (often, rarely) = (Id::new([1; 12]), Id::new([2; 12]));
        for n in 0..4 {
            failures.note(often, start + Duration::from_secs(n));
            failures.note(rarely, start + Duration::from_secs(n * 300));
        }
        assert_eq!(failures.take(), [often]);
        assert!(failures.take().is_empty());
    }
}
