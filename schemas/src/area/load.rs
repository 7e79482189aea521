//! From folders to areas: everything a pack claims is proved here, once, before anything uses it.

use super::files::{SchemaFiles, entries, schemas, toml};
use super::pack::{Pack, PackMessage, PackVersion};
use super::{Area, AreaError, AreaVersion, Areas, Keeping, Labels, MessageDefinition, Retention};
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

/// Loads every pack beneath `root`.
pub(super) fn areas(root: &Path) -> Result<Areas, AreaError> {
    let files = Arc::new(schemas(root)?);
    let folders: Vec<PathBuf> = entries(&root.join("areas"))?.into_iter().filter(|path| path.is_dir()).collect();
    if folders.is_empty() || folders.len() > MOST_AREAS {
        let reason = format!("it holds {} area packs; 1 to {MOST_AREAS} can be used", folders.len());
        return Err(AreaError::new(
            root.join("areas"),
            reason,
            "set areas.path to the folder that holds areas/ and common/",
        ));
    }
    let workflows = workflow::workflows(&root.join("workflows"))?;
    let mut areas = BTreeMap::new();
    for folder in folders {
        let file = folder.join("area.toml");
        let area = Loader { root, folder: &folder, file, files: &files, workflows: &workflows }.area()?;
        areas.insert(area.id.clone(), area);
    }
    let definitions = areas
        .values()
        .flat_map(|area| area.messages.iter())
        .map(|definition| (definition.message_type.clone(), definition.clone()))
        .collect();
    Ok(Areas { areas, definitions, workflows })
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
        let versions = pack.version.iter().map(|version| self.version(version)).collect::<Result<Vec<_>, _>>()?;
        self.check_versions(&versions)?;
        let messages = self.messages(&pack.id, &pack.message, &versions)?;
        for version in &versions {
            self.prove(version, &messages)?;
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

    fn version(&self, version: &PackVersion) -> Result<AreaVersion, AreaError> {
        let path = self.folder.join(&version.schema);
        let from_root = path.strip_prefix(self.root).unwrap_or(&path);
        let parts: Vec<&str> = from_root.iter().filter_map(OsStr::to_str).collect();
        let schema = parts.join("/");
        if !self.files.contains_key(&schema) {
            let reason =
                format!("version {} names the schema {:?}, which does not exist", version.number, version.schema);
            return Err(self.wrong(reason, "correct the path, counted from the pack's folder"));
        }
        let labels = self.labels(version.number)?;
        let (number, namespace) = (version.number, version.namespace.clone());
        Ok(AreaVersion { number, namespace, labels, schema, files: Arc::clone(self.files) })
    }

    /// The area's labels laid over the common ones.
    fn labels(&self, number: u16) -> Result<BTreeMap<String, Labels>, AreaError> {
        let mut labels: BTreeMap<String, Labels> = BTreeMap::new();
        for folder in [self.root.join("common/labels"), self.folder.join(format!("{number}/labels"))] {
            for file in entries(&folder)?.iter().filter(|file| file.extension() == Some(OsStr::new("toml"))) {
                let Some(language) = file.file_stem().and_then(OsStr::to_str) else { continue };
                let read: Labels = toml(file)?;
                let known = labels.entry(language.to_owned()).or_default();
                known.fields.extend(read.fields);
                known.codes.extend(read.codes);
            }
        }
        Ok(labels)
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

    /// Compiles the schema and looks up in it what the messages name.
    fn prove(&self, version: &AreaVersion, messages: &[MessageDefinition]) -> Result<(), AreaError> {
        let proof = Proof::of(version).map_err(|error| {
            let file = error.file.unwrap_or_else(|| version.schema.clone());
            AreaError::new(self.root.join(file), error.reason, "correct the schema").at_line(error.line)
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
        Ok(())
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
mod tests {
    use super::*;
    use crate::area::{ContentPolicy, Role, Status};
    use std::fs;
    use tempfile::TempDir;

    const AREA: &str = r#"id = "probe"
status = "active"
content = "transit"
contact = "probe@coordinator.example"
legal_basis = ["An act"]
title = { en = "Probe" }
retention = { block_after = "6 months", erase_after = "36 months", counted_from = "closure", reference = "An act" }

[[deadline]]
id = "answer"
after = "ping"
ended_by = []
within = "10 working days"
on_miss = "remind"
reference = "An act"

[[version]]
number = 1
namespace = "urn:probe"
schema = "1/messages.xsd"

[[message]]
name = "ping"
versions = [1]
root = "Ping"
workflow = "probing"
action = "open"
senders = ["requester"]
receivers = ["responder"]
urgent = false
national = false
answer_due = "DueDate"
"#;
    const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:common"
    targetNamespace="urn:probe" elementFormDefault="qualified">
  <xs:import namespace="urn:common" schemaLocation="../../../common/common.xsd"/>
  <xs:element name="Ping"><xs:complexType><xs:sequence>
    <xs:element name="DueDate" type="c:Day"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"#;
    const COMMON: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:common">
  <xs:simpleType name="Day"><xs:restriction base="xs:date"/></xs:simpleType>
</xs:schema>"#;

    const WORKFLOW: &str = r#"id = "probing"
title = "Probing"
state = [{ id = "ASKED", awaits = "counterpart" }, { id = "DONE" }]
transition = [
    { action = "open", by = ["initiator"], to = "ASKED", deliver = "addressee" },
    { action = "close", by = ["counterpart"], from = ["ASKED"], to = "DONE", deliver = "others" },
]
"#;

    /// A pack on disk, each file written with pieces replaced.
    fn pack(changes: &[(&str, &str, &str)]) -> TempDir {
        let root = tempfile::tempdir().expect("a folder");
        let files = [
            ("areas/probe/area.toml", AREA),
            ("areas/probe/1/messages.xsd", SCHEMA),
            ("common/common.xsd", COMMON),
            ("workflows/probing.toml", WORKFLOW),
        ];
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
            let changed =
                changes.iter().filter(|(file, ..)| *file == name).fold(text.to_owned(), |text, (_, old, new)| {
                    assert!(text.contains(old), "{name} holds no {old:?}");
                    text.replace(old, new)
                });
            fs::write(path, changed).expect("written");
        }
        root
    }

    fn refusal(changes: &[(&str, &str, &str)]) -> AreaError {
        let root = pack(changes);
        let mut error = areas(root.path()).expect_err("a broken pack is refused");
        error.file = error.file.strip_prefix(root.path()).expect("a file of the pack").to_path_buf();
        error
    }

    #[test]
    fn a_pack_says_what_its_area_is() {
        let root = pack(&[]);
        let areas = areas(root.path()).unwrap_or_else(|error| panic!("{error}"));
        let area = areas.iter().next().expect("one area");
        assert_eq!(
            (area.status, area.content, area.title["en"].as_str()),
            (Status::Active, ContentPolicy::Transit, "Probe")
        );
        let definition = areas.definition(&"probe/ping@1".parse().expect("a type")).expect("defined");
        assert_eq!((definition.action.as_str(), definition.senders.as_slice()), ("open", &[Role::Requester][..]));
        assert!(
            areas.workflow(&definition.workflow).is_some_and(|workflow| workflow.opening(&definition.action).is_some())
        );
        assert_eq!(definition.answer_due.as_deref(), Some("DueDate"));
        assert!(areas.definition(&"probe/ping@2".parse().expect("a type")).is_none());
    }

    #[test]
    fn a_pack_that_lies_is_refused_with_file_and_line() {
        const TOML: &str = "areas/probe/area.toml";
        const XSD: &str = "areas/probe/1/messages.xsd";
        const SHARED: &str = "common/common.xsd";
        for (file, old, new, at, line, says) in [
            (TOML, "status = \"active\"", "status = \"active\"\ncolour = 1", TOML, Some(3), "unknown field `colour`"),
            (TOML, "urgent = false", "urgent = 0", TOML, Some(30), "invalid type"),
            (TOML, "\"open\"", "\"shout\"", TOML, None, "no action shout"),
            (TOML, "\"probing\"", "\"probe\"", TOML, None, "names the workflow probe"),
            (TOML, "after = \"ping\"", "after = \"pang\"", TOML, None, "names the message pang"),
            (TOML, "10 working days", "10 moons", TOML, Some(13), "is not a period"),
            (TOML, "id = \"probe\"", "id = \"other\"", TOML, None, "calls itself other"),
            (TOML, "{ en =", "{ fr =", TOML, None, "no English"),
            (TOML, "block_after = \"6 ", "block_after = \"60 ", TOML, None, "erased before"),
            (TOML, "versions = [1]", "versions = [2]", TOML, None, "belongs to no version"),
            (TOML, "versions = [1]", "versions = [1, 1]", TOML, None, "defined twice"),
            (TOML, "number = 1", "number = 0", TOML, None, "not numbered upwards"),
            (TOML, "senders = [\"requester\"]", "senders = []", TOML, None, "nobody may"),
            (TOML, "1/messages.xsd", "2/messages.xsd", TOML, None, "does not exist"),
            (TOML, "1/messages.xsd", "../../../../secret.xsd", TOML, None, "does not exist"),
            (TOML, "\"DueDate\"", "\"Deadline\"", TOML, None, "declares the element Deadline"),
            (TOML, "root = \"Ping\"", "root = \"Pong\"", XSD, None, "no global element Pong"),
            (TOML, "urn:probe", "urn:else", XSD, None, "no global element Ping"),
            (XSD, "c:Day", "c:Night", XSD, Some(5), "Night"),
            (XSD, "</xs:element>\n</xs", "\n</xs", XSD, Some(7), "xs:element"),
            (XSD, "common/common.xsd", "common/missing.xsd", XSD, None, "missing.xsd"),
            (XSD, "../../../common/common.xsd", "http://192.0.2.1/common.xsd", XSD, None, "192.0.2.1"),
            (SHARED, "xs:date", "xs:dat", SHARED, Some(2), "dat' not found"),
        ] {
            let error = refusal(&[(file, old, new)]);
            let found = (error.file.to_str().expect("UTF-8"), error.reason.contains(says));
            assert_eq!(found, (at, true), "{new}: {error}");
            assert!(line.is_none() || error.line == line, "{new}: {error}");
            assert!(!error.remedy.is_empty());
        }
    }

    #[test]
    fn a_folder_without_packs_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(areas(root.path()).is_err());
        fs::create_dir_all(root.path().join("areas/empty")).expect("created");
        assert!(areas(root.path()).expect_err("refused").to_string().contains("area.toml"));
    }
}
