//! How PostgreSQL looks up what a batch needs. A plan is made while there is little and stays when there is
//! much: one that reads all of a firm's log to find its end would be slower with each command.

use throwaway::Cluster;

use crate::rig::Rig;

/// Steps that look at all there is, or at all that a firm has.
const SLOW: &[&str] = &["Sort", "Bitmap Heap Scan", "Seq Scan"];

/// A statement's text, and the steps that it was carried out in.
fn plans(cluster: &Cluster) -> Vec<(String, String)> {
    let log = cluster.log();
    let told = log.split("plan:\n\tQuery Text: ").skip(1);
    told.map(|told| {
        let lines = || told.lines().skip(1).take_while(|line| line.starts_with('\t'));
        let is_step = |line: &&str| line.contains("(cost=");
        let text: Vec<_> = lines().take_while(|line| !is_step(line)).map(str::trim).collect();
        let text = format!("{} {}", told.lines().next().unwrap_or_default(), text.join(" "));
        (text, lines().collect::<Vec<_>>().join("\n"))
    })
    .collect()
}

/// Two processes take turns, so that each reads everything anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_batch_looks_up_takes_longer_the_more_there_is() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    store::migrate(&database.url).unwrap();
    cluster.set("session_preload_libraries", "auto_explain");
    cluster.set("auto_explain.log_min_duration", "0");
    let one = Rig::new(&database.url).await;
    let other = one.beside(&database.url);
    // The plan that stays is made at the sixth time.
    for _ in 0..12 {
        one.consume_unkeyed().await.unwrap();
        other.consume_unkeyed().await.unwrap();
    }
    let plans: Vec<_> =
        plans(&cluster).into_iter().filter(|(text, _)| text.contains("firm_id = $1")).collect();
    for table in ["from audit ", "from retainers", "from clients"] {
        assert!(plans.iter().any(|(text, _)| text.contains(table)), "{table}: {}", plans.len());
    }
    for (text, steps) in plans {
        let slow = SLOW.iter().find(|slow| steps.contains(*slow));
        assert_eq!(slow, None, "{text}\n{steps}");
    }
}
