//! What every race with two processes stands on: that one of them is really stopped in the middle of a
//! batch, and that what only a single process could get away with is caught when there are two.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use crate::support::{
    database::Database,
    firm::{Firm, accepted, halalas, riyals},
    pair::Pair,
    server::{Options, Server},
    target::{Target, random_share},
};

/// Six consumes of 60 SAR at once on 100 SAR: one fits.
async fn consumes(firm: &Firm<'_>) -> Result<(), String> {
    let retainer = firm.retainer(100).await;
    let calls = (0..6).map(|_| firm.consume(&retainer, "60")).collect();
    let answers = firm.target.race(calls).await?;
    match accepted(&answers, &["insufficient_balance"])? {
        1 => firm.balances(&retainer, 10_000, 6_000).await.map(drop),
        count => Err(format!("100 SAR were taken from {count} times 60")),
    }
}

/// A store that locks nothing and guards nothing, on a database without the keys that stand behind it.
/// A server alone comes clean: its lane decides in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_store_without_lock_and_guards_is_caught_by_two_servers_alone() {
    const ROUNDS_MAX: usize = 40;
    for count in [1, 2] {
        let (options, database) = (Options::default(), Database::postgres().await);
        database.sql(
            "alter table movements drop constraint movements_pkey;
             alter table entries drop constraint entries_pkey;
             alter table audit drop constraint audit_pkey",
        );
        options.faults.unguarded.store(true, SeqCst);
        let target = Target::of(Server::on(database, count, options).await);
        let mut caught = None;
        for round in 1..=ROUNDS_MAX {
            caught = consumes(&Firm::new(&target)).await.err().map(|why| (round, why));
            if caught.is_some() {
                break;
            }
        }
        match (count, caught) {
            (1, None) => target.check().await,
            (1, Some((round, why))) => panic!("one server was blamed in round {round}: {why}"),
            (_, Some((round, why))) => {
                println!("caught in round {round}: {why}");
                assert!(why.contains("100 SAR were taken from"), "{why}");
                target.expect_unsound().await;
            }
            (_, None) => {
                panic!("two servers without a guard came clean out of {ROUNDS_MAX} rounds")
            }
        }
    }
}

/// While it is stopped with the firm locked, the other process waits inside and refuses nobody; when it
/// goes on, nothing of what it had decided is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_process_stopped_in_the_middle_of_a_batch_leaves_nothing_stale() {
    const CALLERS: usize = 16;
    const INSIDE_MIN: u32 = 3;
    const STOPS_MAX: u32 = 60;
    // Longer than PostgreSQL leaves a transaction idle.
    const STOPPED: Duration = Duration::from_millis(2_600);
    let pair = Arc::new(Pair::start().await);
    let target = Target::of_pair(Arc::clone(&pair));
    let firm = Firm::new(&target);
    let retainer = firm.retainer(1_000_000).await;
    let (firm, retainer) = (&firm, retainer.as_str());
    let (mut inside, mut stops, mut taken) = (0, 0, 0_i64);
    while inside < INSIDE_MIN && stops < STOPS_MAX {
        stops += 1;
        let stop = async {
            tokio::time::sleep(Duration::from_millis(12).mul_f64(random_share())).await;
            // Most stops meet it between two batches; those need not last.
            let n = usize::try_from(stops % 2).expect("0 or 1");
            pair.stop_while_inside(n, STOPPED).await
        };
        let calls = (0..CALLERS).map(|_| firm.consume(retainer, "1")).collect();
        let (was_inside, answers) = tokio::join!(stop, target.race(calls));
        inside += u32::from(was_inside);
        taken += i64::try_from(CALLERS).expect("few");
        let count = accepted(&answers.expect("everybody is answered"), &[]).expect("with yes");
        assert_eq!(count, CALLERS);
        let held = halalas(&firm.audited(retainer).await.unwrap()["currentBalance"]);
        assert_eq!(held, 100_000_000 - 100 * taken, "{} are left", riyals(held));
    }
    let ended = pair.ended_count();
    println!("{stops} stops, {inside} with the firm locked; PostgreSQL ended {ended} sessions");
    assert!(inside >= INSIDE_MIN, "of {stops} stops {inside} met a batch");
    assert!(ended > 0, "no transaction was idle for long enough");
    target.check().await;
}
