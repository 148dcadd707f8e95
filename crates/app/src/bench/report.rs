//! The table and the JSON.

use super::load::Sample;

/// Everything measured, in the order it was measured.
#[derive(Default)]
pub(super) struct Report {
    loads: Vec<LoadRow>,
    notes: Vec<Note>,
}

struct LoadRow {
    name: String,
    connections: usize,
    sample: Sample,
    of_first: f64,
}

struct Note {
    name: String,
    figure: f64,
    reach: String,
}

impl Report {
    /// A load, beside the first of its group.
    pub fn http(&mut self, name: &str, connections: usize, sample: &Sample, first_per_second: f64) {
        let of_first = sample.per_second / first_per_second;
        self.loads.push(LoadRow {
            name: name.to_owned(),
            connections,
            sample: sample.clone(),
            of_first,
        });
    }

    /// A single figure, and what it should reach.
    pub fn note(&mut self, name: &str, figure: f64, reach: &str) {
        self.notes.push(Note { name: name.to_owned(), figure, reach: reach.to_owned() });
    }

    #[expect(clippy::print_stdout, reason = "the table is what this command is for")]
    pub fn print(&self) {
        println!(
            "{:<28} {:>5} {:>10} {:>9} {:>9} {:>9}",
            "load", "conn", "req/s", "of first", "p50 ms", "p99 ms"
        );
        for row in &self.loads {
            println!(
                "{:<28} {:>5} {:>10.0} {:>9.2} {:>9.2} {:>9.2}",
                row.name,
                row.connections,
                row.sample.per_second,
                row.of_first,
                row.sample.p50_micros as f64 / 1000.0,
                row.sample.p99_micros as f64 / 1000.0,
            );
        }
        println!();
        for note in &self.notes {
            println!("{:<44} {:>12.2}   {}", note.name, note.figure, note.reach);
        }
    }

    #[expect(clippy::print_stdout, reason = "the figures are what this command is for")]
    pub fn print_json(&self) {
        println!("\n{}", self.to_json());
    }

    /// The same as JSON.
    pub fn to_json(&self) -> String {
        let loads = self.loads.iter().map(|row| {
            serde_json::json!({
                "load": row.name,
                "connections": row.connections,
                "perSecond": row.sample.per_second,
                "ofFirst": row.of_first,
                "p50Micros": row.sample.p50_micros,
                "p99Micros": row.sample.p99_micros,
            })
        });
        let notes = self.notes.iter().map(|note| {
            serde_json::json!({ "figure": note.name, "value": note.figure, "reach": note.reach })
        });
        let loads: Vec<_> = loads.collect();
        let notes: Vec<_> = notes.collect();
        serde_json::json!({ "loads": loads, "figures": notes }).to_string()
    }
}
