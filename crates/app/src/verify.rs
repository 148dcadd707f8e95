//! `amanah verify`: recomputes balances, ledger, numbers and the audit chain from the journal, and
//! compares them with what is stored. It reads one snapshot, beside a running server or without one.

use domain::{
    Id,
    invariant::{Checker, Verdict},
    rows::Firm,
};
use store::Reader;

/// What was found in one database.
#[derive(Debug, Default)]
pub struct Findings {
    /// Firms looked at.
    pub firms: usize,
    /// One verdict per invariant, over all firms.
    pub verdicts: Vec<Verdict>,
    /// What the database says of itself.
    pub complaints: Vec<String>,
}

impl Findings {
    /// Nothing was found.
    pub fn is_clean(&self) -> bool {
        self.complaints.is_empty() && self.verdicts.iter().all(|verdict| verdict.broken == 0)
    }
}

/// Checks these firms. It reads everything they have; call it where blocking is fine.
///
/// # Errors
/// The database can't be read.
pub fn verify(reader: &Reader, firms: Vec<Id<Firm>>) -> Result<Findings, store::ReadError> {
    let mut findings = Findings { complaints: reader.integrity()?, ..Findings::default() };
    for firm in firms {
        let mut checker = Checker::default();
        reader.rows(firm, &mut |row| checker.see(row))?;
        findings.firms += 1;
        for verdict in checker.finish() {
            let same = findings.verdicts.iter_mut().find(|known| known.id == verdict.id);
            match same {
                Some(known) => known.merge(verdict),
                None => findings.verdicts.push(verdict),
            }
        }
    }
    Ok(findings)
}

/// Verifies and prints; `false` when a discrepancy was found.
///
/// # Errors
/// The database can't be read.
#[expect(clippy::print_stdout, reason = "the verdicts are what this command is for")]
pub fn run(reader: &Reader) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let findings = verify(reader, runtime.block_on(reader.firms())?)?;
    println!("{} firms", findings.firms);
    for verdict in &findings.verdicts {
        let mark = if verdict.broken == 0 { "ok    " } else { "BROKEN" };
        println!(
            "{mark} {:<4} {:>10} checked  {:>6} broken  {}",
            verdict.id, verdict.checked, verdict.broken, verdict.rule
        );
        for example in &verdict.examples {
            println!("            {example}");
        }
    }
    for complaint in &findings.complaints {
        println!("BROKEN database: {complaint}");
    }
    println!("{}", if findings.is_clean() { "clean" } else { "DISCREPANCIES FOUND" });
    Ok(findings.is_clean())
}
