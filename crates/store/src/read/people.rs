//! Clients, their accounts, and their cases.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use domain::{
    Currency, Id, Money, Ref, Timestamp,
    rows::{Case, Client, ClientType, Firm},
};

use super::{
    Db, Value,
    query::{Only, Sorted, View, find, join, one, page},
};
use crate::{
    CaseFilter, CaseView, ClientAccount, ClientFilter, ClientRevenue, ClientStats, ClientSum,
    Listed, PAGE_ROWS_MAX, Page, ReadError, Reader,
    shape::{Columns, Read, Shape as _, read_joined},
};

impl Reader {
    /// A client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn client(
        &self,
        firm: Id<Firm>,
        by: &Ref<Client>,
    ) -> Result<Option<Client>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A client, and what its documents add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn client_account(
        &self,
        firm: Id<Firm>,
        by: &Ref<Client>,
    ) -> Result<Option<ClientAccount>, ReadError> {
        let by = by.clone();
        self.ask(move |db| {
            let client: Option<Client> = one(db, firm, &by)?;
            client.map(|client| account(db, firm, client)).transpose()
        })
        .await
    }

    /// A part of the list of clients, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn clients(
        &self,
        firm: Id<Firm>,
        filter: ClientFilter,
        part: Page,
    ) -> Result<Listed<Client>, ReadError> {
        self.ask(move |db| clients(db, firm, &filter, &part)).await
    }

    /// As [`Self::clients`], with what the documents of each add up to. Reads every invoice, payment and
    /// retainer of the clients shown.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn client_accounts(
        &self,
        firm: Id<Firm>,
        filter: ClientFilter,
        part: Page,
    ) -> Result<Listed<ClientAccount>, ReadError> {
        self.ask(move |db| {
            let Listed { rows, total, next } = clients(db, firm, &filter, &part)?;
            let rows = rows.into_iter().map(|client| account(db, firm, client));
            Ok(Listed { rows: rows.collect::<Result<_, _>>()?, total, next })
        })
        .await
    }

    /// How many clients there are, how many of them were taken in since `since`, and what all documents
    /// add up to. Reads every document of the firm.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn client_stats(
        &self,
        firm: Id<Firm>,
        since: Timestamp,
    ) -> Result<ClientStats, ReadError> {
        self.ask(move |db| stats(db, firm, since)).await
    }

    /// The clients that have paid most, in each currency at most `limit` of them, which is at most
    /// [`PAGE_ROWS_MAX`]: by currency, then the largest first. Reads every invoice of the firm.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn top_clients(
        &self,
        firm: Id<Firm>,
        limit: u32,
    ) -> Result<Vec<ClientRevenue>, ReadError> {
        self.ask(move |db| top(db, firm, limit)).await
    }

    /// A case and its client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn case(
        &self,
        firm: Id<Firm>,
        by: &Ref<Case>,
    ) -> Result<Option<CaseView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of cases, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn cases(
        &self,
        firm: Id<Firm>,
        filter: CaseFilter,
        part: Page,
    ) -> Result<Listed<CaseView>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<Case>(firm);
            only.own(filter.own.as_ref());
            only.names("client_id", filter.client.as_ref());
            only.by("cases_client", filter.own.is_some() || filter.client.is_some());
            only.one_of("status", filter.statuses.iter().map(|status| status.name()));
            only.search(filter.search.as_ref());
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }
}

impl View for Client {
    type Of = Self;
}

impl View for CaseView {
    type Of = Case;
    const JOINS: &'static str = join!(client of "k");
    const JOINED: &'static [&'static str] = &[Client::TABLE.selected()];
}

impl Read for CaseView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { case: Read::read(row)?, client: read_joined(row)? })
    }
}

/// What was paid of one invoice.
struct Paid {
    client: Id<Client>,
    money: Money,
}

impl Read for Paid {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self { client: row.id()?, money: row.money(currency)? })
    }
}

/// Added up here: the database would have to sort every invoice by its client first.
fn top(db: &Db, firm: Id<Firm>, limit: u32) -> Result<Vec<ClientRevenue>, ReadError> {
    let sql = format!(
        "select currency, client_id, paid + retainer_applied from invoices indexed by invoices_sums
         where firm_id = ?1 and deleted = 0 and status in ({SENT})"
    );
    let mut sums: HashMap<(Id<Client>, Currency), (u64, i64)> = HashMap::new();
    db.each(&sql, &[firm.into()], |paid: Paid| {
        let (count, sum) = sums.entry((paid.client, paid.money.currency())).or_default();
        *count += 1;
        *sum = sum.saturating_add(paid.money.minor());
    })?;
    let mut sums: Vec<_> = sums.into_iter().filter(|(_, (_, sum))| *sum > 0).collect();
    sums.sort_unstable_by_key(|((client, currency), (_, sum))| {
        (currency.code(), Reverse(*sum), *client)
    });
    let limit = usize::try_from(limit.min(PAGE_ROWS_MAX)).unwrap_or(usize::MAX);
    let mut top = Vec::new();
    for of_currency in sums.chunk_by(|a, b| a.0.1 == b.0.1) {
        for ((client, currency), (invoices, sum)) in of_currency.iter().take(limit) {
            let revenue = Money::from_minor(*sum, *currency);
            // Archived clients have paid, too.
            if let Some(client) = find(db, firm, &Ref::Id(*client))? {
                top.push(ClientRevenue { client, invoices: *invoices, revenue });
            }
        }
    }
    Ok(top)
}

