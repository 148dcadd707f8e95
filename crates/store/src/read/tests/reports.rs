//! Statements and reports, against figures worked out by hand.

use domain::{
    Currency, Day, Money, Ref,
    change::FirmBatch,
    ledger::Account,
    rows::{AccountNet, Client, ClientNet, DayNet, Invoice, Retainer, StatementLine, Totals},
};

use super::{both::Both, walk::walked};
use crate::{
    Days, Page, ReadError, TrustFilter,
    fixture::{FIRM, empty_batch, new},
    samples::{DAY, case, client, id, invoice, retainer, sar, statement_line},
};

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn after(days: i32) -> Day {
    DAY.plus_days(days)
}

/// What client 10 owes: +1000, −400 | +50 (USD), −100, +200 | −30.
fn statement_batch() -> FirmBatch {
    let of = client(10);
    let lines: [(i32, i64, i64, Money); 6] = [
        (0, 1, 1, sar(1_000)),
        (0, 2, 1, sar(-400)),
        (1, 3, 1, usd(50)),
        (1, 3, 2, sar(-100)),
        (1, 5, 1, sar(200)),
        (2, 4, 1, sar(-30)),
    ];
    let mut batch = empty_batch();
    for (day, seq, line, amount) in lines {
        let row = statement_line(&of, seq, 0);
        batch.statement_lines.push(StatementLine { day: after(day), line, amount, ..row });
        let net = ClientNet {
            client: of.id,
            currency: amount.currency(),
            day: after(day),
            net_minor: amount.minor(),
        };
        // One a day and currency, as a book makes them.
        let is_its =
            |other: &&mut ClientNet| (other.day, other.currency) == (net.day, net.currency);
        match batch.client_nets.iter_mut().find(is_its) {
            Some(other) => other.net_minor += net.net_minor,
            None => batch.client_nets.push(net),
        }
    }
    batch.statement_lines.push(statement_line(&client(11), 9, 77));
    batch.clients.extend([new(of), new(client(11))]);
    batch
}

#[tokio::test]
async fn a_statement_opens_where_the_days_before_closed() {
    let fixture = Both::with(statement_batch()).await;
    let reader = fixture.reader();
    let by = Ref::Number("CLT-2026-0010".into());
    let statement = async |from: Option<i32>, to: Option<i32>| {
        let days = Days { from: from.map(after), to: to.map(after) };
        let part = Page::Number { page: 1, limit: 100 };
        let statement = reader.statement(FIRM, &by, days, part).await.unwrap().unwrap();
        let seqs = statement.lines.rows.iter().map(|line| (line.seq, line.line));
        assert_eq!(statement.before, statement.opening);
        (statement.opening, seqs.collect::<Vec<_>>(), statement.closing)
    };
    let all = vec![(1, 1), (2, 1), (3, 1), (3, 2), (5, 1), (4, 1)];
    assert_eq!(statement(None, None).await, (vec![], all.clone(), vec![sar(670), usd(50)]));
    let second = (vec![sar(600)], all[2..5].to_vec(), vec![sar(700), usd(50)]);
    assert_eq!(statement(Some(1), Some(1)).await, second);
    let rest = (vec![sar(600)], all[2..].to_vec(), vec![sar(670), usd(50)]);
    assert_eq!(statement(Some(1), None).await, rest);
    assert_eq!(statement(None, Some(0)).await, (vec![], all[..2].to_vec(), vec![sar(600)]));
    let later = (vec![sar(670), usd(50)], vec![], vec![sar(670), usd(50)]);
    assert_eq!(statement(Some(3), Some(9)).await, later);
    assert_eq!(statement(None, Some(-1)).await, (vec![], vec![], vec![]));
}

