//! The rows that are no entities: the firm's head, memberships, and the journals, that only grow.

use std::borrow::Cow;

use domain::{
    Role, Timestamp,
    audit::Tree,
    ledger::{Account, Posting, Side},
    number::Series,
    rows::{
        AccountNet, Application, ApplicationKind, AuditNode, AuditRecord, BatchId, ClientNet,
        Counter, DayNet, Entry, Firm, Member, Movement, MovementKind, Outcome, Said, Source,
        StatementKind, StatementLine, Told,
    },
};
use jiff::tz::TimeZone;

use super::{Columns, Read};

/// A row that is no entity.
pub(crate) trait Plain: Read {
    /// Its table.
    const TABLE: &'static str;
    /// What that is called in a query.
    const ALIAS: &'static str;
    /// Its primary key, but for the firm.
    const KEY: &'static str;
    /// Its columns as [`Read::read`] takes them.
    const COLUMNS: &'static str;

    /// Selects the rows that `condition` lets through, by primary key.
    fn select(condition: &str) -> String {
        let (columns, table, alias, key) = (Self::COLUMNS, Self::TABLE, Self::ALIAS, Self::KEY);
        format!("select {columns} from {table} {alias} where {condition} order by {key}")
    }
}

impl Plain for Firm {
    const TABLE: &'static str = "firms";
    const ALIAS: &'static str = "f";
    const KEY: &'static str = "f.id";
    const COLUMNS: &'static str = "f.id, f.name, f.currency, f.zone, f.seq, f.audit_count, f.audit_peaks, f.parked, f.last_batch, f.last_at";
}

impl Read for Firm {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            id: row.id()?,
            name: row.words()?,
            currency: row.currency()?,
            zone: row.name(|name| TimeZone::get(name).ok())?,
            seq: row.count()?,
            audit: {
                let size = row.count()?;
                let tree = Tree::of_stored(size, row.bytes()?.unwrap_or_default());
                tree.ok_or_else(|| row.broken("this is no head of a log"))?
            },
            parked: {
                let (ids, rest) = row.bytes()?.unwrap_or_default().as_chunks();
                let ids = rest.is_empty().then(|| ids.to_vec());
                ids.ok_or_else(|| row.broken("these are no ids"))?
            },
            last_batch: BatchId(row.array()?),
            last_at: row.at()?,
        })
    }
}

impl Plain for Member {
    const TABLE: &'static str = "members";
    const ALIAS: &'static str = "m";
    const KEY: &'static str = "m.user_id";
    const COLUMNS: &'static str =
        "m.user_id, m.role, m.active, m.version, m.created_at, m.updated_at";
}

impl Read for Member {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            user: row.id()?,
            role: row.name(Role::from_name)?,
            active: row.flag()?,
            version: row.count()?,
            created_at: row.at()?,
            updated_at: row.at()?,
        })
    }
}

impl Plain for Movement {
    const TABLE: &'static str = "movements";
    const ALIAS: &'static str = "j";
    const KEY: &'static str = "j.retainer_id, j.n";
    const COLUMNS: &'static str = "j.currency, j.id, j.retainer_id, j.n, j.seq, j.kind, j.amount, j.balance_after, \
         j.day, j.at, j.description, j.invoice_id, j.payment_id, j.user_id";
}

impl Read for Movement {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self {
            id: row.id()?,
            retainer: row.id()?,
            n: row.count()?,
            seq: row.count()?,
            kind: row.name(MovementKind::from_name)?,
            amount: row.money(currency)?,
            balance_after: row.money(currency)?,
            day: row.day()?,
            at: row.at()?,
            description: row.words_option()?,
            invoice: row.id_option()?,
            payment: row.id_option()?,
            by: row.id()?,
        })
    }
}

impl Plain for DayNet {
    const TABLE: &'static str = "retainer_days";
    const ALIAS: &'static str = "d";
    const KEY: &'static str = "d.retainer_id, d.day";
    const COLUMNS: &'static str = "d.retainer_id, d.day, d.net";
}

impl Read for DayNet {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { retainer: row.id()?, day: row.day()?, net_minor: row.count()? })
    }
}

impl Plain for Application {
    const TABLE: &'static str = "applications";
    const ALIAS: &'static str = "l";
    const KEY: &'static str = "l.invoice_id, l.n";
    const COLUMNS: &'static str = "l.currency, l.invoice_id, l.n, l.seq, l.payment_id, l.retainer_id, l.kind, l.amount, l.day, l.at, l.user_id";
}

impl Read for Application {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self {
            invoice: row.id()?,
            n: row.count()?,
            seq: row.count()?,
            source: {
                let (payment, retainer) = (row.id_option()?, row.id_option()?);
                match (payment, retainer) {
                    (Some(payment), None) => Source::Payment(payment),
                    (None, Some(retainer)) => Source::Retainer(retainer),
                    _ => return Err(row.broken("an application has one source")),
                }
            },
            kind: row.name(ApplicationKind::from_name)?,
            amount: row.money(currency)?,
            day: row.day()?,
            at: row.at()?,
            by: row.id()?,
        })
    }
}

