//! STUB being written; the public API below is final.
use std::sync::Arc;
use crate::{Clock, Ids, Limits, Observer, Request, Settled, Store, Trouble};
/// How an engine is set up.
pub struct Options {
    /// Bounds.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<Ids>,
    /// Watches.
    pub observer: Arc<dyn Observer>,
}
/// The handle: cheap to clone.
#[derive(Clone)]
pub struct Engine {}
impl Engine {
    /// Starts one lane per store, each on its own thread; firms are hashed onto the lanes.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub fn start<S: Store>(stores: Vec<S>, options: Options) -> std::io::Result<Self> { let _ = (stores, options); todo!() }
    /// Carries out a command. A caller that stops waiting does not undo it.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn submit(&self, request: Request) -> Result<Settled, Trouble> { let _ = request; todo!() }
    /// Commands waiting now.
    pub fn queued(&self) -> usize { todo!() }
    /// Resolves when a lane has stopped because a commit's fate is unknown; the process must end.
    pub async fn failed(&self) -> String { todo!() }
    /// Takes no more commands, settles those that wait, and gives the stores up.
    pub async fn drain(&self) { todo!() }
}