#[tokio::test]
async fn a_part_of_a_statement_says_what_was_owed_before_it() {
    let fixture = Both::with(statement_batch()).await;
    let reader = fixture.reader();
    let by = Ref::Id(id(10));
    let statement =
        async |part| reader.statement(FIRM, &by, Days::default(), part).await.unwrap().unwrap();
    let lines = walked(async |part| statement(part).await.lines).await;
    assert_eq!(lines.len(), 6);
    let mut before = Vec::new();
    for page in 1..=6 {
        before.push(statement(Page::Number { page, limit: 1 }).await.before);
    }
    let (first, second) = (vec![sar(600)], vec![sar(600), usd(50)]);
    let expected = [vec![], vec![sar(1_000)], first, second];
    assert_eq!(before[..4], expected);
    assert_eq!(before[4..], [vec![sar(500), usd(50)], vec![sar(700), usd(50)]]);
    let beyond = statement(Page::Number { page: 9, limit: 1 }).await;
    assert_eq!(beyond.before, beyond.closing);
    for cursor in ["x", "6.1.1", "6.1.1.x", "6.1.1.1.1", "-1.1.1.1"] {
        let part = Page::After { cursor: cursor.into(), limit: 1 };
        let read = reader.statement(FIRM, &by, Days::default(), part).await;
        assert!(matches!(read, Err(ReadError::BadCursor)), "{cursor}");
    }
    let nobody = Page::Number { page: 1, limit: 1 };
    assert_eq!(
        reader.statement(FIRM, &Ref::Id(id(9)), Days::default(), nobody).await.unwrap(),
        None
    );
}

fn net(account: Account, day: i32, debit: i64, credit: i64) -> AccountNet {
    let (currency, day) = (Currency::SAR, after(day));
    AccountNet { account, currency, day, debit_minor: debit, credit_minor: credit }
}

/// Client 10 has 100 in retainer 20 and 60 in 21 (of a case), of which 50 and 60 went on day 1; client
/// 11 has 7 dollars in 22.
fn trust_batch() -> FirmBatch {
    let clients = [client(10), client(11)];
    let mut rows: Vec<Retainer> =
        [(20, 0), (21, 0), (22, 1)].map(|(n, of): (u8, usize)| retainer(n, &clients[of])).into();
    rows[1].terms.case = Some(id(12));
    rows[2] = Retainer {
        initial_amount: usd(7),
        balance: usd(7),
        deposits: usd(7),
        consumptions: usd(0),
        refunds: usd(0),
        terms: domain::rows::RetainerTerms {
            minimum_balance: usd(0),
            auto_replenish: None,
            ..rows[2].terms.clone()
        },
        ..rows[2].clone()
    };
    let mut batch = empty_batch();
    for (n, day, net_minor) in [(20, 0, 100), (20, 1, -50), (21, 0, 60), (21, 1, -60), (22, 1, 7)] {
        batch.day_nets.push(DayNet { retainer: id(n), day: after(day), net_minor });
    }
    batch.account_nets = vec![
        net(Account::TrustBank, 0, 160, 0),
        net(Account::TrustBank, 1, 0, 110),
        net(Account::ClientMoney, 0, 0, 160),
        net(Account::ClientMoney, 1, 110, 0),
        net(Account::OperatingBank, 1, 110, 0),
        net(Account::LegalFees, 1, 0, 110),
    ];
    for account in [Account::TrustBank, Account::ClientMoney] {
        let (debit_minor, credit_minor) =
            if account == Account::TrustBank { (7, 0) } else { (0, 7) };
        let (currency, day) = (Currency::USD, after(1));
        batch.account_nets.push(AccountNet { account, currency, day, debit_minor, credit_minor });
    }
    batch.cases.push(new(case(12, &clients[0])));
    batch.clients.extend(clients.map(new));
    batch.retainers.extend(rows.into_iter().map(new));
    batch
}

#[tokio::test]
async fn the_trial_balance_is_that_of_its_day() {
    let fixture = Both::with(trust_batch()).await;
    let balance = async |day| {
        let rows = fixture.reader().trial_balance(FIRM, after(day)).await.unwrap();
        let of = rows.iter().map(|of| {
            (of.account.code(), of.debit.currency().code(), of.debit.minor(), of.credit.minor())
        });
        of.collect::<Vec<_>>()
    };
    assert_eq!(balance(-1).await, []);
    assert_eq!(balance(0).await, [(1_102, "SAR", 160, 0), (2_130, "SAR", 0, 160)]);
    assert_eq!(
        balance(1).await,
        [
            (1_101, "SAR", 110, 0),
            (1_102, "SAR", 160, 110),
            (1_102, "USD", 7, 0),
            (2_130, "SAR", 110, 160),
            (2_130, "USD", 0, 7),
            (4_100, "SAR", 0, 110),
        ]
    );
}

