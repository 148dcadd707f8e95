//! The audit log: its records, and what proves that they are in it and that it has only grown.
//!
//! A proof reads the leaves beside it and the stored nodes above them: some 2^8 rows of each stored
//! level, **however long the log is**.

use domain::{
    Id,
    audit::{self, Hash, LEVELS_PER_STORED, Range, Subtree, Tree},
    rows::{AuditRecord, Firm},
};

use super::{Db, Value, head, query::journal_page};
use crate::{
    AuditConsistency, AuditInclusion, AuditTree, Listed, Page, ReadError, Reader,
    shape::{Columns, Read, journal::Plain as _},
};

impl Reader {
    /// A part of the audit log, newest first. A cursor is the place of the last record shown.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn audit(
        &self,
        firm: Id<Firm>,
        part: Page,
    ) -> Result<Listed<AuditRecord>, ReadError> {
        self.ask(move |db| {
            let last = head(db, firm)?.map_or(0, |head| head.audit.count());
            let sql = format!(
                "select {} from audit u where u.firm_id = ?1 and u.n < ?2
                 order by u.n desc limit ?3",
                AuditRecord::COLUMNS
            );
            journal_page(db, vec![firm.into()], last, &sql, |record: &AuditRecord| record.n, &part)
        })
        .await
    }

    /// The records after the `n`-th, up to the `last` one and at most `limit`, oldest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn audit_after(
        &self,
        firm: Id<Firm>,
        n: i64,
        last: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, ReadError> {
        self.ask(move |db| {
            let some = AuditRecord::select("u.firm_id = ?1 and u.n > ?2 and u.n <= ?3");
            let sql = format!("{some} limit {limit}");
            db.all(&sql, &[firm.into(), n.into(), last.into()])
        })
        .await
    }

    /// The log when it had `size` records; as it is now, where nothing is said. `None`: it never had.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn audit_tree(
        &self,
        firm: Id<Firm>,
        size: Option<u64>,
    ) -> Result<Option<AuditTree>, ReadError> {
        self.ask(move |db| tree(db, firm, size)).await
    }

    /// That the `n`-th record is in the log of `size` records; as it is now, where nothing is said.
    /// `None`: it is not, or the log never had so many.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn audit_inclusion(
        &self,
        firm: Id<Firm>,
        n: i64,
        size: Option<u64>,
    ) -> Result<Option<AuditInclusion>, ReadError> {
        self.ask(move |db| {
            let Some(tree) = tree(db, firm, size)? else { return Ok(None) };
            let at = n.checked_sub(1).and_then(|at| u64::try_from(at).ok());
            let Some(ranges) = at.and_then(|at| audit::inclusion(at, tree.size)) else {
                return Ok(None);
            };
            let sql = AuditRecord::select("u.firm_id = ?1 and u.n = ?2");
            let record = db.one(&sql, &[firm.into(), n.into()])?;
            let record = record.ok_or_else(|| missing(&format!("record {n}")))?;
            Ok(Some(AuditInclusion { record, tree, proof: hashes(db, firm, &ranges)? }))
        })
        .await
    }

    /// That the log of `to` records, or as it is now where nothing is said, began as the one of `from`.
    /// `None`: it did not, or `from` is empty.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn audit_consistency(
        &self,
        firm: Id<Firm>,
        from: u64,
        to: Option<u64>,
    ) -> Result<Option<AuditConsistency>, ReadError> {
        self.ask(move |db| {
            let Some(to) = tree(db, firm, to)? else { return Ok(None) };
            let Some(ranges) = audit::consistency(from, to.size) else { return Ok(None) };
            let root = hash(db, firm, Range { from: 0, to: from })?;
            let from = AuditTree { size: from, root };
            Ok(Some(AuditConsistency { from, to, proof: hashes(db, firm, &ranges)? }))
        })
        .await
    }
}

fn tree(db: &Db, firm: Id<Firm>, size: Option<u64>) -> Result<Option<AuditTree>, ReadError> {
    let now = head(db, firm)?.map(|head| head.audit).unwrap_or_default();
    let size = size.unwrap_or(now.size());
    if size > now.size() {
        return Ok(None);
    }
    let root =
        if size == now.size() { now.root() } else { hash(db, firm, Range { from: 0, to: size })? };
    Ok(Some(AuditTree { size, root }))
}

fn hashes(db: &Db, firm: Id<Firm>, ranges: &[Range]) -> Result<Vec<Hash>, ReadError> {
    ranges.iter().map(|range| hash(db, firm, *range)).collect()
}

fn hash(db: &Db, firm: Id<Firm>, range: Range) -> Result<Hash, ReadError> {
    let subtrees = range.subtrees();
    let hashes = subtrees.iter().map(|subtree| root(db, firm, subtree));
    Ok(audit::root_over(&hashes.collect::<Result<Vec<_>, _>>()?))
}

/// The root of a complete subtree, from what is stored next below it.
fn root(db: &Db, firm: Id<Firm>, subtree: &Subtree) -> Result<Hash, ReadError> {
    let above = subtree.level % LEVELS_PER_STORED;
    let level = subtree.level - above;
    let (first, count) = (subtree.at << above, 1_u64 << above);
    let sql = if level == 0 {
        "select leaf from audit where firm_id = ?1 and n > ?2 and n <= ?3 order by n".to_owned()
    } else {
        format!(
            "select hash from audit_nodes
             where firm_id = ?1 and level = {level} and at >= ?2 and at < ?3 order by at"
        )
    };
    let place = |at: u64| i64::try_from(at).map(Value::from).map_err(|_| missing("a node"));
    let range = [firm.into(), place(first)?, place(first + count)?];
    let (mut tree, mut found) = (Tree::default(), 0);
    db.each(&sql, &range, |Stored(hash)| {
        tree.append(hash);
        found += 1;
    })?;
    if found == count {
        Ok(tree.root())
    } else {
        Err(missing(&format!("a node at level {level} of {first}..{}", first + count)))
    }
}

fn missing(what: &str) -> ReadError {
    ReadError::Row(format!("audit: {what} is missing"))
}

struct Stored(Hash);

impl Read for Stored {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        row.array().map(Self)
    }
}
