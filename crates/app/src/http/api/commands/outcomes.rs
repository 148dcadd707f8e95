//! The outcomes of many commands, written into one buffer as each one's own route would answer.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use domain::Reply;
use engine::{CommandResult, Settled, Trouble};
use hyper::StatusCode;
use schemars::{Schema, SchemaGenerator};
use serde_json::json;

use crate::{
    http::{
        answer::{Reader, Telling, split_kept},
        error::Refusal,
        wire::{self, schema_of, wire},
    },
    messages::Message,
};

/// About what an outcome takes.
const OUTCOME_BYTES: usize = 2_048;

/// The outcomes of all, being written one after the other.
pub(super) struct Outcomes {
    out: Vec<u8>,
    accepted: u64,
    refused: u64,
}

impl Outcomes {
    pub fn new(count: usize) -> Self {
        let mut out = Vec::with_capacity(count * OUTCOME_BYTES);
        out.extend_from_slice(br#"{"success":true,"data":["#);
        Self { out, accepted: 0, refused: 0 }
    }

    pub fn settled(
        &mut self,
        telling: Telling,
        settled: Result<Settled, Trouble>,
        reader: &Reader,
    ) {
        match settled {
            Ok(Settled::Decided { result, kept: None }) => {
                self.decided(telling, &result, reader);
            }
            Ok(Settled::Decided { kept: Some(kept), .. }) => self.kept("", kept),
            Ok(Settled::Replayed(kept)) => self.kept(r#","replayed":true"#, kept),
            Ok(Settled::KeyReused) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                self.refused(&Refusal::new(status, Message::IdempotencyKeyReused), reader);
            }
            Ok(Settled::Erased) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                self.refused(&Refusal::new(status, Message::OutcomeErased), reader);
            }
            Err(trouble) => self.refused(&trouble.into(), reader),
        }
    }

    fn decided(&mut self, telling: Telling, result: &CommandResult, reader: &Reader) {
        self.put("", |out| telling.write(out, reader, result));
    }

    pub fn accepted(&mut self, telling: Telling, reply: &Reply, reader: &Reader) {
        self.put("", |out| telling.write_accepted(out, reader, reply));
    }

    fn kept(&mut self, more: &str, kept: Arc<[u8]>) {
        let kept = split_kept(&Bytes::from_owner(kept));
        let (status, body) = kept.expect("an outcome is kept with its status");
        self.put(more, |out| {
            out.extend_from_slice(&body);
            status
        });
    }

    pub fn refused(&mut self, refusal: &Refusal, reader: &Reader) {
        self.put("", |out| {
            refusal.write(out, reader.lang, &reader.request_id);
            refusal.status
        });
    }

    /// An object, with its status put before its first field.
    fn put(&mut self, more: &str, write: impl FnOnce(&mut Vec<u8>) -> StatusCode) {
        let out = &mut self.out;
        if self.accepted + self.refused > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"status":"#);
        let digits = out.len();
        out.extend_from_slice(b"000");
        out.extend_from_slice(more.as_bytes());
        let body = out.len();
        let status = write(out);
        out[body] = b',';
        out[digits..digits + 3].copy_from_slice(status.as_str().as_bytes());
        *(if status.is_success() { &mut self.accepted } else { &mut self.refused }) += 1;
    }

    /// The whole body.
    pub fn finish(self) -> Vec<u8> {
        let Self { mut out, accepted, refused } = self;
        let sums = format!(r#"],"accepted":{accepted},"refused":{refused}}}"#);
        out.extend_from_slice(sums.as_bytes());
        out
    }
}

wire! {
    /// What became of each command, in their order.
    OutcomesDoc {
        data: Vec<BulkOutcome>,
        accepted: wire::Number,
        refused: wire::Number,
    }
}

/// The outcome of one command.
struct BulkOutcome;

impl schemars::JsonSchema for BulkOutcome {
    fn schema_name() -> Cow<'static, str> {
        "BulkOutcome".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema_of(json!({
            "type": "object",
            "required": ["status", "success"],
            "description": "`status`, and the fields of the answer of the command's own route; \
                            `replayed: true` where it was kept from an earlier request.",
        }))
    }
}
