//! The writer and the readers on a real file, beyond what every store does (`crate::conformance`).

mod forget;
mod schema;

use domain::{Key, Ref, change::Batch};
use engine::{Store, StoreError};

use super::load;
use crate::{
    fixture::{self, Fixture, changed},
    samples::id,
};

#[tokio::test]
async fn a_row_that_makes_no_sense_is_an_error_that_names_it() {
    let batch = fixture::full_batch();
    let user = batch.members[0].row.user;
    let mut fixture = Fixture::with(batch).await;
    fixture.store.connection.execute("update members set role = 'emperor'", []).unwrap();

    let read = fixture.reader().member(fixture::FIRM, user).await.unwrap_err();
    assert!(matches!(&read, crate::ReadError::Row(text) if text.contains("emperor")), "{read}");
    fixture.store.begin(&[fixture::FIRM]).await.unwrap();
    let loaded = fixture.store.load(fixture::FIRM, &[Key::Member(user)]).await.unwrap_err();
    assert!(matches!(&loaded, StoreError::Refused(text) if text.contains("role")), "{loaded}");
    fixture.store.begin(&[fixture::FIRM]).await.unwrap();
    fixture.store.rollback().await;
}

#[tokio::test]
async fn a_list_or_a_sum_that_makes_no_sense_is_named_too() {
    let fixture = Fixture::with(fixture::full_batch()).await;
    let (invoice, payment) = (Ref::Id(id(30)), Ref::Id(id(35)));
    for (spoiled, named) in [
        ("update invoices set lines = '[{\"kind\":\"time\"}]'", "lines: missing field"),
        ("update invoices set lines = '{}'", "lines: invalid type"),
        ("update payments set wanted = '[[\"x\",1]]'", "wanted: `x` is no id"),
        ("update payments set claims = '[]'", "applied: not the sum"),
    ] {
        let db = &fixture.store.connection;
        db.execute_batch("savepoint whole").unwrap();
        db.execute(spoiled, []).unwrap();
        let keys = [Key::Invoice(invoice.clone()), Key::Payment(payment.clone())];
        let errors = keys.iter().filter_map(|key| load::load(db, fixture::FIRM, key).err());
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        assert!(errors.len() == 1 && errors[0].contains(named), "{spoiled}: {errors:?}");
        db.execute_batch("rollback to whole; release whole").unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_leaves_nothing() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let stored = fixture.stored();
    let pages: i64 =
        fixture.store.connection.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    fixture.store.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let mut large = fixture::next_batch(&first);
    large.clients[0] =
        changed(&large.clients[0], |client| client.profile.notes = Some("x".repeat(100_000)));
    let error = fixture.commit(large).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(fixture.stored(), stored);
    fixture.store.connection.pragma_update(None, "max_page_count", pages + 1_000).unwrap();
    fixture.commit(fixture::next_batch(&first)).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let fixture = Fixture::with(fixture::full_batch()).await;
    let stored = fixture.stored();
    let fixture = fixture.reopened();
    assert_eq!(fixture.stored(), stored);
}

#[tokio::test]
async fn a_second_server_is_refused_and_a_reader_is_not() {
    let mut fixture = Fixture::new();
    let refused = crate::open(&fixture.url(), crate::Opening::default()).unwrap_err();
    assert!(matches!(refused, crate::OpenError::Served(_)), "{refused}");
    #[cfg(unix)]
    {
        let link = fixture.folder().join("link.db");
        std::os::unix::fs::symlink(fixture.file(), &link).unwrap();
        let refused = crate::open(&format!("sqlite:{}", link.display()), crate::Opening::default())
            .unwrap_err();
        assert!(matches!(refused, crate::OpenError::Served(_)), "{refused}");
    }
    let reader = crate::open_reader(&fixture.url()).unwrap();
    fixture.commit(fixture::full_batch()).await.unwrap();
    assert_eq!(reader.firms().await.unwrap(), [fixture::FIRM]);
}

#[tokio::test]
async fn a_reader_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing.db"), folder.path().join("empty.db"));
    let refused = crate::open_reader(&format!("sqlite:{}", missing.display())).unwrap_err();
    assert!(matches!(refused, crate::OpenError::Path { .. }), "{refused}");
    assert!(!missing.exists());
    std::fs::File::create(&empty).unwrap();
    let refused = crate::open_reader(&format!("sqlite:{}", empty.display())).unwrap_err();
    assert!(matches!(refused, crate::OpenError::Schema(_)), "{refused}");
}

#[tokio::test]
async fn a_backup_is_the_state_of_its_moment() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let stored = fixture.stored();
    // A batch under way does not hold it up, and is not in it.
    fixture.store.begin(&[fixture::FIRM]).await.unwrap();
    let copy = fixture.folder().join("copy.db");
    fixture.reader().backup(&copy).unwrap();
    fixture.store.commit(&Batch { firms: vec![fixture::next_batch(&first)] }).await.unwrap();

    let copied = crate::open_reader(&format!("sqlite:{}", copy.display())).unwrap();
    assert_eq!(fixture::stored(&copied), stored);
    assert_eq!(copied.integrity().unwrap(), Vec::<String>::new());
    let refused = fixture.reader().backup(&copy).unwrap_err();
    assert!(matches!(refused, crate::ReadError::Backup { .. }), "{refused}");
    let left = std::fs::read_dir(fixture.folder()).unwrap().filter_map(Result::ok);
    assert!(
        !left.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains("partial"))
    );
}
