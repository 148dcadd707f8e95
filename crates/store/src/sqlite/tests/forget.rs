//! What was erased is not in the file any more, nor in its log.

use std::{collections::BTreeSet, fs, sync::Arc};

use domain::{
    change::{Erasure, FirmBatch},
    rows::{BatchId, Outcome},
};
use engine::Store as _;

use super::super::erase;
use crate::{
    fixture::{FIRM, Fixture, empty_batch, new},
    samples::{audit, client, id, outcome},
};

const NAME: &str = "Noura-of-the-test";
const ANSWERS: i64 = 3_000;

/// Answers under keys in no order, many with the name, so that pages are split and rows move.
fn batch() -> FirmBatch {
    let mut batch = empty_batch();
    batch.clients.push(new(client(10)));
    for n in 1..=ANSWERS {
        let length = usize::try_from(n * 7_919 % 1_300).unwrap();
        let said = if n % 3 == 0 { NAME } else { "nobody" };
        let answer = format!("0a0a0a0a0a0a0a0a0a0a0a0a {said} {}", "x".repeat(length));
        let key = format!("key-{}", n * 48_271 % 65_537).into();
        let answer = answer.into_bytes().into();
        batch.outcomes.push(Arc::new(Outcome { key, answer, ..outcome(n) }));
        batch.audit.push(audit(n));
    }
    batch
}

fn erasure() -> Erasure {
    let objects = BTreeSet::from([[10; 12]]);
    Erasure { client: id(10), objects, login: None, up_to: ANSWERS }
}

fn erasing(first: &FirmBatch) -> FirmBatch {
    let mut batch = empty_batch();
    batch.base = Some(first.firm.last_batch);
    batch.firm = first.firm.clone();
    batch.firm.last_batch = BatchId([33; 12]);
    batch.erasures.push(erasure());
    batch
}

/// How often the name is in the database's files.
fn found(fixture: &Fixture) -> usize {
    let count = |entry: fs::DirEntry| {
        let bytes = fs::read(entry.path()).unwrap();
        bytes.windows(NAME.len()).filter(|part| *part == NAME.as_bytes()).count()
    };
    fs::read_dir(fixture.folder()).unwrap().map(Result::unwrap).map(count).sum()
}

#[tokio::test]
async fn an_erased_name_is_in_no_file() {
    let first = batch();
    let mut fixture = Fixture::with(first.clone()).await;
    assert!(found(&fixture) > 0);
    fixture.commit(erasing(&first)).await.unwrap();
    assert_eq!(found(&fixture), 0);
    assert!(!erase::is_owed(&fixture.store.connection).unwrap());
}

#[tokio::test]
async fn rows_alone_do_not_say_what_is_in_the_file() {
    let mut fixture = Fixture::with(batch()).await;
    let connection = &fixture.store.connection;
    connection.execute_batch("begin immediate").unwrap();
    erase::erase(connection, &FIRM, &erasure()).unwrap();
    connection.execute_batch("commit").unwrap();
    erase::empty_log(connection, std::time::Duration::ZERO).unwrap();
    assert!(found(&fixture) > 0, "the naive way leaves what was there before");
    // A process that died here rewrites the file when it comes back.
    assert!(erase::is_owed(&fixture.store.connection).unwrap());
    fixture = fixture.reopened();
    assert_eq!(found(&fixture), 0);
    assert!(!erase::is_owed(&fixture.store.connection).unwrap());
}

#[tokio::test]
async fn whoever_reads_meanwhile_only_puts_it_off() {
    let first = batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let reader = super::super::connect::reader(&fixture.file()).unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    let count = || snapshot.query_row("select count(*) from outcomes", [], |row| row.get(0));
    assert_eq!(count(), Ok(ANSWERS));
    let erasing = erasing(&first);
    fixture.commit(erasing.clone()).await.unwrap();
    assert!(found(&fixture) > 0, "the reader still sees it");
    drop(snapshot);
    let mut next = empty_batch();
    next.base = Some(erasing.firm.last_batch);
    next.firm = erasing.firm.clone();
    next.firm.last_batch = BatchId([34; 12]);
    fixture.commit(next).await.unwrap();
    assert_eq!(found(&fixture), 0);
    fixture.store.rollback().await;
}
