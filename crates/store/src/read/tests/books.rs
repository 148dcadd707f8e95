//! The firm's own books, time, expenses, the market, alerts and the audit log.

use domain::{
    Currency, Day, MARKET, Money, Ref,
    change::FirmBatch,
    rows::{
        AlertKind, AuditRecord, Expense, Firm, Job, JobStatus, Proposal, ProposalStatus, Review,
        TimeEntry, Transaction, TransactionStatus, TransactionType,
    },
};

use super::{both::Both, walk::walked};
use crate::{
    AlertFilter, Days, ExpenseFilter, JobFilter, ProposalFilter, StatusSum, TimeEntryFilter,
    TransactionFilter,
    fixture::{FIRM, empty_batch, new},
    samples::{
        alert, at, audit, case, client, expense, id, job, proposal, sar, time_entry, transaction,
    },
};

/// Two clients, and a case of the first.
fn with_clients() -> FirmBatch {
    let mut batch = empty_batch();
    let clients = [client(10), client(11)];
    batch.cases.push(new(case(12, &clients[0])));
    batch.clients.extend(clients.map(new));
    batch
}

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::of_date(year, month, day).unwrap()
}

/// Income and expense over two months, one of each that does not count.
async fn with_transactions() -> Both {
    use TransactionStatus::{Cancelled, Completed, Pending};
    use TransactionType::{Expense, Income, Transfer};
    let mut batch = with_clients();
    let rows = [
        (40, Income, Completed, 1_000, Some("fees"), day(2026, 1, 10)),
        (41, Expense, Completed, 300, Some("rent"), day(2026, 1, 31)),
        (42, Expense, Completed, 50, None, day(2026, 2, 1)),
        (43, Income, Completed, 200, Some("fees"), day(2026, 2, 15)),
        (44, Income, Pending, 5_000, Some("fees"), day(2026, 2, 15)),
        (45, Expense, Cancelled, 7_000, Some("rent"), day(2026, 2, 16)),
        (46, Transfer, Completed, 900, None, day(2026, 2, 17)),
        (47, Income, Completed, 9_000, Some("fees"), day(2026, 2, 18)),
        (48, Expense, Completed, 400, Some("rent"), day(2026, 2, 19)),
    ];
    for (n, kind, status, minor, category, day) in rows {
        let mut row = Transaction {
            kind,
            status,
            amount: sar(minor),
            category: category.map(str::to_owned),
            description: Some(format!("إيجار {n}")),
            day,
            client: Some(id(10 + n % 2)),
            case: (n == 43).then_some(id(12)),
            created_at: at(i64::from(n / 4)),
            ..transaction(n, &client(10))
        };
        row.deleted = n == 47;
        if n == 48 {
            row.amount = Money::from_minor(minor, Currency::USD);
        }
        batch.transactions.push(new(row));
    }
    Both::with(batch).await
}

#[tokio::test]
async fn transactions_are_filtered() {
    let fixture = with_transactions().await;
    let reader = fixture.reader();
    let found = async |filter: TransactionFilter| {
        let rows =
            walked(async |part| reader.transactions(FIRM, filter.clone(), part).await.unwrap());
        rows.await.iter().map(|view| view.transaction.id.bytes()[0]).collect::<Vec<_>>()
    };
    let all = TransactionFilter::default;
    assert_eq!(found(all()).await, [48, 46, 45, 44, 43, 42, 41, 40]);
    let kind = Some(TransactionType::Income);
    assert_eq!(found(TransactionFilter { kind, ..all() }).await, [44, 43, 40]);
    let status = Some(TransactionStatus::Cancelled);
    assert_eq!(found(TransactionFilter { status, ..all() }).await, [45]);
    let category = Some("rent".into());
    assert_eq!(found(TransactionFilter { category, ..all() }).await, [48, 45, 41]);
    let client = Some(Ref::Number("CLT-2026-0011".into()));
    assert_eq!(found(TransactionFilter { client, ..all() }).await, [45, 43, 41]);
    let case = Some(Ref::Number("45/12".into()));
    assert_eq!(found(TransactionFilter { case, ..all() }).await, [43]);
    let days = Days { from: Some(day(2026, 1, 31)), to: Some(day(2026, 2, 1)) };
    assert_eq!(found(TransactionFilter { days, ..all() }).await, [42, 41]);
    let search = Some("ايجار 4٢".into());
    assert_eq!(found(TransactionFilter { search, ..all() }).await, [42]);
    let search = Some("txn-202601-00046".into());
    assert_eq!(found(TransactionFilter { search, ..all() }).await, [46]);

    let sums = reader.transaction_sums(FIRM, all()).await.unwrap();
    let sums = sums.iter().map(|sum| (sum.status.name(), sum.count, sum.total.to_string()));
    let expected = [
        ("cancelled", 1, "70".to_owned()),
        ("completed", 5, "24.5".to_owned()),
        ("completed", 1, "4".to_owned()),
        ("pending", 1, "50".to_owned()),
    ];
    assert_eq!(sums.collect::<Vec<_>>(), expected);
    let view = reader.transaction(FIRM, &Ref::Id(id(43))).await.unwrap().unwrap();
    assert_eq!(view.client.map(|row| row.id), Some(id(11)));
    assert_eq!(view.case.map(|row| row.id), Some(id(12)));
    assert_eq!(reader.transaction(FIRM, &Ref::Id(id(47))).await.unwrap(), None);
}

