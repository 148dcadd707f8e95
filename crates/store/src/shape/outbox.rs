//! Alerts, where they are sent to, and what is on its way there.

use domain::{
    invariant::AccountKind,
    rows::{Alert, AlertKind, Delivery, DeliveryStage, Found, Release, Webhook},
};

use super::{Columns, Read, Shape, columns};

impl Shape for Alert {
    columns! {
        self in "alerts" as "a";
        fixed {
            id = id(&self.id),
            kind = name(self.kind.name()),
            about = bytes(Some(&self.about)),
            seq = count(self.seq),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            found_kind = name_option(self.found.as_ref().map(|found| found.kind.name())),
            found_rule = words_option(self.found.as_ref().map(|found| &found.rule)),
            found_signs = words_option(self.found.as_ref().map(|found| &found.signs)),
            found_text = words_option(self.found.as_ref().map(|found| &found.text)),
        }
        changing {
            released_by = id_option(self.released.as_ref().map(|release| &release.by)),
            released_at = at_option(self.released.as_ref().map(|release| release.at)),
            release_reason = words_option(self.released.as_ref().map(|release| &release.reason)),
            acknowledged_by = id_option(self.acknowledged.as_ref().map(|(by, _)| by)),
            acknowledged_at = at_option(self.acknowledged.map(|(_, at)| at)),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

/// How many columns say what was found, beside the first.
const FOUND_COLUMNS: usize = 3;

impl Read for Alert {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            id: row.id()?,
            kind: row.name(AlertKind::from_name)?,
            about: row.array()?,
            seq: row.count()?,
            created_by: row.id()?,
            created_at: row.at()?,
            found: match row.name_option(AccountKind::from_name)? {
                Some(kind) => Some(Found {
                    kind,
                    rule: row.words()?,
                    signs: row.words()?,
                    text: row.words()?,
                }),
                None => {
                    row.pass(FOUND_COLUMNS);
                    None
                }
            },
            released: {
                let (by, at, reason) = (row.id_option()?, row.at_option()?, row.words_option()?);
                let of = |((by, at), reason)| Release { by, at, reason };
                by.zip(at).zip(reason).map(of)
            },
            acknowledged: {
                let (by, at) = (row.id_option()?, row.at_option()?);
                by.zip(at)
            },
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}

impl Shape for Webhook {
    columns! {
        self in "webhooks" as "w";
        fixed {
            id = id(&self.id),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
            deleted = flag(self.deleted),
        }
        changing {
            url = words(&self.url),
            kinds = made(self.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ")),
            secret = words(&self.secret),
            previous_secret = words_option(self.previous.as_ref().map(|(secret, _)| secret)),
            previous_until = at_option(self.previous.as_ref().map(|(_, until)| *until)),
            active = flag(self.active),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Webhook {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        let named = |text: &str| text.split_whitespace().map(AlertKind::from_name).collect();
        Ok(Self {
            id: row.id()?,
            created_by: row.id()?,
            created_at: row.at()?,
            deleted: row.flag()?,
            url: row.words()?,
            kinds: row.name(named)?,
            secret: row.words()?,
            previous: {
                let (secret, until) = (row.words_option()?, row.at_option()?);
                secret.zip(until)
            },
            active: row.flag()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}

impl Shape for Delivery {
    columns! {
        self in "deliveries" as "d";
        fixed {
            id = id(&self.id),
            webhook_id = id(&self.webhook),
            alert_id = id_option(self.alert.as_ref()),
            seq = count(self.seq),
            created_by = id(&self.created_by),
            created_at = at(self.created_at),
        }
        changing {
            stage = name(self.stage.name()),
            attempts = count(self.attempts),
            next_at = at(self.next_at),
            status = count_option(self.status),
            error = words_option(self.error.as_ref()),
            version = count(self.version),
            updated_at = at(self.updated_at),
        }
    }
}

impl Read for Delivery {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self {
            id: row.id()?,
            webhook: row.id()?,
            alert: row.id_option()?,
            seq: row.count()?,
            created_by: row.id()?,
            created_at: row.at()?,
            stage: row.name(DeliveryStage::from_name)?,
            attempts: row.count()?,
            next_at: row.at()?,
            status: row.integer()?,
            error: row.words_option()?,
            version: row.count()?,
            updated_at: row.at()?,
        })
    }
}
