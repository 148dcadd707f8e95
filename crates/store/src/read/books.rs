//! The firm's own books, time and expenses.

use std::collections::BTreeMap;

use domain::{
    Currency, Day, Id, Money, Ref,
    rows::{
        Case, Client, Expense, Firm, Review, TimeEntry, Transaction, TransactionStatus,
        TransactionType,
    },
};

use super::{
    Db, Value,
    query::{Only, Sorted, View, join, one, page},
};
use crate::{
    Balance, CategorySum, Days, ExpenseFilter, ExpenseView, Listed, MonthSum, Page, ReadError,
    Reader, StatusSum, TimeEntryFilter, TimeEntryView, TransactionFilter, TransactionView,
    shape::{Columns, Read, Shape, read_joined},
};

impl Reader {
    /// A transaction, and the rows it names.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn transaction(
        &self,
        firm: Id<Firm>,
        by: &Ref<Transaction>,
    ) -> Result<Option<TransactionView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of transactions, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn transactions(
        &self,
        firm: Id<Firm>,
        filter: TransactionFilter,
        part: Page,
    ) -> Result<Listed<TransactionView>, ReadError> {
        self.ask(move |db| {
            let only = only_transactions(firm, &filter);
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }

    /// The transactions that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn transaction_sums(
        &self,
        firm: Id<Firm>,
        filter: TransactionFilter,
    ) -> Result<Vec<StatusSum<TransactionStatus>>, ReadError> {
        self.ask(move |db| {
            let only = only_transactions(firm, &filter);
            status_sums::<Transaction, _>(db, only, "status", "transactions_sums")
        })
        .await
    }

    /// Both at once, of one moment: a part of the list of transactions and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn transactions_and_sums(
        &self,
        firm: Id<Firm>,
        filter: TransactionFilter,
        part: Page,
    ) -> Result<(Listed<TransactionView>, Vec<StatusSum<TransactionStatus>>), ReadError> {
        self.ask(move |db| {
            let only = || only_transactions(firm, &filter);
            let listed = page(db, only(), Sorted::NEWEST, &part)?;
            let sums = status_sums::<Transaction, _>(db, only(), "status", "transactions_sums")?;
            Ok((listed, sums))
        })
        .await
    }

    /// What the completed transactions of some days add up to in each currency, by code. Up to a day, it
    /// is the balance on that day.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn balance(&self, firm: Id<Firm>, days: Days) -> Result<Vec<Balance>, ReadError> {
        self.ask(move |db| {
            let sums = sums(db, firm, days, SumsOf::Category)?;
            let sums = sums.into_iter().map(|sum| (sum.currency().code(), sum));
            Ok(balances(sums).into_values().map(|(_, balance)| balance).collect())
        })
        .await
    }

    /// What the completed transactions of some days add up to by month and currency, oldest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn monthly(&self, firm: Id<Firm>, days: Days) -> Result<Vec<MonthSum>, ReadError> {
        self.ask(move |db| {
            let sums = sums(db, firm, days, SumsOf::Day)?;
            let sums = sums.into_iter().map(|sum| {
                let (year, month, _) = sum.day.date();
                ((year, month, sum.currency().code()), sum)
            });
            let month =
                |((year, month, _), (count, balance))| MonthSum { year, month, count, balance };
            Ok(balances(sums).into_iter().map(month).collect())
        })
        .await
    }

    /// What the completed transactions of some days add up to by category, type and currency.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn by_category(
        &self,
        firm: Id<Firm>,
        days: Days,
    ) -> Result<Vec<CategorySum>, ReadError> {
        self.ask(move |db| {
            let sums = sums(db, firm, days, SumsOf::Category)?;
            Ok(sums.into_iter().map(|sum| sum.of).collect())
        })
        .await
    }

    /// A time entry, and the rows it names.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn time_entry(
        &self,
        firm: Id<Firm>,
        by: &Ref<TimeEntry>,
    ) -> Result<Option<TimeEntryView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of time entries, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn time_entries(
        &self,
        firm: Id<Firm>,
        filter: TimeEntryFilter,
        part: Page,
    ) -> Result<Listed<TimeEntryView>, ReadError> {
        self.ask(move |db| page(db, only_time(firm, &filter), Sorted::NEWEST, &part)).await
    }

    /// The time entries that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn time_entry_sums(
        &self,
        firm: Id<Firm>,
        filter: TimeEntryFilter,
    ) -> Result<Vec<StatusSum<Review>>, ReadError> {
        self.ask(move |db| {
            let only = only_time(firm, &filter);
            status_sums::<TimeEntry, _>(db, only, "review", "time_entries_sums")
        })
        .await
    }

    /// Both at once, of one moment: a part of the list of time entries and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn time_entries_and_sums(
        &self,
        firm: Id<Firm>,
        filter: TimeEntryFilter,
        part: Page,
    ) -> Result<(Listed<TimeEntryView>, Vec<StatusSum<Review>>), ReadError> {
        self.ask(move |db| {
            let only = || only_time(firm, &filter);
            let listed = page(db, only(), Sorted::NEWEST, &part)?;
            let sums = status_sums::<TimeEntry, _>(db, only(), "review", "time_entries_sums")?;
            Ok((listed, sums))
        })
        .await
    }

    /// An expense, and the rows it names.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn expense(
        &self,
        firm: Id<Firm>,
        by: &Ref<Expense>,
    ) -> Result<Option<ExpenseView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of expenses, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn expenses(
        &self,
        firm: Id<Firm>,
        filter: ExpenseFilter,
        part: Page,
    ) -> Result<Listed<ExpenseView>, ReadError> {
        self.ask(move |db| page(db, only_expenses(firm, &filter), Sorted::NEWEST, &part)).await
    }

    /// The expenses that `filter` lets through, added up by status and currency, in that order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn expense_sums(
        &self,
        firm: Id<Firm>,
        filter: ExpenseFilter,
    ) -> Result<Vec<StatusSum<Review>>, ReadError> {
        self.ask(move |db| {
            let only = only_expenses(firm, &filter);
            status_sums::<Expense, _>(db, only, "review", "expenses_sums")
        })
        .await
    }

    /// Both at once, of one moment: a part of the list of expenses and what they add up to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn expenses_and_sums(
        &self,
        firm: Id<Firm>,
        filter: ExpenseFilter,
        part: Page,
    ) -> Result<(Listed<ExpenseView>, Vec<StatusSum<Review>>), ReadError> {
        self.ask(move |db| {
            let only = || only_expenses(firm, &filter);
            let listed = page(db, only(), Sorted::NEWEST, &part)?;
            let sums = status_sums::<Expense, _>(db, only(), "review", "expenses_sums")?;
            Ok((listed, sums))
        })
        .await
    }
}

