//! A request as data, and what became of it.

use std::{io, time::Duration};

use super::Clock;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// Which process of the target.
    pub target: usize,
    /// GET, POST …
    pub method: String,
    /// From the endpoint's base.
    pub path: String,
    /// As they are sent.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<String>,
    /// How long after the others its last byte is released.
    pub offset: Duration,
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status line's number.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The server closes the connection after it.
    pub closes: bool,
}

/// Why there is no answer. **All of them leave the outcome unknown.**
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// The connection ended in the middle.
    #[error("the connection ended in the middle of the answer")]
    Truncated,
    /// The connection could not be made or broke.
    #[error("{0}")]
    Broken(String),
    /// What came is no HTTP.
    #[error("what came is no HTTP: {0}")]
    Garbled(String),
    /// Nobody waited for it.
    #[error("the prober hung up on purpose")]
    HungUp,
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// An answer and when its bytes came.
#[derive(Debug)]
pub(super) struct Answer {
    pub response: Response,
    pub first_ns: u64,
    pub ret_ns: u64,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// When it was let go.
    pub call_ns: u64,
    /// When the first byte of the answer came.
    pub first_ns: Option<u64>,
    /// When the answer had been read.
    pub ret_ns: Option<u64>,
    /// The answer, or why there is none.
    pub result: Result<Response, Lost>,
}

impl Reply {
    pub(super) fn of(call_ns: u64, sent: Result<Answer, Lost>) -> Self {
        match sent {
            Ok(Answer { response, first_ns, ret_ns }) => Self {
                call_ns,
                first_ns: Some(first_ns),
                ret_ns: Some(ret_ns),
                result: Ok(response),
            },
            Err(lost) => Self { call_ns, first_ns: None, ret_ns: None, result: Err(lost) },
        }
    }
}

impl Answer {
    pub(super) fn now(response: Response, first_ns: u64, clock: Clock) -> Self {
        Self { response, first_ns, ret_ns: clock.now_ns() }
    }
}
