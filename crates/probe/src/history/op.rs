//! One request: what was asked, when, and what came back.

use serde::{Deserialize, Serialize};

use super::{Minor, Seen};

/// What an operation means, whatever a server calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// A client, to hang the rest on.
    CreateClient,
    /// Removes it.
    DeleteClient,
    /// Reads it.
    ReadClient,
    /// An account of `amount` held for a client.
    OpenRetainer,
    /// `amount` into the account `on`.
    Deposit,
    /// `amount` out of the account `on`.
    Consume,
    /// What is left on the account `on` goes back, and it closes.
    CloseRetainer,
    /// `amount` from `on` to `to`.
    Transfer,
    /// `amount` out of `on`, as long as `on` and `to` together keep the joint minimum.
    Withdraw,
    /// The account `on`.
    ReadRetainer,
    /// All movements of the account `on`.
    ListEntries,
    /// Every balance, from one moment.
    Snapshot,
    /// An invoice of `amount`.
    CreateInvoice,
    /// The invoice `on`.
    ReadInvoice,
    /// Gives the invoice `on` out.
    SendInvoice,
    /// Takes the invoice `on` back.
    VoidInvoice,
    /// Asks for a verdict on the invoice `on`.
    SubmitInvoice,
    /// The verdict: yes.
    ApproveInvoice,
    /// The verdict: no.
    RejectInvoice,
    /// Makes the draft `on` one of `amount`, as it was at `version`.
    EditInvoice,
    /// A pending payment of `amount`, for an `invoice` or not.
    CreatePayment,
    /// The payment `on` has arrived: `amount` for its `invoice` or `retainer`.
    CompletePayment,
    /// The payment `on` will not arrive.
    CancelPayment,
    /// `amount` of the payment `on` goes back, out of its `invoice`.
    Refund,
    /// The payment `on`.
    ReadPayment,
    /// A free movement of the books.
    CreateTransaction,
    /// A job, to be proposed for.
    CreateJob,
    /// Counts one more proposal on the job `on`.
    Propose,
    /// Sets `field` of the job `on` to `value`.
    EditJob,
    /// Takes the job `on` back: nobody may propose for it any more.
    CloseJob,
    /// The job `on`.
    ReadJob,
    /// Sets `field` of the document `on` to `value`, as it was at `version`.
    Patch,
    /// Every client of the tenant, page by page.
    ListClients,
    /// The sums of the double-entry books.
    Journal,
    /// The records of who did what.
    Audit,
    /// The counters for the monitors.
    Metrics,
    /// Kills the target and starts it again.
    Restart,
    /// Sets the target's clock to `value`, in UTC.
    SetClock,
}

impl Verb {
    /// Reads change nothing.
    pub fn is_read(self) -> bool {
        matches!(
            self,
            Self::ReadClient
                | Self::ReadRetainer
                | Self::ListEntries
                | Self::Snapshot
                | Self::ReadInvoice
                | Self::ReadPayment
                | Self::ReadJob
                | Self::ListClients
                | Self::Journal
                | Self::Audit
                | Self::Metrics
        )
    }

    /// Done to the server, not asked of it: it leaves no record in the books.
    pub fn is_from_outside(self) -> bool {
        matches!(self, Self::Restart | Self::SetClock)
    }

    /// Edits set a field of a document.
    pub fn is_edit(self) -> bool {
        matches!(self, Self::Patch | Self::EditJob)
    }

    /// Creations make the object that the answer names.
    pub fn is_creation(self) -> bool {
        matches!(
            self,
            Self::CreateClient
                | Self::OpenRetainer
                | Self::CreateInvoice
                | Self::CreatePayment
                | Self::CreateTransaction
                | Self::CreateJob
        )
    }

    /// What reads the object that this makes.
    pub fn reader(self) -> Option<Self> {
        Some(match self {
            Self::CreateClient => Self::ReadClient,
            Self::OpenRetainer => Self::ReadRetainer,
            Self::CreateInvoice => Self::ReadInvoice,
            Self::CreatePayment => Self::ReadPayment,
            Self::CreateJob => Self::ReadJob,
            _ => return None,
        })
    }

    /// As adapters and histories spell it.
    pub fn name(self) -> String {
        let quoted = serde_json::to_string(&self).unwrap_or_default();
        quoted.trim_matches('"').to_owned()
    }
}

/// The part of a round that an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Making the objects, one request after another.
    Setup,
    /// Released together.
    Race,
    /// Reading what is left, after everything has come to rest.
    Final,
    /// The same, after the target was killed and started again.
    Restarted,
}

/// What the client knows of an operation's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It took effect, once.
    Ok,
    /// It had no effect, because a rule forbade it.
    Refused,
    /// It had no effect, for a reason that says nothing of the state: busy, stale, not allowed.
    Declined,
    /// It may have had its effect, may still have it, or never will.
    Unknown,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// How much money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Minor>,
    /// The other account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The client it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The invoice that money goes to or comes out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// The account that a payment goes into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retainer: Option<String>,
    /// What is edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What it becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The version that an edit was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Op {
    /// Its place in the history.
    pub id: usize,
    /// The part of the round.
    pub phase: Phase,
    /// What it means.
    pub verb: Verb,
    /// The object; of a creation, what it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What was asked for.
    #[serde(default)]
    pub args: Args,
    /// The idempotency key that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The name that the request went under; the audit records should know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// On whose behalf.
    pub tenant: String,
    /// The process that was asked.
    #[serde(default)]
    pub target: usize,
    /// When it was released.
    pub call_ns: u64,
    /// When its answer had been read; never, where the outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret_ns: Option<u64>,
    /// What is known of the effect.
    pub outcome: Outcome,
    /// The status line's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the answer says.
    #[serde(default)]
    pub seen: Seen,
}

impl Op {
    /// The amount, or zero where none is named.
    pub fn amount(&self) -> Minor {
        self.args.amount.unwrap_or(0)
    }

    /// Whether it happened wholly before the other began.
    pub fn precedes(&self, other: &Self) -> bool {
        self.ret_ns.is_some_and(|ret| ret < other.call_ns)
    }

    /// Whether it may have an effect: accepted or unknown.
    pub fn may_count(&self) -> bool {
        matches!(self.outcome, Outcome::Ok | Outcome::Unknown)
    }

    /// Whether it was accepted, and the answer came; another may only be known to have been.
    pub fn is_answered_ok(&self) -> bool {
        self.outcome == Outcome::Ok && self.status.is_some()
    }

    /// Whether it is the object's, by what it acts on or made.
    pub fn is_on(&self, object: &str) -> bool {
        self.on.as_deref() == Some(object)
    }

    pub(crate) fn is_under_way_at(&self, ns: u64) -> bool {
        self.call_ns <= ns && self.ret_ns.is_none_or(|ret| ns <= ret)
    }
}
