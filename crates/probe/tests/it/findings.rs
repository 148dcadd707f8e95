//! The concurrency report's findings, each reproduced by name on a small server of its shape.

use std::{net::SocketAddr, time::Duration};

use probe::{
    attack::{self, Plan, target_of},
    naive::{ADAPTER, Naive},
    scenario,
    wire::Delivery,
};

/// Attacks the naive server with one scenario; what the judges say of the money.
async fn attacked(id: &str) -> Vec<String> {
    let naive =
        Naive::start(SocketAddr::from(([127, 0, 0, 1], 0)), Duration::from_millis(2)).unwrap();
    let target = target_of(ADAPTER, &[naive.url()]).unwrap();
    let plan = Plan {
        rounds: 12,
        twin_rounds: 0,
        n: 10,
        seed: 3,
        cell_time_max: Duration::from_secs(60),
        requests_max: 100_000,
    };
    let scenario = scenario::by_id(id).unwrap();
    let tally =
        attack::play(&target, scenario, Delivery::LastByte, plan, plan.rounds, &|_| ()).await;
    assert_eq!(tally.failed, None);
    let all = tally.findings.iter().map(|finding| format!("{} {}", finding.judge, finding.text));
    let all: Vec<String> = all.collect();
    println!("{id}: caught in {}/{}\n  {}", tally.violated, tally.raced, all.join("\n  "));
    assert!(tally.violated > 0, "{id} did not show it in {} rounds", tally.raced);
    all
}

fn says(all: &[String], what: &str) {
    assert!(all.iter().any(|text| text.contains(what)), "nothing says {what}: {all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_1_a_retainer_is_spent_beyond_what_it_holds() {
    says(&attacked("S01").await, "J1 100.00 on the retainer, 500.00 spent, 10 answers said OK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_1_a_replenishment_is_lost() {
    says(&attacked("S02").await, "J2 the retainer should say");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_2_a_payment_is_lost_from_its_invoice() {
    says(&attacked("S03").await, "J2 the invoice should say 1000.00 and says 500.00: 500.00 lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_3_a_refund_is_lost_from_its_invoice() {
    says(
        &attacked("S06").await,
        "J2 the invoice should say 400.00 and says 700.00: 300.00 too much",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_4_a_completed_payment_does_not_reach_the_retainer() {
    says(&attacked("S08").await, "J2 the retainer should say");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_5_payment_numbers_are_given_twice() {
    says(&attacked("S09").await, "J5 PAY-2025-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_6_retainer_numbers_are_given_twice() {
    says(&attacked("S10").await, "J5 RET-2025-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_7_client_numbers_are_given_twice() {
    says(&attacked("S11").await, "J5 CLT-2025-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_8_a_proposal_is_not_counted() {
    says(&attacked("S12").await, "proposals were accepted and the job counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_9_invoice_numbers_collide() {
    says(&attacked("S13").await, "J5 INV-202512-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_10_transaction_numbers_collide() {
    says(&attacked("S14").await, "J5 TXN-202512-");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timing_scenario_2_a_double_click_pays_twice() {
    says(&attacked("S05").await, "J1 2000.00 paid of one invoice of 1000.00, 2 answers said OK");
}
