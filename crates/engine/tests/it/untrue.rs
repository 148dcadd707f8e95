//! A decision that does not add up is a defect of ours: nothing of it is stored.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{Change, Command, invariant::Finding, trust::consume::ConsumeRetainer};
use engine::{
    BatchReport, CommandReport, Engine, Limits, Observer, Options, Trouble, model::Model,
};

use crate::support::{
    accepted, all, assert_sound, consume, firm, is_accepted, options, request, with_retainer,
};

/// Loses the movement of a consumption that says so.
fn lying() -> engine::Decide {
    |book, asked, command| {
        let (reply, mut changes) = domain::decide(book, asked, command)?;
        if let Command::ConsumeRetainer(consume) = command
            && consume.description.as_deref() == Some("lie")
        {
            changes.retain(|change| !matches!(change, Change::Movement(_)));
        }
        Ok((reply, changes))
    }
}

#[derive(Default)]
struct Lies(AtomicUsize);

impl Observer for Lies {
    fn batch(&self, _: &BatchReport) {}
    fn command(&self, _: &CommandReport<'_>) {}
    fn committed(&self, _: &domain::Batch) {}
    fn failed(&self, _: &engine::StoreError, _: domain::Id<domain::rows::Firm>) {}
    fn untrue(&self, finding: &Finding) {
        assert_eq!(finding.sign.rule, "I1", "{finding}");
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn retry(&self) {}
}

#[tokio::test]
async fn a_decision_that_lies_is_not_stored_and_its_neighbours_are() {
    let (model, lies) = (Model::default(), Arc::<Lies>::default());
    let observer = Arc::<Lies>::clone(&lies);
    let options = Options { decide: lying(), observer, ..options(Limits::default()) };
    let engine = Engine::start(vec![model.clone()], options).unwrap();
    with_retainer(&engine, 1_000).await;
    let lie = ConsumeRetainer { description: Some("lie".into()), ..consume(1) };
    let requests =
        (0..20).map(|n| request(1, if n == 7 { lie.clone() } else { consume(1) })).collect();
    let settled = all(&engine, requests).await;
    let Err(Trouble::Defect(why)) = &settled[7] else { panic!("{:?}", settled[7]) };
    assert!(why.contains("the balance moves by -100, its movements by 0"), "{why}");
    assert_eq!(settled.iter().filter(|settled| is_accepted(settled)).count(), 19);
    assert_eq!(lies.0.load(Ordering::SeqCst), 1);
    accepted(engine.submit(request(1, consume(1))).await);
    assert_sound(&model, firm(1));
}
