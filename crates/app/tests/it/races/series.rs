//! Every numbered series: a hundred at once, several firms at once, and over the end of a month.

use serde_json::{Value, json};

use super::numbers::dense;
use crate::support::{
    client::{Answer, Call},
    firm::{Firm, line},
    race::Race,
};

/// A series: the field that carries its numbers, what they begin with, how wide they are.
struct Series {
    field: &'static str,
    prefix: &'static str,
    is_monthly: bool,
    digits: usize,
}

const fn yearly(field: &'static str, prefix: &'static str) -> Series {
    Series { field, prefix, is_monthly: false, digits: 4 }
}

const RETAINERS: Series = yearly("retainerNumber", "RET");
const PAYMENTS: Series = yearly("paymentNumber", "PAY");
const REFUNDS: Series = yearly("refundNumber", "PAY");
const CLIENTS: Series = yearly("clientNumber", "CLT");
const INVOICES: Series =
    Series { field: "invoiceNumber", prefix: "INV", is_monthly: true, digits: 4 };
const CREDIT_NOTES: Series =
    Series { field: "creditNoteNumber", prefix: "CN", is_monthly: true, digits: 4 };
const TRANSACTIONS: Series =
    Series { field: "transactionId", prefix: "TXN", is_monthly: true, digits: 5 };

impl Series {
    /// The answers' numbers go on from `first` in this month.
    fn goes_on(&self, answers: &[Answer], month: &str, first: usize) -> Result<(), String> {
        let period = if self.is_monthly { month } else { &month[..4] };
        let start = format!("{}-{period}-", self.prefix);
        dense(answers, self.field, &start, self.digits, first)
    }
}

fn invoicing(firm: &Firm<'_>, client: &str) -> Call {
    firm.invoicing(client, &[line(100)])
}

fn recording(firm: &Firm<'_>) -> Call {
    firm.post("/api/transactions", &json!({"type": "income", "amount": 10, "category": "fees"}))
}

fn paying(firm: &Firm<'_>, client: &str) -> Call {
    let body = json!({"clientId": client, "amount": 10, "paymentMethod": "cash",
        "paymentType": "customer_payment"});
    firm.post("/api/payments", &body)
}

fn opening(firm: &Firm<'_>, client: &str) -> Call {
    firm.post("/api/retainers", &json!({"clientId": client, "initialAmount": 100}))
}

fn crediting(firm: &Firm<'_>, invoice: &str) -> Call {
    firm.on_invoice(invoice, "convert-to-credit-note", &json!({"amount": 1, "reason": "agreed"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c09_a_hundred_invoices_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let call = invoicing(firm, &firm.client().await);
        INVOICES.goes_on(&firm.target.race(vec![call; 100]).await?, &firm.target.clock.month(), 1)
    };
    Race::new(10, "is missing").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c10_a_hundred_transactions_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let answers = firm.target.race(vec![recording(firm); 100]).await?;
        TRANSACTIONS.goes_on(&answers, &firm.target.clock.month(), 1)
    };
    Race::new(10, "is missing").broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x37_a_hundred_credit_notes_at_once_are_numbered_without_a_gap() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let mut calls = Vec::new();
        for _ in 0..5 {
            let invoice = firm.invoice(&client, 1_000).await;
            calls.extend(vec![crediting(firm, &invoice); 20]);
        }
        CREDIT_NOTES.goes_on(&firm.target.race(calls).await?, &firm.target.clock.month(), 1)
    };
    Race::new(10, "is missing").run(scenario).await;
}

/// Payments and their refunds are one series.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_payments_and_refunds_share_their_numbers() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let paid = firm.credit(&client, 1_000).await;
        let call = |n: usize| {
            if n.is_multiple_of(2) { paying(firm, &client) } else { firm.give_back(&paid, 10) }
        };
        let answers = firm.target.race((0..100).map(call).collect()).await?;
        let mut numbers = Vec::new();
        for (n, answer) in answers.iter().enumerate() {
            let field = if n.is_multiple_of(2) { PAYMENTS.field } else { REFUNDS.field };
            let number = &answer.json()["data"][field];
            numbers.push(number.as_str().unwrap_or_default().to_owned());
        }
        numbers.sort_unstable();
        let year = &firm.target.clock.month()[..4];
        for (n, number) in numbers.iter().enumerate() {
            let due = format!("PAY-{year}-{:04}", n + 2);
            if *number != due {
                return Err(format!("of 100 numbers {due} is missing, there is {number}"));
            }
        }
        Ok(())
    };
    Race::new(10, "is missing").run(scenario).await;
}

