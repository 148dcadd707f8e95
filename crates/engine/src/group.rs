//! Requests that have a batch to themselves: a group that is carried out as a whole or not at all, and a
//! rehearsal. Each command sees what those before it did; in the end the book holds all of it or none.

use std::{sync::Arc, time::Instant};

use domain::{Book, Command, Rejection, rows::Firm};

use crate::{
    CommandResult, GroupRefusal, GroupResult, Intent, Once, Settled, Store, StoreError, Trouble,
    batch,
    decide::{Answers, decided, record, with_rows},
    lane::Lane,
    once::{self, Earlier, Kept},
    queue::{Answer, Waiting},
};

/// Decides a group: all of it, or none.
pub(crate) async fn atomic<S: Store>(
    lane: &mut Lane<S>,
    members: &[Waiting],
    once: Option<&Once<GroupResult>>,
    started: Instant,
) -> Result<Answers, StoreError> {
    let first = &members[0].request;
    let all = |answer: Answer| Ok(vec![answer; members.len()]);
    if members.iter().any(|member| member.request.deadline < started) {
        return all(Err(Trouble::Expired));
    }
    let look_up = |book: &Book| Ok(once::look_up(book, first, once)?);
    let once = match with_rows(lane, first, look_up).await? {
        Ok(Earlier::Nothing(once)) => once,
        Ok(Earlier::Settled(settled)) => return all(Ok(settled)),
        Err(trouble) => return all(Err(trouble)),
    };
    let before = Before::of(lane.book(first));
    let tried = all_or_none(lane, members, once).await?;
    if first.intent == Intent::DryRun || !matches!(tried, Ok((Ok(_), _))) {
        before.restore(lane, members).await?;
    }
    let (result, kept) = match tried {
        Ok(tried) => tried,
        Err(trouble) => return all(Err(trouble)),
    };
    let parts = parts(result, members.len());
    if first.intent == Intent::CarryOut {
        let ids = Arc::clone(&lane.options.ids);
        let book = lane.book(first);
        let last = members.len() - 1;
        for (n, (member, part)) in members.iter().zip(&parts).enumerate() {
            // The answer is kept once, with the last record.
            let (salt, kept) = (ids.salt(member.ids), kept.clone().filter(|_| n == last));
            record(book, &member.request, salt, part, kept);
        }
    }
    let answer = kept.map(|kept| kept.answer);
    let settled = |result| Ok(Settled::Decided { result, kept: answer.clone() });
    Ok(parts.into_iter().map(settled).collect())
}

/// Decides one after the other as long as they are accepted, and writes the answer to all down.
async fn all_or_none<S: Store>(
    lane: &mut Lane<S>,
    members: &[Waiting],
    once: Option<&Once<GroupResult>>,
) -> Result<Result<(GroupResult, Option<Kept>), Trouble>, StoreError> {
    let mut result = Ok(Vec::with_capacity(members.len()));
    for (n, member) in members.iter().enumerate() {
        let Ok(replies) = &mut result else { break };
        if matches!(member.request.command, Command::EraseClient(_)) {
            // What the others say of the person would be kept with the answer to all.
            result = Err(GroupRefusal { n, rejection: Rejection::NotInGroup });
            break;
        }
        let unkeyed = once.is_none().then_some(member.request.fingerprint);
        match step(lane, member, unkeyed).await? {
            Ok(Ok(reply)) => replies.push(reply),
            Ok(Err(rejection)) => result = Err(GroupRefusal { n, rejection }),
            Err(trouble) => return Ok(Err(trouble)),
        }
    }
    let write_down = |_: &Book| Ok(once.map(|once| once.write_down(&result)));
    let kept = with_rows(lane, &members[0].request, write_down).await?;
    Ok(kept.map(|kept| (result, kept)))
}

/// Answers each as if those before it had been carried out, and leaves nothing.
pub(crate) async fn rehearsal<S: Store>(
    lane: &mut Lane<S>,
    members: &[Waiting],
    started: Instant,
) -> Result<Answers, StoreError> {
    let before = Before::of(lane.book(&members[0].request));
    let mut answers = Vec::with_capacity(members.len());
    for member in members {
        answers.push(if member.request.deadline < started {
            Err(Trouble::Expired)
        } else {
            step(lane, member, None).await?.map(|result| Settled::Decided { result, kept: None })
        });
    }
    before.restore(lane, members).await?;
    Ok(answers)
}

/// Decides one command, and makes what it did true for those after it.
async fn step<S: Store>(
    lane: &mut Lane<S>,
    member: &Waiting,
    unkeyed: Option<[u8; 32]>,
) -> Result<Result<CommandResult, Trouble>, StoreError> {
    let (request, decide) = (&member.request, lane.options.decide);
    let decided = |book: &Book| decided(book, member, unkeyed, decide);
    let decided = with_rows(lane, request, decided).await?;
    Ok(decided.map(|(result, changes)| {
        if result.is_ok() {
            lane.book(request).accept(changes);
        }
        result
    }))
}

/// A firm as the database has it: the way back, because a group is the first to be decided in its
/// transaction.
struct Before {
    head: Firm,
    is_new: bool,
}

impl Before {
    fn of(book: &Book) -> Self {
        Self { head: book.firm.clone(), is_new: book.is_current(None) }
    }

    /// What was done is forgotten, with all rows but those that the group began with.
    async fn restore<S: Store>(
        self,
        lane: &mut Lane<S>,
        members: &[Waiting],
    ) -> Result<(), StoreError> {
        let Firm { id, last_at, .. } = self.head;
        let mut book = if self.is_new { Book::of_new_firm(id) } else { Book::of(self.head) };
        book.firm.last_at = last_at;
        lane.books.insert(id, book);
        batch::load_ahead(lane, &[id], members).await
    }
}

/// What each command is told.
fn parts(result: GroupResult, count: usize) -> Vec<CommandResult> {
    match result {
        Ok(replies) => replies.into_iter().map(Ok).collect(),
        Err(GroupRefusal { n, rejection }) => {
            let mut parts = vec![Err(Rejection::AtomicRefused); count];
            parts[n] = Err(rejection);
            parts
        }
    }
}

/// What the group is told: [`parts`] backwards.
pub(crate) fn gather(answers: Vec<Answer>) -> Result<Settled<GroupResult>, Trouble> {
    let mut result = Ok(Vec::with_capacity(answers.len()));
    let mut kept_of_all: Option<Arc<[u8]>> = None;
    for (n, answer) in answers.into_iter().enumerate() {
        let (part, kept) = match answer? {
            Settled::Decided { result, kept } => (result, kept),
            Settled::Replayed(kept) => return Ok(Settled::Replayed(kept)),
            Settled::KeyReused => return Ok(Settled::KeyReused),
            Settled::Erased => return Ok(Settled::Erased),
        };
        kept_of_all = kept;
        match (part, &mut result) {
            (Ok(reply), Ok(replies)) => replies.push(reply),
            (Err(rejection), _) if rejection != Rejection::AtomicRefused => {
                result = Err(GroupRefusal { n, rejection });
            }
            _ => {}
        }
    }
    Ok(Settled::Decided { result, kept: kept_of_all })
}
