//! What is written is what is read, by every key there is.

use domain::{
    Day, Key, Loaded, Ref,
    change::FirmBatch,
    entities,
    number::Series,
    rows::{AccountNet, ClientNet, DayNet, Stored},
    table::Row as _,
};
use engine::Store;

use super::subject::{Subject, in_any_order, on_each, on_every_store};
use crate::{
    fixture::{FIRM, full_batch, next_batch, stored_by},
    samples::id,
};

on_every_store! {
    every_row_is_read_back_as_it_was_written
    every_key_is_answered_by_its_row_or_its_absence
    an_update_leaves_the_new_row
}

async fn every_row_is_read_back_as_it_was_written<S: Store>(mut subject: Subject<S>) {
    let batch = full_batch();
    subject.commit(batch.clone()).await.unwrap();
    let stored = subject.stored();
    assert_eq!(stored, stored_by(&batch));

    let mut firms = subject.store.begin(&[FIRM, id(99)]).await.unwrap();
    assert_eq!(firms.pop(), Some(None));
    assert_eq!(firms.pop().flatten().map(Stored::Firm).as_ref(), stored.first());
    subject.store.rollback().await;
}

/// Every key of an entity, and what answers it.
fn entity_keys(rows: &FirmBatch) -> (Vec<(Key, Loaded)>, Vec<Key>) {
    let (mut asked, mut absent) = (Vec::new(), Vec::new());
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let row = &rows.$table[0].row;
            asked.push((Key::$row(Ref::Id(row.id)), Loaded::$row((**row).clone())));
            if let Some(number) = row.number() {
                let by = Ref::Number(number.to_owned());
                asked.push((Key::$row(by), Loaded::$row((**row).clone())));
            }
            absent.extend([Key::$row(Ref::Id(id(99))), Key::$row(Ref::Number("x".into()))]);
        )+};
    }
    entities!(each_entity);
    (asked, absent)
}

async fn every_key_is_answered_by_its_row_or_its_absence<S: Store>(mut subject: Subject<S>) {
    let rows = full_batch();
    subject.commit(rows.clone()).await.unwrap();
    let (retainer, invoice) = (&rows.retainers[0].row, &rows.invoices[0].row);
    let outcome = &rows.outcomes[0];
    let from = Day::from_days(0);
    let (mut asked, mut absent) = entity_keys(&rows);
    asked.extend([
        (Key::Member(rows.members[0].row.user), Loaded::Member((*rows.members[0].row).clone())),
        (Key::Counter(Series::Retainer, 2026), Loaded::Counter(rows.counters[0].counter)),
        (Key::Outcome(outcome.user, outcome.key.clone()), Loaded::Outcome((**outcome).clone())),
        (
            Key::DaysFrom(retainer.id, from),
            Loaded::Days { retainer: retainer.id, from, nets: rows.day_nets.clone() },
        ),
        (
            Key::Applications(invoice.id),
            Loaded::Applications { invoice: invoice.id, lines: rows.applications.clone() },
        ),
        (Key::Lately, Loaded::Lately(vec![([5; 32], rows.audit[0].at)])),
    ]);
    absent.extend([
        Key::Member(id(99)),
        Key::Retainer(Ref::Number(rows.clients[0].row.number.clone())),
        Key::Counter(Series::Retainer, 2025),
        Key::Outcome(id(99), outcome.key.clone()),
    ]);
    let keys: Vec<Key> = asked.iter().map(|(key, _)| key.clone()).chain(absent.clone()).collect();
    let answers = asked.iter().map(|(_, row)| row.clone());
    let expected: Vec<Loaded> = answers.chain(absent.into_iter().map(Loaded::Absent)).collect();

    subject.store.begin(&[FIRM]).await.unwrap();
    let answers = subject.store.load(FIRM, &keys).await.unwrap();
    assert_eq!(in_any_order(&answers), in_any_order(&expected));
    let elsewhere = subject.store.load(id(98), &keys).await.unwrap();
    let nothing = keys.into_iter().map(|key| match &key {
        Key::DaysFrom(retainer, from) => {
            Loaded::Days { retainer: *retainer, from: *from, nets: vec![] }
        }
        Key::Applications(invoice) => Loaded::Applications { invoice: *invoice, lines: vec![] },
        Key::Lately => Loaded::Lately(vec![]),
        _ => Loaded::Absent(key),
    });
    assert_eq!(in_any_order(&elsewhere), in_any_order(&nothing.collect::<Vec<_>>()));
    subject.store.rollback().await;
}

async fn an_update_leaves_the_new_row<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let second = next_batch(&first);
    subject.commit(second.clone()).await.unwrap();
    let stored = subject.stored();
    let mut expected = stored_by(&second);
    expected.retain(|row| {
        !matches!(row, Stored::DayNet(_) | Stored::AccountNet(_) | Stored::ClientNet(_))
    });
    let (day, client) = (first.day_nets[0].net_minor, first.client_nets[0].net_minor);
    expected.extend([
        Stored::DayNet(DayNet { net_minor: day * 2, ..first.day_nets[0] }),
        Stored::AccountNet(AccountNet { debit_minor: 60, ..first.account_nets[0] }),
        Stored::AccountNet(AccountNet { credit_minor: 60, ..first.account_nets[1] }),
        Stored::ClientNet(ClientNet { net_minor: client * 2, ..first.client_nets[0] }),
    ]);
    for row in expected {
        assert!(stored.contains(&row), "{row:?}");
    }
}
