//! The writer and the readers on a real file.

mod schema;
mod sets;

use domain::{
    Day, Key, Loaded, Ref,
    change::{Batch, FirmBatch},
    entities,
    number::Series,
    rows::{
        AccountNet, Alert, Application, BatchId, Case, Client, ClientNet, CreditNote, DayNet,
        Delivery, Expense, Invoice, InvoiceStage, Job, JobStatus, Payment, PaymentStage, Proposal,
        ProposalStatus, Refund, Retainer, Source, Stored, TimeEntry, Transaction, Webhook,
    },
    table::Row as _,
};
use engine::{Store, StoreError};

use super::load;
use crate::{
    fixture::{self, Fixture, changed, new, stored_by},
    samples::{application, case, credit_note, id, proposal, refund, sar, time_entry},
};

#[tokio::test]
async fn every_row_is_read_back_as_it_was_written() {
    let batch = fixture::full_batch();
    let mut fixture = Fixture::with(batch.clone()).await;
    let stored = fixture.stored();
    assert_eq!(stored, stored_by(&batch));
    assert_eq!(fixture.reader().integrity().unwrap(), Vec::<String>::new());

    let mut firms = fixture.store.begin(&[fixture::FIRM, id(99)]).await.unwrap();
    assert_eq!(firms.pop(), Some(None));
    assert_eq!(firms.pop().flatten().map(Stored::Firm).as_ref(), stored.first());
    fixture.store.rollback().await;
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

#[tokio::test]
async fn every_key_is_answered_in_its_place() {
    let rows = fixture::full_batch();
    let mut fixture = Fixture::with(rows.clone()).await;
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

    fixture.store.begin(&[fixture::FIRM]).await.unwrap();
    assert_eq!(fixture.store.load(fixture::FIRM, &keys).await.unwrap(), expected);
    let elsewhere = fixture.store.load(id(98), &keys).await.unwrap();
    for (key, answer) in keys.into_iter().zip(elsewhere) {
        let nothing = match &key {
            Key::DaysFrom(retainer, from) => {
                Loaded::Days { retainer: *retainer, from: *from, nets: vec![] }
            }
            Key::Applications(invoice) => Loaded::Applications { invoice: *invoice, lines: vec![] },
            Key::Lately => Loaded::Lately(vec![]),
            _ => Loaded::Absent(key),
        };
        assert_eq!(answer, nothing);
    }
    fixture.store.rollback().await;
}

#[tokio::test]
async fn an_update_leaves_the_new_row() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let second = fixture::next_batch(&first);
    fixture.commit(second.clone()).await.unwrap();
    let stored = fixture.stored();
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

#[tokio::test]
async fn a_row_that_is_not_as_it_was_read_is_a_conflict() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let stored = fixture.stored();
    let good = fixture::next_batch(&first);
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
        let error = fixture.commit(batch).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
        assert_eq!(fixture.stored(), stored);
    }
    fixture.commit(good).await.unwrap();
}

/// What `spoil` makes of a good batch is refused, and nothing of it is left.
async fn refused(fixture: &mut Fixture, good: &FirmBatch, spoil: impl FnOnce(&mut FirmBatch)) {
    let stored = fixture.stored();
    let mut batch = good.clone();
    spoil(&mut batch);
    let error = fixture.commit(batch).await.unwrap_err();
    let is_refused = matches!(error, StoreError::Refused(_) | StoreError::Duplicate { .. });
    assert!(is_refused, "{error:?}");
    assert_eq!(fixture.stored(), stored, "{error:?}");
}

macro_rules! spoil {
    ($fixture:ident, $good:ident: $($table:ident($row:ident) $change:expr;)+) => {$(
        refused(&mut $fixture, &$good, |batch| {
            batch.$table[0] = changed(&batch.$table[0], |$row| $change);
        })
        .await;
    )+};
}

