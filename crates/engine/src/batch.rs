//! One batch: load, decide in order, store, answer. Nobody is answered before the commit is durable.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Batch, Book, Change, Id, Key, Rejection, Reply, Stop, Timestamp, audit,
    rows::{AuditRecord, BatchId, Firm},
};

use crate::{
    BatchReport, CommandReport, Request, Settled, Store, StoreError, Trouble,
    lane::{Fatal, Lane, Waiting},
    once::{self, Earlier},
    retry,
};

type Answers = Vec<Result<Settled, Trouble>>;

/// Carries a batch out and answers its callers. Gives back those it had no time to decide.
pub(crate) async fn carry_out<S: Store>(
    lane: &mut Lane<S>,
    mut members: Vec<Waiting>,
    queued: usize,
) -> Result<Vec<Waiting>, Fatal> {
    let mut attempt_n = 0;
    loop {
        let failure = match attempt(lane, &members, queued).await {
            Ok(answers) => {
                let undecided = members.split_off(answers.len());
                answer_each(lane, members, answers);
                return Ok(undecided);
            }
            Err(failure) => failure,
        };
        match failure {
            StoreError::Conflict(reason) => {
                lane.options.observer.conflict();
                attempt_n += 1;
                if attempt_n >= lane.options.limits.conflict_attempts_max {
                    answer_all(lane, members, &Trouble::Unavailable(reason));
                    return Ok(Vec::new());
                }
                lane.options.observer.retry();
                let longest = lane.options.limits.conflict_backoff_max;
                tokio::time::sleep(retry::pause(attempt_n, longest, retry::random())).await;
            }
            StoreError::Unavailable(reason) => {
                tracing::warn!(
                    reason,
                    "the store is away, {} commands not carried out",
                    members.len()
                );
                answer_all(lane, members, &Trouble::Unavailable(reason));
                return Ok(Vec::new());
            }
            StoreError::Refused(reason) if members.len() == 1 => {
                tracing::error!(
                    reason,
                    command = members[0].request.command.name(),
                    "the database refused a command"
                );
                answer_all(lane, members, &Trouble::Defect(reason));
                return Ok(Vec::new());
            }
            StoreError::Refused(reason) => {
                tracing::error!(
                    reason,
                    "one of {} commands is poisoned, trying each alone",
                    members.len()
                );
                for member in members {
                    lane.options.observer.retry();
                    Box::pin(carry_out(lane, vec![member], queued)).await?;
                }
                return Ok(Vec::new());
            }
            StoreError::Unknown(reason) => {
                answer_all(lane, members, &Trouble::Unknown(reason.clone()));
                return Err(Fatal(reason));
            }
        }
    }
}

/// One try: the answers of the members that were decided, from the first on, all durable.
async fn attempt<S: Store>(
    lane: &mut Lane<S>,
    members: &[Waiting],
    queued: usize,
) -> Result<Answers, StoreError> {
    let mut firms: Vec<Id<Firm>> = members.iter().map(|member| member.request.actor.firm).collect();
    firms.sort_unstable();
    firms.dedup();
    let result = within_transaction(lane, &firms, members, queued).await;
    if result.is_err() {
        lane.store.rollback().await;
        lane.books.clear();
    }
    result
}

async fn within_transaction<S: Store>(
    lane: &mut Lane<S>,
    firms: &[Id<Firm>],
    members: &[Waiting],
    queued: usize,
) -> Result<Answers, StoreError> {
    let started = Instant::now();
    open_books(lane, firms).await?;
    load_ahead(lane, firms, members).await?;
    let loaded = Instant::now();
    let answers = decide_each(lane, members, started).await?;
    let decided = Instant::now();
    let batch_id = BatchId(*members[0].ids.clone().take::<Batch>().bytes());
    let books = &mut lane.books;
    let parts = firms.iter().filter_map(|firm| books.get_mut(firm)?.take_batch(batch_id)).collect();
    let batch = Batch { firms: parts };
    for firm in firms {
        if let Some(book) = lane.books.get_mut(firm) {
            book.end_batch();
        }
    }
    if batch.firms.is_empty() {
        lane.store.rollback().await;
    } else {
        lane.store.commit(&batch).await?;
    }
    if lane.books.values().map(Book::row_count).sum::<usize>() > lane.options.limits.book_rows_max {
        lane.books.clear();
    }
    let (load, decide, commit) = (loaded - started, decided - loaded, decided.elapsed());
    lane.options.observer.batch(&BatchReport {
        count: answers.len(),
        queued,
        load,
        decide,
        commit,
    });
    Ok(answers)
}

/// Locks the firms and keeps the rows still known from earlier batches, if nobody has written since.
async fn open_books<S: Store>(lane: &mut Lane<S>, firms: &[Id<Firm>]) -> Result<(), StoreError> {
    let now = lane.options.clock.now();
    let heads = lane.store.begin(firms).await?;
    for (firm, head) in firms.iter().zip(heads) {
        let known = lane.books.get(firm).is_some_and(|book| book.is_current(head.as_ref()));
        if !known {
            lane.books.insert(*firm, head.map_or_else(|| Book::of_new_firm(*firm), Book::of));
        }
        if let Some(book) = lane.books.get_mut(firm) {
            // A clock that steps back must not turn the journal's time around.
            book.firm.last_at = book.firm.last_at.max(now);
        }
    }
    Ok(())
}

