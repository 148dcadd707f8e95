//! A firm for tests: commands one after the other on a book that begins empty, everything they made,
//! and every invariant after each of them.

use std::collections::BTreeMap;

use crate::{
    Actor, Asked, Book, Change, Command, Decimal, Id, IdRun, Moment, Rejection, Reply, Role, Stop,
    Timestamp,
    billing::client::CreateClient,
    change::Loaded,
    decide, entities, invariant,
    ledger::Account,
    reply::Shown,
    rows::{AlertKind, ClientProfile, Firm, Stored},
};

/// 2026-06-01T09:00:00Z, noon in Riyadh.
const START: i64 = 1_780_304_400_000_000;
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// A firm and what its commands have made.
pub(crate) struct Practice {
    pub book: Book,
    pub now: i64,
    pub role: Role,
    pub user: u8,
    commands: u32,
    /// Debits less credits of each account, in minor units.
    pub ledger: BTreeMap<Account, i64>,
    journal: Vec<Stored>,
}

impl Practice {
    /// A firm with one client, `CLT-2026-0001`.
    pub fn new() -> Self {
        let mut practice = Self::of(Id::new([1; 12]));
        practice.client("نورة");
        practice
    }

    /// A firm that nobody has heard of.
    pub fn of(firm: Id<Firm>) -> Self {
        Self {
            book: Book::of_new_firm(firm),
            now: START,
            role: Role::Owner,
            user: 3,
            commands: 0,
            ledger: BTreeMap::new(),
            journal: Vec::new(),
        }
    }

    pub fn client(&mut self, name: &str) {
        let profile = ClientProfile { full_name: name.into(), ..ClientProfile::default() };
        self.ask(CreateClient { kind: None, profile, user: None }).unwrap();
    }

    pub fn ask(&mut self, command: impl Into<Command>) -> Result<Shown, Rejection> {
        let (reply, changes) = self.would(command)?;
        assert_eq!(invariant::drift(&self.book, &changes), None, "{changes:?}");
        self.take_in(&changes);
        self.book.accept(changes);
        self.assert_sound();
        Ok(reply.shown)
    }

    /// What a command would answer and change; nothing is changed.
    pub fn would(
        &mut self,
        command: impl Into<Command>,
    ) -> Result<(Reply, Vec<Change>), Rejection> {
        let command = command.into();
        self.commands += 1;
        let ids = IdRun::new([2; 8], self.commands * crate::id::IDS_PER_COMMAND_MAX);
        let user = Id::new([self.user; 12]);
        let actor = Actor { user, firm: self.book.firm.id, claimed: self.role };
        let at = Timestamp::from_micros(self.now);
        let asked = Asked { at, actor, ids, unkeyed: None };
        loop {
            match decide(&self.book, asked, &command) {
                Ok(decided) => return Ok(decided),
                Err(Stop::Rejected(rejection)) => return Err(rejection),
                // Nothing was ever stored: what the book has not seen is not there.
                Err(Stop::Missing(keys)) => {
                    for key in keys {
                        self.book.load(Loaded::Absent(key), &mut Vec::new());
                    }
                }
            }
        }
    }

    fn take_in(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Entry(entry) => {
                    let minor = entry.posting.amount.minor();
                    *self.ledger.entry(entry.posting.debit.account).or_default() += minor;
                    *self.ledger.entry(entry.posting.credit.account).or_default() -= minor;
                    self.journal.push(Stored::Entry(entry.clone()));
                }
                Change::Movement(row) => self.journal.push(Stored::Movement((**row).clone())),
                Change::Application(row) => self.journal.push(Stored::Application(row.clone())),
                Change::StatementLine(row) => {
                    self.journal.push(Stored::StatementLine(row.clone()));
                }
                _ => {}
            }
        }
    }

    /// Every invariant but those about the audit log, which an engine writes.
    fn assert_sound(&self) {
        let mut rows = Vec::new();
        macro_rules! take_all {
            ($($row:ident, $table:ident, $absent:ident;)+) => {
                $(rows.extend(self.book.$table.rows().map(|row| Stored::$row((**row).clone())));)+
            };
        }
        entities!(take_all);
        rows.extend(self.journal.iter().cloned());
        let unwritten = [" says net ", "no sums of", "no sum of", "has no command", "counters say"];
        for verdict in invariant::check(rows) {
            let real = verdict
                .examples
                .iter()
                .filter(|example| !unwritten.iter().any(|excuse| example.text.contains(excuse)));
            assert_eq!(real.collect::<Vec<_>>(), Vec::<&invariant::Finding>::new());
        }
    }

    pub fn alerts(&self, kind: AlertKind) -> usize {
        self.book.alerts.rows().filter(|alert| alert.kind == kind).count()
    }

    /// The ledger in riyals, debits positive, accounts that stand at zero left out.
    pub fn books(&self) -> Vec<(i64, String)> {
        let written = |(account, minor): (&Account, &i64)| {
            (account.code(), crate::Money::from_minor(*minor, crate::Currency::SAR).to_string())
        };
        self.ledger.iter().filter(|(_, minor)| **minor != 0).map(written).collect()
    }
}

pub(crate) fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}
