//! S22: another tenant reaches for objects while their owner changes them.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// An id of the same length that nobody has: a real one with another end.
fn absent(id: &str) -> String {
    let last = if id.ends_with('f') { '0' } else { 'f' };
    let mut other: String = id.chars().take(id.chars().count().saturating_sub(4)).collect();
    other.extend(std::iter::repeat_n(last, 4));
    other
}

/// S22: by turns for an account, and for an invoice and its payment.
pub(super) async fn reach(round: &mut Round<'_>) -> Result<(), Stop> {
    let documents = [Verb::CreateInvoice, Verb::ReadInvoice, Verb::CreatePayment];
    let changes = [Verb::CompletePayment, Verb::VoidInvoice];
    let has_all = documents.iter().chain(&changes).all(|verb| round.has(*verb));
    if has_all && round.settings.round % 3 == 2 {
        documents_of_another(round).await
    } else {
        account_of_another(round).await
    }
}

async fn documents_of_another(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let invoice = round.invoice(&client, 500_00).await?;
    let payment = round.payment(&client, Some(&invoice), 500_00).await?;
    let pay = Ask::new(Verb::CompletePayment).on(&payment).amount(500_00);
    let pay = pay.with(|args| args.invoice = Some(invoice.clone()));
    let others = |verb, on: &str| Ask::new(verb).on(on).tenant("b");
    let mut asks = vec![pay];
    for verb in [Verb::ReadInvoice, Verb::VoidInvoice] {
        asks.extend([others(verb, &invoice), others(verb, &absent(&invoice))]);
    }
    for verb in [Verb::ReadPayment, Verb::CancelPayment, Verb::CompletePayment] {
        if round.has(verb) {
            asks.extend([others(verb, &payment), others(verb, &absent(&payment))]);
        }
    }
    round.rng.shuffle(&mut asks);
    round.race(asks).await?;
    round.rest(Ask::new(Verb::ReadInvoice).on(&invoice)).await?;
    round.rest_if(Ask::new(Verb::ReadPayment).on(&payment)).await
}

async fn account_of_another(round: &mut Round<'_>) -> Result<(), Stop> {
    let secret = round.name("secret");
    round.header().secrets.insert("a".to_owned(), secret.clone());
    let client = Ask::new(Verb::CreateClient).with(|args| args.value = Some(secret));
    let client = round.made(client).await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let draw = |on: &str| Ask::new(Verb::Consume).on(on).amount(10_00);
    let look = |on: &str| Ask::new(Verb::ReadRetainer).on(on).tenant("b");
    let nowhere = absent(&retainer);
    let mut asks = vec![
        draw(&retainer),
        draw(&retainer).amount(20_00).tenant("b"),
        draw(&nowhere).amount(20_00).tenant("b"),
        look(&retainer),
        look(&nowhere),
        draw(&retainer).amount(40_00),
    ];
    for verb in [Verb::Deposit, Verb::CloseRetainer] {
        if round.has(verb) {
            asks.push(Ask::new(verb).on(&retainer).amount(5_00).tenant("b"));
        }
    }
    if round.has(Verb::ReadClient) {
        asks.push(Ask::new(Verb::ReadClient).on(&client).tenant("b"));
    }
    round.rng.shuffle(&mut asks);
    round.race(asks).await?;
    round.rest_of_account(&retainer).await
}
