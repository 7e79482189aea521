//! A version's JSON Schemas as one set: every file of the folder under an address made of its path, so that references
//! between files resolve by path and by `$id`, and nothing else can be reached.

use super::super::CompileError;
use crate::area::{AreaVersion, Law, SchemaFile};
use crate::json::NotRead;
use crate::json::parse::{Bounds, parse};
use crate::json::value::Node;
use crate::validate::places::position;
use crate::wire::MessageName;
use jsonschema::{PatternOptions, Registry, ValidationError, Validator};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Scheme of the made-up addresses that a pack's files have while they are compiled.
const SCHEME: &str = "pack:/";
/// Deepest nesting of a schema: it is walked by recursion.
const BOUNDS: Bounds = Bounds { depth: 128, nodes: usize::MAX };
/// Steps back that a pattern with look-around or back-references may take in one value; other patterns take none.
const BACKTRACKS: usize = 10_000;

/// A schema file, read.
struct Source<'a> {
    path: &'a str,
    text: &'a str,
    node: Node<'a>,
    value: Value,
}

impl Source<'_> {
    fn wrong(&self, offset: usize, reason: impl Into<String>) -> CompileError {
        let line = Some(position(self.text.as_bytes(), offset).line);
        CompileError { file: Some(self.path.to_owned()), line, reason: reason.into() }
    }

    /// An error at the value that a JSON Pointer names.
    fn wrong_at(&self, pointer: &str, reason: impl Into<String>) -> CompileError {
        self.wrong(self.node.at(pointer).map_or(0, |node| node.offset), reason)
    }
}

/// Compiles the schema of every message of a version.
pub(super) fn compile(version: &AreaVersion) -> Result<BTreeMap<MessageName, Validator>, CompileError> {
    let Law::Json { roots } = &version.law else {
        let reason = "its documents are spelled in XML; there is no JSON Schema".to_owned();
        return Err(CompileError { file: None, line: None, reason });
    };
    let sources = sources(version)?;
    let registry = registry(&sources)?;
    let compiled = roots.iter().map(|(message, root)| {
        let (file, pointer) = root.split_once('#').unwrap_or((root, ""));
        let reference = format!("{}#{}", address(&format!("{}/{file}", version.schema)), encoded(pointer));
        let validator = validator(&registry, &reference).map_err(|error| unusable(&sources, None, &error))?;
        Ok((message.clone(), validator))
    });
    compiled.collect()
}

/// Proves that a version's JSON Schemas can be used: those of its messages, and every other file of the folder.
pub(crate) fn proof_of_json(version: &AreaVersion) -> Result<(), CompileError> {
    let sources = sources(version)?;
    let registry = registry(&sources)?;
    for source in &sources {
        jsonschema::meta::validate(&source.value)
            .map_err(|error| source.wrong_at(error.instance_path().as_str(), no_schema(&error)))?;
        validator(&registry, &address(source.path)).map_err(|error| unusable(&sources, Some(source), &error))?;
    }
    compile(version).map(|_| ())
}

/// Whether a JSON document has a value at a pointer; one that cannot be read is not accused of lacking it.
pub(crate) fn holds(text: &str, pointer: &str) -> bool {
    let is_pointer = pointer.is_empty() || pointer.starts_with('/');
    is_pointer && parse(text.as_bytes(), BOUNDS).map_or(true, |node| node.at(pointer).is_some())
}

fn no_schema(error: &ValidationError<'_>) -> String {
    format!("it is no schema that can be used ({})", error.masked_with("the value"))
}

fn sources(version: &AreaVersion) -> Result<Vec<Source<'_>>, CompileError> {
    version.files.iter().map(|(path, file)| source(path, file)).collect()
}

