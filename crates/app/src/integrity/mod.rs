//! Integrity, always on: the books are walked all the time within a share of the machine. What does not
//! add up is parked and told, by a command like any other.
//!
//! What a command changes is checked before it is stored ([`domain::invariant::drift`]); what is walked
//! for here is what came into the database past the product. **A walk only reads.**

mod pace;
mod past;
mod walk;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::{
    Id, MARKET, Rejection, Timestamp,
    integrity::park::ParkAccount,
    invariant::{AccountKind, Verdict},
    rows::{Alert, Firm},
};
use store::ReadError;

pub use pace::Pace;
pub use past::Past;

use self::{pace::Breath, walk::Walk};
use crate::{App, jobs};

/// Walks, and what they have found.
pub struct Integrity {
    pace: Pace,
    past: Past,
    /// One walk at a time.
    turn: tokio::sync::Mutex<()>,
    /// Who waits for it.
    waiting: Arc<AtomicUsize>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    firms: HashMap<Id<Firm>, Walked>,
    /// By rule, over all firms.
    broken: BTreeMap<&'static str, u64>,
}

/// What the last walk over a firm has shown.
#[derive(Debug, Clone)]
pub(crate) struct Walked {
    /// When it ended.
    pub at: Timestamp,
    /// The place in the journal up to which was looked.
    pub seq: i64,
    /// One a rule, without examples: those stand in alerts.
    pub verdicts: Vec<Verdict>,
}

impl Integrity {
    pub(crate) fn new(pace: Pace, past: Past) -> Self {
        let (turn, waiting, seen) =
            (tokio::sync::Mutex::default(), Arc::default(), Mutex::default());
        Self { pace, past, turn, waiting, seen }
    }

    /// How fast is walked when nobody asks.
    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// What the last walk of this process over a firm has shown.
    pub(crate) fn walked(&self, firm: Id<Firm>) -> Option<Walked> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.firms.get(&firm).cloned()
    }

    /// Takes in what a walk has shown, and tells it in the metrics.
    fn note(&self, app: &App, firm: Id<Firm>, walked: Walked) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at = walked.at.micros() / 1_000_000;
        let earlier = seen.firms.insert(firm, walked.clone());
        let before = earlier.into_iter().flat_map(|earlier| earlier.verdicts);
        for Verdict { id, broken, .. } in before {
            let sum = seen.broken.entry(id).or_default();
            *sum = sum.saturating_sub(broken);
        }
        for Verdict { id, broken, .. } in walked.verdicts {
            let sum = seen.broken.entry(id).or_default();
            *sum = sum.saturating_add(broken);
        }
        app.metrics.verified(seen.broken.iter().map(|(id, broken)| (*id, *broken)), at);
    }
}

/// Somebody waits for a walk to end.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn on(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Walks over a firm in the verifier's own time; the rest that is due afterwards.
pub(crate) async fn walk_in_turn(app: &App, firm: Id<Firm>) -> Result<Duration, ReadError> {
    let _turn = app.integrity.turn.lock().await;
    look(app, firm, app.integrity.pace).await
}

/// Walks over a firm now, for somebody who waits; `None`: it was not its turn within `patience`.
pub(crate) async fn walk_now(
    app: &App,
    firm: Id<Firm>,
    patience: Duration,
) -> Result<Option<()>, ReadError> {
    let waits = Waits::on(&app.integrity.waiting);
    let Ok(_turn) = tokio::time::timeout(patience, app.integrity.turn.lock()).await else {
        return Ok(None);
    };
    drop(waits);
    look(app, firm, Pace::FULL).await.map(|_| Some(()))
}

async fn look(app: &App, firm: Id<Firm>, pace: Pace) -> Result<Duration, ReadError> {
    let Integrity { past, waiting, .. } = &*app.integrity;
    let known = past.of(firm, app.audit_key.as_deref());
    let breath = Breath::new(pace, Arc::clone(waiting));
    let walk = walk::walk(app.reader.clone(), firm, known, breath).await?;
    let bare =
        walk.verdicts.iter().map(|verdict| Verdict { examples: Vec::new(), ..verdict.clone() });
    let walked = Walked { at: app.clock.now(), seq: walk.seq, verdicts: bare.collect() };
    app.integrity.note(app, firm, walked);
    let is_answered_for = park(app, firm, &walk).await?;
    if let Some(log) = walk.log {
        let key = app.audit_key.as_deref();
        match is_answered_for {
            None => past.remember(firm, key, log),
            Some(true) => past.begin_anew(firm, key, log),
            // The evidence stays.
            Some(false) => {}
        }
    }
    Ok(walk.owed)
}

/// Has parked and told what nobody was told of. Whether an owner has answered for what is wrong with
/// the audit log; `None`: nothing is.
async fn park(app: &App, firm: Id<Firm>, walk: &Walk) -> Result<Option<bool>, ReadError> {
    let findings = walk.findings();
    if findings.is_empty() {
        return Ok(None);
    }
    let told = app.reader.found(firm).await?;
    let mut is_answered_for = None;
    for park in ParkAccount::all_of(&findings) {
        let known: Vec<&Alert> = told.iter().filter(|alert| park.is_told_by(alert)).collect();
        if park.account.kind == AccountKind::AuditLog {
            let stands = known.iter().any(|alert| alert.released.is_none());
            is_answered_for = Some(!known.is_empty() && !stands);
        }
        if known.is_empty() {
            carry_out(app, firm, park).await;
        }
    }
    Ok(is_answered_for)
}

async fn carry_out(app: &App, firm: Id<Firm>, park: ParkAccount) {
    let (account, finding) = (park.account, park.found.text.clone());
    let rule = park.found.rule.clone();
    // Nobody owns the market, and nobody could release what is parked there.
    if firm == MARKET {
        return tracing::error!(%account, rule, finding, "the market's books do not add up");
    }
    match jobs::submit(app, firm, park).await {
        Ok(Ok(_)) => tracing::error!(%firm, %account, rule, finding, "parked: it does not add up"),
        // Another process was first.
        Ok(Err(Rejection::NothingToTell)) => {}
        Ok(Err(rejection)) => {
            tracing::error!(%firm, %account, rule, finding, code = rejection.code(), "not parked");
        }
        Err(trouble) => tracing::warn!(%firm, %account, %trouble, "not parked yet"),
    }
}