#[tokio::test]
async fn balances_are_as_worked_out_by_hand() {
    let fixture = with_transactions().await;
    let reader = fixture.reader();
    let balance = async |days| {
        let balances = reader.balance(FIRM, days).await.unwrap();
        let of = balances.iter();
        of.map(|of| [of.income, of.expense, of.balance].map(Money::minor)).collect::<Vec<_>>()
    };
    let up_to = |day| Days { from: None, to: Some(day) };
    assert_eq!(balance(Days::default()).await, [[1_200, 350, 850], [0, 400, -400]]);
    assert_eq!(balance(up_to(day(2026, 1, 30))).await, [[1_000, 0, 1_000]]);
    assert_eq!(balance(up_to(day(2026, 1, 31))).await, [[1_000, 300, 700]]);
    assert_eq!(balance(up_to(day(2025, 1, 1))).await, Vec::<[i64; 3]>::new());

    let months = reader.monthly(FIRM, Days::default()).await.unwrap();
    let months = months.iter().map(|of| {
        let currency = of.balance.balance.currency().code();
        (of.year, of.month, currency, of.count, of.balance.balance.minor())
    });
    assert_eq!(
        months.collect::<Vec<_>>(),
        [(2026, 1, "SAR", 2, 700), (2026, 2, "SAR", 3, 150), (2026, 2, "USD", 1, -400)]
    );
    let categories = reader.by_category(FIRM, Days::default()).await.unwrap();
    let categories = categories
        .iter()
        .map(|of| (of.category.as_deref(), of.kind.name(), of.count, of.total.minor()));
    assert_eq!(
        categories.collect::<Vec<_>>(),
        [
            (None, "expense", 1, 50),
            (None, "transfer", 1, 900),
            (Some("fees"), "income", 2, 1_200),
            (Some("rent"), "expense", 1, 300),
            (Some("rent"), "expense", 1, 400),
        ]
    );
}

