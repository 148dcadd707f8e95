//! A lane: one thread with one store, which carries out batch after batch.

use std::{sync::Arc, thread};

use domain::{Book, Id, Map, rows::Firm};
use tokio::sync::mpsc;

use crate::{
    Options, Request, Store, Trouble, batch,
    handle::Shared,
    queue::{Arrival, Turn, Turns},
};

/// One thread, one store.
pub(crate) struct Lane<S> {
    pub store: S,
    pub books: Map<Id<Firm>, Book>,
    pub options: Arc<Options>,
    queue: mpsc::UnboundedReceiver<Arrival>,
    turns: Turns,
    pub shared: Arc<Shared>,
}

/// A commit's fate is unknown: the lane may not go on.
#[derive(Debug)]
pub(crate) struct Fatal(pub String);

impl<S: Store> Lane<S> {
    pub fn new(store: S, queue: mpsc::UnboundedReceiver<Arrival>, shared: Arc<Shared>) -> Self {
        let options = Arc::clone(&shared.options);
        Self { store, books: Map::default(), options, queue, turns: Turns::default(), shared }
    }

    /// The book of the request's firm.
    pub fn book(&mut self, request: &Request) -> &mut Book {
        let book = self.books.get_mut(&request.actor.firm);
        book.expect("every firm of a batch has its book open")
    }

    pub async fn run(mut self) {
        let departure = Departure(Arc::clone(&self.shared));
        while self.wait_for_work().await {
            let turn = self.turns.take(&self.options.limits);
            if let Err(Fatal(reason)) = batch::carry_out(&mut self, turn).await {
                tracing::error!(
                    reason,
                    "stopping: a commit's fate is unknown, only a restart can tell"
                );
                self.shared.stopping.send_replace(true);
                self.turn_away();
                self.shared.failure.send_replace(Some(reason));
                break;
            }
        }
        // The store is closed before anybody is told that the lane has gone.
        drop(self.store);
        drop(departure);
    }

    /// Tells those who still wait that nothing was done.
    fn turn_away(&mut self) {
        self.queue.close();
        self.take_in();
        for waiting in self.turns.take_all() {
            waiting.answer(Err(Trouble::Stopping));
        }
    }

    /// Takes in what has come; waits only when there is nothing to do. `false`: nothing will come.
    async fn wait_for_work(&mut self) -> bool {
        let mut stopping = self.shared.stopping.subscribe();
        while self.turns.is_empty() {
            tokio::select! {
                biased;
                arrival = self.queue.recv() => match arrival {
                    Some(arrival) => self.turns.push(arrival),
                    None => return false,
                },
                // The sender lives in `shared`, so this resolves only when it is time to stop.
                _ = stopping.wait_for(|stop| *stop), if !self.queue.is_closed() => self.queue.close(),
            }
        }
        self.take_in();
        true
    }

    /// Takes in what has come.
    fn take_in(&mut self) {
        while let Ok(arrival) = self.queue.try_recv() {
            self.turns.push(arrival);
        }
    }

    /// Adds what these firms ask for to a batch that has room, if it is of requests for themselves.
    pub fn take_more(&mut self, turn: &mut Turn, firms: &[Id<Firm>]) {
        if turn.is_free() {
            self.take_in();
            self.turns.take_more(turn, firms, &self.options.limits);
        }
    }
}

/// Tells the handle that a lane has gone, also when it panicked.
struct Departure(Arc<Shared>);

impl Drop for Departure {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.failure.send_replace(Some("a lane panicked".into()));
        }
        self.0.stopping.send_replace(true);
        self.0.running.send_modify(|lanes| *lanes -= 1);
    }
}
