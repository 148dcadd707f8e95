//! Alerts.

use domain::{
    Id, Ref,
    rows::{Alert, Firm},
};

use super::query::{Only, Sorted, View, one, page};
use crate::{AlertFilter, Listed, Page, ReadError, Reader};

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
}

impl View for Alert {
    type Of = Self;
}
