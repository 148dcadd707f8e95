//! All of a batch, or nothing; and nothing on top of what somebody else has done meanwhile.

use domain::{
    change::{Batch, FirmBatch},
    entities,
    rows::{BatchId, Firm, Stored},
};
use engine::{Store, StoreError};

use super::subject::{Subject, on_each, on_every_store, postgres};
use crate::{
    fixture::{FIRM, batch_after, full_batch, new, next_batch, stored_by},
    samples::id,
};

on_every_store! {
    a_row_that_is_not_as_it_was_read_is_a_conflict
    a_row_that_must_be_new_and_is_not_is_a_conflict
    a_journal_line_that_is_there_already_is_refused
    a_batch_after_one_that_came_first_is_a_conflict
    an_empty_batch_is_committed_and_changes_nothing
    what_is_given_up_leaves_nothing_and_the_next_batch_goes_on
    several_firms_are_written_together_or_not_at_all
}

async fn a_row_that_is_not_as_it_was_read_is_a_conflict<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let stored = subject.stored();
    let good = next_batch(&first);
    let mut stale = vec![good.clone(); 4];
    stale[0].base = Some(BatchId([77; 12]));
    stale[1].base = None;
    stale[2].members[0].base = Some(41);
    stale[3].counters[0].base = 41;
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let mut batch = good.clone();
            batch.$table[0].base = Some(41);
            stale.push(batch);
        )+};
    }
    entities!(each_entity);
    for batch in stale {
        let error = subject.commit(batch).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
        assert_eq!(subject.stored(), stored);
    }
    subject.commit(good).await.unwrap();
}

async fn conflicts<S: Store>(subject: &mut Subject<S>, batch: FirmBatch) {
    let stored = subject.stored();
    let error = subject.commit(batch).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    assert_eq!(subject.stored(), stored, "{error:?}");
}

async fn a_row_that_must_be_new_and_is_not_is_a_conflict<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let good = batch_after(&first);
    // A firm, a member, a counter that another process was first to make.
    conflicts(&mut subject, FirmBatch { base: None, ..good.clone() }).await;
    let members = vec![new((*first.members[0].row).clone())];
    conflicts(&mut subject, FirmBatch { members, ..good.clone() }).await;
    let counters = first.counters.clone();
    conflicts(&mut subject, FirmBatch { counters, ..good.clone() }).await;
    subject.commit(good).await.unwrap();
}

async fn a_journal_line_that_is_there_already_is_refused<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let (stored, good) = (subject.stored(), next_batch(&first));
    let mut twice = vec![good.clone(); 6];
    twice[0].movements.clone_from(&first.movements);
    twice[1].applications.clone_from(&first.applications);
    twice[2].entries.clone_from(&first.entries);
    twice[3].statement_lines.clone_from(&first.statement_lines);
    twice[4].audit.clone_from(&first.audit);
    twice[5].outcomes.clone_from(&first.outcomes);
    for batch in twice {
        let error = subject.commit(batch).await.unwrap_err();
        let is_refused = matches!(error, StoreError::Refused(_) | StoreError::Duplicate { .. });
        assert!(is_refused, "{error:?}");
        assert_eq!(subject.stored(), stored, "{error:?}");
    }
    subject.commit(good).await.unwrap();
}

async fn a_batch_after_one_that_came_first_is_a_conflict<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let mut ours = next_batch(&first);
    ours.firm.last_batch = BatchId([70; 12]);
    let theirs = next_batch(&first);
    subject.commit(theirs).await.unwrap();
    conflicts(&mut subject, ours).await;
}

async fn an_empty_batch_is_committed_and_changes_nothing<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    for batch in [None, Some(&first)] {
        if let Some(batch) = batch {
            subject.commit(batch.clone()).await.unwrap();
        }
        let stored = subject.stored();
        subject.store.begin(&[FIRM]).await.unwrap();
        subject.store.commit(&Batch { firms: vec![] }).await.unwrap();
        assert_eq!(subject.stored(), stored);
    }
    subject.commit(next_batch(&first)).await.unwrap();
}

async fn what_is_given_up_leaves_nothing_and_the_next_batch_goes_on<S: Store>(
    mut subject: Subject<S>,
) {
    let first = full_batch();
    for _ in 0..2 {
        let heads = subject.store.begin(&[FIRM]).await.unwrap();
        assert_eq!(heads, [None]);
        subject.store.rollback().await;
    }
    subject.commit(first.clone()).await.unwrap();
    let stored = subject.stored();
    let heads = subject.store.begin(&[FIRM]).await.unwrap();
    assert_eq!(heads, [Some(first.firm.clone())]);
    subject.store.rollback().await;
    // Nothing is open: giving up once more does no harm.
    subject.store.rollback().await;
    assert_eq!(subject.stored(), stored);
    subject.commit(next_batch(&first)).await.unwrap();
}

fn of(batch: &FirmBatch, firm: Firm) -> FirmBatch {
    FirmBatch { firm, ..batch.clone() }
}

async fn several_firms_are_written_together_or_not_at_all<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    let second = of(&first, Firm { id: id(2), ..first.firm.clone() });
    let (one, other) = (next_batch(&first), next_batch(&second));
    let other = of(&other, Firm { id: id(2), ..other.firm.clone() });
    subject.commit_all(vec![first.clone(), second.clone()]).await.unwrap();
    assert_eq!(subject.stored(), stored_by(&first));
    assert_eq!(subject.stored_of(id(2)), stored_by(&second));

    let mut stale = vec![(one.clone(), other.clone()); 2];
    stale[0].0.retainers[0].base = Some(41);
    stale[1].1.retainers[0].base = Some(41);
    for (one, other) in stale {
        let error = subject.commit_all(vec![one, other]).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
        assert_eq!(subject.stored(), stored_by(&first));
        assert_eq!(subject.stored_of(id(2)), stored_by(&second));
    }
    subject.commit_all(vec![one.clone(), other.clone()]).await.unwrap();
    for (id, batch) in [(FIRM, one), (id(2), other)] {
        assert!(subject.stored_of(id).contains(&Stored::Firm(batch.firm)));
    }
}

/// Two processes on one firm: the second waits until the first is done, and then sees it.
#[tokio::test]
async fn a_second_writer_waits_for_the_first_and_sees_what_it_did() {
    let mut subject = postgres().await;
    let mut second = subject.beside();
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let theirs = next_batch(&first);
    subject.store.begin(&[FIRM]).await.unwrap();
    let waits = async {
        let heads = second.begin(&[FIRM]).await.unwrap();
        assert_eq!(heads, [Some(theirs.firm.clone())]);
        second.commit(&Batch { firms: vec![next_batch(&first)] }).await
    };
    let writes = async {
        // Long enough for the other to be at the lock.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        subject.store.commit(&Batch { firms: vec![theirs.clone()] }).await
    };
    let (late, done) = tokio::join!(waits, writes);
    done.unwrap();
    // It was decided on what was there before.
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    assert!(subject.stored().contains(&Stored::Firm(theirs.firm)));
}