#[tokio::test]
async fn the_trust_ledger_is_that_of_its_day() {
    let fixture = Both::with(trust_batch()).await;
    let reader = fixture.reader();
    let held = async |filter: TrustFilter| {
        let rows = walked(async |part| {
            reader.trust_ledger(FIRM, filter.clone(), part).await.unwrap().balances
        });
        let part = Page::Number { page: 1, limit: 1 };
        let sums = reader.trust_ledger(FIRM, filter.clone(), part).await.unwrap().sums;
        let rows = rows.await;
        let rows =
            rows.iter().map(|of| (of.client.id.bytes()[0], of.retainer.id.bytes()[0], of.balance));
        (rows.collect::<Vec<_>>(), sums)
    };
    let on = |day| TrustFilter { day: after(day), client: None, case: None };
    assert_eq!(held(on(-1)).await, (vec![], vec![]));
    let first = (vec![(10, 20, sar(100)), (10, 21, sar(60))], vec![sar(160)]);
    assert_eq!(held(on(0)).await, first);
    let second = (vec![(10, 20, sar(50)), (11, 22, usd(7))], vec![sar(50), usd(7)]);
    assert_eq!(held(on(1)).await, second);
    let of_client = TrustFilter { client: Some(Ref::Number("CLT-2026-0011".into())), ..on(1) };
    assert_eq!(held(of_client).await, (vec![(11, 22, usd(7))], vec![usd(7)]));
    let of_case = TrustFilter { case: Some(Ref::Id(id(12))), ..on(0) };
    assert_eq!(held(of_case).await, (vec![(10, 21, sar(60))], vec![sar(60)]));
}

#[tokio::test]
async fn the_three_ways_agree_or_the_difference_is_shown() {
    let mut batch = trust_batch();
    let fixture = Both::with(batch.clone()).await;
    let rows = fixture.reader().reconciliation(FIRM, after(0)).await.unwrap();
    assert_eq!((rows.len(), rows[0].client_count), (1, 1));
    assert_eq!((rows[0].trust_bank, rows[0].retainers), (sar(160), sar(160)));
    let rows = fixture.reader().reconciliation(FIRM, after(1)).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.trust_bank).collect::<Vec<_>>(), [sar(50), usd(7)]);
    assert!(rows.iter().all(|row| row.holds() && row.bank_difference().is_zero()));

    // 30 were taken from the bank, and client 11 was given 80 more than it had.
    batch.account_nets.push(net(Account::TrustBank, 2, 0, 30));
    let spent = retainer(23, &client(11));
    batch.day_nets.push(DayNet { retainer: spent.id, day: after(2), net_minor: -80 });
    batch.retainers.push(new(spent));
    let fixture = Both::with(batch).await;
    let rows = fixture.reader().reconciliation(FIRM, after(2)).await.unwrap();
    let row = rows[0];
    assert!(!row.holds());
    assert_eq!((row.trust_bank, row.client_money, row.retainers), (sar(20), sar(50), sar(-30)));
    assert_eq!((row.bank_difference(), row.ledger_difference()), (sar(50), sar(80)));
    assert_eq!((row.clients, row.client_difference()), (sar(-30), sar(0)));
    assert_eq!((row.client_count, row.overdrawn_count), (2, 1));
}

#[tokio::test]
async fn what_is_due_grows_older() {
    let clients: [Client; 2] = [client(10), client(11)];
    let mut batch = empty_batch();
    let due_days = [0, -1, -30, -31, -60, -61, -90, -91, 5];
    for (n, due) in (30..).zip(due_days) {
        let of = &clients[usize::from(n == 38)];
        // Each has 935 due.
        batch.invoices.push(new(Invoice { due_day: after(due), ..invoice(n, of) }));
    }
    let paid = invoice(39, &clients[0]);
    let nothing = Totals { total: sar(1_035), ..paid.totals };
    batch.invoices.push(new(Invoice { totals: nothing, paid: sar(995), ..paid }));
    batch.clients.extend(clients.map(new));
    let fixture = Both::with(batch).await;
    let ageing = fixture.reader().ageing(FIRM, DAY).await.unwrap();
    let ages = ageing.clients.iter();
    let ages: Vec<_> = ages.map(|of| (of.client.id, of.ages.map(Money::minor))).collect();
    assert_eq!(ages, [(id(10), [935, 1_870, 1_870, 1_870, 935]), (id(11), [935, 0, 0, 0, 0])]);
    let sums: Vec<_> = ageing.sums.iter().map(|sum| sum.map(Money::minor)).collect();
    assert_eq!(sums, [[1_870, 1_870, 1_870, 1_870, 935]]);
}
