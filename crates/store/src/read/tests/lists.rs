//! Filters and pages.

use std::sync::Arc;

use domain::{
    Day, Ref,
    rows::{Retainer, RetainerStatus, RetainerType},
};

use super::both::Both;
use crate::{
    ClientFilter, Listed, Page, PaymentFilter, ReadError, RetainerFilter,
    fixture::{FIRM, empty_batch, new},
    samples::{at, client, id, movement, payment, retainer, sar},
};

const TODAY: Day = Day::from_days(20_500);

fn all() -> RetainerFilter {
    let (own, kind, client, case) = (None, None, None, None);
    RetainerFilter { today: TODAY, own, statuses: vec![], kind, client, case, low_only: false }
}

/// Seven retainers of two clients, some made in the same microsecond, in every status.
async fn filled() -> (Both, Vec<Retainer>) {
    let mut clients = [client(10), client(11)];
    clients[1].user = None;
    clients[1].profile.full_name = "Plain 100".into();
    let mut batch = empty_batch();
    batch.clients.extend(clients.iter().cloned().map(new));
    let mut retainers: Vec<Retainer> =
        (0..7).map(|n| retainer(20 + n, &clients[usize::from(n % 2)])).collect();
    for (n, row) in retainers.iter_mut().enumerate() {
        row.created_at = at(i64::try_from(n / 3).unwrap());
        row.replenish_request = None;
        if n % 3 == 1 {
            (row.balance, row.consumptions) = (sar(0), sar(90));
        }
    }
    retainers[0].terms.end = Some(Day::from_days(20_499));
    retainers[1].refunded = true;
    retainers[1].terms.end = Some(Day::from_days(20_499));
    retainers[2].terms.end = Some(TODAY);
    retainers[3].terms.end = None;
    (retainers[3].balance, retainers[3].consumptions) = (sar(5), sar(85));
    retainers[6].terms.kind = RetainerType::Security;
    batch.retainers.extend(retainers.iter().cloned().map(new));
    batch.payments.extend((0..3).map(|n| new(payment(30 + n, &clients[0], &retainers[0]))));
    batch.movements.extend((1..=5).map(|n| Arc::new(movement(&retainers[2], n))));
    retainers[2].movements = 5;
    let position =
        batch.retainers.iter().position(|write| write.row.id == retainers[2].id).unwrap();
    batch.retainers[position] = new(retainers[2].clone());
    let mut fixture = Both::new();
    fixture.commit(batch).await.unwrap();
    (fixture, retainers)
}

