//! How one verb is asked for, and where its answer says what. Places in answers are JSON pointers.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One verb.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// GET, POST …
    pub method: String,
    /// With `{{names}}` in it.
    pub path: String,
    /// Sent with this verb only; one that comes out empty is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON text with `{{names}}` in it.
    pub body: Option<String>,
    /// Where the answer says what.
    #[serde(default)]
    pub see: See,
    /// Where the answer's rows are, if it has rows.
    pub list: Option<List>,
    /// Of an answer in Prometheus' text format: series by the prober's names, like
    /// `requests_total{outcome="ok"}`. All that have these labels are added up.
    #[serde(default)]
    pub counters: BTreeMap<String, String>,
}

/// Pointers into an answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct See {
    /// The object's id; two places joined by `|` are tried in turn.
    pub id: Option<String>,
    /// Its number for people.
    pub number: Option<String>,
    /// What an account holds.
    pub balance: Option<String>,
    /// What an invoice has been paid.
    pub paid: Option<String>,
    /// What it is still owed.
    pub due: Option<String>,
    /// What it amounts to.
    pub total: Option<String>,
    /// What of a payment has gone back.
    pub refunded: Option<String>,
    /// What it is at.
    pub status: Option<String>,
    /// How often it has changed.
    pub version: Option<String>,
    /// The place in the server's one order.
    pub seq: Option<String>,
    /// A counter.
    pub count: Option<String>,
    /// A sum of the books.
    pub debits: Option<String>,
    /// A sum of the books.
    pub credits: Option<String>,
    /// Parts of a document.
    pub fields: BTreeMap<String, String>,
}

/// Rows of an answer. Pointers but for `rows` and `next` are into a row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct List {
    /// Where they are.
    pub rows: String,
    /// The cursor of the next page, null or absent on the last.
    pub next: Option<String>,
    /// The newest row comes first.
    pub newest_first: bool,
    /// A row's id, or the name it is known by.
    pub name: Option<String>,
    /// Of an account's movement: how much.
    pub amount: Option<String>,
    /// Of an account's movement: which kind …
    pub kind: Option<String>,
    /// … and the kinds that take money out.
    pub minus: Vec<String>,
    /// Of an account's movement: what was left.
    pub balance_after: Option<String>,
    /// Of an account: what it holds.
    pub balance: Option<String>,
    /// Of an account: its movements' signed amounts, oldest first.
    pub elements: Option<String>,
}
