//! `/api/audit`: what was asked, by whom, from where, and what came of it. Nothing ever leaves it.

use domain::{
    Day, Id, Role,
    actor::Action,
    rows::{AuditRecord, Firm},
};

use crate::http::{
    error::Refusal,
    json,
    read::{Question, Rows, Visible},
    route::{Resource, list},
    wire::{self, wire},
};

pub(in crate::http) fn routes() -> Resource {
    let all = list("listAudit", "Every command, newest first", Action::Reconcile, all);
    Resource::new("audit", "What was asked, by whom, and what came of it.").get("/", all)
}

async fn all(question: Question) -> Result<Rows<AuditRecord>, Refusal> {
    let (reader, firm) = (&question.reader, question.firm());
    Ok(question.rows(reader.audit(firm, question.page.clone()).await?))
}

impl Visible for AuditRecord {
    type Doc = AuditRecordDoc;

    fn write(&self, out: &mut Vec<u8>, _: Day) {
        json::object(out, |o| {
            o.integer("n", self.n);
            match self.seq {
                Some(seq) => o.integer("seq", seq),
                None => o.null("seq"),
            }
            o.time("at", self.at);
            o.id("userId", self.user);
            o.text("role", self.role.name());
            o.text("command", &self.command);
            o.text("outcome", &self.outcome);
            o.id_or_null("objectId", self.object.map(Id::<Firm>::new));
            o.text("origin", &self.origin);
            o.text("requestId", &self.request_id);
            o.text("fingerprint", &hex(&self.fingerprint));
            o.text("hash", &hex(&self.hash));
        });
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

wire! {
    /// One command, accepted or refused.
    AuditRecordDoc {
        /// Its place in the firm's audit log, from 1, without gaps.
        n: wire::Number,
        /// Its place in the firm's journal; null where it was refused.
        seq: Option<wire::Number>,
        at: wire::Time,
        userId: wire::Id,
        role: wire::Name<Role>,
        command: String,
        /// `accepted`, or the refusal's code.
        outcome: String,
        /// The row that it was about.
        objectId: Option<wire::Id>,
        /// The caller's address, as a trusted proxy tells it or else the peer's.
        origin: String,
        requestId: String,
        /// SHA-256 of what was asked, in hex.
        fingerprint: String,
        /// SHA-256 over the hash of the record before and this record, in hex.
        hash: String,
    }
}
