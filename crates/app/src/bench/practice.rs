//! The whole practice over HTTP: invoices on one series, payments on one invoice, bulk, and what lists
//! and statements cost when there are a million rows.

use std::{path::Path, time::Instant};

use anyhow::Context;
use tokio::net::TcpStream;

use super::{BenchArgs, Case, bulk, report::Report, served::Served};

const WRITERS: usize = 64;
const SPREAD_INVOICES: usize = 1_000;
const BULK_COMMANDS: usize = 8_192;
const BULK_REQUESTS: usize = 6;
/// Rows behind the lists and the statement.
const ROWS: usize = 1_000_000;
const FEW_MOVEMENTS: usize = 10_000;
const MANY_MOVEMENTS: usize = 1_000_000;
const PAGES_TIMED: usize = 200;

/// Invoices, payments and bulk on an empty database.
pub(super) async fn commands(
    args: &BenchArgs,
    folder: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let path = folder.join("practice.db");
    let server = Served::start(&path, 128)?;
    let client = server.client().await?;
    let line = r#"{"description":"Advice","quantity":2,"unitPrice":450.5}"#;
    let draft = format!(r#"{{"clientId":"{client}","items":[{line}]}}"#);
    let hot = pay_requests(&server, &client, 1).await?;
    let spread = pay_requests(&server, &client, SPREAD_INVOICES).await?;
    let cases = vec![
        Case::new(
            "POST invoice, one series",
            vec![server.post("/api/invoices", "", &draft)],
            &server,
        ),
        Case::new("POST payment, one invoice", hot, &server),
        Case::new("POST payment, 1,000 invoices", spread, &server),
    ];
    let samples = args.side_by_side(&cases, WRITERS).await?;
    for (case, sample) in cases.iter().zip(&samples) {
        report.http(case.name, WRITERS, sample, samples[0].per_second);
    }
    report.note("invoices/s, one series, 64 writers", samples[0].per_second, "reach ≥ 5,000");
    let ratio = samples[1].per_second / samples[2].per_second;
    report.note("payments, hot / spread at 64", ratio, "");
    let mut bulks = Vec::new();
    for _ in 0..args.rounds {
        bulks.push(bulk_per_second(&server).await?);
    }
    report.note("bulk over HTTP, commands/s", bulk::median(bulks), "reach ≥ 50,000");
    drop(server);
    // Numbers gapless and in time order, and everything else that must hold.
    let broken = broken_invariants(&path).await?;
    report.note("invariants broken afterwards", broken, "must be 0");
    Ok(())
}

async fn broken_invariants(path: &Path) -> anyhow::Result<f64> {
    let reader = store::open_reader(&format!("sqlite:{}", path.display()))?;
    let mut broken = 0;
    for firm in reader.firms().await? {
        let mut checker = domain::invariant::Checker::default();
        reader.rows(firm, &mut |row| checker.see(row))?;
        broken += checker.finish().iter().map(|verdict| verdict.broken).sum::<u64>();
    }
    Ok(broken as f64)
}

/// Requests that each pay a cent on one of so many sent invoices.
async fn pay_requests(
    server: &Served,
    client: &str,
    invoices: usize,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    let draft = format!(r#"{{"clientId":"{client}","items":[{{"unitPrice":9000000}}]}}"#);
    let mut requests = Vec::with_capacity(invoices);
    for _ in 0..invoices {
        let invoice = server.make(&mut stream, "/api/invoices", &draft).await?;
        server.make(&mut stream, &format!("/api/invoices/{invoice}/send"), "{}").await?;
        let pay = format!(
            r#"{{"clientId":"{client}","invoiceId":"{invoice}","amount":0.01,"paymentMethod":"cash","status":"completed"}}"#
        );
        requests.push(server.post("/api/payments", "", &pay));
    }
    Ok(requests)
}

pub(super) async fn bulk_per_second(server: &Served) -> anyhow::Result<f64> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    let retainer = server.retainer().await?;
    let item =
        format!(r#"{{"command":"consume_retainer","id":"{retainer}","body":{{"amount":0.01}}}}"#);
    let items = vec![item; BULK_COMMANDS].join(",");
    let body = format!(r#"{{"commands":[{items}]}}"#);
    let started = Instant::now();
    for _ in 0..BULK_REQUESTS {
        server.send(&mut stream, "/api/commands/bulk", &body).await?;
    }
    Ok((BULK_COMMANDS * BULK_REQUESTS) as f64 / started.elapsed().as_secs_f64())
}

/// Lists and a statement over a million rows, and a retainer with a long history beside a young one.
pub(super) async fn with_many_rows(
    args: &BenchArgs,
    folder: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let path = folder.join("many.db");
    tracing::info!(ROWS, "filling a database with payments and movements");
    let filled = bulk::fill_practice(&path, ROWS, [FEW_MOVEMENTS, MANY_MOVEMENTS]).await?;
    let server = Served::start(&path, 128)?;
    for (what, list) in [
        ("payments", "/api/payments?limit=50".to_owned()),
        ("statement", format!("/api/clients/{}/statement?limit=50", filled.client)),
    ] {
        let (first, last) = first_and_last(&server, &list).await?;
        report.note(&format!("{what} of 1 M rows, first page, ms"), first, "");
        report.note(&format!("{what} of 1 M rows, last page, ms"), last, "");
        report.note(&format!("{what}, last / first page"), last / first, "reach ≤ 1.2");
    }
    let consume = |retainer: &String| {
        let path = format!("/api/retainers/{retainer}/consume");
        vec![server.post(&path, "", r#"{"amount":0.01}"#)]
    };
    let [few, many] = &filled.retainers;
    let cases = vec![
        Case::new("consume, 10⁴ movements", consume(few), &server),
        Case::new("consume, 10⁶ movements", consume(many), &server),
    ];
    let samples = args.side_by_side(&cases, WRITERS).await?;
    for (case, sample) in cases.iter().zip(&samples) {
        report.http(case.name, WRITERS, sample, samples[0].per_second);
    }
    let ratio = samples[1].per_second / samples[0].per_second;
    report.note("consume, 10⁶ / 10⁴ movements", ratio, "reach ≥ 0.9");
    Ok(())
}

/// Milliseconds of the first and of the last page of a list, walked by its cursors.
async fn first_and_last(server: &Served, list: &str) -> anyhow::Result<(f64, f64)> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    // Large steps to get there; the page that is timed is of the usual size.
    let stride = list.replace("limit=50", "limit=200");
    let mut cursor = String::new();
    let mut last = cursor.clone();
    loop {
        let page = server.fetch(&mut stream, &format!("{stride}&cursor={cursor}")).await?;
        last.clone_from(&cursor);
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let first = time_of(server, &mut stream, &format!("{list}&cursor=")).await?;
    let last = time_of(server, &mut stream, &format!("{list}&cursor={last}")).await?;
    Ok((first, last))
}

async fn time_of(server: &Served, stream: &mut TcpStream, path: &str) -> anyhow::Result<f64> {
    let mut millis = Vec::with_capacity(PAGES_TIMED);
    for _ in 0..PAGES_TIMED {
        let started = Instant::now();
        server.fetch(stream, path).await.context("a page")?;
        millis.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(bulk::median(millis))
}
