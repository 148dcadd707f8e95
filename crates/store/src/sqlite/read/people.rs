//! Clients, their accounts, and their cases.

use std::collections::BTreeMap;

use domain::{
    Currency, Id, Money, Ref, Timestamp,
    rows::{Case, Client, ClientType, Firm},
};
use rusqlite::{Connection, Params};

use super::query::{Only, Sorted, View, columns, join, one, page};
use crate::{
    CaseFilter, CaseView, ClientAccount, ClientFilter, ClientRevenue, ClientStats, ClientSum,
    Listed, Page, ReadError, Reader,
    shape::{Columns, Read, read_joined},
    sqlite::{
        codec::blob,
        entity::{self, Kept as _},
    },
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

    /// The clients that have paid most, in each currency at most `limit` of them: by currency, then the
    /// largest first. Reads every invoice of the firm.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn top_clients(
        &self,
        firm: Id<Firm>,
        limit: u32,
    ) -> Result<Vec<ClientRevenue>, ReadError> {
        self.ask(move |db| {
            let sql = format!(
                "select top.currency, top.invoices, top.revenue, {} from (
                     select paid.*, row_number() over
                         (partition by currency order by revenue desc, client_id) as place from (
                         select client_id, currency, count(*) as invoices,
                             sum(paid + retainer_applied) as revenue
                         from invoices where firm_id = ?1 and deleted = 0 and issued_at is not null
                         group by client_id, currency having revenue > 0) paid) top
                 cross join clients c on c.firm_id = ?1 and c.id = top.client_id
                 where top.place <= ?2 order by top.currency, top.place",
                columns::<Client>()
            );
            Ok(entity::all(db, &sql, (firm.bytes(), limit))?)
        })
        .await
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
    fn joined() -> Vec<&'static str> {
        vec![&Client::sql().columns]
    }
}

impl Read for CaseView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { case: Read::read(row)?, client: read_joined(row)? })
    }
}

impl Read for ClientRevenue {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency: Currency = row.currency()?;
        let (invoices, revenue) = (row.whole()?, row.money(currency)?);
        Ok(Self { client: Read::read(row)?, invoices, revenue })
    }
}

fn clients(
    db: &Connection,
    firm: Id<Firm>,
    filter: &ClientFilter,
    part: &Page,
) -> Result<Listed<Client>, ReadError> {
    let mut only = Only::of::<Client>(firm);
    only.is_option("user_id", filter.own.as_ref().map(blob));
    only.search(filter.search.as_ref());
    page(db, only, Sorted::NEWEST, part)
}

fn account(db: &Connection, firm: Id<Firm>, client: Client) -> Result<ClientAccount, ReadError> {
    let params = [firm.bytes(), client.id.bytes()];
    let sums = client_sums(db, "firm_id = ?1 and client_id = ?2", params)?;
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

/// What the documents that `of` lets through add up to, in each currency.
fn client_sums(
    db: &Connection,
    of: &str,
    params: impl Params + Copy,
) -> Result<Vec<ClientSum>, ReadError> {
    let mut sums: BTreeMap<&'static str, ClientSum> = BTreeMap::new();
    let mut add = |sql: String, note: fn(&mut ClientSum, [i64; 4], Currency)| {
        let found: Vec<Sums> = entity::all(db, &sql, params)?;
        for Sums(values, currency) in found {
            let sum = sums.entry(currency.code()).or_insert_with(|| ClientSum::zero(currency));
            note(sum, values, currency);
        }
        Ok::<(), ReadError>(())
    };
    add(
        format!(
            "select currency, count(*), sum(total), sum(paid + retainer_applied), sum(due) from invoices
             where {of} and deleted = 0 and issued_at is not null and stage <> 'void' group by 1"
        ),
        |sum, [invoices, invoiced, paid, outstanding], currency| {
            let money = |minor| Money::from_minor(minor, currency);
            sum.invoices = invoices.unsigned_abs();
            (sum.invoiced, sum.paid) = (money(invoiced), money(paid));
            sum.outstanding = money(outstanding);
        },
    )?;
    add(
        format!(
            "select currency, sum(unapplied), 0, 0, 0 from payments
             where {of} and deleted = 0 and unapplied > 0 group by 1"
        ),
        |sum, [credit, ..], currency| sum.credit = Money::from_minor(credit, currency),
    )?;
    add(
        format!(
            "select currency, sum(balance), 0, 0, 0 from retainers where {of} and balance > 0 group by 1"
        ),
        |sum, [trust, ..], currency| sum.trust = Money::from_minor(trust, currency),
    )?;
    Ok(sums.into_values().collect())
}

/// How many clients of a type there are, and how many of them are fresh.
struct TypeCount(ClientType, u64, u64);

impl Read for TypeCount {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self(row.name(ClientType::from_name)?, row.whole()?, row.whole()?))
    }
}

fn stats(db: &Connection, firm: Id<Firm>, since: Timestamp) -> Result<ClientStats, ReadError> {
    let sql = "select kind, count(*), sum(created_at >= ?2) from clients
         where firm_id = ?1 and deleted = 0 group by 1";
    let counts: Vec<TypeCount> = entity::all(db, sql, (firm.bytes(), since.micros()))?;
    let count = |kind| {
        let of_kind = counts.iter().filter(|count| count.0 == kind);
        of_kind.map(|count| count.1).sum()
    };
    Ok(ClientStats {
        individuals: count(ClientType::Individual),
        companies: count(ClientType::Company),
        fresh: counts.iter().map(|count| count.2).sum(),
        sums: client_sums(db, "firm_id = ?1", [firm.bytes()])?,
    })
}
