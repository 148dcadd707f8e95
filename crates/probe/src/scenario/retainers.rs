//! S01 and S02: one account.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// What is drawn, from what, how often; 0: as often as the run says.
const SHAPES: [(i64, i64, usize); 3] = [(50_00, 100_00, 0), (60_00, 100_00, 2), (60_00, 100_00, 3)];

/// S01; two reads look on.
pub(super) async fn consume(round: &mut Round<'_>) -> Result<(), Stop> {
    let (amount, balance, times) = SHAPES[round.settings.round as usize % SHAPES.len()];
    let times = if times == 0 { round.settings.n } else { times };
    let client = round.client().await?;
    let retainer = round.retainer(&client, balance).await?;
    let ask = Ask::new(Verb::Consume).on(&retainer).amount(amount);
    let look = Ask::new(Verb::ReadRetainer).on(&retainer).second();
    let mut asks = vec![ask; times];
    asks.extend([look.clone(), look]);
    round.race(asks).await?;
    round.rest_of_account(&retainer).await?;
    round.rest_of_books().await
}

/// S02: amounts are powers of two, so what is left tells which were carried out. Two requests of each
/// kind in a row meet wherever requests are dealt; two reads look on.
pub(super) async fn mixed(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let count = round.settings.n.clamp(4, 16);
    let first = u32::try_from(16_usize.saturating_sub(count)).unwrap_or(0);
    let ask = |n: usize| {
        let amount = 1 << (first + u32::try_from(n).unwrap_or(0));
        let verb = if n % 4 < 2 { Verb::Consume } else { Verb::Deposit };
        Ask::new(verb).on(&retainer).amount(amount)
    };
    let mut asks: Vec<Ask> = (0..count).map(ask).collect();
    round.rng.shuffle(&mut asks);
    let look = Ask::new(Verb::ReadRetainer).on(&retainer).second();
    asks.extend([look.clone(), look]);
    round.race(asks).await?;
    round.rest_of_account(&retainer).await?;
    round.rest_of_books().await
}
