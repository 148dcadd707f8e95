//! S09 to S11, S13 and S14: numbers for people.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S09: every third is refused, and must not burn a number.
pub(super) async fn payments(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let ask = |n: usize| {
        let amount = if n % 3 == 2 { 0 } else { 100_00 };
        Ask::new(Verb::CreatePayment).client(&client).amount(amount)
    };
    let asks = (0..round.settings.n.max(6)).map(ask).collect();
    numbered(round, asks).await
}

/// S10.
pub(super) async fn retainers(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let ask = Ask::new(Verb::OpenRetainer).client(&client).amount(100_00);
    numbered(round, vec![ask; round.settings.n.max(2)]).await
}

/// S11.
pub(super) async fn clients(round: &mut Round<'_>) -> Result<(), Stop> {
    let mut asks = Vec::new();
    for _ in 0..round.settings.n.max(2) {
        let name = round.name("probe");
        asks.push(Ask::new(Verb::CreateClient).with(|args| args.value = Some(name)));
    }
    numbered(round, asks).await
}

/// Every other round over the turn of a year, where the target's clock can be set.
async fn numbered(round: &mut Round<'_>, asks: Vec<Ask>) -> Result<(), Stop> {
    if round.settings.round.is_multiple_of(2) || !round.target.has_clock() {
        return round.race(asks).await;
    }
    let first = asks.first().cloned();
    round.race_over_new_year(asks).await?;
    // Whatever is asked for now is asked for in the new year.
    round.in_turn(first.into_iter().collect()).await
}

/// Random numbers collide only in a crowd: 120 of 10,000 do every second time.
async fn crowd(round: &mut Round<'_>, ask: Ask) -> Result<(), Stop> {
    const VOLLEYS: usize = 3;
    const AT_ONCE: usize = 40;
    for _ in 0..VOLLEYS {
        round.race(vec![ask.clone(); AT_ONCE]).await?;
    }
    Ok(())
}

/// S13.
pub(super) async fn invoices(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    crowd(round, Ask::new(Verb::CreateInvoice).client(&client).amount(100_00)).await
}

/// S14.
pub(super) async fn transactions(round: &mut Round<'_>) -> Result<(), Stop> {
    crowd(round, Ask::new(Verb::CreateTransaction).amount(10_00)).await
}
