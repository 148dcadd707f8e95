//! Reports over the whole firm, and clients' statements.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Currency, Day, Id, Money, Ref,
    ledger::Account,
    rows::{Case, Client, Firm, Retainer, StatementLine},
};

use super::{
    Db, counted,
    query::{Only, View, columns, join, one},
};
use crate::{
    AGE_COUNT, AccountBalance, Ageing, ClientAge, Days, Listed, Page, ReadError, Reader,
    Reconciliation, Statement, TrustBalance, TrustFilter, TrustLedger,
    shape::{Columns, Read, Shape as _, journal::Plain as _, read_joined},
};

impl Reader {
    /// A client's account over some days, oldest first; `None`: no such client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn statement(
        &self,
        firm: Id<Firm>,
        by: &Ref<Client>,
        days: Days,
        part: Page,
    ) -> Result<Option<Statement>, ReadError> {
        let by = by.clone();
        self.ask(move |db| statement(db, firm, &by, days, &part)).await
    }

    /// What each account of the ledger had come to when `day` ended, by account and currency.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn trial_balance(
        &self,
        firm: Id<Firm>,
        day: Day,
    ) -> Result<Vec<AccountBalance>, ReadError> {
        self.ask(move |db| trial_balance(db, firm, day)).await
    }

    /// What clients had in trust when a day ended: their retainers that held something, by client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn trust_ledger(
        &self,
        firm: Id<Firm>,
        filter: TrustFilter,
        part: Page,
    ) -> Result<TrustLedger, ReadError> {
        self.ask(move |db| trust_ledger(db, firm, &filter, &part)).await
    }

    /// What clients owe, by how long before `today` it was due.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn ageing(&self, firm: Id<Firm>, today: Day) -> Result<Ageing, ReadError> {
        self.ask(move |db| ageing(db, firm, today)).await
    }

    /// What the retainers themselves say that they hold now, in each currency, by code. It takes as long
    /// as there are retainers, not as their history is long.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn held(&self, firm: Id<Firm>) -> Result<Vec<Money>, ReadError> {
        self.ask(move |db| {
            let sql = "select currency, cast(sum(balance) as bigint) from retainers
                 where firm_id = ?1 group by currency order by currency";
            let sums: Vec<Sum> = db.all(sql, &[firm.into()])?;
            Ok(moneys(sums))
        })
        .await
    }

    /// The three-way reconciliation when `day` ended, in each currency, by code.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn reconciliation(
        &self,
        firm: Id<Firm>,
        day: Day,
    ) -> Result<Vec<Reconciliation>, ReadError> {
        self.ask(move |db| reconciliation(db, firm, day)).await
    }
}

/// An amount of one currency.
struct Sum(Money);

impl Read for Sum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self(row.money(currency)?))
    }
}

fn moneys(sums: Vec<Sum>) -> Vec<Money> {
    sums.into_iter().map(|Sum(money)| money).collect()
}

fn statement(
    db: &Db,
    firm: Id<Firm>,
    by: &Ref<Client>,
    days: Days,
    part: &Page,
) -> Result<Option<Statement>, ReadError> {
    let Some(client) = one::<Client>(db, firm, by)? else {
        return Ok(None);
    };
    let lines = statement_lines(db, firm, &client, days, part)?;
    let from = days.from.map_or(i64::MIN, |day| day.days().into());
    let beyond = days.to.map_or(i64::MAX, |day| i64::from(day.days()) + 1);
    let opening = owed_before(db, firm, &client, from)?;
    let closing = owed_before(db, firm, &client, beyond)?;
    let before = match lines.rows.first() {
        Some(first) => owed_before_line(db, firm, &client, first)?,
        None if lines.total == 0 => opening.clone(),
        None => closing.clone(),
    };
    Ok(Some(Statement { client, opening, before, lines, closing }))
}

