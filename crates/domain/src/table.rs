//! The loaded rows of one kind, as committed and, on top, as the batch under way has left them.

use std::{hash::Hash, sync::Arc};

use crate::{
    Map,
    change::{Key, Write},
    id::{Id, Ref},
};

/// A row that changes: it has a key, a version and, where documents are numbered, a number.
pub trait Row: Sized {
    /// Its primary key within the firm.
    type Key: Copy + Eq + Hash;
    /// The key.
    fn key(&self) -> Self::Key;
    /// The optimistic lock.
    fn version(&self) -> i64;
    /// The number by which callers may name it.
    fn number(&self) -> Option<&str> {
        None
    }
    /// The further rows that an answer about it shows.
    fn shows(&self, _: &mut Vec<Key>) {}
}

struct Slot<R> {
    row: Option<Arc<R>>,
    /// The version in the database; `None` while the row is not there.
    base: Option<i64>,
    dirty: bool,
}

/// The loaded rows of one kind.
pub struct Table<R: Row> {
    slots: Map<R::Key, Slot<R>>,
    by_number: Map<String, Option<R::Key>>,
    dirty: Vec<R::Key>,
    has_absent: bool,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            slots: Map::default(),
            by_number: Map::default(),
            dirty: Vec::new(),
            has_absent: false,
        }
    }
}

impl<R: Row<Key = Id<R>>> Table<R> {
    pub(crate) fn holds(&self, by: &Ref<R>) -> bool {
        match by {
            Ref::Id(id) => self.slots.contains_key(id),
            Ref::Number(number) => self.by_number.contains_key(number),
        }
    }
}

impl<R: Row> Table<R> {
    /// `None`: not loaded. `Some(None)`: there is none.
    pub fn get(&self, key: R::Key) -> Option<Option<&Arc<R>>> {
        self.slots.get(&key).map(|slot| slot.row.as_ref())
    }

    /// How many keys it knows something about.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it knows if there is such a row.
    pub(crate) fn knows(&self, key: R::Key) -> bool {
        self.slots.contains_key(&key)
    }

    /// The keys of the rows that this batch has made or changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = R::Key> {
        self.dirty.iter().copied()
    }

    /// Every loaded row.
    pub fn rows(&self) -> impl Iterator<Item = &Arc<R>> {
        self.slots.values().filter_map(|slot| slot.row.as_ref())
    }

    /// The key behind a number; `None` and `Some(None)` as in [`Self::get`].
    pub fn key_of(&self, number: &str) -> Option<Option<R::Key>> {
        self.by_number.get(number).copied()
    }

    /// A row as the database has it. A row already here stays: it may have changed in this batch.
    pub(crate) fn load(&mut self, row: R, shown: &mut Vec<Key>) {
        row.shows(shown);
        if let Some(number) = row.number() {
            self.by_number.entry(number.to_owned()).or_insert_with(|| Some(row.key()));
        }
        let base = Some(row.version());
        self.slots.entry(row.key()).or_insert_with(|| Slot {
            row: Some(Arc::new(row)),
            base,
            dirty: false,
        });
    }

    pub(crate) fn absent(&mut self, key: R::Key) {
        self.has_absent = true;
        self.slots.entry(key).or_insert(Slot { row: None, base: None, dirty: false });
    }

    pub(crate) fn absent_number(&mut self, number: String) {
        self.by_number.insert(number, None);
        self.has_absent = true;
    }

    pub(crate) fn forget_absent(&mut self) {
        if self.has_absent {
            self.slots.retain(|_, slot| slot.row.is_some());
            self.by_number.retain(|_, key| key.is_some());
            self.has_absent = false;
        }
    }

    pub(crate) fn put(&mut self, row: Arc<R>) {
        let key = row.key();
        if let Some(number) = row.number()
            && self.by_number.get(number) != Some(&Some(key))
        {
            self.by_number.insert(number.to_owned(), Some(key));
        }
        let slot = self.slots.entry(key).or_insert(Slot { row: None, base: None, dirty: false });
        slot.row = Some(row);
        if !slot.dirty {
            slot.dirty = true;
            self.dirty.push(key);
        }
    }

    pub(crate) fn take_writes(&mut self) -> Vec<Write<R>> {
        let mut writes = Vec::with_capacity(self.dirty.len());
        for key in self.dirty.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key)
                && let Some(row) = &slot.row
            {
                writes.push(Write { row: Arc::clone(row), base: slot.base });
                slot.base = Some(row.version());
                slot.dirty = false;
            }
        }
        writes
    }
}
