//! The connection breaks at every byte of a commit's exchange: the command is carried out once, and its
//! caller is told so.

use engine::Settled;
use throwaway::{Cluster, Cut, Database, Proxy};

use crate::rig::{Found, Rig, place};

/// What a commit is, on the wire: `Q`, four bytes of length, the word, a zero byte. PostgreSQL answers
/// with its tag and that it is ready.
const WORD: &[u8] = b"commit";
const COMMIT_BYTES: usize = 12;
const ANSWER_BYTES: usize = 18;
/// More than a batch of one command and its commit send.
const BATCH_BYTES_MAX: usize = 1 << 16;

/// How many peaks the audit log's tree has before a command that is cut.
const PEAKS: u32 = 4;

struct Cutting {
    rig: Rig,
    proxy: Proxy,
    database: Database,
}

impl Cutting {
    /// Carries out commands, one at least, until the next one takes as many bytes as all that are cut:
    /// the firm's head holds the peaks of the audit log's tree, and a record completes nodes of it.
    async fn come_to_the_next(&self) {
        loop {
            let n = self.rig.next();
            self.rig.consume(n).await.unwrap();
            // Those of the client and of the retainer are the first two.
            let records = n + 2;
            if records % 2 == 0 && records.count_ones() == PEAKS {
                return;
            }
        }
    }

    /// Carries out one command over a connection that is cut there, and others before it over one that
    /// is not. Answers whether it came to the cut.
    async fn cut(&self, cut: Cut) -> bool {
        let Self { rig, proxy, database } = self;
        self.come_to_the_next().await;
        let cuts = proxy.cut_count();
        proxy.arm(cut.clone());
        let n = rig.next();
        let told = rig.consume(n).await.unwrap();
        let is_cut = proxy.cut_count() != cuts;
        proxy.heal();
        assert!(matches!(told, Settled::Decided { .. }), "{cut:?}: {told:?}");
        assert_eq!(place(&rig.consume(n).await.unwrap()), place(&told), "{cut:?}");
        let found = Found::on(Cluster::shared(), &database.name);
        assert_eq!(found.0.len(), usize::try_from(n).unwrap(), "{cut:?}");
        is_cut
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_carried_out_once_wherever_its_commit_is_cut() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    let rig = Rig::new(&proxy.url(&database.name)).await;
    let cutting = Cutting { rig, proxy, database };
    // The commit's answer, from its first byte to its last.
    for bytes in 0..ANSWER_BYTES {
        assert!(cutting.cut(Cut::to_client(bytes).once_sent(WORD)).await, "{bytes}");
    }
    // All that a batch sends ends with its commit.
    let (mut cut, mut whole) = (0, BATCH_BYTES_MAX);
    while whole - cut > 1 {
        let half = usize::midpoint(cut, whole);
        if cutting.cut(Cut::to_server(half)).await { cut = half } else { whole = half }
    }
    assert!(cut > COMMIT_BYTES, "{cut} bytes are no batch");
    for bytes in (cut - COMMIT_BYTES..=cut).chain((0..cut).step_by(cut / 24)) {
        assert!(cutting.cut(Cut::to_server(bytes)).await, "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_a_broken_commit_for_a_failed_one_takes_twice() {
    let cluster = Cluster::shared();
    let (database, proxy) = (cluster.fresh_database(), cluster.proxy());
    cluster.sql(&database.name, "create table retainers as select 0 as taken");
    let url = proxy.url(&database.name);
    for bytes in 0..ANSWER_BYTES {
        proxy.arm(Cut::to_client(bytes).once_sent(WORD));
        while let Err(error) = hasty(&url).await {
            assert!(error.code().is_none(), "{error}");
        }
        proxy.heal();
    }
    let taken = cluster.sql(&database.name, "select taken from retainers");
    let taken: usize = taken[0][0].parse().unwrap();
    assert!(taken > ANSWER_BYTES, "{taken} of {ANSWER_BYTES}: the cuts go unnoticed");
}

/// Takes once, and says whether that went well.
pub async fn hasty(url: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("begin").await?;
    client.batch_execute("update retainers set taken = taken + 1").await?;
    client.batch_execute("commit").await
}
