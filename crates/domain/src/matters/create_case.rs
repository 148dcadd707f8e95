//! Open a case.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Client},
};

use super::{Standing, is_free, number_key, shown, trimmed};

/// A new matter.
#[derive(Debug, Clone)]
pub struct CreateCase {
    /// What it is called; never blank.
    pub title: String,
    /// The number that the court or the firm gave it; unique in the firm.
    pub number: Option<String>,
    /// Whose matter.
    pub client: Option<Ref<Client>>,
    /// Where it stands; active when absent.
    pub standing: Option<Standing>,
    /// Free text.
    pub description: Option<String>,
}

impl Decide for CreateCase {
    const NAME: &'static str = "create_case";
    const ACTION: Action = Action::CreateClients;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(trimmed(self.number.as_ref()).map(number_key));
        keys.extend(self.client.clone().map(Key::Client));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `title_required`, `client_not_found`, `case_number_taken`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let title = self.title.trim();
        if title.is_empty() {
            return Err(Rejection::TitleRequired.into());
        }
        let client = d.find_option(self.client.as_ref())?;
        let number = trimmed(self.number.as_ref());
        if let Some(number) = number {
            is_free(d, number)?;
        }

        // From here on the command succeeds.
        let standing = self.standing.as_ref().unwrap_or(&Standing::Active);
        let case = Case {
            id: d.id(),
            number: number.map(str::to_owned),
            title: title.to_owned(),
            client: client.map(|client| client.id),
            status: standing.status(),
            outcome: standing.outcome().cloned(),
            description: self.description.clone(),
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let case = d.insert(case);
        shown(d, case)
    }
}
