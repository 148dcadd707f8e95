//! What clients owe, by how long it has been due.

use domain::Money;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{AGE_COUNT, ClientAge};

use crate::http::{
    api::{
        clients::{self, ClientShortDoc},
        days,
    },
    error::Refusal,
    field::When,
    json,
    read::{Object, Question},
    wire::{self, wire},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Filter {
    /// The day on which the age is counted, today where nothing is said; the amounts are what is due now.
    date: When,
}

wire! {
    /// What clients owe.
    AgeingDoc {
        data: AgesDoc,
    }

    /// What clients owe, by age.
    AgesDoc {
        asOfDate: wire::Day,
        /// By client, then currency.
        clients: Vec<ClientAgeDoc>,
        /// All of them, one line a currency.
        totals: Vec<AgeDoc>,
    }

    /// What one client owes in one currency.
    ClientAgeDoc {
        clientId: ClientShortDoc,
        currency: wire::CurrencyCode,
        /// Not due yet, or due today.
        current: wire::Money,
        days1To30: wire::Money,
        days31To60: wire::Money,
        days61To90: wire::Money,
        over90: wire::Money,
        total: wire::Money,
    }

    /// What all clients owe in one currency.
    AgeDoc {
        currency: wire::CurrencyCode,
        /// Not due yet, or due today.
        current: wire::Money,
        days1To30: wire::Money,
        days31To60: wire::Money,
        days61To90: wire::Money,
        over90: wire::Money,
        total: wire::Money,
    }
}

pub(super) async fn receivables(question: Question<Filter>) -> Result<Object<AgeingDoc>, Refusal> {
    let day = days::day(&question, &question.filter.date).await?.unwrap_or(question.today);
    let ageing = question.reader.ageing(question.firm(), day).await?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.day("asOfDate", day);
                o.with("clients", |out| json::array(out, &ageing.clients, write_client));
                o.with("totals", |out| {
                    json::array(out, &ageing.sums, |out, ages| {
                        json::object(out, |o| write_ages(o, ages));
                    });
                });
            });
        });
    }))
}

fn write_client(out: &mut Vec<u8>, of: &ClientAge) {
    json::object(out, |o| {
        o.with("clientId", |out| clients::write_short(out, &of.client));
        write_ages(o, &of.ages);
    });
}

fn write_ages(o: &mut json::Object<'_>, ages: &[Money; AGE_COUNT]) {
    let [current, month, two, three, rest] = *ages;
    // One currency; 64 bits hold what any client may owe.
    let total = ages.iter().fold(0_i64, |sum, age| sum.saturating_add(age.minor()));
    o.text("currency", current.currency().code());
    o.money("current", current);
    o.money("days1To30", month);
    o.money("days31To60", two);
    o.money("days61To90", three);
    o.money("over90", rest);
    o.money("total", Money::from_minor(total, current.currency()));
}
