//! The marketplace, line by line: who asks, what is asked, and what comes of it.

use crate::{
    Command, Id, MARKET, Ref, Rejection, Role,
    market::{
        JobDetails, PROPOSALS_PER_JOB_MAX, accept_proposal::AcceptProposal, delete_job::DeleteJob,
        post_job::PostJob, propose::Propose, reject_proposal::RejectProposal,
        update_job::UpdateJob, withdraw_proposal::WithdrawProposal,
    },
    practice::{Practice, amount},
    reply::Shown,
    rows::{Job, JobStatus, Proposal, ProposalStatus},
};

/// Who posts the job.
const NOURA: u8 = 10;
/// Lawyers.
const SARA: u8 = 20;
const KHALID: u8 = 21;
const OMAR: u8 = 22;

/// The market with one job on it.
struct Fair {
    practice: Practice,
    job: Id<Job>,
}

impl Fair {
    fn new() -> Self {
        let mut practice = Practice::of(MARKET);
        practice.user = NOURA;
        practice.role = Role::Client;
        let shown = practice.ask(post("عقد")).unwrap();
        let Shown::Job(job) = shown else { panic!("{shown:?}") };
        Self { practice, job: job.id }
    }

    /// Status and count of the job a command answered about, the proposal's status before it, or the
    /// refusal's code.
    fn told(&mut self, user: u8, command: impl Into<Command>) -> String {
        self.practice.user = user;
        self.practice.role = if user == NOURA { Role::Client } else { Role::Lawyer };
        match self.practice.ask(command) {
            Ok(Shown::Job(job)) => format!("{} {}", job.status.name(), job.proposals),
            Ok(Shown::Proposal { proposal, job }) => {
                format!("{}: {} {}", proposal.status.name(), job.status.name(), job.proposals)
            }
            Ok(Shown::Deleted(_)) => "deleted".into(),
            Ok(shown) => panic!("{shown:?}"),
            Err(rejection) => rejection.code().into(),
        }
    }

    fn check(&mut self, lines: Vec<(u8, Command, &str)>) {
        for (n, (user, command, expected)) in lines.into_iter().enumerate() {
            let asked = format!("line {}: {user} {command:?}", n + 1);
            assert_eq!(self.told(user, command), expected, "{asked}");
        }
    }

    /// A proposal of `user`, made now.
    fn proposed(&mut self, user: u8) -> Id<Proposal> {
        let expected = self.count() + 1;
        let offer = self.offer("100");
        assert_eq!(self.told(user, offer), format!("pending: open {expected}"));
        self.live_of(user).expect("it was made")
    }

    fn live_of(&self, user: u8) -> Option<Id<Proposal>> {
        let mut rows = self.practice.book.proposals.rows();
        rows.find(|row| row.created_by == Id::new([user; 12]) && row.status.is_live())
            .map(|row| row.id)
    }

    fn status_of(&self, proposal: Id<Proposal>) -> ProposalStatus {
        self.practice.book.proposals.get(proposal).unwrap().unwrap().status
    }

    fn count(&self) -> i64 {
        self.practice.book.jobs.get(self.job).unwrap().unwrap().proposals
    }

    fn offer(&self, text: &str) -> Command {
        let (job, amount) = (Ref::Id(self.job), amount(text));
        Propose { job, amount, letter: None, delivery_time: None }.into()
    }

    fn edit(&self) -> UpdateJob {
        let (job, details) = (Ref::Id(self.job), JobDetails::default());
        UpdateJob { job, version: None, status: None, details }
    }

    fn stand(&self, status: JobStatus) -> Command {
        UpdateJob { status: Some(status), ..self.edit() }.into()
    }

    fn delete(&self) -> Command {
        DeleteJob { job: Ref::Id(self.job) }.into()
    }
}

fn post(title: &str) -> PostJob {
    let details = JobDetails { title: Some(title.into()), ..JobDetails::default() };
    PostJob { currency: None, details }
}

fn accept(proposal: Id<Proposal>) -> Command {
    AcceptProposal { proposal: Ref::Id(proposal) }.into()
}

fn reject(proposal: Id<Proposal>) -> Command {
    RejectProposal { proposal: Ref::Id(proposal) }.into()
}

fn withdraw(proposal: Id<Proposal>) -> Command {
    WithdrawProposal { proposal: Ref::Id(proposal) }.into()
}

fn between(min: Option<&str>, max: Option<&str>) -> JobDetails {
    let (budget_min, budget_max) = (min.map(amount), max.map(amount));
    JobDetails { budget_min, budget_max, ..JobDetails::default() }
}

