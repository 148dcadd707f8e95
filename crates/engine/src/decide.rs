//! What each command of a batch comes to. Decisions read the book and change nothing; what is accepted
//! is made true for the commands after it only once nothing can go wrong any more.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use domain::{
    Asked, Book, Change, Key, Rejection, Stop,
    audit::{self, Salt},
    invariant::{self, Finding},
    rows::{AuditRecord, Said, Told},
};

use crate::{
    CommandResult, Decide, Intent, Request, Settled, Store, StoreError, Trouble, batch,
    lane::Lane,
    once::{self, Earlier, Kept},
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
        // What is kept under keys goes with the commit; whoever repeats one afterwards must see that.
        if lane.book(&member.request).has_erased() {
            break;
        }
    }
    Ok(answers)
}

async fn one<S: Store>(lane: &mut Lane<S>, member: &Waiting) -> Result<Answer, StoreError> {
    let (request, decide) = (&member.request, lane.options.decide);
    let judged = with_rows(lane, request, |book| judge(book, member, decide)).await?;
    let salt = lane.options.ids.salt(member.ids);
    let book = lane.book(request);
    Ok(judged.map(|judged| match (judged, request.intent) {
        (Judged::Earlier(settled), _) => settled,
        (Judged::Now(result, _, _), Intent::DryRun) => Settled::Decided { result, kept: None },
        (Judged::Now(result, changes, kept), Intent::CarryOut) => {
            let answer = kept.as_ref().map(|kept| Arc::clone(&kept.answer));
            if result.is_ok() {
                book.accept(changes);
            }
            record(book, request, salt, &result, kept);
            Settled::Decided { result, kept: answer }
        }
    }))
}

/// Why a step came to no end.
pub(crate) enum Halt {
    /// Rows must be loaded first.
    Missing(Vec<Key>),
    /// What was decided does not add up.
    Untrue(Box<Finding>),
}

impl From<Vec<Key>> for Halt {
    fn from(keys: Vec<Key>) -> Self {
        Self::Missing(keys)
    }
}

/// Runs `step` on the request's book, as often as it asks for rows that must be loaded first. A step
/// that panics has changed nothing.
pub(crate) async fn with_rows<S: Store, T>(
    lane: &mut Lane<S>,
    request: &Request,
    step: impl Fn(&Book) -> Result<T, Halt>,
) -> Result<Result<T, Trouble>, StoreError> {
    for _ in 0..=lane.options.limits.missing_rounds_max {
        let book = &*lane.book(request);
        match catch_unwind(AssertUnwindSafe(|| step(book))) {
            Ok(Ok(done)) => return Ok(Ok(done)),
            Ok(Err(Halt::Missing(keys))) => batch::load(lane, request.actor.firm, keys).await?,
            Ok(Err(Halt::Untrue(finding))) => {
                let command = request.command.name();
                tracing::error!(%finding, command, "a decision does not add up, and is not stored");
                lane.options.observer.untrue(&finding);
                return Ok(Err(Trouble::Defect(finding.to_string())));
            }
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
    Now(CommandResult, Vec<Change>, Option<Kept>),
}

/// Looks the key up, decides, and writes down the answer to keep.
fn judge(book: &Book, member: &Waiting, decide: Decide) -> Result<Judged, Halt> {
    let request = &member.request;
    let once = match once::look_up(book, request, request.once.as_ref())? {
        Earlier::Nothing(once) => once,
        Earlier::Settled(settled) => return Ok(Judged::Earlier(settled)),
    };
    let unkeyed = request.once.is_none().then_some(request.fingerprint);
    let (result, changes) = decided(book, member, unkeyed, decide)?;
    let kept = once.map(|once| once.write_down(&result));
    Ok(Judged::Now(result, changes, kept))
}

/// The command's result, and the changes that would make it true, which were seen to add up.
/// `unkeyed`: its fingerprint, unless a key says whether it was sent twice.
pub(crate) fn decided(
    book: &Book,
    member: &Waiting,
    unkeyed: Option<[u8; 32]>,
    decide: Decide,
) -> Result<(CommandResult, Vec<Change>), Halt> {
    let Request { actor, command, .. } = &member.request;
    let asked = Asked { at: book.firm.last_at, actor: *actor, ids: member.ids, unkeyed };
    match decide(book, asked, command) {
        Ok((reply, changes)) => match invariant::drift(book, &changes) {
            None => Ok((Ok(reply), changes)),
            Some(finding) => Err(Halt::Untrue(Box::new(finding))),
        },
        Err(Stop::Rejected(rejection)) => Ok((Err(rejection), Vec::new())),
        Err(Stop::Missing(keys)) => Err(Halt::Missing(keys)),
    }
}

/// Writes the audit record of a command whose changes are made, and keeps the answer under its key.
pub(crate) fn record(
    book: &mut Book,
    request: &Request,
    salt: Salt,
    result: &CommandResult,
    kept: Option<Kept>,
) {
    let user = request.actor.user;
    let member = book.members.get(user).flatten();
    let object = match result {
        Ok(reply) => Some(reply.shown.object()),
        Err(_) => request.command.object(book),
    };
    let at = book.firm.last_at;
    let audit_n = book.record(AuditRecord {
        n: 0,
        seq: result.as_ref().ok().map(|reply| reply.seq),
        at,
        user,
        role: member.map_or(request.actor.claimed, |member| member.role),
        command: request.command.name().into(),
        outcome: result.as_ref().map_or_else(Rejection::code, |_| "accepted").into(),
        object,
        told: Told::Said(Said {
            salt,
            origin: Arc::clone(&request.origin),
            request_id: Arc::clone(&request.request_id),
            fingerprint: request.fingerprint,
            kept: kept.as_ref().map(|kept| audit::kept(user, &kept.key, &kept.answer)),
        }),
        leaf: [0; 32],
    });
    if let Some(kept) = kept {
        once::keep(book, request, kept, audit_n, at);
    }
}
