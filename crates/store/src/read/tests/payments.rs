//! Lists and sums of payments, and refunds.

use std::collections::BTreeMap;

use domain::{
    Id, Ref,
    rows::{
        Arrival, Check, CheckState, Claim, Payment, PaymentMethod, PaymentStage, PaymentStatus,
        PaymentType, Source, Target,
    },
};

use super::{
    both::{Both, Twin},
    walk::walked,
};
use crate::{
    Days, Direction, Order, PaymentFilter, PaymentSort,
    fixture::{FIRM, empty_batch, new},
    samples::{DAY, application, at, case, client, id, invoice, payment, refund, retainer, sar},
};

/// A payment of `amount`, of which so much went to invoice 30 and was returned.
fn one(n: u8, stage: PaymentStage, amount: i64, (applied, refunded): (i64, i64)) -> Payment {
    let of = client(10 + n % 2);
    let is_money = stage == PaymentStage::Completed;
    let claim = Claim { target: Target::Invoice(id(30)), amount: sar(applied) };
    Payment {
        stage,
        amount: sar(amount),
        unapplied: sar(if is_money { amount - applied - refunded } else { 0 }),
        refunded: sar(refunded),
        claims: if applied == 0 { vec![] } else { vec![claim] },
        wanted: vec![],
        retainer: None,
        kind: PaymentType::CustomerPayment,
        method: PaymentMethod::Cash,
        check: None,
        day: DAY.plus_days(i32::from(n % 3)),
        arrived: is_money.then_some(Arrival { seq: 1, at: at(0) }),
        reconciled_at: None,
        created_at: at(i64::from(n / 3)),
        ..payment(n, &of, &retainer(20, &of))
    }
}

fn rows() -> Vec<Payment> {
    use PaymentStage::{Cancelled, Completed, Failed, Pending};
    let mut rows = vec![
        one(50, Pending, 500, (0, 0)),
        one(51, Completed, 600, (250, 0)),
        one(52, Failed, 500, (0, 0)),
        one(53, Completed, 700, (0, 300)),
        one(54, Completed, 800, (0, 800)),
        one(55, Cancelled, 900, (0, 0)),
        one(56, Completed, 900, (0, 0)),
        one(57, Pending, 650, (0, 0)),
        one(58, Pending, 400, (0, 0)),
        one(59, Completed, 150, (150, 0)),
    ];
    rows[4].reconciled_at = Some(at(3));
    rows[6].invoice = Some(id(30));
    rows[6].case = Some(id(12));
    (rows[6].client, rows[6].kind) = (None, PaymentType::Transfer);
    rows[6].unapplied = sar(0);
    let check = |state| Some(Check { state, number: None, bank: None, day: None });
    (rows[0].method, rows[0].check) = (PaymentMethod::Check, check(CheckState::Received));
    (rows[2].method, rows[2].check) = (PaymentMethod::Check, check(CheckState::Bounced));
    (rows[5].method, rows[5].check) = (PaymentMethod::Check, check(CheckState::Received));
    rows[8].deleted = true;
    rows
}

async fn filled() -> (Both, Vec<Payment>) {
    let mut batch = empty_batch();
    let clients = [client(10), domain::rows::Client { user: None, ..client(11) }];
    batch.cases.push(new(case(12, &clients[0])));
    let invoice = invoice(30, &clients[0]);
    // The last was set against the invoice, and has been taken off it since.
    for (n, payment) in [(1, 51), (2, 59), (3, 57)] {
        batch.applications.push(application(&invoice, n, Source::Payment(id(payment))));
    }
    batch.invoices.push(new(invoice));
    batch.clients.extend(clients.map(new));
    let rows = rows();
    batch.payments.extend(rows.iter().cloned().map(new));
    (Both::with(batch).await, rows)
}

fn all() -> PaymentFilter {
    PaymentFilter::default()
}

async fn found(reader: &Twin, filter: PaymentFilter) -> Vec<Id<Payment>> {
    let rows = walked(async |part| reader.payments(FIRM, filter.clone(), part).await.unwrap());
    rows.await.iter().map(|view| view.payment.id).collect()
}

