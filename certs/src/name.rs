//! The names that certificates carry: a participant's id as a subject's common name, and the stems of files.
//!
//! Owns their spelling; knows nothing of what they name.

use std::{fmt, str::FromStr};
use thiserror::Error;

/// Longest common name (X.520, `ub-common-name`). TLS stacks refuse longer ones, whatever the wire contract allows.
const LONGEST: usize = 64;

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found:?} is not {expected}")]
pub struct NameError {
    expected: &'static str,
    found: String,
}

impl NameError {
    fn new(expected: &'static str, found: &str) -> Self {
        Self { expected, found: found.chars().take(80).collect() }
    }
}

/// The id of a participant as its certificate's subject CN spells it: 2 to 64 of A-Z, 0-9 and `-`, beginning with a
/// letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantName(Box<str>);

impl ParticipantName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ParticipantName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let spelled = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
        let begins = text.starts_with(|first: char| first.is_ascii_uppercase());
        if (2..=LONGEST).contains(&text.len()) && spelled && begins {
            return Ok(Self(text.into()));
        }
        Err(NameError::new("a participant id (2 to 64 of A-Z, 0-9 and '-', beginning with a letter)", text))
    }
}

impl fmt::Display for ParticipantName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of a file without its extension: no folder, not hidden, 1 to 100 of letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStem(Box<str>);

impl FileStem {
    /// The stem as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileStem {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let spelled = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if (1..=100).contains(&text.len()) && spelled && !text.starts_with('.') {
            return Ok(Self(text.into()));
        }
        Err(NameError::new(
            "a file's name (1 to 100 of letters, digits, '.', '_' and '-', not beginning with '.')",
            text,
        ))
    }
}

impl From<&ParticipantName> for FileStem {
    fn from(name: &ParticipantName) -> Self {
        Self(name.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_participant_name_fits_into_a_common_name() {
        assert!("PL-BACKOFFICE".parse::<ParticipantName>().is_ok());
        for wrong in ["", "P", "pl-x", "PL.X", "PL X", "-PL", "ÉU", "PL/..", &"A".repeat(65)] {
            assert!(wrong.parse::<ParticipantName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_stem_never_leaves_its_folder() {
        assert!("PL-BACKOFFICE.2".parse::<FileStem>().is_ok());
        for wrong in ["", ".hidden", "..", "a/b", "a\\b", "a b", &"a".repeat(101)] {
            assert!(wrong.parse::<FileStem>().is_err(), "{wrong:?}");
        }
    }
}
