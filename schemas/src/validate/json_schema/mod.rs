//! The engine for JSON Schema: `jsonschema` behind our trait, for versions whose documents are spelled in JSON only.
//!
//! Owns the reading of such documents. They keep the limits of XML: bytes, depth, and values as nodes. `set` makes one
//! set of schemas of a version's files, `declared` looks up in them what people read.

mod declared;
mod set;

use super::engine::{At, Breach, Engine, Finding, Session, Stop, Task};
use super::{Limits, gate};
use crate::area::AreaVersion;
use crate::json::NotRead;
use crate::json::parse::{Bounds, parse};
use crate::json::value::{Node, Value};
use crate::wire::MessageName;
pub(crate) use declared::declared;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
pub(crate) use set::{holds, proof_of_json};
use std::collections::BTreeMap;

/// Rule that a text breaks which is no JSON that every reader reads alike (I-JSON).
pub(super) const RULE: &str = "RFC 7493";

/// The engine, with the limits that its sessions keep.
#[derive(Debug, Clone)]
pub(crate) struct JsonEngine {
    limits: Limits,
}

impl JsonEngine {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

/// The schemas of a version's messages, compiled.
pub(crate) struct JsonLaw(BTreeMap<MessageName, Validator>);

impl Engine for JsonEngine {
    type Schema = JsonLaw;
    type Session<'schema> = JsonSession<'schema>;

    fn compile(&self, version: &AreaVersion) -> Result<JsonLaw, String> {
        set::compile(version).map(JsonLaw).map_err(|error| error.reason)
    }

    fn open<'schema>(&self, schema: &'schema JsonLaw) -> JsonSession<'schema> {
        JsonSession { law: schema, limits: self.limits.clone() }
    }
}

/// Reads documents with the schemas of a version.
pub(crate) struct JsonSession<'law> {
    law: &'law JsonLaw,
    limits: Limits,
}

impl Session for JsonSession<'_> {
    fn read(&mut self, document: &[u8], task: &Task<'_>) -> Finding {
        self.judge(document, task).unwrap_or_else(|stop| Finding { stop: Some(stop), ..Finding::default() })
    }

    fn is_outgrown(&self) -> bool {
        false
    }
}

impl JsonSession<'_> {
    fn judge(&self, document: &[u8], task: &Task<'_>) -> Result<Finding, Stop> {
        gate::size(document, self.limits.body_bytes)?;
        let validator = task.message.and_then(|message| self.law.0.get(message));
        let validator = validator.ok_or_else(|| Stop::Failed("the message has no schema".to_owned()))?;
        let bounds = Bounds { depth: self.limits.depth, nodes: self.limits.nodes };
        let root = parse(document, bounds).map_err(not_read)?;
        let value = root.to_value().map_err(|offset| {
            let message = "this number is beyond what JSON readers agree on".to_owned();
            Stop::NotWellFormed { rule: RULE, message, offset }
        })?;
        let mut finding = Finding { wanted: wanted(&root, task), ..Finding::default() };
        for error in validator.iter_errors(&value) {
            finding.total += 1;
            if finding.breaches.len() < self.limits.violations {
                finding.breaches.push(breach(&root, &error, self.limits.message_chars));
            }
        }
        Ok(finding)
    }
}

fn not_read(error: NotRead) -> Stop {
    match error {
        NotRead::Malformed { message, offset } => Stop::NotWellFormed { rule: RULE, message, offset },
        NotRead::TooLarge { message, offset } => Stop::TooLarge { message, offset },
    }
}

fn wanted(root: &Node<'_>, task: &Task<'_>) -> Option<String> {
    match &root.at(task.wanted?)?.value {
        Value::Text(text) => Some(text.clone().into_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Members(_) => None,
    }
}

fn breach(root: &Node<'_>, error: &ValidationError<'_>, message_chars: usize) -> Breach {
    let pointer = error.instance_path().to_string();
    let offset = root.at(&pointer).map_or(root.offset, |node| node.offset);
    let rule = error.kind().keyword().to_owned().into();
    Breach { rule, message: message(error, message_chars), at: At::Offset(offset), attribute: None }
}

/// What is wrong, in a sentence. It does not repeat the value, which may be the whole document.
fn message(error: &ValidationError<'_>, most_chars: usize) -> String {
    let undecided = matches!(
        error.kind(),
        ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. }
    );
    if undecided {
        return "Whether the value matches its pattern cannot be decided within the limits.".to_owned();
    }
    let sentence = format!("{}.", error.masked_with("The value"));
    sentence.chars().take(most_chars).collect()
}