/// Loads what the commands will surely look at, one statement group per firm.
async fn load_ahead<S: Store>(
    lane: &mut Lane<S>,
    firms: &[Id<Firm>],
    members: &[Waiting],
) -> Result<(), StoreError> {
    for firm in firms {
        let of_firm = members
            .iter()
            .map(|member| &member.request)
            .filter(|request| request.actor.firm == *firm);
        let keys = of_firm.flat_map(|request| {
            request.command.keys(&request.actor).into_iter().chain(once::key(request))
        });
        let keys = keys.collect();
        load(lane, *firm, keys).await?;
    }
    Ok(())
}

/// Loads rows, and the rows that an answer about them shows.
async fn load<S: Store>(
    lane: &mut Lane<S>,
    firm: Id<Firm>,
    mut keys: Vec<Key>,
) -> Result<(), StoreError> {
    for _ in 0..lane.options.limits.missing_rounds_max {
        let book = lane.books.get_mut(&firm).expect("every firm of a batch has its book open");
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| !book.holds(key) && seen.insert(key.clone()));
        if keys.is_empty() {
            break;
        }
        let loaded = lane.store.load(firm, &keys).await?;
        keys = loaded.into_iter().filter_map(|row| book.load(row)).collect();
    }
    Ok(())
}

/// Decides the members in order, until all are decided or the batch's time is up.
async fn decide_each<S: Store>(
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
            decide_one(lane, member).await?
        };
        answers.push(answer);
    }
    Ok(answers)
}

enum Decided {
    Settled(Settled),
    Missing(Key),
    Panicked(String),
}

async fn decide_one<S: Store>(
    lane: &mut Lane<S>,
    member: &Waiting,
) -> Result<Result<Settled, Trouble>, StoreError> {
    let firm = member.request.actor.firm;
    for _ in 0..=lane.options.limits.missing_rounds_max {
        let decide = lane.options.decide;
        let book = lane.books.get_mut(&firm).expect("every firm of a batch has its book open");
        match settle(book, member, decide) {
            Decided::Settled(settled) => return Ok(Ok(settled)),
            Decided::Missing(key) => load(lane, firm, vec![key]).await?,
            Decided::Panicked(reason) => {
                tracing::error!(
                    reason,
                    command = member.request.command.name(),
                    "a decision panicked"
                );
                return Ok(Err(Trouble::Defect(reason)));
            }
        }
    }
    Ok(Err(Trouble::Defect("a decision kept asking for rows".into())))
}

/// Decides one command and records what came of it. A panic leaves nothing behind: deciding and
/// writing the answer down come first, and their results are dropped with it.
fn settle(book: &mut Book, member: &Waiting, decide: crate::lane::Decide) -> Decided {
    let request = &member.request;
    let user = request.actor.user;
    let Some(row) = book.members.get(user) else { return Decided::Missing(Key::Member(user)) };
    // Who has left the firm is told nothing, also not what was answered before.
    let has_left = row.is_some_and(|row| !row.active);
    let once = request.once.as_ref().filter(|_| !has_left);
    if let Some(once) = once {
        match once::look_up(book, request, once) {
            Earlier::Nothing => {}
            Earlier::Settled(settled) => return Decided::Settled(settled),
            Earlier::Missing(key) => return Decided::Missing(key),
        }
    }
    let at = book.firm.last_at;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (result, changes) = match decide(book, at, request.actor, member.ids, &request.command)
        {
            Ok((reply, changes)) => (Ok(reply), changes),
            Err(Stop::Rejected(rejection)) => (Err(rejection), Vec::new()),
            Err(Stop::Missing(key)) => return Err(key),
        };
        let kept = once.map(|once| (once.render.0)(&result));
        Ok(Outcome { result, changes, kept })
    }));
    match outcome {
        Ok(Ok(outcome)) => Decided::Settled(record(book, request, at, outcome)),
        Ok(Err(key)) => Decided::Missing(key),
        Err(panic) => Decided::Panicked(panic_text(panic.as_ref())),
    }
}

struct Outcome {
    result: Result<Reply, Rejection>,
    changes: Vec<Change>,
    kept: Option<Arc<[u8]>>,
}

/// Makes the outcome true for the commands after it: changes, audit record, kept answer.
fn record(book: &mut Book, request: &Request, at: Timestamp, outcome: Outcome) -> Settled {
    let Outcome { result, changes, kept } = outcome;
    let object = match &result {
        Ok(reply) => {
            book.accept(changes);
            Some(reply.shown.object())
        }
        Err(_) => request.command.object(book),
    };
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".into())
}

fn answer_each<S>(lane: &Lane<S>, members: Vec<Waiting>, answers: Answers) {
    for (member, answer) in members.into_iter().zip(answers) {
        let outcome = match &answer {
            Ok(Settled::Decided { result: Ok(_), .. }) => "accepted",
            Ok(Settled::Decided { result: Err(rejection), .. }) => rejection.code(),
            Ok(Settled::Replayed(_)) => "replayed",
            Ok(Settled::KeyReused) => "key_reused",
            Err(trouble) => trouble_name(trouble),
        };
        let waited: Duration = member.submitted.elapsed();
        let command = member.request.command.name();
        lane.options.observer.command(&CommandReport { command, outcome, waited });
        // A caller that has gone does not undo its command.
        let _ = member.answer.send(answer);
    }
}

fn answer_all<S>(lane: &Lane<S>, members: Vec<Waiting>, trouble: &Trouble) {
    let answers = members.iter().map(|_| Err(trouble.clone())).collect();
    answer_each(lane, members, answers);
}

/// A trouble's name in the metrics.
pub(crate) const fn trouble_name(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Overloaded => "overloaded",
        Trouble::Expired => "expired",
        Trouble::Unavailable(_) => "unavailable",
        Trouble::Stopping => "stopping",
        Trouble::Unknown(_) => "unknown",
        Trouble::Defect(_) => "defect",
    }
}