#[test]
fn one_proposal_is_accepted_and_the_others_are_rejected_with_it() {
    let mut fair = Fair::new();
    let [sara, khalid, omar] = [SARA, KHALID, OMAR].map(|user| fair.proposed(user));
    fair.check(vec![
        (OMAR, withdraw(omar), "withdrawn: open 2"),
        (KHALID, accept(khalid), "forbidden"),
        (NOURA, accept(khalid), "accepted: in-progress 1"),
        (NOURA, accept(khalid), "job_not_open"),
        (NOURA, accept(sara), "job_not_open"),
        (KHALID, withdraw(khalid), "proposal_not_pending"),
        (NOURA, reject(khalid), "proposal_not_pending"),
        (SARA, withdraw(sara), "proposal_not_pending"),
        (OMAR, fair.offer("5"), "job_not_open"),
    ]);
    let statuses = [sara, khalid, omar].map(|id| fair.status_of(id));
    let expected = [ProposalStatus::Rejected, ProposalStatus::Accepted, ProposalStatus::Withdrawn];
    assert_eq!(statuses, expected);
    let job = fair.practice.book.jobs.get(fair.job).unwrap().unwrap();
    assert_eq!(job.accepted, Some(khalid));
}

#[test]
fn a_lawyer_has_one_live_proposal_on_a_job() {
    let mut fair = Fair::new();
    let sara = fair.proposed(SARA);
    fair.check(vec![
        (SARA, fair.offer("90"), "proposal_exists"),
        (KHALID, fair.offer("90"), "pending: open 2"),
        (KHALID, withdraw(sara), "forbidden"),
        (SARA, withdraw(sara), "withdrawn: open 1"),
        (SARA, withdraw(sara), "proposal_not_pending"),
        (NOURA, accept(sara), "proposal_not_pending"),
        (NOURA, reject(sara), "proposal_not_pending"),
        (SARA, fair.offer("80"), "pending: open 2"),
    ]);
    let again = fair.live_of(SARA).unwrap();
    fair.check(vec![
        (KHALID, reject(again), "forbidden"),
        (NOURA, reject(again), "rejected: open 1"),
        (NOURA, reject(again), "proposal_not_pending"),
        (SARA, fair.offer("70"), "pending: open 2"),
    ]);
}

#[test]
fn an_offer_is_a_lawyers_in_the_jobs_currency_and_on_anothers_job() {
    let mut fair = Fair::new();
    let nowhere = Propose {
        job: Ref::Id(Id::new([9; 12])),
        amount: amount("1"),
        letter: None,
        delivery_time: None,
    };
    fair.check(vec![
        (NOURA, fair.offer("5"), "forbidden"),
        (SARA, nowhere.into(), "job_not_found"),
        (SARA, fair.offer("0"), "amount_required"),
        (SARA, fair.offer("0.001"), "amount_too_precise"),
        (SARA, accept(Id::new([9; 12])), "proposal_not_found"),
    ]);
    fair.practice.user = NOURA;
    fair.practice.role = Role::Lawyer;
    let offer = fair.offer("5");
    assert_eq!(fair.practice.ask(offer), Err(Rejection::OwnJob));
}

#[test]
fn a_job_goes_its_way_and_never_back() {
    use JobStatus::{Cancelled, Completed, InProgress, Open};
    let mut fair = Fair::new();
    let sara = fair.proposed(SARA);
    fair.check(vec![
        (NOURA, fair.stand(Open), "open 1"),
        (NOURA, fair.stand(InProgress), "job_not_in_progress"),
        (NOURA, fair.stand(Completed), "job_not_in_progress"),
        (SARA, fair.stand(Cancelled), "forbidden"),
        (NOURA, accept(sara), "accepted: in-progress 1"),
        (NOURA, fair.stand(Open), "job_not_open"),
        (NOURA, fair.stand(Completed), "completed 1"),
        (NOURA, fair.stand(Completed), "completed 1"),
        (NOURA, fair.stand(Cancelled), "job_not_open"),
        (NOURA, fair.stand(InProgress), "job_not_open"),
        (NOURA, fair.delete(), "job_has_accepted_proposal"),
    ]);
    let mut fair = Fair::new();
    let sara = fair.proposed(SARA);
    fair.check(vec![
        (NOURA, accept(sara), "accepted: in-progress 1"),
        (NOURA, fair.stand(Cancelled), "cancelled 1"),
        (NOURA, fair.stand(Open), "job_not_open"),
        (NOURA, fair.delete(), "job_has_accepted_proposal"),
    ]);
    assert_eq!(fair.status_of(sara), ProposalStatus::Accepted);
}

