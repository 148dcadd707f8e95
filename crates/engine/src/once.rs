//! Idempotency: a key is answered once and for all, inside a batch and across time.

use std::sync::Arc;

use domain::{Book, Key, Timestamp, rows::Outcome};

use crate::{Intent, Once, Request, Settled};

/// What the book knows about a request's key.
pub(crate) enum Earlier {
    /// No key, or one that was never used: decide.
    Nothing,
    /// The key is settled: answer with this.
    Settled(Settled),
    /// Not loaded.
    Missing(Key),
}

/// The key under which the request is answered; a dry run has none.
pub(crate) fn of(request: &Request) -> Option<&Once> {
    request.once.as_ref().filter(|_| request.intent == Intent::CarryOut)
}

/// The row that tells whether the key was used.
pub(crate) fn key(request: &Request) -> Option<Key> {
    of(request).map(|once| Key::Outcome(request.actor.user, Arc::clone(&once.key)))
}

/// Looks the key up. Accepted and refused commands of this very batch are seen too.
pub(crate) fn look_up(book: &Book, request: &Request, once: &Once) -> Earlier {
    match book.outcome(request.actor.user, &once.key) {
        None => Earlier::Missing(Key::Outcome(request.actor.user, Arc::clone(&once.key))),
        Some(None) => Earlier::Nothing,
        Some(Some(earlier)) if earlier.fingerprint == request.fingerprint => {
            Earlier::Settled(Settled::Replayed(Arc::clone(&earlier.answer)))
        }
        Some(Some(_)) => Earlier::Settled(Settled::KeyReused),
    }
}

/// Keeps the answer under the request's key, in the command's own commit.
pub(crate) fn keep(
    book: &mut Book,
    request: &Request,
    once: &Once,
    answer: Arc<[u8]>,
    audit_n: i64,
    at: Timestamp,
) {
    book.keep(Outcome {
        user: request.actor.user,
        key: Arc::clone(&once.key),
        fingerprint: request.fingerprint,
        audit_n,
        at,
        answer,
    });
}
