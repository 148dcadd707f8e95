//! What goes when a person is erased: the same in every store, and nothing else.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Id,
    change::{Batch, Erasure, FirmBatch},
    rows::{AuditRecord, BatchId, Movement, Outcome, Stored, Told},
};
use engine::{Store, model::Model};

use super::subject::{Subject, on_each, on_every_store};
use crate::{
    fixture::{FIRM, empty_batch, new},
    samples::{audit, client, id, movement, outcome, retainer},
};

on_every_store! { what_is_said_of_a_person_goes_and_nothing_else }

const PERSON: u8 = 10;
const LOGIN: u8 = 77;

/// What each audit record is about, by whom, and what was answered with it; and whether that is to go.
fn records() -> [(AuditRecord, &'static str, bool); 8] {
    let person = *id::<()>(PERSON).bytes();
    let about = |n, object| AuditRecord { object: Some(object), ..audit(n) };
    let by = |n, user| AuditRecord { user: id(user), object: None, ..audit(n) };
    let (named, nothing) = ("{\"client\":\"0a0a0a0a0a0a0a0a0a0a0a0a\"}", "{}");
    [
        (about(1, person), nothing, true),
        (about(2, [20; 12]), named, true),
        (about(3, [21; 12]), nothing, false),
        (about(4, [21; 12]), named, true),
        (by(5, LOGIN), nothing, true),
        (by(6, 78), nothing, false),
        (AuditRecord { command: "erase_client".into(), ..about(7, person) }, named, false),
        (about(8, person), named, false),
    ]
}

fn first() -> FirmBatch {
    let mut batch = empty_batch();
    let clients = [client(PERSON), client(11)];
    for (n, of) in [(20, 0), (21, 1)] {
        let row = retainer(n, &clients[of]);
        batch.movements.push(Arc::new(movement(&row, 1)));
        batch.retainers.push(new(row));
    }
    batch.clients.extend(clients.map(new));
    for (record, answer, _) in records() {
        let answer = answer.as_bytes().into();
        batch.outcomes.push(Arc::new(Outcome { answer, ..outcome(record.n) }));
        batch.audit.push(record);
    }
    batch
}

fn second(first: &FirmBatch) -> FirmBatch {
    let erasure = Erasure {
        client: id(PERSON),
        objects: BTreeSet::from([*id::<()>(PERSON).bytes(), [20; 12]]),
        login: Some(id(LOGIN)),
        up_to: 7,
    };
    let mut batch = empty_batch();
    batch.base = Some(first.firm.last_batch);
    batch.firm = first.firm.clone();
    batch.firm.last_batch = BatchId([33; 12]);
    batch.audit.push(AuditRecord { object: Some([PERSON; 12]), ..audit(9) });
    batch.erasures.push(erasure);
    batch
}

async fn what_is_said_of_a_person_goes_and_nothing_else<S: Store>(mut subject: Subject<S>) {
    let first = first();
    let second = second(&first);
    subject.commit(first.clone()).await.unwrap();
    let before = subject.stored();
    subject.commit(second.clone()).await.unwrap();
    let after = subject.stored();

    let goes: BTreeSet<i64> =
        records().into_iter().filter(|(.., goes)| *goes).map(|(record, ..)| record.n).collect();
    let erased = |row: Stored| match row {
        Stored::Firm(_) => Stored::Firm(second.firm.clone()),
        Stored::Audit(row) if goes.contains(&row.n) => {
            let told = Told::Erased(row.told.commitment());
            Stored::Audit(AuditRecord { told, ..row })
        }
        Stored::Outcome(row) if goes.contains(&row.audit_n) => {
            Stored::Outcome(Outcome { answer: Arc::default(), fingerprint: [0; 32], ..row })
        }
        Stored::Movement(row) if row.retainer == Id::new([20; 12]) => {
            Stored::Movement(Movement { description: None, ..row })
        }
        other => other,
    };
    let mut expected: Vec<Stored> = before.into_iter().map(erased).collect();
    let is_before = |row: &Stored| !matches!(row, Stored::Outcome(_));
    let place = expected.iter().rposition(is_before).unwrap() + 1;
    expected.insert(place, Stored::Audit(second.audit[0].clone()));
    assert_eq!(after, expected);

    let mut model = Model::default();
    for batch in [first, second] {
        model.commit(&Batch { firms: vec![batch] }).await.unwrap();
    }
    assert_eq!(model.rows(FIRM), after);
}
