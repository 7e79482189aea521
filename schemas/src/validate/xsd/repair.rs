//! Saying what is missing. The engine answers a missing element by refusing everything that follows it, and looks no
//! further into what it refused. Here a placeholder is put in and the document read again, so that one mistake is one
//! violation and the mistakes behind it come to light as well.
//!
//! Works on a copy, within limits; what it cannot mend it leaves to the engine's own words.

use super::model::{Model, Name};
use super::trace::{CONTENT, Refusal};
use crate::validate::engine::{At, Breach};
use crate::validate::places::{children_before, offsets};
use xsd_schema::SchemaSet;

/// Largest document that is mended, in bytes.
pub(super) const MENDED_BYTES: usize = 64 << 10;
/// Most placeholders that one document gets, each at the cost of reading it again.
pub(super) const ROUNDS: usize = 8;
/// Most refusals that are looked at in one reading.
const LOOKED_AT: usize = 32;

/// What one reading brought.
pub(super) struct Reading {
    pub breaches: Vec<Breach>,
    pub total: usize,
    pub refusals: Vec<Refusal>,
}

struct Placeholder {
    /// Offset in the original document that it stands before.
    before: usize,
    text: String,
    breach: Breach,
}

/// A document with placeholders.
pub(super) struct Patient<'a> {
    original: &'a [u8],
    placeholders: Vec<Placeholder>,
    text: Vec<u8>,
}

impl<'a> Patient<'a> {
    pub(super) fn new(original: &'a [u8]) -> Self {
        Self { original, placeholders: Vec::new(), text: original.to_vec() }
    }

    /// The document as it is to be read now.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Puts the reading's refusals into better words. Returns whether a placeholder was put in, and another reading
    /// is worth while.
    pub(super) fn treat(&mut self, set: &SchemaSet, reading: &mut Reading) -> bool {
        let refusals = std::mem::take(&mut reading.refusals);
        for refusal in refusals.iter().take(LOOKED_AT) {
            let Some(breach) = reading.breaches.get_mut(refusal.breach) else { continue };
            let Some(model) = Model::of(set, refusal.parent_type) else { continue };
            if let Some(placeholder) = self.judge(&model, refusal, breach) {
                self.insert(refusal, placeholder, breach.message.clone());
                return true;
            }
        }
        false
    }

    /// Finds words for a refusal, and the placeholder that would mend it.
    fn judge(&self, model: &Model<'_>, refusal: &Refusal, breach: &mut Breach) -> Option<String> {
        let (mut children, parent) = children_before(&self.text, refusal.parent, refusal.child)?;
        let Some(_) = refusal.child else {
            let missing = model.missing_at_end(&model.after(&children))?;
            breach.message =
                format!("Element '{parent}' is not complete: {} at its end.", model.spell_missing(&missing));
            return None;
        };
        let (namespace, local) = children.pop()?;
        let state = model.after(&children);
        let missing = model.name(&namespace, &local).and_then(|name| model.missing_before(&state, name));
        let Some(missing) = missing else {
            breach.message = misplaced(model, &model.expected(&state), (&namespace, &local), &parent);
            return None;
        };
        breach.message = format!("{} before '{local}'.", model.spell_missing(&missing));
        Some(model.placeholders(&missing))
    }

    fn insert(&mut self, refusal: &Refusal, text: String, message: String) {
        let Some(before) = refusal.child.and_then(|child| self.original_offset(child)) else { return };
        let breach = Breach { rule: CONTENT.into(), message, at: At::Offset(before), attribute: None };
        self.placeholders.push(Placeholder { before, text, breach });
        self.placeholders.sort_by_key(|placeholder| placeholder.before);
        self.text.clear();
        let mut from = 0;
        for placeholder in &self.placeholders {
            self.text.extend_from_slice(&self.original[from..placeholder.before]);
            self.text.extend_from_slice(placeholder.text.as_bytes());
            from = placeholder.before;
        }
        self.text.extend_from_slice(&self.original[from..]);
    }

    /// Where a byte of the text stands in the original; `None` for one of a placeholder.
    fn original_offset(&self, offset: usize) -> Option<usize> {
        let mut inserted = 0;
        for placeholder in &self.placeholders {
            let start = placeholder.before + inserted;
            if offset < start {
                break;
            }
            if offset < start + placeholder.text.len() {
                return None;
            }
            inserted += placeholder.text.len();
        }
        Some(offset - inserted)
    }

    /// The last reading's breaches in terms of the original document, and their true number.
    pub(super) fn discharge(self, reading: Reading) -> (Vec<Breach>, usize) {
        let listed = reading.breaches.len();
        let found = offsets(&self.text, &reading.breaches.iter().map(|breach| &breach.at).collect::<Vec<_>>());
        let own = reading.breaches.into_iter().zip(found).filter_map(|(breach, offset)| match offset {
            Some(offset) => self.original_offset(offset).map(|offset| Breach { at: At::Offset(offset), ..breach }),
            None => Some(breach),
        });
        let own: Vec<Breach> = own.collect();
        let total = reading.total - (listed - own.len()) + self.placeholders.len();
        let missing = self.placeholders.into_iter().map(|placeholder| placeholder.breach);
        (missing.chain(own).collect(), total)
    }
}

fn misplaced(model: &Model<'_>, expected: &[Name], (namespace, local): (&str, &str), parent: &str) -> String {
    if let Some(right) = model.namespace_of(expected, local).filter(|right| right != namespace) {
        return format!("Element '{local}' stands in the namespace '{namespace}'; expected is '{right}'.");
    }
    match expected {
        [] => format!("Element '{local}' may not stand here; nothing more is expected in '{parent}'."),
        names => format!("Element '{local}' may not stand here; expected is {}.", model.spell(names, "or")),
    }
}
