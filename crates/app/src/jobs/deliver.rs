//! Carries the outbox to the webhooks: at least once, each time under the same id.
//!
//! A delivery is claimed by a command before anything is sent, so processes that share a database share
//! the work; one that dies has its claim run out, and another goes on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    reply::Shown,
    rows::{Alert, Delivery},
    webhooks::{claim::ClaimDelivery, settle::SettleDelivery},
};
use hyper::{Request, header};
use store::DueDelivery;
use tokio::{sync::Semaphore, task::JoinSet};

use super::submit;
use crate::{
    App,
    http::json,
    post::{PostError, Poster},
    signature,
};

/// Deliveries that are made at the same time.
const UNDER_WAY_MAX: usize = 16;
/// The pause after the first attempt; each one after is twice as long.
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);
/// Longest reason that is kept.
const ERROR_CHARS_MAX: usize = 200;

pub(super) async fn run(app: Arc<App>, every: Duration) {
    let poster = Arc::new(Poster::new(app.addresses));
    let places = Arc::new(Semaphore::new(UNDER_WAY_MAX));
    loop {
        match app.reader.due_deliveries(app.clock.now()).await {
            Ok(due) => {
                let mut under_way = JoinSet::new();
                for due in due {
                    let (app, poster) = (Arc::clone(&app), Arc::clone(&poster));
                    let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                    under_way.spawn(async move {
                        deliver(&app, &poster, due).await;
                        drop(place);
                    });
                }
                // What is slow must not be found again meanwhile.
                while under_way.join_next().await.is_some() {}
            }
            Err(error) => tracing::debug!(%error, "the outbox can't be read"),
        }
        tokio::time::sleep(every).await;
    }
}

async fn deliver(app: &App, poster: &Poster, due: DueDelivery) {
    let DueDelivery { firm, delivery, webhook, alert } = due;
    let claimed = match submit(app, firm, ClaimDelivery { delivery: delivery.id }).await {
        Ok(Ok(reply)) => reply,
        // Another process has it.
        Ok(Err(_)) => return,
        Err(trouble) => return tracing::warn!(%trouble, "a delivery could not be claimed"),
    };
    let Shown::Delivery(claimed) = &claimed.shown else { return };
    let started = Instant::now();
    let answered = if webhook.deleted {
        Err("the webhook was deleted".to_owned())
    } else {
        let (now, id) = (app.clock.now(), delivery.id.to_string());
        let body = body(&delivery, alert.as_ref());
        let seconds = now.micros() / 1_000_000;
        let signature = signature::sign(webhook.secrets(now), &id, seconds, &body);
        let request = Request::post(&webhook.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(body.into());
        match request {
            Ok(request) => poster.post(request).await.map_err(|error| error.to_string()),
            Err(_) => Err(PostError::Address.to_string()),
        }
    };
    let status = answered.as_ref().ok().map(|status| i64::from(*status));
    let error = match answered {
        Ok(200..=299) => None,
        Ok(status) => Some(format!("answered with {status}")),
        Err(error) => Some(error.chars().take(ERROR_CHARS_MAX).collect()),
    };
    app.metrics.delivery(error.is_none(), started.elapsed());
    if let Some(error) = &error {
        let (id, attempt) = (delivery.id, claimed.attempts);
        tracing::info!(%firm, %id, attempt, error, "a webhook was not delivered");
    }
    let settle = SettleDelivery {
        delivery: delivery.id,
        attempt: claimed.attempts,
        status,
        error,
        pause_micros: pause_micros(claimed.attempts, getrandom::u64().unwrap_or(u64::MAX)),
    };
    // If this does not succeed the claim runs out, and it is sent again.
    if let Err(trouble) = submit(app, firm, settle).await {
        tracing::warn!(%trouble, "what came of a delivery could not be written down");
    }
}

/// Twice as long after each attempt, up to a limit; a random half of it is left out, so that what failed
/// together does not come back together.
fn pause_micros(attempt: i64, random: u64) -> i64 {
    let doublings = u32::try_from(attempt.clamp(1, 32) - 1).unwrap_or(0);
    let whole = PAUSE_FIRST.saturating_mul(1 << doublings.min(31)).min(PAUSE_MAX);
    let half = u64::try_from(whole.as_micros() / 2).unwrap_or(u64::MAX).max(1);
    i64::try_from(half + random % half).unwrap_or(i64::MAX)
}

/// The same bytes in every attempt: nothing in it changes.
fn body(delivery: &Delivery, alert: Option<&Alert>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    json::object(&mut out, |o| {
        match alert {
            Some(alert) => o.text("type", &format!("alert.{}", alert.kind.name())),
            None => o.text("type", "test"),
        }
        o.time("timestamp", delivery.created_at);
        o.with("data", |out| json::object(out, |o| data(o, alert)));
    });
    out
}

fn data(o: &mut json::Object<'_>, alert: Option<&Alert>) {
    let Some(alert) = alert else { return };
    o.id("alertId", alert.id);
    o.text("type", alert.kind.name());
    o.id("about", domain::Id::<Alert>::new(alert.about));
    if let Some(found) = &alert.found {
        o.text("accountKind", found.kind.name());
        o.text("rule", &found.rule);
        o.text("finding", &found.text);
    }
    o.integer("seq", alert.seq);
    o.time("createdAt", alert.created_at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours() {
        for (attempt, seconds) in
            [(1, 5), (2, 10), (5, 80), (12, 10_240), (14, 21_600), (99, 21_600)]
        {
            let (least, most) = (pause_micros(attempt, 0), pause_micros(attempt, u64::MAX));
            assert_eq!(least, seconds * 500_000, "{attempt}");
            assert!(least <= most && most < seconds * 1_000_000, "{attempt}: {most}");
        }
    }
}
