//! One answer to every question.

use domain::{Ref, rows::Stored};

use super::{both::Both, questions::ask};
use crate::{
    ClientFilter, OpenError, Page, ReadError, Reader,
    fixture::{FIRM, full_batch, next_batch},
    migrate, open_reader, open_standby,
    samples::id,
};

fn stored(reader: &Reader) -> Vec<Stored> {
    let mut rows = Vec::new();
    reader.rows(FIRM, &mut |row| rows.push(row)).unwrap();
    rows
}

#[tokio::test]
async fn reads_agree() {
    let first = full_batch();
    let (user, outcome) = (first.members[0].row.user, first.outcomes[0].clone());
    let mut both = Both::new();
    ask(both.reader()).await;
    both.commit(first.clone()).await.unwrap();
    ask(both.reader()).await;
    both.commit(next_batch(&first)).await.unwrap();
    ask(both.reader()).await;

    let reader = both.reader();
    assert_eq!(reader.lacking().await.unwrap(), Vec::<String>::new());
    assert_eq!(reader.firms().await.unwrap(), [FIRM]);
    assert_eq!(reader.firm(FIRM).await.unwrap().map(|firm| firm.seq), Some(2));
    assert_eq!(reader.firm(id(99)).await.unwrap(), None);
    assert!(reader.member(FIRM, user).await.unwrap().is_some());
    let found = reader.outcome(FIRM, outcome.user, &outcome.key).await.unwrap();
    assert_eq!(found, Some((*outcome).clone()));
    assert_eq!(reader.outcome(FIRM, id(99), &outcome.key).await.unwrap(), None);
}

#[tokio::test]
async fn every_row_is_walked_through_in_one_order() {
    let first = full_batch();
    let mut both = Both::with(first.clone()).await;
    let Both { sqlite, .. } = &both;
    assert_eq!(stored(&both.reader().postgres), stored(sqlite.reader()));
    both.commit(next_batch(&first)).await.unwrap();
    let rows = stored(&both.reader().postgres);
    assert_eq!(rows, stored(&both.reader().sqlite));
    assert!(rows.len() > 30, "{}", rows.len());
}

/// PostgreSQL refuses a NUL in any text; SQLite takes a pattern to end there.
#[tokio::test]
async fn a_text_with_a_nul_is_found_nowhere() {
    let both = Both::with(full_batch()).await;
    let by = Ref::Number("CLT\0".into());
    assert_eq!(both.reader().client(FIRM, &by).await.unwrap(), None);
    let filter = ClientFilter { own: None, search: Some("\0".into()) };
    let part = Page::Number { page: 1, limit: 1 };
    assert_eq!(both.reader().clients(FIRM, filter, part).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_named() {
    let batch = full_batch();
    let user = batch.members[0].row.user;
    let both = Both::with(batch).await;
    let spoil = "update members set role = 'emperor'";
    throwaway::Cluster::shared().sql(&both.postgres.name, spoil);
    let postgres = &both.reader().postgres;
    let read = postgres.member(FIRM, user).await.unwrap_err();
    assert!(matches!(&read, ReadError::Row(text) if text.contains("emperor")), "{read}");
    let walked = postgres.rows(FIRM, &mut drop).unwrap_err();
    assert!(matches!(&walked, ReadError::Row(text) if text.contains("role")), "{walked}");
    // The connection is as good as before.
    postgres.lacking().await.unwrap();
}

#[tokio::test]
async fn rows_of_no_firm_are_complained_about() {
    let both = Both::with(full_batch()).await;
    let postgres = &both.reader().postgres;
    assert_eq!(postgres.integrity().unwrap(), Vec::<String>::new());
    let stray = "update entries set firm_id = '\\x000000000000000000000001'";
    throwaway::Cluster::shared().sql(&both.postgres.name, stray);
    let complaints = postgres.integrity().unwrap();
    assert!(matches!(&*complaints, [one] if one.contains("rows of entries")), "{complaints:?}");
}

#[tokio::test]
async fn a_schema_that_is_behind_is_told_by_what_it_lacks() {
    let both = Both::new();
    let cluster = throwaway::Cluster::shared();
    let sql = |sql: &str| cluster.sql(&both.postgres.name, sql);
    let postgres = &both.reader().postgres;
    sql("delete from schema_migrations where number > 1");
    assert_eq!(postgres.lacking().await.unwrap()[0], "0002_practice");
    sql("drop table schema_migrations");
    assert_eq!(postgres.lacking().await.unwrap()[0], "0001_core");
    // Another one, and one that a newer version has made.
    migrate(&both.postgres.url).unwrap_err();
    let fresh = cluster.fresh_database();
    migrate(&fresh.url).unwrap();
    let reader = open_reader(&fresh.url).unwrap();
    cluster.sql(&fresh.name, "insert into schema_migrations values (99, 'later', 'x')");
    assert_eq!(reader.lacking().await.unwrap(), Vec::<String>::new());
    cluster.sql(&fresh.name, "update schema_migrations set checksum = 'x' where number = 1");
    let other = reader.lacking().await.unwrap_err().to_string();
    assert!(other.contains("was changed"), "{other}");
    assert!(matches!(open_standby("sqlite:a.db"), Err(OpenError::NoStandby)));
}

#[test]
fn a_backup_of_postgres_is_not_ours_to_make() {
    let both = Both::new();
    let to = both.sqlite.folder().join("copy");
    let refused = both.reader().postgres.backup(&to).unwrap_err().to_string();
    assert!(refused.contains("pg_basebackup"), "{refused}");
    assert!(!to.exists());
}
