//! C2: search for an order, after Wing & Gong and Lowe: depth first over (what is done, state), each pair
//! once. Operations whose outcome is unknown may be put anywhere after their call, or left out.
//!
//! **The exchange rule.** Of two operations with the same question and the same answer, where one neither
//! began nor ended later than the other, only the earlier is tried first: in any valid order that has them
//! the other way round they can be swapped, and it stays valid. The shape of an attack, n equal requests
//! at once, then takes n steps instead of 2ⁿ.

use std::collections::HashSet;

use super::{Act, Event, State, Thing, Verdict, given::says};

/// Searches; gives up after looking at `nodes_max` states.
pub fn check(thing: Thing, start: State, events: &[Event], nodes_max: usize) -> Verdict {
    let mut search = Search::new(thing, events, nodes_max);
    match search.explore(start) {
        Found::Order => Verdict::Ok,
        Found::Nothing => Verdict::Violated {
            why: search.complaint(),
            ops: search.events.iter().map(|event| event.op).collect(),
        },
        Found::GaveUp => Verdict::Inconclusive {
            why: format!("no order found among {nodes_max} states, and there are more"),
        },
    }
}

/// How many states a search looks at before it knows.
pub fn nodes(thing: Thing, start: State, events: &[Event]) -> usize {
    let mut search = Search::new(thing, events, usize::MAX);
    search.explore(start);
    search.visited.len()
}

enum Found {
    Order,
    Nothing,
    GaveUp,
}

/// Which events are done.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done(Vec<u64>);

impl Done {
    fn has(&self, n: usize) -> bool {
        self.0[n / 64] & (1 << (n % 64)) != 0
    }

    fn with(&self, n: usize) -> Self {
        let mut all = self.0.clone();
        all[n / 64] |= 1 << (n % 64);
        Self(all)
    }
}

struct Search {
    thing: Thing,
    events: Vec<Event>,
    /// For each event, those that the exchange rule puts before it.
    first: Vec<Vec<usize>>,
    visited: HashSet<(Done, State)>,
    nodes_max: usize,
    /// The most that any order explained, and where it stood.
    furthest: Option<(usize, Done, State)>,
}

impl Search {
    fn new(thing: Thing, events: &[Event], nodes_max: usize) -> Self {
        // A read that nobody answered says nothing.
        let says_something = |event: &&Event| event.act != Act::Look || event.said.is_some();
        let mut events: Vec<Event> = events.iter().filter(says_something).copied().collect();
        events.sort_by_key(|event| (event.call, end(event)));
        let goes_before = |a: usize, b: usize| {
            let (x, y) = (&events[a], &events[b]);
            (x.act, x.said) == (y.act, y.said) && a < b && end(x) <= end(y)
        };
        let first = (0..events.len())
            .map(|b| (0..b).rev().find(|a| goes_before(*a, b)).into_iter().collect())
            .collect();
        Self { thing, events, first, visited: HashSet::new(), nodes_max, furthest: None }
    }

    fn explore(&mut self, start: State) -> Found {
        let nothing = Done(vec![0; self.events.len() / 64 + 1]);
        let mut stack = vec![(nothing, start, 0)];
        while let Some((done, state, depth)) = stack.pop() {
            if self.is_explained(&done) {
                return Found::Order;
            }
            if self.visited.contains(&(done.clone(), state)) {
                continue;
            }
            if self.visited.len() >= self.nodes_max {
                return Found::GaveUp;
            }
            if self.furthest.as_ref().is_none_or(|(furthest, ..)| depth > *furthest) {
                self.furthest = Some((depth, done.clone(), state));
            }
            for n in self.candidates(&done).into_iter().rev() {
                let event = &self.events[n];
                if let Some(after) = self.thing.step(state, event.act, event.said) {
                    stack.push((done.with(n), after, depth + 1));
                }
            }
            self.visited.insert((done, state));
        }
        Found::Nothing
    }

    /// Whatever has been answered has its place.
    fn is_explained(&self, done: &Done) -> bool {
        self.events.iter().enumerate().all(|(n, event)| event.said.is_none() || done.has(n))
    }

    /// Those that may come next: begun before any that is still open ended.
    fn candidates(&self, done: &Done) -> Vec<usize> {
        let open = || (0..self.events.len()).filter(|n| !done.has(*n));
        let first_end = open().map(|n| end(&self.events[n])).min().unwrap_or(u64::MAX);
        open()
            .take_while(|n| self.events[*n].call <= first_end)
            .filter(|n| self.first[*n].iter().all(|earlier| done.has(*earlier)))
            .collect()
    }

    fn complaint(&self) -> String {
        let Some((depth, done, state)) = &self.furthest else { return String::new() };
        let stuck: Vec<String> = self
            .candidates(done)
            .into_iter()
            .filter(|n| self.events[*n].said.is_some())
            .map(|n| says(&self.events[n]))
            .collect();
        let count = self.events.len();
        format!(
            "no order of the {count} operations explains the answers; the best explains {depth} of them, \
             and then, at {}, none of these is true: {}",
            state.amount,
            stuck.join(", ")
        )
    }
}

fn end(event: &Event) -> u64 {
    event.ret.unwrap_or(u64::MAX)
}
