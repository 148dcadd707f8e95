//! What a command sees while it is decided: its firm's book, the time, the actor; and the changes it
//! has made so far. A command that is refused, panics or misses a row leaves nothing behind, because
//! its changes are dropped with the decision.

use std::sync::Arc;

use crate::{
    actor::{Action, Actor, Reach, Role},
    book::{Book, Row, Table},
    change::{Change, Key},
    id::{Id, IdRun, Ref},
    ledger::Posting,
    number::Series,
    rejection::Rejection,
    rows::{Client, Counter, Entry, Member, Payment, Retainer},
    time::{Day, Timestamp},
};

/// Why a decision ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The business says no.
    Rejected(Rejection),
    /// A row is needed that was not loaded: load it and decide again.
    Missing(Key),
}

impl<R: Into<Rejection>> From<R> for Stop {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection.into())
    }
}

/// A row that has its own table, key and refusal.
pub trait Known: Row<Key = Id<Self>> + Clone + 'static {
    /// Refused with this when there is none.
    const NOT_FOUND: Rejection;
    /// Its table.
    fn table(book: &Book) -> &Table<Self>;
    /// The key under which it is loaded.
    fn load_key(by: Ref<Self>) -> Key;
    /// The change that writes it.
    fn change(row: Arc<Self>) -> Change;
    /// The row in a change, if it is one of these.
    fn in_change(change: &Change) -> Option<&Arc<Self>>;
    /// Sets what every change of a row sets.
    fn stamp(&mut self, version: i64, at: Timestamp);
}

macro_rules! known {
    ($row:ident, $table:ident, $not_found:ident) => {
        impl Row for $row {
            type Key = Id<Self>;
            fn key(&self) -> Id<Self> {
                self.id
            }
            fn version(&self) -> i64 {
                self.version
            }
            fn number(&self) -> Option<&str> {
                Some(&self.number)
            }
        }
        impl Known for $row {
            const NOT_FOUND: Rejection = Rejection::$not_found;
            fn table(book: &Book) -> &Table<Self> {
                &book.$table
            }
            fn load_key(by: Ref<Self>) -> Key {
                Key::$row(by)
            }
            fn change(row: Arc<Self>) -> Change {
                Change::$row(row)
            }
            fn in_change(change: &Change) -> Option<&Arc<Self>> {
                match change {
                    Change::$row(row) => Some(row),
                    _ => None,
                }
            }
            fn stamp(&mut self, version: i64, at: Timestamp) {
                self.version = version;
                self.updated_at = at;
            }
        }
    };
}
known!(Client, clients, ClientNotFound);
known!(Retainer, retainers, RetainerNotFound);
known!(Payment, payments, PaymentNotFound);

impl Row for Member {
    type Key = Id<crate::id::User>;
    fn key(&self) -> Self::Key {
        self.user
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// One command being decided.
pub struct Decision<'a> {
    /// The firm's rows.
    pub book: &'a Book,
    /// The batch's time.
    pub at: Timestamp,
    /// The day it is at the firm.
    pub today: Day,
    /// Who asks.
    pub actor: Actor,
    /// In which role, as the membership row has it.
    pub role: Role,
    /// The place in the journal this command takes if it is accepted.
    pub seq: i64,
    ids: IdRun,
    lines: i64,
    changes: Vec<Change>,
}

impl<'a> Decision<'a> {
    /// Starts a decision: the actor's membership is looked up, and admitted on a first visit.
    ///
    /// The token introduces a user (its signer vouches for firm and role); from then on the row
    /// decides, so that a dismissed clerk's queued command is refused.
    ///
    /// # Errors
    /// [`Rejection::MemberLeft`], or the membership is not loaded.
    pub fn begin(book: &'a Book, at: Timestamp, actor: Actor, ids: IdRun) -> Result<Self, Stop> {
        let member = book.members.get(actor.user).ok_or(Stop::Missing(Key::Member(actor.user)))?;
        let mut changes = Vec::with_capacity(8);
        let role = match member {
            Some(member) if !member.active => return Err(Rejection::MemberLeft.into()),
            Some(member) => member.role,
            None => {
                let (user, role) = (actor.user, actor.claimed);
                let member =
                    Member { user, role, active: true, version: 0, created_at: at, updated_at: at };
                changes.push(Change::Member(Arc::new(member)));
                role
            }
        };
        let today = at.day_in(&book.firm.zone);
        let seq = book.firm.seq.saturating_add(1);
        Ok(Self { book, at, today, actor, role, seq, ids, lines: 0, changes })
    }

