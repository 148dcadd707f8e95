//! The firm's customers.

use crate::{
    id::{Id, User},
    time::Timestamp,
};

/// Person or organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientType {
    /// A natural person.
    Individual,
    /// A company.
    Company,
}

impl ClientType {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Company => "company",
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Individual, Self::Company].into_iter().find(|kind| kind.name() == name)
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
    /// Who took the client in.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
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