#[tokio::test]
async fn time_and_expenses_are_filtered() {
    let mut batch = with_clients();
    let clients = [client(10), client(11)];
    batch.invoices.push(new(crate::samples::invoice(30, &clients[0])));
    for n in 60..66_u8 {
        let of = &clients[usize::from(n % 2)];
        batch.time_entries.push(new(TimeEntry {
            case: (n == 61).then_some(id(12)),
            billable: n != 62,
            invoice: (n == 63).then_some(id(30)),
            review: if n == 64 { Review::Pending } else { Review::Approved },
            deleted: n == 65,
            day: day(2026, 1, i8::try_from(n - 59).unwrap()),
            started_at: None,
            created_by: id(if n == 60 { 220 } else { 221 }),
            created_at: at(i64::from(n / 4)),
            ..time_entry(n, of)
        }));
        batch.expenses.push(new(Expense {
            case: (n == 61).then_some(id(12)),
            billable: n != 62,
            invoice: (n == 63).then_some(id(30)),
            review: if n == 64 { Review::Pending } else { Review::Approved },
            category: (n != 60).then(|| "travel".to_owned()),
            deleted: n == 65,
            day: day(2026, 1, i8::try_from(n - 59).unwrap()),
            created_by: id(if n == 60 { 220 } else { 221 }),
            created_at: at(i64::from(n / 4)),
            ..expense(n, of)
        }));
    }
    let fixture = Both::with(batch).await;
    let reader = fixture.reader();
    let found = async |time: TimeEntryFilter| {
        let spent = ExpenseFilter {
            client: time.client.clone(),
            case: time.case.clone(),
            by: time.by,
            category: None,
            billable: time.billable,
            billed: time.billed,
            review: time.review,
            days: time.days,
        };
        let rows =
            walked(async |part| reader.time_entries(FIRM, time.clone(), part).await.unwrap());
        let entries = rows.await.iter().map(|view| view.entry.id.bytes()[0]).collect::<Vec<_>>();
        let rows = walked(async |part| reader.expenses(FIRM, spent.clone(), part).await.unwrap());
        let expenses = rows.await.iter().map(|view| view.expense.id.bytes()[0]).collect::<Vec<_>>();
        assert_eq!(entries, expenses);
        entries
    };
    let all = TimeEntryFilter::default;
    assert_eq!(found(all()).await, [64, 63, 62, 61, 60]);
    assert_eq!(found(TimeEntryFilter { client: Some(Ref::Id(id(11))), ..all() }).await, [63, 61]);
    assert_eq!(found(TimeEntryFilter { case: Some(Ref::Id(id(12))), ..all() }).await, [61]);
    assert_eq!(found(TimeEntryFilter { by: Some(id(220)), ..all() }).await, [60]);
    assert_eq!(found(TimeEntryFilter { billable: Some(false), ..all() }).await, [62]);
    assert_eq!(found(TimeEntryFilter { billed: Some(true), ..all() }).await, [63]);
    assert_eq!(found(TimeEntryFilter { billed: Some(false), ..all() }).await, [64, 62, 61, 60]);
    assert_eq!(found(TimeEntryFilter { review: Some(Review::Pending), ..all() }).await, [64]);
    let days = Days { from: Some(day(2026, 1, 2)), to: Some(day(2026, 1, 3)) };
    assert_eq!(found(TimeEntryFilter { days, ..all() }).await, [62, 61]);
    let of = |sum: &StatusSum<Review>| (sum.status, sum.count, sum.total.minor());
    let time = reader.time_entry_sums(FIRM, all()).await.unwrap();
    let expected = [(Review::Approved, 4, 1_200), (Review::Pending, 1, 300)];
    assert_eq!(time.iter().map(of).collect::<Vec<_>>(), expected);
    let client = Some(Ref::Id(id(11)));
    let spent = ExpenseFilter { client, ..ExpenseFilter::default() };
    let spent = reader.expense_sums(FIRM, spent).await.unwrap();
    assert_eq!(spent.iter().map(of).collect::<Vec<_>>(), [(Review::Approved, 2, 800)]);
    let category = Some("travel".into());
    let filter = ExpenseFilter { category, ..ExpenseFilter::default() };
    let rows = walked(async |part| reader.expenses(FIRM, filter.clone(), part).await.unwrap());
    assert_eq!(rows.await.len(), 4);

    let entry = reader.time_entry(FIRM, &Ref::Id(id(61))).await.unwrap().unwrap();
    assert_eq!(entry.client.map(|row| row.id), Some(id(11)));
    assert_eq!(entry.case.map(|row| row.id), Some(id(12)));
    let expense = reader.expense(FIRM, &Ref::Id(id(61))).await.unwrap().unwrap();
    assert_eq!(expense.client.map(|row| row.id), Some(id(11)));
    assert_eq!(reader.time_entry(FIRM, &Ref::Id(id(65))).await.unwrap(), None);
    assert_eq!(reader.time_entry(FIRM, &Ref::Number("x".into())).await.unwrap(), None);
    assert_eq!(reader.expense(FIRM, &Ref::Id(id(65))).await.unwrap(), None);
}

