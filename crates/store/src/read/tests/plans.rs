//! How queries are answered: through an index that leads with the firm, never by reading a whole table.

use rusqlite::Connection;

use super::{ASKED, both::Both, questions::ask};
use crate::fixture::full_batch;

/// Another connection to SQLite's file.
fn file(fixture: &Both) -> Connection {
    Connection::open(fixture.sqlite.file()).unwrap()
}

/// What the plan of a query says it does, step by step.
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("explain query plan {sql}")).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get("detail"));
    steps.collect::<Result<_, _>>().unwrap()
}

/// What a query makes itself and then walks through.
const OWN: [&str; 4] = ["page", "old", "h", "held"];

/// Queries over all firms, of those who look after the whole database.
const OF_ALL_FIRMS: [&str; 6] = [
    "from sqlite_master",
    "from schema_migrations",
    "select id from firms",
    "where firm_id not in (select id from firms)",
    "indexed by deliveries_due",
    "indexed by retainers_ending",
];

#[tokio::test]
async fn every_query_goes_through_a_key_that_leads_with_its_firm() {
    let fixture = Both::with(full_batch()).await;
    ask(fixture.reader()).await;
    let mut asked = ASKED.lock().unwrap().clone();
    asked.retain(|sql| !OF_ALL_FIRMS.iter().any(|part| sql.contains(part)));
    for sql in &asked {
        assert!(sql.contains("firm_id = ?1") || sql.contains("f.id = ?1"), "no firm: {sql}");
        for step in plan(&file(&fixture), sql) {
            if let Some(walked) = step.strip_prefix("SCAN ") {
                let is_own = OWN.contains(&walked) || walked.starts_with('(');
                assert!(is_own, "reads all of {walked}: {sql}");
            }
            if step.starts_with("SEARCH ") {
                let by_firm = step.contains("(firm_id=?") || step.contains("SEARCH f ");
                assert!(by_firm, "{step}: {sql}");
            }
        }
    }
    assert!(asked.len() > 150, "only {} queries were asked", asked.len());
}

/// Without statistics, the database would rather save itself a sort than a walk through the whole firm.
#[tokio::test]
async fn a_page_of_a_filtered_list_is_found_by_its_filter() {
    let fixture = Both::with(full_batch()).await;
    ask(fixture.reader()).await;
    let asked = ASKED.lock().unwrap().clone();
    let first_step = |part: &str| {
        // Other tests ask, too: for what comes after a cursor.
        let is_first = |sql: &&String| sql.contains("as value") && !sql.contains(".id) ");
        let mut found = asked.iter().filter(is_first).filter(|sql| sql.contains(part));
        let sql = found.next().unwrap_or_else(|| panic!("nobody asked for {part}"));
        plan(&file(&fixture), sql).swap_remove(1)
    };
    for (asked_for, found_by) in [
        ("i.client_id = ?2 order", "COVERING INDEX invoices_client (firm_id=? AND client_id=?)"),
        ("i.status = ?2 order", "COVERING INDEX invoices_status (firm_id=? AND status=?)"),
        (
            "i.due > 0 and i.due_day < ?2 order",
            "COVERING INDEX invoices_overdue (firm_id=? AND due_day<?)",
        ),
        (
            "i.client_id = ?2 and i.due > 0 order",
            "COVERING INDEX invoices_open (firm_id=? AND client_id=?)",
        ),
        ("i.number desc", "INDEX sqlite_autoindex_invoices_2 (firm_id=?)"),
        ("i.total desc", "COVERING INDEX invoices_issued (firm_id=?)"),
        ("p.status = ?2 order", "COVERING INDEX payments_status (firm_id=? AND status=?)"),
        ("indexed by payments_invoice", "INDEX sqlite_autoindex_payments_1 (firm_id=? AND id=?)"),
        ("p.reconciled_at is null", "INDEX payments_unreconciled (firm_id=?)"),
        ("p.day >= ?2", "INDEX payments_day (firm_id=? AND day>? AND day<?)"),
        ("t.client_id = (", "INDEX transactions_client (firm_id=? AND client_id=?)"),
        ("w.case_id = ?2", "INDEX time_entries_case (firm_id=? AND case_id=?)"),
        ("a.acknowledged_at is null", "INDEX alerts_open (firm_id=?)"),
        ("b.owner_id = ?2", "INDEX jobs_owner (firm_id=? AND owner_id=?)"),
    ] {
        let step = first_step(asked_for);
        assert!(step.ends_with(&format!("USING {found_by}")), "{asked_for}: {step}");
    }
}
