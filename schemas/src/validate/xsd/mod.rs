//! The engine for XML Schema: `xsd-schema` behind our trait. Nothing outside this folder and `foreign` names that crate.

mod compile;
mod english;
mod hooks;
mod model;
mod proof;
mod repair;
mod session;
mod trace;

use super::Limits;
use super::engine::Engine;
use crate::area::AreaVersion;
pub(crate) use compile::{CompileError, compile_pack, resolver};
pub(crate) use proof::Proof;
pub(crate) use session::XsdSession;
use xsd_schema::SchemaSet;

/// The engine, with the limits that its sessions keep.
#[derive(Debug, Clone)]
pub(crate) struct XsdEngine {
    limits: Limits,
}

impl XsdEngine {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Engine for XsdEngine {
    type Schema = SchemaSet;
    type Session<'schema> = XsdSession<'schema>;

    fn compile(&self, version: &AreaVersion) -> Result<SchemaSet, String> {
        compile_pack(&version.files, &version.schema).map_err(|error| error.reason)
    }

    fn open<'schema>(&self, schema: &'schema SchemaSet) -> XsdSession<'schema> {
        XsdSession::new(schema, &self.limits)
    }
}
