//! The engine for XML Schema: `xsd-schema` behind our trait. Nothing outside this folder and `foreign` names that crate.

mod catalog;
mod compile;
mod declared;
mod english;
mod facets;
mod grammar;
mod hooks;
mod model;
mod names;
mod pack;
mod proof;
mod repair;
mod rules;
mod session;
mod trace;

use super::Limits;
use super::engine::Engine;
use crate::area::AreaVersion;
use compile::compile_version;
pub(crate) use compile::{CompileError, resolver, speaks_of_versions};
pub(crate) use declared::{Declared, DeclaredAt};
pub(crate) use pack::{PackLaw, PackSession};
pub(crate) use proof::Proof;
pub(crate) use rules::Rules;
pub(crate) use session::XsdSession;

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
    type Schema = PackLaw;
    type Session<'schema> = PackSession<'schema>;

    fn compile(&self, version: &AreaVersion) -> Result<PackLaw, String> {
        PackLaw::compile(version)
    }

    fn open<'schema>(&self, schema: &'schema PackLaw) -> PackSession<'schema> {
        PackSession::new(schema, &self.limits)
    }
}
