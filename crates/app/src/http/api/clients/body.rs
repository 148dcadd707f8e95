//! What callers send about a client. What a client owes and holds is in no body.

use domain::{
    Id,
    billing::{
        client::CreateClient,
        delete_clients::DeleteClients,
        update_client::{Login, UpdateClient},
    },
    id::User,
    people::erase_client::EraseClient,
    rows::{ClientProfile, ClientType},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{
        api::deleted,
        error::Refusal,
        extract::Of,
        field::{Choice, Flag, Ignored, List, Notes, Reference, Text, Version},
        route::EmptyBody,
    },
    messages::Message,
};

/// Declares a body that has the fields of a client's profile, and turns them into [`ClientProfile`].
macro_rules! body_with_profile {
    ($(#[$attribute:meta])* $body:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        $(#[$attribute])*
        pub(super) struct $body {
            $($(#[$field_attribute])* $field: $type,)*
            client_type: Choice<ClientType>,
            /// The name in one piece; composed of the others where it is not said.
            full_name: Text,
            /// Another name of `fullName`.
            name: Text,
            first_name: Text,
            last_name: Text,
            company_name: Text,
            email: Text,
            phone: Text,
            national_id: Text,
            cr_number: Text,
            city: Text,
            address: Text,
            notes: Notes,
            /// The portal login that sees this client's own rows.
            user_id: Choice<Id<User>>,
            #[serde(rename = "clientNumber")]
            _client_number: Ignored,
        }

        impl $body {
            fn profile(&mut self) -> ClientProfile {
                let full_name = self.full_name.0.take().or_else(|| self.name.0.take());
                ClientProfile {
                    full_name: full_name.unwrap_or_default(),
                    first_name: self.first_name.0.take(),
                    last_name: self.last_name.0.take(),
                    company_name: self.company_name.0.take(),
                    email: self.email.0.take(),
                    phone: self.phone.0.take(),
                    national_id: self.national_id.0.take(),
                    registration_number: self.cr_number.0.take(),
                    city: self.city.0.take(),
                    address: self.address.0.take(),
                    notes: self.notes.0.take(),
                }
            }
        }
    };
}

body_with_profile! {
    /// A client has a name: in one piece, or a first, a last or a company's.
    #[schemars(
        extend("anyOf" = [
            {"required": ["fullName"]},
            {"required": ["name"]},
            {"required": ["firstName"]},
            {"required": ["lastName"]},
            {"required": ["companyName"]},
        ]),
        example = json!({"fullName": "Noura Al-Qahtani", "phone": "+966500000000"})
    )]
    CreateBody {}
}
body_with_profile! {
    /// Only the fields that are named change.
    #[schemars(example = json!({"phone": "+966500000001", "__v": 0}))]
    UpdateBody {
        #[serde(rename = "__v")]
        version: Version,
        /// `true` takes the portal login away.
        unlink_user: Flag,
    }
}

pub(super) fn create(_: &Of, mut body: CreateBody) -> Result<CreateClient, Refusal> {
    let profile = body.profile();
    Ok(CreateClient { kind: body.client_type.0, profile, user: body.user_id.0 })
}

pub(super) fn update(of: &Of, mut body: UpdateBody) -> Result<UpdateClient, Refusal> {
    let login = match (body.user_id.0, body.unlink_user.0 == Some(true)) {
        (Some(_), true) => {
            let field = "unlinkUser";
            return Err(Refusal::field(Message::InvalidField, field, Message::InvalidField));
        }
        (None, true) => Some(Login::Nobody),
        (user, false) => user.map(Login::User),
    };
    let profile = body.profile();
    let (version, kind) = (of.version(&body.version)?, body.client_type.0);
    Ok(UpdateClient { client: of.row(), version, kind, profile, login })
}

pub(super) fn delete(of: &Of, _: EmptyBody) -> Result<DeleteClients, Refusal> {
    Ok(DeleteClients { clients: vec![of.row()] })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["reason"]), example = json!({"reason": "Asked for on 2026-11-02"}))]
pub(super) struct EraseBody {
    /// Why. It stays as the client's notes: it had better not name anybody.
    reason: Notes,
}

pub(super) fn erase(of: &Of, body: EraseBody) -> Result<EraseClient, Refusal> {
    Ok(EraseClient { client: of.row(), reason: body.reason.0.unwrap_or_default() })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    extend("required" = ["clientIds"]),
    example = json!({"clientIds": ["CLT-2026-0001", "CLT-2026-0002"]})
)]
pub(super) struct DeleteManyBody {
    /// At most 100.
    client_ids: List<Reference>,
}

pub(super) fn delete_many(_: &Of, body: DeleteManyBody) -> Result<DeleteClients, Refusal> {
    Ok(DeleteClients { clients: deleted::named(body.client_ids, "clientIds")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;

    fn edit(json: &str) -> Result<UpdateClient, &'static str> {
        let body: UpdateBody = body::read(json.as_bytes()).map_err(|refusal| refusal.code)?;
        update(&Of::row_named("CLT-2026-0001"), body).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_portal_login_is_given_taken_or_left() {
        let user = "64f1a2b3c4d5e6f708192a3b";
        let given = edit(&format!(r#"{{"userId":"{user}"}}"#)).unwrap().login;
        assert_eq!(given, Some(Login::User(user.parse().unwrap())));
        assert_eq!(edit(r#"{"unlinkUser":true}"#).unwrap().login, Some(Login::Nobody));
        assert_eq!(edit(r#"{"userId":"","unlinkUser":false}"#).unwrap().login, None);
        let both = format!(r#"{{"userId":"{user}","unlinkUser":true}}"#);
        assert_eq!(edit(&both).unwrap_err(), "invalid_field");
    }

    #[test]
    fn what_follows_from_documents_is_in_no_body() {
        for field in ["totalPaid", "totalOutstanding", "credit", "trustBalance", "status"] {
            assert_eq!(edit(&format!(r#"{{"{field}":1}}"#)).unwrap_err(), "unknown_field");
        }
        let edit = edit(r#"{"name":"Noura","clientNumber":"X-1","city":""}"#).unwrap();
        assert_eq!((edit.profile.full_name.as_str(), edit.profile.city), ("Noura", None));
    }
}
