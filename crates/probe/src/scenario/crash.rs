//! S28: consumes in powers of two, while the server is killed and started again, or while one of its
//! processes sleeps.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

pub(super) async fn inside(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 1_000_00).await?;
    let ask = |n: usize| Ask::new(Verb::Consume).on(&retainer).amount(1_00 << n);
    let asks = (0..round.settings.n.clamp(2, 8)).map(ask).collect();
    round.race_disturbed(asks).await?;
    if round.target.pids.is_empty() {
        round.after_restart(Ask::new(Verb::ListEntries).on(&retainer)).await?;
        return round.after_restart(Ask::new(Verb::ReadRetainer).on(&retainer)).await;
    }
    round.rest_of_account(&retainer).await
}
