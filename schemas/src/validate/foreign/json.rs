//! Any JSON Schema. It may refer to files beside and below it, never to the network.

use super::{Outcome, Report, SchemaError, beside::Beside};
use crate::json::NotRead;
use crate::json::parse::{Bounds, parse};
use crate::json::value::Node;
use crate::validate::Limits;
use crate::validate::places::position;
use crate::wire::Violation;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::{fs, path::Path};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// Deepest nesting: schema and document are walked by recursion.
const BOUNDS: Bounds = Bounds { depth: 128, nodes: usize::MAX };

/// Any JSON Schema, compiled.
pub struct ForeignJson {
    validator: Validator,
}

impl ForeignJson {
    /// Compiles a schema of any draft; formats are checked as the draft says. What it refers to is looked for in its own
    /// folder and below, by path or by `$id`.
    pub fn compile(file: &Path) -> Result<Self, SchemaError> {
        let wrong = |line, reason: String| SchemaError { file: file.to_path_buf(), line, reason };
        let bytes = fs::read(file).map_err(|error| wrong(None, format!("it cannot be read ({error})")))?;
        let (_, schema) = read(&bytes).map_err(|error| wrong(error.line, error.message))?;
        let (beside, address) = Beside::of(file);
        let validator = jsonschema::options()
            .with_base_uri(address)
            .with_retriever(beside)
            .build(&schema)
            .map_err(|error| wrong(None, format!("it is no schema that can be used: {error}")))?;
        Ok(Self { validator })
    }

    /// Checks one document.
    pub fn validate(&self, document: &[u8], limits: &Limits) -> Report {
        if document.len() > limits.body_bytes {
            let message = format!("The document has {} bytes; the limit is {}.", document.len(), limits.body_bytes);
            return Report::single(Outcome::Forbidden, violation("limit".to_owned(), message));
        }
        let (root, value) = match read(document) {
            Ok(read) => read,
            Err(violation) => return Report::single(Outcome::Malformed, violation),
        };
        let mut total = 0;
        let mut violations = Vec::new();
        for error in self.validator.iter_errors(&value) {
            total += 1;
            if violations.len() < limits.violations {
                violations.push(placed(document, &root, &error, limits.message_chars));
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

fn mark(document: &[u8]) -> usize {
    if document.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// The document with its places, and as the schema engine wants it. A byte order mark is passed over.
fn read(document: &[u8]) -> Result<(Node<'_>, Value), Violation> {
    let start = mark(document);
    let malformed = |message: String, offset: usize| {
        let at = position(document, start + offset);
        Violation { line: Some(at.line), column: Some(at.column), ..violation("RFC 7493".to_owned(), message) }
    };
    let root = parse(&document[start..], BOUNDS).map_err(|error| match error {
        NotRead::Malformed { message, offset } | NotRead::TooLarge { message, offset } => malformed(message, offset),
    })?;
    let value = root.to_value().map_err(|offset| malformed("this number is too large".to_owned(), offset))?;
    Ok((root, value))
}

/// A schema that another one refers to.
pub(super) fn value_of(schema: &[u8]) -> Result<Value, String> {
    read(schema).map(|(_, value)| value).map_err(|violation| violation.message)
}

fn placed(document: &[u8], root: &Node<'_>, error: &ValidationError<'_>, message_chars: usize) -> Violation {
    let pointer = error.instance_path().to_string();
    let place = root.at(&pointer).map(|node| position(document, mark(document) + node.offset));
    let message = error.to_string().chars().take(message_chars).collect();
    Violation {
        pointer: Some(pointer),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        ..violation(error.kind().keyword().to_owned(), message)
    }
}
