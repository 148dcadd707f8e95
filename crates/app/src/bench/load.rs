//! A closed-loop HTTP/1.1 load: each connection sends its next request when the last was answered.
//!
//! It parses as little as it can, so that it takes as little as it can of the machine it shares with
//! the server.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A round's figures.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers came within this many microseconds.
    pub p50_micros: u64,
    /// 99 of 100 did.
    pub p99_micros: u64,
}

impl Sample {
    /// The sample in the middle by throughput.
    pub fn median(mut samples: Vec<Self>) -> Self {
        samples.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        samples.swap_remove(samples.len() / 2)
    }
}

/// How a round is run.
pub(super) struct Load<'p> {
    /// Where the connections go, in turn.
    pub ports: &'p [u16],
    pub connections: usize,
    pub lasts: Duration,
}

/// A place in a request that gets a fresh number each time it is sent.
pub(super) const COUNTER: &[u8; 16] = b"################";

impl Load<'_> {
    /// Sends `requests` round and round over all connections until time is up.
    pub async fn run(&self, requests: &[Vec<u8>]) -> anyhow::Result<Sample> {
        let started = Instant::now();
        let until = started + self.lasts;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..self.connections {
            let mine: Vec<_> = requests
                .iter()
                .skip(n % requests.len())
                .step_by(self.connections)
                .cloned()
                .collect();
            let mine =
                if mine.is_empty() { vec![requests[n % requests.len()].clone()] } else { mine };
            let port = self.ports[n % self.ports.len()];
            tasks.spawn(connection(port, mine, until));
        }
        let mut latencies = Histogram::<u64>::new(3)?;
        while let Some(done) = tasks.join_next().await {
            latencies.add(done??)?;
        }
        Ok(Sample {
            per_second: latencies.len() as f64 / started.elapsed().as_secs_f64(),
            p50_micros: latencies.value_at_quantile(0.5),
            p99_micros: latencies.value_at_quantile(0.99),
        })
    }
}

async fn connection(
    port: u16,
    mut requests: Vec<Vec<u8>>,
    until: Instant,
) -> anyhow::Result<Histogram<u64>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut answer = Vec::with_capacity(16 * 1024);
    let places: Vec<_> = requests.iter().map(|request| find(request, COUNTER)).collect();
    let mut count = 0_u64;
    while Instant::now() < until {
        let turn = usize::try_from(count)? % requests.len();
        if let Some(at) = places[turn] {
            let fresh = format!("{:016x}", FRESH.fetch_add(1, Ordering::Relaxed));
            requests[turn][at..at + COUNTER.len()].copy_from_slice(fresh.as_bytes());
        }
        let sent = Instant::now();
        stream.write_all(&requests[turn]).await?;
        read_answer(&mut stream, &mut answer).await?;
        latencies.record(u64::try_from(sent.elapsed().as_micros())?)?;
        count += 1;
    }
    Ok(latencies)
}

static FRESH: AtomicU64 = AtomicU64::new(0);

/// Reads one answer with a `Content-Length`; anything but 2xx ends the run.
pub(super) async fn read_answer(
    stream: &mut TcpStream,
    answer: &mut Vec<u8>,
) -> anyhow::Result<()> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(head) = find(answer, b"\r\n\r\n") else { continue };
        let length = content_length(&answer[..head]).context("an answer without Content-Length")?;
        let whole = head + 4 + length;
        while answer.len() < whole {
            if stream.read_buf(answer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        if !answer.starts_with(b"HTTP/1.1 2") {
            bail!("answered {}", String::from_utf8_lossy(answer));
        }
        return Ok(());
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let at =
        head.windows(16).position(|window| window.eq_ignore_ascii_case(b"\r\ncontent-length"))?;
    let rest = head[at + 16..].strip_prefix(b":")?;
    let line = rest.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
