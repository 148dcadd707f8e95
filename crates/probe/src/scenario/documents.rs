//! S12 and S15: documents that several people write to.

use crate::{
    history::Verb,
    round::{Ask, Round, Stop},
};

/// S12: by as many lawyers as there are tokens for, else all by one; its owner edits it meanwhile, and
/// every other time takes it back.
pub(super) async fn proposals(round: &mut Round<'_>) -> Result<(), Stop> {
    let job = round.made(Ask::new(Verb::CreateJob)).await?;
    let known = |name: &String| round.target.tokens.contains_key(name);
    let lawyers: Vec<String> =
        (1..=round.settings.n).map(|n| format!("p{n}")).filter(known).collect();
    let ask = Ask::new(Verb::Propose).on(&job);
    let mut asks = if lawyers.is_empty() {
        vec![ask; round.settings.n.max(2)]
    } else {
        lawyers.iter().map(|lawyer| ask.clone().tenant(lawyer)).collect()
    };
    if round.has(Verb::EditJob) {
        for place in [1, 2] {
            asks.insert(place, title(round, &job));
        }
    }
    if round.has(Verb::CloseJob) && !round.settings.round.is_multiple_of(2) {
        asks.push(Ask::new(Verb::CloseJob).on(&job).second());
    }
    round.race(asks).await?;
    round.rest(Ask::new(Verb::ReadJob).on(&job)).await
}

fn title(round: &mut Round<'_>, job: &str) -> Ask {
    let title = round.name("title");
    Ask::new(Verb::EditJob).on(job).with(|args| {
        args.field = Some("title".to_owned());
        args.value = Some(title);
    })
}

/// S15: by turns, many edits of one version, and edits of different fields.
pub(super) async fn edits(round: &mut Round<'_>) -> Result<(), Stop> {
    let client = round.client().await?;
    let read = round.make(Ask::new(Verb::ReadClient).on(&client)).await?;
    let edit = |field: &str, value: String| {
        let field = field.to_owned();
        Ask::new(Verb::Patch).on(&client).with(|args| {
            args.field = Some(field);
            args.value = Some(value);
        })
    };
    let mut asks = Vec::new();
    if round.settings.round.is_multiple_of(2) && read.version.is_some() {
        for _ in 0..round.settings.n.clamp(2, 20) {
            let value = round.name("edit");
            asks.push(edit("notes", value).with(|args| args.version = read.version));
        }
    } else {
        for field in ["notes", "city"] {
            let value = round.name("edit");
            asks.push(edit(field, value));
        }
    }
    round.race(asks).await?;
    round.rest(Ask::new(Verb::ReadClient).on(&client)).await
}
