//! What the firm's own books add up to. **Two currencies are never added**: the firm's own stands in
//! front, every other one beside it.

use domain::{Currency, Money, rows::TransactionType};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Balance, CategorySum, Days, MonthSum};

use crate::http::{
    api::days,
    error::Refusal,
    field::{Choice, When},
    json,
    read::{Object, Question},
    wire::{self, wire},
};

wire! {
    /// Income less expense over what is completed.
    BalanceDoc {
        data: BooksBalanceDoc,
        balance: wire::Money,
        asOfDate: wire::Day,
    }

    /// The balance in the firm's currency, and beside it in every other one.
    BooksBalanceDoc {
        balance: wire::Money,
        totalIncome: wire::Money,
        totalExpenses: wire::Money,
        currency: wire::CurrencyCode,
        asOfDate: wire::Day,
        otherCurrencies: Vec<CurrencyBalanceDoc>,
    }

    /// The balance in one currency.
    CurrencyBalanceDoc {
        balance: wire::Money,
        totalIncome: wire::Money,
        totalExpenses: wire::Money,
        currency: wire::CurrencyCode,
    }

    /// What was earned and spent.
    SummaryDoc {
        data: BooksSummaryDoc,
        summary: BooksSummaryDoc,
    }

    /// What was earned and spent in the firm's currency, and beside it in every other one.
    BooksSummaryDoc {
        balance: wire::Money,
        totalIncome: wire::Money,
        totalExpenses: wire::Money,
        currency: wire::CurrencyCode,
        /// The months with something in them, oldest first.
        monthlyBreakdown: Vec<MonthDoc>,
        otherCurrencies: Vec<CurrencySummaryDoc>,
    }

    /// What was earned and spent in one currency.
    CurrencySummaryDoc {
        balance: wire::Money,
        totalIncome: wire::Money,
        totalExpenses: wire::Money,
        currency: wire::CurrencyCode,
        /// The months with something in them, oldest first.
        monthlyBreakdown: Vec<MonthDoc>,
    }

    /// What was earned and spent in one month.
    MonthDoc {
        /// `2026-06`
        month: String,
        income: wire::Money,
        expenses: wire::Money,
        balance: wire::Money,
        /// How many transactions, transfers among them.
        count: wire::Number,
    }

    /// What was earned and spent, by category.
    CategoriesDoc {
        data: Vec<CategorySumDoc>,
    }

    /// Transactions of one category, type and currency.
    CategorySumDoc {
        /// The category; null: without one.
        _id: Option<String>,
        category: Option<String>,
        r#type: wire::Name<TransactionType>,
        count: wire::Number,
        currency: wire::CurrencyCode,
        totalAmount: wire::Money,
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UpTo {
    /// The last day that counts; today, where nothing is said.
    up_to_date: When,
}

pub(super) async fn balance(question: Question<UpTo>) -> Result<Object<BalanceDoc>, Refusal> {
    let day = days::day(&question, &question.filter.up_to_date).await?.unwrap_or(question.today);
    let days = Days { from: None, to: Some(day) };
    let balances = question.reader.balance(question.firm(), days).await?;
    let (own, others) = own_first(balances, days::firm(&question).await?.currency);
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                write_balance(o, &own);
                o.day("asOfDate", day);
                o.with("otherCurrencies", |out| {
                    json::array(out, &others, |out, other| {
                        json::object(out, |o| write_balance(o, other));
                    });
                });
            });
        });
        o.money("balance", own.balance);
        o.day("asOfDate", day);
    }))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Period {
    /// The first day.
    #[serde(alias = "from")]
    start_date: When,
    /// The last day.
    #[serde(alias = "to")]
    end_date: When,
}

pub(super) async fn summary(question: Question<Period>) -> Result<Object<SummaryDoc>, Refusal> {
    let asked = &question.filter;
    let days = days::between(&question, &asked.start_date, &asked.end_date).await?;
    let months = question.reader.monthly(question.firm(), days).await?;
    let (own, others) = own_first(whole(&months), days::firm(&question).await?.currency);
    let mut out = Vec::with_capacity(1_024);
    json::object(&mut out, |o| {
        write_summary(o, &own, &months);
        o.with("otherCurrencies", |out| {
            json::array(out, &others, |out, other| {
                json::object(out, |o| write_summary(o, other, &months));
            });
        });
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("summary", &out);
    }))
}

/// The months added up, currency by currency.
fn whole(months: &[MonthSum]) -> Vec<Balance> {
    let mut whole: Vec<Balance> = Vec::new();
    for MonthSum { balance: month, .. } in months {
        let currency = month.balance.currency();
        match whole.iter_mut().find(|sum| sum.balance.currency() == currency) {
            None => whole.push(month.clone()),
            Some(sum) => {
                sum.income = plus(sum.income, month.income);
                sum.expense = plus(sum.expense, month.expense);
                sum.balance = plus(sum.balance, month.balance);
            }
        }
    }
    whole
}

/// Of one currency; beyond 64 bits the sum stands still, which no firm will ever see.
fn plus(a: Money, b: Money) -> Money {
    Money::from_minor(a.minor().saturating_add(b.minor()), a.currency())
}

/// The sums in the firm's currency, which may be nothing, and those in every other one.
fn own_first(mut balances: Vec<Balance>, currency: Currency) -> (Balance, Vec<Balance>) {
    let own = balances.iter().position(|sum| sum.balance.currency() == currency);
    let nothing = Money::zero(currency);
    let nothing = Balance { income: nothing, expense: nothing, balance: nothing };
    let own = own.map_or(nothing, |place| balances.remove(place));
    (own, balances)
}

fn write_balance(o: &mut json::Object<'_>, sum: &Balance) {
    o.money("balance", sum.balance);
    o.money("totalIncome", sum.income);
    o.money("totalExpenses", sum.expense);
    o.text("currency", sum.balance.currency().code());
}

fn write_summary(o: &mut json::Object<'_>, sum: &Balance, months: &[MonthSum]) {
    let currency = sum.balance.currency();
    write_balance(o, sum);
    let its = months.iter().filter(|month| month.balance.balance.currency() == currency);
    o.with("monthlyBreakdown", |out| json::array(out, its, write_month));
}

fn write_month(out: &mut Vec<u8>, month: &MonthSum) {
    json::object(out, |o| {
        o.text("month", &format!("{:04}-{:02}", month.year, month.month));
        o.money("income", month.balance.income);
        o.money("expenses", month.balance.expense);
        o.money("balance", month.balance.balance);
        o.integer("count", month.count);
    });
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Categories {
    r#type: Choice<TransactionType>,
    /// The first day.
    #[serde(alias = "from")]
    start_date: When,
    /// The last day.
    #[serde(alias = "to")]
    end_date: When,
}

pub(super) async fn by_category(
    question: Question<Categories>,
) -> Result<Object<CategoriesDoc>, Refusal> {
    let asked = &question.filter;
    let days = days::between(&question, &asked.start_date, &asked.end_date).await?;
    let mut sums = question.reader.by_category(question.firm(), days).await?;
    sums.retain(|sum| asked.r#type.0.is_none_or(|kind| kind == sum.kind));
    Ok(Object::new(|o| o.with("data", |out| json::array(out, &sums, write_category))))
}

fn write_category(out: &mut Vec<u8>, sum: &CategorySum) {
    json::object(out, |o| {
        o.text_or_null("_id", sum.category.as_deref());
        o.text_or_null("category", sum.category.as_deref());
        o.text("type", sum.kind.name());
        o.integer("count", sum.count);
        o.text("currency", sum.total.currency().code());
        o.money("totalAmount", sum.total);
    });
}
