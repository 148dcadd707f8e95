//! S23 and S24: what holds across accounts.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S23: 100.00 on each of two, of which 100.00 have to stay; two draw 80.00 each, from one each.
pub(super) async fn joint(round: &mut Round<'_>) -> Result<(), Stop> {
    round.header().joint_minimum = Some(100_00);
    let client = round.client().await?;
    let one = round.retainer(&client, 100_00).await?;
    let other = round.retainer(&client, 101_00).await?;
    let draw = |from: &str, with: &str, amount| {
        let with = with.to_owned();
        Ask::new(Verb::Withdraw).on(from).amount(amount).with(|args| args.to = Some(with))
    };
    round.race(vec![draw(&one, &other, 80_00), draw(&other, &one, 81_00)]).await?;
    for account in [&one, &other] {
        round.rest_once(Ask::new(Verb::ReadRetainer).on(account)).await?;
    }
    Ok(())
}

/// S24: money goes round four accounts while the total is read.
pub(super) async fn bank(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let mut accounts = Vec::new();
    for n in 0..4 {
        accounts.push(round.retainer(&client, 1_000_00 + n).await?);
    }
    let mut asks = Vec::new();
    for n in 0..round.settings.n.clamp(4, 12) {
        let (from, to) = (&accounts[n % 4], accounts[(n + 1) % 4].clone());
        let ask = Ask::new(Verb::Transfer).on(from).amount(1 << n);
        asks.push(ask.with(|args| args.to = Some(to)));
    }
    let look = || Ask::new(Verb::Snapshot).client(&client);
    for place in [1, 3, 5] {
        asks.insert(place, look());
    }
    asks.push(look().second());
    round.race(asks).await?;
    round.in_turn(vec![look(), look()]).await?;
    for account in &accounts {
        round.rest_once(Ask::new(Verb::ReadRetainer).on(account)).await?;
    }
    Ok(())
}
