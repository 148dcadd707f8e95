//! Alerts and the audit log.

use domain::{
    Id, Ref,
    rows::{Alert, AuditRecord, Firm},
};

use super::{
    head,
    query::{Only, Sorted, View, journal_page, one, page},
};
use crate::{AlertFilter, Listed, Page, ReadError, Reader, shape::journal::Plain as _};

impl Reader {
    /// An alert.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn alert(&self, firm: Id<Firm>, by: &Ref<Alert>) -> Result<Option<Alert>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of alerts, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn alerts(
        &self,
        firm: Id<Firm>,
        filter: AlertFilter,
        part: Page,
    ) -> Result<Listed<Alert>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<Alert>(firm);
            only.is_option("kind", filter.kind.map(|kind| kind.name().into()));
            if filter.open_only {
                only.has("acknowledged_at", Some(false));
            }
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }

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
            let last = head(db, firm)?.map_or(0, |head| head.audit_count);
            let sql = format!(
                "select {} from audit u where u.firm_id = ?1 and u.n < ?2
                 order by u.n desc limit ?3",
                AuditRecord::COLUMNS
            );
            journal_page(db, vec![firm.into()], last, &sql, |record: &AuditRecord| record.n, &part)
        })
        .await
    }
}

impl View for Alert {
    type Of = Self;
}
