//! The registrar: what messages of the area `registers` do to the directory (domain, B1, B5).
//!
//! Pure. A message that was accepted as any other is (valid, permitted, legal in its exchange) is read here, and what it
//! changes is worked out or refused: registration by the national system, approval by the validating coordinator, areas
//! by the access coordinator, entries of the directory of registers by their owner.

mod answers;
mod authorities;
mod documents;
mod registers;

pub use answers::{Catalogue, answer, is_search};

use crate::directory::{Authority, CoordinatorKind, Directory, change::Record};
use schemas::wire::{AuthorityId, MessageName, ParticipantId, Rejection, RejectionCode};
use serde::de::DeserializeOwned;

/// The area whose messages the registrar understands.
pub const AREA: &str = "registers";

/// Why a message has no effect. The two must never be confused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// The sender may not do this, or it does not fit what is there.
    Refused(Rejection),
    /// The document cannot be read although it is valid: our fault.
    Failed(String),
}

impl From<Rejection> for Objection {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

/// Who sends a message, and to which directory.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The directory before it.
    pub directory: &'a Directory,
    /// The sending authority.
    pub sender: &'a Authority,
    /// The participant that it came from.
    pub participant: &'a ParticipantId,
}

/// The records that a message brings in; none where it changes nothing (searches and their answers).
///
/// `document` is its JSON spelling.
///
/// # Errors
/// `not-permitted`, `rule-violation`, `wrong-state`; or the document cannot be read.
pub fn records(situation: Situation<'_>, message: &MessageName, document: &[u8]) -> Result<Vec<Record>, Objection> {
    let record = match message.as_str() {
        "authority-upsert" | "authority-update" => Record::Authority(authorities::enter(situation, read(document)?)?),
        "authority-retire" => Record::Authority(authorities::retire(situation, &read(document)?)?),
        "authority-decision" | "authority-measure" => {
            Record::Authority(authorities::decide(situation, read(document)?)?)
        }
        "register-entry-upsert" | "register-entry-update" => {
            Record::Register(registers::enter(situation, read(document)?)?)
        }
        "register-entry-retire" => Record::Register(registers::retire(situation, &read(document)?)?),
        "contact-update" => update_contact(situation, read(document)?)?,
        _ => return Ok(Vec::new()),
    };
    Ok(vec![record])
}

/// The content of the root element.
fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, Objection> {
    let unreadable = |error: serde_json::Error| Objection::Failed(format!("a valid document cannot be read: {error}"));
    let root: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(document).map_err(unreadable)?;
    let content = root.into_iter().map(|(_, content)| content).next().unwrap_or_default();
    serde_json::from_value(content).map_err(unreadable)
}

fn update_contact(situation: Situation<'_>, update: documents::ContactUpdate) -> Result<Record, Objection> {
    let documents::ContactUpdate { authority_id, entry_id, address, contact } = update;
    match (authority_id, entry_id) {
        (Some(id), _) => {
            let mut authority = authorities::own_or_coordinated(situation, &id)?.clone();
            authority.contact = contact.over(&authority.contact, address.as_ref());
            Ok(Record::Authority(authority))
        }
        (None, Some(id)) => {
            let mut register = registers::writable(situation, &id)?.clone();
            register.contact = contact.over(&register.contact, address.as_ref());
            Ok(Record::Register(register))
        }
        (None, None) => Err(Objection::Failed("contact details of nobody".into())),
    }
}

/// A coordinator's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    /// Decides on registrations.
    Validating,
    /// Decides on access to areas.
    Access,
}

/// Whether `sender` has this function for `authority`: it is named in its record, or is the national coordinator.
fn coordinates(sender: &Authority, authority: &Authority, function: Function) -> bool {
    let Some(own) = &sender.coordinator else { return false };
    let (has_function, named): (bool, Option<&AuthorityId>) = match function {
        Function::Validating => (own.validating, authority.coordinators.validating.as_ref()),
        Function::Access => (own.access, authority.coordinators.access.as_ref()),
    };
    let is_national = own.kind == CoordinatorKind::Nimic && sender.country == authority.country;
    has_function && (named == Some(&sender.id) || is_national)
}

fn not_permitted(reason: String) -> Objection {
    Objection::Refused(Rejection::new(RejectionCode::NotPermitted, reason))
}

fn broken_rule(reason: String) -> Objection {
    Objection::Refused(Rejection::new(RejectionCode::RuleViolation, reason))
}

#[cfg(test)]
mod tests;
