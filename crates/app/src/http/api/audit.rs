//! `/api/audit`: what was asked, by whom, from where, and what came of it. Nothing ever leaves it, and
//! nobody has to take our word for that: checkpoints are signed, and what is in the log can be proved.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use domain::{Day, Role, actor::Action, audit::Hash, rows::AuditRecord};
use futures_util::stream;
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{AuditTree, ReadError};

use crate::{
    audit::{AuditKey, line},
    http::{
        error::Refusal,
        field::Count,
        json,
        read::{Object, Question, Rows, Visible},
        route::{Resource, file, list, read},
        wire::{self, wire},
    },
    messages::Message,
};

/// Records that are read at once for an export.
const EXPORT_RECORDS_MAX: u32 = 1_000;

pub(in crate::http) fn routes() -> Resource {
    let may = Action::Reconcile;
    let all = list("listAudit", "Every command, newest first", may, all);
    let key = read("getAuditKey", "The public key of checkpoints", may, key);
    let text = "text/plain; charset=utf-8";
    let checkpoint =
        file("getAuditCheckpoint", "The log as it is now, signed", may, text, checkpoint);
    let proof = read("getAuditProof", "Proof that a record is in the log", may, proof);
    let consistency =
        read("getAuditConsistency", "Proof that the log has only grown", may, consistency);
    let lines = "application/jsonl";
    let export = file("exportAudit", "The whole log, to be checked offline", may, lines, export);
    Resource::new("audit", "What was asked, by whom, and what came of it.")
        .get("/", all)
        .get("/key", key)
        .get("/checkpoint", checkpoint)
        .get("/proof/{n}", proof)
        .get("/consistency", consistency)
        .get("/export", export)
}

async fn all(question: Question) -> Result<Rows<AuditRecord>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.audit(firm, question.page.clone()).await?))
}

async fn key(question: Question) -> Result<Object<AuditKeyAnswerDoc>, Refusal> {
    let (key, firm) = (signer(&question)?, question.firm());
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.text("origin", &key.origin(firm));
                o.text("keyId", &format!("{:08x}", key.id(firm)));
                o.text("publicKey", &BASE64.encode(&key.public_bytes()));
                o.text("verifierKey", &key.public(firm));
            });
        });
    }))
}

async fn checkpoint(question: Question) -> Result<Body, Refusal> {
    let (key, firm) = (signer(&question)?, question.firm());
    let tree = question.reader.audit_tree(firm, None).await?.ok_or_else(not_in_log)?;
    Ok(key.checkpoint(firm, &tree).into())
}

/// In which log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct InLog {
    /// The log when it had so many records; as it is now, if not said.
    size: Count,
}

async fn proof(question: Question<InLog>) -> Result<Object<AuditProofAnswerDoc>, Refusal> {
    let n: i64 = question.of.text().parse().map_err(|_| not_in_log())?;
    let (reader, firm) = (&question.reader, question.firm());
    let found = reader.audit_inclusion(firm, n, question.filter.size.0.map(u64::from)).await?;
    let found = found.ok_or_else(not_in_log)?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.with("record", |out| json::object(out, |o| line::write(o, &found.record)));
                o.with("tree", |out| tree(out, &found.tree));
                o.with("proof", |out| hashes(out, &found.proof));
                o.text_or_null("checkpoint", signed(&question, &found.tree).as_deref());
            });
        });
    }))
}

/// Which logs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["from"]))]
struct Between {
    /// How many records the older log had.
    from: Count,
    /// How many the newer one has; as many as there are, if not said.
    to: Count,
}

async fn consistency(
    question: Question<Between>,
) -> Result<Object<AuditConsistencyAnswerDoc>, Refusal> {
    let Between { from, to } = &question.filter;
    let wrong = |what| Refusal::field(Message::InvalidField, "from", what);
    let from = from.0.ok_or_else(|| wrong(Message::FieldRequired))?;
    let (reader, firm) = (&question.reader, question.firm());
    let found = reader.audit_consistency(firm, from.into(), to.0.map(u64::from)).await?;
    let found = found.ok_or_else(|| wrong(Message::AuditNotFound))?;
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.with("from", |out| tree(out, &found.from));
                o.with("to", |out| tree(out, &found.to));
                o.with("proof", |out| hashes(out, &found.proof));
                o.text_or_null("checkpoint", signed(&question, &found.to).as_deref());
            });
        });
    }))
}