macro_rules! with_parties {
    ($view:ident { $field:ident: $of:ident as $alias:literal }) => {
        impl View for $view {
            type Of = $of;
            const JOINS: &'static str = concat!(join!(client of $alias), join!(case of $alias));
            const JOINED: &'static [&'static str] =
                &[Client::TABLE.selected(), Case::TABLE.selected()];
        }

        impl Read for $view {
            fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
                let $field = Read::read(row)?;
                Ok(Self { $field, client: read_joined(row)?, case: read_joined(row)? })
            }
        }
    };
}
with_parties! { TransactionView { transaction: Transaction as "t" } }
with_parties! { TimeEntryView { entry: TimeEntry as "w" } }
with_parties! { ExpenseView { expense: Expense as "x" } }

fn flag(is_so: bool) -> Value {
    Value::from(i64::from(is_so))
}

fn only_transactions(firm: Id<Firm>, filter: &TransactionFilter) -> Only {
    let mut only = Only::of::<Transaction>(firm);
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    only.is_option("kind", filter.kind.map(|kind| kind.name().into()));
    only.is_option("status", filter.status.map(|status| status.name().into()));
    only.is_option("category", filter.category.as_deref().map(Value::from));
    only.days("day", filter.days);
    only.by("transactions_client", filter.client.is_some());
    only.by("transactions_case", filter.case.is_some());
    only.by("transactions_day", filter.days != Days::default());
    only.search(filter.search.as_ref());
    only
}

fn only_time(firm: Id<Firm>, filter: &TimeEntryFilter) -> Only {
    let mut only = Only::of::<TimeEntry>(firm);
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    only.by("time_entries_client", filter.client.is_some());
    only.by("time_entries_case", filter.case.is_some());
    only.by("time_entries_day", filter.days != Days::default());
    only.is_option("created_by", filter.by.map(Value::from));
    only.is_option("billable", filter.billable.map(flag));
    only.has("invoice_id", filter.billed);
    only.is_option("review", filter.review.map(|review| review.name().into()));
    only.days("day", filter.days);
    only
}

