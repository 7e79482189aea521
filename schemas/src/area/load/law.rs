//! What a version is checked against: its files, the spellings of its documents, and the proof that they can be used.
//!
//! Owns which keys go with which spelling. A version without `spelling` has an XSD of the house, and documents in both;
//! with it, the version has anybody's schema, and documents in that one alone.

use super::super::files::{SchemaFiles, beside, collect};
use super::super::pack::{Pack, PackMessage, PackVersion};
use super::super::questions::questions;
use super::super::rules::{line_at, rules};
use super::{AreaError, Loader, labels};
use crate::area::{AreaVersion, Law, MessageDefinition};
use crate::json::Mapping;
use crate::validate::{CompileError, Proof, holds, proof_of_json};
use crate::wire::ContentType;
use std::{
    collections::BTreeMap,
    path::{Component, Path},
    sync::Arc,
};
use toml::Spanned;

/// File of a version's rules, in the version's folder.
const RULES: &str = "rules.toml";
/// File of a version's question set, in the version's folder.
const QUESTIONS: &str = "questions.toml";

/// Where a version's law lies.
struct Source {
    schema: String,
    law: Law,
    files: Arc<SchemaFiles>,
}

impl Loader<'_> {
    /// An error at a value of `area.toml`.
    pub(super) fn wrong_at<T>(&self, value: &Spanned<T>, reason: impl Into<String>, remedy: &str) -> AreaError {
        let source = std::fs::read_to_string(&self.file).ok();
        self.wrong(reason, remedy).at_line(source.map(|source| line_at(&source, value.span().start)))
    }

    pub(super) fn version(&self, version: &PackVersion, messages: &[PackMessage]) -> Result<AreaVersion, AreaError> {
        let number = version.number;
        let namespace = self.namespace(version)?;
        let Source { schema, law, files } = match version.spelling {
            None => self.house(version)?,
            Some(ContentType::Xml) => self.foreign_xsd(version)?,
            Some(ContentType::Json) => self.foreign_json(version, messages)?,
        };
        let labels = labels(&self.folder.join(format!("{number}/labels")))?;
        let folder = self.folder.join(number.to_string());
        let own = messages.iter().filter(|message| message.versions.contains(&number)).map(|message| &message.name);
        let rules = rules(&folder.join(RULES), &own.collect())?;
        let questions = questions(&folder.join(QUESTIONS))?;
        Ok(AreaVersion { number, namespace, labels, schema, law, rules, questions, files })
    }

    /// The namespace of a version's messages, which XML needs and JSON does not have.
    fn namespace(&self, version: &PackVersion) -> Result<String, AreaError> {
        let number = version.number;
        match (version.spelling, &version.namespace) {
            (None | Some(ContentType::Xml), Some(namespace)) => Ok(namespace.get_ref().clone()),
            (None | Some(ContentType::Xml), None) => {
                let reason = format!("version {number} has no namespace");
                let remedy = "write the schema's target namespace, or \"\" where it has none";
                Err(self.wrong_at(&version.schema, reason, remedy))
            }
            (Some(ContentType::Json), None) => Ok(String::new()),
            (Some(ContentType::Json), Some(namespace)) => {
                let reason = format!("version {number} is spelled in JSON, which has no namespaces");
                Err(self.wrong_at(namespace, reason, "remove the key"))
            }
        }
    }

    fn no_catalog(&self, version: &PackVersion) -> Result<(), AreaError> {
        match &version.catalog {
            None => Ok(()),
            Some(catalog) => {
                let reason = format!("version {} has a catalogue, but is not spelled in XML only", version.number);
                Err(self.wrong_at(catalog, reason, "remove the key, or set spelling = \"xml\""))
            }
        }
    }

    fn house(&self, version: &PackVersion) -> Result<Source, AreaError> {
        self.no_catalog(version)?;
        let schema = self.listed(version, &self.files)?;
        Ok(Source { schema, law: Law::Both(Arc::default()), files: Arc::clone(&self.files) })
    }

    fn foreign_xsd(&self, version: &PackVersion) -> Result<Source, AreaError> {
        let schema = self.listed(version, &self.files)?;
        let Some(catalog) = &version.catalog else {
            return Ok(Source { schema, law: Law::Xml { catalog: None }, files: Arc::clone(&self.files) });
        };
        let mut files = SchemaFiles::clone(&self.files);
        let path = self.inner(catalog);
        if let Some((folder, _)) = path.as_ref().and_then(|path| path.rsplit_once('/')) {
            beside(self.root, folder, "xml", &mut files)?;
        }
        match path.filter(|path| files.contains_key(path)) {
            Some(path) => Ok(Source { schema, law: Law::Xml { catalog: Some(path) }, files: Arc::new(files) }),
            None => {
                let name = catalog.get_ref();
                let reason = format!("it names the catalogue {name:?}, which does not exist in the pack's folder");
                Err(self.wrong_at(catalog, reason, "name an .xml file by its path from the pack's folder"))
            }
        }
    }

    fn foreign_json(&self, version: &PackVersion, messages: &[PackMessage]) -> Result<Source, AreaError> {
        self.no_catalog(version)?;
        let number = version.number;
        for name in [RULES, QUESTIONS] {
            let file = self.folder.join(format!("{number}/{name}"));
            if file.exists() {
                let reason = format!("version {number} is spelled in JSON, and rules and questions are asked of XML");
                return Err(AreaError::new(file, reason, "remove it, and say it in the JSON Schema where that can"));
            }
        }
        let folder = self.inner(&version.schema);
        let Some(schema) = folder.filter(|folder| self.root.join(folder).is_dir()) else {
            let reason = format!("{:?} is no folder in the pack's folder", version.schema.get_ref());
            return Err(self.wrong_at(&version.schema, reason, "name the folder that the JSON Schemas lie in"));
        };
        if self.root.join(&schema).join("samples").exists() {
            let reason = format!("in {:?} the JSON Schemas do not lie by themselves", version.schema.get_ref());
            return Err(self.wrong_at(&version.schema, reason, "give them a folder of their own"));
        }
        let mut files = SchemaFiles::new();
        collect(self.root, &schema, "json", &mut files)?;
        let mut roots = BTreeMap::new();
        for message in messages.iter().filter(|message| message.versions.contains(&number)) {
            self.check_json_message(message, &schema, &files)?;
            roots.insert(message.name.clone(), message.root.get_ref().clone());
        }
        Ok(Source { schema, law: Law::Json { roots }, files: Arc::new(files) })
    }

    fn check_json_message(&self, message: &PackMessage, folder: &str, files: &SchemaFiles) -> Result<(), AreaError> {
        let root = message.root.get_ref();
        let (name, pointer) = root.split_once('#').unwrap_or((root, ""));
        let Some(file) = files.get(&format!("{folder}/{name}")) else {
            let reason = format!("message {} names the schema {name:?}, which {folder} does not hold", message.name);
            let remedy = "write the path of a .json file from the folder that `schema` names";
            return Err(self.wrong_at(&message.root, reason, remedy));
        };
        if !holds(&file.text, pointer) {
            let reason = format!("message {}: {name} holds nothing at #{pointer}", message.name);
            return Err(self.wrong_at(&message.root, reason, "write a JSON Pointer after the #, like #/$defs/Order"));
        }
        match &message.answer_due {
            Some(due) if !due.get_ref().starts_with('/') => {
                let reason =
                    format!("message {} is spelled in JSON, and its answer_due is no JSON Pointer", message.name);
                Err(self.wrong_at(due, reason, "write where the date stands, like /dueDate"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A path of the pack from the root of the packs; nothing for one that leads out of the pack.
    fn inner(&self, path: &Spanned<String>) -> Option<String> {
        let home = self.folder.strip_prefix(self.root).ok()?;
        let path = Path::new(path.get_ref());
        let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let whole = home.join(path);
        let parts: Option<Vec<&str>> = whole
            .components()
            .filter(|part| !matches!(part, Component::CurDir))
            .map(|part| part.as_os_str().to_str())
            .collect();
        parts.filter(|_| stays).map(|parts| parts.join("/"))
    }

    /// The version's schema, which is among the files.
    fn listed(&self, version: &PackVersion, files: &SchemaFiles) -> Result<String, AreaError> {
        self.inner(&version.schema).filter(|path| files.contains_key(path)).ok_or_else(|| {
            let (number, name) = (version.number, version.schema.get_ref());
            let reason =
                format!("version {number} names the schema {name:?}, which does not exist in the pack's folder");
            self.wrong_at(&version.schema, reason, "name an .xsd file by its path from the pack's folder")
        })
    }

    /// Compiles the schema, looks up in it what the messages name, and derives how they look in the other spelling,
    /// where there is one.
    pub(super) fn prove(
        &self,
        version: &AreaVersion,
        pack: &Pack,
        messages: &[MessageDefinition],
    ) -> Result<Option<Mapping>, AreaError> {
        let unusable = |error: CompileError| {
            let file = error.file.unwrap_or_else(|| version.schema.clone());
            let remedy = match &version.law {
                Law::Both(_) => "correct the schema",
                Law::Xml { .. } => "correct it, or add to the pack, or to its catalogue, what it refers to",
                Law::Json { .. } => "correct it, or add to its folder what it refers to",
            };
            AreaError::new(self.root.join(file), error.reason, remedy).at_line(error.line)
        };
        if matches!(version.law, Law::Json { .. }) {
            return proof_of_json(version).map(|()| None).map_err(unusable);
        }
        let proof = Proof::of(version).map_err(unusable)?;
        proof.check_rules(version).map_err(|error| {
            let file = self.folder.join(version.number.to_string()).join(RULES);
            AreaError::new(file, error.reason, "correct the expression").at_line(Some(error.line))
        })?;
        for message in messages.iter().filter(|message| message.message_type.version == version.number) {
            let mut written = pack.message.iter().filter(|written| written.versions.contains(&version.number));
            if let Some(written) = written.find(|written| written.name == message.message_type.message) {
                self.check_xml_message(version, &proof, written, message)?;
                self.check_paths(&proof, pack, message)?;
            }
        }
        Ok(matches!(version.law, Law::Both(_)).then(|| proof.mapping(&version.namespace)))
    }

    fn check_xml_message(
        &self,
        version: &AreaVersion,
        proof: &Proof,
        written: &PackMessage,
        message: &MessageDefinition,
    ) -> Result<(), AreaError> {
        let MessageDefinition { root, namespace, .. } = message;
        if !proof.declares_root(namespace, root) {
            let place =
                if namespace.is_empty() { "no namespace".to_owned() } else { format!("the namespace {namespace}") };
            if matches!(version.law, Law::Both(_)) {
                let reason = format!("it declares no global element {root} in {place}");
                let remedy = format!("declare it, or correct root or namespace in {}", self.file.display());
                return Err(AreaError::new(self.root.join(&version.schema), reason, remedy));
            }
            let reason = format!("{} declares no global element {root} in {place}", version.schema);
            return Err(self.wrong_at(
                &written.root,
                reason,
                "correct root, or namespace of the message or the version",
            ));
        }
        match &written.answer_due {
            Some(name) if !proof.declares_element(name.get_ref()) => {
                let reason = format!("no schema of version {} declares the element {}", version.number, name.get_ref());
                Err(self.wrong_at(name, reason, "correct answer_due"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
