//! On what a run was made: which races can show themselves depends on it.

use std::fs;

use serde::Serialize;

/// The machine, without its name.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Like `linux x86_64`.
    pub system: String,
    /// Cores that the prober had.
    pub cores: usize,
    /// Where the system tells it.
    pub processor: Option<String>,
    /// Where the system tells it.
    pub memory_mib: Option<u64>,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let told = |file: &str, name: &str| -> Option<String> {
            let text = fs::read_to_string(file).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = told("/proc/meminfo", "MemTotal");
        let memory_kib = memory.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: told("/proc/cpuinfo", "model name"),
            memory_mib: memory_kib.map(|kib| kib / 1024),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} cores", self.system, self.cores)?;
        if let Some(processor) = &self.processor {
            write!(f, ", {processor}")?;
        }
        self.memory_mib.map_or(Ok(()), |mib| write!(f, ", {mib} MiB"))
    }
}