impl Plain for Entry {
    const TABLE: &'static str = "entries";
    const ALIAS: &'static str = "e";
    const KEY: &'static str = "e.seq, e.line";
    const COLUMNS: &'static str = "e.currency, e.seq, e.line, e.debit, e.debit_of, e.credit, e.credit_of, e.amount, e.day, e.reverses";
}

impl Read for Entry {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self {
            seq: row.count()?,
            line: row.count()?,
            posting: Posting {
                debit: Side { account: row.code(Account::from_code)?, of: row.array_option()? },
                credit: Side { account: row.code(Account::from_code)?, of: row.array_option()? },
                amount: row.money(currency)?,
            },
            day: row.day()?,
            reverses: row.integer()?,
        })
    }
}

impl Plain for AccountNet {
    const TABLE: &'static str = "account_days";
    const ALIAS: &'static str = "g";
    const KEY: &'static str = "g.account, g.currency, g.day";
    const COLUMNS: &'static str = "g.account, g.currency, g.day, g.debit, g.credit";
}

impl Read for AccountNet {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            account: row.code(Account::from_code)?,
            currency: row.currency()?,
            day: row.day()?,
            debit_minor: row.count()?,
            credit_minor: row.count()?,
        })
    }
}

impl Plain for StatementLine {
    const TABLE: &'static str = "statement_lines";
    const ALIAS: &'static str = "s";
    const KEY: &'static str = "s.client_id, s.day, s.seq, s.line";
    const COLUMNS: &'static str =
        "s.currency, s.client_id, s.day, s.seq, s.line, s.kind, s.document_id, s.number, s.amount";
}

impl Read for StatementLine {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let currency = row.currency()?;
        Ok(Self {
            client: row.id()?,
            day: row.day()?,
            seq: row.count()?,
            line: row.count()?,
            kind: row.name(StatementKind::from_name)?,
            document: row.array()?,
            number: row.words()?,
            amount: row.money(currency)?,
        })
    }
}

impl Plain for ClientNet {
    const TABLE: &'static str = "client_days";
    const ALIAS: &'static str = "h";
    const KEY: &'static str = "h.client_id, h.currency, h.day";
    const COLUMNS: &'static str = "h.client_id, h.currency, h.day, h.net";
}

impl Read for ClientNet {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            client: row.id()?,
            currency: row.currency()?,
            day: row.day()?,
            net_minor: row.count()?,
        })
    }
}

impl Plain for Counter {
    const TABLE: &'static str = "counters";
    const ALIAS: &'static str = "q";
    const KEY: &'static str = "q.series, q.period";
    const COLUMNS: &'static str = "q.series, q.period, q.taken";
}

impl Read for Counter {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            series: row.name(Series::from_prefix)?,
            period: row.whole()?,
            taken: row.whole()?,
        })
    }
}

impl Plain for AuditRecord {
    const TABLE: &'static str = "audit";
    const ALIAS: &'static str = "u";
    const KEY: &'static str = "u.n";
    const COLUMNS: &'static str = "u.n, u.seq, u.at, u.user_id, u.role, u.command, u.outcome, u.object, u.leaf, \
         u.commitment, u.salt, u.origin, u.request_id, u.fingerprint, u.kept";
}

impl Read for AuditRecord {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            n: row.count()?,
            seq: row.integer()?,
            at: row.at()?,
            user: row.id()?,
            role: row.name(Role::from_name)?,
            command: row.words().map(Cow::Owned)?,
            outcome: row.words().map(Cow::Owned)?,
            object: row.array_option()?,
            leaf: row.array()?,
            told: match row.array_option()? {
                Some(commitment) => {
                    row.pass(SAID_COLUMNS);
                    Told::Erased(commitment)
                }
                None => Told::Said(Said {
                    salt: row.array()?,
                    origin: row.name(|text| Some(text.into()))?,
                    request_id: row.name(|text| Some(text.into()))?,
                    fingerprint: row.array()?,
                    kept: row.array_option()?,
                }),
            },
        })
    }
}

/// How many columns hold what was said; none of them holds anything once it was erased.
pub(crate) const SAID_COLUMNS: usize = 5;

impl Plain for AuditNode {
    const TABLE: &'static str = "audit_nodes";
    const ALIAS: &'static str = "z";
    const KEY: &'static str = "z.level, z.at";
    const COLUMNS: &'static str = "z.level, z.at, z.hash";
}

impl Read for AuditNode {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { level: row.count()?, at: row.count()?, hash: row.array()? })
    }
}

/// What was asked lately: a fingerprint, and when.
pub(crate) struct Seen(pub [u8; 32], pub Timestamp);

impl Read for Seen {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self(row.array()?, row.at()?))
    }
}

impl Plain for Outcome {
    const TABLE: &'static str = "outcomes";
    const ALIAS: &'static str = "y";
    const KEY: &'static str = "y.user_id, y.key";
    const COLUMNS: &'static str = "y.user_id, y.key, y.fingerprint, y.audit_n, y.at, y.answer";
}

impl Read for Outcome {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            user: row.id()?,
            key: row.name(|text| Some(text.into()))?,
            fingerprint: row.array()?,
            audit_n: row.count()?,
            at: row.at()?,
            answer: {
                let answer = row.bytes()?.map(Into::into);
                row.required(answer)?
            },
        })
    }
}
