//! What a decision can ask for beyond single rows: the store answers as the model does.

use domain::{
    Key, Loaded, Set,
    change::{Batch, FirmBatch},
    lately::LATELY_COUNT_MAX,
    rows::{
        Alert, AuditRecord, Case, CaseStatus, Invoice, InvoiceStage, Job, JobStatus, Payment,
        PaymentStage, Proposal, ProposalStatus, Retainer, Source, TimeEntry, Told,
    },
};
use engine::{Store, model::Model};

use super::subject::{Subject, on_each, on_every_store};
use crate::{
    fixture::{FIRM, empty_batch, new},
    samples::{
        alert, application, at, audit, case, client, id, invoice, job, payment, proposal, retainer,
        said, sar, time_entry,
    },
};

on_every_store! { every_set_holds_the_rows_that_the_model_puts_there }

/// Rows that belong to a set, each beside some that don't.
fn batch() -> FirmBatch {
    let clients = [client(10), client(11)];
    let mut batch = empty_batch();
    for n in 100..110 {
        batch.cases.push(new(Case {
            status: if n % 3 == 0 { CaseStatus::Closed } else { CaseStatus::OnHold },
            deleted: n == 104,
            ..case(n, &clients[usize::from(n == 105)])
        }));
    }
    batch.cases.push(new(Case { client: None, ..case(110, &clients[0]) }));
    for n in 120..126 {
        let row = retainer(n, &clients[usize::from(n == 125)]);
        let empty = Retainer { balance: sar(0), consumptions: sar(90), ..row.clone() };
        batch.retainers.push(new(match n {
            121 => empty,
            122 => Retainer { refunded: true, ..empty },
            _ => row,
        }));
    }
    let untouched = |row: Invoice| Invoice {
        paid: sar(0),
        retainer_applied: sar(0),
        credited: sar(0),
        vat_credited: sar(0),
        ..row
    };
    for n in 130..136 {
        let row = invoice(n, &clients[usize::from(n == 135)]);
        batch.invoices.push(new(match n {
            131 => Invoice { paid: sar(995), ..row },
            132 => Invoice { stage: InvoiceStage::Draft, issued: None, ..untouched(row) },
            133 => Invoice { stage: InvoiceStage::Void, ..untouched(row) },
            _ => row,
        }));
    }
    for n in 1..=12 {
        let invoice = &batch.invoices[usize::from(n % 2 == 0)].row;
        let line = application(invoice, (n + 1) / 2, Source::Retainer(id(120)));
        batch.applications.push(line);
    }
    for n in 140..147 {
        let of = &clients[usize::from(n == 146)];
        let row = payment(n, of, &retainer(120, of));
        let pending = Payment {
            stage: PaymentStage::Pending,
            unapplied: sar(0),
            refunded: sar(0),
            claims: vec![],
            arrived: None,
            reconciled_at: None,
            ..row.clone()
        };
        batch.payments.push(new(match n {
            141 => pending,
            142 => Payment { stage: PaymentStage::Failed, ..pending },
            143 => Payment { unapplied: sar(0), refunded: sar(30), ..row },
            144 => Payment { deleted: true, ..pending },
            _ => row,
        }));
    }
    let jobs = [150, 151].map(|n| Job { status: JobStatus::Open, accepted: None, ..job(n) });
    for (n, status) in (160..).zip(ProposalStatus::ALL.iter().cycle().take(8)) {
        batch.proposals.push(new(Proposal {
            status: *status,
            created_by: id(n),
            ..proposal(n, &jobs[usize::from(n >= 164)])
        }));
    }
    for n in 170..175 {
        batch.time_entries.push(new(TimeEntry {
            created_by: id(220 + n % 2),
            started_at: (n >= 173).then(|| at(1)),
            deleted: n == 172,
            ..time_entry(n, &clients[0])
        }));
    }
    for n in 180..184 {
        let about = if n == 183 { [21; 12] } else { [20; 12] };
        let row = Alert { about, ..alert(n) };
        let is_open = n == 181;
        batch
            .alerts
            .push(new(Alert { acknowledged: row.acknowledged.filter(|_| !is_open), ..row }));
    }
    let records = 1..=i64::try_from(LATELY_COUNT_MAX).unwrap() + 60;
    batch.audit = records
        .map(|n| AuditRecord {
            seq: (n % 8 != 0).then_some(n),
            told: Told::Said(said([u8::try_from(n % 251).unwrap(); 32])),
            at: at(n),
            ..audit(n)
        })
        .collect();
    batch.clients.extend(clients.map(new));
    batch.jobs.extend(jobs.map(new));
    batch
}

async fn every_set_holds_the_rows_that_the_model_puts_there<S: Store>(mut subject: Subject<S>) {
    let batch = batch();
    subject.commit(batch.clone()).await.unwrap();
    let mut model = Model::default();
    model.commit(&Batch { firms: vec![batch] }).await.unwrap();
    assert_eq!(subject.stored(), model.rows(FIRM));

    let keys = [
        (Key::Set(Set::HeldBy(id(10))), 6 + 3 + 2 + 4),
        (Key::Set(Set::HeldBy(id(11))), 1 + 1 + 1),
        (Key::Set(Set::About(id(10))), 9 + 5 + 5 + 6 + 5),
        (Key::Set(Set::About(id(11))), 1 + 1 + 1 + 1),
        (Key::Set(Set::RetainersOf(id(10))), 4),
        (Key::Set(Set::ProposalsOf(id(150))), 2),
        (Key::Set(Set::ProposalsOf(id(151))), 2),
        (Key::Set(Set::TimerOf(id(220))), 1),
        (Key::Set(Set::TimerOf(id(221))), 1),
        (Key::Set(Set::TimerOf(id(222))), 0),
        (Key::Set(Set::OpenAlerts([20; 12])), 1),
        (Key::Set(Set::FoundAbout([20; 12])), 2),
        (Key::Set(Set::FoundAbout([21; 12])), 0),
        (Key::Applications(id(130)), 6),
        (Key::Applications(id(132)), 0),
        (Key::Lately, LATELY_COUNT_MAX),
    ];
    let asked: Vec<Key> = keys.iter().map(|(key, _)| key.clone()).collect();
    subject.store.begin(&[FIRM]).await.unwrap();
    let stored = subject.store.load(FIRM, &asked).await.unwrap();
    assert_eq!(stored, model.load(FIRM, &asked).await.unwrap());
    for (answer, (key, count)) in stored.into_iter().zip(keys) {
        let found = match answer {
            Loaded::Set(_, rows) => rows.len(),
            Loaded::Applications { lines, .. } => lines.len(),
            Loaded::Lately(seen) => seen.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, count, "{key:?}");
    }
    let elsewhere = subject.store.load(id(2), &asked[..1]).await.unwrap();
    assert_eq!(elsewhere, [Loaded::Set(Set::HeldBy(id(10)), vec![])]);
    subject.store.rollback().await;
}
