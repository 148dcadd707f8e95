//! S03 to S08: payments, what they are set against, and what goes back.

use crate::{
    history::{Minor, Verb},
    round::{Ask, Round, Stop},
};

fn complete(payment: &str, invoice: &str) -> Ask {
    Ask::new(Verb::CompletePayment).on(payment).with(|args| args.invoice = Some(invoice.to_owned()))
}

async fn rest(round: &mut Round<'_>, invoice: &str, payments: &[String]) -> Result<(), Stop> {
    round.rest(Ask::new(Verb::ReadInvoice).on(invoice)).await?;
    for payment in payments {
        round.rest_if(Ask::new(Verb::ReadPayment).on(payment)).await?;
    }
    round.rest_of_books().await
}

/// Payments of these amounts on one invoice, completed together.
async fn pay(round: &mut Round<'_>, total: Minor, amounts: &[Minor]) -> Result<(), Stop> {
    let client = round.client().await?;
    let invoice = round.invoice(&client, total).await?;
    let (mut asks, mut payments) = (Vec::new(), Vec::new());
    for amount in amounts {
        let payment = round.payment(&client, Some(&invoice), *amount).await?;
        asks.push(complete(&payment, &invoice).amount(*amount));
        payments.push(payment);
    }
    round.race(asks).await?;
    rest(round, &invoice, &payments[..payments.len().min(2)]).await
}

/// S03: two halves, or parts that are powers of two.
pub(super) async fn pay_in_parts(round: &mut Round<'_>) -> Result<(), Stop> {
    if round.settings.round.is_multiple_of(2) {
        return pay(round, 1_000_00, &[500_00, 500_00]).await;
    }
    let parts: Vec<Minor> = (0..round.settings.n.clamp(2, 12)).map(|n| 1_00 << n).collect();
    pay(round, parts.iter().sum(), &parts).await
}

/// S05.
pub(super) async fn pay_twice(round: &mut Round<'_>) -> Result<(), Stop> {
    pay(round, 1_000_00, &[1_000_00, 1_000_00]).await
}

/// S04: half of the invoice, so that a second application has room to show itself.
pub(super) async fn complete_twice(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let invoice = round.invoice(&client, 10_000_00).await?;
    let payment = round.payment(&client, Some(&invoice), 500_00).await?;
    let ask = complete(&payment, &invoice).amount(500_00);
    round.race(vec![ask; round.settings.n.clamp(2, 20)]).await?;
    rest(round, &invoice, &[payment]).await
}

/// An invoice of 1000, paid, of which refunds are asked for together.
async fn refund(round: &mut Round<'_>, amount: Minor, times: usize) -> Result<(), Stop> {
    let whole = 1_000_00;
    let client = round.client().await?;
    let invoice = round.invoice(&client, whole).await?;
    let payment = round.payment(&client, Some(&invoice), whole).await?;
    round.make(complete(&payment, &invoice).amount(whole)).await?;
    let ask = Ask::new(Verb::Refund).on(&payment).amount(amount);
    let ask = ask.with(|args| args.invoice = Some(invoice.clone()));
    round.race(vec![ask; times]).await?;
    rest(round, &invoice, &[payment]).await
}

/// S06: two of 300 fit into 1000, of four only three.
pub(super) async fn refund_in_parts(round: &mut Round<'_>) -> Result<(), Stop> {
    let times = if round.settings.round.is_multiple_of(2) { 2 } else { 4 };
    refund(round, 300_00, times).await
}

/// S07.
pub(super) async fn refund_whole(round: &mut Round<'_>) -> Result<(), Stop> {
    refund(round, 1_000_00, round.settings.n.clamp(2, 10)).await
}

/// S08: payments that name nothing top up the client's retainer.
pub(super) async fn credit(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 1_00).await?;
    let (mut asks, mut payments) = (Vec::new(), Vec::new());
    for n in 0..round.settings.n.clamp(2, 8) {
        let amount = 2_00 << n;
        let payment = round.payment(&client, None, amount).await?;
        let ask = Ask::new(Verb::CompletePayment).on(&payment).amount(amount);
        asks.push(ask.with(|args| args.retainer = Some(retainer.clone())));
        payments.push(payment);
    }
    round.race(asks).await?;
    for payment in payments {
        round.rest_if(Ask::new(Verb::ReadPayment).on(&payment)).await?;
    }
    round.rest_of_account(&retainer).await?;
    round.rest_of_books().await
}
