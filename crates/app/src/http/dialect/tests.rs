//! The table, by example: each fact of the dashboard as what it says and what we make of it, or what we
//! answer and what it reads.

use serde_json::{Map, Value};

use super::{
    said::{self, Said},
    shown,
};

fn examples(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn body(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

/// Method, target and body of what is asked of us.
fn translated(call: &Value) -> Option<Said> {
    let (method, target) = (call[0].as_str().unwrap(), call[1].as_str().unwrap());
    let path = target.split('?').next().unwrap();
    let body = body(&call[2]);
    let (rule, named) = said::chosen(said::candidates(method, path), body.as_ref());
    said::translated(rule, &named, Said { method: method.into(), target: target.into(), body })
}

#[test]
fn what_it_sends_we_take_as() {
    for example in examples(include_str!("examples/said.json")) {
        let fact = &example["fact"];
        let said = translated(&example["theirs"]);
        let found = said.map(|said| {
            let body = said.body.map_or(Value::Null, Value::Object);
            Value::Array(vec![said.method.into(), said.target.into(), body])
        });
        assert_eq!(found.unwrap_or_default(), example["ours"], "{fact}");
    }
}

#[test]
fn what_it_reads_we_answer() {
    for example in examples(include_str!("examples/shown.json")) {
        let call = &example["call"];
        let path = call[1].as_str().unwrap().split('?').next().unwrap();
        let candidates = said::candidates(call[0].as_str().unwrap(), path);
        let (rule, _) = said::chosen(candidates, body(&call[2]).as_ref());
        let own = translated(call).unwrap().target;
        let found = shown::shown(rule.show, &own, body(&example["ours"]).unwrap());
        assert_eq!(found, example["theirs"], "{}", example["fact"]);
    }
}

#[test]
fn the_same_request_becomes_the_same_bytes() {
    for example in examples(include_str!("examples/said.json")) {
        let bytes = |call: &Value| {
            translated(call).map(|said| (said.target, serde_json::to_vec(&said.body).unwrap()))
        };
        assert_eq!(bytes(&example["theirs"]), bytes(&example["theirs"]));
    }
}
