//! Jobs and proposals: rows of the market, whoever asks.

use domain::{
    MARKET, Ref,
    rows::{Job, Proposal},
};

use super::{
    Value,
    query::{Only, Sorted, View, join, one, page},
};
use crate::{
    JobFilter, Listed, Page, ProposalFilter, ProposalView, ReadError, Reader,
    shape::{Columns, Read, Shape as _},
};

impl Reader {
    /// A job.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn job(&self, by: &Ref<Job>) -> Result<Option<Job>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, MARKET, &by)).await
    }

    /// A part of the list of jobs, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn jobs(&self, filter: JobFilter, part: Page) -> Result<Listed<Job>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<Job>(MARKET);
            only.is_option("owner_id", filter.owner.map(Value::from));
            only.is_option("category", filter.category.as_deref().map(Value::from));
            only.one_of("status", filter.statuses.iter().map(|status| status.name()));
            only.by("jobs_owner", filter.owner.is_some());
            only.by("jobs_status", !filter.statuses.is_empty());
            only.by("jobs_category", filter.category.is_some());
            only.search(filter.search.as_ref());
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }

    /// A proposal and its job.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn proposal(&self, by: &Ref<Proposal>) -> Result<Option<ProposalView>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, MARKET, &by)).await
    }

    /// A part of the list of proposals, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn proposals(
        &self,
        filter: ProposalFilter,
        part: Page,
    ) -> Result<Listed<ProposalView>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<Proposal>(MARKET);
            only.names("job_id", filter.job.as_ref());
            only.is_option("created_by", filter.lawyer.map(Value::from));
            only.by("proposals_job", filter.job.is_some());
            only.by("proposals_lawyer", filter.lawyer.is_some());
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }
}

impl View for Job {
    type Of = Self;
}

impl View for ProposalView {
    type Of = Proposal;
    const JOINS: &'static str = join!(job of "o");
    const JOINED: &'static [&'static str] = &[Job::TABLE.selected()];
}

impl Read for ProposalView {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { proposal: Read::read(row)?, job: Read::read(row)? })
    }
}