fn source<'a>(path: &'a str, file: &'a SchemaFile) -> Result<Source<'a>, CompileError> {
    let unread = |offset, reason| {
        let line = Some(position(file.text.as_bytes(), offset).line);
        CompileError { file: Some(path.to_owned()), line, reason }
    };
    let node = parse(file.text.as_bytes(), BOUNDS).map_err(|error| match error {
        NotRead::Malformed { message, offset } | NotRead::TooLarge { message, offset } => unread(offset, message),
    })?;
    let value = node.to_value().map_err(|offset| unread(offset, "this number is too large".to_owned()))?;
    if !value.is_object() && !value.is_boolean() {
        return Err(unread(0, "it is no JSON Schema: those are objects, true or false".to_owned()));
    }
    Ok(Source { path, text: &file.text, node, value })
}

fn registry<'a>(sources: &'a [Source<'_>]) -> Result<Registry<'a>, CompileError> {
    let builder = Registry::new().extend(sources.iter().map(|source| (address(source.path), &source.value)));
    builder.and_then(|builder| builder.prepare()).map_err(|error| refused(sources, None, &error.to_string()))
}

fn validator(registry: &Registry<'_>, reference: &str) -> Result<Validator, ValidationError<'static>> {
    let patterns = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS);
    let options = jsonschema::options().with_registry(registry).offline().with_pattern_options(patterns);
    options.with_base_uri(SCHEME).build(&json!({ "$ref": reference }))
}

/// What the engine refused while it compiled, at the text that it quotes, if it does.
fn unusable(sources: &[Source<'_>], compiling: Option<&Source<'_>>, error: &ValidationError<'_>) -> CompileError {
    let quoted = error.instance().as_str().and_then(|text| {
        compiling.into_iter().chain(sources).find_map(|source| Some((source, quoted(&source.node, text)?)))
    });
    match quoted {
        Some((source, offset)) => source.wrong(offset, error.to_string()),
        None => refused(sources, compiling, &error.to_string()),
    }
}

/// Offset of the first value that is this text.
fn quoted(node: &Node<'_>, wanted: &str) -> Option<usize> {
    use crate::json::value::Value::{List, Members, Text};
    match &node.value {
        Text(text) => (text == wanted).then_some(node.offset),
        List(nodes) => nodes.iter().find_map(|node| quoted(node, wanted)),
        Members(members) => members.iter().find_map(|(_, node)| quoted(node, wanted)),
        _ => None,
    }
}

/// What the engine refused, at the reference that it could not follow, or else in the file that it was compiling.
fn refused(sources: &[Source<'_>], compiling: Option<&Source<'_>>, message: &str) -> CompileError {
    let reason = message.replace(SCHEME, "");
    let wanted: Vec<&str> = message.split(['\'', ' ']).filter(|word| word.contains('/')).collect();
    for source in compiling.into_iter().chain(sources) {
        if let Some(offset) = reference(&source.node, &wanted) {
            return source.wrong(offset, format!("it refers to what the pack does not hold ({reason})"));
        }
    }
    let file = compiling.or(sources.first()).map(|source| source.path.to_owned());
    CompileError { file, line: None, reason }
}

/// Offset of the first reference to an address or pointer that the engine named.
fn reference(node: &Node<'_>, wanted: &[&str]) -> Option<usize> {
    use crate::json::value::Value::{List, Members, Text};
    match &node.value {
        List(nodes) => nodes.iter().find_map(|node| reference(node, wanted)),
        Members(members) => members.iter().find_map(|(name, inner)| match &inner.value {
            Text(text) if name == "$ref" || name == "$dynamicRef" => {
                let (file, pointer) = text.split_once('#').unwrap_or((text, ""));
                let last = file.trim_start_matches(['.', '/']);
                let is_meant = |word: &&&str| (!last.is_empty() && word.ends_with(last)) || **word == pointer;
                wanted.iter().find(is_meant).map(|_| inner.offset)
            }
            _ => reference(inner, wanted),
        }),
        _ => None,
    }
}

fn address(path: &str) -> String {
    format!("{SCHEME}{}", encoded(path))
}

/// A path or pointer as it stands in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~$".contains(&byte);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
