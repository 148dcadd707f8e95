//! S25 and S26: what reads must show.

use std::time::Duration;

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S25: rows that were there before the walk began and after it ended are in it, once.
pub(super) async fn pages(round: &mut Round<'_>) -> Result<(), Stop> {
    for _ in 0..7 {
        round.client().await?;
    }
    let name = round.name("probe");
    let add = Ask::new(Verb::CreateClient).with(|args| args.value = Some(name));
    round.walk_while(Ask::new(Verb::ListClients), add).await
}

/// S26: by turns, a change here and a read elsewhere, at once.
pub(super) async fn own_writes(round: &mut Round<'_>) -> Result<(), Stop> {
    const LAG_MAX: Duration = Duration::from_millis(60);
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let mut asks = Vec::new();
    for n in 0..6 {
        asks.push(Ask::new(Verb::Consume).on(&retainer).amount(1_00 << (n % 4)).target(n));
        asks.push(Ask::new(Verb::ReadRetainer).on(&retainer).target(n + 1));
    }
    round.in_turn(asks).await?;
    round.pause(LAG_MAX).await;
    round.rest_of_account(&retainer).await
}
