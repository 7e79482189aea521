//! Any XSD: schema files with whatever they include and import, from disk and from a catalogue folder.

use super::catalog::Catalog;
use super::decode::decode;
use super::{Outcome, Report, SchemaError};
use crate::validate::Limits;
use crate::validate::engine::{Finding, Manner, Session, Stop, Task};
use crate::validate::verdict::{stop_violation, violations};
use crate::validate::xsd::{CompileError, XsdSession, resolver, speaks_of_versions};
use crate::wire::Violation;
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};
use xsd_schema::{
    FileSystemLoader, LocationRequest, SchemaLoader, SchemaResolver, SchemaResult, SchemaSet, SchemaSetBuilder,
    XsdVersion,
};

/// Scheme of the made-up schema documents that gather the files of one namespace.
const GATHERED: &str = "gathered:/";

/// Any XSD, compiled.
pub struct ForeignXsd {
    set: SchemaSet,
    unread: Vec<String>,
}

impl ForeignXsd {
    /// Compiles schema files and everything they include and import, resolved from disk relative to the schema, and
    /// what is not found there from `catalog`: by file name, or by namespace where no location is given. A schema that
    /// XSD 1.0 does not accept, or that speaks of versions, is taken as XSD 1.1.
    pub fn compile(files: &[PathBuf], catalog: Option<&Path>) -> Result<Self, SchemaError> {
        let catalog = Arc::new(catalog.map(Catalog::of).unwrap_or_default());
        let versioned = files.iter().filter_map(|file| fs::read(file).ok()).any(|text| speaks_of_versions(&text));
        if !versioned && let Ok(set) = compile(files, &catalog, XsdVersion::V1_0) {
            return Ok(Self::from_set(set));
        }
        let set = compile(files, &catalog, XsdVersion::V1_1).map_err(|error| located(error, files))?;
        Ok(Self::from_set(set))
    }

    fn from_set(set: SchemaSet) -> Self {
        let unread = set
            .directive_failures()
            .iter()
            .map(|failure| failure.schema_location().or(failure.namespace()).unwrap_or("?").to_owned())
            .collect();
        Self { set, unread }
    }

    /// Schemas that are referred to and could not be read; the schema compiled without them.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Checks documents, one report each in the same order. The compiled schema grows with the names in them.
    pub fn validate<B: AsRef<[u8]>>(&self, documents: &[B], limits: &Limits) -> Vec<Report> {
        let mut session = XsdSession::new(&self.set, limits);
        let mut reports = Vec::with_capacity(documents.len());
        for document in documents {
            let report = catch_unwind(AssertUnwindSafe(|| check(&mut session, document.as_ref())));
            reports.push(report.unwrap_or_else(|_| {
                session = XsdSession::new(&self.set, limits);
                given_up("the engine panicked")
            }));
        }
        reports
    }
}

fn check(session: &mut XsdSession<'_>, bytes: &[u8]) -> Report {
    let task = Task { root: None, message: None, wanted: None, manner: Manner::Foreign };
    match decode(bytes) {
        Ok(text) => report(&text, session.read(&text, &task)),
        Err(stop) => report(bytes, Finding { stop: Some(stop), ..Finding::default() }),
    }
}

fn report(document: &[u8], finding: Finding) -> Report {
    let outcome = match &finding.stop {
        None if finding.total == 0 => return Report::valid(),
        None => {
            let violations = violations(document, finding.breaches);
            return Report { outcome: Outcome::Invalid, violations, total: finding.total };
        }
        Some(Stop::NotWellFormed { .. }) => Outcome::Malformed,
        Some(Stop::TooLarge { .. } | Stop::Forbidden { .. }) => Outcome::Forbidden,
        Some(Stop::Failed(reason)) => return given_up(reason),
    };
    let stop = finding.stop.and_then(|stop| stop_violation(document, stop));
    let violations: Vec<_> = stop.map(|placed| placed.violation).into_iter().collect();
    Report { outcome, total: violations.len(), violations }
}

fn given_up(reason: &str) -> Report {
    let message = format!("The engine gave up on this document ({reason}).");
    let rule = "engine".to_owned();
    let violation = Violation { rule, message, xpath: None, pointer: None, line: None, column: None };
    Report::single(Outcome::Forbidden, violation)
}

fn compile(files: &[PathBuf], catalog: &Arc<Catalog>, version: XsdVersion) -> Result<SchemaSet, CompileError> {
    let mut resolver = resolver(Box::new(DiskLoader { catalog: Arc::clone(catalog) }));
    for (namespace, paths) in catalog.namespaces() {
        let location = match paths {
            [single] => single.display().to_string(),
            _ => format!("{GATHERED}{namespace}"),
        };
        resolver.catalog_mut().add(namespace, location);
    }
    let by_name = Arc::clone(catalog);
    let mut builder = SchemaSetBuilder::with_resolver(resolver, version);
    builder
        .set_location_rewriter(move |request: &LocationRequest<'_>, _: &SchemaResolver| elsewhere(&by_name, request));
    for file in files {
        builder.try_add(&file.display().to_string()).map_err(|error| CompileError::new(&error))?;
    }
    let compiled = builder.compile().map_err(|error| CompileError::new(&error))?;
    Ok(compiled.into_schema_set())
}

/// Where a directive's document lies, if not where the directive says.
fn elsewhere(catalog: &Catalog, request: &LocationRequest<'_>) -> Option<String> {
    request.kind?;
    if request.base_uri.starts_with(GATHERED) {
        return Some(request.location.to_owned());
    }
    let beside = Path::new(request.base_uri).parent().map(|folder| folder.join(request.location));
    if request.location.starts_with(GATHERED) || beside.is_some_and(|path| path.is_file()) {
        return None;
    }
    catalog.file(request.location).map(|path| path.display().to_string())
}

/// Reads schemas from disk in any encoding, and gathers the files of one namespace.
#[derive(Debug)]
struct DiskLoader {
    catalog: Arc<Catalog>,
}

impl SchemaLoader for DiskLoader {
    fn load(&self, location: &str) -> SchemaResult<String> {
        if let Some(namespace) = location.strip_prefix(GATHERED) {
            return Ok(self.gathered(namespace));
        }
        let Ok(bytes) = fs::read(location) else { return FileSystemLoader::new().load(location) };
        let text = decode(&bytes).ok().and_then(|text| String::from_utf8(text.into_owned()).ok());
        text.map_or_else(|| FileSystemLoader::new().load(location), Ok)
    }

    fn can_load(&self, location: &str) -> bool {
        location.starts_with(GATHERED) || FileSystemLoader::new().can_load(location)
    }
}

impl DiskLoader {
    /// A schema document that includes every file of the namespace.
    fn gathered(&self, namespace: &str) -> String {
        let files = self.catalog.namespaces().find(|(name, _)| *name == namespace).map(|(_, files)| files);
        let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
        let includes: String = files
            .unwrap_or_default()
            .iter()
            .map(|file| format!("<xs:include schemaLocation=\"{}\"/>", escape(&file.display().to_string())))
            .collect();
        let target =
            if namespace.is_empty() { String::new() } else { format!(" targetNamespace=\"{}\"", escape(namespace)) };
        format!("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"{target}>{includes}</xs:schema>")
    }
}

fn located(error: CompileError, files: &[PathBuf]) -> SchemaError {
    let first = files.first().cloned().unwrap_or_default();
    SchemaError { file: error.file.map_or(first, PathBuf::from), line: error.line, reason: error.reason }
}
