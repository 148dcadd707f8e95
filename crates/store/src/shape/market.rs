//! Jobs and proposals.

use domain::rows::{Job, JobStatus, Proposal, ProposalStatus};

use super::{Columns, Read, Shape, columns, searched};

impl Shape for Job {
    columns! {
        self in "jobs" as "b";
        fixed {
            id = id(&self.id),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            owner_id = id(&self.owner),
            title = words(&self.title),
            description = words_option(self.description.as_ref()),
            category = words_option(self.category.as_ref()),
            location = words_option(self.location.as_ref()),
            currency = currency(self.currency),
            budget_min = money_option(self.budget_min),
            budget_max = money_option(self.budget_max),
            deadline = day_option(self.deadline),
            status = name(self.status.name()),
            accepted_id = id_option(self.accepted.as_ref()),
            proposals = count(self.proposals),
            version = count(self.version),
            updated_at = at(self.updated_at),
            searched_by = made(searched([
                Some(&self.title),
                self.description.as_ref(),
                self.location.as_ref(),
            ])),
        }
    }
}

impl Read for Job {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let (id, created_by, created_at, deleted) = (row.id()?, row.id()?, row.at()?, row.flag()?);
        let (owner, title, description) = (row.id()?, row.words()?, row.words_option()?);
        let (category, location) = (row.words_option()?, row.words_option()?);
        let currency = row.currency()?;
        let job = Self {
            id,
            created_by,
            created_at,
            deleted,
            owner,
            title,
            description,
            category,
            location,
            currency,
            budget_min: row.money_option(currency)?,
            budget_max: row.money_option(currency)?,
            deadline: row.day_option()?,
            status: row.name(JobStatus::from_name)?,
            accepted: row.id_option()?,
            proposals: row.count()?,
            version: row.count()?,
            updated_at: row.at()?,
        };
        row.pass(1);
        Ok(job)
    }
}

impl Shape for Proposal {
    columns! {
        self in "proposals" as "o";
        fixed {
            id = id(&self.id),
            job_id = id(&self.job),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
        }
        changing {
            currency = currency(self.amount.currency()),
            amount = money(self.amount),
            letter = words_option(self.letter.as_ref()),
            delivery_time = words_option(self.delivery_time.as_ref()),
            status = name(self.status.name()),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Proposal {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            id: row.id()?,
            job: row.id()?,
            created_by: row.id()?,
            created_at: row.at()?,
            amount: {
                let currency = row.currency()?;
                row.money(currency)?
            },
            letter: row.words_option()?,
            delivery_time: row.words_option()?,
            status: row.name(ProposalStatus::from_name)?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
