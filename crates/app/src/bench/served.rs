//! The product itself, as a process of its own, with a firm to load.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::load::{self, COUNTER};

const SECRET: &str = "a secret for benchmarks, 32 bytes and more";
/// Whose requests they are where nothing else is said.
pub(super) const FIRM: &str = "0b0b0b0b0b0b0b0b0b0b0b0b";
const START_SECONDS_MAX: u64 = 60;
/// Enough that no round can use a retainer up.
const DEPOSIT: &str = "9000000000000";

/// A running server.
pub(super) struct Served {
    process: Child,
    token: String,
    /// Where it listens.
    pub port: u16,
    /// From exec to the first `200` of `/ready`.
    pub start_seconds: f64,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have gone already; there is nothing else to do about it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    /// Starts the server on a database file and waits until it is ready.
    pub fn start(database: &Path, batch_count_max: usize) -> anyhow::Result<Self> {
        Self::on(&format!("sqlite:{}", database.display()), batch_count_max, FIRM)
    }

    /// As [`Self::start`], with another share of a core for the verifier than the usual.
    pub fn verifying(database: &Path, share: f64) -> anyhow::Result<Self> {
        let share = share.to_string();
        let more = ["--verify-share", share.as_str()];
        Self::with(&format!("sqlite:{}", database.display()), 128, FIRM, &more)
    }

    /// Starts the server on a database and waits until it is ready; its requests are of this firm.
    pub fn on(database: &str, batch_count_max: usize, firm: &str) -> anyhow::Result<Self> {
        Self::with(database, batch_count_max, firm, &[])
    }

    fn with(
        database: &str,
        batch_count_max: usize,
        firm: &str,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let program = std::env::current_exe()?;
        let started = Instant::now();
        let process = Command::new(&program)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--database", database])
            .args(["--batch-count-max", &batch_count_max.to_string()])
            .args(more)
            .env("JWT_SECRET", SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let token = Command::new(&program)
            .args(["token", "--user", "0a0a0a0a0a0a0a0a0a0a0a0a", "--firm", firm])
            .args(["--role", "owner"])
            .env("JWT_SECRET", SECRET)
            .output()?;
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        let mut served = Self { process, token, port, start_seconds: 0.0 };
        served.wait_until_ready(started)?;
        served.start_seconds = started.elapsed().as_secs_f64();
        Ok(served)
    }

    fn wait_until_ready(&mut self, started: Instant) -> anyhow::Result<()> {
        use std::io::{Read, Write};
        while started.elapsed() < Duration::from_secs(START_SECONDS_MAX) {
            if let Some(status) = self.process.try_wait()? {
                bail!("the server stopped: {status}");
            }
            if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
                stream.write_all(
                    b"GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n",
                )?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                if answer.starts_with("HTTP/1.1 200") {
                    return Ok(());
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        bail!("the server was not ready within {START_SECONDS_MAX} s")
    }

    /// A GET as bytes.
    pub fn get(&self, path: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        )
        .into_bytes()
    }

    /// A POST as bytes.
    pub fn post(&self, path: &str, headers: &str, body: &str) -> Vec<u8> {
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .into_bytes()
    }

    /// Opens retainers, and gives the request that consumes from each.
    pub async fn consumes(&self, retainers: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut requests = Vec::with_capacity(retainers);
        for retainer in self.open_retainers(retainers).await? {
            requests.push(self.post(
                &format!("/api/retainers/{retainer}/consume"),
                "",
                r#"{"amount":0.01}"#,
            ));
        }
        Ok(requests)
    }

    /// One retainer, consumed from with a fresh idempotency key each time.
    pub async fn keyed_consumes(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let retainers = self.open_retainers(1).await?;
        let counter = std::str::from_utf8(COUNTER)?;
        let headers = format!("Idempotency-Key: {counter}\r\n");
        let consume = |retainer: &String| {
            self.post(&format!("/api/retainers/{retainer}/consume"), &headers, r#"{"amount":0.01}"#)
        };
        Ok(retainers.iter().map(consume).collect())
    }

    async fn open_retainers(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let client = self.client().await?;
        let body = format!(r#"{{"clientId":"{client}","initialAmount":{DEPOSIT}}}"#);
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(self.make(&mut stream, "/api/retainers", &body).await?);
        }
        Ok(ids)
    }

    /// A new client's id.
    pub async fn client(&self) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        self.make(&mut stream, "/api/clients", r#"{"fullName":"Bench"}"#).await
    }

    /// A new retainer's id.
    pub async fn retainer(&self) -> anyhow::Result<String> {
        self.open_retainers(1).await?.pop().context("a retainer was opened")
    }

    /// Posts, and gives the id of what was made.
    pub async fn make(
        &self,
        stream: &mut TcpStream,
        path: &str,
        body: &str,
    ) -> anyhow::Result<String> {
        let made = self.send(stream, path, body).await?;
        Ok(made["data"]["_id"].as_str().context("an answer without an id")?.to_owned())
    }

    /// Reads what is at a path.
    pub async fn fetch(
        &self,
        stream: &mut TcpStream,
        path: &str,
    ) -> anyhow::Result<serde_json::Value> {
        stream.write_all(&self.get(path)).await?;
        answered(stream).await
    }

    /// Posts, and reads the answer.
    pub async fn send(
        &self,
        stream: &mut TcpStream,
        path: &str,
        body: &str,
    ) -> anyhow::Result<serde_json::Value> {
        stream.write_all(&self.post(path, "", body)).await?;
        answered(stream).await
    }

    /// Resident memory of the server, in MB.
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kb: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kb / 1024.0)
    }
}

async fn answered(stream: &mut TcpStream) -> anyhow::Result<serde_json::Value> {
    let mut answer = Vec::new();
    load::read_answer(stream, &mut answer).await?;
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").context("no body")?;
    Ok(serde_json::from_slice(&answer[body + 4..])?)
}
