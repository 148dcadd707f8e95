//! Clients, what they owe and have paid, and their cases.

use domain::{
    Currency, Money, Ref,
    rows::{CaseStatus, Client, ClientType, Invoice, InvoiceStage, Payment, Retainer, Totals},
};

use super::{both::Both, walk::walked};
use crate::{
    CaseFilter, ClientFilter, ClientSum, Page,
    fixture::{FIRM, empty_batch, new},
    samples::{at, case, client, id, invoice, payment, retainer, sar},
};

/// Three clients: 10 with everything, 11 with nothing, 12 archived with a paid invoice.
async fn filled() -> Both {
    let clients = [
        client(10),
        Client { kind: ClientType::Individual, user: None, created_at: at(50), ..client(11) },
        Client { user: None, deleted: true, ..client(12) },
    ];
    let mut batch = empty_batch();
    // Each is of 1035: 60 and 30 paid, 10 credited, 935 due.
    let of = |n: u8, client: usize| invoice(n, &clients[client]);
    let usd = |minor| Money::from_minor(minor, Currency::USD);
    let draft = Invoice {
        stage: InvoiceStage::Draft,
        issued: None,
        paid: sar(0),
        retainer_applied: sar(0),
        credited: sar(0),
        vat_credited: sar(0),
        ..of(32, 0)
    };
    let void = Invoice {
        stage: InvoiceStage::Void,
        paid: sar(0),
        retainer_applied: sar(0),
        credited: sar(0),
        vat_credited: sar(0),
        ..of(33, 0)
    };
    let nothing: [domain::rows::Line; 0] = [];
    let foreign = Invoice {
        totals: Totals {
            subtotal: usd(70),
            discount: usd(0),
            taxable: usd(0),
            vat: usd(0),
            total: usd(70),
        },
        lines: nothing.into(),
        discount: None,
        paid: usd(70),
        retainer_applied: usd(0),
        credited: usd(0),
        vat_credited: usd(0),
        written_off: usd(0),
        ..of(34, 0)
    };
    let paid =
        Invoice { paid: sar(1_000), retainer_applied: sar(35), credited: sar(0), ..of(35, 2) };
    let paid = Invoice { vat_credited: sar(0), ..paid };
    batch.invoices.extend([of(30, 0), of(31, 0), draft, void, foreign, paid].map(new));
    let trust: Vec<Retainer> = [20, 21].map(|n| retainer(n, &clients[0])).into();
    let credit: Payment = payment(40, &clients[0], &trust[0]);
    batch.retainers.extend(trust.into_iter().map(new));
    batch.payments.push(new(credit));
    for n in 60..64 {
        let mut case = case(n, &clients[usize::from(n % 2)]);
        case.status = if n == 60 { CaseStatus::Closed } else { CaseStatus::Active };
        case.deleted = n == 62;
        case.title = format!("Case {n}");
        batch.cases.push(new(case));
    }
    batch.clients.extend(clients.map(new));
    Both::with(batch).await
}

#[tokio::test]
async fn an_account_is_what_the_documents_add_up_to() {
    let fixture = filled().await;
    let account = fixture.reader().client_account(FIRM, &Ref::Id(id(10))).await.unwrap().unwrap();
    let in_sar = ClientSum {
        invoices: 2,
        invoiced: sar(2_070),
        paid: sar(180),
        outstanding: sar(1_870),
        credit: sar(10),
        trust: sar(120),
    };
    let usd = |minor| Money::from_minor(minor, Currency::USD);
    let in_usd = ClientSum {
        invoices: 1,
        invoiced: usd(70),
        paid: usd(70),
        ..ClientSum::zero(Currency::USD)
    };
    assert_eq!(account.sums, [in_sar, in_usd]);
    let part = || Page::Number { page: 1, limit: 10 };
    let all =
        fixture.reader().client_accounts(FIRM, ClientFilter::default(), part()).await.unwrap();
    assert_eq!((all.total, all.rows[0].sums.len()), (2, 0));
    assert_eq!(all.rows[1], account);
}

