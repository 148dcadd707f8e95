//! Edit a client: names, ways to reach them, and the portal login. Only what is named changes.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref, User},
    reply::Shown,
    rows::{Client, ClientProfile, ClientType},
};

use super::client::full_name;

/// Edit a client.
#[derive(Debug, Clone)]
pub struct UpdateClient {
    /// The client.
    pub client: Ref<Client>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// Person or company.
    pub kind: Option<ClientType>,
    /// What is named changes; an empty `full_name` names nothing.
    pub profile: ClientProfile,
    /// Who may look at it in the portal.
    pub login: Option<Login>,
}

/// A client's portal login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// This user.
    User(Id<User>),
    /// Nobody any more.
    Nobody,
}

impl Decide for UpdateClient {
    const NAME: &'static str = "update_client";
    const ACTION: Action = Action::ChangeClients;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Client(self.client.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.client)
    }

    /// Refuses, in this order: `client_not_found`, `version_conflict`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.client)?;
        d.expect_version(&*found, self.version)?;

        // From here on the command succeeds.
        let user = match self.login {
            None => found.user,
            Some(Login::User(user)) => Some(user),
            Some(Login::Nobody) => None,
        };
        let kind = self.kind.unwrap_or(found.kind);
        let profile = laid_over(&self.profile, &found.profile);
        Ok(Shown::Client(d.update(Client { kind, profile, user, ..Client::clone(&found) })))
    }
}

/// `edit` laid over `current`. A name in one piece that was composed of its parts is composed anew; one
/// that was given stays.
fn laid_over(edit: &ClientProfile, current: &ClientProfile) -> ClientProfile {
    let over = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    let mut profile = ClientProfile {
        full_name: String::new(),
        first_name: over(&edit.first_name, &current.first_name),
        last_name: over(&edit.last_name, &current.last_name),
        company_name: over(&edit.company_name, &current.company_name),
        email: over(&edit.email, &current.email),
        phone: over(&edit.phone, &current.phone),
        national_id: over(&edit.national_id, &current.national_id),
        registration_number: over(&edit.registration_number, &current.registration_number),
        city: over(&edit.city, &current.city),
        address: over(&edit.address, &current.address),
        notes: over(&edit.notes, &current.notes),
    };
    let composed = ClientProfile { full_name: String::new(), ..current.clone() };
    let was_composed = full_name(&composed).as_ref() == Some(&current.full_name);
    profile.full_name = match edit.full_name.trim() {
        "" if was_composed => full_name(&profile).unwrap_or_else(|| current.full_name.clone()),
        "" => current.full_name.clone(),
        given => given.to_owned(),
    };
    profile
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Rejection,
        billing::{client::CreateClient, delete_clients::DeleteClients},
        practice::Practice,
    };

    fn text(text: &str) -> Option<String> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn names(full: &str, first: &str, last: &str, company: &str) -> ClientProfile {
        ClientProfile {
            full_name: full.into(),
            first_name: text(first),
            last_name: text(last),
            company_name: text(company),
            ..ClientProfile::default()
        }
    }

    fn edit(version: Option<i64>, profile: ClientProfile) -> UpdateClient {
        let client = Ref::parse("CLT-2026-0001");
        UpdateClient { client, version, kind: None, profile, login: None }
    }

    /// What a client is called after its profile was edited.
    fn renamed(was: ClientProfile, profile: ClientProfile) -> String {
        let mut practice = Practice::of(Id::new([1; 12]));
        practice.ask(CreateClient { kind: None, profile: was, user: None }).unwrap();
        let shown = practice.ask(edit(None, profile)).unwrap();
        let Shown::Client(client) = shown else { panic!("{shown:?}") };
        client.profile.full_name.clone()
    }

    #[test]
    fn a_composed_name_follows_its_parts_and_a_given_one_stays() {
        for (was, edited, expected) in [
            (names("", "نورة", "سالم", ""), names("", "", "خالد", ""), "نورة خالد"),
            (names("د. نورة", "نورة", "سالم", ""), names("", "", "خالد", ""), "د. نورة"),
            (names("", "", "", "الأمانة"), names("", "", "", "الوفاء"), "الوفاء"),
            (names("", "نورة", "سالم", ""), names("أم خالد", "", "", ""), "أم خالد"),
            (names("نورة", "", "", ""), names("", "", "", ""), "نورة"),
        ] {
            let lines = format!("{was:?} {edited:?}");
            assert_eq!(renamed(was, edited), expected, "{lines}");
        }
    }

    #[test]
    fn only_what_is_named_changes_and_only_what_was_read() {
        let mut practice = Practice::new();
        let city = |city: &str| ClientProfile { city: text(city), ..ClientProfile::default() };
        practice.ask(edit(Some(0), city("جدة"))).unwrap();
        let conflict = Rejection::VersionConflict { current: 1 };
        assert_eq!(practice.ask(edit(Some(0), city("أبها"))).unwrap_err(), conflict);
        let phone = ClientProfile { phone: text("055"), ..ClientProfile::default() };
        let shown = practice.ask(edit(Some(1), phone)).unwrap();
        let Shown::Client(client) = shown else { panic!("{shown:?}") };
        let told = (client.profile.city.as_deref(), client.profile.phone.as_deref());
        assert_eq!(told, (Some("جدة"), Some("055")));
        practice.ask(DeleteClients { clients: vec![Ref::Id(client.id)] }).unwrap();
        assert_eq!(practice.ask(edit(None, city("أبها"))).unwrap_err(), Rejection::ClientNotFound);
    }

    #[test]
    fn a_portal_login_is_given_and_taken_away() {
        let mut practice = Practice::new();
        let mut link = |login| {
            let shown = practice.ask(UpdateClient { login, ..edit(None, names("", "", "", "")) });
            let Ok(Shown::Client(client)) = shown else { panic!("{shown:?}") };
            client.user
        };
        let user = Id::new([7; 12]);
        assert_eq!(link(Some(Login::User(user))), Some(user));
        assert_eq!(link(None), Some(user));
        assert_eq!(link(Some(Login::Nobody)), None);
    }
}
