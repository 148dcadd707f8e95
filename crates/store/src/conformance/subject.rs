//! A store that is asked, and all that it holds.

use std::fmt::Debug;

use domain::{
    Id, Key, Loaded,
    change::{Batch, FirmBatch},
    rows::{Firm, Stored},
};
use engine::{Store, StoreError, model::Model};

use crate::{
    Opening, Reader, SqliteStore, Writer,
    fixture::{FIRM, Fixture, fresh_postgres},
    open,
};

/// A store, and its rows as somebody else sees them.
pub(super) struct Subject<S> {
    pub(super) store: S,
    rows: Box<dyn Fn(Id<Firm>) -> Vec<Stored>>,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl<S: Store> Subject<S> {
    pub(super) async fn commit(&mut self, batch: FirmBatch) -> Result<(), StoreError> {
        self.commit_all(vec![batch]).await
    }

    /// Commits, or gives up, as the engine does.
    pub(super) async fn commit_all(&mut self, firms: Vec<FirmBatch>) -> Result<(), StoreError> {
        let ids: Vec<_> = firms.iter().map(|batch| batch.firm.id).collect();
        self.store.begin(&ids).await?;
        let committed = self.store.commit(&Batch { firms }).await;
        if committed.is_err() {
            self.store.rollback().await;
        }
        committed
    }

    pub(super) fn stored(&self) -> Vec<Stored> {
        self.stored_of(FIRM)
    }

    pub(super) fn stored_of(&self, firm: Id<Firm>) -> Vec<Stored> {
        (self.rows)(firm)
    }

    /// Another process on the same database.
    pub(super) fn beside(&self) -> Writer {
        open(&self.url, Opening::default()).unwrap().stores.remove(0)
    }
}

pub(super) async fn model() -> Subject<Model> {
    let store = Model::default();
    let model = store.clone();
    let rows = Box::new(move |firm| model.rows(firm));
    Subject { store, rows, url: String::new(), _folder: None }
}

pub(super) async fn sqlite() -> Subject<SqliteStore> {
    let (store, reader, folder) = Fixture::new().into_parts();
    Subject { store, rows: rows_in(reader), url: String::new(), _folder: Some(folder) }
}

pub(super) async fn postgres() -> Subject<Writer> {
    let url = fresh_postgres().url;
    let mut database = open(&url, Opening::default()).unwrap();
    let rows = rows_in(database.reader);
    Subject { store: database.stores.remove(0), rows, url, _folder: None }
}

/// Two processes on one PostgreSQL.
pub(super) async fn two_processes() -> Subject<Turns> {
    let Subject { store, rows, url, .. } = postgres().await;
    let second = open(&url, Opening::default()).unwrap().stores.remove(0);
    Subject { store: Turns { stores: [store, second], turn: 0 }, rows, url, _folder: None }
}

fn rows_in(reader: Reader) -> Box<dyn Fn(Id<Firm>) -> Vec<Stored>> {
    Box::new(move |firm| {
        let mut rows = Vec::new();
        reader.rows(firm, &mut |row| rows.push(row)).unwrap();
        rows
    })
}

/// Every transaction is another store's than the one before.
pub(super) struct Turns {
    stores: [Writer; 2],
    turn: usize,
}

impl Turns {
    fn current(&mut self) -> &mut Writer {
        &mut self.stores[self.turn]
    }
}

impl Store for Turns {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        self.turn = 1 - self.turn;
        self.current().begin(firms).await
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        self.current().load(firm, keys).await
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.current().commit(batch).await
    }

    async fn rollback(&mut self) {
        self.current().rollback().await;
    }
}

/// The port promises every answer, in no order.
pub(super) fn in_any_order(rows: &[impl Debug]) -> Vec<String> {
    let mut rows: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

/// The tests named, of each store.
macro_rules! on_every_store {
    ($($test:ident)+) => {
        on_each! { model $($test)+ }
        on_each! { sqlite $($test)+ }
        on_each! { postgres $($test)+ }
        on_each! { two_processes $($test)+ }
    };
}

/// The tests named, of each store with constraints.
macro_rules! on_every_database {
    ($($test:ident)+) => {
        on_each! { sqlite $($test)+ }
        on_each! { postgres $($test)+ }
        on_each! { two_processes $($test)+ }
    };
}

macro_rules! on_each {
    ($store:ident $($test:ident)+) => {
        mod $store {$(
            #[tokio::test]
            async fn $test() {
                super::$test($crate::conformance::subject::$store().await).await;
            }
        )+}
    };
}

pub(super) use {on_each, on_every_database, on_every_store};
