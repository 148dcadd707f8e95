//! On one PostgreSQL: ours beside one transaction a request, and one process beside two.

use std::process::Command;

use anyhow::Context;
use tokio::task::block_in_place;

use super::{
    BenchArgs, Case, SPREAD_RETAINERS, bulk,
    load::{Load, Sample},
    practice,
    report::Report,
    rival::{Rival, said},
    served::{FIRM, Served},
};

const CONNECTIONS: [usize; 2] = [64, 256];
/// A firm whose commands are on another lane than the first one's.
const OTHER_FIRM: &str = "0b0b0b0b0b0b0b0b0b0b0b0c";

/// A PostgreSQL that databases can be made on.
struct Databases<'u>(&'u str);

impl Databases<'_> {
    /// The URL of a new database.
    fn fresh(&self, name: &str) -> anyhow::Result<String> {
        let (server, old) = self.0.rsplit_once('/').context("the URL names a database")?;
        let query = old.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        let name = format!("amanah_bench_{name}_{}", std::process::id());
        let mut created = Command::new("psql");
        said(created.args(["-q", "-d", self.0, "-c", &format!("create database {name}")]))?;
        Ok(format!("{server}/{name}{query}"))
    }
}

/// Everything, each against what it is compared with in turn.
pub(super) async fn measure(
    args: &BenchArgs,
    url: &str,
    report: &mut Report,
) -> anyhow::Result<()> {
    let databases = Databases(url);
    beside_row_locks(args, &databases, report).await?;
    two_processes(args, &databases, report).await?;
    let server = Served::on(&databases.fresh("bulk")?, 128, FIRM)?;
    let mut bulks = Vec::new();
    for _ in 0..args.rounds {
        bulks.push(practice::bulk_per_second(&server).await?);
    }
    report.note("PostgreSQL, bulk over HTTP, commands/s", bulk::median(bulks), "");
    Ok(())
}

/// Our retainers, hot and spread, beside transactions that lock a row each.
async fn beside_row_locks(
    args: &BenchArgs,
    databases: &Databases<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let rival = Rival::new(databases.fresh("rival")?, folder.path())?;
    let url = databases.fresh("ours")?;
    let server = Served::on(&url, 128, FIRM)?;
    let alone = Served::on(&databases.fresh("alone")?, 1, FIRM)?;
    let hot = Case::new("PostgreSQL, hot", server.consumes(1).await?, &server);
    let spread = Case::new("PostgreSQL, spread", server.consumes(SPREAD_RETAINERS).await?, &server);
    let one = Case::new("PostgreSQL, hot, batch 1", alone.consumes(1).await?, &alone);
    for connections in CONNECTIONS {
        tracing::info!(connections, rounds = args.rounds, "measuring on PostgreSQL");
        let mut ours = [Vec::new(), Vec::new(), Vec::new()];
        let (mut locked, mut apart) = (Vec::new(), Vec::new());
        for _ in 0..args.rounds {
            for (case, samples) in [&hot, &spread, &one].into_iter().zip(&mut ours) {
                let load = Load { ports: &case.ports, connections, lasts: args.round() };
                samples.push(load.run(&case.requests).await.context(case.name)?);
            }
            let theirs = |retainers| rival.per_second(args, connections, retainers);
            locked.push(block_in_place(|| theirs(1))?);
            apart.push(block_in_place(|| theirs(SPREAD_RETAINERS))?);
        }
        let [hot_sample, spread_sample, one_sample] = ours.map(Sample::median);
        let (locked, apart) = (bulk::median(locked), bulk::median(apart));
        for (case, sample) in [(&hot, &hot_sample), (&spread, &spread_sample), (&one, &one_sample)]
        {
            report.http(case.name, connections, sample, hot_sample.per_second);
        }
        let at = |what: &str| format!("PostgreSQL, {what} at {connections}");
        report.note(&at("row locks, hot, tps"), locked, "");
        report.note(&at("row locks, 1,000 rows, tps"), apart, "");
        let hot_ratio = hot_sample.per_second / locked;
        report.note(&at("ours hot / row locks hot"), hot_ratio, "reach ≥ 20");
        let apart_ratio = hot_sample.per_second / apart;
        report.note(&at("ours hot / row locks 1,000"), apart_ratio, "reach ≥ 3");
        let batch_ratio = hot_sample.per_second / one_sample.per_second;
        report.note(&at("default batch / batch 1"), batch_ratio, "");
    }
    Ok(())
}

/// One process beside two on the same firm, and on a firm each.
async fn two_processes(
    args: &BenchArgs,
    databases: &Databases<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let url = databases.fresh("two")?;
    let (first, second) = (Served::on(&url, 128, FIRM)?, Served::on(&url, 128, FIRM)?);
    let other = Served::on(&url, 128, OTHER_FIRM)?;
    let hot = first.consumes(1).await?;
    let of_other = other.consumes(1).await?;
    drop(other);
    // The token says whose request it is, not the server.
    let mixed = [hot.clone(), of_other].concat();
    let ports = vec![first.port, second.port];
    let cases = [
        Case::new("1 process, 1 firm", hot.clone(), &first),
        Case { name: "2 processes, 1 firm", requests: hot, ports: ports.clone() },
        Case::new("1 process, 2 firms", mixed.clone(), &first),
        Case { name: "2 processes, 2 firms", requests: mixed, ports },
    ];
    for connections in CONNECTIONS {
        let samples = args.side_by_side(&cases, connections).await?;
        for (case, sample) in cases.iter().zip(&samples) {
            report.http(case.name, connections, sample, samples[0].per_second);
        }
        let [one, two, one_of_two, two_of_two] = &samples[..] else {
            unreachable!("four cases were run")
        };
        let at = |what: &str| format!("PostgreSQL, 2 processes / 1, {what} at {connections}");
        let ratio = two.per_second / one.per_second;
        report.note(&at("one firm"), ratio, "reach ≥ 0.8");
        report.note(&at("a firm each"), two_of_two.per_second / one_of_two.per_second, "");
    }
    Ok(())
}