#[tokio::test]
async fn a_list_read_by_cursor_shows_every_row_once() {
    let (fixture, mut expected) = filled().await;
    expected.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    for limit in 1..=8 {
        let mut cursor = String::new();
        let mut seen = Vec::new();
        loop {
            let page = Page::After { cursor, limit };
            let Listed { rows, total, next } =
                fixture.reader().retainers(FIRM, all(), page).await.unwrap();
            assert_eq!(total, 7);
            seen.extend(rows.into_iter().map(|view| view.retainer));
            match next {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(seen, expected, "{limit} a page");

        let mut numbered = Vec::new();
        for page in 1..=7 {
            let page = Page::Number { page, limit };
            numbered.extend(fixture.reader().retainers(FIRM, all(), page).await.unwrap().rows);
        }
        assert_eq!(numbered.into_iter().map(|view| view.retainer).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_journal_is_paged_by_place() {
    let (fixture, retainers) = filled().await;
    let by = Ref::Number(retainers[2].number.clone());
    let places = async |page| {
        let history = fixture.reader().history(FIRM, &by, page).await.unwrap().unwrap();
        assert_eq!(history.movements.total, 5);
        (
            history.movements.rows.iter().map(|movement| movement.n).collect::<Vec<_>>(),
            history.movements.next,
        )
    };
    let (first, next) = places(Page::After { cursor: String::new(), limit: 2 }).await;
    assert_eq!(first, [5, 4]);
    let (second, next) = places(Page::After { cursor: next.unwrap(), limit: 2 }).await;
    assert_eq!(second, [3, 2]);
    assert_eq!(places(Page::After { cursor: next.unwrap(), limit: 2 }).await, (vec![1], None));
    assert_eq!(places(Page::Number { page: 2, limit: 3 }).await, (vec![2, 1], None));
    assert_eq!(places(Page::Number { page: 9, limit: 3 }).await, (vec![], None));
    let nobody = Page::Number { page: 1, limit: 1 };
    assert_eq!(fixture.reader().history(FIRM, &Ref::Id(id(99)), nobody).await.unwrap(), None);
}

#[tokio::test]
async fn a_cursor_of_somebody_elses_making_is_refused() {
    let (fixture, retainers) = filled().await;
    for cursor in ["x", "1-2", "--", "1-64f1a2b3c4d5e6f708192a3", "é-64f1a2b3c4d5e6f708192a3b"] {
        let page = || Page::After { cursor: cursor.into(), limit: 1 };
        let list = fixture.reader().retainers(FIRM, all(), page()).await;
        assert!(matches!(list, Err(ReadError::BadCursor)), "{cursor}");
        let history = fixture.reader().history(FIRM, &Ref::Id(retainers[0].id), page()).await;
        assert!(matches!(history, Err(ReadError::BadCursor)), "{cursor}");
    }
}

#[tokio::test]
async fn a_status_in_sql_is_the_domains() {
    use RetainerStatus::{Active, Depleted, Expired, Refunded};
    let (fixture, retainers) = filled().await;
    let page = || Page::Number { page: 1, limit: 100 };
    for statuses in
        [vec![Active], vec![Depleted], vec![Refunded], vec![Expired], vec![Active, Expired]]
    {
        let filter = RetainerFilter { statuses: statuses.clone(), ..all() };
        let listed = fixture.reader().retainers(FIRM, filter.clone(), page()).await.unwrap();
        let expected = retainers.iter().filter(|row| statuses.contains(&row.status(TODAY))).count();
        assert!(expected > 0, "{statuses:?} is there at all");
        assert_eq!(listed.rows.len(), expected, "{statuses:?}");
        assert!(listed.rows.iter().all(|view| statuses.contains(&view.retainer.status(TODAY))));
        let sums = fixture.reader().retainer_sums(FIRM, filter).await.unwrap();
        assert_eq!(sums.iter().map(|sum| sum.count).sum::<u64>(), listed.total);
    }
    let sums = fixture.reader().retainer_sums(FIRM, all()).await.unwrap();
    for sum in sums {
        let rows = retainers.iter().filter(|row| row.status(TODAY) == sum.status);
        assert_eq!(sum.current, sar(rows.map(|row| row.balance.minor()).sum()), "{:?}", sum.status);
    }
    let low = RetainerFilter { low_only: true, ..all() };
    let low = fixture.reader().retainers(FIRM, low, page()).await.unwrap();
    assert_eq!(low.rows.iter().map(|view| view.retainer.id).collect::<Vec<_>>(), [retainers[3].id]);
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let (fixture, retainers) = filled().await;
    let (reader, page) = (fixture.reader(), || Page::Number { page: 1, limit: 100 });
    let count = async |filter| reader.retainers(FIRM, filter, page()).await.unwrap().rows.len();
    assert_eq!(count(RetainerFilter { own: Some(id(200)), ..all() }).await, 4);
    assert_eq!(count(RetainerFilter { own: Some(id(99)), ..all() }).await, 0);
    assert_eq!(count(RetainerFilter { client: Some(Ref::Id(id(11))), ..all() }).await, 3);
    let (own, number) = (Some(id(200)), Ref::Number(client(11).number));
    assert_eq!(count(RetainerFilter { client: Some(number.clone()), ..all() }).await, 3);
    assert_eq!(count(RetainerFilter { own, client: Some(number), ..all() }).await, 0);
    assert_eq!(count(RetainerFilter { kind: Some(RetainerType::Security), ..all() }).await, 1);

    let found = async |search: &str| {
        let filter = ClientFilter { own: None, search: Some(search.into()) };
        reader.clients(FIRM, filter, page()).await.unwrap().rows.len()
    };
    for (search, expected) in
        [("شركة", 1), ("plain", 1), ("CLT-2026", 2), ("%", 0), ("_", 0), ("\\", 0)]
    {
        assert_eq!(found(search).await, expected, "{search}");
    }
    let own = PaymentFilter {
        own: Some(id(200)),
        client: Some(Ref::Id(id(10))),
        ..PaymentFilter::default()
    };
    let payments = reader.payments(FIRM, own, page()).await.unwrap();
    assert_eq!((payments.rows.len(), payments.total, payments.next), (3, 3, None));
    assert_eq!(payments.rows[0].client, Some(client(10)));
    let by = Ref::Number(retainers[4].number.clone());
    assert_eq!(reader.retainer(FIRM, &by).await.unwrap().unwrap().client.id, retainers[4].client);
    assert_eq!(reader.retainer(id(2), &by).await.unwrap(), None);
    assert_eq!(reader.lacking().await.unwrap(), Vec::<String>::new());
    assert_eq!(reader.firm(FIRM).await.unwrap().map(|firm| firm.id), Some(FIRM));
}
