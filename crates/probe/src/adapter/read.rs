//! An answer's JSON, in the prober's words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Adapter, List, Mapping, Money, counters};
use crate::{
    history::{Entry, Minor, Seen, Verb},
    wire::Response,
};

impl Adapter {
    /// What an answer says. A body that is no JSON says nothing but itself.
    pub fn seen(&self, verb: Verb, response: &Response) -> Seen {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
            let body = String::from_utf8_lossy(&response.body).into_owned();
            return self.told_to_monitors(verb, body);
        };
        let mut seen = Seen::default();
        if let Some(mapping) = self.ops.get(&verb)
            && (200..300).contains(&response.status)
        {
            self.pick(mapping, &body, &mut seen);
            if let Some(list) = &mapping.list {
                self.rows(list, &body, &mut seen);
            }
        }
        for pointer in &self.volatile {
            if let Some(value) = body.pointer_mut(pointer) {
                *value = Value::Null;
            }
        }
        seen.body = body.to_string();
        seen
    }

    fn told_to_monitors(&self, verb: Verb, body: String) -> Seen {
        let selectors = self.ops.get(&verb).map(|mapping| &mapping.counters);
        let counters: BTreeMap<_, _> = selectors
            .into_iter()
            .flatten()
            .map(|(name, selector)| (name.clone(), counters::sum(&body, selector)))
            .collect();
        // Of a thousand series the few are kept that somebody asked for.
        let body = if counters.is_empty() { body } else { String::new() };
        Seen { counters, body, ..Seen::default() }
    }

    /// Where the next page of a list begins, if there is one.
    pub fn next_page(&self, verb: Verb, response: &Response) -> Option<String> {
        let list = self.ops.get(&verb)?.list.as_ref()?;
        let body: Value = serde_json::from_slice(&response.body).ok()?;
        text(body.pointer(list.next.as_ref()?)?)
    }

    fn pick(&self, mapping: &Mapping, body: &Value, seen: &mut Seen) {
        let see = &mapping.see;
        let place = |pointers: &Option<String>| {
            let pointers = pointers.as_ref()?.split('|');
            pointers.filter_map(|pointer| body.pointer(pointer)).find(|value| !value.is_null())
        };
        let money = |pointer: &Option<String>| self.money.read(place(pointer)?);
        let word = |pointer: &Option<String>| text(place(pointer)?);
        let number = |pointer: &Option<String>| word(pointer)?.parse().ok();
        seen.id = word(&see.id);
        seen.number = word(&see.number);
        seen.balance = money(&see.balance);
        seen.paid = money(&see.paid);
        seen.due = money(&see.due);
        seen.total = money(&see.total);
        seen.refunded = money(&see.refunded);
        seen.status = word(&see.status).map(|status| self.state(status));
        seen.version = number(&see.version);
        seen.seq = number(&see.seq);
        seen.count = number(&see.count);
        seen.debits = money(&see.debits);
        seen.credits = money(&see.credits);
        seen.fields = see
            .fields
            .iter()
            .filter_map(|(name, pointer)| Some((name.clone(), text(body.pointer(pointer)?)?)))
            .collect();
    }

    fn state(&self, word: String) -> String {
        self.states.get(&word).cloned().unwrap_or(word)
    }

    fn rows(&self, list: &List, body: &Value, seen: &mut Seen) {
        let Some(rows) = body.pointer(&list.rows).and_then(Value::as_array) else { return };
        let mut rows: Vec<&Value> = rows.iter().collect();
        if list.newest_first {
            rows.reverse();
        }
        let name = |row: &Value| text(row.pointer(list.name.as_ref()?)?);
        if list.amount.is_some() {
            seen.entries = rows.iter().map(|row| entry(list, self.money, row, name(row))).collect();
        } else if list.balance.is_some() {
            for row in rows {
                let Some(account) = name(row) else { continue };
                if let Some(balance) = at(row, &list.balance).and_then(|v| self.money.read(v)) {
                    seen.balances.insert(account.clone(), balance);
                }
                if let Some(elements) = at(row, &list.elements).and_then(Value::as_array) {
                    let elements = elements.iter().filter_map(|v| self.money.read(v)).collect();
                    seen.lists.insert(account, elements);
                }
            }
        } else {
            seen.names = Some(rows.into_iter().filter_map(name).collect());
        }
    }
}

fn at<'a>(row: &'a Value, pointer: &Option<String>) -> Option<&'a Value> {
    row.pointer(pointer.as_ref()?)
}

fn entry(list: &List, money: Money, row: &Value, id: Option<String>) -> Option<Entry> {
    let amount = money.read(at(row, &list.amount)?)?;
    let kind = at(row, &list.kind).and_then(text).unwrap_or_default();
    let sign: Minor = if list.minus.contains(&kind) { -1 } else { 1 };
    let balance_after = at(row, &list.balance_after).and_then(|value| money.read(value));
    Some(Entry { amount: sign * amount, id, balance_after })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}
