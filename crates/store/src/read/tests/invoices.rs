//! Lists and sums of invoices, their journals, and credit notes.

use std::collections::BTreeMap;

use domain::{
    Id, Ref,
    rows::{
        Application, Invoice, InvoiceStage, InvoiceStatus, Issued, Line, Payment, Retainer, Source,
        Totals,
    },
    time::Day,
};

use super::{
    both::{Both, Twin},
    walk::walked,
};
use crate::{
    CreditNoteFilter, Days, Direction, InvoiceFilter, InvoiceSort, InvoiceView, Order, Page,
    fixture::{FIRM, empty_batch, new},
    samples::{
        DAY, application, at, case, client, credit_note, id, invoice, payment, retainer, sar,
    },
};

const TODAY: Day = DAY.plus_days(40);
const ALL: Page = Page::Number { page: 1, limit: 100 };

/// An invoice of `total`, in a stage, of which so much was paid, from a retainer, and credited.
fn one(n: u8, of: u8, stage: InvoiceStage, total: i64, taken: [i64; 3]) -> Invoice {
    let of = client(of);
    let is_out =
        matches!(stage, InvoiceStage::Issued | InvoiceStage::Void | InvoiceStage::WrittenOff);
    let written_off = match stage {
        InvoiceStage::WrittenOff => total - taken.iter().sum::<i64>(),
        _ => 0,
    };
    let lines: [Line; 0] = [];
    Invoice {
        lines: lines.into(),
        discount: None,
        totals: Totals {
            subtotal: sar(total),
            discount: sar(0),
            taxable: sar(total),
            vat: sar(0),
            total: sar(total),
        },
        stage,
        paid: sar(taken[0]),
        retainer_applied: sar(taken[1]),
        credited: sar(taken[2]),
        vat_credited: sar(0),
        written_off: sar(written_off),
        applications: 0,
        issued: is_out.then_some(Issued { seq: 1, at: at(0) }),
        viewed_at: None,
        paid_at: None,
        last_payment: None,
        deleted: stage == InvoiceStage::Cancelled,
        issue_day: DAY.plus_days(i32::from(n % 4)),
        due_day: DAY.plus_days(30 + i32::from(n % 5) * 5),
        created_at: at(i64::from(n / 3)),
        ..invoice(n, &of)
    }
}

/// Two clients' invoices in every status; each value that a list is sorted by comes twice.
fn rows() -> Vec<Invoice> {
    use InvoiceStage::{Approved, Cancelled, Draft, Issued, PendingApproval, Void, WrittenOff};
    let mut rows = vec![
        one(30, 10, Draft, 500, [0; 3]),
        one(31, 11, PendingApproval, 600, [0; 3]),
        one(32, 10, Approved, 500, [0; 3]),
        one(33, 11, Issued, 700, [0; 3]),
        one(34, 10, Issued, 800, [0; 3]),
        one(35, 11, Issued, 900, [100, 0, 0]),
        one(36, 10, Issued, 900, [0, 200, 0]),
        one(37, 11, Issued, 300, [200, 50, 50]),
        one(38, 10, Issued, 400, [0, 0, 400]),
        one(39, 11, Void, 350, [0; 3]),
        one(40, 10, WrittenOff, 450, [50, 0, 0]),
        one(41, 11, Cancelled, 550, [0; 3]),
        one(42, 10, Issued, 700, [0, 0, 100]),
    ];
    rows[4].viewed_at = Some(at(1));
    rows[3].case = Some(id(12));
    rows
}

async fn filled() -> (Both, Vec<Invoice>) {
    let mut batch = empty_batch();
    let mut clients = [client(10), client(11)];
    clients[1].profile.full_name = "أحمد الإبراهيم".into();
    clients[1].user = None;
    batch.cases.push(new(case(12, &clients[1])));
    batch.clients.extend(clients.map(new));
    let rows = rows();
    batch.invoices.extend(rows.iter().cloned().map(new));
    (Both::with(batch).await, rows)
}

fn all() -> InvoiceFilter {
    InvoiceFilter::all(TODAY)
}

