//! Judges a history: what callers were told, against what is there now. It knows nothing of how either
//! came about.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::io;

use crate::support::client::{Answer, Call, Connection};

/// What a caller was told about one command; the key is also the command's description.
#[derive(Debug, Clone)]
pub struct Told {
    pub call: Call,
    pub key: String,
    pub answer: Answer,
}

/// Every effect that is there: the key it was asked under, and its place in the journal.
#[derive(Debug, Default, Clone)]
pub struct Found {
    pub effects: BTreeMap<String, Vec<i64>>,
    pub numbers: Vec<String>,
}

impl Found {
    /// Reads everything that one firm has.
    pub async fn read(connection: &mut Connection, token: &str) -> io::Result<Self> {
        let mut found = Self::default();
        let retainers = walk(connection, token, "/api/retainers").await?;
        for retainer in &retainers {
            found.numbers.push(retainer["retainerNumber"].as_str().unwrap_or_default().to_owned());
            let path =
                format!("/api/retainers/{}/history", retainer["_id"].as_str().unwrap_or_default());
            for movement in walk(connection, token, &path).await? {
                // A retainer's first deposit is the effect of opening it.
                let (of_movement, of_retainer) = (&movement["description"], &retainer["notes"]);
                let key =
                    of_movement.as_str().or(of_retainer.as_str()).unwrap_or_default().to_owned();
                let seq = movement["seq"].as_i64().unwrap_or_default();
                found.effects.entry(key).or_default().push(seq);
            }
        }
        found.numbers.sort_unstable();
        Ok(found)
    }
}

/// A whole list, along its cursors.
async fn walk(connection: &mut Connection, token: &str, path: &str) -> io::Result<Vec<Value>> {
    let (mut rows, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let call = Call::get(format!("{path}?limit=200&cursor={cursor}")).token(token);
        let mut page = connection.send(&call).await?.json();
        rows.append(
            page["data"]
                .as_array_mut()
                .ok_or_else(|| io::Error::other(format!("no list: {path}")))?,
        );
        next = page["nextCursor"].as_str().map(str::to_owned);
    }
    Ok(rows)
}

/// Everything in which what is there differs from what was told, in words. `setup` effects were made
/// before and are not looked at.
pub fn differences(told: &[Told], found: &Found) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut answered: BTreeMap<&str, &Answer> = BTreeMap::new();
    for Told { key, answer, .. } in told {
        let effects = found.effects.get(key).map_or(&[][..], Vec::as_slice);
        let seq = answer.json()["seq"].as_i64();
        match (answer.status, effects) {
            (200 | 201, [one]) if Some(*one) == seq => {}
            (200 | 201, []) => wrong.push(format!("{key} was acknowledged and is lost")),
            (200 | 201, [one]) => wrong.push(format!("{key} was told seq {seq:?} and has {one}")),
            (_, []) => {}
            (status, many) if many.len() == 1 => {
                wrong.push(format!("{key} was answered {status} and is there"));
            }
            (_, many) => wrong.push(format!("{key} was carried out {} times", many.len())),
        }
        let earlier = answered.insert(key, answer);
        if earlier.is_some_and(|earlier| earlier.body != answer.body) {
            wrong.push(format!("{key} was answered in two ways"));
        }
    }
    for key in
        found.effects.keys().filter(|key| !answered.contains_key(key.as_str()) && !key.is_empty())
    {
        wrong.push(format!("{key} is there and nobody was told"));
    }
    for (n, number) in found.numbers.iter().enumerate() {
        let due = format!("{:04}", n + 1);
        if number.rsplit('-').next() != Some(due.as_str()) {
            wrong.push(format!("number {due} is missing, there is {number}"));
            break;
        }
    }
    let mut seqs: Vec<i64> = found.effects.values().flatten().copied().collect();
    seqs.sort_unstable();
    if let Some(pair) = seqs.windows(2).find(|pair| pair[0] == pair[1]) {
        wrong.push(format!("two effects have the place {} in the journal", pair[0]));
    }
    wrong
}

#[test]
fn the_judge_sees_what_is_lost_doubled_or_told_wrongly() {
    let told = |key: &str, status: u16, seq: i64| Told {
        call: Call::get(""),
        key: key.to_owned(),
        answer: Answer {
            status,
            headers: Vec::new(),
            body: format!("{{\"seq\":{seq}}}").into_bytes(),
        },
    };
    let found = |effects: &[(&str, &[i64])], numbers: &[&str]| Found {
        effects: effects.iter().map(|(key, seqs)| ((*key).to_owned(), seqs.to_vec())).collect(),
        numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
    };
    let history = [told("a", 200, 1), told("b", 201, 2), told("c", 400, 0)];
    let right = found(&[("a", &[1]), ("b", &[2])], &["RET-2026-0001", "RET-2026-0002"]);
    assert_eq!(differences(&history, &right), [""; 0]);
    for (effects, numbers, word) in [
        (&[("a", &[1][..])][..], &[][..], "b was acknowledged and is lost"),
        (&[("a", &[1, 3]), ("b", &[2])], &[], "a was carried out 2 times"),
        (&[("a", &[1]), ("b", &[4])], &[], "b was told seq Some(2) and has 4"),
        (&[("a", &[1]), ("b", &[2]), ("c", &[3])], &[], "c was answered 400 and is there"),
        (&[("a", &[1]), ("b", &[2]), ("d", &[3])], &[], "d is there and nobody was told"),
        (
            &[("a", &[1]), ("b", &[2])],
            &["RET-2026-0001", "RET-2026-0003"],
            "number 0002 is missing, there is RET-2026-0003",
        ),
        (
            &[("a", &[1]), ("b", &[2])],
            &["RET-2026-0001", "RET-2026-0001"],
            "number 0002 is missing, there is RET-2026-0001",
        ),
    ] {
        assert_eq!(differences(&history, &found(effects, numbers)), [word]);
    }
    let twice = [history.as_slice(), &[told("a", 200, 9)]].concat();
    assert!(differences(&twice, &right).contains(&"a was answered in two ways".to_owned()));
}
