//! Alerts.

use domain::{
    Id, Ref,
    rows::{Alert, Firm},
};

use super::query::{Only, Sorted, View, one, page};
use crate::{AlertFilter, Listed, Page, ReadError, Reader, shape::Shape as _};

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

    /// What checks have found, oldest first: as long as nobody has released it, and afterwards.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn found(&self, firm: Id<Firm>) -> Result<Vec<Alert>, ReadError> {
        self.ask(move |db| {
            let columns = Alert::TABLE.selected();
            let sql = format!(
                "select {columns} from alerts a
                 where a.firm_id = ?1 and a.found_kind is not null order by a.created_at, a.id"
            );
            db.all(&sql, &[firm.into()])
        })
        .await
    }
}

impl View for Alert {
    type Of = Self;
}
