//! The writer and the readers on a real file.

mod fixture;
mod lists;
mod schema;

use domain::{
    Day, Key, Loaded, Ref,
    change::{Batch, Write},
    number::Series,
    rows::{BatchId, Stored},
};
use engine::{Store, StoreError};
use fixture::{Fixture, changed, id};

#[tokio::test]
async fn every_row_is_read_back_as_it_was_written() {
    let mut fixture = Fixture::new();
    let (batch, stored) = fixture::full_batch();
    fixture.commit(batch).await.unwrap();
    assert_eq!(fixture.stored(), stored);
    assert_eq!(fixture.reader().integrity().unwrap(), Vec::<String>::new());

    let mut firms = fixture.store.begin(&[fixture::FIRM, id(99)]).await.unwrap();
    assert_eq!(firms.pop(), Some(None));
    assert_eq!(firms.pop().flatten().map(Stored::Firm).as_ref(), stored.first());
    fixture.store.rollback().await;
}

#[tokio::test]
async fn every_key_is_answered_in_its_place() {
    let mut fixture = Fixture::new();
    let (batch, _) = fixture::full_batch();
    let rows = batch.clone();
    fixture.commit(batch).await.unwrap();
    let (client, retainer, payment) =
        (&rows.clients[0].row, &rows.retainers[0].row, &rows.payments[0].row);
    let outcome = &rows.outcomes[0];
    let from = Day::from_days(0);
    let asked = [
        (Key::Member(rows.members[0].row.user), Loaded::Member((*rows.members[0].row).clone())),
        (Key::Client(Ref::Id(client.id)), Loaded::Client((**client).clone())),
        (Key::Client(Ref::Number(client.number.clone())), Loaded::Client((**client).clone())),
        (Key::Retainer(Ref::Id(retainer.id)), Loaded::Retainer((**retainer).clone())),
        (
            Key::Retainer(Ref::Number(retainer.number.clone())),
            Loaded::Retainer((**retainer).clone()),
        ),
        (Key::Payment(Ref::Number(payment.number.clone())), Loaded::Payment((**payment).clone())),
        (Key::Counter(Series::Retainer, 2026), Loaded::Counter(rows.counters[0].counter)),
        (Key::Outcome(outcome.user, outcome.key.clone()), Loaded::Outcome((**outcome).clone())),
        (
            Key::DaysFrom(retainer.id, from),
            Loaded::Days { retainer: retainer.id, from, nets: rows.day_nets.clone() },
        ),
    ];
    let absent = [
        Key::Member(id(99)),
        Key::Client(Ref::Id(id(99))),
        Key::Client(Ref::Number("x".into())),
        Key::Retainer(Ref::Number(client.number.clone())),
        Key::Payment(Ref::Id(id(99))),
        Key::Counter(Series::Retainer, 2025),
        Key::Outcome(id(99), outcome.key.clone()),
    ];
    let keys: Vec<Key> = asked.iter().map(|(key, _)| key.clone()).chain(absent.clone()).collect();
    let expected: Vec<Loaded> =
        asked.iter().map(|(_, row)| row.clone()).chain(absent.map(Loaded::Absent)).collect();

    fixture.store.begin(&[fixture::FIRM]).await.unwrap();
    assert_eq!(fixture.store.load(fixture::FIRM, &keys).await.unwrap(), expected);
    let elsewhere = fixture.store.load(id(98), &keys[..8]).await.unwrap();
    assert_eq!(elsewhere, keys[..8].iter().cloned().map(Loaded::Absent).collect::<Vec<_>>());
    fixture.store.rollback().await;
}

#[tokio::test]
async fn an_update_leaves_the_new_row() {
    let mut fixture = Fixture::new();
    let (first, _) = fixture::full_batch();
    fixture.commit(first.clone()).await.unwrap();
    let second = fixture::next_batch(&first);
    fixture.commit(second.clone()).await.unwrap();
    let stored = fixture.stored();
    for row in [
        Stored::Firm(second.firm.clone()),
        Stored::Member((*second.members[0].row).clone()),
        Stored::Client((*second.clients[0].row).clone()),
        Stored::Retainer((*second.retainers[0].row).clone()),
        Stored::Payment((*second.payments[0].row).clone()),
        Stored::Counter(second.counters[0].counter),
        Stored::DayNet(domain::rows::DayNet {
            net_minor: first.day_nets[0].net_minor * 2,
            ..first.day_nets[0]
        }),
    ] {
        assert!(stored.contains(&row), "{row:?}");
    }
}

