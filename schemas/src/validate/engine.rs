//! What this crate asks of a schema engine, in words of our own: the seam behind which an engine can be replaced.
//!
//! Owns the contract only. Knows no engine, and no rejection codes: judging a [`Finding`] is `verdict`'s work.

use crate::area::AreaVersion;
use crate::wire::MessageName;
use std::borrow::Cow;

/// A schema engine. One value serves many threads; what it compiles belongs to one thread.
///
/// Contract: compiling needs neither disk nor network (a version carries its files). A session gives the same finding
/// for the same document, however often it is asked and whatever it read before. It never resolves what a document
/// refers to.
pub(crate) trait Engine: Clone + Send + 'static {
    /// A compiled schema. It may grow with what documents bring along.
    type Schema;
    /// Reads documents with a compiled schema.
    type Session<'schema>: Session
    where
        Self::Schema: 'schema;

    /// Compiles a version's schema and rules; the error is a sentence for the operator.
    fn compile(&self, version: &AreaVersion) -> Result<Self::Schema, String>;

    /// Prepares for reading: dear, done once per compiled schema.
    fn open<'schema>(&self, schema: &'schema Self::Schema) -> Self::Session<'schema>;
}

/// Reads one document after the other.
pub(crate) trait Session {
    /// Reads a document as far as it can be read.
    fn read(&mut self, document: &[u8], task: &Task<'_>) -> Finding;

    /// Whether documents have made the compiled schema so large that it should be compiled anew.
    fn is_outgrown(&self) -> bool;
}

/// What to look for while reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// Namespace and local name that the root element must have; `None` takes any that the schema declares.
    pub root: Option<(&'a str, &'a str)>,
    /// The message that the document is; its rules, or its JSON Schema, apply.
    pub message: Option<&'a MessageName>,
    /// What is wanted of the document: the local name of an element, the first in document order; in JSON, a pointer.
    pub wanted: Option<&'a str>,
    /// Whose rules apply beside those of XML and the schema.
    pub manner: Manner,
}

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The hub's: UTF-8 and XML 1.0 as declared, no reference to anything outside the document.
    Hub,
    /// XML's alone: the bytes were decoded already, hints at schemas are passed over.
    Foreign,
}

/// What reading a document brought to light.
#[derive(Debug, Default)]
pub(crate) struct Finding {
    /// Why reading ended before the document did. What was found until then is then worth nothing.
    pub stop: Option<Stop>,
    /// Broken constraints as they were met, as many as the limits list.
    pub breaches: Vec<Breach>,
    /// How many constraints were broken in all.
    pub total: usize,
    /// Broken rules of the area, for a document that keeps its schema.
    pub infringements: Vec<Infringement>,
    /// Text of the wanted element or value, as written.
    pub wanted: Option<String>,
}

/// Why reading ended early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The document is not well-formed here.
    NotWellFormed { rule: &'static str, message: String, offset: usize },
    /// It exceeds a limit here.
    TooLarge { message: String, offset: usize },
    /// It holds something that the hub does not take.
    Forbidden { message: String, offset: usize },
    /// The engine gave up; the document is not to blame.
    Failed(String),
}

/// One broken constraint of the schema.
#[derive(Debug)]
pub(crate) struct Breach {
    /// Constraint code of the specification, or keyword of the schema.
    pub rule: Cow<'static, str>,
    /// What is wrong, in English.
    pub message: String,
    /// The element it was found at.
    pub at: At,
    /// The attribute at fault, as a last step of an XPath.
    pub attribute: Option<String>,
}

/// One broken rule of the area.
#[derive(Debug)]
pub(crate) struct Infringement {
    /// The rule's id.
    pub rule: String,
    /// What the rule asks for, in English.
    pub message: String,
    /// The element it was found at.
    pub at: At,
}

/// An element, or a value, of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// The element whose `<` stands at this byte, or the value that begins there.
    Offset(usize),
    /// The element at the end of these steps: namespace, local name, position among siblings of the same name.
    Path(Vec<(String, String, usize)>),
}