async fn found(reader: &Twin, filter: InvoiceFilter) -> Vec<Id<Invoice>> {
    let ask = async |part| reader.invoices(FIRM, filter.clone(), part).await.unwrap();
    walked(ask).await.into_iter().map(|view: InvoiceView| view.invoice.id).collect()
}

/// The ids of those rows that `is_among` lets through, newest first.
fn expected(rows: &[Invoice], is_among: impl Fn(&Invoice) -> bool) -> Vec<Id<Invoice>> {
    let mut rows: Vec<&Invoice> = rows.iter().filter(|row| !row.deleted && is_among(row)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn every_status_is_found_as_the_domain_sees_it() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    for status in InvoiceStatus::ALL {
        let filter = InvoiceFilter { statuses: vec![*status], ..all() };
        let expected = expected(&rows, |row| row.status() == *status);
        assert_eq!(found(reader, filter).await, expected, "{status:?}");
        let is_hidden = *status == InvoiceStatus::Cancelled;
        assert_eq!(expected.is_empty(), is_hidden, "{status:?} is there at all");
    }
    use InvoiceStatus::{Draft, Paid, Partial};
    let two = InvoiceFilter { statuses: vec![Paid, Partial], ..all() };
    let expected_two = expected(&rows, |row| matches!(row.status(), Paid | Partial));
    assert_eq!(found(reader, two).await, expected_two);
    let overdue = InvoiceFilter { overdue: true, ..all() };
    let late = expected(&rows, |row| row.is_overdue(TODAY));
    assert!(late.len() >= 2);
    assert_eq!(found(reader, overdue.clone()).await, late);
    let either = InvoiceFilter { statuses: vec![Draft], ..overdue };
    let expected_either = expected(&rows, |row| row.is_overdue(TODAY) || row.status() == Draft);
    assert_eq!(found(reader, either).await, expected_either);
    let open = InvoiceFilter { open_only: true, ..all() };
    assert_eq!(found(reader, open).await, expected(&rows, |row| !row.due().is_zero()));
}

#[tokio::test]
async fn every_order_is_walked_once() {
    let (fixture, rows) = filled().await;
    let live: Vec<Invoice> = rows.into_iter().filter(|row| !row.deleted).collect();
    type Value = fn(&Invoice) -> String;
    let orders: [(InvoiceSort, Value); 6] = [
        (InvoiceSort::Created, |row| format!("{:020}", row.created_at.micros())),
        (InvoiceSort::IssueDay, |row| format!("{:09}", row.issue_day.days())),
        (InvoiceSort::DueDay, |row| format!("{:09}", row.due_day.days())),
        (InvoiceSort::Total, |row| format!("{:09}", row.totals.total.minor())),
        (InvoiceSort::Due, |row| format!("{:09}", row.due().minor())),
        (InvoiceSort::Number, |row| row.number.clone()),
    ];
    for (by, value) in orders {
        let mut sorted = live.clone();
        sorted.sort_by_key(|row| (value(row), row.id));
        let ids: Vec<_> = sorted.iter().map(|row| row.id).collect();
        let order = |direction| InvoiceFilter { order: Order { by, direction }, ..all() };
        let upwards = found(fixture.reader(), order(Direction::Ascending)).await;
        assert_eq!(upwards, ids, "{by:?}");
        let mut downwards = found(fixture.reader(), order(Direction::Descending)).await;
        downwards.reverse();
        assert_eq!(downwards, ids, "{by:?}");
    }
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    let of = |n: u8| expected(&rows, |row| row.client == id(n));
    let by_id = InvoiceFilter { client: Some(Ref::Id(id(11))), ..all() };
    assert_eq!(found(reader, by_id).await, of(11));
    let number = Some(Ref::Number(client(10).number));
    let by_number = InvoiceFilter { client: number, ..all() };
    assert_eq!(found(reader, by_number).await, of(10));
    let nobody = InvoiceFilter { client: Some(Ref::Number("CLT-2026-9999".into())), ..all() };
    assert_eq!(found(reader, nobody).await, []);

    let own = InvoiceFilter { own: Some(id(200)), ..all() };
    let sent_to_10 = expected(&rows, |row| row.client == id(10) && row.issued.is_some());
    assert!(sent_to_10.len() < of(10).len(), "a draft is nothing for the client's eyes");
    assert_eq!(found(reader, own.clone()).await, sent_to_10);
    let others = InvoiceFilter { client: Some(Ref::Id(id(11))), ..own };
    assert_eq!(found(reader, others).await, []);

    let of_case = InvoiceFilter { case: Some(Ref::Number("45/12".into())), ..all() };
    assert_eq!(found(reader, of_case).await, [rows[3].id]);
    let (from, to) = (Some(DAY.plus_days(1)), Some(DAY.plus_days(2)));
    for days in [Days { from, to }, Days { from, to: None }, Days { from: None, to }] {
        let filter = InvoiceFilter { issued: days, ..all() };
        let is_among = |row: &Invoice| {
            from.filter(|_| days.from.is_some()).is_none_or(|from| row.issue_day >= from)
                && to.filter(|_| days.to.is_some()).is_none_or(|to| row.issue_day <= to)
        };
        assert_eq!(found(reader, filter).await, expected(&rows, is_among), "{days:?}");
    }
    let search = async |words: &str| {
        found(reader, InvoiceFilter { search: Some(words.into()), ..all() }).await
    };
    assert_eq!(search("احمد الابراهيم").await, of(11));
    assert_eq!(search("inv-202601-0034").await, [rows[4].id]);
    assert_eq!(search("٢٠٢٦٠١-٠٠٣٤").await, [rows[4].id]);
    for nothing in ["%", "_", "\\", "nobody"] {
        assert_eq!(search(nothing).await, [], "{nothing}");
    }
    let open = InvoiceFilter {
        client: Some(Ref::Id(id(10))),
        open_only: true,
        order: Order { by: InvoiceSort::DueDay, direction: Direction::Ascending },
        ..all()
    };
    let mut due: Vec<&Invoice> =
        rows.iter().filter(|row| row.client == id(10) && !row.due().is_zero()).collect();
    due.sort_by_key(|row| (row.due_day, row.id));
    assert_eq!(found(reader, open).await, due.iter().map(|row| row.id).collect::<Vec<_>>());
}

#[tokio::test]
async fn sums_are_those_of_the_rows() {
    let (fixture, rows) = filled().await;
    let of_10 = InvoiceFilter {
        client: Some(Ref::Id(id(10))),
        order: Order { by: InvoiceSort::Total, direction: Direction::Ascending },
        ..all()
    };
    for (filter, of) in [(all(), None), (of_10, Some(id(10)))] {
        let mut expected: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.deleted && of.is_none_or(|of| row.client == of)) {
            let sum = expected.entry(row.status().name()).or_default();
            *sum = (sum.0 + 1, sum.1 + row.totals.total.minor());
        }
        let sums = fixture.reader().invoice_sums(FIRM, filter).await.unwrap();
        let sums = sums.iter().map(|sum| (sum.status.name(), (sum.count, sum.total.minor())));
        assert_eq!(sums.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
    }
    let stats = fixture.reader().invoice_stats(FIRM, TODAY).await.unwrap();
    assert_eq!(stats.sums.len(), 9);
    // 700 + 800 + 800 + 700 + 600; of which 33 is due on day 45, 34 on 50, 35 on 30, 36 on 35, 42 on 40.
    assert_eq!(stats.open, [(5, sar(3_600))]);
    assert_eq!(stats.overdue, [(2, sar(1_500))]);
}

#[tokio::test]
async fn an_invoice_is_shown_with_whose_it_is_unless_it_is_deleted() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    let shown = reader.invoice(FIRM, &Ref::Number(rows[3].number.clone())).await.unwrap().unwrap();
    assert_eq!((&shown.invoice, shown.client.id), (&rows[3], id(11)));
    assert_eq!(shown.case.map(|case| case.id), Some(id(12)));
    let cancelled = &rows[11];
    assert_eq!(reader.invoice(FIRM, &Ref::Id(cancelled.id)).await.unwrap(), None);
    assert_eq!(reader.invoice(FIRM, &Ref::Number(cancelled.number.clone())).await.unwrap(), None);
    assert_eq!(reader.invoice(id(2), &Ref::Id(rows[3].id)).await.unwrap(), None);
    assert_eq!(reader.applications(FIRM, &Ref::Id(cancelled.id), ALL).await.unwrap(), None);
}

