//! From folders to areas: everything a pack claims is proved here, once, before anything uses it.

use super::files::{SchemaFiles, entries, schemas, toml};
use super::pack::{Pack, PackMessage, PackVersion};
use super::questions::questions;
use super::rules::rules;
use super::{Area, AreaError, AreaVersion, Areas, Keeping, Labels, MessageDefinition, Retention};
use crate::json::Mapping;
use crate::validate::Proof;
use crate::wire::{AreaId, HUB_AREA, MessageType, WorkflowId};
use crate::workflow::{self, Workflow};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Most areas that one gateway serves.
const MOST_AREAS: usize = 500;
/// File of a version's rules, in the version's folder.
const RULES: &str = "rules.toml";

/// Loads every pack beneath `root`; the first that is broken is the error.
pub(super) fn areas(root: &Path) -> Result<Areas, AreaError> {
    let (areas, mut refused) = each(root, &[])?;
    if refused.is_empty() { Ok(areas) } else { Err(refused.swap_remove(0)) }
}

/// Loads every pack beneath `root`; a broken one stays as it was before, and the reasons are told.
pub(super) fn again(root: &Path, former: &Areas) -> (Areas, Vec<AreaError>) {
    let (mut areas, refused) = match each(root, &[]) {
        Ok(read) => read,
        Err(error) => return (former.clone(), vec![error]),
    };
    for area in former.iter() {
        // Its folder is there and it is not among those that were loaded: it is broken now.
        if areas.area(&area.id).is_none() && root.join("areas").join(area.id.as_str()).is_dir() {
            let definitions = area.messages.iter().map(|message| (message.message_type.clone(), message.clone()));
            areas.definitions.extend(definitions);
            areas.areas.insert(area.id.clone(), area.clone());
        }
    }
    for (id, workflow) in &former.workflows {
        areas.workflows.entry(id.clone()).or_insert_with(|| Arc::clone(workflow));
    }
    (areas, refused)
}

/// Loads the packs beneath `root`, or those of `only`, each for itself.
pub(super) fn each(root: &Path, only: &[AreaId]) -> Result<(Areas, Vec<AreaError>), AreaError> {
    let files = Arc::new(schemas(root)?);
    let workflows = workflow::workflows(&root.join("workflows"))?;
    let labels = labels(&root.join("common/labels"))?;
    let mut areas = BTreeMap::new();
    let mut refused = Vec::new();
    for folder in folders(root, only)? {
        let file = folder.join("area.toml");
        match (Loader { root, folder: &folder, file, files: &files, workflows: &workflows }).area() {
            Ok(area) => {
                areas.insert(area.id.clone(), area);
            }
            Err(error) => refused.push(error),
        }
    }
    let definitions = areas
        .values()
        .flat_map(|area| area.messages.iter())
        .map(|definition| (definition.message_type.clone(), definition.clone()))
        .collect();
    Ok((Areas { areas, definitions, workflows, labels: Arc::new(labels) }, refused))
}

/// The folders of the packs.
fn folders(root: &Path, only: &[AreaId]) -> Result<Vec<PathBuf>, AreaError> {
    let parent = root.join("areas");
    let folders: Vec<PathBuf> = entries(&parent)?.into_iter().filter(|path| path.is_dir()).collect();
    if folders.is_empty() || folders.len() > MOST_AREAS {
        let reason = format!("it holds {} area packs; 1 to {MOST_AREAS} can be used", folders.len());
        return Err(AreaError::new(parent, reason, "set areas.path to the folder that holds areas/ and common/"));
    }
    if let Some(missing) = only.iter().find(|id| !parent.join(id.as_str()).is_dir()) {
        return Err(AreaError::new(parent, format!("it holds no area {missing}"), "correct the name"));
    }
    let is_wanted = |path: &PathBuf| only.is_empty() || only.iter().any(|id| path.ends_with(id.as_str()));
    Ok(folders.into_iter().filter(is_wanted).collect())
}

/// The label files of a folder by language tag.
fn labels(folder: &Path) -> Result<BTreeMap<String, Labels>, AreaError> {
    let mut labels = BTreeMap::new();
    for file in entries(folder)?.iter().filter(|file| file.extension() == Some(OsStr::new("toml"))) {
        if let Some(language) = file.file_stem().and_then(OsStr::to_str) {
            labels.insert(language.to_owned(), toml(file)?);
        }
    }
    Ok(labels)
}