fn clients(
    db: &Db,
    firm: Id<Firm>,
    filter: &ClientFilter,
    part: &Page,
) -> Result<Listed<Client>, ReadError> {
    let mut only = Only::of::<Client>(firm);
    only.is_option("user_id", filter.own.map(Value::from));
    only.by("clients_login", filter.own.is_some());
    only.search(filter.search.as_ref());
    page(db, only, Sorted::NEWEST, part)
}

fn account(db: &Db, firm: Id<Firm>, client: Client) -> Result<ClientAccount, ReadError> {
    let params = [firm.into(), client.id.into()];
    let sums = client_sums(db, "_client", "firm_id = ?1 and client_id = ?2", &params)?;
    Ok(ClientAccount { client, sums })
}

/// Some sums of one currency.
struct Sums([i64; 4], Currency);

impl Read for Sums {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self([row.count()?, row.count()?, row.count()?, row.count()?], currency))
    }
}

/// What an invoice shows that the client owes or has paid.
const SENT: &str = "'sent', 'viewed', 'partial', 'paid', 'written_off'";

/// What the documents that `of` lets through add up to, in each currency; found by the index of each
/// table that ends in `index`. Where that goes by status, so do the sums: nothing is sorted.
fn client_sums(
    db: &Db,
    index: &str,
    of: &str,
    values: &[Value],
) -> Result<Vec<ClientSum>, ReadError> {
    let mut sums: BTreeMap<&'static str, ClientSum> = BTreeMap::new();
    let mut add = |sql: String, note: fn(&mut ClientSum, [i64; 4])| {
        db.each(&sql, values, |Sums(sums_of, currency)| {
            note(sums.entry(currency.code()).or_insert_with(|| ClientSum::zero(currency)), sums_of);
        })
    };
    add(
        format!(
            "select currency, count(*), cast(sum(total) as bigint),
                 cast(sum(paid + retainer_applied) as bigint), cast(sum(due) as bigint)
             from invoices indexed by invoices{index}
             where {of} and deleted = 0 and status in ({SENT}) group by status, currency"
        ),
        |sum, [invoices, invoiced, paid, outstanding]| {
            sum.invoices += invoices.unsigned_abs();
            plus(&mut sum.invoiced, invoiced);
            plus(&mut sum.paid, paid);
            plus(&mut sum.outstanding, outstanding);
        },
    )?;
    add(
        format!(
            "select currency, cast(sum(unapplied) as bigint), 0, 0, 0 from payments indexed by payments{index}
             where {of} and deleted = 0 and unapplied > 0
                 and status in ('completed', 'partially_refunded') group by status, currency"
        ),
        |sum, [credit, ..]| plus(&mut sum.credit, credit),
    )?;
    add(
        format!(
            "select currency, cast(sum(balance) as bigint), 0, 0, 0 from retainers indexed by retainers_client
             where {of} and balance > 0 group by currency"
        ),
        |sum, [trust, ..]| plus(&mut sum.trust, trust),
    )?;
    Ok(sums.into_values().collect())
}

fn plus(sum: &mut Money, minor: i64) {
    *sum = Money::from_minor(sum.minor().saturating_add(minor), sum.currency());
}

/// How many clients of a type there are, and how many of them are fresh.
struct TypeCount(ClientType, u64, u64);

impl Read for TypeCount {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self(row.name(ClientType::from_name)?, row.whole()?, row.whole()?))
    }
}

fn stats(db: &Db, firm: Id<Firm>, since: Timestamp) -> Result<ClientStats, ReadError> {
    let sql =
        "select kind, count(*), sum(case when created_at >= ?2 then 1 else 0 end) from clients
         where firm_id = ?1 and deleted = 0 group by 1";
    let counts: Vec<TypeCount> = db.all(sql, &[firm.into(), since.micros().into()])?;
    let count = |kind| {
        let of_kind = counts.iter().filter(|count| count.0 == kind);
        of_kind.map(|count| count.1).sum()
    };
    Ok(ClientStats {
        individuals: count(ClientType::Individual),
        companies: count(ClientType::Company),
        fresh: counts.iter().map(|count| count.2).sum(),
        sums: client_sums(db, "_sums", "firm_id = ?1", &[firm.into()])?,
    })
}
