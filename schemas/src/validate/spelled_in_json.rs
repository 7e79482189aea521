//! Documents in JSON: mapped to XML, judged as such, and told where in the JSON they are wrong; or judged as JSON, where
//! the area knows no XML.
//!
//! Owns the places of violations in JSON. The verdict is that of the XML or of the JSON Schema; only what is no JSON, or
//! cannot be mapped, is decided here.

use super::engine::{At, Finding};
use super::json_schema::RULE;
use super::places::position;
use super::verdict::{Placed, plainly, schema_violation, stopped, verdict_with};
use super::{Checked, Limits, ValidateError, Verdict};
use crate::json::grammar::XML;
use crate::json::parse::{Bounds, parse};
use crate::json::value::{Node, escaped};
use crate::json::{Mapped, Mapping, NotMapped, NotRead, read};
use crate::wire::{Rejection, RejectionCode, Violation};
use std::collections::BTreeMap;

/// For a document that was read within its limits before.
const UNBOUNDED: Bounds = Bounds { depth: usize::MAX, nodes: usize::MAX };

/// The verdict on a document in JSON; `judge` reads its XML.
pub(super) fn verdict(
    mapping: &Mapping,
    document: &[u8],
    limits: &Limits,
    judge: impl FnOnce(&[u8]) -> (Finding, BTreeMap<String, Vec<String>>),
) -> Verdict {
    let root = read(document, limits).map_err(|error| not_read(document, error))?;
    let places = Places { document, root: &root };
    let mapped = mapping.map(&root, limits).map_err(|error| not_mapped(&places, error))?;
    let xml = mapped.xml.as_bytes();
    let (finding, texts) = judge(xml);
    let checked = verdict_with(xml, finding, |violations| places.tell(&mapped, violations))?;
    Ok(Checked { texts, ..checked })
}

/// The verdict on a document that a JSON Schema judged.
pub(super) fn judged(document: &[u8], finding: Finding) -> Verdict {
    if let Some(stop) = finding.stop {
        return Err(stopped(document, stop, plainly));
    }
    if finding.total == 0 {
        return Ok(Checked { answer_due: finding.wanted, ..Checked::default() });
    }
    let root = parse(document, UNBOUNDED).map_err(|error| not_read(document, error))?;
    let places = Places { document, root: &root };
    let mut breaches = finding.breaches;
    breaches.sort_by_key(|breach| match breach.at {
        At::Offset(offset) => offset,
        At::Path(_) => usize::MAX,
    });
    let violations = breaches.into_iter().map(|breach| {
        let (rule, message) = (breach.rule.into_owned(), breach.message);
        let violation = Violation { rule, message, xpath: None, pointer: None, line: None, column: None };
        match breach.at {
            At::Offset(offset) => places.at(offset, None, violation),
            At::Path(_) => violation,
        }
    });
    Err(ValidateError::Rejected(schema_violation(violations.collect(), finding.total)))
}

fn rejected(
    code: RejectionCode,
    rule: &str,
    message: String,
    place: impl FnOnce(Violation) -> Violation,
) -> ValidateError {
    let (rule, reason) = (rule.to_owned(), message.clone());
    let violation = Violation { rule, message, xpath: None, pointer: None, line: None, column: None };
    ValidateError::Rejected(Rejection { code, reason, violations: vec![place(violation)] })
}

fn not_read(document: &[u8], error: NotRead) -> ValidateError {
    let (code, rule, message, offset) = match error {
        NotRead::Malformed { message, offset } => (RejectionCode::MalformedDocument, RULE, message, offset),
        NotRead::TooLarge { message, offset } => (RejectionCode::DocumentTooLarge, "limit", message, offset),
    };
    let at = position(document, offset);
    rejected(code, rule, message, |violation| Violation { line: Some(at.line), column: Some(at.column), ..violation })
}

fn not_mapped(places: &Places<'_>, error: NotMapped) -> ValidateError {
    match error {
        NotMapped::Malformed { message, offset } => {
            let place = |violation| places.at(offset, None, violation);
            rejected(RejectionCode::MalformedDocument, "XML 1.0 §2.2 [2] Char", message, place)
        }
        NotMapped::TooLarge { message, offset } => {
            let place = |violation| places.at(offset, None, violation);
            rejected(RejectionCode::DocumentTooLarge, "limit", message, place)
        }
        NotMapped::Faults(faults, total) => {
            let violations = faults.into_iter().map(|fault| {
                let (rule, message) = (fault.rule.to_owned(), fault.message);
                let violation = Violation { rule, message, xpath: None, pointer: None, line: None, column: None };
                places.at(fault.offset, None, violation)
            });
            ValidateError::Rejected(schema_violation(violations.collect(), total))
        }
    }
}

/// Where things stand in a document.
struct Places<'a> {
    document: &'a [u8],
    root: &'a Node<'a>,
}

impl Places<'_> {
    /// The violations with their places in the JSON, in its order.
    fn tell(&self, mapped: &Mapped, violations: Vec<Placed>) -> Vec<Violation> {
        let mut told: Vec<(usize, Violation)> = violations
            .into_iter()
            .map(|Placed { violation, offset, attribute }| {
                let violation = Violation { line: None, column: None, ..violation };
                match offset.and_then(|offset| mapped.origin(offset)) {
                    Some(origin) => (origin, self.at(origin, attribute.as_deref(), violation)),
                    None => (usize::MAX, violation),
                }
            })
            .collect();
        told.sort_by_key(|(origin, _)| *origin);
        told.into_iter().map(|(_, violation)| violation).collect()
    }

    /// A violation at the value that begins at a byte, or at an attribute of it.
    fn at(&self, offset: usize, attribute: Option<&str>, violation: Violation) -> Violation {
        let Some((mut pointer, node)) = self.root.find(offset) else { return violation };
        let mut offset = offset;
        let key = attribute.map(|step| step.replace(&format!("{{{XML}}}"), "xml:"));
        if let Some((key, node)) = key.and_then(|key| node.member(&key).map(|node| (key, node))) {
            pointer.push('/');
            pointer.push_str(&escaped(&key));
            offset = node.offset;
        }
        let at = position(self.document, offset);
        Violation { pointer: Some(pointer), line: Some(at.line), column: Some(at.column), ..violation }
    }
}