fn only_expenses(firm: Id<Firm>, filter: &ExpenseFilter) -> Only {
    let mut only = Only::of::<Expense>(firm);
    only.names("client_id", filter.client.as_ref());
    only.names("case_id", filter.case.as_ref());
    only.by("expenses_client", filter.client.is_some());
    only.by("expenses_case", filter.case.is_some());
    only.by("expenses_day", filter.days != Days::default());
    only.is_option("created_by", filter.by.map(Value::from));
    only.is_option("category", filter.category.as_deref().map(Value::from));
    only.is_option("billable", filter.billable.map(flag));
    only.has("invoice_id", filter.billed);
    only.is_option("review", filter.review.map(|review| review.name().into()));
    only.days("day", filter.days);
    only
}

/// The rows let through, added up by status and currency; `index` is one that holds both and the
/// amounts, for where no filter chose another.
fn status_sums<E: Shape, S>(
    db: &Db,
    mut only: Only,
    status: &str,
    index: &'static str,
) -> Result<Vec<StatusSum<S>>, ReadError>
where
    StatusSum<S>: Read,
{
    only.by(index, true);
    let alias = E::TABLE.alias;
    let sql = format!(
        "select {alias}.{status}, {alias}.currency, count(*), cast(sum({alias}.amount) as bigint) from {} where {}
         group by 1, 2 order by 1, 2",
        only.table::<E>(),
        only.sql()
    );
    db.all(&sql, &only.values)
}

macro_rules! read_status_sum {
    ($($status:ident),+) => {$(
        impl Read for StatusSum<$status> {
            fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
                let (status, currency) = (row.name($status::from_name)?, row.currency()?);
                Ok(Self { status, count: row.whole()?, total: row.money(currency)? })
            }
        }
    )+};
}
read_status_sum!(TransactionStatus, Review);

/// What sums are kept apart by, beside category, type and currency.
#[derive(Clone, Copy)]
enum SumsOf {
    Category,
    Day,
}

/// The completed transactions of one category, type and currency, and perhaps of one day.
struct Sum {
    of: CategorySum,
    day: Day,
}

impl Sum {
    const fn currency(&self) -> Currency {
        self.of.total.currency()
    }
}

impl Read for Sum {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (day, currency) = (row.day()?, row.currency()?);
        let of = CategorySum {
            category: row.words_option()?,
            kind: row.name(TransactionType::from_name)?,
            count: row.whole()?,
            total: row.money(currency)?,
        };
        Ok(Self { of, day })
    }
}

/// Adds up in the order of one index, so that nothing is sorted.
fn sums(db: &Db, firm: Id<Firm>, days: Days, apart: SumsOf) -> Result<Vec<Sum>, ReadError> {
    let mut only = Only::of::<Transaction>(firm);
    only.by("transactions_sums", true);
    only.and("t.status = 'completed'".to_owned());
    only.days("day", days);
    let (day, by) = match apart {
        SumsOf::Category => ("0", ""),
        SumsOf::Day => ("t.day", ", t.day"),
    };
    let sql = format!(
        "select {day}, t.currency, t.category, t.kind, count(*), cast(sum(t.amount) as bigint) from {} where {}
         group by t.category, t.kind, t.currency{by}
         order by t.category nulls first, t.kind, t.currency{by}",
        only.table::<Transaction>(),
        only.sql()
    );
    db.all(&sql, &only.values)
}

/// Adds up by `K`: how many, and the balance.
fn balances<K: Ord>(sums: impl Iterator<Item = (K, Sum)>) -> BTreeMap<K, (u64, Balance)> {
    let mut balances = BTreeMap::new();
    for (key, sum) in sums {
        let (currency, minor) = (sum.currency(), sum.of.total.minor());
        let nothing = Money::zero(currency);
        let zero = Balance { income: nothing, expense: nothing, balance: nothing };
        let (count, balance) = balances.entry(key).or_insert((0, zero));
        *count += sum.of.count;
        let add = |money: &mut Money, minor: i64| {
            *money = Money::from_minor(money.minor().saturating_add(minor), currency);
        };
        match sum.of.kind {
            TransactionType::Income => {
                add(&mut balance.income, minor);
                add(&mut balance.balance, minor);
            }
            TransactionType::Expense => {
                add(&mut balance.expense, minor);
                add(&mut balance.balance, minor.saturating_neg());
            }
            TransactionType::Transfer => {}
        }
    }
    balances
}
