//! What an answer says, in the prober's words. Everything may be absent: servers tell what they like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Minor;

/// The parts of an answer that judges know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seen {
    /// The object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its number for people, like `RET-2025-0001`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What an account holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Minor>,
    /// What an invoice has been paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<Minor>,
    /// What it is still owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Minor>,
    /// What it amounts to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Minor>,
    /// What of a payment has gone back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Minor>,
    /// In the prober's words: open, partial, paid, void, pending, completed, cancelled, refunded, active,
    /// depleted, closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How often the object has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The movement's place in the server's one order of everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// A counter, as of proposals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Sums of the books.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debits: Option<Minor>,
    /// Sums of the books.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<Minor>,
    /// Named parts of a document that edits set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// An account's movements, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Entry>>,
    /// Every account's balance.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub balances: BTreeMap<String, Minor>,
    /// Every account's movements, oldest first, named by their amounts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<Minor>>,
    /// The ids, or names of requests, of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// What the monitors are told, by the adapter's names; `None`: nothing of that name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, Option<u64>>,
    /// The whole body, but for what differs from answer to answer anyway; of no answer, why there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// One movement of an account: positive into it, negative out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Signed.
    pub amount: Minor,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the account held after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_after: Option<Minor>,
}
