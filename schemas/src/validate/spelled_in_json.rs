//! Documents in JSON: mapped to XML, judged as such, and told where in the JSON they are wrong.
//!
//! Owns the places of violations in JSON. The verdict is that of the XML; only what is no JSON, or cannot be mapped,
//! is decided here.

use super::engine::Finding;
use super::places::position;
use super::verdict::{Placed, schema_violation, verdict_with};
use super::{Limits, ValidateError, Verdict};
use crate::json::grammar::XML;
use crate::json::value::{Node, escaped};
use crate::json::{Mapped, Mapping, NotMapped, NotRead, read};
use crate::wire::{Rejection, RejectionCode, Violation};

/// Rule that a text breaks which is no JSON that every reader reads alike (I-JSON).
const RULE: &str = "RFC 7493";

/// The verdict on a document in JSON; `judge` reads its XML.
pub(super) fn verdict(
    mapping: &Mapping,
    document: &[u8],
    limits: &Limits,
    judge: impl FnOnce(&[u8]) -> Finding,
) -> Verdict {
    let root = read(document, limits).map_err(|error| not_read(document, error))?;
    let places = Places { document, root: &root };
    let mapped = mapping.map(&root, limits).map_err(|error| not_mapped(&places, error))?;
    let xml = mapped.xml.as_bytes();
    verdict_with(xml, judge(xml), |violations| places.tell(&mapped, violations))
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
