//! What is wrong with files, each with its place and what to do.

use serde::Serialize;
use std::{fmt, path::PathBuf};

/// Most faults that are kept; of the others only the number.
pub const MOST_FAULTS: usize = 100;

/// Something that keeps files from being a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFault {
    /// The file; `None` where the fault is of the directory as it would be, and no record of the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Row of the table (CSV); the header is row 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Character in the line, from 1 (TOML, JSON).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The record, e.g. `authority PL-CEIDG`, and the field where there is one: `areas[0].roles`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl FileFault {
    /// A fault that has no place yet.
    pub(super) fn new(of: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (of, reason, remedy) = (of.into(), reason.into(), remedy.into());
        Self { file: None, row: None, line: None, column: None, of, reason, remedy }
    }

    /// File, row or line, and record: all but what is wrong.
    pub fn place(&self) -> String {
        let mut place = self.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        match (self.row, self.line, self.column) {
            (Some(row), Some(line), _) => place += &format!(": row {row} (line {line})"),
            (None, Some(line), Some(column)) => place += &format!(":{line}:{column}"),
            (Some(number), None, _) | (None, Some(number), None) => place += &format!(":{number}"),
            (None, None, _) => {}
        }
        if !place.is_empty() && !self.of.is_empty() {
            place += ": ";
        }
        place + &self.of
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.place(), self.reason, self.remedy)
    }
}

/// Every fault of some files: the first hundred, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// The first of them, at most [`MOST_FAULTS`].
    #[serde(rename = "errors")]
    pub first: Vec<FileFault>,
    /// How many there are.
    pub total: usize,
}

impl Faults {
    /// Adds one.
    pub(super) fn push(&mut self, fault: FileFault) {
        self.total += 1;
        if self.first.len() < MOST_FAULTS {
            self.first.push(fault);
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.first {
            writeln!(formatter, "{fault}")?;
        }
        match self.total {
            1 => write!(formatter, "1 error; nothing was changed"),
            total if total > self.first.len() => {
                write!(formatter, "{total} errors, of which the first {}; nothing was changed", self.first.len())
            }
            total => write!(formatter, "{total} errors; nothing was changed"),
        }
    }
}