struct Loader<'a> {
    root: &'a Path,
    folder: &'a Path,
    file: PathBuf,
    files: &'a Arc<SchemaFiles>,
    workflows: &'a BTreeMap<WorkflowId, Arc<Workflow>>,
}

impl Loader<'_> {
    fn wrong(&self, reason: impl Into<String>, remedy: &str) -> AreaError {
        AreaError::new(&self.file, reason, remedy)
    }

    fn area(&self) -> Result<Area, AreaError> {
        let pack: Pack = toml(&self.file)?;
        self.check_head(&pack)?;
        let mut versions =
            pack.version.iter().map(|version| self.version(version, &pack.message)).collect::<Result<Vec<_>, _>>()?;
        self.check_versions(&versions)?;
        let messages = self.messages(&pack.id, &pack.message, &versions)?;
        for version in &mut versions {
            version.mapping = Arc::new(self.prove(version, &messages)?);
        }
        let retention = self.retention(&pack)?;
        self.check_deadlines(&pack)?;
        Ok(Area {
            id: pack.id,
            title: pack.title,
            legal_basis: pack.legal_basis,
            contact: pack.contact,
            status: pack.status,
            content: pack.content,
            retention,
            countries: pack.countries,
            deadlines: pack.deadline,
            versions,
            messages,
        })
    }

    fn check_head(&self, pack: &Pack) -> Result<(), AreaError> {
        if self.folder.file_name() != Some(OsStr::new(pack.id.as_str())) {
            return Err(self.wrong(format!("the area calls itself {}", pack.id), "give folder and id the same name"));
        }
        if pack.id.as_str() == HUB_AREA {
            return Err(self.wrong(format!("{HUB_AREA} is the hub's own area"), "choose another id"));
        }
        if pack.title.get("en").is_none_or(|title| title.trim().is_empty()) {
            return Err(self.wrong("the title has no English text", "add en under [title]"));
        }
        Ok(())
    }

    fn retention(&self, pack: &Pack) -> Result<Retention, AreaError> {
        let rule = self.keeping(pack.retention.rule())?;
        let mut exceptions = Vec::new();
        for exception in &pack.retention.exception {
            self.names_messages("retention.exception", &exception.messages, pack)?;
            exceptions.push((exception.messages.clone(), self.keeping(exception.rule())?));
        }
        Ok(Retention { rule, exceptions })
    }

    fn keeping(&self, keeping: Keeping) -> Result<Keeping, AreaError> {
        if keeping.block_after.surely_exceeds(keeping.erase_after) {
            return Err(self.wrong("data would be erased before they are blocked", "make erase_after the longer"));
        }
        Ok(keeping)
    }

    fn check_deadlines(&self, pack: &Pack) -> Result<(), AreaError> {
        let mut seen = BTreeSet::new();
        for deadline in &pack.deadline {
            if !seen.insert(&deadline.id) {
                return Err(self.wrong(format!("the deadline {} is defined twice", deadline.id), "rename one"));
            }
            let named: Vec<_> = deadline.ended_by.iter().chain([&deadline.after]).cloned().collect();
            self.names_messages(&format!("the deadline {}", deadline.id), &named, pack)?;
        }
        Ok(())
    }

    fn names_messages(&self, what: &str, names: &[crate::wire::MessageName], pack: &Pack) -> Result<(), AreaError> {
        match names.iter().find(|name| pack.message.iter().all(|message| message.name != **name)) {
            Some(name) => {
                Err(self.wrong(format!("{what} names the message {name}, which does not exist"), "correct the name"))
            }
            None => Ok(()),
        }
    }

    fn version(&self, version: &PackVersion, messages: &[PackMessage]) -> Result<AreaVersion, AreaError> {
        let path = self.folder.join(&version.schema);
        let from_root = path.strip_prefix(self.root).unwrap_or(&path);
        let parts: Vec<&str> = from_root.iter().filter_map(OsStr::to_str).collect();
        let schema = parts.join("/");
        if !self.files.contains_key(&schema) {
            let reason =
                format!("version {} names the schema {:?}, which does not exist", version.number, version.schema);
            return Err(self.wrong(reason, "correct the path, counted from the pack's folder"));
        }
        let labels = labels(&self.folder.join(format!("{}/labels", version.number)))?;
        let (number, namespace) = (version.number, version.namespace.clone());
        let folder = self.folder.join(number.to_string());
        let own = messages.iter().filter(|message| message.versions.contains(&number)).map(|message| &message.name);
        let rules = rules(&folder.join(RULES), &own.collect())?;
        let questions = questions(&folder.join("questions.toml"))?;
        let (files, mapping) = (Arc::clone(self.files), Arc::default());
        Ok(AreaVersion { number, namespace, labels, schema, rules, questions, files, mapping })
    }

    fn check_versions(&self, versions: &[AreaVersion]) -> Result<(), AreaError> {
        let ascending = versions.windows(2).all(|pair| pair[0].number < pair[1].number);
        if versions.first().is_none_or(|first| first.number == 0) || !ascending {
            return Err(self.wrong("the versions are not numbered upwards from 1", "list each version once, ascending"));
        }
        Ok(())
    }

    fn messages(
        &self,
        area: &AreaId,
        messages: &[PackMessage],
        versions: &[AreaVersion],
    ) -> Result<Vec<MessageDefinition>, AreaError> {
        let mut seen = BTreeSet::new();
        let mut definitions = Vec::new();
        for message in messages {
            self.check_message(message, versions)?;
            for version in &message.versions {
                let (area, message_name) = (area.clone(), message.name.clone());
                let message_type = MessageType { area, message: message_name, version: *version };
                if !seen.insert(message_type.clone()) {
                    return Err(self.wrong(format!("{message_type} is defined twice"), "remove one definition"));
                }
                definitions.push(definition(message_type, message));
            }
        }
        if definitions.is_empty() {
            return Err(self.wrong("the area has no message", "add a [[message]]"));
        }
        Ok(definitions)
    }

    fn check_message(&self, message: &PackMessage, versions: &[AreaVersion]) -> Result<(), AreaError> {
        let unknown = message.versions.iter().find(|number| versions.iter().all(|version| version.number != **number));
        if message.versions.is_empty() || unknown.is_some() {
            let reason = format!("message {} belongs to no version, or to one that is not listed", message.name);
            return Err(self.wrong(reason, "list the versions of the message under `versions`"));
        }
        let Some(workflow) = self.workflows.get(&message.workflow) else {
            let reason =
                format!("message {} names the workflow {}, which does not exist", message.name, message.workflow);
            return Err(self.wrong(reason, "name a file of workflows/"));
        };
        if !workflow.knows(&message.action) {
            let reason = format!("the workflow {} has no action {}", workflow.id, message.action);
            return Err(self.wrong(reason, "name one of its actions"));
        }
        if message.senders.is_empty() || message.receivers.is_empty() {
            let reason = format!("nobody may send or receive message {}", message.name);
            return Err(self.wrong(reason, "name at least one role under `senders` and `receivers`"));
        }
        Ok(())
    }

    /// Compiles the schema, looks up in it what the messages name, and derives how they look in JSON.
    fn prove(&self, version: &AreaVersion, messages: &[MessageDefinition]) -> Result<Mapping, AreaError> {
        let proof = Proof::of(version).map_err(|error| {
            let file = error.file.unwrap_or_else(|| version.schema.clone());
            AreaError::new(self.root.join(file), error.reason, "correct the schema").at_line(error.line)
        })?;
        proof.check_rules(version).map_err(|error| {
            let file = self.folder.join(version.number.to_string()).join(RULES);
            AreaError::new(file, error.reason, "correct the expression").at_line(Some(error.line))
        })?;
        let schema = self.root.join(&version.schema);
        for message in messages.iter().filter(|message| message.message_type.version == version.number) {
            if !proof.declares_root(&version.namespace, &message.root) {
                let reason =
                    format!("it declares no global element {} in the namespace {}", message.root, version.namespace);
                let remedy = format!("declare it, or correct root or namespace in {}", self.file.display());
                return Err(AreaError::new(schema, reason, remedy));
            }
            if let Some(name) = message.answer_due.as_deref().filter(|name| !proof.declares_element(name)) {
                let reason = format!("no schema of version {} declares the element {name}", version.number);
                return Err(self.wrong(reason, "correct answer_due"));
            }
        }
        Ok(proof.mapping(&version.namespace))
    }
}

fn definition(message_type: MessageType, message: &PackMessage) -> MessageDefinition {
    MessageDefinition {
        message_type,
        root: message.root.clone(),
        workflow: message.workflow.clone(),
        action: message.action.clone(),
        senders: message.senders.clone(),
        receivers: message.receivers.clone(),
        urgent: message.urgent,
        national: message.national,
        answer_due: message.answer_due.clone(),
    }
}

#[cfg(test)]
mod tests;
