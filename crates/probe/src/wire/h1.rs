//! HTTP/1.1, as little of it as racing needs.

use std::{fmt::Write as _, sync::Arc, task::Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::{
    Clock,
    gate::Gate,
    reply::{Answer, Call, Lost, Response},
    tls::{Io, Protocol, Way},
};

/// An answer's body is refused beyond this.
const BODY_BYTES_MAX: usize = 64 << 20;

/// One connection, one request at a time.
pub(super) struct Connection {
    io: Box<dyn Io>,
    pub gate: Arc<Gate>,
    read: Vec<u8>,
    authority: String,
    base: String,
    is_open: bool,
}

enum Length {
    Known(usize),
    Chunked,
    UntilClosed,
}

impl Connection {
    pub async fn open(way: &Way) -> Result<Self, Lost> {
        let (gate, io) = way.connect(Protocol::H1).await?;
        let (authority, base) = (way.endpoint.authority(), way.endpoint.base.clone());
        Ok(Self { io, gate, read: Vec::new(), authority, base, is_open: true })
    }

    /// The bytes of a request.
    pub fn wire(&self, call: &Call) -> Vec<u8> {
        let Call { method, path, headers, body, .. } = call;
        let mut head =
            format!("{method} {}{path} HTTP/1.1\r\nhost: {}\r\n", self.base, self.authority);
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if let Some(body) = body {
            let _ = write!(head, "content-length: {}\r\n", body.len());
        }
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body.as_deref().unwrap_or_default().as_bytes());
        bytes
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        self.io.write_all(bytes).await?;
        self.io.flush().await?;
        Ok(())
    }

    /// Nothing has arrived, and the other side has not hung up.
    pub fn is_quiet(&mut self) -> bool {
        let mut space = [0; 4096];
        let mut buf = ReadBuf::new(&mut space);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let polled = std::pin::Pin::new(&mut self.io).poll_read(&mut cx, &mut buf);
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if !buf.filled().is_empty() => self.read.extend(buf.filled()),
            Poll::Ready(_) => self.is_open = false,
        }
        self.is_open && self.read.is_empty()
    }

    /// The next answer.
    pub async fn read(&mut self, clock: Clock) -> Result<Answer, Lost> {
        let mut first_ns = if self.read.is_empty() { None } else { Some(clock.now_ns()) };
        loop {
            if let Some((mut response, length)) = self.head()? {
                let first_ns = first_ns.unwrap_or_else(|| clock.now_ns());
                response.body = self.body(length).await?;
                return Ok(Answer::now(response, first_ns, clock));
            }
            self.more().await?;
            first_ns.get_or_insert_with(|| clock.now_ns());
        }
    }

    async fn more(&mut self) -> Result<(), Lost> {
        if self.is_open && self.io.read_buf(&mut self.read).await? == 0 {
            self.is_open = false;
        }
        if self.is_open { Ok(()) } else { Err(Lost::Truncated) }
    }

    /// Takes the head off what was read, if it is there whole; interim answers are passed over.
    fn head(&mut self) -> Result<Option<(Response, Length)>, Lost> {
        const HEADERS_MAX: usize = 64;
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut parsed = httparse::Response::new(&mut headers);
            let status =
                parsed.parse(&self.read).map_err(|error| Lost::Garbled(error.to_string()))?;
            let httparse::Status::Complete(head_bytes) = status else { return Ok(None) };
            let status = parsed.code.unwrap_or(0);
            let headers: Vec<(String, String)> = parsed
                .headers
                .iter()
                .map(|header| {
                    let value = String::from_utf8_lossy(header.value).into_owned();
                    (header.name.to_ascii_lowercase(), value)
                })
                .collect();
            self.read.drain(..head_bytes);
            if (100..200).contains(&status) {
                continue;
            }
            let length = length(status, &headers)?;
            let value = |name: &str| headers.iter().find(|(known, _)| known == name);
            let closes = value("connection").is_some_and(|(_, value)| value.contains("close"))
                || matches!(length, Length::UntilClosed);
            return Ok(Some((Response { status, headers, body: Vec::new(), closes }, length)));
        }
    }

    async fn body(&mut self, length: Length) -> Result<Vec<u8>, Lost> {
        match length {
            Length::Known(count) => self.take(count).await,
            Length::Chunked => self.chunks().await,
            Length::UntilClosed => loop {
                if self.read.len() > BODY_BYTES_MAX {
                    return Err(Lost::Garbled("the body has no end".to_owned()));
                }
                if self.more().await.is_err() {
                    return Ok(std::mem::take(&mut self.read));
                }
            },
        }
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, Lost> {
        let mut body = Vec::new();
        loop {
            let (bytes, size) = loop {
                match httparse::parse_chunk_size(&self.read) {
                    Ok(httparse::Status::Complete(found)) => break found,
                    Ok(httparse::Status::Partial) => self.more().await?,
                    Err(_) => return Err(Lost::Garbled("a chunk without a size".to_owned())),
                }
            };
            self.read.drain(..bytes);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size == 0 {
                // Trailers end with an empty line, like the head.
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            if body.len().saturating_add(size) > BODY_BYTES_MAX {
                return Err(Lost::Garbled("the body has no end".to_owned()));
            }
            body.extend(self.take(size).await?);
            self.line().await?;
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, Lost> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(line.trim_ascii_end().to_vec());
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>, Lost> {
        if count > BODY_BYTES_MAX {
            return Err(Lost::Garbled("the body is too long".to_owned()));
        }
        while self.read.len() < count {
            self.more().await?;
        }
        Ok(self.read.drain(..count).collect())
    }
}

fn length(status: u16, headers: &[(String, String)]) -> Result<Length, Lost> {
    let value =
        |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if matches!(status, 204 | 304) {
        return Ok(Length::Known(0));
    }
    if value("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        return Ok(Length::Chunked);
    }
    match value("content-length") {
        Some(count) => count
            .trim()
            .parse()
            .map(Length::Known)
            .map_err(|_| Lost::Garbled("a length that is no number".to_owned())),
        None => Ok(Length::UntilClosed),
    }
}
