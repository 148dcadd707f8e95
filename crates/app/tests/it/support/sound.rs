//! Every invariant over every firm of a database, whoever serves it.

use domain::{
    Id,
    invariant::{Checker, Verdict},
    rows::{AlertKind, Firm, MovementKind, Retainer, Stored},
};
use store::Reader;

/// Now. There must be a firm.
pub async fn check(reader: &Reader) {
    let firms = reader.firms().await.expect("the firms can be read");
    assert!(!firms.is_empty(), "no firm was ever written");
    assert_sound(reader, firms);
}

/// No test ends without this, whatever it looked at. Called where servers are dropped.
pub fn check_at_the_end(reader: &Reader) {
    if std::thread::panicking() {
        return;
    }
    // A runtime of its own: this one may be shutting down, and can't be waited on from here.
    let reader = reader.clone();
    let checked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let firms = runtime.expect("a runtime").block_on(reader.firms());
        assert_sound(&reader, firms.expect("the firms can be read"));
    });
    checked.join().expect("the invariants hold when the test ends");
}

/// How many low-balance alerts a retainer has raised.
pub fn alert_count(reader: &Reader, firm: &str, retainer: &str) -> usize {
    let rows = rows_of(reader, firm.parse().expect("a firm's id"));
    let retainer: Id<Retainer> = retainer.parse().expect("a retainer's id");
    let is_its = |row: &&Stored| matches!(row, Stored::Alert(alert) if alert.kind == AlertKind::LowBalance && alert.about == *retainer.bytes());
    rows.iter().filter(is_its).count()
}

fn rows_of(reader: &Reader, firm: Id<Firm>) -> Vec<Stored> {
    let mut rows = Vec::new();
    reader.rows(firm, &mut |row| rows.push(row)).expect("the rows can be read");
    rows
}

/// Whether an invariant does not hold.
pub async fn is_broken(reader: &Reader) -> bool {
    let firms = reader.firms().await.expect("the firms can be read");
    verdicts(reader, firms).all.iter().any(|verdict| verdict.broken > 0)
}

/// What was found, and what there was to look at.
#[derive(Default)]
struct Verdicts {
    all: Vec<Verdict>,
    moved: bool,
    consumed: bool,
    any: bool,
}

fn verdicts(reader: &Reader, firms: Vec<Id<Firm>>) -> Verdicts {
    let mut found = Verdicts::default();
    for firm in firms {
        found.any = true;
        let mut checker = Checker::default();
        for row in rows_of(reader, firm) {
            found.moved |= matches!(row, Stored::Movement(_));
            found.consumed |=
                matches!(&row, Stored::Movement(row) if row.kind == MovementKind::Consumption);
            checker.see(row);
        }
        for verdict in checker.finish() {
            match found.all.iter_mut().find(|known| known.id == verdict.id) {
                Some(known) => known.merge(verdict),
                None => found.all.push(verdict),
            }
        }
    }
    found
}

/// A check that saw nothing to check fails, too.
fn assert_sound(reader: &Reader, firms: Vec<Id<Firm>>) {
    let found = verdicts(reader, firms);
    for verdict in &found.all {
        assert_eq!(verdict.broken, 0, "{verdict:#?}");
        let expected = match verdict.id {
            "I1" | "I6" => found.moved,
            "I2" => found.consumed,
            "I5" | "I8" => found.any,
            _ => false,
        };
        assert!(!expected || verdict.checked > 0, "{} had nothing to check", verdict.id);
    }
    let complaints = reader.integrity().expect("the database can be asked");
    assert!(complaints.is_empty(), "{complaints:?}");
}
