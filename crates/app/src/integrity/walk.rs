//! One walk over everything that a firm has stored, on a thread of its own, from one snapshot.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use domain::{
    Id,
    invariant::{self, Account, Checker, Finding, Remembered, Sign, Verdict},
    rows::Firm,
};
use store::{ReadError, Reader};
use tokio::sync::oneshot;

use super::pace::Breath;

/// What came of it.
pub(super) struct Walk {
    pub verdicts: Vec<Verdict>,
    /// The place in the journal up to which was looked.
    pub seq: i64,
    /// How the audit log is now; `None` where it was not seen.
    pub log: Option<Remembered>,
    /// The rest that is due.
    pub owed: Duration,
}

impl Walk {
    /// The counterexamples, rule by rule.
    pub fn findings(&self) -> Vec<Finding> {
        self.verdicts.iter().flat_map(|verdict| verdict.examples.iter().cloned()).collect()
    }
}

/// Tells the thread that nobody waits for it any more.
struct Leash(Arc<AtomicBool>);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Walks over a firm whose log was like `past`. Given up when this is dropped.
pub(super) async fn walk(
    reader: Reader,
    firm: Id<Firm>,
    past: Vec<Remembered>,
    breath: Breath,
) -> Result<Walk, ReadError> {
    let is_over = Arc::new(AtomicBool::new(false));
    let _leash = Leash(Arc::clone(&is_over));
    let (done, when_done) = oneshot::channel();
    // Not one of the runtime's threads: those are waited for at the end.
    let spawned = thread::Builder::new().name("verifier".into()).spawn(move || {
        // Nobody may listen any more.
        let _ = done.send(walked(&reader, firm, past, breath, &is_over));
    });
    spawned.map_err(|error| ReadError::Database(error.to_string()))?;
    when_done.await.unwrap_or_else(|_| Err(ReadError::Database("the verifier panicked".into())))
}

fn walked(
    reader: &Reader,
    firm: Id<Firm>,
    past: Vec<Remembered>,
    mut breath: Breath,
    is_over: &AtomicBool,
) -> Result<Walk, ReadError> {
    let mut checker = Checker::remembering(past);
    let read = reader.rows(firm, &mut |row| {
        if !is_over.load(Relaxed) {
            checker.see(row);
            breath.row();
        }
    });
    let seq = checker.firm().map_or(0, |firm| firm.seq);
    match read {
        Ok(()) => {
            let log = Some(checker.to_remember());
            Ok(Walk { verdicts: checker.finish(), seq, log, owed: breath.owed() })
        }
        // What makes no sense can't be read over; nothing beyond it was looked at.
        Err(ReadError::Row(text)) => {
            Ok(Walk { verdicts: senseless(&text), seq, log: None, owed: breath.owed() })
        }
        Err(error) => Err(error),
    }
}

/// Nothing is known but that a row makes no sense.
fn senseless(text: &str) -> Vec<Verdict> {
    const RULE: &str = "I10";
    let mut verdicts = invariant::check([]);
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.id == RULE) {
        (verdict.checked, verdict.broken) = (1, 1);
        let sign = Sign { rule: RULE, off_by: 0 };
        let text = format!("a stored row can't be understood: {text}");
        verdict.examples.push(Finding { account: Account::FIRM, sign, text });
    }
    verdicts
}
