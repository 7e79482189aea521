//! JSON as the second spelling: a mapping between the XML and the JSON of a message that follows from the schema alone.
//!
//! The XSD is the law; the README's section "JSON" says how its documents look in JSON. `grammar` holds what has to be
//! known of the schema, `from_xml` and `to_xml` apply it, `parse` reads JSON strictly, `schema` writes JSON Schemas.
//! Pure: bytes in, bytes out.

mod fault;
mod from_xml;
pub(crate) mod grammar;
mod members;
mod names;
pub(crate) mod parse;
mod pattern;
mod schema;
mod schema_files;
mod simple_schema;
mod to_xml;
pub(crate) mod value;
mod xml_writer;

use crate::validate::Limits;
pub(crate) use fault::NotMapped;
use grammar::Grammar;
pub(crate) use parse::NotRead;
use parse::{Bounds, parse};
pub use schema_files::{Stale, fresh, schema_file, schema_text};
use thiserror::Error;
pub(crate) use to_xml::Mapped;
use value::Node;

/// JSON values that an element takes at most: its own, the array of its content, the object that bears its name.
const VALUES_PER_ELEMENT: usize = 3;

/// A document cannot be converted.
#[derive(Debug, Error)]
#[error("the document cannot be converted: {0}")]
pub struct NotConverted(String);

/// The mapping of one version of an area.
#[derive(Debug, Default)]
pub struct Mapping {
    grammar: Grammar,
}

impl Mapping {
    pub(crate) fn new(grammar: Grammar) -> Self {
        Self { grammar }
    }

    /// The JSON form of an XML document.
    ///
    /// # Errors
    /// The document is not well-formed, or exceeds the limits of depth or number.
    pub fn to_json(&self, xml: &[u8], limits: &Limits) -> Result<Vec<u8>, NotConverted> {
        let form = from_xml::document(&self.grammar, xml, limits).map_err(NotConverted)?;
        let mut out = String::with_capacity(xml.len());
        form.write(&mut out);
        Ok(out.into_bytes())
    }

    /// The XML form of a JSON document.
    ///
    /// # Errors
    /// The document is no JSON, exceeds a limit, or holds what cannot be mapped. Validation says so with every place.
    pub fn to_xml(&self, json: &[u8], limits: &Limits) -> Result<Vec<u8>, NotConverted> {
        let root = read(json, limits).map_err(|error| match error {
            NotRead::Malformed { message, .. } | NotRead::TooLarge { message, .. } => NotConverted(message),
        })?;
        let mapped = self.map(&root, limits).map_err(|error| match error {
            NotMapped::Malformed { message, .. } | NotMapped::TooLarge { message, .. } => NotConverted(message),
            NotMapped::Faults(faults, _) => {
                NotConverted(faults.into_iter().map(|fault| fault.message).next().unwrap_or_default())
            }
        })?;
        Ok(mapped.xml.into_bytes())
    }

    /// The JSON Schema (2020-12) of documents with this root element, `id` being its `$id`; nothing where the schema
    /// declares no such root in the area's namespace. It is never stricter than the XSD, and leaves to it what JSON
    /// Schema cannot say.
    pub fn json_schema(&self, root: &str, id: &str) -> Option<serde_json::Value> {
        schema::of(&self.grammar, root, id)
    }

    /// Maps what was read.
    pub(crate) fn map(&self, root: &Node<'_>, limits: &Limits) -> Result<Mapped, NotMapped> {
        to_xml::document(&self.grammar, root, limits.body_bytes, limits.violations)
    }
}

/// Reads a JSON document as strictly as the hub does.
pub(crate) fn read<'a>(json: &'a [u8], limits: &Limits) -> Result<Node<'a>, NotRead> {
    if json.len() > limits.body_bytes {
        let message = format!("the document has {} bytes; the limit is {}", json.len(), limits.body_bytes);
        return Err(NotRead::TooLarge { message, offset: 0 });
    }
    // Whether the elements are too many or too deep is counted in the XML, so that both spellings have one limit.
    let most = |number: usize| number.saturating_mul(VALUES_PER_ELEMENT).saturating_add(VALUES_PER_ELEMENT);
    parse(json, Bounds { depth: most(limits.depth), nodes: most(limits.nodes) })
}

#[cfg(test)]
mod tests;
