//! Any JSON Schema. References to other files and to the network are refused by the way the engine is built.

use super::strict_json::{self, NotJson};
use super::{Outcome, Report, SchemaError};
use crate::validate::Limits;
use crate::validate::places::position;
use crate::wire::Violation;
use jsonschema::{ValidationError, Validator};
use std::{fs, path::Path};

/// Any JSON Schema, compiled. Remote and file references are refused.
pub struct ForeignJson {
    validator: Validator,
}

impl ForeignJson {
    /// Compiles a schema of any draft; formats are checked as the draft says.
    pub fn compile(file: &Path) -> Result<Self, SchemaError> {
        let wrong = |line, reason: String| SchemaError { file: file.to_path_buf(), line, reason };
        let bytes = fs::read(file).map_err(|error| wrong(None, format!("it cannot be read ({error})")))?;
        let schema = strict_json::parse(&bytes).map_err(|error| wrong(Some(error.line), error.message))?;
        let validator = jsonschema::validator_for(&schema)
            .map_err(|error| wrong(None, format!("it is no schema that can be used: {error}")))?;
        Ok(Self { validator })
    }

    /// Checks one document.
    pub fn validate(&self, document: &[u8], limits: &Limits) -> Report {
        if document.len() > limits.body_bytes {
            let message = format!("The document has {} bytes; the limit is {}.", document.len(), limits.body_bytes);
            return Report::single(Outcome::Forbidden, violation("limit".to_owned(), message));
        }
        let value = match strict_json::parse(document) {
            Ok(value) => value,
            Err(error) => return malformed(error),
        };
        let mut total = 0;
        let mut violations = Vec::new();
        for error in self.validator.iter_errors(&value) {
            total += 1;
            if violations.len() < limits.violations {
                violations.push(placed(document, &error, limits.message_chars));
            }
        }
        if total == 0 {
            return Report::valid();
        }
        violations.sort_by_key(|violation| (violation.line, violation.column));
        Report { outcome: Outcome::Invalid, violations, total }
    }
}

fn violation(rule: String, message: String) -> Violation {
    Violation { rule, message, xpath: None, pointer: None, line: None, column: None }
}

fn malformed(error: NotJson) -> Report {
    let (line, column) = (Some(error.line), Some(error.column));
    let violation = Violation { line, column, ..violation("RFC 7493".to_owned(), error.message) };
    Report::single(Outcome::Malformed, violation)
}

fn placed(document: &[u8], error: &ValidationError<'_>, message_chars: usize) -> Violation {
    let pointer = error.instance_path().to_string();
    let place = strict_json::offset(document, &pointer).map(|offset| position(document, offset));
    let message = error.to_string().chars().take(message_chars).collect();
    Violation {
        pointer: Some(pointer),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        ..violation(error.kind().keyword().to_owned(), message)
    }
}
