//! The page: one file, nothing to fetch, Arabic and English.

use std::fmt::Write as _;

use super::{Report, headline, timeline};
use crate::{
    attack::{Cell, Result},
    history::{History, Op},
    judge, scenario,
};

const STYLE: &str = include_str!("style.css");

pub(super) fn page(report: &Report) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport \
         content='width=device-width'><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>\
         <p>{1}<p class=small>{6}seed {2}, {3} requests at once; {4}; probe {5}, adapter {7}",
        escaped(&report.server),
        escaped(&report.summary()),
        report.seed,
        report.n,
        escaped(&report.machine.to_string()),
        report.version,
        escaped(&report.commit.as_ref().map_or(String::new(), |it| format!("commit {it}, "))),
        report.adapter_sha256,
    );
    let mut cells: Vec<&Cell> = report.cells.iter().collect();
    cells.sort_by_key(|cell| std::cmp::Reverse(cell.result));
    for cell in cells.iter().filter(|cell| cell.result == Result::Violation) {
        violation(&mut out, report, cell);
    }
    table(&mut out, &cells);
    out
}

fn violation(out: &mut String, report: &Report, cell: &Cell) {
    let _ = write!(
        out,
        "<section><h2>{} {}: {}</h2>",
        cell.scenario,
        escaped(&cell.delivery),
        escaped(&headline(cell))
    );
    for finding in &cell.findings {
        let holds = judge::by_id(&finding.judge);
        let (holds, holds_ar) = holds.map_or(("", ""), |judge| (judge.holds, judge.holds_ar));
        let _ = write!(
            out,
            "<p><b>{}</b> {} <span class=small>({})</span><p dir=rtl lang=ar>{} <span \
             class=small>({})</span>",
            finding.judge,
            escaped(&finding.text),
            escaped(holds),
            escaped(&finding.arabic),
            escaped(holds_ar),
        );
    }
    if let Some(history) = &cell.evidence {
        drawn(out, history, cell);
    }
    let (again, curl) = (report.reproduce(cell), cell.curl.join("\n"));
    let _ = write!(out, "<pre>{}</pre><pre>{}</pre></section>", escaped(&again), escaped(&curl));
}

/// The raced operations as bars on one line of time, then what was read at rest.
fn drawn(out: &mut String, history: &History, cell: &Cell) {
    let raced: Vec<&Op> = history.raced().collect();
    let start = raced.iter().map(|op| op.call_ns).min().unwrap_or(0);
    let end = raced.iter().filter_map(|op| op.ret_ns).max().unwrap_or(start + 1);
    let span = (end - start).max(1);
    let percent = |ns: u64| (ns.saturating_sub(start) * 1_000 / span) as f64 / 10.0;
    let _ = write!(out, "<div class=time>");
    for op in raced {
        let (from, to) = (percent(op.call_ns), op.ret_ns.map_or(100.0, percent));
        let mark = if timeline::is_named(op, &cell.findings) { " named" } else { "" };
        let _ = write!(
            out,
            "<div class='row {:?}{mark}'><i><b style='left:{from}%;width:{}%'></b></i>{}</div>",
            op.outcome,
            (to - from).max(0.5),
            escaped(&timeline::says(history, op))
        );
    }
    let _ = write!(out, "<p class=small>0 … {} µs</p></div><ul>", span / 1_000);
    for op in history.ops.iter().filter(|op| op.phase == crate::history::Phase::Final) {
        let _ = write!(out, "<li>{}", escaped(&timeline::says(history, op)));
    }
    let _ = write!(out, "</ul>");
}

fn table(out: &mut String, cells: &[&Cell]) {
    let _ = write!(
        out,
        "<table><tr><th>scenario<th lang=ar dir=rtl>السيناريو<th>delivery<th>result / النتيجة<th>raced \
         rounds<th>goes wrong less than<th>twin caught<th>spread p50/p95 µs<th>answers"
    );
    for cell in cells {
        let titles = scenario::by_id(cell.scenario);
        let (title, title_ar) = titles.map_or(("", ""), |known| (known.title, known.title_ar));
        let answers: Vec<String> =
            cell.outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let bound = cell.bound.map_or("–".to_owned(), |bound| format!("{:.2} %", bound * 100.0));
        let _ = write!(
            out,
            "<tr class={:?}><td>{} {}<td lang=ar dir=rtl>{}<td>{}<td><b>{}</b> {}<td>{}/{}<td>{}\
             <td>{}/{}<td>{}/{}<td>{}",
            cell.result,
            cell.scenario,
            escaped(title),
            escaped(title_ar),
            escaped(&cell.delivery),
            result(cell.result),
            escaped(&cell.why),
            cell.raced,
            cell.fired,
            bound,
            cell.twin_caught,
            cell.twin_raced,
            cell.spread_us_p50,
            cell.spread_us_p95,
            escaped(&answers.join(", "))
        );
    }
    let _ = write!(out, "</table>");
}

fn result(result: Result) -> &'static str {
    match result {
        Result::Clean => "clean / سليم",
        Result::Skipped => "skipped / لم يُجرَ",
        Result::Inconclusive => "inconclusive / غير محسوم",
        Result::Error => "error / خطأ",
        Result::Violation => "violation / خرق",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}
