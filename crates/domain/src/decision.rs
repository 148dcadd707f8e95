//! What a command sees while it is decided: its firm's book, the time, the actor; and the changes it
//! has made so far. A command that is refused, panics or misses a row leaves nothing behind, because
//! its changes are dropped with the decision.

use std::sync::Arc;

use crate::{
    MARKET,
    actor::{Action, Actor, Reach, Role},
    book::Book,
    change::{Change, Key, Set},
    entity::Entity,
    id::{Id, IdRun, Ref},
    ledger::Posting,
    money::Money,
    number::Series,
    rejection::Rejection,
    rows::{
        Alert, AlertKind, Client, Counter, Delivery, DeliveryStage, Entry, Found, Member,
        StatementKind, StatementLine, Webhook,
    },
    table::Row,
    time::{Day, Timestamp},
};

/// Why a decision ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The business says no.
    Rejected(Rejection),
    /// Rows are needed that were not loaded: load them and decide again.
    Missing(Vec<Key>),
}

impl Stop {
    pub(crate) fn missing(key: Key) -> Self {
        Self::Missing(vec![key])
    }
}

impl<R: Into<Rejection>> From<R> for Stop {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection.into())
    }
}

/// Who asks, when, and with what; the same however often a command has to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The batch's time.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Ids to give to what is made.
    pub ids: IdRun,
    /// The fingerprint of a request that came without an idempotency key; it may be there twice.
    pub unkeyed: Option<[u8; 32]>,
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
    /// In which role, as the membership row has it; in the market, as the token has it.
    pub role: Role,
    /// How far that role reaches in what is asked.
    pub reach: Reach,
    /// The place in the journal this command takes if it is accepted.
    pub seq: i64,
    ids: IdRun,
    lines: i64,
    statement_lines: i64,
    changes: Vec<Change>,
}

impl<'a> Decision<'a> {
    /// Starts a decision: the actor's membership is looked up, and admitted on a first visit.
    ///
    /// The token introduces a user (its signer vouches for firm and role); from then on the row
    /// decides, so that a dismissed clerk's queued command is refused. The market has no members, and
    /// the product itself is none.
    ///
    /// # Errors
    /// [`Rejection::MemberLeft`], [`Rejection::Forbidden`], or the membership is not loaded.
    pub fn begin(book: &'a Book, asked: Asked, action: Action) -> Result<Self, Stop> {
        let Asked { at, actor, ids, .. } = asked;
        let mut changes = Vec::with_capacity(8);
        let role = if book.firm.id == MARKET || actor.claimed == Role::System {
            actor.claimed
        } else {
            let member = book
                .members
                .get(actor.user)
                .ok_or_else(|| Stop::missing(Key::Member(actor.user)))?;
            match member {
                Some(member) if !member.active => return Err(Rejection::MemberLeft.into()),
                Some(member) => member.role,
                None => {
                    changes.push(Change::Member(Arc::new(admitted(actor, at))));
                    actor.claimed
                }
            }
        };
        let reach = role.reach(action);
        if reach == Reach::Nothing {
            return Err(Rejection::Forbidden.into());
        }
        let today = at.day_in(&book.firm.zone);
        let seq = book.firm.seq.saturating_add(1);
        let (lines, statement_lines) = (0, 0);
        Ok(Self { book, at, today, actor, role, reach, seq, ids, lines, statement_lines, changes })
    }

    /// Refuses what would change a row that is parked, or add to its journal.
    ///
    /// # Errors
    /// [`Rejection::AccountParked`]
    pub(crate) fn spares_parked(&self) -> Result<(), Rejection> {
        let parked = &self.book.firm.parked;
        let touches = |change: &Change| change.touches(|id| parked.contains(id));
        if !parked.is_empty() && self.changes.iter().any(touches) {
            return Err(Rejection::AccountParked);
        }
        Ok(())
    }

    /// The changes made.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Refuses a row of another client to a portal login, as if there were none.
    ///
    /// # Errors
    /// `absent`
    pub fn owns(&self, client: &Client, absent: Rejection) -> Result<(), Rejection> {
        match self.reach {
            Reach::Firm => Ok(()),
            Reach::Own if client.user == Some(self.actor.user) => Ok(()),
            Reach::Own | Reach::Nothing => Err(absent),
        }
    }

