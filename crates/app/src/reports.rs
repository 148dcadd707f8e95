//! Where reports are read: a database that follows the primary, where there is one. It may lag; nothing
//! is ever decided on what it says, and whoever names a `seq` sees at least that.

use std::time::Duration;

use domain::{Id, rows::Firm};
use store::{ReadError, Reader};
use tokio::time::{Instant, sleep, timeout_at};

/// How long a report waits for a database that lags, before the primary is asked instead.
const CATCH_UP_WAIT_MAX: Duration = Duration::from_secs(2);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The readers of reports.
pub struct Reports {
    pub(crate) primary: Reader,
    pub(crate) lagging: Option<Reader>,
}

impl Reports {
    /// Who answers a report of this firm that shows at least `seq`, and up to where it is known to.
    ///
    /// # Errors
    /// [`ReadError`]: neither can be asked.
    pub(crate) async fn reader(
        &self,
        firm: Id<Firm>,
        seq: Option<u32>,
    ) -> Result<(Reader, i64), ReadError> {
        let least = seq.map_or(0, i64::from);
        if let Some(lagging) = &self.lagging {
            let until = Instant::now() + CATCH_UP_WAIT_MAX;
            match timeout_at(until, caught_up(lagging, firm, least)).await {
                Ok(Ok(seq)) => return Ok((lagging.clone(), seq)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the database for reports is away, asking the primary");
                }
                Err(_) => {
                    tracing::info!("the database for reports lags too far, asking the primary");
                }
            }
        }
        Ok((self.primary.clone(), reached(&self.primary, firm).await?))
    }
}

/// Waits until it has got there.
async fn caught_up(reader: &Reader, firm: Id<Firm>, least: i64) -> Result<i64, ReadError> {
    loop {
        let seq = reached(reader, firm).await?;
        if seq >= least {
            return Ok(seq);
        }
        sleep(LOOK).await;
    }
}

async fn reached(reader: &Reader, firm: Id<Firm>) -> Result<i64, ReadError> {
    Ok(reader.firm(firm).await?.map_or(0, |firm| firm.seq))
}