#[tokio::test]
async fn a_constraint_refuses_the_batch_and_the_writer_goes_on() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let good = fixture::next_batch(&first);
    spoil! { fixture, good:
        clients(row) row.profile.full_name = String::new();
        cases(row) row.client = Some(id(99));
        retainers(row) (row.balance, row.deposits, row.refunds) = (sar(-1), sar(59), sar(0));
        retainers(row) row.balance = row.deposits;
        retainers(row) row.terms.case = Some(id(99));
        invoices(row) row.case = Some(id(99));
        invoices(row) row.paid = sar(996);
        invoices(row) row.paid = sar(-1);
        invoices(row) row.totals.total = sar(1_036);
        invoices(row) row.vat_credited = sar(11);
        invoices(row) row.stage = InvoiceStage::Draft;
        invoices(row) row.deleted = true;
        payments(row) row.unapplied = sar(41);
        payments(row) (row.unapplied, row.refunded) = (sar(-1), sar(61));
        payments(row) row.claims.clear();
        payments(row) row.stage = PaymentStage::Failed;
        payments(row) row.arrived = None;
        payments(row) row.deleted = true;
        payments(row) row.retainer = Some(id(99));
        payments(row) row.invoice = Some(id(99));
        transactions(row) row.amount = sar(0);
        transactions(row) row.case = Some(id(99));
        time_entries(row) row.minutes = -1;
        time_entries(row) row.invoice = Some(id(99));
        expenses(row) row.client = Some(id(99));
        jobs(row) row.status = JobStatus::Open;
        jobs(row) row.proposals = -1;
        proposals(row) row.amount = sar(0);
    }
    refused(&mut fixture, &good, |batch| batch.movements.clone_from(&first.movements)).await;
    refused(&mut fixture, &good, |batch| batch.applications.clone_from(&first.applications)).await;
    refused(&mut fixture, &good, |batch| batch.entries.clone_from(&first.entries)).await;
    refused(&mut fixture, &good, |batch| {
        batch.statement_lines.clone_from(&first.statement_lines);
    })
    .await;
    refused(&mut fixture, &good, |batch| batch.audit.clone_from(&first.audit)).await;
    refused(&mut fixture, &good, |batch| batch.outcomes.clone_from(&first.outcomes)).await;
    refused(&mut fixture, &good, |batch| {
        let line = application(&first.invoices[0].row, 3, Source::Payment(id(35)));
        batch.applications.push(Application { amount: sar(0), ..line });
    })
    .await;
    refused(&mut fixture, &good, |batch| {
        let nobodys = Invoice { id: id(99), ..(*first.invoices[0].row).clone() };
        batch.applications.push(application(&nobodys, 1, Source::Payment(id(35))));
    })
    .await;
    refused(&mut fixture, &good, |batch| {
        batch.refunds = vec![new(Refund { amount: sar(21), ..refund(39, &batch.payments[0].row) })];
    })
    .await;
    refused(&mut fixture, &good, |batch| {
        let note = credit_note(41, &first.invoices[0].row);
        batch.credit_notes = vec![new(CreditNote { invoice: id(99), ..note })];
    })
    .await;
    fixture.commit(good).await.unwrap();
}

#[tokio::test]
async fn a_number_stands_once_in_its_table() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let good = fixture::batch_after(&first);
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let row = &first.$table[0].row;
            if row.number().is_some() {
                let twin = $row { id: id(99), ..(**row).clone() };
                refused(&mut fixture, &good, |batch| batch.$table.push(new(twin))).await;
            }
        )+};
    }
    entities!(each_entity);
    let unnumbered = |n| Case { number: None, ..case(n, &first.clients[0].row) };
    let mut good = good;
    good.cases = vec![new(unnumbered(98)), new(unnumbered(99))];
    good.refunds.push(new(Refund {
        number: first.payments[0].row.number.clone(),
        ..refund(39, &first.payments[0].row)
    }));
    fixture.commit(good).await.unwrap();
}

#[tokio::test]
async fn a_lawyer_has_one_live_proposal_and_a_user_one_timer() {
    let first = fixture::full_batch();
    let mut fixture = Fixture::with(first.clone()).await;
    let good = fixture::batch_after(&first);
    let (job, client) = (&first.jobs[0].row, &first.clients[0].row);
    let again = Proposal { status: ProposalStatus::Pending, ..proposal(53, job) };
    refused(&mut fixture, &good, |batch| batch.proposals.push(new(again.clone()))).await;
    let second = Proposal { created_by: id(213), ..proposal(53, job) };
    refused(&mut fixture, &good, |batch| batch.proposals.push(new(second))).await;
    let timer = time_entry(45, client);
    refused(&mut fixture, &good, |batch| batch.time_entries.push(new(timer.clone()))).await;

    let mut good = good;
    let withdrawn = Proposal { status: ProposalStatus::Withdrawn, ..again.clone() };
    let other = Proposal { id: id(55), created_by: id(213), ..again };
    good.proposals = vec![new(withdrawn), new(other)];
    let stopped = TimeEntry { started_at: None, ..timer.clone() };
    let others = TimeEntry { id: id(47), created_by: id(202), ..timer.clone() };
    let deleted = TimeEntry { id: id(48), deleted: true, ..timer };
    good.time_entries = vec![new(stopped), new(others), new(deleted)];
    fixture.commit(good).await.unwrap();
}

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
