//! What every entity can do, whatever it is: be named, be found, be changed under a version.

use std::sync::Arc;

use crate::{
    book::Book,
    change::{Change, Key},
    entities,
    id::{Id, Ref, User},
    rejection::Rejection,
    rows::{
        Alert, Case, Client, CreditNote, Delivery, Expense, Invoice, Job, Member, Payment,
        Proposal, Refund, Retainer, TimeEntry, Transaction, Webhook,
    },
    table::{Row, Table},
    time::Timestamp,
};

/// An entity: it has its own table, key and refusal.
pub trait Entity: Row<Key = Id<Self>> + Clone + 'static {
    /// Refused with this when there is none.
    const NOT_FOUND: Rejection;
    /// Its id, where the row keeps it.
    fn id(&self) -> &Id<Self>;
    /// Its table.
    fn table(book: &Book) -> &Table<Self>;
    /// The key under which it is loaded.
    fn load_key(by: Ref<Self>) -> Key;
    /// The change that writes it.
    fn change(row: Arc<Self>) -> Change;
    /// The row in a change, if it is one of these.
    fn in_change(change: &Change) -> Option<&Arc<Self>>;
    /// Whether it is marked as deleted: callers then find none.
    fn is_deleted(&self) -> bool;
    /// Sets what every change of a row sets.
    fn stamp(&mut self, version: i64, at: Timestamp);
}

/// What differs from entity to entity.
trait Traits {
    fn printed_number(&self) -> Option<&str> {
        None
    }
    fn deleted(&self) -> bool {
        false
    }
    fn shown_with(&self, _: &mut Vec<Key>) {}
}

macro_rules! entity {
    ($($row:ident, $table:ident, $absent:ident;)+) => {$(
        impl Row for $row {
            type Key = Id<Self>;
            fn key(&self) -> Id<Self> {
                self.id
            }
            fn version(&self) -> i64 {
                self.version
            }
            fn number(&self) -> Option<&str> {
                self.printed_number()
            }
            fn shows(&self, keys: &mut Vec<Key>) {
                self.shown_with(keys);
            }
        }
        impl Entity for $row {
            const NOT_FOUND: Rejection = Rejection::$absent;
            fn id(&self) -> &Id<Self> {
                &self.id
            }
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
            fn is_deleted(&self) -> bool {
                self.deleted()
            }
            fn stamp(&mut self, version: i64, at: Timestamp) {
                self.version = version;
                self.updated_at = at;
            }
        }
    )+};
}
entities!(entity);

impl Row for Member {
    type Key = Id<User>;
    fn key(&self) -> Self::Key {
        self.user
    }
    fn version(&self) -> i64 {
        self.version
    }
}

fn client(keys: &mut Vec<Key>, id: Option<Id<Client>>) {
    keys.extend(id.map(|id| Key::Client(Ref::Id(id))));
}

fn case(keys: &mut Vec<Key>, id: Option<Id<Case>>) {
    keys.extend(id.map(|id| Key::Case(Ref::Id(id))));
}

impl Traits for Client {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
    fn deleted(&self) -> bool {
        self.deleted
    }
}

impl Traits for Case {
    fn printed_number(&self) -> Option<&str> {
        self.number.as_deref()
    }
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, self.client);
    }
}

impl Traits for Retainer {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, Some(self.client));
        case(keys, self.terms.case);
    }
}

impl Traits for Invoice {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, Some(self.client));
        case(keys, self.case);
    }
}

impl Traits for Payment {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, self.client);
        case(keys, self.case);
        keys.extend(self.invoice.map(|id| Key::Invoice(Ref::Id(id))));
    }
}

impl Traits for Refund {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
}

impl Traits for CreditNote {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
}

impl Traits for Transaction {
    fn printed_number(&self) -> Option<&str> {
        Some(&self.number)
    }
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, self.client);
        case(keys, self.case);
    }
}

impl Traits for TimeEntry {
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, self.client);
        case(keys, self.case);
    }
}

impl Traits for Expense {
    fn deleted(&self) -> bool {
        self.deleted
    }
    fn shown_with(&self, keys: &mut Vec<Key>) {
        client(keys, self.client);
        case(keys, self.case);
    }
}

impl Traits for Job {
    fn deleted(&self) -> bool {
        self.deleted
    }
}

impl Traits for Proposal {
    fn shown_with(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Job(Ref::Id(self.job)));
    }
}

impl Traits for Alert {}

impl Traits for Webhook {
    fn deleted(&self) -> bool {
        self.deleted
    }
}

impl Traits for Delivery {
    fn shown_with(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Webhook(Ref::Id(self.webhook)));
    }
}
