//! Cases (matters): what work and money are tagged with. **A case holds no money itself.**

pub mod create_case;
pub mod delete_case;
#[cfg(test)]
mod tests;
pub mod update_case;

use std::sync::Arc;

use crate::{
    change::Key,
    decision::{Decision, Stop},
    id::{Id, Ref},
    rejection::Rejection,
    reply::Shown,
    rows::{Case, CaseStatus, Client},
};

/// Where a case stands, as a caller gives it: an outcome belongs to a closed case alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Work goes on.
    Active,
    /// It waits for something.
    OnHold,
    /// It is over.
    Closed {
        /// How it ended; may be told later, and only once.
        outcome: Option<String>,
    },
}

impl Standing {
    const fn status(&self) -> CaseStatus {
        match self {
            Self::Active => CaseStatus::Active,
            Self::OnHold => CaseStatus::OnHold,
            Self::Closed { .. } => CaseStatus::Closed,
        }
    }

    fn outcome(&self) -> Option<&String> {
        match self {
            Self::Closed { outcome } => outcome.as_ref(),
            Self::Active | Self::OnHold => None,
        }
    }
}

/// What a row is tagged with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tags {
    pub client: Option<Id<Client>>,
    pub case: Option<Id<Case>>,
}

impl Tags {
    /// The client and the case named, laid over these. Where a case is named and no client, it is the
    /// case's client.
    ///
    /// # Errors
    /// `client_not_found`, `case_not_found`, or a row is not loaded.
    pub(crate) fn over(
        d: &Decision<'_>,
        client: Option<&Ref<Client>>,
        case: Option<&Ref<Case>>,
        current: Self,
    ) -> Result<Self, Stop> {
        let client = d.find_option(client)?;
        let case = d.find_option(case)?;
        let of_case = case.as_ref().filter(|_| client.is_none()).and_then(|case| case.client);
        let of_case = d.find_option(of_case.map(Ref::Id).as_ref())?;
        Ok(Self {
            client: client.or(of_case).map(|client| client.id).or(current.client),
            case: case.map(|case| case.id).or(current.case),
        })
    }
}

/// The keys of the client and the case that a caller names.
pub(crate) fn tag_keys(
    keys: &mut Vec<Key>,
    client: Option<&Ref<Client>>,
    case: Option<&Ref<Case>>,
) {
    keys.extend(client.cloned().map(Key::Client));
    keys.extend(case.cloned().map(Key::Case));
}

/// A case number as it is kept: without blanks around it.
fn trimmed(number: Option<&String>) -> Option<&str> {
    number.map(|number| number.trim()).filter(|number| !number.is_empty())
}

fn number_key(number: &str) -> Key {
    Key::Case(Ref::Number(number.to_owned()))
}

/// Refuses a number that a case of this firm has, also one that was deleted: papers go by it.
fn is_free(d: &Decision<'_>, number: &str) -> Result<(), Stop> {
    let taken = d.book.cases.key_of(number).ok_or_else(|| Stop::missing(number_key(number)))?;
    if taken.is_some() { Err(Rejection::CaseNumberTaken.into()) } else { Ok(()) }
}

/// The answer about a case.
fn shown(d: &Decision<'_>, case: Arc<Case>) -> Result<Shown, Stop> {
    let client = d.get_option(case.client)?;
    Ok(Shown::Case { case, client })
}
