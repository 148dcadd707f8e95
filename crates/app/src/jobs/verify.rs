//! Walks over the books of one firm after the other, again and again, at the verifier's pace.

use std::{sync::Arc, time::Duration};

use crate::{App, integrity};

/// The pause after all firms were walked over; longer where the share of the machine asks for it.
const ROUND_PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(app: Arc<App>) {
    if !app.integrity.pace().is_on() {
        return;
    }
    loop {
        match app.reader.firms().await {
            Ok(firms) => {
                for firm in firms {
                    match integrity::walk_in_turn(&app, firm).await {
                        Ok(owed) => tokio::time::sleep(owed).await,
                        Err(error) => tracing::debug!(%error, %firm, "the books can't be read"),
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "it can't be seen which firms there are"),
        }
        tokio::time::sleep(ROUND_PAUSE).await;
    }
}
