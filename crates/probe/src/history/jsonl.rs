//! JSON Lines, in and out. A history that can't be read is an error that names the line.

use super::{FORMAT, Header, History, Op};

/// Why a text is no history.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Nothing in it.
    #[error("the history is empty; its first line has to be the header")]
    Empty,
    /// A line that is no header or no operation.
    #[error("line {line}: {error}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What serde says.
        error: serde_json::Error,
    },
    /// Another version of the format.
    #[error("the history has format {0}; this program reads {FORMAT}")]
    Format(u32),
    /// An interval that ends before it begins.
    #[error("line {0}: the answer came before the question")]
    Backwards(usize),
}

impl History {
    /// Reads what [`History::to_jsonl`] wrote.
    ///
    /// # Errors
    /// What is wrong, and in which line.
    pub fn from_jsonl(text: &str) -> Result<Self, FormatError> {
        let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty());
        let (line, first) = lines.next().ok_or(FormatError::Empty)?;
        let header: Header =
            serde_json::from_str(first).map_err(|error| FormatError::Line { line, error })?;
        if header.format != FORMAT {
            return Err(FormatError::Format(header.format));
        }
        let mut ops = Vec::new();
        for (line, text) in lines {
            let op: Op =
                serde_json::from_str(text).map_err(|error| FormatError::Line { line, error })?;
            if op.ret_ns.is_some_and(|ret| ret < op.call_ns) {
                return Err(FormatError::Backwards(line));
            }
            ops.push(op);
        }
        Ok(Self { header, ops })
    }

    /// One line for the header, one for each operation.
    pub fn to_jsonl(&self) -> String {
        let header = serde_json::to_string(&self.header).unwrap_or_default();
        let ops = self.ops.iter().map(|op| serde_json::to_string(op).unwrap_or_default());
        std::iter::once(header).chain(ops).flat_map(|line| [line, "\n".to_owned()]).collect()
    }
}