#[tokio::test]
async fn an_invoices_journal_names_where_the_money_came_from() {
    let mut batch = empty_batch();
    let client = client(10);
    let retainer: Retainer = retainer(20, &client);
    let invoice = Invoice { applications: 5, ..invoice(30, &client) };
    let payment: Payment = payment(35, &client, &retainer);
    let sources = [
        Source::Payment(payment.id),
        Source::Retainer(retainer.id),
        Source::Payment(payment.id),
        Source::Payment(payment.id),
        Source::Retainer(retainer.id),
    ];
    let lines: Vec<Application> =
        sources.into_iter().zip(1..).map(|(source, n)| application(&invoice, n, source)).collect();
    batch.applications.clone_from(&lines);
    batch.clients.push(new(client));
    batch.retainers.push(new(retainer.clone()));
    batch.invoices.push(new(invoice.clone()));
    batch.payments.push(new(payment.clone()));
    let fixture = Both::with(batch).await;
    let by = Ref::Number(invoice.number.clone());
    let walked = walked(async |part| {
        let found = fixture.reader().applications(FIRM, &by, part).await.unwrap().unwrap();
        assert_eq!(found.invoice, invoice);
        found.lines
    });
    let mut walked = walked.await;
    walked.reverse();
    for (view, line) in walked.iter().zip(&lines) {
        assert_eq!(&view.application, line);
        let is_payment = matches!(line.source, Source::Payment(_));
        assert_eq!(view.payment, is_payment.then(|| payment.clone()));
        assert_eq!(view.retainer, (!is_payment).then(|| retainer.clone()));
    }
    assert_eq!(walked.len(), 5);
}

