//! An audit record as JSON: written for lists, proofs and exports, read again by whoever checks one.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use domain::{
    Id, Role, Timestamp,
    audit::commitment,
    id::User,
    rows::{AuditRecord, Firm, Said, Told},
};
use serde::Deserialize;

use super::check::FORMAT;
use crate::http::json;

/// Writes a record's fields.
pub(crate) fn write(o: &mut json::Object<'_>, record: &AuditRecord) {
    o.integer("n", record.n);
    match record.seq {
        Some(seq) => o.integer("seq", seq),
        None => o.null("seq"),
    }
    o.time("at", record.at);
    o.integer("atMicros", record.at.micros());
    o.id("userId", record.user);
    o.text("role", record.role.name());
    o.text("command", &record.command);
    o.text("outcome", &record.outcome);
    o.id_or_null("objectId", record.object.map(Id::<Firm>::new));
    let said = record.told.said();
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    o.text_or_null("origin", said.map(|said| &*said.origin));
    o.text_or_null("requestId", said.map(|said| &*said.request_id));
    o.text_or_null("fingerprint", said.map(|said| hex(&said.fingerprint)).as_deref());
    let kept = said.and_then(|said| said.kept.as_ref());
    o.text_or_null("kept", kept.map(|kept| hex(kept)).as_deref());
    o.text_or_null("salt", said.map(|said| hex(&said.salt)).as_deref());
    o.text("commitment", &hex(&record.told.commitment()));
    o.text("leaf", &hex(&record.leaf));
}

/// The first line of an export: what is signed of the rest.
pub(crate) fn head(checkpoint: &str) -> Vec<u8> {
    let mut out = Vec::new();
    json::object(&mut out, |o| {
        o.text("format", FORMAT);
        o.text("checkpoint", checkpoint);
    });
    out.push(b'\n');
    out
}

/// The lines of some records.
pub(crate) fn lines(records: &[AuditRecord]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        json::object(&mut out, |o| write(o, record));
        out.push(b'\n');
    }
    out
}

/// A record as it stands in a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Line {
    n: i64,
    seq: Option<i64>,
    at: String,
    at_micros: i64,
    user_id: String,
    role: String,
    command: String,
    outcome: String,
    object_id: Option<String>,
    origin: Option<String>,
    request_id: Option<String>,
    fingerprint: Option<String>,
    kept: Option<String>,
    salt: Option<String>,
    commitment: String,
    leaf: String,
}

impl Line {
    /// Its place in the log, as it says.
    pub fn n(&self) -> i64 {
        self.n
    }

    /// The record; else what is wrong with the line.
    pub fn record(self) -> Result<AuditRecord, String> {
        let at = Timestamp::from_micros(self.at_micros);
        if at.to_string() != self.at {
            return Err(format!("at is {}, but atMicros says {at}", self.at));
        }
        let user: Id<User> = id(&self.user_id).ok_or("userId is no id")?;
        let role = Role::from_name(&self.role).ok_or("role is none that there is")?;
        let object =
            self.object_id.as_deref().map(|text| id::<Firm>(text).ok_or("objectId is no id"));
        let said = (self.salt, self.origin, self.request_id, self.fingerprint);
        let stated = bytes(&self.commitment).ok_or("commitment is no SHA-256 in hex")?;
        let told = match said {
            (Some(salt), Some(origin), Some(request_id), Some(fingerprint)) => {
                let kept = self.kept.as_deref().map(|text| bytes(text).ok_or("kept is no SHA-256"));
                let said = Said {
                    salt: bytes(&salt).ok_or("salt is not 16 bytes in hex")?,
                    origin: origin.into(),
                    request_id: request_id.into(),
                    fingerprint: bytes(&fingerprint).ok_or("fingerprint is no SHA-256")?,
                    kept: kept.transpose()?,
                };
                if commitment(&said) != stated {
                    return Err("what was said is not what the commitment is to".into());
                }
                Told::Said(said)
            }
            (None, None, None, None) if self.kept.is_none() => Told::Erased(stated),
            _ => return Err("what was said is there in part".into()),
        };
        Ok(AuditRecord {
            n: self.n,
            seq: self.seq,
            at,
            user,
            role,
            command: Cow::Owned(self.command),
            outcome: Cow::Owned(self.outcome),
            object: object.transpose()?.map(|id| *id.bytes()),
            told,
            leaf: bytes(&self.leaf).ok_or("leaf is no SHA-256 in hex")?,
        })
    }
}

/// An id as we write it: another spelling would be another text for the same record.
fn id<T>(text: &str) -> Option<Id<T>> {
    text.parse::<Id<T>>().ok().filter(|id| id.to_string() == text)
}

/// So many bytes in hex.
pub(super) fn bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> AuditRecord {
        AuditRecord {
            n: 3,
            seq: Some(2),
            at: Timestamp::from_micros(1_798_718_400_123_456),
            user: Id::new([2; 12]),
            role: Role::Owner,
            command: "consume_retainer".into(),
            outcome: "accepted".into(),
            object: Some([4; 12]),
            told: Told::Said(Said {
                salt: [9; 16],
                origin: "10.0.0.7".into(),
                request_id: "\"r\"".into(),
                fingerprint: [7; 32],
                kept: None,
            }),
            leaf: [6; 32],
        }
    }

    fn written(record: &AuditRecord) -> String {
        let mut out = Vec::new();
        json::object(&mut out, |o| write(o, record));
        String::from_utf8(out).unwrap()
    }

    fn read(text: &str) -> Result<AuditRecord, String> {
        serde_json::from_str::<Line>(text).map_err(|error| error.to_string())?.record()
    }

    #[test]
    fn a_record_survives_its_line() {
        let said = record();
        let refused = AuditRecord { seq: None, object: None, ..record() };
        let erased = AuditRecord { told: Told::Erased(said.told.commitment()), ..record() };
        for record in [said, refused, erased] {
            assert_eq!(read(&written(&record)), Ok(record));
        }
    }

    #[test]
    fn a_line_that_was_changed_says_what_is_wrong() {
        let line = written(&record());
        for (from, to, wrong) in [
            ("\"at\":\"2026", "\"at\":\"2025", "at is 2025"),
            ("10.0.0.7", "10.0.0.8", "commitment"),
            ("\"salt\":\"09", "\"salt\":\"08", "commitment"),
            ("\"origin\":\"10.0.0.7\"", "\"origin\":null", "in part"),
            ("\"role\":\"owner\"", "\"role\":\"king\"", "role"),
            ("\"userId\":\"02", "\"userId\":\"zz", "userId"),
            ("\"n\":3", "\"n\":3,\"note\":1", "unknown field"),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_ne!(changed, line, "{from}");
            let refused = read(&changed).unwrap_err();
            assert!(refused.contains(wrong), "{from} {to}: {refused}");
        }
    }
}
