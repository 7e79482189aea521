//! From folders to areas: everything a pack claims is proved here, once, before anything uses it.

mod binding;
mod law;

use super::files::{SchemaFiles, collect, entries, toml};
use super::pack::{Pack, PackMessage};
use super::{Area, AreaError, AreaVersion, Areas, Keeping, Labels, Law, MessageDefinition, Retention};
use crate::calendar::Calendars;
use crate::wire::{AreaId, HUB_AREA, MessageType, WorkflowId};
use crate::workflow::{self, Workflow};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::Spanned;

/// Most areas that one gateway serves.
const MOST_AREAS: usize = 500;

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
    let mut common = SchemaFiles::new();
    collect(root, "common", "xsd", &mut common)?;
    let workflows = workflow::workflows(&root.join("workflows"))?;
    let labels = labels(&root.join("common/labels"))?;
    let members = members(&root.join("common/countries.toml"))?;
    let calendars = Arc::new(Calendars::load(root)?);
    let mut areas = BTreeMap::new();
    let mut refused = Vec::new();
    for folder in folders(root, only)? {
        let loader = Loader::new(root, &folder, &common, &workflows);
        match loader.and_then(|loader| loader.area()) {
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
    let (labels, members) = (Arc::new(labels), Arc::new(members));
    Ok((Areas { areas, definitions, workflows, labels, members, calendars }, refused))
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

/// The members that a file names; none where there is no such file.
fn members(file: &Path) -> Result<BTreeSet<String>, AreaError> {
    #[derive(serde::Deserialize)]
    struct Written {
        #[serde(default)]
        members: BTreeSet<String>,
    }
    if !file.exists() {
        return Ok(BTreeSet::new());
    }
    Ok(toml::<Written>(file)?.members)
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
    /// The common schemas and those of the pack.
    files: Arc<SchemaFiles>,
    workflows: &'a BTreeMap<WorkflowId, Arc<Workflow>>,
}

impl<'a> Loader<'a> {
    fn new(
        root: &'a Path,
        folder: &'a Path,
        common: &SchemaFiles,
        workflows: &'a BTreeMap<WorkflowId, Arc<Workflow>>,
    ) -> Result<Self, AreaError> {
        let mut files = common.clone();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        collect(root, &format!("areas/{name}"), "xsd", &mut files)?;
        Ok(Self { root, folder, file: folder.join("area.toml"), files: Arc::new(files), workflows })
    }

    fn wrong(&self, reason: impl Into<String>, remedy: &str) -> AreaError {
        AreaError::new(&self.file, reason, remedy)
    }

    fn area(&self) -> Result<Area, AreaError> {
        let pack: Pack = toml(&self.file)?;
        self.check_head(&pack)?;
        let mut versions =
            pack.version.iter().map(|version| self.version(version, &pack.message)).collect::<Result<Vec<_>, _>>()?;
        self.check_versions(&versions)?;
        let messages = self.messages(&pack, &versions)?;
        for version in &mut versions {
            if let Some(mapping) = self.prove(version, &pack, &messages)? {
                version.law = Law::Both(Arc::new(mapping));
            }
        }
        let retention = self.retention(&pack)?;
        self.check_bindings(&pack)?;
        Ok(Area {
            id: pack.id,
            title: pack.title,
            languages: pack.languages,
            third_countries: pack.third_countries,
            legal_basis: pack.legal_basis,
            contact: pack.contact,
            status: pack.status,
            content: pack.content,
            retention,
            countries: pack.countries,
            deadlines: pack.deadline.into_iter().map(Spanned::into_inner).collect(),
            approval: pack.approval,
            views: pack.view.into_iter().map(Spanned::into_inner).collect(),
            consolidations: pack.consolidation.into_iter().map(Spanned::into_inner).collect(),
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

    fn names_messages(&self, what: &str, names: &[crate::wire::MessageName], pack: &Pack) -> Result<(), AreaError> {
        match names.iter().find(|name| pack.message.iter().all(|message| message.name != **name)) {
            Some(name) => {
                Err(self.wrong(format!("{what} names the message {name}, which does not exist"), "correct the name"))
            }
            None => Ok(()),
        }
    }

    fn check_versions(&self, versions: &[AreaVersion]) -> Result<(), AreaError> {
        let ascending = versions.windows(2).all(|pair| pair[0].number < pair[1].number);
        if versions.first().is_none_or(|first| first.number == 0) || !ascending {
            return Err(self.wrong("the versions are not numbered upwards from 1", "list each version once, ascending"));
        }
        Ok(())
    }

    fn messages(&self, pack: &Pack, versions: &[AreaVersion]) -> Result<Vec<MessageDefinition>, AreaError> {
        let mut seen = BTreeSet::new();
        let mut definitions = Vec::new();
        for message in &pack.message {
            self.check_message(message, versions)?;
            let listed = |number: &u16| versions.iter().find(|version| version.number == *number);
            for version in message.versions.iter().filter_map(listed) {
                let (area, message_name) = (pack.id.clone(), message.name.clone());
                let message_type = MessageType { area, message: message_name, version: version.number };
                if !seen.insert(message_type.clone()) {
                    return Err(self.wrong(format!("{message_type} is defined twice"), "remove one definition"));
                }
                definitions.push(definition(message_type, message, version, binding::paths(pack, message)));
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
        let is_foreign = |number: &u16| {
            versions.iter().any(|version| version.number == *number && matches!(version.law, Law::Xml { .. }))
        };
        if let Some(namespace) = message.namespace.as_ref().filter(|_| !message.versions.iter().all(is_foreign)) {
            let reason = format!("message {} has a namespace of its own, but not only XML spells it", message.name);
            return Err(self.wrong_at(namespace, reason, "remove the key, or set spelling = \"xml\" for its versions"));
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
        if let Some(party) = message.copies.iter().find(|party| workflow.party(party).is_none()) {
            let reason = format!("message {} is copied to {party}, which is no party of {}", message.name, workflow.id);
            return Err(self.wrong(reason, "name parties of the workflow under copies"));
        }
        if message.senders.is_empty() || message.receivers.is_empty() {
            let reason = format!("nobody may send or receive message {}", message.name);
            return Err(self.wrong(reason, "name at least one role under `senders` and `receivers`"));
        }
        Ok(())
    }
}

fn definition(
    message_type: MessageType,
    message: &PackMessage,
    version: &AreaVersion,
    paths: Vec<String>,
) -> MessageDefinition {
    let namespace = message.namespace.as_ref().map_or(&version.namespace, |namespace| namespace.get_ref());
    MessageDefinition {
        message_type,
        root: message.root.get_ref().clone(),
        namespace: namespace.clone(),
        workflow: message.workflow.clone(),
        action: message.action.clone(),
        senders: message.senders.clone(),
        receivers: message.receivers.clone(),
        urgent: message.urgent,
        national: message.national,
        answer_due: message.answer_due.as_ref().map(|name| name.get_ref().clone()),
        recipients: message.recipients,
        copies: message.copies.clone(),
        reads: message.reads.clone(),
        paths,
    }
}

#[cfg(test)]
mod tests;