/// What a client owed when a day began, in each currency.
fn owed_before(
    db: &Db,
    firm: Id<Firm>,
    client: &Client,
    day: i64,
) -> Result<Vec<Money>, ReadError> {
    let sql = "select currency, cast(sum(net) as bigint) from client_days
         where firm_id = ?1 and client_id = ?2 and day < ?3 group by 1 order by 1";
    Ok(moneys(db.all(sql, &[firm.into(), client.id.into(), day.into()])?))
}

/// What a client owed just before a line of its account.
fn owed_before_line(
    db: &Db,
    firm: Id<Firm>,
    client: &Client,
    line: &StatementLine,
) -> Result<Vec<Money>, ReadError> {
    let sql = "select currency, cast(sum(owed) as bigint) from (
             select currency, net as owed from client_days
             where firm_id = ?1 and client_id = ?2 and day < ?3
             union all
             select currency, amount from statement_lines
             where firm_id = ?1 and client_id = ?2 and day = ?3 and (seq, line) < (?4, ?5)) old
         group by 1 order by 1";
    let (day, seq, line) = (line.day, line.seq, line.line);
    let values = [firm.into(), client.id.into(), day.into(), seq.into(), line.into()];
    Ok(moneys(db.all(sql, &values)?))
}

fn statement_lines(
    db: &Db,
    firm: Id<Firm>,
    client: &Client,
    days: Days,
    part: &Page,
) -> Result<Listed<StatementLine>, ReadError> {
    let mut only = Only::all(firm, StatementLine::ALIAS);
    only.is("client_id", client.id.into());
    only.days("day", days);
    let limit = i64::from(part.limit());
    let (total, skipped) = match part {
        Page::After { cursor, .. } if !cursor.is_empty() => {
            let (total, place) = parse_place(cursor).ok_or(ReadError::BadCursor)?;
            let [day, seq, line] = place.map(|value| only.bind(value.into()));
            only.and(format!("(s.day, s.seq, s.line) > ({day}, {seq}, {line})"));
            (total, 0)
        }
        Page::After { .. } => (line_count(db, &only)?, 0),
        Page::Number { page, .. } => {
            (line_count(db, &only)?, i64::from(page.saturating_sub(1)).saturating_mul(limit))
        }
    };
    let taken = only.bind((limit + 1).into());
    let skipped = only.bind(skipped.into());
    let sql = format!(
        "select {} from statement_lines s where {} order by {} limit {taken} offset {skipped}",
        StatementLine::COLUMNS,
        only.sql(),
        StatementLine::KEY,
    );
    let mut rows: Vec<StatementLine> = db.all(&sql, &only.values)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.last().filter(|_| more);
    let next = last.map(|last| format!("{total}.{}.{}.{}", last.day.days(), last.seq, last.line));
    Ok(Listed { rows, total, next })
}

fn line_count(db: &Db, only: &Only) -> Result<u64, ReadError> {
    let sql = format!("select count(*) from statement_lines s where {}", only.sql());
    counted(db, &sql, &only.values)
}

/// How long the account was when the walk began, and the day, seq and line where a part ended.
fn parse_place(cursor: &str) -> Option<(u64, [i64; 3])> {
    let (total, place) = cursor.split_once('.')?;
    let mut place = place.split('.').map(|value| value.parse().ok());
    let mut value = || place.next().flatten();
    let found = (total.parse().ok()?, [value()?, value()?, value()?]);
    place.next().is_none().then_some(found)
}

impl Read for AccountBalance {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (account, currency) = (row.code(Account::from_code)?, row.currency()?);
        Ok(Self { account, debit: row.money(currency)?, credit: row.money(currency)? })
    }
}

fn trial_balance(db: &Db, firm: Id<Firm>, day: Day) -> Result<Vec<AccountBalance>, ReadError> {
    let sql = "select account, currency, cast(sum(debit) as bigint), cast(sum(credit) as bigint)
         from account_days
         where firm_id = ?1 and day <= ?2 group by 1, 2 order by 1, 2";
    db.all(sql, &[firm.into(), day.into()])
}

impl View for TrustBalance {
    type Of = Retainer;
    const JOINS: &'static str = concat!(join!(client of "r"), join!(case of "r"));
    const JOINED: &'static [&'static str] = &[Client::TABLE.selected(), Case::TABLE.selected()];
}

