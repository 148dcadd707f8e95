//! The ways in which requests are released together.

use std::{fmt, str::FromStr, time::Duration};

/// How the requests of a round reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// HTTP/2, one connection: the last frames of all requests leave in one write.
    SingleWrite,
    /// HTTP/2, several connections with the streams dealt among them.
    Streams(u8),
    /// HTTP/1.1, a connection each: everything but the last byte is there before.
    LastByte,
    /// A fresh connection each, as a browser's double click makes them.
    Cold,
    /// Each is answered before the next is sent: the control, which races nothing.
    OneByOne,
}

/// How long after the first its second kind of request is released.
pub type Offset = Duration;

impl Delivery {
    /// Those that race.
    pub const ALL: [Self; 4] = [Self::SingleWrite, Self::Streams(4), Self::LastByte, Self::Cold];
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SingleWrite => f.write_str("single-write"),
            Self::Streams(count) => write!(f, "streams-{count}"),
            Self::LastByte => f.write_str("last-byte"),
            Self::Cold => f.write_str("cold"),
            Self::OneByOne => f.write_str("one-by-one"),
        }
    }
}

impl FromStr for Delivery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let streams = text.strip_prefix("streams-").and_then(|count| count.parse().ok());
        match (text, streams) {
            ("single-write", _) => Ok(Self::SingleWrite),
            ("last-byte", _) => Ok(Self::LastByte),
            ("cold", _) => Ok(Self::Cold),
            ("one-by-one", _) => Ok(Self::OneByOne),
            (_, Some(count)) if count > 0 => Ok(Self::Streams(count)),
            _ => Err(format!(
                "{text}: single-write, streams-N, last-byte, cold and one-by-one are known"
            )),
        }
    }
}
