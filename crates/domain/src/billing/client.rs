//! Take in a client.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, User},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{Client, ClientProfile, ClientType},
};

/// A new customer of the firm.
#[derive(Debug, Clone)]
pub struct CreateClient {
    /// Person or company; a company when only a company name is given.
    pub kind: Option<ClientType>,
    /// Names and ways to reach them; `full_name` may be empty.
    pub profile: ClientProfile,
    /// The portal login.
    pub user: Option<Id<User>>,
}

/// The name in one piece: as given, else first and last name, else the company's.
pub(super) fn full_name(profile: &ClientProfile) -> Option<String> {
    let person =
        [profile.first_name.as_deref(), profile.last_name.as_deref()].into_iter().flatten();
    let person = person.collect::<Vec<_>>().join(" ");
    [profile.full_name.clone(), person, profile.company_name.clone().unwrap_or_default()]
        .into_iter()
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
}

impl Decide for CreateClient {
    const NAME: &'static str = "create_client";
    const ACTION: Action = Action::CreateClients;

    fn keys(&self, _: &mut Vec<Key>) {}

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses: `name_required`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let full_name = full_name(&self.profile).ok_or(Rejection::NameRequired)?;
        let number = d.take_number(Series::Client)?;

        // From here on the command succeeds.
        let is_company = self.profile.company_name.is_some() && self.profile.first_name.is_none();
        let client = Client {
            id: d.id(),
            number,
            kind: self.kind.unwrap_or(if is_company {
                ClientType::Company
            } else {
                ClientType::Individual
            }),
            profile: ClientProfile { full_name, ..self.profile.clone() },
            user: self.user,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        Ok(Shown::Client(d.insert(client)))
    }
}
