//! The lists of retainers, and their sums by status.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    Day, Id, Money,
    actor::Action,
    id::User,
    rows::{RetainerStatus, RetainerType},
};
use serde::Deserialize;
use store::{Listed, RetainerFilter, RetainerSum};

use super::{clients, write};
use crate::{
    App,
    http::{
        answer::Answer,
        api::list::{self, Asked, Part},
        error::Refusal,
        extract::Caller,
        json,
    },
    messages::Message,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::http) struct Filter {
    /// One or several, with commas between.
    status: String,
    retainer_type: String,
    client_id: String,
    case_id: String,
}

impl Filter {
    fn retainers(&self, today: Day, own: Option<Id<User>>) -> Result<RetainerFilter, Refusal> {
        let invalid = || Refusal::field(Message::InvalidField, "status", Message::InvalidField);
        let names = self.status.split(',').map(str::trim).filter(|name| !name.is_empty());
        let statuses = names.map(|name| RetainerStatus::from_name(name).ok_or_else(invalid));
        Ok(RetainerFilter {
            statuses: statuses.collect::<Result<_, _>>()?,
            kind: list::choice::<RetainerType>("retainerType", &self.retainer_type)?,
            client: list::client(&self.client_id),
            ..all(today, own)
        })
    }
}

fn all(today: Day, own: Option<Id<User>>) -> RetainerFilter {
    RetainerFilter { today, own, statuses: Vec::new(), kind: None, client: None, low_only: false }
}

/// `GET /api/retainers`
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(filter): Asked<Filter>,
    Asked(part): Asked<Part>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadRetainers).await?;
    let chosen = filter.retainers(caller.today().await?, own)?;
    // Cases are not kept yet, so no retainer belongs to one.
    let is_of_case = !filter.case_id.is_empty();
    part_of(&app, &caller, chosen, &part, is_of_case).await
}

/// `GET /api/retainers/low-balance`: active ones at or below their minimum.
pub(in crate::http) async fn low_balance(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadRetainers).await?;
    let low = RetainerFilter { low_only: true, ..all(caller.today().await?, own) };
    part_of(&app, &caller, low, &part, false).await
}

async fn part_of(
    app: &App,
    caller: &Caller,
    filter: RetainerFilter,
    part: &Part,
    is_empty: bool,
) -> Result<Answer, Refusal> {
    let (firm, today, page) = (caller.actor.firm, filter.today, part.page()?);
    let own = filter.own;
    let (mut listed, sums) = if is_empty {
        (Listed { rows: Vec::new(), total: 0, next: None }, Vec::new())
    } else {
        let sums = app.reader.retainer_sums(firm, filter.clone()).await?;
        (app.reader.retainers(firm, filter, page.clone()).await?, sums)
    };
    for view in &mut listed.rows {
        clients::hide_from(own, &mut view.retainer.terms.notes);
    }
    Ok(list::answer(
        &listed,
        &page,
        |out, view| write(out, &view.retainer, &view.client, today),
        |o| o.with("summary", |out| json::array(out, &sums, write_sum)),
    ))
}

/// `GET /api/retainers/stats`: every status with its sums, and the whole, one line a currency.
pub(in crate::http) async fn stats(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Answer, Refusal> {
    let own = caller.may(Action::ReadRetainers).await?;
    let filter = all(caller.today().await?, own);
    let sums = app.reader.retainer_sums(caller.actor.firm, filter).await?;
    let mut out = Vec::with_capacity(1_024);
    json::object(&mut out, |o| {
        o.integer("count", sums.iter().map(|sum| sum.count).sum::<u64>());
        o.with("byStatus", |out| json::array(out, &sums, write_sum));
        o.with("totals", |out| {
            json::array(out, &totals(&sums), |out, sum| json::object(out, |o| amounts(o, sum)));
        });
    });
    Ok(Answer::object(|o| {
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
