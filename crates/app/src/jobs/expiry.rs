//! Warns of retainers that end soon.

use std::{sync::Arc, time::Duration};

use domain::{alerts::expiry::WarnOfExpiry, rows::ZONE_DEFAULT};
use jiff::tz::TimeZone;

use store::EndingRetainer;

use super::submit;
use crate::App;

/// Nothing is said about what can't be trusted, until somebody answers for it.
async fn is_parked(app: &App, ending: &EndingRetainer) -> bool {
    let head = app.reader.firm(ending.firm).await.ok().flatten();
    head.is_some_and(|head| head.parked.contains(ending.retainer.bytes()))
}

pub(super) async fn run(app: Arc<App>, every: Duration) {
    let zone = TimeZone::get(ZONE_DEFAULT).unwrap_or(TimeZone::UTC);
    loop {
        let today = app.clock.now().day_in(&zone).plus_days(-1);
        match app.reader.ending_retainers(today).await {
            Ok(ending) => {
                for ending in ending {
                    if is_parked(&app, &ending).await {
                        continue;
                    }
                    let warn = WarnOfExpiry { retainer: ending.retainer };
                    if let Err(trouble) = submit(&app, ending.firm, warn).await {
                        tracing::warn!(%trouble, "nobody could be told that a retainer ends");
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "it can't be seen which retainers end"),
        }
        tokio::time::sleep(every).await;
    }
}
