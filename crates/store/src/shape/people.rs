//! Clients and their cases.

use domain::rows::{Case, CaseStatus, Client, ClientProfile, ClientType};

use super::{Columns, Read, Shape, columns, searched};

impl Shape for Client {
    columns! {
        self in "clients" as "c";
        fixed {
            id = id(&self.id),
            number = words(&self.number),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            kind = name(self.kind.name()),
            full_name = words(&self.profile.full_name),
            first_name = words_option(self.profile.first_name.as_ref()),
            last_name = words_option(self.profile.last_name.as_ref()),
            company_name = words_option(self.profile.company_name.as_ref()),
            email = words_option(self.profile.email.as_ref()),
            phone = words_option(self.profile.phone.as_ref()),
            national_id = words_option(self.profile.national_id.as_ref()),
            registration_number = words_option(self.profile.registration_number.as_ref()),
            city = words_option(self.profile.city.as_ref()),
            address = words_option(self.profile.address.as_ref()),
            notes = words_option(self.profile.notes.as_ref()),
            user_id = id_option(self.user.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
            searched_by = made(self.searched_by()),
        }
    }
}

impl Read for Client {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let client = Self {
            id: row.id()?,
            number: row.words()?,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            kind: row.name(ClientType::from_name)?,
            profile: ClientProfile {
                full_name: row.words()?,
                first_name: row.words_option()?,
                last_name: row.words_option()?,
                company_name: row.words_option()?,
                email: row.words_option()?,
                phone: row.words_option()?,
                national_id: row.words_option()?,
                registration_number: row.words_option()?,
                city: row.words_option()?,
                address: row.words_option()?,
                notes: row.words_option()?,
            },
            user: row.id_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        // Only searches read it.
        row.pass(1);
        Ok(client)
    }
}

impl Shape for Case {
    columns! {
        self in "cases" as "k";
        fixed {
            id = id(&self.id),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            number = words_option(self.number.as_ref()),
            title = words(&self.title),
            client_id = id_option(self.client.as_ref()),
            status = name(self.status.name()),
            outcome = words_option(self.outcome.as_ref()),
            description = words_option(self.description.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
            searched_by = made(searched([self.number.as_ref(), Some(&self.title)])),
        }
    }
}

impl Read for Case {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let case = Self {
            id: row.id()?,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            number: row.words_option()?,
            title: row.words()?,
            client: row.id_option()?,
            status: row.name(CaseStatus::from_name)?,
            outcome: row.words_option()?,
            description: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        row.pass(1);
        Ok(case)
    }
}
