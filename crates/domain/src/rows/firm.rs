//! The firm's head, and who belongs to it.

use jiff::tz::TimeZone;

use crate::{
    actor::Role,
    audit::Tree,
    id::{Id, User},
    money::Currency,
    time::Timestamp,
};

/// The firm's head: its settings, and the ends of its journal. Locked by every batch that touches the firm.
#[derive(Debug, Clone, PartialEq)]
pub struct Firm {
    /// The firm's id; the owner's id for a firm of one.
    pub id: Id<Self>,
    /// As printed on documents; empty until set.
    pub name: String,
    /// Default currency of new retainers and payments.
    pub currency: Currency,
    /// Zone in which days, years and months begin.
    pub zone: TimeZone,
    /// The last accepted command's place in the journal.
    pub seq: i64,
    /// The head of the audit log.
    pub audit: Tree,
    /// The rows that no command may change, by id: they were found not to be what was stored.
    pub parked: Vec<[u8; 12]>,
    /// The batch that wrote this row last.
    pub last_batch: BatchId,
    /// When; the next batch is never earlier.
    pub last_at: Timestamp,
}

/// Where a firm keeps its days when nothing else was set.
pub const ZONE_DEFAULT: &str = "Asia/Riyadh";

impl Firm {
    /// A firm that has not been heard of before.
    pub fn new(id: Id<Self>) -> Self {
        Self {
            id,
            name: String::new(),
            currency: Currency::SAR,
            zone: TimeZone::get(ZONE_DEFAULT).expect("the zone database is compiled in"),
            seq: 0,
            audit: Tree::default(),
            parked: Vec::new(),
            last_batch: BatchId([0; 12]),
            last_at: Timestamp::default(),
        }
    }
}

/// The name of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchId(pub [u8; 12]);

/// A user's place in the firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The login.
    pub user: Id<User>,
    /// What they may do.
    pub role: Role,
    /// `false` once they have left: every command and read is then forbidden.
    pub active: bool,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