/// What is deleted keeps its number; counting what is left would give it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_a_deleted_payments_number_is_not_given_again() {
    let scenario = async |firm: &Firm<'_>| {
        let client = firm.client().await;
        let mut payments = Vec::new();
        for _ in 0..3 {
            payments.push(firm.pending(&client, 10, &json!({})).await);
        }
        let mut calls = vec![firm.delete(format!("/api/payments/{}", payments[1]))];
        calls.extend((0..6).map(|_| paying(firm, &client)));
        let answers = firm.target.race(calls).await?;
        PAYMENTS.goes_on(&answers[1..], &firm.target.clock.month(), 4)?;
        // The last one goes, and the next goes on behind it.
        let last = answers[6].json()["data"]["_id"].as_str().unwrap_or_default().to_owned();
        firm.make(firm.delete(format!("/api/payments/{last}"))).await;
        let next = firm.target.send(&paying(firm, &client)).await;
        PAYMENTS.goes_on(&[next], &firm.target.clock.month(), 10)
    };
    Race::new(20, "is missing").broken_in_any_order().run(scenario).await;
}

/// What makes a document of a series, for a client.
type Making = fn(&Firm<'_>, &str) -> Call;

/// The first documents of two firms, at once: each firm's begin with one.
async fn begin(firm: &Firm<'_>, all: &[(&Series, Making)]) -> Result<(), String> {
    let other = Firm::new(firm.target);
    let firms = [firm, &other];
    let create = |firm: &Firm<'_>| firm.post("/api/clients", &json!({"fullName": "Noura"}));
    let calls = firms.iter().flat_map(|firm| vec![create(firm); 4]).collect();
    let answers = firm.target.race(calls).await?;
    for own in answers.chunks(4) {
        CLIENTS.goes_on(own, &firm.target.clock.month(), 1)?;
    }
    let mut calls = Vec::new();
    for (n, firm) in firms.iter().enumerate() {
        let client = answers[n * 4].json()["data"]["_id"].as_str().expect("an id").to_owned();
        for (_, call) in all {
            calls.extend(vec![call(firm, &client); 3]);
        }
    }
    let answers = firm.target.race(calls).await?;
    for own in answers.chunks(3 * all.len()) {
        for ((series, _), own) in all.iter().zip(own.chunks(3)) {
            series.goes_on(own, &firm.target.clock.month(), 1)?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c05_two_firms_begin_every_yearly_series_at_once() {
    let scenario =
        async |firm: &Firm<'_>| begin(firm, &[(&RETAINERS, opening), (&PAYMENTS, paying)]).await;
    Race::new(15, "is missing").run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c09_two_firms_begin_every_monthly_series_at_once() {
    let scenario = async |firm: &Firm<'_>| {
        begin(firm, &[(&INVOICES, invoicing), (&TRANSACTIONS, |firm, _| recording(firm))]).await
    };
    Race::new(15, "is missing").broken_in_any_order().run(scenario).await;
}

/// Four of each series at once, in the last seconds of a month in Riyadh and in the first of the next.
async fn over(firm: &Firm<'_>, ends: [(&str, &str); 2]) -> Result<(), String> {
    firm.target.clock.set(ends[0].0);
    let client = firm.client().await;
    let invoice = firm.invoice(&client, 1_000).await;
    let all: [(&Series, Call); 5] = [
        (&PAYMENTS, paying(firm, &client)),
        (&RETAINERS, opening(firm, &client)),
        (&INVOICES, invoicing(firm, &client)),
        (&CREDIT_NOTES, crediting(firm, &invoice)),
        (&TRANSACTIONS, recording(firm)),
    ];
    let is_new_year = ends[0].1[..4] != ends[1].1[..4];
    for (n, (instant, month)) in ends.into_iter().enumerate() {
        firm.target.clock.set(instant);
        let calls = all.iter().flat_map(|(_, call)| vec![call.clone(); 4]).collect();
        let answers = firm.target.race(calls).await?;
        for ((series, _), own) in all.iter().zip(answers.chunks(4)) {
            let goes_on = n == 1 && !series.is_monthly && !is_new_year;
            // One invoice was there before.
            let is_second = n == 0 && series.field == INVOICES.field;
            let first = if goes_on { 5 } else { 1 + usize::from(is_second) };
            series.goes_on(own, month, first)?;
        }
    }
    // A document is dated on the firm's day, too.
    let listed = firm.list("/api/invoices").await;
    let of_july =
        |row: &&Value| row["invoiceNumber"].as_str().is_some_and(|n| n.contains(ends[1].1));
    match listed.iter().filter(of_july).count() {
        4 => Ok(()),
        count => Err(format!("{count} invoices are numbered in {}", ends[1].1)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x37_a_month_begins_at_midnight_in_riyadh() {
    let scenario = async |firm: &Firm<'_>| {
        over(firm, [("2026-06-30T20:59:50Z", "202606"), ("2026-06-30T21:00:01Z", "202607")]).await
    };
    Race::new(15, "is missing").in_this_process().broken_in_any_order().run(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x37_a_year_begins_at_midnight_in_riyadh() {
    let scenario = async |firm: &Firm<'_>| {
        over(firm, [("2026-12-31T20:59:50Z", "202612"), ("2026-12-31T21:00:01Z", "202701")]).await
    };
    Race::new(15, "is missing").in_this_process().broken_in_any_order().run(scenario).await;
}