    /// Refuses a portal login, as if there were no such row.
    ///
    /// # Errors
    /// `absent`
    pub fn owns_all(&self, absent: Rejection) -> Result<(), Rejection> {
        if self.reach == Reach::Firm { Ok(()) } else { Err(absent) }
    }

    /// A fresh id.
    pub fn id<T>(&mut self) -> Id<T> {
        self.ids.take()
    }

    /// The row named by a caller.
    ///
    /// # Errors
    /// The row's own `…NotFound`, also when it is deleted; or it is not loaded.
    pub fn find<R: Entity>(&self, by: &Ref<R>) -> Result<Arc<R>, Stop> {
        let row = self.look_up(by)?;
        if row.is_deleted() { Err(R::NOT_FOUND.into()) } else { Ok(row) }
    }

    /// The row, if one is named.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_option<R: Entity>(&self, by: Option<&Ref<R>>) -> Result<Option<Arc<R>>, Stop> {
        by.map(|by| self.find(by)).transpose()
    }

    /// Asks for all of these rows at once, so that they are not asked for one by one.
    ///
    /// # Errors
    /// Some are not loaded.
    pub fn need(&self, keys: impl IntoIterator<Item = Key>) -> Result<(), Stop> {
        let missing: Vec<Key> = keys.into_iter().filter(|key| !self.book.holds(key)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Stop::Missing(missing)) }
    }

    /// The row that another row refers to: there also when it is deleted.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn get<R: Entity>(&self, id: Id<R>) -> Result<Arc<R>, Stop> {
        self.look_up(&Ref::Id(id))
    }

    /// The row that another row may refer to.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn get_option<R: Entity>(&self, id: Option<Id<R>>) -> Result<Option<Arc<R>>, Stop> {
        id.map(|id| self.get(id)).transpose()
    }

    /// The row named by a caller, also when it is deleted.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn look_up<R: Entity>(&self, by: &Ref<R>) -> Result<Arc<R>, Stop> {
        let missing = || Stop::missing(R::load_key(by.clone()));
        let id = match by {
            Ref::Id(id) => *id,
            Ref::Number(number) => {
                R::table(self.book).key_of(number).ok_or_else(missing)?.ok_or(R::NOT_FOUND)?
            }
        };
        if let Some(row) = self.changed(id) {
            return Ok(Arc::clone(row));
        }
        let row =
            R::table(self.book).get(id).ok_or_else(|| Stop::missing(R::load_key(Ref::Id(id))))?;
        row.cloned().ok_or_else(|| R::NOT_FOUND.into())
    }

    fn changed<R: Entity>(&self, id: Id<R>) -> Option<&Arc<R>> {
        self.changes.iter().rev().filter_map(R::in_change).find(|row| row.key() == id)
    }

    /// The rows of an entity that may belong to a set: those that the set was loaded with, and those
    /// that this batch has made or changed. The caller picks those that do. Rows that this very command
    /// has changed are as it left them.
    ///
    /// # Errors
    /// The set is not loaded.
    pub fn all<R: Entity>(&self, set: Set) -> Result<Vec<Arc<R>>, Stop> {
        let mut rows = self.all_ever::<R>(set)?;
        rows.retain(|row| !row.is_deleted());
        Ok(rows)
    }

    /// As [`Self::all`], deleted rows too, where the set has them.
    ///
    /// # Errors
    /// The set is not loaded.
    pub fn all_ever<R: Entity>(&self, set: Set) -> Result<Vec<Arc<R>>, Stop> {
        let rows = self.book.candidates::<R>(&set);
        let mut rows = rows.ok_or_else(|| Stop::missing(Key::Set(set)))?;
        for row in &mut rows {
            if let Some(changed) = self.changed(row.key()) {
                *row = Arc::clone(changed);
            }
        }
        Ok(rows)
    }

    /// Refuses an edit of a row that has changed since the caller read it.
    ///
    /// # Errors
    /// [`Rejection::VersionConflict`]
    pub fn expect_version<R: Row>(&self, row: &R, read: Option<i64>) -> Result<(), Rejection> {
        match read {
            Some(read) if read != row.version() => {
                Err(Rejection::VersionConflict { current: row.version() })
            }
            _ => Ok(()),
        }
    }

    /// Writes a new row.
    pub fn insert<R: Entity>(&mut self, row: R) -> Arc<R> {
        let row = Arc::new(row);
        self.changes.push(R::change(Arc::clone(&row)));
        row
    }

    /// Writes a changed row: its version goes up by one.
    pub fn update<R: Entity>(&mut self, mut row: R) -> Arc<R> {
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
            .ok_or_else(|| Stop::missing(Key::Member(user)))
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
            .ok_or_else(|| Stop::missing(Key::Counter(series, period)))?
            .checked_add(1)
            .expect("a firm writes fewer than 2^32 documents a year");
        self.changes.push(Change::Counter(Counter { series, period, taken }));
        Ok(series.number(period, taken))
    }

    /// Posts balanced lines to the ledger, effective on `day`.
    pub fn post(&mut self, day: Day, postings: impl IntoIterator<Item = Posting>) {
        self.post_lines(day, None, postings);
    }

    /// Posts lines that take back what the command with `seq` posted.
    pub fn reverse(
        &mut self,
        seq: Option<i64>,
        day: Day,
        postings: impl IntoIterator<Item = Posting>,
    ) {
        self.post_lines(day, seq, postings);
    }

    fn post_lines(
        &mut self,
        day: Day,
        reverses: Option<i64>,
        postings: impl IntoIterator<Item = Posting>,
    ) {
        for posting in postings.into_iter().filter(|posting| !posting.amount.is_zero()) {
            self.lines = self.lines.saturating_add(1);
            let (seq, line) = (self.seq, self.lines);
            self.changes.push(Change::Entry(Entry { seq, line, posting, day, reverses }));
        }
    }

    /// Writes a line into a client's account: what is owed grew by `amount`, or fell.
    pub fn state(&mut self, client: Id<Client>, day: Day, owed: Owed<'_>) {
        self.statement_lines = self.statement_lines.saturating_add(1);
        self.changes.push(Change::StatementLine(StatementLine {
            client,
            day,
            seq: self.seq,
            line: self.statement_lines,
            kind: owed.kind,
            document: owed.document,
            number: owed.number.to_owned(),
            amount: owed.amount,
        }));
    }

    /// Raises an alert.
    pub fn alert(&mut self, kind: AlertKind, about: [u8; 12]) -> Arc<Alert> {
        self.alert_found(kind, about, None)
    }

    /// Raises an alert of what a check has found.
    pub fn alert_found(
        &mut self,
        kind: AlertKind,
        about: [u8; 12],
        found: Option<Found>,
    ) -> Arc<Alert> {
        let alert = Alert {
            id: self.id(),
            kind,
            about,
            seq: self.seq,
            found,
            released: None,
            acknowledged: None,
            created_by: self.actor.user,
            version: 0,
            created_at: self.at,
            updated_at: self.at,
        };
        self.insert(alert)
    }

    /// Puts the alerts that were raised into the outbox, once for every webhook that wants them.
    ///
    /// # Errors
    /// The webhooks are not loaded.
    pub(crate) fn send_alerts(&mut self) -> Result<(), Stop> {
        let raised = self.changes.iter().filter_map(Alert::in_change);
        let raised: Vec<_> = raised.filter(|alert| alert.version == 0).cloned().collect();
        if raised.is_empty() {
            return Ok(());
        }
        for webhook in self.all::<Webhook>(Set::WebhooksOf(self.book.firm.id))? {
            for alert in raised.iter().filter(|alert| webhook.wants(alert.kind)) {
                self.deliver(webhook.id, Some(alert.id));
            }
        }
        Ok(())
    }

    /// Puts a delivery to a webhook into the outbox; of no alert, it is a test.
    pub(crate) fn deliver(&mut self, to: Id<Webhook>, of: Option<Id<Alert>>) -> Arc<Delivery> {
        let delivery = Delivery {
            id: self.id(),
            webhook: to,
            alert: of,
            seq: self.seq,
            stage: DeliveryStage::Pending,
            attempts: 0,
            next_at: self.at,
            status: None,
            error: None,
            created_by: self.actor.user,
            version: 0,
            created_at: self.at,
            updated_at: self.at,
        };
        self.insert(delivery)
    }
}

/// Why what a client owes has changed, and by how much.
#[derive(Clone, Copy)]
pub struct Owed<'a> {
    /// Why.
    pub kind: StatementKind,
    /// The document's id.
    pub document: [u8; 12],
    /// Its number.
    pub number: &'a str,
    /// Signed: more, or less.
    pub amount: Money,
}

fn admitted(actor: Actor, at: Timestamp) -> Member {
    let (user, role) = (actor.user, actor.claimed);
    Member { user, role, active: true, version: 0, created_at: at, updated_at: at }
}
