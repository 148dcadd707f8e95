//! The firm's customers.

use crate::{
    id::{Id, User},
    named::named,
    text::folded,
    time::Timestamp,
};

named! {
    /// Person or organisation.
    ClientType {
        /// A natural person.
        Individual = "individual",
        /// A company.
        Company = "company",
    }
}

/// The firm's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Id.
    pub id: Id<Self>,
    /// `CLT-YYYY-NNNN`.
    pub number: String,
    /// Person or company.
    pub kind: ClientType,
    /// Names and ways to reach them.
    pub profile: ClientProfile,
    /// The portal login, if any.
    pub user: Option<Id<User>>,
    /// Archived: hidden, kept with its number.
    pub deleted: bool,
    /// Who took the client in.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Everything it may be searched by, as [`folded`] text, one line each.
    pub fn searched_by(&self) -> String {
        let profile = &self.profile;
        let optional = [
            &profile.first_name,
            &profile.last_name,
            &profile.company_name,
            &profile.email,
            &profile.phone,
            &profile.national_id,
            &profile.registration_number,
        ];
        let all = [&profile.full_name, &self.number].into_iter();
        let lines: Vec<String> =
            all.chain(optional.into_iter().flatten()).map(|text| folded(text)).collect();
        lines.join("\n")
    }
}

/// What identifies and reaches a client; every field is text as given, `full_name` never empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientProfile {
    /// The name in one piece: as given, else composed of the others.
    pub full_name: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Registered name of a company.
    pub company_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// National or residence id.
    pub national_id: Option<String>,
    /// Commercial registration number of a company.
    pub registration_number: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Street address.
    pub address: Option<String>,
    /// Free text.
    pub notes: Option<String>,
}
