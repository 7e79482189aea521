//! The two spellings of a document.

use super::{JSON, XML};
use serde::{Deserialize, Serialize};

/// How a document is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentType {
    /// `application/xml`
    Xml,
    /// `application/json`
    Json,
}

impl ContentType {
    /// The media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => XML,
            Self::Json => JSON,
        }
    }
}
