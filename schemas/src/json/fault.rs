//! What cannot be mapped to XML, in words.

use super::grammar::{Content, Lexis, Type};

/// Something that cannot be mapped, at the value that begins at a byte of the JSON text.
#[derive(Debug)]
pub(crate) struct Fault {
    pub rule: &'static str,
    pub message: String,
    pub offset: usize,
}

/// Rule that a value of the wrong kind breaks.
pub(super) const KIND: &str = "json-kind";
/// Rule that a key breaks which names nothing that can be there.
pub(super) const NAME: &str = "json-name";

/// Why no XML was made.
#[derive(Debug)]
pub(crate) enum NotMapped {
    /// A text holds a character that XML does not have.
    Malformed { message: String, offset: usize },
    /// The XML would be larger than allowed.
    TooLarge { message: String, offset: usize },
    /// What cannot be mapped: as much of it as is listed, and how much there is in all.
    Faults(Vec<Fault>, usize),
}

/// The value that a simple type expects.
pub(super) fn expected_scalar(lexis: Option<Lexis>) -> &'static str {
    match lexis {
        Some(Lexis::Integer | Lexis::Decimal | Lexis::Float) => "a number",
        Some(Lexis::Boolean) => "true or false",
        Some(Lexis::Text | Lexis::QName | Lexis::Date | Lexis::DateTime | Lexis::Time | Lexis::Other) | None => {
            "a string"
        }
    }
}

/// The JSON that an element of a type expects.
pub(super) fn expected_form(kind: Option<&Type>) -> &'static str {
    match kind.map(|kind| (&kind.content, kind.is_plain())) {
        None | Some((Content::Anything, _)) => "a string or an object",
        Some((Content::Simple(_), true)) => "a value",
        Some((Content::Simple(_) | Content::Elements(_) | Content::Mixed(_), _)) => "an object",
    }
}

/// The keys that an object of a type may have.
pub(super) fn expected_members(kind: Option<&Type>) -> &'static str {
    match kind.map(|kind| &kind.content) {
        Some(Content::Simple(_)) => "attributes and \"$\"",
        Some(Content::Elements(_)) => "attributes and elements, or attributes and \"$content\"",
        Some(Content::Mixed(_) | Content::Anything) | None => "attributes and \"$content\"",
    }
}

/// The beginning of a text that the sender chose.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