#[tokio::test]
async fn stats_and_revenue_are_as_worked_out_by_hand() {
    let fixture = filled().await;
    let stats = fixture.reader().client_stats(FIRM, at(50)).await.unwrap();
    assert_eq!((stats.individuals, stats.companies, stats.fresh), (1, 1, 1));
    let usd = stats.sums[1].clone();
    assert_eq!((usd.currency(), usd.paid.minor()), (Currency::USD, 70));
    let sar_sum = &stats.sums[0];
    assert_eq!((sar_sum.invoices, sar_sum.invoiced), (3, sar(3_105)));
    assert_eq!((sar_sum.paid, sar_sum.outstanding), (sar(1_215), sar(1_870)));
    assert_eq!((sar_sum.credit, sar_sum.trust), (sar(10), sar(120)));

    let top = async |limit| {
        let top = fixture.reader().top_clients(FIRM, limit).await.unwrap();
        let of = top.into_iter().map(|of| (of.client.id, of.invoices, of.revenue.to_string()));
        of.collect::<Vec<_>>()
    };
    let row = |n: u8, invoices: u64, revenue: &str| (id(n), invoices, revenue.to_owned());
    assert_eq!(top(9).await, [row(12, 1, "10.35"), row(10, 2, "1.8"), row(10, 1, "0.7")]);
    assert_eq!(top(1).await, [row(12, 1, "10.35"), row(10, 1, "0.7")]);
}

#[tokio::test]
async fn an_archived_client_is_hidden_but_shown_by_its_documents() {
    let fixture = filled().await;
    let reader = fixture.reader();
    assert_eq!(reader.client(FIRM, &Ref::Id(id(12))).await.unwrap(), None);
    assert_eq!(reader.client_account(FIRM, &Ref::Id(id(12))).await.unwrap(), None);
    let invoice = reader.invoice(FIRM, &Ref::Id(id(35))).await.unwrap().unwrap();
    assert!(invoice.client.deleted);
    let rows =
        walked(async |part| reader.clients(FIRM, ClientFilter::default(), part).await.unwrap());
    let ids = rows.await.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids, [id(11), id(10)]);
}

#[tokio::test]
async fn clients_are_searched_as_people_write() {
    let names = ["أحمد الإبراهيم", "Müller & Söhne", "فاطمة", "50%_\\"];
    let mut batch = empty_batch();
    for (name, n) in names.iter().zip(10..) {
        let mut row = client(n);
        row.profile.full_name = (*name).into();
        row.profile.phone = Some(format!("٠٥٥{n}"));
        batch.clients.push(new(row));
    }
    let fixture = Both::with(batch).await;
    for (words, expected) in [
        ("احمد", vec![10]),
        ("أحمد", vec![10]),
        ("muller & sohne", vec![11]),
        ("SÖHNE", vec![11]),
        ("فاطمه", vec![12]),
        ("05513", vec![13]),
        ("clt-2026-0011", vec![11]),
        ("d@EXAMPLE", vec![13, 12, 11, 10]),
        ("50%", vec![13]),
        ("%_\\", vec![13]),
        ("5_%", vec![]),
    ] {
        let filter = ClientFilter { own: None, search: Some(words.into()) };
        let rows = walked(async |part| {
            fixture.reader().clients(FIRM, filter.clone(), part).await.unwrap()
        });
        let found = rows.await.iter().map(|row| row.id.bytes()[0]).collect::<Vec<_>>();
        assert_eq!(found, expected, "{words}");
    }
}

#[tokio::test]
async fn cases_are_listed_with_their_clients() {
    let fixture = filled().await;
    let reader = fixture.reader();
    let found = async |filter: CaseFilter| {
        let rows = walked(async |part| reader.cases(FIRM, filter.clone(), part).await.unwrap());
        rows.await.iter().map(|view| view.case.id.bytes()[0]).collect::<Vec<_>>()
    };
    let all = CaseFilter::default;
    assert_eq!(found(all()).await, [63, 61, 60]);
    assert_eq!(found(CaseFilter { statuses: vec![CaseStatus::Closed], ..all() }).await, [60]);
    assert_eq!(found(CaseFilter { client: Some(Ref::Id(id(11))), ..all() }).await, [63, 61]);
    assert_eq!(found(CaseFilter { own: Some(id(200)), ..all() }).await, [60]);
    assert_eq!(found(CaseFilter { search: Some("CASE 61".into()), ..all() }).await, [61]);
    assert_eq!(found(CaseFilter { search: Some("45/63".into()), ..all() }).await, [63]);
    let view = reader.case(FIRM, &Ref::Number("45/61".into())).await.unwrap().unwrap();
    assert_eq!(view.client.map(|row| row.id), Some(id(11)));
    assert_eq!(reader.case(FIRM, &Ref::Number("45/62".into())).await.unwrap(), None);
}
