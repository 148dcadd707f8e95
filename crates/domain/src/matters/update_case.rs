//! Edit a case: only what is named changes. How it ended is said once, and then it stays closed.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, CaseStatus, Client},
};

use super::{Standing, is_free, number_key, shown, trimmed};

/// See [`UpdateCase`].
#[derive(Debug, Clone, Default)]
pub struct CaseEdit {
    /// What it is called; never blank.
    pub title: Option<String>,
    /// Its number, where it has none yet; the same number again changes nothing.
    pub number: Option<String>,
    /// Whose matter.
    pub client: Option<Ref<Client>>,
    /// Where it stands.
    pub standing: Option<Standing>,
    /// Free text.
    pub description: Option<String>,
}

/// Edit a case, close it, or open it again.
#[derive(Debug, Clone)]
pub struct UpdateCase {
    /// The case.
    pub case: Ref<Case>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// What changes.
    pub edit: CaseEdit,
}

impl Decide for UpdateCase {
    const NAME: &'static str = "update_case";
    const ACTION: Action = Action::ChangeClients;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Case(self.case.clone()));
        keys.extend(trimmed(self.edit.number.as_ref()).map(number_key));
        keys.extend(self.edit.client.clone().map(Key::Client));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.case)
    }

    /// Refuses, in this order: `title_required`, `case_not_found`, `version_conflict`,
    /// `client_not_found` (also when a case of an archived client would be opened again),
    /// `case_closed` (a second outcome, or opened again after one), `case_number_fixed`,
    /// `case_number_taken`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let edit = &self.edit;
        let title = edit.title.as_deref().map(str::trim);
        if title.is_some_and(str::is_empty) {
            return Err(Rejection::TitleRequired.into());
        }
        let found = d.find(&self.case)?;
        d.expect_version(&*found, self.version)?;
        let client = d.find_option(edit.client.as_ref())?.map(|client| client.id).or(found.client);
        let status = edit.standing.as_ref().map_or(found.status, Standing::status);
        if found.status == CaseStatus::Closed && status != CaseStatus::Closed {
            // An archived client has no active case.
            d.find_option(client.map(Ref::Id).as_ref())?;
        }
        let outcome = edit.standing.as_ref().and_then(Standing::outcome);
        if found.outcome.is_some() && (outcome.is_some() || status != CaseStatus::Closed) {
            return Err(Rejection::CaseClosed.into());
        }
        let number = trimmed(edit.number.as_ref());
        match (number, &found.number) {
            (Some(number), None) => is_free(d, number)?,
            (Some(number), Some(fixed)) if number != fixed => {
                return Err(Rejection::CaseNumberFixed.into());
            }
            _ => {}
        }

        // From here on the command succeeds.
        let case = d.update(Case {
            number: number.map(str::to_owned).or_else(|| found.number.clone()),
            title: title.map_or_else(|| found.title.clone(), str::to_owned),
            client,
            status,
            outcome: outcome.cloned().or_else(|| found.outcome.clone()),
            description: edit.description.clone().or_else(|| found.description.clone()),
            ..Case::clone(&found)
        });
        shown(d, case)
    }
}