#[tokio::test]
async fn credit_notes_are_listed_with_their_invoices() {
    let (first, second) = (client(10), client(11));
    let mut invoices = [invoice(30, &first), invoice(31, &second)];
    invoices[0].case = Some(id(12));
    let mut batch = empty_batch();
    batch.cases.push(new(case(12, &first)));
    for n in 0..5 {
        let mut note = credit_note(40 + n, &invoices[usize::from(n % 2)]);
        note.created_at = at(i64::from(n / 2));
        batch.credit_notes.push(new(note));
    }
    let unlinked = domain::rows::Client { user: None, ..second };
    batch.clients.extend([new(first), new(unlinked)]);
    batch.invoices.extend(invoices.clone().map(new));
    let fixture = Both::with(batch).await;
    let found = async |filter: CreditNoteFilter| {
        let reader = fixture.reader();
        let rows =
            walked(async |part| reader.credit_notes(FIRM, filter.clone(), part).await.unwrap());
        rows.await.iter().map(|view| view.note.id.bytes()[0]).collect::<Vec<_>>()
    };
    let all = CreditNoteFilter::default;
    assert_eq!(found(all()).await, [44, 43, 42, 41, 40]);
    let client = Some(Ref::Id(id(11)));
    assert_eq!(found(CreditNoteFilter { client, ..all() }).await, [43, 41]);
    assert_eq!(found(CreditNoteFilter { own: Some(id(200)), ..all() }).await, [44, 42, 40]);
    let invoice = Some(Ref::Number(invoices[1].number.clone()));
    assert_eq!(found(CreditNoteFilter { invoice, ..all() }).await, [43, 41]);

    let by = Ref::Number("CN-202601-0040".into());
    let view = fixture.reader().credit_note(FIRM, &by).await.unwrap().unwrap();
    assert_eq!((view.invoice, view.client.id), (invoices[0].clone(), id(10)));
    assert_eq!(view.case.map(|case| case.id), Some(id(12)));
}