#[tokio::test]
async fn jobs_and_proposals_are_the_markets() {
    let mut batch = empty_batch();
    batch.firm = Firm { last_batch: batch.firm.last_batch, ..Firm::new(MARKET) };
    let jobs: Vec<Job> = (50..54)
        .map(|n| Job {
            title: format!("عقد إيجار {n}"),
            status: if n == 51 { JobStatus::Open } else { JobStatus::Completed },
            category: (n != 52).then(|| "contracts".to_owned()),
            owner: id(if n == 50 { 210 } else { 211 }),
            accepted: None,
            deleted: n == 53,
            created_at: at(i64::from(n / 3)),
            ..job(n)
        })
        .collect();
    for n in 60..65 {
        batch.proposals.push(new(Proposal {
            status: ProposalStatus::Withdrawn,
            created_by: id(if n == 60 { 220 } else { 221 }),
            created_at: at(i64::from(n / 2)),
            ..proposal(n, &jobs[usize::from(n % 4)])
        }));
    }
    batch.jobs.extend(jobs.iter().cloned().map(new));
    let fixture = Both::with(batch).await;
    let reader = fixture.reader();
    let found = async |filter: JobFilter| {
        let rows = walked(async |part| reader.jobs(filter.clone(), part).await.unwrap());
        rows.await.iter().map(|row| row.id.bytes()[0]).collect::<Vec<_>>()
    };
    let all = JobFilter::default;
    assert_eq!(found(all()).await, [52, 51, 50]);
    assert_eq!(found(JobFilter { statuses: vec![JobStatus::Open], ..all() }).await, [51]);
    let two = vec![JobStatus::Open, JobStatus::Completed];
    assert_eq!(found(JobFilter { statuses: two, ..all() }).await, [52, 51, 50]);
    assert_eq!(found(JobFilter { category: Some("contracts".into()), ..all() }).await, [51, 50]);
    assert_eq!(found(JobFilter { search: Some("ايجار 51".into()), ..all() }).await, [51]);
    assert_eq!(found(JobFilter { owner: Some(id(211)), ..all() }).await, [52, 51]);
    assert_eq!(reader.job(&Ref::Id(id(53))).await.unwrap(), None);
    assert_eq!(reader.job(&Ref::Id(id(51))).await.unwrap().as_ref(), Some(&jobs[1]));

    let found = async |filter: ProposalFilter| {
        let rows = walked(async |part| reader.proposals(filter.clone(), part).await.unwrap());
        rows.await.iter().map(|view| view.proposal.id.bytes()[0]).collect::<Vec<_>>()
    };
    let all = ProposalFilter::default;
    assert_eq!(found(all()).await, [64, 63, 62, 61, 60]);
    assert_eq!(found(ProposalFilter { job: Some(Ref::Id(id(50))), ..all() }).await, [64, 60]);
    assert_eq!(found(ProposalFilter { lawyer: Some(id(220)), ..all() }).await, [60]);
    let view = reader.proposal(&Ref::Id(id(63))).await.unwrap().unwrap();
    assert!(view.job.deleted && view.job.id == id(53), "shown, though it is deleted");
}

#[tokio::test]
async fn alerts_and_audit_records_run_newest_first() {
    let mut batch = empty_batch();
    for n in 60..65 {
        let mut row = alert(n);
        row.created_at = at(i64::from(n / 2));
        row.kind = if n == 61 { AlertKind::PossibleDuplicate } else { AlertKind::LowBalance };
        row.acknowledged = row.acknowledged.filter(|_| n < 63);
        batch.alerts.push(new(row));
    }
    (1..=6).for_each(|n| drop(batch.firm.audit.append([n; 32])));
    let records: Vec<AuditRecord> = (1..=6).map(audit).collect();
    batch.audit.clone_from(&records);
    let fixture = Both::with(batch).await;
    let reader = fixture.reader();
    let found = async |filter: AlertFilter| {
        let rows = walked(async |part| reader.alerts(FIRM, filter, part).await.unwrap());
        rows.await.iter().map(|row| row.id.bytes()[0]).collect::<Vec<_>>()
    };
    assert_eq!(found(AlertFilter::default()).await, [64, 63, 62, 61, 60]);
    let kind = Some(AlertKind::PossibleDuplicate);
    assert_eq!(found(AlertFilter { kind, open_only: false }).await, [61]);
    assert_eq!(found(AlertFilter { kind: None, open_only: true }).await, [64, 63]);
    assert!(reader.alert(FIRM, &Ref::Id(id(60))).await.unwrap().is_some());

    let mut read = walked(async |part| reader.audit(FIRM, part).await.unwrap()).await;
    read.reverse();
    assert_eq!(read, records);
}
