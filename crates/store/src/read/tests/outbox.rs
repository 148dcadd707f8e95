//! What jobs and listeners look for.

use domain::{
    Day, Ref,
    rows::{Alert, Delivery, DeliveryStage, Retainer},
};

use super::both::Both;
use crate::{
    DeliveryFilter, DueDelivery, EndingRetainer, OutboxCount, Page,
    fixture::{FIRM, empty_batch, full_batch, new, next_batch},
    samples::{DAY, alert, at, audit, client, delivery, id, retainer, webhook},
};

const PART: Page = Page::Number { page: 1, limit: 10 };

#[tokio::test]
async fn deliveries_are_found_when_their_time_has_come_longest_first() {
    let (alert, hook) = (alert(54), webhook(56));
    let of =
        |n: u8, stage, next| Delivery { stage, next_at: at(next), ..delivery(n, &hook, &alert) };
    let pending = DeliveryStage::Pending;
    let test = Delivery { alert: None, ..of(60, pending, 90) };
    let all = [
        of(58, pending, 100),
        test.clone(),
        of(61, pending, 101),
        of(62, DeliveryStage::Dead, 1),
        of(63, DeliveryStage::Delivered, 1),
    ];
    let mut batch = empty_batch();
    batch.alerts.push(new(alert.clone()));
    batch.webhooks.push(new(hook.clone()));
    batch.deliveries.extend(all.clone().map(new));
    let both = Both::with(batch).await;
    let reader = both.reader();
    let due = |delivery: Delivery, alert: Option<Alert>| DueDelivery {
        firm: FIRM,
        delivery,
        webhook: hook.clone(),
        alert,
    };
    let expected = [due(test, None), due(all[0].clone(), Some(alert.clone()))];
    assert_eq!(reader.due_deliveries(at(100)).await.unwrap(), expected);
    assert_eq!(reader.due_deliveries(at(89)).await.unwrap(), []);
    let count = OutboxCount { pending: 3, dead: 1 };
    assert_eq!(reader.outbox_count().await.unwrap(), count);
    for (stage, webhook, total) in [
        (None, None, 5),
        (Some(DeliveryStage::Dead), None, 1),
        (None, Some(hook.id), 5),
        (None, Some(id(99)), 0),
    ] {
        let filter = DeliveryFilter { stage, webhook };
        assert_eq!(reader.deliveries(FIRM, filter, PART).await.unwrap().total, total);
    }
    assert_eq!(reader.webhook(FIRM, &Ref::Id(hook.id)).await.unwrap(), Some(hook.clone()));
    assert_eq!(reader.webhook(id(99), &Ref::Id(hook.id)).await.unwrap(), None);
    assert_eq!(reader.webhooks(FIRM, PART).await.unwrap().rows, [hook]);
}

#[tokio::test]
async fn retainers_that_end_soon_are_found_until_somebody_was_told() {
    let client = client(10);
    let of = |n: u8, end: Option<i32>, told: bool| {
        let mut retainer =
            Retainer { expiry_alerted: told, replenish_request: None, ..retainer(n, &client) };
        retainer.terms.end = end.map(|days| DAY.plus_days(days));
        retainer
    };
    let mut batch = empty_batch();
    batch
        .retainers
        .extend([of(20, Some(31), false), of(21, Some(0), false), of(22, Some(5), true)].map(new));
    batch
        .retainers
        .extend([of(23, None, false), of(24, Some(32), false), of(25, Some(-1), false)].map(new));
    batch.clients.push(new(client));
    let both = Both::with(batch).await;
    let found = both.reader().ending_retainers(DAY).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|EndingRetainer { retainer, .. }| retainer).collect();
    assert_eq!(found, [id(21), id(20)]);
    let far = Day::from_days(40_000);
    assert_eq!(both.reader().ending_retainers(far).await.unwrap(), []);
}

#[tokio::test]
async fn events_are_what_was_accepted_with_the_alerts_it_raised() {
    let first = full_batch();
    let mut both = Both::with(first.clone()).await;
    both.commit(next_batch(&first)).await.unwrap();
    let reader = both.reader();
    let from_start = reader.events(FIRM, Some(0)).await.unwrap();
    assert_eq!(from_start.through, 2);
    let seen: Vec<_> = from_start
        .events
        .iter()
        .map(|event| (event.record.n, event.alerts.iter().map(|alert| alert.id).collect()))
        .collect();
    let accepted = |n: i64| audit(n).seq.is_some();
    let alerts_of = |n: i64| if audit(n).seq == Some(1) { vec![id(54)] } else { Vec::new() };
    let expected: Vec<_> = (1..=2).filter(|n| accepted(*n)).map(|n| (n, alerts_of(n))).collect();
    assert_eq!(seen, expected);
    let now = reader.events(FIRM, None).await.unwrap();
    assert_eq!((now.events.len(), now.through), (0, 2));
    assert_eq!(reader.events(FIRM, Some(7)).await.unwrap().through, 7);
    assert_eq!(reader.events(id(99), None).await.unwrap().through, 0);
}

#[tokio::test]
async fn either_database_tells_how_it_is() {
    let both = Both::with(full_batch()).await;
    let (file, server) = (both.reader().sqlite.vitals(), both.reader().postgres.vitals());
    let (file, server) = (file.await.unwrap(), server.await.unwrap());
    assert!(file.free_bytes.is_some_and(|free| free > 0));
    assert_eq!(server.free_bytes, None);
    assert!(!server.standbys.are_required && server.standbys.streaming == 0);
    assert_eq!((file.outbox, server.outbox.pending), (server.outbox, 1));
}
