//! What a run came to, for people and for machines. **Skipped and inconclusive are as loud as failures.**

mod curl;
mod html;
mod junit;
mod machine;
mod timeline;

use std::{fs, io, path::Path};

use serde::Serialize;

use crate::{
    attack::{Cell, Result},
    scenario,
};

pub use curl::script;
pub use machine::Machine;
pub use timeline::timeline;

/// A run, whole.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of this program.
    pub version: &'static str,
    /// The adapter's name for the server.
    pub server: String,
    /// Where it was.
    pub targets: Vec<String>,
    /// What every choice followed from.
    pub seed: u64,
    /// Requests at once.
    pub n: usize,
    /// On what.
    pub machine: Machine,
    /// What was attacked, where its owner said so.
    pub commit: Option<String>,
    /// SHA-256 of the adapter's text, in hex.
    pub adapter_sha256: String,
    /// How the run was asked for; the reproduce lines begin with it.
    pub command: String,
    /// Scenarios times deliveries.
    pub cells: Vec<Cell>,
}

impl Report {
    /// A line for each cell, the loudest part first.
    pub fn lines(&self) -> Vec<String> {
        let mut cells: Vec<&Cell> = self.cells.iter().collect();
        cells.sort_by_key(|cell| std::cmp::Reverse(cell.result));
        cells.into_iter().map(line).collect()
    }

    /// One sentence for the whole.
    pub fn summary(&self) -> String {
        let count = |result| self.cells.iter().filter(|cell| cell.result == result).count();
        let raced: u32 = self.cells.iter().map(|cell| cell.raced).sum();
        format!(
            "{}: {} violations, {} clean, {} inconclusive, {} skipped, {} errors in {raced} raced rounds",
            self.server,
            count(Result::Violation),
            count(Result::Clean),
            count(Result::Inconclusive),
            count(Result::Skipped),
            count(Result::Error),
        )
    }

    /// How a cell's violation is seen again.
    pub fn reproduce(&self, cell: &Cell) -> String {
        let round = cell.evidence.as_ref().map_or(0, |history| history.header.round);
        format!(
            "{} --scenario {} --delivery {} --seed {} --n {} --rounds {}",
            self.command,
            cell.scenario,
            cell.delivery,
            self.seed,
            self.n,
            round + 1
        )
    }

    /// Writes report.json, report.html, junit.xml and the histories of violations.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let json = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        fs::write(folder.join("report.json"), json)?;
        fs::write(folder.join("report.html"), html::page(self))?;
        fs::write(folder.join("junit.xml"), junit::xml(self)?)?;
        for cell in &self.cells {
            if let Some(history) = &cell.evidence {
                let name = format!("{}-{}.jsonl", cell.scenario, cell.delivery);
                fs::write(folder.join(name), history.to_jsonl())?;
            }
        }
        Ok(())
    }
}

/// The most telling sentence of a cell.
pub fn headline(cell: &Cell) -> String {
    // Money before order: the first of J1 to J4 that spoke, else whoever did.
    let first = cell.findings.iter().min_by_key(|finding| {
        let number: u32 = finding.judge[1..].parse().unwrap_or(99);
        (finding.weight, number)
    });
    first.map_or_else(|| cell.why.clone(), |finding| finding.text.clone())
}

fn line(cell: &Cell) -> String {
    let title = scenario::by_id(cell.scenario).map_or("", |scenario| scenario.title);
    let head = format!("{} {:<13}", cell.scenario, cell.delivery);
    let power = format!("twin caught in {}/{}", cell.twin_caught, cell.twin_raced);
    match cell.result {
        Result::Violation => format!(
            "VIOLATION    {head} {} ({}/{} rounds; {power})",
            headline(cell),
            cell.violated,
            cell.raced
        ),
        Result::Clean => format!(
            "clean        {head} {title}: {} raced rounds, < {:.2} % go wrong (95 %); {power}; spread \
             {}/{} µs{}",
            cell.raced,
            cell.bound.unwrap_or(1.0) * 100.0,
            cell.spread_us_p50,
            cell.spread_us_p95,
            if cell.why.is_empty() { String::new() } else { format!("; {}", cell.why) }
        ),
        Result::Skipped => format!("SKIPPED      {head} {title}: {}", cell.why),
        Result::Inconclusive => format!("INCONCLUSIVE {head} {title}: {}; {power}", headline(cell)),
        Result::Error => format!("ERROR        {head} {title}: {}", cell.why),
    }
}
