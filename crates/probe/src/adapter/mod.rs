//! An adapter tells in a TOML file how one server spells what the scenarios ask for, and what its answers
//! mean. **A verb that it does not map is never asked for**: its scenarios are skipped, by name.

mod counters;
mod mapping;
mod money;
mod read;
mod template;

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    history::{Args, Outcome, Promises, Verb},
    wire::{Call, Lost, Response},
};
pub use mapping::{List, Mapping, See};
pub use money::{Money, Unit};
use template::Vars;

/// A server, as the prober knows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// For the report.
    pub name: String,
    /// How amounts are written.
    pub money: Money,
    /// What the server says of itself.
    #[serde(default)]
    pub promises: Promises,
    /// Sent with every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The header of the idempotency key, if there is such a thing.
    pub key_header: Option<String>,
    /// What statuses mean.
    #[serde(default)]
    pub outcomes: Outcomes,
    /// The server's words for what an object is at, in the prober's.
    #[serde(default)]
    pub states: BTreeMap<String, String>,
    /// JSON pointers to what differs between two answers that say the same.
    #[serde(default)]
    pub volatile: Vec<String>,
    /// How to ask what became of a request, by its key.
    pub resolve: Option<Resolve>,
    /// The requests.
    pub ops: BTreeMap<Verb, Mapping>,
    /// Of the text it was read from, in hex.
    #[serde(skip)]
    pub sha256: String,
}

/// What statuses mean. 2xx is accepted; what is in neither list leaves the outcome unknown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outcomes {
    /// A rule forbade it, in the state that the object was in.
    pub refused: Vec<u16>,
    /// It was not done, for a reason that says nothing of the state.
    pub declined: Vec<u16>,
}

impl Default for Outcomes {
    fn default() -> Self {
        Self { refused: vec![400, 402, 422], declined: vec![401, 403, 404, 409, 412, 428, 429] }
    }
}

/// How to ask what became of a request.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// With `{{key}}` in it.
    pub path: String,
    /// A pointer to the status that the request was answered with, in an answer of 200.
    pub status: String,
}

/// Why a text is no adapter.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] Box<toml::de::Error>),
    /// A template that can't be read.
    #[error("ops.{verb}: {why}")]
    Template {
        /// Of which verb.
        verb: String,
        /// What is wrong.
        why: String,
    },
}

/// Whose request it is, and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The tenant's name.
    pub tenant: &'a str,
    /// What it is known by.
    pub token: &'a str,
    /// The request's own name.
    pub request: &'a str,
    /// Its idempotency key.
    pub key: Option<&'a str>,
}

impl Adapter {
    /// Reads an adapter.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_toml(text: &str) -> Result<Self, AdapterError> {
        let mut adapter: Self = toml::from_str(text).map_err(Box::new)?;
        adapter.sha256 = HEXLOWER.encode(&Sha256::digest(text));
        for (verb, mapping) in &adapter.ops {
            for part in std::iter::once(&mapping.path).chain(&mapping.body) {
                template::check(part)
                    .map_err(|why| AdapterError::Template { verb: verb.name(), why })?;
            }
        }
        Ok(adapter)
    }

    /// Whether the server can be asked for it.
    pub fn has(&self, verb: Verb) -> bool {
        self.ops.contains_key(&verb)
    }

    /// The request, or `None` where the verb is not mapped.
    pub fn call(
        &self,
        verb: Verb,
        on: Option<&str>,
        args: &Args,
        sender: Sender<'_>,
        cursor: Option<&str>,
    ) -> Option<Call> {
        let mapping = self.ops.get(&verb)?;
        let vars = self.vars(on, args, sender, cursor);
        let body = mapping.body.as_ref().map(|body| template::render(body, &vars));
        let mut headers = self.headers(&vars, sender, &mapping.method);
        let own = mapping.headers.iter().filter_map(|(name, value)| {
            let value = template::render(value, &vars);
            (!value.is_empty()).then(|| (name.clone(), value))
        });
        headers.extend(own);
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let path = template::render(&mapping.path, &vars);
        Some(Call { method: mapping.method.clone(), path, headers, body, ..Call::default() })
    }

    /// The question what became of the request with this key.
    pub fn resolving(&self, sender: Sender<'_>) -> Option<Call> {
        let resolve = self.resolve.as_ref()?;
        let vars = self.vars(None, &Args::default(), sender, None);
        let headers = self.headers(&vars, Sender { key: None, ..sender }, "GET");
        let path = template::render(&resolve.path, &vars);
        Some(Call { method: "GET".to_owned(), path, headers, ..Call::default() })
    }

    /// What that question was answered with.
    pub fn resolved(&self, response: &Response) -> Option<Outcome> {
        let resolve = self.resolve.as_ref().filter(|_| response.status == 200)?;
        let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
        let status = body.pointer(&resolve.status)?.to_string().parse().ok()?;
        Some(self.meaning(status))
    }

    fn vars(
        &self,
        on: Option<&str>,
        args: &Args,
        sender: Sender<'_>,
        cursor: Option<&str>,
    ) -> Vars {
        let amount = args.amount.map(|amount| self.money.write(amount));
        let version = args.version.map(|version| version.to_string());
        let all = [
            ("on", on.map(str::to_owned)),
            ("amount", amount),
            ("to", args.to.clone()),
            ("client", args.client.clone()),
            ("invoice", args.invoice.clone()),
            ("retainer", args.retainer.clone()),
            ("field", args.field.clone()),
            ("value", args.value.clone()),
            ("version", version),
            ("tenant", Some(sender.tenant.to_owned())),
            ("token", Some(sender.token.to_owned())),
            ("request", Some(sender.request.to_owned())),
            ("key", sender.key.map(str::to_owned)),
            ("cursor", cursor.map(str::to_owned)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn headers(&self, vars: &Vars, sender: Sender<'_>, method: &str) -> Vec<(String, String)> {
        let common = self.headers.iter();
        let mut headers: Vec<_> =
            common.map(|(name, value)| (name.clone(), template::render(value, vars))).collect();
        if let (Some(name), Some(key)) = (&self.key_header, sender.key)
            && method != "GET"
        {
            headers.push((name.clone(), key.to_owned()));
        }
        headers
    }

    /// What a status means.
    pub fn meaning(&self, status: u16) -> Outcome {
        match status {
            200..=299 => Outcome::Ok,
            _ if self.outcomes.refused.contains(&status) => Outcome::Refused,
            _ if self.outcomes.declined.contains(&status) => Outcome::Declined,
            _ => Outcome::Unknown,
        }
    }

    /// What an answer, or none, means.
    pub fn outcome(&self, result: &Result<Response, Lost>) -> Outcome {
        result.as_ref().map_or(Outcome::Unknown, |response| self.meaning(response.status))
    }
}
