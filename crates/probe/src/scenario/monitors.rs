//! S27: an attack, and what the monitors are told before and after it. **Nobody else may be at the target
//! meanwhile**: whatever they did would be counted, too.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// Most are refused, and one is repeated under its key.
pub(super) async fn scrape(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    for target in 0..round.target.wire.targets() {
        round.make(Ask::new(Verb::Metrics).target(target)).await?;
    }
    let ask = |amount| Ask::new(Verb::Consume).on(&retainer).amount(amount);
    let mut asks = vec![ask(40_00); round.settings.n.max(4)];
    if round.target.adapter.key_header.is_some() {
        let key = round.name("shared");
        asks.extend(vec![ask(1_00).key(&key); 3]);
    }
    round.race(asks).await?;
    for target in 0..round.target.wire.targets() {
        round.rest_once(Ask::new(Verb::Metrics).target(target)).await?;
    }
    Ok(())
}
