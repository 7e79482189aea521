//! Compiling an XSD: from the files of a pack, which are in memory, to the engine's components.

use super::catalog::Catalog;
use crate::area::{AreaVersion, Law, SchemaFiles};
use std::sync::Arc;
use xsd_schema::parser::ParserConfig;
use xsd_schema::{
    EmbeddedLoader, LoaderChain, LocationRequest, ResolverConfig, SchemaError, SchemaLoader, SchemaResolver,
    SchemaResult, SchemaSet, SchemaSetBuilder, XsdVersion,
};

/// Scheme of the made-up addresses that a pack's files have while they are compiled.
const SCHEME: &str = "pack:/";
/// Namespace of the attributes that make parts of a schema depend on the version of XSD.
const VERSIONING: &[u8] = b"http://www.w3.org/2007/XMLSchema-versioning";
/// Longest chain of includes and imports.
const DIRECTIVE_DEPTH: usize = 64;

/// Why a schema does not compile, and where.
#[derive(Debug)]
pub(crate) struct CompileError {
    /// The file, as it was named to the compiler.
    pub file: Option<String>,
    /// Line in it, from 1.
    pub line: Option<u32>,
    /// What is wrong.
    pub reason: String,
}

impl CompileError {
    /// Takes over the engine's error, without the address scheme.
    pub(crate) fn new(error: &SchemaError) -> Self {
        let location = error.location();
        Self {
            file: location.map(|location| plain(&location.base_uri)),
            line: location.and_then(|location| u32::try_from(location.line).ok()),
            reason: plain(&sentence(error)),
        }
    }
}

/// The error without its place, which stands beside it.
fn sentence(error: &SchemaError) -> String {
    match error {
        SchemaError::XmlError { message, .. }
        | SchemaError::NamespaceError { message, .. }
        | SchemaError::FeatureError { message, .. }
        | SchemaError::ResolutionError { message } => message.clone(),
        SchemaError::StructuralError { message, constraint, .. } => format!("{message} ({constraint})"),
        other => other.to_string(),
    }
}

pub(super) fn plain(text: &str) -> String {
    text.replace(SCHEME, "")
}

/// Serves the files of the packs, and nothing else.
#[derive(Debug)]
struct PackLoader(Arc<SchemaFiles>);

impl SchemaLoader for PackLoader {
    fn load(&self, location: &str) -> SchemaResult<String> {
        let file = location.strip_prefix(SCHEME).and_then(|path| self.0.get(path.trim_start_matches('/')));
        file.map(|file| file.text.clone()).ok_or_else(|| SchemaError::resolution(format!("no file {location}")))
    }

    fn can_load(&self, location: &str) -> bool {
        location.starts_with(SCHEME)
    }
}

/// A resolver that reads from `loader` and the engine's own copies of the schemas for `xml:` and XLink.
pub(crate) fn resolver(loader: Box<dyn SchemaLoader>) -> SchemaResolver {
    let mut loaders = LoaderChain::new();
    loaders.add(Box::new(EmbeddedLoader::new()));
    loaders.add(loader);
    let config = ResolverConfig {
        base_dir: None,
        allow_network: false,
        max_depth: DIRECTIVE_DEPTH,
        parser_config: ParserConfig::default(),
    };
    let mut resolver = SchemaResolver::with_config_and_loader(config, Box::new(loaders));
    resolver.catalog_mut().add_xml_catalog();
    resolver
}

/// Compiles what the builder holds. A file that is named and cannot be read is an error, not a note.
fn compile(builder: SchemaSetBuilder) -> Result<SchemaSet, CompileError> {
    let compiled = builder.compile().map_err(|error| CompileError::new(&error))?;
    let missing = compiled.directive_failures().iter().find(|failure| !failure.namespace_supplied());
    if let Some(failure) = missing {
        let location = failure.location();
        return Err(CompileError {
            file: location.map(|location| plain(&location.base_uri)),
            line: location.and_then(|location| u32::try_from(location.line).ok()),
            reason: plain(&format!("it refers to a schema that cannot be read: {}", sentence(failure.error()))),
        });
    }
    Ok(compiled.into_schema_set())
}

/// Compiles a version's schema.
pub(super) fn compile_version(version: &AreaVersion) -> Result<SchemaSet, CompileError> {
    match &version.law {
        Law::Both(_) => compile_pack(version, &Arc::default(), XsdVersion::V1_1),
        Law::Xml { catalog } => {
            let catalog = catalog.as_ref().map(|path| Catalog::read(&version.files, path)).transpose()?;
            compile_foreign(version, &Arc::new(catalog.unwrap_or_default()))
        }
        Law::Json { .. } => {
            let reason = "its documents are spelled in JSON; there is no XSD".to_owned();
            Err(CompileError { file: None, line: None, reason })
        }
    }
}

/// Anybody's schema is taken as XSD 1.0, unless it speaks of versions or is good as XSD 1.1 only.
fn compile_foreign(version: &AreaVersion, catalog: &Arc<Catalog>) -> Result<SchemaSet, CompileError> {
    let versioned = version.files.values().any(|file| speaks_of_versions(file.text.as_bytes()));
    if !versioned && let Ok(set) = compile_pack(version, catalog, XsdVersion::V1_0) {
        return Ok(set);
    }
    compile_pack(version, catalog, XsdVersion::V1_1)
}

fn compile_pack(
    version: &AreaVersion,
    catalog: &Arc<Catalog>,
    xsd_version: XsdVersion,
) -> Result<SchemaSet, CompileError> {
    let mut resolver = resolver(Box::new(PackLoader(Arc::clone(&version.files))));
    for (namespace, file) in catalog.names() {
        resolver.catalog_mut().add(namespace, format!("{SCHEME}{file}"));
    }
    let catalog = Arc::clone(catalog);
    let mut builder = SchemaSetBuilder::with_resolver(resolver, xsd_version);
    builder.set_location_rewriter(move |request: &LocationRequest<'_>, _: &SchemaResolver| {
        request.kind?;
        catalog.file(request.location).map(|file| format!("{SCHEME}{file}"))
    });
    builder.try_add(&format!("{SCHEME}{}", version.schema)).map_err(|error| CompileError::new(&error))?;
    compile(builder)
}

/// Whether parts of a schema depend on the version of XSD, which only XSD 1.1 knows.
pub(crate) fn speaks_of_versions(schema: &[u8]) -> bool {
    schema.windows(VERSIONING.len()).any(|window| window == VERSIONING)
}
