//! The engine of the packs: that for XML Schema or that for JSON Schema, as a version's law asks.
//!
//! Owns nothing but the choice.

use super::Limits;
use super::engine::{Engine, Finding, Session, Task};
use super::json_schema::{JsonEngine, JsonLaw, JsonSession};
use super::xsd::{PackLaw, PackSession, XsdEngine};
use crate::area::{AreaVersion, Law};

/// Both engines.
#[derive(Debug, Clone)]
pub(super) struct PackEngine {
    xsd: XsdEngine,
    json: JsonEngine,
}

impl PackEngine {
    pub(super) fn new(limits: Limits) -> Self {
        Self { xsd: XsdEngine::new(limits.clone()), json: JsonEngine::new(limits) }
    }
}

/// A version, compiled by its engine.
pub(super) enum Compiled {
    Xsd(Box<PackLaw>),
    Json(JsonLaw),
}

/// Reads documents with a version's engine.
pub(super) enum Reading<'schema> {
    Xsd(Box<PackSession<'schema>>),
    Json(JsonSession<'schema>),
}

impl Engine for PackEngine {
    type Schema = Compiled;
    type Session<'schema> = Reading<'schema>;

    fn compile(&self, version: &AreaVersion) -> Result<Compiled, String> {
        match &version.law {
            Law::Both(_) | Law::Xml { .. } => self.xsd.compile(version).map(Box::new).map(Compiled::Xsd),
            Law::Json { .. } => self.json.compile(version).map(Compiled::Json),
        }
    }

    fn open<'schema>(&self, schema: &'schema Compiled) -> Reading<'schema> {
        match schema {
            Compiled::Xsd(law) => Reading::Xsd(Box::new(self.xsd.open(law))),
            Compiled::Json(law) => Reading::Json(self.json.open(law)),
        }
    }
}

impl Session for Reading<'_> {
    fn read(&mut self, document: &[u8], task: &Task<'_>) -> Finding {
        match self {
            Self::Xsd(session) => session.read(document, task),
            Self::Json(session) => session.read(document, task),
        }
    }

    fn is_outgrown(&self) -> bool {
        match self {
            Self::Xsd(session) => session.is_outgrown(),
            Self::Json(session) => session.is_outgrown(),
        }
    }
}