fn expected(rows: &[Payment], is_among: impl Fn(&Payment) -> bool) -> Vec<Id<Payment>> {
    let mut rows: Vec<&Payment> = rows.iter().filter(|row| !row.deleted && is_among(row)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn every_status_is_found_as_the_domain_sees_it() {
    let (fixture, rows) = filled().await;
    for status in PaymentStatus::ALL {
        let filter = PaymentFilter { statuses: vec![*status], ..all() };
        let expected = expected(&rows, |row| row.status() == *status);
        assert!(!expected.is_empty(), "{status:?} is there at all");
        assert_eq!(found(fixture.reader(), filter).await, expected, "{status:?}");
    }
}

#[tokio::test]
async fn every_order_is_walked_once() {
    let (fixture, rows) = filled().await;
    let live: Vec<Payment> = rows.into_iter().filter(|row| !row.deleted).collect();
    type Value = fn(&Payment) -> String;
    let orders: [(PaymentSort, Value); 4] = [
        (PaymentSort::Created, |row| format!("{:020}", row.created_at.micros())),
        (PaymentSort::Day, |row| format!("{:09}", row.day.days())),
        (PaymentSort::Amount, |row| format!("{:09}", row.amount.minor())),
        (PaymentSort::Number, |row| row.number.clone()),
    ];
    for (by, value) in orders {
        let mut sorted = live.clone();
        sorted.sort_by_key(|row| (value(row), row.id));
        let mut ids: Vec<_> = sorted.iter().map(|row| row.id).collect();
        let order = |direction| PaymentFilter { order: Order { by, direction }, ..all() };
        assert_eq!(found(fixture.reader(), order(Direction::Ascending)).await, ids, "{by:?}");
        ids.reverse();
        assert_eq!(found(fixture.reader(), order(Direction::Descending)).await, ids, "{by:?}");
    }
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    type Among = fn(&Payment) -> bool;
    let days = Days { from: Some(DAY.plus_days(1)), to: Some(DAY.plus_days(1)) };
    let cases: [(PaymentFilter, Among); 10] = [
        (all(), |_| true),
        (PaymentFilter { method: Some(PaymentMethod::Check), ..all() }, |row| row.check.is_some()),
        (PaymentFilter { kind: Some(PaymentType::Transfer), ..all() }, |row| row.client.is_none()),
        (PaymentFilter { client: Some(Ref::Id(id(11))), ..all() }, |row| {
            row.client == Some(id(11))
        }),
        (PaymentFilter { own: Some(id(200)), ..all() }, |row| row.client == Some(id(10))),
        (PaymentFilter { case: Some(Ref::Number("45/12".into())), ..all() }, |row| {
            row.case.is_some()
        }),
        (PaymentFilter { days, ..all() }, |row| row.day == DAY.plus_days(1)),
        (PaymentFilter { is_reconciled: Some(true), ..all() }, |row| row.reconciled_at.is_some()),
        (PaymentFilter { is_reconciled: Some(false), ..all() }, |row| {
            row.stage == PaymentStage::Completed && row.reconciled_at.is_none()
        }),
        (PaymentFilter { pending_checks: true, ..all() }, |row| row.id == id(50)),
    ];
    for (filter, is_among) in cases {
        let expected = expected(&rows, is_among);
        assert!(!expected.is_empty(), "{filter:?}");
        assert_eq!(found(reader, filter.clone()).await, expected, "{filter:?}");
    }
    // Named by 56; set against by 51 and 59; 57 was.
    let is_of_30 = |row: &Payment| [51, 56, 57, 59].map(id).contains(&row.id);
    for by in [Ref::Id(id(30)), Ref::Number("INV-202601-0030".into())] {
        let filter = PaymentFilter { invoice: Some(by), ..all() };
        assert_eq!(found(reader, filter).await, expected(&rows, is_of_30));
    }
}

#[tokio::test]
async fn sums_are_those_of_the_rows() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    let of_11 = PaymentFilter { client: Some(Ref::Id(id(11))), ..all() };
    for (filter, of) in [(all(), None), (of_11, Some(id(11)))] {
        let mut expected: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
        let among = |row: &&Payment| !row.deleted && (of.is_none() || row.client == of);
        for row in rows.iter().filter(among) {
            let sum = expected.entry(row.status().name()).or_default();
            *sum = (sum.0 + 1, sum.1 + row.amount.minor());
        }
        let sums = reader.payment_sums(FIRM, filter).await.unwrap();
        let sums = sums.iter().map(|sum| (sum.status.name(), (sum.count, sum.total.minor())));
        assert_eq!(sums.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn stats_are_as_worked_out_by_hand() {
    let (mut fixture, rows) = filled().await;
    let mut batch = crate::fixture::batch_after(&empty_batch());
    for n in [70, 71] {
        let of = &rows[3];
        batch.refunds.push(new(refund(n, of)));
    }
    fixture.commit(batch).await.unwrap();
    let recent = Days { from: Some(DAY.plus_days(2)), to: None };
    let stats = fixture.reader().payment_stats(FIRM, recent).await.unwrap();
    let [stats] = stats.as_slice() else { panic!("one currency: {stats:?}") };
    // 600 + 700 + 800 + 900 + 150
    assert_eq!(stats.completed, (5, sar(3_150)));
    assert_eq!(stats.pending, (2, sar(1_150)));
    assert_eq!(stats.failed, (1, sar(500)));
    assert_eq!(stats.refunded, (2, sar(40)));
    // 53, 56 and 59 on day 2, as 50 is pending.
    assert_eq!(stats.recent, (3, sar(1_750)));
    // 600 − 250 and 700 − 300
    assert_eq!(stats.unapplied, sar(750));
}

#[tokio::test]
async fn a_payment_is_shown_with_what_it_names_unless_it_is_deleted() {
    let (fixture, rows) = filled().await;
    let reader = fixture.reader();
    let view = reader.payment(FIRM, &Ref::Number(rows[6].number.clone())).await.unwrap().unwrap();
    assert_eq!((&view.payment, view.client), (&rows[6], None));
    assert_eq!(view.invoice.map(|row| row.id), Some(id(30)));
    assert_eq!(view.case.map(|row| row.id), Some(id(12)));
    assert_eq!(reader.payment(FIRM, &Ref::Id(rows[8].id)).await.unwrap(), None);
    assert_eq!(reader.payment(id(2), &Ref::Id(rows[6].id)).await.unwrap(), None);
}

#[tokio::test]
async fn refunds_are_found_by_their_payment() {
    let (mut fixture, rows) = filled().await;
    let mut batch = crate::fixture::batch_after(&empty_batch());
    let refunds: Vec<_> = [72, 71, 73].map(|n| refund(n, &rows[3])).into();
    batch.refunds.extend(refunds.iter().cloned().map(new));
    fixture.commit(batch).await.unwrap();
    let reader = fixture.reader();
    let found = reader.refunds_of(FIRM, rows[3].id).await.unwrap();
    let ids = found.iter().map(|refund| refund.id).collect::<Vec<_>>();
    assert_eq!(ids, [71, 72, 73].map(id));
    assert_eq!(reader.refunds_of(FIRM, rows[4].id).await.unwrap(), []);
    let view = reader.refund(FIRM, &Ref::Id(id(71))).await.unwrap().unwrap();
    assert_eq!((view.payment, view.client.id), (rows[3].clone(), id(11)));
}
