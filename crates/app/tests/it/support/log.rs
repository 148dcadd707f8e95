//! A transparency log as RFC 9162 defines it, and the leaf of an audit record as the documentation does:
//! written down again, from the definitions alone, to judge ours by.

use serde_json::Value;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

pub fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

fn fields(fields: &[Vec<u8>]) -> Vec<u8> {
    let field = |field: &Vec<u8>| [&(field.len() as u64).to_be_bytes(), field.as_slice()].concat();
    fields.iter().flat_map(field).collect()
}

/// The leaf of a record, from what it says; what was erased is taken from the commitment.
pub fn leaf_of(record: &Value) -> Hash {
    let integer = |name: &str| record[name].as_i64().map(|n| n.to_be_bytes().to_vec());
    let text = |name: &str| record[name].as_str().unwrap_or_default().as_bytes().to_vec();
    let binary = |name: &str| unhex(record[name].as_str().unwrap_or_default());
    let commitment = if record["salt"].is_null() {
        binary("commitment")
    } else {
        let said = [
            binary("salt"),
            text("origin"),
            text("requestId"),
            binary("fingerprint"),
            binary("kept"),
        ];
        Sha256::digest(fields(&said)).to_vec()
    };
    let entry = fields(&[
        b"amanah/1".to_vec(),
        integer("n").unwrap(),
        integer("seq").unwrap_or_default(),
        integer("atMicros").unwrap(),
        binary("userId"),
        text("role"),
        text("command"),
        text("outcome"),
        binary("objectId"),
        commitment,
    ]);
    Sha256::digest([&[0], entry.as_slice()].concat()).into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::digest([&[1], left.as_slice(), right.as_slice()].concat()).into()
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

/// MTH
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = split(leaves);
            node(&root(left), &root(right))
        }
    }
}

/// PATH
pub fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = split(leaves);
    if m < left.len() {
        [path(m, left), vec![root(right)]].concat()
    } else {
        [path(m - left.len(), right), vec![root(left)]].concat()
    }
}

/// SUBPROOF
pub fn subproof(m: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_known { vec![] } else { vec![root(leaves)] };
    }
    let (left, right) = split(leaves);
    if m <= left.len() {
        [subproof(m, left, is_known), vec![root(right)]].concat()
    } else {
        [subproof(m - left.len(), right, false), vec![root(left)]].concat()
    }
}
