//! Idempotency: a key is answered once and for all, inside a batch and across time.

use std::sync::Arc;

use domain::{Book, Key, Timestamp, rows::Outcome};

use crate::{Intent, Once, Request, Settled};

/// What the book knows about a request's key.
pub(crate) enum Earlier<'a, R> {
    /// Nothing was answered before: decide, and keep the answer under this, if it is to be kept.
    Nothing(Option<&'a Once<R>>),
    /// The key is settled: answer with this.
    Settled(Settled),
}

/// The row that tells whether the key was used.
pub(crate) fn key(request: &Request) -> Option<Key> {
    let once = request.once.as_ref().filter(|_| request.intent == Intent::CarryOut);
    once.map(|once| Key::Outcome(request.actor.user, Arc::clone(&once.key)))
}

/// Looks the key up. Accepted and refused commands of this very batch are seen too.
pub(crate) fn look_up<'a, R>(
    book: &Book,
    request: &Request,
    once: Option<&'a Once<R>>,
) -> Result<Earlier<'a, R>, Vec<Key>> {
    let user = request.actor.user;
    let member = book.members.get(user).ok_or_else(|| vec![Key::Member(user)])?;
    // Who has left the firm is told nothing, also not what was answered before.
    let has_left = member.is_some_and(|member| !member.active);
    let Some(once) = once.filter(|_| request.intent == Intent::CarryOut && !has_left) else {
        return Ok(Earlier::Nothing(None));
    };
    match book.outcome(user, &once.key) {
        None => Err(vec![Key::Outcome(user, Arc::clone(&once.key))]),
        Some(None) => Ok(Earlier::Nothing(Some(once))),
        Some(Some(earlier)) if earlier.is_erased() => Ok(Earlier::Settled(Settled::Erased)),
        Some(Some(earlier)) if earlier.fingerprint == request.fingerprint => {
            Ok(Earlier::Settled(Settled::Replayed(Arc::clone(&earlier.answer))))
        }
        Some(Some(_)) => Ok(Earlier::Settled(Settled::KeyReused)),
    }
}

/// An answer, written down, and its key.
#[derive(Clone)]
pub(crate) struct Kept {
    pub key: Arc<str>,
    pub answer: Arc<[u8]>,
}

impl<R> Once<R> {
    /// The answer to keep.
    pub(crate) fn write_down(&self, result: &R) -> Kept {
        Kept { key: Arc::clone(&self.key), answer: (self.render.0)(result) }
    }
}

/// Keeps the answer under the request's key, in the command's own commit.
pub(crate) fn keep(
    book: &mut Book,
    request: &Request,
    Kept { key, answer }: Kept,
    audit_n: i64,
    at: Timestamp,
) {
    book.keep(Outcome {
        user: request.actor.user,
        key,
        fingerprint: request.fingerprint,
        audit_n,
        at,
        answer,
    });
}
