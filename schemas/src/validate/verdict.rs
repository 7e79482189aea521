//! From what an engine found to a verdict: the codes of the contract for the hub, violations with their places for
//! everybody.

use super::engine::{At, Breach, Finding, Infringement, Stop};
use super::places::{Place, places, position};
use super::{Checked, ValidateError, Verdict};
use crate::wire::{Rejection, RejectionCode, Violation};

/// Longest text that is taken for a date, in bytes: with time and time zone.
const DATE_BYTES: usize = 40;

/// The hub's verdict.
pub(super) fn verdict(document: &[u8], finding: Finding) -> Verdict {
    verdict_with(document, finding, plainly)
}

/// Violations as they were found.
pub(super) fn plainly(violations: Vec<Placed>) -> Vec<Violation> {
    violations.into_iter().map(|placed| placed.violation).collect()
}

/// A violation with the byte of the element it was found at, and the attribute at fault.
pub(super) struct Placed {
    pub violation: Violation,
    pub offset: Option<usize>,
    pub attribute: Option<String>,
}

/// The hub's verdict, with violations as `tell` tells them.
pub(super) fn verdict_with(
    document: &[u8],
    finding: Finding,
    tell: impl FnOnce(Vec<Placed>) -> Vec<Violation>,
) -> Verdict {
    let Some(stop) = finding.stop else {
        return match finding.total {
            0 if finding.infringements.is_empty() => Ok(Checked { answer_due: finding.wanted, ..Checked::default() }),
            0 => Err(ValidateError::Rejected(rule_violation(tell(infringed(document, finding.infringements))))),
            total => Err(ValidateError::Rejected(schema_violation(tell(placed(document, finding.breaches)), total))),
        };
    };
    Err(stopped(document, stop, tell))
}

/// What is known of a document that a foreign schema accepts. Such a schema may let anything stand where the date is
/// looked for; what is none is passed over.
pub(super) fn dated(checked: Checked) -> Checked {
    Checked { answer_due: checked.answer_due.filter(|text| begins_with_date(text)), ..checked }
}

/// Whether a text begins like an `xs:date` or a `date-time` of RFC 3339, and ends soon after.
fn begins_with_date(text: &str) -> bool {
    let digits = [0, 1, 2, 3, 5, 6, 8, 9];
    let bytes = text.as_bytes();
    let is_date =
        |date: &[u8]| digits.iter().all(|at| date[*at].is_ascii_digit()) && (date[4], date[7]) == (b'-', b'-');
    text.len() <= DATE_BYTES && bytes.get(..10).is_some_and(is_date)
}

/// The error for a document that was not read to its end.
pub(super) fn stopped(document: &[u8], stop: Stop, tell: impl FnOnce(Vec<Placed>) -> Vec<Violation>) -> ValidateError {
    let (code, message) = match &stop {
        Stop::NotWellFormed { message, .. } => (RejectionCode::MalformedDocument, message),
        Stop::TooLarge { message, .. } => (RejectionCode::DocumentTooLarge, message),
        Stop::Forbidden { message, .. } => (RejectionCode::ForbiddenConstruct, message),
        Stop::Failed(reason) => return ValidateError::Failed(reason.clone()),
    };
    let reason = message.clone();
    let violations = tell(stop_violation(document, stop).into_iter().collect());
    ValidateError::Rejected(Rejection { code, reason, violations })
}

/// The rejection of a document that breaks its schema in `total` places, of which some are listed.
pub(super) fn schema_violation(violations: Vec<Violation>, total: usize) -> Rejection {
    let reason = match (violations.len(), total) {
        (_, 1) => "the document breaks its schema in 1 place".to_owned(),
        (listed, total) if listed == total => format!("the document breaks its schema in {total} places"),
        (listed, total) => format!("the document breaks its schema in {total} places; the first {listed} are listed"),
    };
    Rejection { code: RejectionCode::SchemaViolation, reason, violations }
}

fn rule_violation(violations: Vec<Violation>) -> Rejection {
    let reason = match violations.len() {
        1 => "the document keeps its schema and breaks 1 rule of the area".to_owned(),
        several => format!("the document keeps its schema and breaks rules of the area in {several} places"),
    };
    Rejection { code: RejectionCode::RuleViolation, reason, violations }
}

fn infringed(document: &[u8], infringements: Vec<Infringement>) -> Vec<Placed> {
    let at: Vec<&At> = infringements.iter().map(|infringement| &infringement.at).collect();
    let found = places(document, &at);
    let found = sorted(infringements, found).into_iter();
    found.map(|(Infringement { rule, message, .. }, place)| violation(rule, message, None, place)).collect()
}

/// What ended the reading, as a violation with its place; nothing where the engine is to blame.
pub(super) fn stop_violation(document: &[u8], stop: Stop) -> Option<Placed> {
    let (rule, message, offset) = match stop {
        Stop::NotWellFormed { rule, message, offset } => (rule, message, offset),
        Stop::TooLarge { message, offset } => ("limit", message, offset),
        Stop::Forbidden { message, offset } => ("forbidden-construct", message, offset),
        Stop::Failed(_) => return None,
    };
    let position = position(document, offset);
    let (line, column) = (Some(position.line), Some(position.column));
    let violation = Violation { rule: rule.to_owned(), message, xpath: None, pointer: None, line, column };
    Some(Placed { violation, offset: Some(offset), attribute: None })
}

/// The breaches with their places, in document order.
pub(super) fn violations(document: &[u8], breaches: Vec<Breach>) -> Vec<Violation> {
    placed(document, breaches).into_iter().map(|placed| placed.violation).collect()
}

fn placed(document: &[u8], breaches: Vec<Breach>) -> Vec<Placed> {
    let found = places(document, &breaches.iter().map(|breach| &breach.at).collect::<Vec<_>>());
    let placed = sorted(breaches, found).into_iter();
    placed.map(|(breach, place)| violation(breach.rule.into_owned(), breach.message, breach.attribute, place)).collect()
}

/// What was found with its places, in document order. What could not be found again goes last; the sort is stable.
fn sorted<T>(found: Vec<T>, places: Vec<Option<Place>>) -> Vec<(T, Option<Place>)> {
    let mut placed: Vec<_> = found.into_iter().zip(places).collect();
    placed.sort_by_key(|(_, place)| place.as_ref().map_or(usize::MAX, |place| place.offset));
    placed
}

fn violation(rule: String, message: String, attribute: Option<String>, place: Option<Place>) -> Placed {
    let xpath = place.as_ref().map(|place| match &attribute {
        Some(step) => format!("{}/{step}", place.xpath),
        None => place.xpath.clone(),
    });
    let line = place.as_ref().map(|place| place.position.line);
    let column = place.as_ref().map(|place| place.position.column);
    let violation = Violation { rule, message, xpath, pointer: None, line, column };
    Placed { violation, offset: place.map(|place| place.offset), attribute }
}
