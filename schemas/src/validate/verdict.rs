//! From what an engine found to a verdict: the codes of the contract for the hub, violations with their places for
//! everybody.

use super::engine::{Breach, Finding, Stop};
use super::places::{places, position};
use super::{Checked, ValidateError, Verdict};
use crate::wire::{Rejection, RejectionCode, Violation};

/// The hub's verdict.
pub(super) fn verdict(document: &[u8], finding: Finding) -> Verdict {
    let Some(stop) = finding.stop else {
        return match finding.total {
            0 => Ok(Checked { answer_due: finding.wanted }),
            total => Err(ValidateError::Rejected(schema_violation(document, finding.breaches, total))),
        };
    };
    let (code, message) = match &stop {
        Stop::NotWellFormed { message, .. } => (RejectionCode::MalformedDocument, message),
        Stop::TooLarge { message, .. } => (RejectionCode::DocumentTooLarge, message),
        Stop::Forbidden { message, .. } => (RejectionCode::ForbiddenConstruct, message),
        Stop::Failed(reason) => return Err(ValidateError::Failed(reason.clone())),
    };
    let reason = message.clone();
    let violations = stop_violation(document, stop).into_iter().collect();
    Err(ValidateError::Rejected(Rejection { code, reason, violations }))
}

fn schema_violation(document: &[u8], breaches: Vec<Breach>, total: usize) -> Rejection {
    let violations = violations(document, breaches);
    let reason = match (violations.len(), total) {
        (_, 1) => "the document breaks its schema in 1 place".to_owned(),
        (listed, total) if listed == total => format!("the document breaks its schema in {total} places"),
        (listed, total) => format!("the document breaks its schema in {total} places; the first {listed} are listed"),
    };
    Rejection { code: RejectionCode::SchemaViolation, reason, violations }
}

/// What ended the reading, as a violation with its place; nothing where the engine is to blame.
pub(super) fn stop_violation(document: &[u8], stop: Stop) -> Option<Violation> {
    let (rule, message, offset) = match stop {
        Stop::NotWellFormed { rule, message, offset } => (rule, message, offset),
        Stop::TooLarge { message, offset } => ("limit", message, offset),
        Stop::Forbidden { message, offset } => ("forbidden-construct", message, offset),
        Stop::Failed(_) => return None,
    };
    let position = position(document, offset);
    let (line, column) = (Some(position.line), Some(position.column));
    Some(Violation { rule: rule.to_owned(), message, xpath: None, pointer: None, line, column })
}

/// The breaches with their places, in document order.
pub(super) fn violations(document: &[u8], breaches: Vec<Breach>) -> Vec<Violation> {
    let found = places(document, &breaches.iter().map(|breach| &breach.at).collect::<Vec<_>>());
    let mut placed: Vec<_> = breaches.into_iter().zip(found).collect();
    // An element that could not be found again goes last; the sort is stable.
    placed.sort_by_key(|(_, place)| place.as_ref().map_or(usize::MAX, |place| place.offset));
    placed
        .into_iter()
        .map(|(breach, place)| {
            let xpath = place.as_ref().map(|place| match &breach.attribute {
                Some(step) => format!("{}/{step}", place.xpath),
                None => place.xpath.clone(),
            });
            let line = place.as_ref().map(|place| place.position.line);
            let column = place.as_ref().map(|place| place.position.column);
            let (rule, message) = (breach.rule.to_owned(), breach.message);
            Violation { rule, message, xpath, pointer: None, line, column }
        })
        .collect()
}