/// Records are read as the caller takes them: a log may be longer than memory. It only grows, so the
/// checkpoint that is signed first is of what follows.
async fn export(question: Question) -> Result<Body, Refusal> {
    let (key, firm) = (signer(&question)?, question.firm());
    let reader = question.reader.clone();
    let tree = reader.audit_tree(firm, None).await?.ok_or_else(not_in_log)?;
    let head = line::head(&key.checkpoint(firm, &tree));
    let last = i64::try_from(tree.size).unwrap_or(i64::MAX);
    let records = stream::try_unfold(0, move |n| {
        let reader = reader.clone();
        async move {
            let some = reader.audit_after(firm, n, last, EXPORT_RECORDS_MAX).await?;
            let next = some.last().map(|record| record.n);
            Ok::<_, ReadError>(next.map(|next| (Bytes::from(line::lines(&some)), next)))
        }
    });
    let head = stream::iter([Ok(Bytes::from(head))]);
    Ok(Body::from_stream(futures_util::StreamExt::chain(head, records)))
}

fn signer<F>(question: &Question<F>) -> Result<&Arc<AuditKey>, Refusal> {
    let none = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Message::AuditKeyMissing);
    question.caller.app.audit_key.as_ref().ok_or_else(none)
}

fn signed<F>(question: &Question<F>, tree: &AuditTree) -> Option<String> {
    Some(question.caller.app.audit_key.as_ref()?.checkpoint(question.firm(), tree))
}

fn not_in_log() -> Refusal {
    Refusal::not_found(Message::AuditNotFound)
}

fn tree(out: &mut Vec<u8>, tree: &AuditTree) {
    json::object(out, |o| {
        o.integer("size", tree.size);
        o.text("root", &HEXLOWER.encode(&tree.root));
    });
}

fn hashes(out: &mut Vec<u8>, hashes: &[Hash]) {
    json::array(out, hashes, |out, hash| json::text(out, &HEXLOWER.encode(hash)));
}

impl Visible for AuditRecord {
    type Doc = AuditRecordDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| line::write(o, self));
    }
}

wire! {
    /// One command, accepted or refused.
    AuditRecordDoc {
        /// Its place in the firm's audit log, from 1, without gaps.
        n: wire::Number,
        /// Its place in the firm's journal; null where it was refused.
        seq: Option<wire::Number>,
        at: wire::Time,
        /// The same, in microseconds since 1970: what the leaf is made of.
        atMicros: wire::Number,
        /// Who.
        userId: wire::Id,
        role: wire::Name<Role>,
        /// What was asked.
        command: String,
        /// `accepted`, or the refusal's code.
        outcome: String,
        /// The row that it was about.
        objectId: Option<wire::Id>,
        /// From where: the caller's address, as a trusted proxy tells it or else the peer's. Null, with the
        /// four after it, once it was erased.
        origin: Option<String>,
        requestId: Option<String>,
        /// SHA-256 of what was asked, in hex.
        fingerprint: Option<String>,
        /// SHA-256 of what was answered under an idempotency key, in hex; null without a key, too.
        kept: Option<String>,
        /// What keeps the commitment from being guessed backwards, in hex.
        salt: Option<String>,
        /// SHA-256 over salt, origin, request, fingerprint and answer, in hex: all that the leaf says
        /// of them.
        commitment: String,
        /// The hash of the record's leaf in the tree of RFC 6962, in hex.
        leaf: String,
    }

    /// A log.
    AuditTreeDoc {
        /// How many records it had.
        size: wire::Number,
        /// The hash of the whole, in hex.
        root: String,
    }

    /// A proof of inclusion.
    AuditProofDoc {
        record: AuditRecordDoc,
        tree: AuditTreeDoc,
        /// RFC 9162, 2.1.3: hashes in hex, from the leaf up.
        proof: Vec<String>,
        /// The tree, signed; null where the server has no key.
        checkpoint: Option<String>,
    }

    /// What proves it.
    AuditProofAnswerDoc {
        data: AuditProofDoc,
    }

    /// A proof of consistency.
    AuditConsistencyDoc {
        from: AuditTreeDoc,
        to: AuditTreeDoc,
        /// RFC 9162, 2.1.4: hashes in hex.
        proof: Vec<String>,
        /// The newer tree, signed; null where the server has no key.
        checkpoint: Option<String>,
    }

    /// What proves it.
    AuditConsistencyAnswerDoc {
        data: AuditConsistencyDoc,
    }

    /// The key that checkpoints are signed with.
    AuditKeyDoc {
        /// The first line of the firm's checkpoints, and the name of the key.
        origin: String,
        /// Its id in signatures, in hex.
        keyId: String,
        /// Ed25519, in base64.
        publicKey: String,
        /// Name, id and key, as <https://c2sp.org/signed-note> writes them and `amanah audit verify`
        /// takes them.
        verifierKey: String,
    }

    /// The key.
    AuditKeyAnswerDoc {
        data: AuditKeyDoc,
    }
}
