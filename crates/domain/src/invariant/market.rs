//! I7: at most one accepted proposal per job, the job points at it, and counts right.

use std::collections::BTreeMap;

use super::{finding::Account, verdict::Verdicts};
use crate::{
    id::Id,
    rows::{Job, Proposal, ProposalStatus},
};

/// Jobs and what was proposed on them.
#[derive(Default)]
pub(super) struct Market {
    jobs: BTreeMap<Id<Job>, Job>,
    proposals: BTreeMap<Id<Job>, Vec<Proposal>>,
}

impl Market {
    pub fn see_job(&mut self, job: Job) {
        self.jobs.insert(job.id, job);
    }

    pub fn see_proposal(&mut self, v: &mut Verdicts, proposal: Proposal) {
        v.i9.check(self.jobs.contains_key(&proposal.job), || {
            Account::from(proposal.id).says("it names no job".to_owned())
        });
        self.proposals.entry(proposal.job).or_default().push(proposal);
    }

    pub fn judge(&self, v: &mut Verdicts) {
        for (id, job) in &self.jobs {
            let proposals = self.proposals.get(id).map_or(&[][..], Vec::as_slice);
            let with = |is: fn(&ProposalStatus) -> bool| {
                proposals.iter().filter(move |proposal| is(&proposal.status))
            };
            let accepted: Vec<_> = with(|status| *status == ProposalStatus::Accepted)
                .map(|proposal| proposal.id)
                .collect();
            let points = job.accepted.into_iter().collect::<Vec<_>>() == accepted;
            v.i7.check(points, || {
                let text = format!("points at {:?}, accepted are {accepted:?}", job.accepted);
                Account::from(*id).says(text)
            });
            let live = with(|status| status.is_live()).count();
            v.i7.check(i64::try_from(live) == Ok(job.proposals), || {
                let text = format!("counts {} proposals, {live} are live", job.proposals);
                Account::from(*id).says(text)
            });
            let mut lawyers: Vec<_> =
                with(|status| status.is_live()).map(|proposal| proposal.created_by).collect();
            lawyers.sort_unstable();
            let twice = lawyers.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
            let own = lawyers.contains(&job.owner);
            v.i7.check(!twice && !own, || {
                let text = "a lawyer has two live proposals on it, or it is their own";
                Account::from(*id).says(text.to_owned())
            });
        }
    }
}
