//! C1: the server's answers carry the object's version, so its order is given. Replay it, hold every
//! answer against the model, and hold the order against the clock. About n log n.

use super::{Act, Event, Said, State, Thing, Verdict};

/// `None`: this history does not tell its order, somebody has to search for one.
pub fn check(
    thing: Thing,
    start: State,
    version: Option<u64>,
    events: &[Event],
) -> Option<Verdict> {
    let version = version?;
    let changes = in_order(events)?;
    Some(explain(thing, start, version, &changes, events).unwrap_or_else(|verdict| verdict))
}

/// The accepted changes by version, if all of them tell it and none is unknown.
fn in_order(events: &[Event]) -> Option<Vec<&Event>> {
    if events.iter().any(|event| event.said.is_none()) {
        return None;
    }
    let mut changes: Vec<&Event> = events.iter().filter(|event| is_change(event)).collect();
    if changes.iter().any(|event| event.version.is_none()) {
        return None;
    }
    changes.sort_by_key(|event| event.version);
    Some(changes)
}

fn is_change(event: &Event) -> bool {
    event.act != Act::Look && matches!(event.said, Some(Said::Done { .. }))
}

fn explain(
    thing: Thing,
    start: State,
    version: u64,
    changes: &[&Event],
    events: &[Event],
) -> Result<Verdict, Verdict> {
    for pair in changes.windows(2) {
        if pair[0].version == pair[1].version {
            let why = format!("two changes both made version {}", pair[0].version.unwrap_or(0));
            return Err(violated(why, pair));
        }
    }
    real_time(changes)?;
    let states = replay(thing, start, changes)?;
    observations(thing, version, changes, &states, events)?;
    Ok(Verdict::Ok)
}

/// A change that ended before another began must have the lower version.
fn real_time(changes: &[&Event]) -> Result<(), Verdict> {
    let mut first_end: Option<&Event> = None;
    for event in changes.iter().rev() {
        if let Some(later) = first_end.filter(|later| later.precedes(event)) {
            let why = "a change ended before another began, and has the higher version".to_owned();
            return Err(violated(why, &[event, later]));
        }
        let both = [first_end, Some(*event)].into_iter().flatten();
        first_end = both.min_by_key(|event| event.ret.unwrap_or(u64::MAX));
    }
    Ok(())
}

/// The states between the changes, the first included.
fn replay(thing: Thing, start: State, changes: &[&Event]) -> Result<Vec<State>, Verdict> {
    let mut states = vec![start];
    let mut state = start;
    for event in changes {
        state = thing.step(state, event.act, event.said).ok_or_else(|| {
            let why =
                format!("in the server's own order, at {}, {} is wrong", at(state), says(event));
            violated(why, &[event])
        })?;
        states.push(state);
    }
    Ok(states)
}

/// Every read and refusal needs a state it is true of, in its own time, and in order with the others.
/// In order of their ends, each takes the earliest: that leaves those after it the most room.
fn observations(
    thing: Thing,
    version: u64,
    changes: &[&Event],
    states: &[State],
    events: &[Event],
) -> Result<(), Verdict> {
    let mut others: Vec<&Event> = events.iter().filter(|event| !is_change(event)).collect();
    others.sort_by_key(|event| event.ret);
    let mut placed: Vec<(&Event, usize)> = Vec::new();
    for event in others {
        let after = changes.iter().rposition(|change| change.precedes(event)).map_or(0, |n| n + 1);
        let until = changes.iter().position(|change| event.precedes(change));
        let until = until.unwrap_or(changes.len());
        let seen = placed.iter().filter(|(other, _)| other.precedes(event)).map(|(_, n)| *n).max();
        let from = after.max(seen.unwrap_or(0));
        let told = event.version.filter(|_| event.act == Act::Look);
        let fits = |n: &usize| {
            let made = n.checked_sub(1).map_or(Some(version), |last| changes[last].version);
            told.is_none_or(|told| made == Some(told))
                && thing.step(states[*n], event.act, event.said).is_some()
        };
        let Some(n) = (from..=until).find(fits) else {
            let why = format!("at no moment of its own time is {} true", says(event));
            return Err(violated(why, &[event]));
        };
        placed.push((event, n));
    }
    Ok(())
}

fn violated(why: String, events: &[&Event]) -> Verdict {
    Verdict::Violated { why, ops: events.iter().map(|event| event.op).collect() }
}

fn at(state: State) -> String {
    format!("{} ({:?})", state.amount, state.stage)
}

/// An event in words.
pub(super) fn says(event: &Event) -> String {
    match event.said {
        Some(Said::No) => format!("{:?} → refused", event.act),
        Some(Said::Done { amount: Some(amount), .. }) => format!("{:?} → {amount}", event.act),
        _ => format!("{:?} → ok", event.act),
    }
}
