//! Validation against anybody's schema, for integrators: any XSD, any JSON Schema. Never touches the network.
//!
//! Owns the four words of the verdict. Knows no area and no rejection code.

mod beside;
mod catalog;
mod decode;
mod json;
mod xsd;

use crate::wire::Violation;
pub(crate) use decode::decode;
pub use json::ForeignJson;
use serde::Serialize;
use std::{fmt, path::PathBuf};
use thiserror::Error;
pub use xsd::ForeignXsd;

/// The verdict on one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The schema accepts it.
    Valid,
    /// It breaks the schema.
    Invalid,
    /// It is no well-formed XML or JSON.
    Malformed,
    /// It holds a document type declaration, or exceeds a limit.
    Forbidden,
}

impl Outcome {
    /// The word that `gateway validate` prints.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Malformed => "malformed",
            Self::Forbidden => "forbidden",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The verdict.
    pub outcome: Outcome,
    /// Every violation, in document order, up to the limit; empty for a valid document.
    pub violations: Vec<Violation>,
    /// How many there are in all.
    pub total: usize,
}

impl Report {
    fn valid() -> Self {
        Self { outcome: Outcome::Valid, violations: Vec::new(), total: 0 }
    }

    fn single(outcome: Outcome, violation: Violation) -> Self {
        Self { outcome, violations: vec![violation], total: 1 }
    }
}

/// The schema itself cannot be used.
#[derive(Debug, Error)]
#[error("{}{}: {reason}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct SchemaError {
    /// The schema file.
    pub file: PathBuf,
    /// The line in it, from 1, where one can be named.
    pub line: Option<u32>,
    /// What is wrong with it.
    pub reason: String,
}

#[cfg(test)]
mod tests;
