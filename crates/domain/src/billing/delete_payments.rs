//! Delete payments that have not arrived, all of them or none. Their numbers stay taken.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::Payment,
};

use super::{NAMED_COUNT_MAX, is_open, stop_waiting};

/// Throw expected payments away.
#[derive(Debug, Clone)]
pub struct DeletePayments {
    /// The payments; at least one, at most [`NAMED_COUNT_MAX`].
    pub payments: Vec<Ref<Payment>>,
    /// How the refusal of one is told: as it is for a single payment, or as one of many.
    pub asked: AskedFor,
}

/// How many rows a deletion was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFor {
    /// One, by its path.
    One,
    /// A list of them.
    Many,
}

impl Decide for DeletePayments {
    const NAME: &'static str = "delete_payments";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(self.payments.iter().take(NAMED_COUNT_MAX).cloned().map(Key::Payment));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        self.payments.first().and_then(|payment| book.id_of(payment))
    }

    /// Refuses, in this order: `too_many_ids`, `payment_not_found`, `payment_settled` (of one) or
    /// `not_deletable` (of many).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        if self.payments.len() > NAMED_COUNT_MAX {
            return Err(Rejection::TooManyIds.into());
        }
        let mut ids = Vec::with_capacity(self.payments.len());
        for by in &self.payments {
            let found = match d.find(by) {
                // Named twice in one list.
                Err(Stop::Rejected(Rejection::PaymentNotFound)) if book_has(d, by, &ids) => {
                    continue;
                }
                other => other?,
            };
            is_open(&found).map_err(|_| match self.asked {
                AskedFor::One => Rejection::DeletionSettled,
                AskedFor::Many => Rejection::PaymentsNotDeletable,
            })?;
            stop_waiting(d, &found)?;
            d.update(Payment { deleted: true, ..Payment::clone(&found) });
            ids.push(*found.id.bytes());
        }
        Ok(Shown::Deleted(ids))
    }
}

fn book_has(d: &Decision<'_>, by: &Ref<Payment>, deleted: &[[u8; 12]]) -> bool {
    d.book.id_of(by).is_some_and(|id| deleted.contains(&id))
}
