//! Who did what when, as text.

use crate::{
    history::{History, Op, Outcome, Phase},
    judge::Finding,
};

/// The raced operations as bars on one line of time, marked where a finding names them; then the reads.
pub fn timeline(history: &History, findings: &[Finding]) -> String {
    const WIDTH: u64 = 48;
    let raced: Vec<&Op> = history.raced().collect();
    let start = raced.iter().map(|op| op.call_ns).min().unwrap_or(0);
    let end = raced.iter().filter_map(|op| op.ret_ns).max().unwrap_or(start + 1);
    let span = (end - start).max(1);
    let mut out = String::new();
    for op in raced {
        let from = (op.call_ns - start) * WIDTH / span;
        let to = op.ret_ns.map_or(WIDTH, |ret| (ret - start) * WIDTH / span).max(from + 1);
        let bar: String = (0..=WIDTH)
            .map(|at| if at < from || at > to { ' ' } else { '━' })
            .chain(op.ret_ns.is_none().then_some('…'))
            .collect();
        let mark = if is_named(op, findings) { '▶' } else { ' ' };
        out += &format!("{mark}{bar} {}\n", says(history, op));
    }
    for op in history.ops.iter().filter(|op| op.phase == Phase::Final && op.verb.is_read()) {
        let mark = if is_named(op, findings) { '▶' } else { ' ' };
        out += &format!("{mark} at rest: {}\n", says(history, op));
    }
    out
}

pub(super) fn is_named(op: &Op, findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.ops.contains(&op.id))
}

/// An operation in one line: `consume 50.00 → ok, 50.00 left`.
pub(super) fn says(history: &History, op: &Op) -> String {
    let mut text = op.verb.name().replace('_', " ");
    if let Some(amount) = op.args.amount {
        text += &format!(" {}", history.money(amount));
    }
    if op.tenant != "a" {
        text += &format!(" by {}", op.tenant);
    }
    let outcome = match op.outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
        Outcome::Declined => "declined",
        Outcome::Unknown => "unknown",
    };
    text += &format!(" → {outcome}");
    let seen = &op.seen;
    let amounts = [("balance", seen.balance), ("paid", seen.paid), ("due", seen.due)];
    for (name, amount) in amounts {
        if let Some(amount) = amount {
            text += &format!(", {name} {}", history.money(amount));
        }
    }
    if let Some(number) = seen.number.as_ref().filter(|_| op.verb.is_creation()) {
        text += &format!(", {number}");
    }
    if let Some(version) = seen.version {
        text += &format!(", v{version}");
    }
    text
}
