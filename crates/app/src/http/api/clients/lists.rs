//! The lists of clients and of what a client has, and sums over all of them.

use domain::{
    Currency, Day, Id, Ref, Timestamp,
    rows::{Client, Firm},
};
use jiff::civil;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{
    CaseFilter, CaseView, ClientFilter, ClientRevenue, ClientStats, InvoiceFilter, InvoiceView,
    PaymentFilter, PaymentView,
};

use super::show::{self, ClientSumsDoc, Sums};
use crate::http::{
    api::days,
    error::Refusal,
    field::{Count, Text},
    json,
    read::{Object, Question, Rows},
    wire::{self, wire},
};

/// Most clients in the list of those that have paid most.
const TOP_COUNT_MAX: u32 = 100;
const TOP_COUNT_DEFAULT: u32 = 10;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Filter {
    /// Only clients whose names, numbers, e-mail or phone contain this, as readers of Arabic and Latin
    /// script mean it: case, vowel marks, forms of one letter and of digits make no difference.
    search: Text<200>,
}

pub(super) async fn all(question: Question<Filter>) -> Result<Rows<Client>, Refusal> {
    let search = question.filter.search.0.clone();
    part(&question, search).await
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Searched {
    /// As `search` of the list of clients; all clients where nothing is said.
    q: Text<200>,
}

pub(super) async fn search(question: Question<Searched>) -> Result<Rows<Client>, Refusal> {
    let search = question.filter.q.0.clone();
    part(&question, search).await
}

async fn part<F>(question: &Question<F>, search: Option<String>) -> Result<Rows<Client>, Refusal> {
    let filter = ClientFilter { own: question.own, search };
    let listed = question.reader.clients(question.firm(), filter, question.page.clone()).await?;
    Ok(question.rows(listed))
}

wire! {
    /// Clients in numbers.
    ClientCountsDoc {
        total: wire::Number,
        individuals: wire::Number,
        companies: wire::Number,
        newThisMonth: wire::Number,
        /// What the documents of all clients add up to.
        totals: ClientSumsDoc,
    }

    /// All clients.
    ClientStatsDoc {
        data: ClientCountsDoc,
        stats: ClientCountsDoc,
    }
}

pub(super) async fn stats(question: Question) -> Result<Object<ClientStatsDoc>, Refusal> {
    question.reaches_all()?;
    let firm = days::firm(&question).await?;
    let since = first_of_month(question.today, &firm);
    let stats = question.reader.client_stats(firm.id, since).await?;
    let mut out = Vec::with_capacity(512);
    write_stats(&mut out, stats, firm.currency);
    Ok(Object::new(|o| {
        o.raw("data", &out);
        o.raw("stats", &out);
    }))
}

fn write_stats(out: &mut Vec<u8>, stats: ClientStats, currency: Currency) {
    let ClientStats { individuals, companies, fresh, sums } = stats;
    json::object(out, |o| {
        o.integer("total", individuals + companies);
        o.integer("individuals", individuals);
        o.integer("companies", companies);
        o.integer("newThisMonth", fresh);
        o.with("totals", |out| json::object(out, |o| Sums::of(sums, currency).write(o)));
    });
}

/// When the month of a day began at the firm.
fn first_of_month(day: Day, firm: &Firm) -> Timestamp {
    let (year, month, _) = day.date();
    let midnight = civil::date(year, month, 1).at(0, 0, 0, 0);
    let instant = firm.zone.to_timestamp(midnight);
    Timestamp::from_micros(instant.map_or(i64::MAX, jiff::Timestamp::as_microsecond))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Top {
    /// How many clients in each currency: 10 if not said, at most 100.
    limit: Count,
}

wire! {
    /// Who has paid most.
    TopDoc {
        data: Vec<ClientRevenueDoc>,
    }

    /// What a client has paid in one currency.
    ClientRevenueDoc {
        _id: wire::Id,
        clientNumber: String,
        fullName: String,
        name: String,
        firstName: Option<String>,
        lastName: Option<String>,
        currency: wire::CurrencyCode,
        /// Invoices that were sent.
        totalInvoices: wire::Number,
        /// What payments and retainers have paid of them.
        totalRevenue: wire::Money,
    }
}

pub(super) async fn top(question: Question<Top>) -> Result<Object<TopDoc>, Refusal> {
    question.reaches_all()?;
    let limit = question.filter.limit.0.unwrap_or(TOP_COUNT_DEFAULT).min(TOP_COUNT_MAX);
    let clients = question.reader.top_clients(question.firm(), limit).await?;
    Ok(Object::new(|o| o.with("data", |out| json::array(out, &clients, write_revenue))))
}

fn write_revenue(out: &mut Vec<u8>, top: &ClientRevenue) {
    json::object(out, |o| {
        show::short(o, &top.client);
        o.text("currency", top.revenue.currency().code());
        o.integer("totalInvoices", top.invoices);
        o.money("totalRevenue", top.revenue);
    });
}

/// The client in the path, if the caller may see it; asked for by id from here on.
async fn client<F>(question: &Question<F>) -> Result<Option<Ref<Client>>, Refusal> {
    let id: Id<Client> = question.row::<Client>().await?.id;
    Ok(Some(Ref::Id(id)))
}

pub(super) async fn invoices(question: Question) -> Result<Rows<InvoiceView>, Refusal> {
    let client = client(&question).await?;
    let filter = InvoiceFilter { own: question.own, client, ..InvoiceFilter::all(question.today) };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.invoices(firm, filter, question.page.clone()).await?))
}

pub(super) async fn payments(question: Question) -> Result<Rows<PaymentView>, Refusal> {
    let client = client(&question).await?;
    let filter = PaymentFilter { own: question.own, client, ..PaymentFilter::default() };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.payments(firm, filter, question.page.clone()).await?))
}

pub(super) async fn cases(question: Question) -> Result<Rows<CaseView>, Refusal> {
    let client = client(&question).await?;
    let filter = CaseFilter { own: question.own, client, ..CaseFilter::default() };
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.cases(firm, filter, question.page.clone()).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_the_firms_midnight() {
        let day = Day::of_date(2026, 3, 17).unwrap();
        let firm = Firm::new(Id::new([1; 12]));
        assert_eq!(first_of_month(day, &firm).to_string(), "2026-02-28T21:00:00.000Z");
    }
}
