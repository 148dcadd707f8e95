//! HTTP/1.1 over real TCP, as little of it as racing needs: a request can be written but for its last
//! byte, and released later. **It never retries, pools by itself or hides an error.**

use std::{io, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// No answer takes longer; a test that waits for this has failed.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);

/// A request, as data.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl Call {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").bytes(body.to_string())
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    pub fn key(self, key: impl Into<String>) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// The request as it goes over the wire.
    pub fn wire(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: localhost\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = self.body.as_deref().unwrap_or_default();
        if !body.is_empty() || self.method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body; `null` when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A refusal's code; empty when it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn is_replayed(&self) -> bool {
        self.header("Idempotency-Replayed") == Some("true")
    }

    /// Status and code, for messages.
    pub fn brief(&self) -> String {
        format!("{} {}", self.status, self.code())
    }
}

/// One keep-alive connection.
pub struct Connection {
    pub address: SocketAddr,
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, unread: Vec::new() })
    }

    pub async fn send(&mut self, call: &Call) -> io::Result<Answer> {
        // Who is refused before the whole request was sent finds the answer all the same.
        let written = self.write(&call.wire()).await;
        let answer = self.answer(call.method).await;
        answer.map_err(|error| written.err().unwrap_or(error))
    }

    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer. An end of stream before it is an error.
    pub async fn answer(&mut self, method: &str) -> io::Result<Answer> {
        let answer = timeout(ANSWER_WAIT_MAX, self.read_answer(method)).await;
        answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer"))?
    }

    async fn read_answer(&mut self, method: &str) -> io::Result<Answer> {
        let head = self.read_through(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {head}")))?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        answer.body = match answer.header("content-length").map(str::parse) {
            _ if method == "HEAD" || status == 204 || status == 304 => Vec::new(),
            Some(Ok(length)) => self.read_exactly(length).await?,
            Some(Err(_)) => return Err(io::Error::other("a Content-Length that is no number")),
            None if answer.header("transfer-encoding") == Some("chunked") => {
                self.read_chunks().await?
            }
            None => self.read_to_end().await?,
        };
        Ok(answer)
    }

    async fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.read_through(b"\r\n").await?;
            let size = String::from_utf8_lossy(&line).trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
            let chunk = self.read_exactly(size + 2).await?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn read_through(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                let rest = self.unread.split_off(at + end.len());
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            self.read_more().await?;
        }
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < length {
            self.read_more().await?;
        }
        let rest = self.unread.split_off(length);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        self.stream.read_to_end(&mut self.unread).await?;
        Ok(std::mem::take(&mut self.unread))
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Whether the server has closed its end; waits until it does or the time is up.
    pub async fn is_closed_within(&mut self, wait: Duration) -> bool {
        matches!(timeout(wait, self.read_more()).await, Ok(Err(_)))
    }
}

/// One request on a connection of its own.
pub async fn send(address: SocketAddr, call: &Call) -> io::Result<Answer> {
    Connection::open(address).await?.send(call).await
}
