//! S18 to S21: idempotency keys. A server without keys skips them all.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S18.
pub(super) async fn same_request(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let key = round.name("shared");
    let ask = Ask::new(Verb::Consume).on(&retainer).amount(10_00).key(&key);
    round.race(vec![ask.clone(); round.settings.n.max(2)]).await?;
    // Something else happens, and the same is asked again.
    round.in_turn(vec![Ask::new(Verb::Consume).on(&retainer).amount(1_00), ask]).await?;
    round.rest_of_account(&retainer).await
}

/// S19.
pub(super) async fn other_request(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 1_000_00).await?;
    let key = round.name("shared");
    let ask = |n: usize| Ask::new(Verb::Consume).on(&retainer).amount(1_00 << n).key(&key);
    let asks = (0..round.settings.n.clamp(2, 8)).map(ask).collect();
    round.race(asks).await?;
    round.rest_of_account(&retainer).await
}

/// S20: the same request under the same key, by two tenants at once and by the second afterwards; then one
/// key at two endpoints. Whether the second endpoint refuses it or acts is its own rule, if it tells the truth.
pub(super) async fn other_tenant(round: &mut Round<'_>) -> Result<(), Stop> {
    let (key, name) = (round.name("shared"), round.name("client"));
    let secret = format!("{name}-of-a");
    round.header().secrets.insert("a".to_owned(), secret.clone());
    let ask = |tenant: &str, name: &str| {
        let name = name.to_owned();
        Ask::new(Verb::CreateClient).with(|args| args.value = Some(name)).key(&key).tenant(tenant)
    };
    round
        .race(vec![ask("a", &secret), ask("b", &name), ask("a", &secret), ask("b", &name)])
        .await?;
    // And a pair that is the same to the letter.
    let other = round.name("shared");
    let same = |tenant: &str| ask(tenant, &name).key(&other);
    round.race(vec![same("a"), same("b")]).await?;
    let parts = [Verb::OpenRetainer, Verb::Consume, Verb::Deposit, Verb::ReadRetainer];
    if parts.iter().all(|verb| round.has(*verb)) { two_endpoints(round).await } else { Ok(()) }
}

async fn two_endpoints(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let key = round.name("shared");
    let ask = |verb| Ask::new(verb).on(&retainer).amount(10_00).key(&key);
    let (out, into) = (ask(Verb::Consume), ask(Verb::Deposit));
    round.race(vec![out.clone(), into.clone(), out, into]).await?;
    round.rest_of_account(&retainer).await
}

/// S21.
pub(super) async fn retry(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let retainer = round.retainer(&client, 100_00).await?;
    let key = round.name("shared");
    let ask = Ask::new(Verb::Consume).on(&retainer).amount(10_00).key(&key);
    round.hang_up_and_race(ask.clone(), vec![ask.clone(), ask]).await?;
    round.rest_of_account(&retainer).await
}
