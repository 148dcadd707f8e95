//! What no store lets in, whatever is above it: constraints. The model has none; it is never asked.

use domain::{
    change::FirmBatch,
    entities,
    rows::{
        Alert, Application, Case, Client, CreditNote, Delivery, Expense, Invoice, InvoiceStage,
        Job, JobStatus, Payment, PaymentStage, Proposal, ProposalStatus, Refund, Retainer, Source,
        TimeEntry, Transaction, Webhook,
    },
    table::Row as _,
};
use engine::{Store, StoreError};

use super::subject::{Subject, on_each, on_every_database};
use crate::{
    fixture::{batch_after, changed, full_batch, new, next_batch},
    samples::{application, case, credit_note, id, proposal, refund, sar, time_entry},
};

on_every_database! {
    a_constraint_refuses_the_batch_and_the_writer_goes_on
    an_id_stands_once_in_its_table
    a_number_stands_once_in_its_table
    a_lawyer_has_one_live_proposal_and_a_user_one_timer
}

/// What `spoil` makes of a good batch is refused, and nothing of it is left.
async fn refused<S: Store>(
    subject: &mut Subject<S>,
    good: &FirmBatch,
    spoil: impl FnOnce(&mut FirmBatch),
) {
    let stored = subject.stored();
    let mut batch = good.clone();
    spoil(&mut batch);
    let error = subject.commit(batch).await.unwrap_err();
    let is_refused = matches!(error, StoreError::Refused(_) | StoreError::Duplicate { .. });
    assert!(is_refused, "{error:?}");
    assert_eq!(subject.stored(), stored, "{error:?}");
}

macro_rules! spoil {
    ($subject:ident, $good:ident: $($table:ident($row:ident) $change:expr;)+) => {$(
        refused(&mut $subject, &$good, |batch| {
            batch.$table[0] = changed(&batch.$table[0], |$row| $change);
        })
        .await;
    )+};
}

async fn a_constraint_refuses_the_batch_and_the_writer_goes_on<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let good = next_batch(&first);
    spoil! { subject, good:
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
    refused(&mut subject, &good, |batch| batch.movements.clone_from(&first.movements)).await;
    refused(&mut subject, &good, |batch| batch.applications.clone_from(&first.applications)).await;
    refused(&mut subject, &good, |batch| batch.entries.clone_from(&first.entries)).await;
    refused(&mut subject, &good, |batch| {
        batch.statement_lines.clone_from(&first.statement_lines);
    })
    .await;
    refused(&mut subject, &good, |batch| batch.audit.clone_from(&first.audit)).await;
    refused(&mut subject, &good, |batch| batch.outcomes.clone_from(&first.outcomes)).await;
    refused(&mut subject, &good, |batch| {
        let line = application(&first.invoices[0].row, 3, Source::Payment(id(35)));
        batch.applications.push(Application { amount: sar(0), ..line });
    })
    .await;
    refused(&mut subject, &good, |batch| {
        let nobodys = Invoice { id: id(99), ..(*first.invoices[0].row).clone() };
        batch.applications.push(application(&nobodys, 1, Source::Payment(id(35))));
    })
    .await;
    refused(&mut subject, &good, |batch| {
        batch.refunds = vec![new(Refund { amount: sar(21), ..refund(39, &batch.payments[0].row) })];
    })
    .await;
    refused(&mut subject, &good, |batch| {
        let note = credit_note(41, &first.invoices[0].row);
        batch.credit_notes = vec![new(CreditNote { invoice: id(99), ..note })];
    })
    .await;
    subject.commit(good).await.unwrap();
}

async fn a_number_stands_once_in_its_table<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let good = batch_after(&first);
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let row = &first.$table[0].row;
            if row.number().is_some() {
                let twin = $row { id: id(99), ..(**row).clone() };
                refused(&mut subject, &good, |batch| batch.$table.push(new(twin))).await;
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
    subject.commit(good).await.unwrap();
}

async fn a_lawyer_has_one_live_proposal_and_a_user_one_timer<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let good = batch_after(&first);
    let (job, client) = (&first.jobs[0].row, &first.clients[0].row);
    let again = Proposal { status: ProposalStatus::Pending, ..proposal(53, job) };
    refused(&mut subject, &good, |batch| batch.proposals.push(new(again.clone()))).await;
    let second = Proposal { created_by: id(213), ..proposal(53, job) };
    refused(&mut subject, &good, |batch| batch.proposals.push(new(second))).await;
    let timer = time_entry(45, client);
    refused(&mut subject, &good, |batch| batch.time_entries.push(new(timer.clone()))).await;

    let mut good = good;
    let withdrawn = Proposal { status: ProposalStatus::Withdrawn, ..again.clone() };
    let other = Proposal { id: id(55), created_by: id(213), ..again };
    good.proposals = vec![new(withdrawn), new(other)];
    let stopped = TimeEntry { started_at: None, ..timer.clone() };
    let others = TimeEntry { id: id(47), created_by: id(202), ..timer.clone() };
    let deleted = TimeEntry { id: id(48), deleted: true, ..timer };
    good.time_entries = vec![new(stopped), new(others), new(deleted)];
    subject.commit(good).await.unwrap();
}

async fn an_id_stands_once_in_its_table<S: Store>(mut subject: Subject<S>) {
    let first = full_batch();
    subject.commit(first.clone()).await.unwrap();
    let good = batch_after(&first);
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let again = (*first.$table[0].row).clone();
            refused(&mut subject, &good, |batch| batch.$table.push(new(again))).await;
        )+};
    }
    entities!(each_entity);
}
