//! One batch: load, decide in order, store, answer. Nobody is answered before the commit is durable.

use std::time::{Duration, Instant};

use domain::{
    Batch, Book, Id, Key,
    rows::{BatchId, Firm},
};
use tracing::field::Empty;

use crate::{
    BatchReport, CommandReport, Intent, SPANS, Settled, Store, StoreError, Trouble,
    decide::{self, Answers},
    group,
    lane::{Fatal, Lane},
    once,
    queue::{Answer, Bond, Turn, Waiting},
    retry,
};

/// Carries a batch out, in as many commits as its time limit makes of it, and answers its callers.
pub(crate) async fn carry_out<S: Store>(lane: &mut Lane<S>, mut turn: Turn) -> Result<(), Fatal> {
    let mut attempt_n = 0;
    loop {
        let failure = match attempt(lane, &mut turn).await {
            Ok(answers) => {
                let undecided = turn.members.split_off(answers.len());
                answer_each(lane, turn.members, answers);
                if undecided.is_empty() {
                    return Ok(());
                }
                (turn.members, attempt_n) = (undecided, 0);
                continue;
            }
            Err(failure) => failure,
        };
        let firm = turn.members[0].request.actor.firm;
        lane.options.observer.failed(&failure, firm);
        match failure {
            StoreError::Conflict(reason) => {
                attempt_n += 1;
                let now = Instant::now();
                let nobody_waits = turn.members.iter().all(|member| member.request.deadline < now);
                if nobody_waits || attempt_n >= lane.options.limits.conflict_attempts_max {
                    answer_all(lane, turn.members, &Trouble::Unavailable(reason));
                    return Ok(());
                }
                lane.options.observer.retry();
                let longest = lane.options.limits.conflict_backoff_max;
                tokio::time::sleep(retry::pause(attempt_n, longest, retry::random())).await;
            }
            StoreError::Unavailable(reason) => {
                tracing::warn!(
                    reason,
                    "the store is away, {} commands not carried out",
                    turn.members.len()
                );
                answer_all(lane, turn.members, &Trouble::Unavailable(reason));
                return Ok(());
            }
            StoreError::Refused(reason) | StoreError::Duplicate { reason, .. }
                if turn.members.len() == 1 || !turn.is_free() =>
            {
                tracing::error!(
                    reason,
                    command = turn.members[0].request.command.name(),
                    count = turn.members.len(),
                    "the database refused a command, or a whole group"
                );
                answer_all(lane, turn.members, &Trouble::Defect(reason));
                return Ok(());
            }
            StoreError::Refused(reason) | StoreError::Duplicate { reason, .. } => {
                tracing::error!(
                    reason,
                    "one of {} commands is poisoned, trying each alone",
                    turn.members.len()
                );
                for member in turn.members {
                    lane.options.observer.retry();
                    let alone =
                        Turn { bond: Bond::Alone, members: vec![member], queued: turn.queued };
                    Box::pin(carry_out(lane, alone)).await?;
                }
                return Ok(());
            }
            StoreError::Unknown(reason) => {
                let goes_on = lane.store.outlives_unknown();
                let fate = |member: &Waiting| match member.request.intent {
                    Intent::CarryOut => Err(Trouble::Unknown(reason.clone())),
                    Intent::DryRun if goes_on => Err(Trouble::Unavailable(reason.clone())),
                    Intent::DryRun => Err(Trouble::Stopping),
                };
                let answers = turn.members.iter().map(fate).collect();
                answer_each(lane, turn.members, answers);
                return if goes_on { Ok(()) } else { Err(Fatal(reason)) };
            }
        }
    }
}

/// One try: the answers of the members that were decided, from the first on, all durable.
async fn attempt<S: Store>(lane: &mut Lane<S>, turn: &mut Turn) -> Result<Answers, StoreError> {
    let firms = turn.members.iter().map(|member| member.request.actor.firm);
    let mut firms: Vec<Id<Firm>> = firms.collect();
    firms.sort_unstable();
    firms.dedup();
    let result = within_transaction(lane, &firms, turn).await;
    if result.is_err() {
        lane.store.rollback().await;
        lane.books.clear();
    }
    result
}