    /// The changes made.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Refuses a role that may not do this for the whole firm.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`]
    pub fn permit(&self, action: Action) -> Result<(), Rejection> {
        if self.role.reach(action) == Reach::Firm { Ok(()) } else { Err(Rejection::Forbidden) }
    }

    /// A fresh id.
    pub fn id<T>(&mut self) -> Id<T> {
        self.ids.take()
    }

    /// The row named by a caller.
    ///
    /// # Errors
    /// The row's own `…NotFound`, or it is not loaded.
    pub fn find<R: Known>(&self, by: &Ref<R>) -> Result<Arc<R>, Stop> {
        let missing = || Stop::Missing(R::load_key(by.clone()));
        let id = match by {
            Ref::Id(id) => *id,
            Ref::Number(number) => {
                R::table(self.book).key_of(number).ok_or_else(missing)?.ok_or(R::NOT_FOUND)?
            }
        };
        if let Some(row) =
            self.changes.iter().rev().filter_map(R::in_change).find(|row| row.key() == id)
        {
            return Ok(Arc::clone(row));
        }
        let row =
            R::table(self.book).get(id).ok_or_else(|| Stop::Missing(R::load_key(Ref::Id(id))))?;
        row.cloned().ok_or_else(|| R::NOT_FOUND.into())
    }

    /// The row with this id.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn get<R: Known>(&self, id: Id<R>) -> Result<Arc<R>, Stop> {
        self.find(&Ref::Id(id))
    }

    /// Writes a new row.
    pub fn insert<R: Known>(&mut self, row: R) -> Arc<R> {
        let row = Arc::new(row);
        self.changes.push(R::change(Arc::clone(&row)));
        row
    }

    /// Writes a changed row: its version goes up by one.
    pub fn update<R: Known>(&mut self, mut row: R) -> Arc<R> {
        row.stamp(row.version().saturating_add(1), self.at);
        self.insert(row)
    }

    /// Records a change that has no row of its own to look up.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The membership of a user.
    ///
    /// # Errors
    /// It is not loaded.
    pub fn member(&self, user: Id<crate::id::User>) -> Result<Option<Arc<Member>>, Stop> {
        self.book
            .members
            .get(user)
            .map(Option::<&Arc<_>>::cloned)
            .ok_or(Stop::Missing(Key::Member(user)))
    }

    /// Takes the next number of a series, in today's period.
    ///
    /// # Errors
    /// The counter is not loaded.
    pub fn take_number(&mut self, series: Series) -> Result<String, Stop> {
        let period = series.period(self.today);
        let earlier = self.changes.iter().rev().find_map(|change| match change {
            Change::Counter(counter) if (counter.series, counter.period) == (series, period) => {
                Some(counter.taken)
            }
            _ => None,
        });
        let taken = earlier
            .or_else(|| self.book.counter(series, period))
            .ok_or(Stop::Missing(Key::Counter(series, period)))?
            .checked_add(1)
            .expect("a firm writes fewer than 2^32 documents a year");
        self.changes.push(Change::Counter(Counter { series, period, taken }));
        Ok(series.number(period, taken))
    }

    /// Posts balanced lines to the ledger, effective on `day`.
    pub fn post(&mut self, day: Day, postings: impl IntoIterator<Item = Posting>) {
        for posting in postings {
            self.lines = self.lines.saturating_add(1);
            self.changes.push(Change::Entry(Entry {
                seq: self.seq,
                line: self.lines,
                posting,
                day,
            }));
        }
    }
}
