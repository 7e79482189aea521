//! What the operator is told about a broken pack.

use std::path::PathBuf;
use thiserror::Error;

/// Why the packs cannot be used. The operator must act; nothing was taken over.
#[derive(Debug, Error)]
#[error("{}: {reason}; {remedy}", place(file, *line))]
pub struct AreaError {
    /// The file or folder at fault.
    pub file: PathBuf,
    /// The line in it, from 1, where one can be named.
    pub line: Option<u32>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl AreaError {
    pub(crate) fn new(file: impl Into<PathBuf>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, reason: reason.into(), remedy: remedy.into() }
    }

    pub(crate) fn at_line(self, line: Option<u32>) -> Self {
        Self { line, ..self }
    }
}

fn place(file: &std::path::Path, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    }
}