async fn within_transaction<S: Store>(
    lane: &mut Lane<S>,
    firms: &[Id<Firm>],
    turn: &mut Turn,
) -> Result<Answers, StoreError> {
    let started = Instant::now();
    let span = tracing::trace_span!(target: SPANS, parent: None, "batch", commands = Empty);
    let phase = tracing::trace_span!(target: SPANS, parent: &span, "load");
    open_books(lane, firms).await?;
    // Another process may have held a firm for long: who came meanwhile goes along.
    lane.take_more(turn, firms);
    let Turn { bond, members, queued } = &*turn;
    span.record("commands", members.len());
    for member in members {
        member.span.follows_from(&span);
    }
    load_ahead(lane, firms, members).await?;
    drop(phase);
    let phase = tracing::trace_span!(target: SPANS, parent: &span, "decide");
    // Only from here on is it the batch's own time, and a deadline that has passed is one of a command
    // that nobody has looked at.
    let loaded = Instant::now();
    let answers = match bond {
        Bond::Free | Bond::Alone => decide::each(lane, members, loaded).await?,
        Bond::Atomic(once) => group::atomic(lane, members, once.as_ref(), loaded).await?,
        Bond::Rehearsal => group::rehearsal(lane, members, loaded).await?,
    };
    let decided = Instant::now();
    drop(phase);
    let phase = tracing::trace_span!(target: SPANS, parent: &span, "commit");
    let batch_id = BatchId(*members[0].ids.clone().take::<Batch>().bytes());
    let books = &mut lane.books;
    let parts = firms.iter().filter_map(|firm| books.get_mut(firm)?.take_batch(batch_id)).collect();
    let batch = Batch { firms: parts };
    for firm in firms {
        if let Some(book) = lane.books.get_mut(firm) {
            book.end_batch();
        }
    }
    // What is only repeated was made durable by another process, perhaps just now.
    let repeats = |answer: &Answer| matches!(answer, Ok(Settled::Replayed(_)));
    if batch.firms.is_empty() && !answers.iter().any(repeats) {
        lane.store.rollback().await;
    } else {
        lane.store.commit(&batch).await?;
        lane.options.observer.committed(&batch);
    }
    lane.books.retain(|_, book| !book.is_doubted());
    if lane.books.values().map(Book::row_count).sum::<usize>() > lane.options.limits.book_rows_max {
        lane.books.clear();
    }
    drop(phase);
    let (load, decide, commit) = (loaded - started, decided - loaded, decided.elapsed());
    lane.options.observer.batch(&BatchReport {
        count: answers.len(),
        queued: *queued,
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
pub(crate) async fn load_ahead<S: Store>(
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
            let beside = once::key(request).or_else(|| request.command.unkeyed_keys());
            request.command.keys(&request.actor).into_iter().chain(beside)
        });
        let keys = keys.collect();
        load(lane, *firm, keys).await?;
    }
    Ok(())
}

/// Loads rows, and the rows that an answer about them shows.
pub(crate) async fn load<S: Store>(
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
        keys.clear();
        for row in loaded {
            book.load(row, &mut keys);
        }
    }
    Ok(())
}

fn answer_each<S>(lane: &Lane<S>, members: Vec<Waiting>, answers: Answers) {
    // Whoever has been answered finds room for the next command.
    lane.shared.room.leave(members.iter().map(|member| member.request.actor.firm));
    for (member, answer) in members.into_iter().zip(answers) {
        let outcome = match &answer {
            Ok(_) if member.request.intent == Intent::DryRun => "dry_run",
            Ok(Settled::Decided { result: Ok(_), .. }) => "accepted",
            Ok(Settled::Decided { result: Err(rejection), .. }) => rejection.code(),
            Ok(Settled::Replayed(_)) => "replayed",
            Ok(Settled::KeyReused) => "key_reused",
            Ok(Settled::Erased) => "outcome_erased",
            Err(trouble) => trouble_name(trouble),
        };
        let waited: Duration = member.submitted.elapsed();
        let command = member.request.command.name();
        member.span.record("outcome", outcome);
        lane.options.observer.command(&CommandReport { command, outcome, waited });
        member.answer(answer);
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
