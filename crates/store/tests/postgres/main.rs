//! What befalls PostgreSQL and the way to it, and what callers were told meanwhile. Beside each fault
//! stands somebody whom it costs money.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod crashes;
mod cuts;
mod failover;
mod outages;
mod plans;
mod rig;
mod schema;
mod tls;
mod waits;

/// Two processes that meet an empty database both serve it in the end.
#[test]
fn many_may_open_an_empty_database_at_once() {
    let database = throwaway::Cluster::shared().fresh_database();
    std::thread::scope(|scope| {
        let opened: Vec<_> =
            (0..4).map(|_| scope.spawn(|| store::migrate(&database.url))).collect();
        for one in opened {
            one.join().unwrap().unwrap();
        }
    });
}