#[tokio::test]
async fn a_row_that_is_not_as_it_was_read_is_a_conflict() {
    let mut fixture = Fixture::new();
    let (first, stored) = fixture::full_batch();
    fixture.commit(first.clone()).await.unwrap();
    let good = fixture::next_batch(&first);
    let mut stale = vec![good.clone(); 6];
    stale[0].base = Some(BatchId([77; 12]));
    stale[1].base = None;
    stale[2].members[0].base = Some(41);
    stale[3].retainers[0].base = Some(41);
    stale[4].payments[0].base = Some(41);
    stale[5].counters[0].base = 41;
    for batch in stale {
        let error = fixture.commit(batch).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
        assert_eq!(fixture.stored(), stored);
    }
    fixture.commit(good).await.unwrap();
}

#[tokio::test]
async fn a_constraint_refuses_the_batch_and_the_writer_goes_on() {
    let mut fixture = Fixture::new();
    let (first, stored) = fixture::full_batch();
    fixture.commit(first.clone()).await.unwrap();
    let good = fixture::next_batch(&first);

    let mut poisoned = vec![good.clone(); 5];
    let minus = domain::Money::from_minor(-1, domain::Currency::SAR);
    poisoned[0].retainers[0] = changed(&poisoned[0].retainers[0], |retainer| {
        retainer.balance = minus;
        retainer.deposits = domain::Money::zero(domain::Currency::SAR);
        retainer.consumptions = domain::Money::from_minor(1, domain::Currency::SAR);
        retainer.refunds = domain::Money::zero(domain::Currency::SAR);
    });
    poisoned[1].retainers[0] =
        changed(&poisoned[1].retainers[0], |retainer| retainer.balance = retainer.deposits);
    poisoned[2].movements = first.movements.clone();
    poisoned[3].retainers = vec![Write {
        row: changed(&good.retainers[0], |retainer| retainer.id = id(55)).row,
        base: None,
    }];
    poisoned[4].payments[0] =
        changed(&poisoned[4].payments[0], |payment| payment.retainer = Some(id(99)));
    for batch in poisoned {
        let error = fixture.commit(batch).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        assert_eq!(fixture.stored(), stored);
    }
    fixture.commit(good).await.unwrap();
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_an_error_that_names_it() {
    let mut fixture = Fixture::new();
    let (batch, _) = fixture::full_batch();
    let user = batch.members[0].row.user;
    fixture.commit(batch).await.unwrap();
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
async fn a_full_disk_is_unavailable_and_leaves_nothing() {
    let mut fixture = Fixture::new();
    let (first, stored) = fixture::full_batch();
    fixture.commit(first.clone()).await.unwrap();
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
    let mut fixture = Fixture::new();
    let (batch, stored) = fixture::full_batch();
    fixture.commit(batch).await.unwrap();
    let fixture = fixture.reopened();
    assert_eq!(fixture.stored(), stored);
}

#[tokio::test]
async fn a_second_server_is_refused_and_a_reader_is_not() {
    let mut fixture = Fixture::new();
    let refused = crate::open(&fixture.url()).unwrap_err();
    assert!(matches!(refused, crate::OpenError::Served(_)), "{refused}");
    #[cfg(unix)]
    {
        let link = fixture.folder().join("link.db");
        std::os::unix::fs::symlink(fixture.file(), &link).unwrap();
        let refused = crate::open(&format!("sqlite:{}", link.display())).unwrap_err();
        assert!(matches!(refused, crate::OpenError::Served(_)), "{refused}");
    }
    let reader = crate::open_reader(&fixture.url()).unwrap();
    let (batch, _) = fixture::full_batch();
    fixture.commit(batch).await.unwrap();
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
    let mut fixture = Fixture::new();
    let (first, stored) = fixture::full_batch();
    fixture.commit(first.clone()).await.unwrap();
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