impl Read for TrustBalance {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let minor = row.count()?;
        let retainer: Retainer = Read::read(row)?;
        let balance = Money::from_minor(minor, retainer.currency());
        Ok(Self { retainer, client: Read::read(row)?, case: read_joined(row)?, balance })
    }
}

/// What a retainer had moved when the day at `?2` ended.
const HELD: &str = "(select cast(coalesce(sum(d.net), 0) as bigint) from retainer_days d
    where d.firm_id = ?1 and d.retainer_id = r.id and d.day <= ?2)";

fn trust_ledger(
    db: &Db,
    firm: Id<Firm>,
    filter: &TrustFilter,
    part: &Page,
) -> Result<TrustLedger, ReadError> {
    let mut only = Only::all(firm, Retainer::TABLE.alias);
    only.bind(filter.day.into());
    only.by("retainers_client", true);
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    let sums = sums_held(db, &only)?;
    let limit = i64::from(part.limit());
    let (total, skipped) = match part {
        Page::After { cursor, .. } if !cursor.is_empty() => {
            let (total, client, id) = parse_ids(cursor).ok_or(ReadError::BadCursor)?;
            let (client, id) = (only.bind(client.into()), only.bind(id.into()));
            only.and(format!("(r.client_id, r.id) > ({client}, {id})"));
            (total, 0)
        }
        Page::After { .. } => (sums.iter().map(|sum| sum.count).sum(), 0),
        Page::Number { page, .. } => {
            let skipped = i64::from(page.saturating_sub(1)).saturating_mul(limit);
            (sums.iter().map(|sum| sum.count).sum(), skipped)
        }
    };
    let taken = only.bind((limit + 1).into());
    let skipped = only.bind(skipped.into());
    let sql = format!(
        "select page.held, {}
         from (select * from (select r.client_id, r.id, {HELD} as held from {} where {}) held
               where held.held <> 0 order by client_id, id limit {taken} offset {skipped}) page
         cross join retainers r on r.firm_id = ?1 and r.id = page.id{}
         order by page.client_id, page.id",
        columns::<TrustBalance>(),
        only.table::<Retainer>(),
        only.sql(),
        TrustBalance::JOINS,
    );
    let mut rows: Vec<TrustBalance> = db.all(&sql, &only.values)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.last().filter(|_| more);
    let next = last.map(|last| format!("{total}.{}-{}", last.retainer.client, last.retainer.id));
    let sums = sums.into_iter().map(|sum| sum.sum).collect();
    Ok(TrustLedger { balances: Listed { rows, total, next }, sums })
}

/// How long the ledger was when the walk began, and the client and retainer where a part ended.
fn parse_ids(cursor: &str) -> Option<(u64, Id<Client>, Id<Retainer>)> {
    let (total, place) = cursor.split_once('.')?;
    let (client, id) = place.split_once('-')?;
    Some((total.parse().ok()?, client.parse().ok()?, id.parse().ok()?))
}

/// How many retainers hold something, and what.
struct HeldSum {
    count: u64,
    sum: Money,
}

impl Read for HeldSum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency: Currency = row.currency()?;
        Ok(Self { count: row.whole()?, sum: row.money(currency)? })
    }
}

fn sums_held(db: &Db, only: &Only) -> Result<Vec<HeldSum>, ReadError> {
    let sql = format!(
        "select held.currency, count(*), cast(sum(held.held) as bigint) from
             (select r.currency, {HELD} as held from {} where {}) held
         where held.held <> 0 group by 1 order by 1",
        only.table::<Retainer>(),
        only.sql()
    );
    db.all(&sql, &only.values)
}

impl Read for ClientAge {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        let mut ages = [Money::zero(currency); AGE_COUNT];
        for age in &mut ages {
            *age = row.money(currency)?;
        }
        Ok(Self { client: Read::read(row)?, ages })
    }
}

