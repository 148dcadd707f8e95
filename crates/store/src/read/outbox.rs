//! What the product looks for by itself, in every firm: deliveries whose time has come, retainers that
//! end soon; and what has happened in one since somebody last looked.

use domain::{
    Day, Id, Ref, Timestamp,
    alerts::expiry::EXPIRY_WARNING_DAYS,
    rows::{Alert, AuditRecord, Delivery, Firm, Webhook},
};

use super::{
    head,
    query::{Only, Sorted, View, find, one, page},
};
use crate::{
    DeliveryFilter, DueDelivery, EndingRetainer, Event, Events, Listed, OutboxCount, Page,
    ReadError, Reader,
    shape::{Columns, Read, Shape, journal::Plain as _},
};

/// Most rows that a job is handed at once.
const FOUND_COUNT_MAX: i64 = 256;

impl Reader {
    /// A webhook.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn webhook(
        &self,
        firm: Id<Firm>,
        by: &Ref<Webhook>,
    ) -> Result<Option<Webhook>, ReadError> {
        let by = by.clone();
        self.ask(move |db| one(db, firm, &by)).await
    }

    /// A part of the list of webhooks, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn webhooks(&self, firm: Id<Firm>, part: Page) -> Result<Listed<Webhook>, ReadError> {
        self.ask(move |db| page(db, Only::of::<Webhook>(firm), Sorted::NEWEST, &part)).await
    }

    /// A part of the list of deliveries, newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn deliveries(
        &self,
        firm: Id<Firm>,
        filter: DeliveryFilter,
        part: Page,
    ) -> Result<Listed<Delivery>, ReadError> {
        self.ask(move |db| {
            let mut only = Only::of::<Delivery>(firm);
            only.is_option("stage", filter.stage.map(|stage| stage.name().into()));
            only.is_option("webhook_id", filter.webhook.map(Into::into));
            page(db, only, Sorted::NEWEST, &part)
        })
        .await
    }

    /// How many deliveries of all firms are on their way or given up.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn outbox_count(&self) -> Result<OutboxCount, ReadError> {
        self.ask(|db| {
            let count = "select
                (select count(*) from deliveries indexed by deliveries_due where stage = 'pending'),
                (select count(*) from deliveries indexed by deliveries_dead where stage = 'dead')";
            Ok(db.one(count, &[])?.unwrap_or_default())
        })
        .await
    }

    /// Deliveries of all firms whose time has come, those first that have waited longest.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn due_deliveries(&self, now: Timestamp) -> Result<Vec<DueDelivery>, ReadError> {
        self.ask(move |db| {
            let sql = format!(
                "select d.firm_id, {} from deliveries d indexed by deliveries_due
                 where d.stage = 'pending' and d.next_at <= ?1 order by d.next_at limit ?2",
                Delivery::TABLE.selected()
            );
            let due: Vec<OfFirm<Delivery>> =
                db.all(&sql, &[now.micros().into(), FOUND_COUNT_MAX.into()])?;
            let mut whole = Vec::with_capacity(due.len());
            for OfFirm { firm, row: delivery } in due {
                let Some(webhook) = find(db, firm, &Ref::Id(delivery.webhook))? else { continue };
                let alert = match delivery.alert {
                    Some(id) => find(db, firm, &Ref::Id(id))?,
                    None => None,
                };
                whole.push(DueDelivery { firm, delivery, webhook, alert });
            }
            Ok(whole)
        })
        .await
    }

    /// Retainers of all firms that end soon and that nobody was told of. `today`: the earliest day that
    /// it is anywhere; which day it is at the firm is for the command to know.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn ending_retainers(&self, today: Day) -> Result<Vec<EndingRetainer>, ReadError> {
        // Tomorrow has begun somewhere.
        let last = today.plus_days(EXPIRY_WARNING_DAYS + 1);
        self.ask(move |db| {
            let sql = "select r.firm_id, r.id from retainers r indexed by retainers_ending
                 where r.end_day is not null and r.expiry_alerted = 0 and r.refunded = 0
                     and r.end_day >= ?1 and r.end_day <= ?2
                 order by r.end_day limit ?3";
            db.all(sql, &[today.into(), last.into(), FOUND_COUNT_MAX.into()])
        })
        .await
    }

    /// What has happened in a firm after a place in its audit log; `None`: nothing yet, and this is
    /// where it ends.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn events(&self, firm: Id<Firm>, after: Option<i64>) -> Result<Events, ReadError> {
        self.ask(move |db| {
            let last = head(db, firm)?.map_or(0, |head| head.audit.count());
            let after = after.unwrap_or(last);
            if after >= last {
                return Ok(Events { events: Vec::new(), through: after });
            }
            let sql = format!(
                "select {} from audit u where u.firm_id = ?1 and u.n > ?2 order by u.n limit ?3",
                AuditRecord::COLUMNS
            );
            let records: Vec<AuditRecord> =
                db.all(&sql, &[firm.into(), after.into(), FOUND_COUNT_MAX.into()])?;
            let through = records.last().map_or(after, |record| record.n);
            let accepted: Vec<_> =
                records.into_iter().filter(|record| record.seq.is_some()).collect();
            let bounds = accepted
                .first()
                .and_then(|first| first.seq)
                .zip(accepted.last().and_then(|last| last.seq));
            let Some((from, to)) = bounds else {
                return Ok(Events { events: Vec::new(), through });
            };
            let sql = format!(
                "select {} from alerts a where a.firm_id = ?1 and a.seq >= ?2 and a.seq <= ?3
                 order by a.seq, a.id",
                Alert::TABLE.selected()
            );
            let alerts: Vec<Alert> = db.all(&sql, &[firm.into(), from.into(), to.into()])?;
            let event = |record: AuditRecord| {
                let of = |alert: &&Alert| Some(alert.seq) == record.seq;
                let alerts = alerts.iter().filter(of).cloned().collect();
                Event { record, alerts }
            };
            Ok(Events { events: accepted.into_iter().map(event).collect(), through })
        })
        .await
    }
}

/// A row and whose it is.
struct OfFirm<R> {
    firm: Id<Firm>,
    row: R,
}

impl<R: Read> Read for OfFirm<R> {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { firm: row.id()?, row: R::read(row)? })
    }
}

impl Read for EndingRetainer {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { firm: row.id()?, retainer: row.id()? })
    }
}

impl Read for OutboxCount {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self { pending: row.count()?, dead: row.count()? })
    }
}

impl View for Webhook {
    type Of = Self;
}

impl View for Delivery {
    type Of = Self;
}
