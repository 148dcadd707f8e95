//! What a check has found: which rule is broken, what it is about, by how much, and the smallest
//! counterexample in words.
//!
//! Its [`Sign`] is what stays the same while honest commands go on: they move a row and its journal
//! alike, so the difference between the two stands still. An owner who releases an account accepts its
//! signs; what is tampered with again shows others.

use std::fmt;

use crate::{
    entities,
    id::Id,
    named::named,
    number::Series,
    rows::{
        Alert, Case, Client, CreditNote, Delivery, Expense, Firm, Invoice, Job, Member, Payment,
        Proposal, Refund, Retainer, TimeEntry, Transaction, Webhook,
    },
};

named! {
    /// What a finding may be about.
    AccountKind {
        /// The firm as a whole: no smaller thing can be named.
        Firm = "firm",
        /// Its audit log.
        AuditLog = "audit_log",
        /// A series of numbers.
        Series = "number_series",
        /// A membership.
        Member = "member",
        /// A client.
        Client = "client",
        /// A case.
        Case = "case",
        /// A retainer.
        Retainer = "retainer",
        /// An invoice.
        Invoice = "invoice",
        /// A payment.
        Payment = "payment",
        /// A refund.
        Refund = "refund",
        /// A credit note.
        CreditNote = "credit_note",
        /// A record of the firm's own books.
        Transaction = "transaction",
        /// A time entry.
        TimeEntry = "time_entry",
        /// An expense.
        Expense = "expense",
        /// A job.
        Job = "job",
        /// A proposal.
        Proposal = "proposal",
        /// An alert.
        Alert = "alert",
        /// A webhook.
        Webhook = "webhook",
        /// A delivery to a webhook.
        Delivery = "delivery",
    }
}

impl AccountKind {
    /// Whether commands on it can be refused while all else goes on. Nothing is refused for the whole
    /// firm, its log or a series, without which nobody could work; nor for what carries the news.
    pub const fn can_be_parked(self) -> bool {
        !matches!(
            self,
            Self::Firm
                | Self::AuditLog
                | Self::Series
                | Self::Alert
                | Self::Webhook
                | Self::Delivery
        )
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// A row of which kind, or what else.
    pub kind: AccountKind,
    /// Its id; of a series, its letters and its period; of the firm and its log, zero.
    pub id: [u8; 12],
}

macro_rules! of_row {
    ($($row:ident, $table:ident, $absent:ident;)+) => {$(
        impl From<Id<$row>> for Account {
            fn from(id: Id<$row>) -> Self {
                Self { kind: AccountKind::$row, id: *id.bytes() }
            }
        }
    )+};
}
entities!(of_row);

impl From<&Member> for Account {
    fn from(member: &Member) -> Self {
        Self { kind: AccountKind::Member, id: *member.user.bytes() }
    }
}

impl Account {
    /// The audit log, where no record of it can be named.
    pub const LOG: Self = Self { kind: AccountKind::AuditLog, id: [0; 12] };
    /// The firm, where nothing smaller can be named.
    pub const FIRM: Self = Self { kind: AccountKind::Firm, id: [0; 12] };

    /// A series in one period.
    pub fn series(series: Series, period: i32) -> Self {
        let mut id = [0; 12];
        let letters = series.prefix().bytes().chain(std::iter::repeat(0)).take(8);
        for (place, byte) in id.iter_mut().zip(letters.chain(period.to_be_bytes())) {
            *place = byte;
        }
        Self { kind: AccountKind::Series, id }
    }

    /// It does not hold: in these words, and by so much.
    pub(super) fn off(self, off_by: i128, text: String) -> Broken {
        Broken { account: self, off_by, text }
    }

    /// It does not hold, and there is no amount to it.
    pub(super) fn says(self, text: String) -> Broken {
        self.off(0, text)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            AccountKind::Firm | AccountKind::AuditLog => f.write_str(self.kind.name()),
            kind => write!(f, "{} {}", kind.name(), Id::<Firm>::new(self.id)),
        }
    }
}

/// A fact that does not hold, before it is known of which rule.
#[derive(Debug)]
pub(super) struct Broken {
    pub account: Account,
    pub off_by: i128,
    pub text: String,
}

/// Which rule is broken, by how much: by which a finding is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sign {
    /// The rule's name.
    pub rule: &'static str,
    /// What is stored less what it should be, in minor units; of a record or a command, which one it
    /// is; 0 where neither says anything.
    pub off_by: i128,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rule, self.off_by)
    }
}

/// One counterexample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub account: Account,
    /// The rule, and by how much it is broken.
    pub sign: Sign,
    /// What was found, and what was expected.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.account, self.text)
    }
}
