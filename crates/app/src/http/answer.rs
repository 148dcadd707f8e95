//! Answers: bytes, a status, and the headers that follow from them.
//!
//! A command's answer is written down once, as it will be kept under an idempotency key: two bytes of
//! status, then the body. A first answer and its replay are therefore the same bytes.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::{Rejection, Reply};
use hyper::{HeaderMap, StatusCode, header};
use schemars::{Schema, SchemaGenerator};

use super::{error::Refusal, json};
use crate::messages::{Lang, Message};

/// How an accepted command is told.
#[derive(Clone, Copy)]
pub(crate) struct Telling {
    pub status: StatusCode,
    pub message: Message,
    /// Where the entity can be read, without its id; only for what is created.
    pub location: Option<&'static str>,
    /// Writes what is particular: the entity under its name and under `data`.
    pub fields: fn(&mut json::Object<'_>, &Reply),
    /// Describes what `fields` writes.
    pub doc: fn(&mut SchemaGenerator) -> Schema,
}

/// For whom an answer is written.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub lang: Lang,
    pub request_id: Arc<str>,
    /// What answers a stale version: 409 for one in the body, 412 for one in `If-Match`.
    pub stale: StatusCode,
}

impl Telling {
    /// Writes an outcome down: status, then body.
    pub fn write_down(self, reader: &Reader, result: &Result<Reply, Rejection>) -> Vec<u8> {
        let mut out = Vec::with_capacity(4_096);
        out.extend_from_slice(&[0; 2]);
        let status = self.write(&mut out, reader, result);
        out[..2].copy_from_slice(&status.as_u16().to_be_bytes());
        out
    }

    /// Appends an outcome's body; its status.
    pub fn write(
        self,
        out: &mut Vec<u8>,
        reader: &Reader,
        result: &Result<Reply, Rejection>,
    ) -> StatusCode {
        match result {
            Ok(reply) => self.write_accepted(out, reader, reply),
            Err(rejection) => {
                let refusal = Refusal::rejected(rejection, reader.stale);
                refusal.write(out, reader.lang, &reader.request_id);
                refusal.status
            }
        }
    }

    /// As [`Self::write`], of a command that was accepted.
    pub fn write_accepted(self, out: &mut Vec<u8>, reader: &Reader, reply: &Reply) -> StatusCode {
        json::object(out, |o| {
            o.flag("success", true);
            o.raw("message", self.message.json(reader.lang).as_bytes());
            (self.fields)(o, reply);
            o.integer("seq", reply.seq);
        });
        self.status
    }
}

/// Status and body of an outcome as written down.
pub(crate) fn split_kept(kept: &Bytes) -> Option<(StatusCode, Bytes)> {
    let status = u16::from_be_bytes(*kept.first_chunk::<2>()?);
    Some((StatusCode::from_u16(status).ok()?, kept.slice(2..)))
}

/// A finished answer.
pub(crate) struct Answer {
    status: StatusCode,
    body: Bytes,
    headers: HeaderMap,
}

impl Answer {
    /// 200 with an object.
    pub fn object(fields: impl FnOnce(&mut json::Object<'_>)) -> Self {
        let mut out = Vec::with_capacity(2_048);
        json::object(&mut out, |o| {
            o.flag("success", true);
            fields(o);
        });
        Self::written(out)
    }

    /// 200 with a body that is written already.
    pub fn written(body: Vec<u8>) -> Self {
        Self::bare(StatusCode::OK, body.into())
    }

    /// A status and a body that is written already.
    pub fn bare(status: StatusCode, body: Bytes) -> Self {
        Self { status, body, headers: HeaderMap::new() }
    }

    /// 200 with one entity, under `data` and under its own name.
    pub fn one(entity: &str, version: i64, json: &[u8]) -> Self {
        let mut answer = Self::object(|o| {
            o.raw("data", json);
            o.raw(entity, json);
        });
        answer.tag(&version.to_string());
        answer
    }

    /// A command's outcome as it was written down.
    pub fn of_kept(kept: &Bytes, location: Option<&str>) -> Self {
        let (status, body) = split_kept(kept).expect("an outcome is kept with its status");
        let mut answer = Self { status, body, headers: HeaderMap::new() };
        if let Some((id, version)) = identity(&answer.body).filter(|_| status.is_success()) {
            let (id, version) = (id.to_owned(), version.to_owned());
            answer.tag(&version);
            let location = location.and_then(|path| format!("{path}{id}").try_into().ok());
            if let Some(location) = location {
                answer.headers.insert(header::LOCATION, location);
            }
        }
        answer
    }

    /// Says that this was answered before.
    pub fn replayed(mut self) -> Self {
        let value = header::HeaderValue::from_static("true");
        self.headers.insert("idempotency-replayed", value);
        self
    }

    /// Says that nothing was done.
    pub fn dry(mut self) -> Self {
        self.headers.insert("dry-run", header::HeaderValue::from_static("true"));
        self
    }

    /// Says that what the firm did up to this `seq` is in it.
    pub fn dated(mut self, seq: i64) -> Self {
        self.headers.insert("as-of-seq", seq.into());
        self
    }

    fn tag(&mut self, version: &str) {
        if let Ok(tag) = format!("\"{version}\"").try_into() {
            self.headers.insert(header::ETAG, tag);
        }
    }
}

/// Id and version of the first entity in a body. Entities begin with `_id` and `__v`, and nothing
/// that a caller wrote stands before the first one.
fn identity(body: &[u8]) -> Option<(&str, &str)> {
    const SEARCHED_BYTES: usize = 512;
    const NAME: &[u8] = b"\"_id\":\"";
    let start = body.get(..body.len().min(SEARCHED_BYTES))?;
    let at = start.windows(NAME.len()).position(|window| window == NAME)?;
    let (id, rest) = body.get(at + NAME.len()..)?.split_at_checked(24)?;
    let rest = rest.strip_prefix(b"\",\"__v\":")?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    Some((std::str::from_utf8(id).ok()?, std::str::from_utf8(rest.get(..digits)?).ok()?))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        let json = header::HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_created_entity_is_located_and_tagged() {
        let body = r#"{"success":true,"message":"ok","client":{"_id":"64f1a2b3c4d5e6f708192a3b","__v":12,"x":1}}"#;
        let kept = Bytes::from([&201_u16.to_be_bytes(), body.as_bytes()].concat());
        let answer = Answer::of_kept(&kept, Some("/api/clients/"));
        assert_eq!(answer.status, 201);
        assert_eq!(answer.body, body.as_bytes());
        assert_eq!(answer.headers[header::ETAG], "\"12\"");
        assert_eq!(answer.headers[header::LOCATION], "/api/clients/64f1a2b3c4d5e6f708192a3b");
    }

    #[test]
    fn a_refusal_carries_no_tag() {
        let body = br#"{"success":false,"code":"x","_id":"64f1a2b3c4d5e6f708192a3b","__v":1}"#;
        let kept = Bytes::from([&400_u16.to_be_bytes(), body.as_slice()].concat());
        let answer = Answer::of_kept(&kept, None);
        assert!(answer.headers.is_empty());
    }

    #[test]
    fn what_was_not_kept_by_us_is_no_answer() {
        assert!(split_kept(&Bytes::from_static(b"\x00")).is_none());
        assert!(split_kept(&Bytes::from_static(b"\x00\x01{}")).is_none());
    }
}
