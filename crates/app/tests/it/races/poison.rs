//! One command that can't be carried out, in the middle of others that can.

use engine::Decide;
use serde_json::json;

use crate::{
    support::{
        faulty::{PANIC, POISON},
        firm::Firm,
        race::Race,
        server::Options,
    },
    twin::Flaw,
};

async fn poisoned(firm: &Firm<'_>, description: &str) -> Result<(), String> {
    const CULPRITS: [usize; 2] = [7, 20];
    let retainer = firm.retainer(1_000).await;
    let call = |n: usize| {
        let description = if CULPRITS.contains(&n) { description } else { "work" };
        let body = json!({"amount": 1, "description": description});
        firm.post(format!("/api/retainers/{retainer}/consume"), &body)
    };
    let answers = firm.target.race((0..30).map(call).collect()).await?;
    let harmed = (0..30).filter(|n| !CULPRITS.contains(n) && !answers[*n].is_ok()).count();
    if harmed > 0 {
        return Err(format!("two poisoned commands harmed {harmed} neighbours"));
    }
    for n in CULPRITS {
        if (answers[n].status, answers[n].code().as_str()) != (500, "defect") {
            return Err(format!("a poisoned command was answered {}", answers[n].text()));
        }
    }
    firm.balances(&retainer, 100_000, 2_800).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_what_the_database_refuses_harms_no_neighbour() {
    let race = Race::new(25, "harmed").in_this_process().flaw(Flaw::BatchTogether);
    race.run(async |firm| poisoned(firm, POISON).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_a_decision_that_panics_harms_no_neighbour() {
    let decide: Decide = |book, asked, command| {
        if let domain::Command::ConsumeRetainer(consume) = command {
            assert_ne!(consume.description.as_deref(), Some(PANIC), "as the test asked");
        }
        domain::decide(book, asked, command)
    };
    let options = Options { decide, ..Options::default() };
    let race = Race::new(25, "harmed").options(options).flaw(Flaw::BatchTogether);
    race.run(async |firm| poisoned(firm, PANIC).await).await;
}
