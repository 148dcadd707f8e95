//! What the product does by itself: it makes deliveries, warns of retainers that end, checks the books.
//!
//! Every process does it. A job only finds what there is to do; what is done is a command like any
//! other, decided where the database says who is first. **No job writes to the database.**

mod deliver;
mod expiry;
mod numbers;
mod verify;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Actor, Command, Id, Rejection, Reply, audit, rows::Firm};
use engine::{Intent, Request, Settled, Trouble};
use tokio::task::JoinSet;

pub(crate) use numbers::NumberFailures;

use crate::App;

/// How often is looked for deliveries whose time has come.
const DELIVERIES_EVERY: Duration = Duration::from_millis(500);
/// How often is looked for retainers that end soon.
const ENDINGS_EVERY: Duration = Duration::from_secs(60);
/// Longest time a command of a job may wait in the queue.
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(5);

/// Starts the jobs; they end when this is dropped.
pub(crate) fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(deliver::run(Arc::clone(app), DELIVERIES_EVERY));
    jobs.spawn(numbers::run(Arc::clone(app), DELIVERIES_EVERY));
    jobs.spawn(expiry::run(Arc::clone(app), ENDINGS_EVERY));
    jobs.spawn(verify::run(Arc::clone(app)));
    jobs
}

/// Has a command of the product carried out. Refused: another process was first, or there is nothing
/// to do any more.
pub(crate) async fn submit(
    app: &App,
    firm: Id<Firm>,
    command: impl Into<Command>,
) -> Result<Result<Reply, Rejection>, Trouble> {
    let command = command.into();
    let request = Request {
        actor: Actor::system(firm),
        intent: Intent::CarryOut,
        origin: "".into(),
        request_id: "".into(),
        fingerprint: audit::fingerprint(&[format!("{command:?}").as_bytes()]),
        once: None,
        deadline: Instant::now() + QUEUE_WAIT_MAX,
        command,
    };
    match app.engine.submit(request).await? {
        Settled::Decided { result, .. } => Ok(result),
        // It has no key.
        Settled::Replayed(_) | Settled::KeyReused | Settled::Erased => {
            Err(Trouble::Defect("a command without a key was replayed".into()))
        }
    }
}