fn ageing(db: &Db, firm: Id<Firm>, today: Day) -> Result<Ageing, ReadError> {
    let sql = format!(
        "select old.currency, old.fresh, old.month, old.two, old.three, old.rest, {}
         from (select client_id, currency,
                   cast(sum(case when ?2 - due_day <= 0 then due else 0 end) as bigint) as fresh,
                   cast(sum(case when ?2 - due_day between 1 and 30 then due else 0 end) as bigint) as month,
                   cast(sum(case when ?2 - due_day between 31 and 60 then due else 0 end) as bigint) as two,
                   cast(sum(case when ?2 - due_day between 61 and 90 then due else 0 end) as bigint) as three,
                   cast(sum(case when ?2 - due_day > 90 then due else 0 end) as bigint) as rest
               from invoices where firm_id = ?1 and due > 0 and deleted = 0 group by client_id, currency) old
         cross join clients c on c.firm_id = ?1 and c.id = old.client_id
         order by old.client_id, old.currency",
        columns::<Client>()
    );
    let clients: Vec<ClientAge> = db.all(&sql, &[firm.into(), today.into()])?;
    let mut sums: BTreeMap<&'static str, [Money; AGE_COUNT]> = BTreeMap::new();
    for client in &clients {
        let currency = client.ages[0].currency();
        let zero = [Money::zero(currency); AGE_COUNT];
        let sum = sums.entry(currency.code()).or_insert(zero);
        for (sum, age) in sum.iter_mut().zip(client.ages) {
            *sum = plus(*sum, age.minor());
        }
    }
    Ok(Ageing { clients, sums: sums.into_values().collect() })
}

/// What one retainer held.
struct Held {
    client: Id<Client>,
    money: Money,
}

impl Read for Held {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self { client: row.id()?, money: row.money(currency)? })
    }
}

fn reconciliation(db: &Db, firm: Id<Firm>, day: Day) -> Result<Vec<Reconciliation>, ReadError> {
    let mut all: BTreeMap<&'static str, Reconciliation> = BTreeMap::new();
    let mut of = |currency: Currency, note: &mut dyn FnMut(&mut Reconciliation)| {
        let nothing = Money::zero(currency);
        note(all.entry(currency.code()).or_insert(Reconciliation {
            trust_bank: nothing,
            client_money: nothing,
            retainers: nothing,
            clients: nothing,
            client_count: 0,
            overdrawn_count: 0,
        }));
    };
    for account in trial_balance(db, firm, day)? {
        let (debit, credit) = (account.debit.minor(), account.credit.minor());
        let currency = account.debit.currency();
        let net = |minor| Money::from_minor(minor, currency);
        match account.account {
            Account::TrustBank => {
                let net = net(debit.saturating_sub(credit));
                of(currency, &mut |row| row.trust_bank = net);
            }
            Account::ClientMoney => {
                let net = net(credit.saturating_sub(debit));
                of(currency, &mut |row| row.client_money = net);
            }
            _ => {}
        }
    }
    let mut clients: HashMap<(Id<Client>, Currency), i64> = HashMap::new();
    let held = "select r.currency, r.client_id, h.held
         from (select retainer_id, cast(sum(net) as bigint) as held from retainer_days
               where firm_id = ?1 and day <= ?2 group by retainer_id) h
         cross join retainers r on r.firm_id = ?1 and r.id = h.retainer_id";
    db.each(held, &[firm.into(), day.into()], |held: Held| {
        let (currency, minor) = (held.money.currency(), held.money.minor());
        of(currency, &mut |row| row.retainers = plus(row.retainers, minor));
        let client = clients.entry((held.client, currency)).or_default();
        *client = client.saturating_add(minor);
    })?;
    for ((_, currency), minor) in clients.into_iter().filter(|(_, minor)| *minor != 0) {
        of(currency, &mut |row| {
            row.clients = plus(row.clients, minor);
            row.client_count += 1;
            row.overdrawn_count += u64::from(minor < 0);
        });
    }
    Ok(all.into_values().collect())
}

fn plus(money: Money, minor: i64) -> Money {
    Money::from_minor(money.minor().saturating_add(minor), money.currency())
}
