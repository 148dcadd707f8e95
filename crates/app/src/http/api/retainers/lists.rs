//! The lists of retainers, and their sums by status.

use domain::{
    Day, Id, Money,
    id::User,
    rows::{RetainerStatus, RetainerType},
};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{RetainerFilter, RetainerSum, RetainerView};

use crate::http::{
    error::Refusal,
    field::{Choice, Choices, Reference},
    json,
    read::{Beside, Object, Question, Rows},
    wire::{self, wire},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    status: Choices<RetainerStatus>,
    retainer_type: Choice<RetainerType>,
    client_id: Reference,
    case_id: Reference,
}

fn every(today: Day, own: Option<Id<User>>) -> RetainerFilter {
    RetainerFilter {
        today,
        own,
        statuses: Vec::new(),
        kind: None,
        client: None,
        case: None,
        low_only: false,
    }
}

pub(super) async fn all(
    question: Question<Filter>,
) -> Result<Rows<RetainerView, Summary>, Refusal> {
    let Filter { status, retainer_type, client_id, case_id } = &question.filter;
    let filter = RetainerFilter {
        statuses: status.0.clone(),
        kind: retainer_type.0,
        client: client_id.reference(),
        case: case_id.reference(),
        ..every(question.today, question.own)
    };
    part(&question, filter).await
}

pub(super) async fn low(question: Question) -> Result<Rows<RetainerView, Summary>, Refusal> {
    let low = RetainerFilter { low_only: true, ..every(question.today, question.own) };
    part(&question, low).await
}

async fn part<F>(
    question: &Question<F>,
    filter: RetainerFilter,
) -> Result<Rows<RetainerView, Summary>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    let asked = reader.retainers_and_sums(firm, filter, question.page.clone());
    let (listed, sums) = asked.await?;
    Ok(question.rows_beside(listed, Summary(sums)))
}

/// The sums over the whole list, status by status.
pub(super) struct Summary(Vec<RetainerSum>);

impl Beside for Summary {
    type Doc = SummaryDoc;

    fn write(&self, o: &mut json::Object<'_>) {
        o.with("summary", |out| json::array(out, &self.0, write_sum));
    }
}

wire! {
    /// The sums over the whole list.
    SummaryDoc {
        summary: Vec<RetainerSumDoc>,
    }

    /// Retainers of one status and currency.
    RetainerSumDoc {
        _id: wire::Name<RetainerStatus>,
        count: wire::Number,
        currency: wire::CurrencyCode,
        totalInitialAmount: wire::Money,
        totalCurrentBalance: wire::Money,
        totalDeposits: wire::Money,
        totalConsumptions: wire::Money,
        totalRefunds: wire::Money,
    }

    /// Retainers of one currency.
    RetainerTotalDoc {
        count: wire::Number,
        currency: wire::CurrencyCode,
        totalInitialAmount: wire::Money,
        totalCurrentBalance: wire::Money,
        totalDeposits: wire::Money,
        totalConsumptions: wire::Money,
        totalRefunds: wire::Money,
    }

    /// Every status with its sums, and the whole, one line a currency.
    RetainerStatsDoc {
        count: wire::Number,
        byStatus: Vec<RetainerSumDoc>,
        totals: Vec<RetainerTotalDoc>,
    }

    /// Retainers in sums.
    StatsDoc {
        data: RetainerStatsDoc,
        stats: RetainerStatsDoc,
    }
}

pub(super) async fn stats(question: Question) -> Result<Object<StatsDoc>, Refusal> {
    let filter = every(question.today, question.own);
    let sums = question.reader.retainer_sums(question.firm(), filter).await?;
    let mut out = Vec::with_capacity(1_024);
    json::object(&mut out, |o| {
        o.integer("count", sums.iter().map(|sum| sum.count).sum::<u64>());
        o.with("byStatus", |out| json::array(out, &sums, write_sum));
        o.with("totals", |out| {
            json::array(out, &totals(&sums), |out, sum| json::object(out, |o| amounts(o, sum)));
        });
    });
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("stats", &out);
    }))
}

fn write_sum(out: &mut Vec<u8>, sum: &RetainerSum) {
    json::object(out, |o| {
        o.text("_id", sum.status.name());
        amounts(o, sum);
    });
}

fn amounts(o: &mut json::Object<'_>, sum: &RetainerSum) {
    o.integer("count", sum.count);
    o.text("currency", sum.current.currency().code());
    o.money("totalInitialAmount", sum.initial);
    o.money("totalCurrentBalance", sum.current);
    o.money("totalDeposits", sum.deposits);
    o.money("totalConsumptions", sum.consumptions);
    o.money("totalRefunds", sum.refunds);
}

/// The sums over all statuses, one for each currency: two currencies are never added.
fn totals(sums: &[RetainerSum]) -> Vec<RetainerSum> {
    let mut totals: Vec<RetainerSum> = Vec::new();
    for sum in sums {
        let currency = sum.current.currency();
        match totals.iter_mut().find(|total| total.current.currency() == currency) {
            None => totals.push(sum.clone()),
            Some(total) => add(total, sum),
        }
    }
    totals
}

fn add(total: &mut RetainerSum, sum: &RetainerSum) {
    // One currency; beyond 64 bits the sum stands still, which no firm will ever see.
    let plus =
        |a: Money, b: Money| Money::from_minor(a.minor().saturating_add(b.minor()), a.currency());
    total.count += sum.count;
    total.initial = plus(total.initial, sum.initial);
    total.current = plus(total.current, sum.current);
    total.deposits = plus(total.deposits, sum.deposits);
    total.consumptions = plus(total.consumptions, sum.consumptions);
    total.refunds = plus(total.refunds, sum.refunds);
}
