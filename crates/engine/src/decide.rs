//! What each command of a batch comes to. Decisions read the book and change nothing; what is accepted
//! is made true for the commands after it only once nothing can go wrong any more.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use domain::{Asked, Book, Change, Key, Rejection, Reply, Stop, audit, rows::AuditRecord};

use crate::{
    Decide, Intent, Request, Settled, Store, StoreError, Trouble, batch,
    lane::Lane,
    once::{self, Earlier},
    queue::{Answer, Waiting},
};

/// Of a batch's members, from the first on.
pub(crate) type Answers = Vec<Answer>;

/// Decides the members in order, until all are decided or the batch's time is up.
pub(crate) async fn each<S: Store>(
    lane: &mut Lane<S>,
    members: &[Waiting],
    started: Instant,
) -> Result<Answers, StoreError> {
    const CLOCK_READ_EVERY: usize = 16;
    let mut answers = Vec::with_capacity(members.len());
    for (n, member) in members.iter().enumerate() {
        if n > 0
            && n % CLOCK_READ_EVERY == 0
            && started.elapsed() > lane.options.limits.batch_decide_max
        {
            break;
        }
        let answer = if member.request.deadline < started {
            Err(Trouble::Expired)
        } else {
            one(lane, member).await?
        };
        answers.push(answer);
    }
    Ok(answers)
}

async fn one<S: Store>(lane: &mut Lane<S>, member: &Waiting) -> Result<Answer, StoreError> {
    let (request, decide) = (&member.request, lane.options.decide);
    let judged = match with_rows(lane, request, |book| judge(book, member, decide)).await? {
        Ok(judged) => judged,
        Err(trouble) => return Ok(Err(trouble)),
    };
    Ok(Ok(match (judged, request.intent) {
        (Judged::Earlier(settled), _) => settled,
        (Judged::Now(outcome), Intent::CarryOut) => record(lane.book(request), request, outcome),
        (Judged::Now(Outcome { result, .. }), Intent::DryRun) => {
            Settled::Decided { result, kept: None }
        }
    }))
}

/// Runs `step` on the request's book, as often as it asks for rows that must be loaded first. A step
/// that panics has changed nothing.
async fn with_rows<S: Store, T>(
    lane: &mut Lane<S>,
    request: &Request,
    step: impl Fn(&Book) -> Result<T, Vec<Key>>,
) -> Result<Result<T, Trouble>, StoreError> {
    for _ in 0..=lane.options.limits.missing_rounds_max {
        let book = &*lane.book(request);
        match catch_unwind(AssertUnwindSafe(|| step(book))) {
            Ok(Ok(done)) => return Ok(Ok(done)),
            Ok(Err(keys)) => batch::load(lane, request.actor.firm, keys).await?,
            Err(panic) => {
                let (reason, command) = (panic_text(panic.as_ref()), request.command.name());
                tracing::error!(reason, command, "a decision panicked");
                return Ok(Err(Trouble::Defect(reason)));
            }
        }
    }
    Ok(Err(Trouble::Defect("a decision kept asking for rows".into())))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".into())
}

enum Judged {
    Earlier(Settled),
    Now(Outcome),
}

struct Outcome {
    result: Result<Reply, Rejection>,
    changes: Vec<Change>,
    kept: Option<Arc<[u8]>>,
}

/// Looks the key up, decides, and writes down the answer to keep.
fn judge(book: &Book, member: &Waiting, decide: Decide) -> Result<Judged, Vec<Key>> {
    let request = &member.request;
    let user = request.actor.user;
    let row = book.members.get(user).ok_or_else(|| vec![Key::Member(user)])?;
    // Who has left the firm is told nothing, also not what was answered before.
    let has_left = row.is_some_and(|row| !row.active);
    let once = once::of(request).filter(|_| !has_left);
    if let Some(once) = once {
        match once::look_up(book, request, once) {
            Earlier::Nothing => {}
            Earlier::Settled(settled) => return Ok(Judged::Earlier(settled)),
            Earlier::Missing(key) => return Err(vec![key]),
        }
    }
    let asked = Asked {
        at: book.firm.last_at,
        actor: request.actor,
        ids: member.ids,
        unkeyed: request.once.is_none().then_some(request.fingerprint),
    };
    let (result, changes) = match decide(book, asked, &request.command) {
        Ok((reply, changes)) => (Ok(reply), changes),
        Err(Stop::Rejected(rejection)) => (Err(rejection), Vec::new()),
        Err(Stop::Missing(keys)) => return Err(keys),
    };
    let kept = once.map(|once| (once.render.0)(&result));
    Ok(Judged::Now(Outcome { result, changes, kept }))
}

/// Makes the outcome true for the commands after it: changes, audit record, kept answer.
fn record(book: &mut Book, request: &Request, outcome: Outcome) -> Settled {
    let Outcome { result, changes, kept } = outcome;
    let object = match &result {
        Ok(reply) => {
            book.accept(changes);
            Some(reply.shown.object())
        }
        Err(_) => request.command.object(book),
    };
    let at = book.firm.last_at;
    let row = book.members.get(request.actor.user).flatten();
    let role = row.map_or(request.actor.claimed, |member| member.role);
    let kept_under = request.once.as_ref().zip(kept.as_ref());
    let code = result.as_ref().map_or_else(Rejection::code, |_| "accepted");
    let audit_n = book.record(AuditRecord {
        n: 0,
        seq: result.as_ref().ok().map(|reply| reply.seq),
        at,
        user: request.actor.user,
        role,
        command: request.command.name().into(),
        outcome: code.into(),
        object,
        origin: Arc::clone(&request.origin),
        request_id: Arc::clone(&request.request_id),
        fingerprint: request.fingerprint,
        kept: kept_under.map(|(once, answer)| audit::kept(request.actor.user, &once.key, answer)),
        hash: [0; 32],
    });
    if let Some((once, answer)) = kept_under {
        once::keep(book, request, once, Arc::clone(answer), audit_n, at);
    }
    Settled::Decided { result, kept }
}