#[test]
fn a_job_that_is_taken_back_leaves_no_proposal_pending() {
    let mut fair = Fair::new();
    let [sara, khalid] = [SARA, KHALID].map(|user| fair.proposed(user));
    fair.check(vec![
        (SARA, withdraw(sara), "withdrawn: open 1"),
        (NOURA, fair.stand(JobStatus::Cancelled), "cancelled 0"),
        (SARA, fair.offer("5"), "job_not_open"),
        (NOURA, accept(khalid), "job_not_open"),
        (KHALID, withdraw(khalid), "proposal_not_pending"),
        (NOURA, fair.delete(), "deleted"),
    ]);
    assert_eq!(fair.status_of(khalid), ProposalStatus::Rejected);

    let mut fair = Fair::new();
    let sara = fair.proposed(SARA);
    fair.check(vec![
        (SARA, fair.delete(), "forbidden"),
        (NOURA, fair.delete(), "deleted"),
        (NOURA, fair.delete(), "job_not_found"),
        (NOURA, fair.stand(JobStatus::Cancelled), "job_not_found"),
        (KHALID, fair.offer("5"), "job_not_found"),
        (NOURA, accept(sara), "job_not_open"),
        (NOURA, reject(sara), "proposal_not_pending"),
        (SARA, withdraw(sara), "proposal_not_pending"),
    ]);
    assert_eq!((fair.status_of(sara), fair.count()), (ProposalStatus::Rejected, 0));
}

#[test]
fn title_and_budget_are_fixed_once_a_proposal_is_accepted() {
    let mut fair = Fair::new();
    let sara = fair.proposed(SARA);
    let edit = |fair: &Fair, details| Command::from(UpdateJob { details, ..fair.edit() });
    let titled = |title: &str| JobDetails { title: Some(title.into()), ..JobDetails::default() };
    let place = || JobDetails { location: Some("جدة".into()), ..JobDetails::default() };
    let nothing = PostJob { currency: None, details: JobDetails::default() };
    let upside_down = between(Some("9"), Some("8"));
    let priced = PostJob {
        details: JobDetails { title: Some("عقد".into()), ..upside_down.clone() },
        ..nothing
    };
    fair.check(vec![
        (NOURA, nothing.into(), "title_required"),
        (NOURA, post(" ").into(), "title_required"),
        (NOURA, priced.into(), "budget_invalid"),
        (NOURA, edit(&fair, upside_down), "budget_invalid"),
        (NOURA, edit(&fair, between(None, Some("-1"))), "amount_required"),
        (NOURA, edit(&fair, between(Some("500"), Some("500"))), "open 1"),
        (NOURA, edit(&fair, between(None, Some("400"))), "budget_invalid"),
        (NOURA, edit(&fair, titled("")), "title_required"),
        (NOURA, edit(&fair, titled("عقد عمل")), "open 1"),
        (KHALID, edit(&fair, place()), "forbidden"),
        (NOURA, accept(sara), "accepted: in-progress 1"),
        (NOURA, edit(&fair, between(None, Some("900"))), "job_not_open"),
        (NOURA, edit(&fair, titled("غيره")), "job_not_open"),
        // A form sends back what it was shown.
        (NOURA, edit(&fair, titled("عقد عمل")), "in-progress 1"),
        (NOURA, edit(&fair, between(Some("500"), None)), "in-progress 1"),
        (NOURA, edit(&fair, place()), "in-progress 1"),
    ]);
    let stale = UpdateJob { version: Some(0), ..fair.edit() };
    fair.check(vec![(NOURA, stale.into(), "version_conflict")]);
    let job = fair.practice.book.jobs.get(fair.job).unwrap().unwrap();
    assert_eq!((job.title.as_str(), job.location.as_deref()), ("عقد عمل", Some("جدة")));
    assert_eq!(job.accepted, Some(sara));
}

#[test]
fn a_job_has_no_more_proposals_than_one_commit_can_reject() {
    let mut fair = Fair::new();
    let job = fair.practice.book.jobs.get(fair.job).unwrap().unwrap();
    let full = Job { proposals: PROPOSALS_PER_JOB_MAX, ..Job::clone(job) };
    fair.practice.book.accept(vec![crate::Change::Job(full.into())]);
    assert_eq!(fair.told(SARA, fair.offer("5")), "too_many_proposals");
}

#[test]
fn the_market_is_the_only_market() {
    let mut practice = Practice::new();
    assert_eq!(practice.ask(post("عقد")), Err(Rejection::Forbidden));
}
