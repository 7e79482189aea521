//! The JSON Schemas of the packs on disk: where they lie, what they say, whether they are fresh.

use crate::area::{Area, MessageDefinition};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A JSON Schema on disk that does not say what its XSD says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stale {
    /// The file.
    pub file: PathBuf,
    /// Whether it is there at all.
    pub exists: bool,
}

/// Where a message's JSON Schema lies beneath the folder of the packs.
pub fn schema_file(message: &MessageDefinition) -> PathBuf {
    let kind = &message.message_type;
    PathBuf::from(format!("areas/{}/{}/json/{}.schema.json", kind.area, kind.version, kind.message))
}

/// A message's JSON Schema as it is written; nothing for a message of another area, or of one spelling.
pub fn schema_text(area: &Area, message: &MessageDefinition) -> Option<String> {
    let kind = &message.message_type;
    let id = format!("urn:imi:json:{}:{}:{}", kind.area, kind.message, kind.version);
    let schema = area.version(kind.version)?.mapping()?.json_schema(&message.root, &id)?;
    serde_json::to_string_pretty(&schema).ok().map(|text| text + "\n")
}

/// The area's JSON Schemas beneath `root` that are missing, or not what the XSD gives now.
pub fn fresh(root: &Path, area: &Area) -> Vec<Stale> {
    let is_derived = |message: &&MessageDefinition| {
        area.version(message.message_type.version).is_some_and(|version| version.mapping().is_some())
    };
    let stale = area.messages.iter().filter(is_derived).filter_map(|message| {
        let file = root.join(schema_file(message));
        let found = fs::read_to_string(&file).ok();
        (found != schema_text(area, message)).then_some(Stale { exists: found.is_some(), file })
    });
    stale.collect()
}
