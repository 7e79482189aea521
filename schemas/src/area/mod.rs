//! Area packs: a legislative area as data.
//!
//! Owns what a pack says (titles, messages, who may send what, deadlines, retention) and its loading from disk. Knows
//! nothing of documents: applying a pack's schemas is the work of [`crate::validate`].

mod deadline;
mod error;
mod files;
#[cfg(test)]
pub(crate) mod foreign_packs;
mod load;
mod message;
mod pack;
mod period;
mod questions;
mod rules;

use crate::{
    calendar::Calendars,
    json::Mapping,
    wire::{AreaId, ContentType, MessageName, MessageType, RejectionCode, WorkflowId},
    workflow::Workflow,
};
pub use deadline::{Awaited, Condition, Deadline, EndCondition, OnMiss};
pub use error::AreaError;
pub(crate) use files::{SchemaFile, SchemaFiles, entries, text, toml};
pub use message::{Consolidation, Constant, MessageDefinition, Reads, Recipients, View, ViewField};
pub use period::{Period, Unit};
pub use questions::{AnswerForm, Question, QuestionSet};
pub use rules::Rule;
pub(crate) use rules::line_at;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// The part that an authority plays in an exchange or may play in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Asks.
    Requester,
    /// Answers.
    Responder,
    /// Watches over the exchanges of others and may step in.
    Coordinator,
}

/// Whether an area takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Active,
    /// It does not at present (`area-suspended`).
    Suspended,
}

/// What the hub does with the documents of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentPolicy {
    /// The document is passed on and never kept.
    Transit,
    /// The area is a repository: its entries are kept as long as they are published.
    Stored,
}

/// From when retention is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountedFrom {
    /// The formal closure of the exchange (Regulation (EU) No 1024/2012, Article 5(k)).
    Closure,
    /// The last message of a request and its reply.
    Completion,
    /// The end of what the document orders, e.g. of a prohibition to practise.
    Expiry,
    /// The arrival of the message.
    Entry,
}

/// How long an exchange's data live (Regulation (EU) No 1024/2012, Article 14, or the area's own act).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keeping {
    /// Personal data are blocked then.
    pub block_after: Period,
    /// They are erased then; never before `block_after`.
    pub erase_after: Period,
    /// What both are counted from.
    pub counted_from: CountedFrom,
    /// The provision.
    pub reference: String,
}

/// How long data of an area live, with exceptions for some of its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// The rule.
    #[serde(flatten)]
    pub rule: Keeping,
    /// Messages that have another one.
    pub exceptions: Vec<(Vec<MessageName>, Keeping)>,
}

/// How documents of an area spell countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountryConvention {
    /// ISO 3166-1: GR, GB.
    Iso,
    /// As the institutions of the Union write: EL, UK.
    Union,
    /// The area's own codes.
    Own,
}

/// The country codes of an area. A map for comparing and counting; documents are never rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countries {
    /// The convention.
    pub convention: CountryConvention,
    /// The area's code, then that of ISO 3166-1.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

/// What documents of a version are checked against, and so how they can be spelled.
#[derive(Debug, Clone)]
pub enum Law {
    /// An XSD of the house: every document can be spelled in XML and in JSON.
    Both(Arc<Mapping>),
    /// Anybody's XSD: documents are XML.
    Xml {
        /// OASIS XML catalogue, relative to the root of the packs.
        catalog: Option<String>,
    },
    /// Anybody's JSON Schemas: documents are JSON.
    Json {
        /// Where the schema of each message is: its file in the folder, and a JSON Pointer after a `#`.
        roots: BTreeMap<MessageName, String>,
    },
}

/// One version of an area's schemas.
#[derive(Debug, Clone)]
pub struct AreaVersion {
    /// The number, from 1.
    pub number: u16,
    /// Target namespace of its messages; empty where they have none.
    pub namespace: String,
    /// Its own labels by language tag; those that areas share are [`Areas::labels`].
    pub labels: BTreeMap<String, Labels>,
    /// The schema's file, or the folder of the JSON Schemas, relative to the root of the packs, with `/` between parts.
    pub schema: String,
    /// What its documents are checked against.
    pub law: Law,
    /// Rules that the schema cannot say.
    pub rules: Vec<Rule>,
    /// The question set; empty where the area has none.
    pub questions: QuestionSet,
    pub(crate) files: Arc<SchemaFiles>,
}

impl AreaVersion {
    /// How its documents look in the other spelling; nothing where they have one only.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.law {
            Law::Both(mapping) => Some(mapping),
            Law::Xml { .. } | Law::Json { .. } => None,
        }
    }

    /// The only spelling of its documents; nothing where they have both.
    pub fn only_spelling(&self) -> Option<ContentType> {
        match &self.law {
            Law::Both(_) => None,
            Law::Xml { .. } => Some(ContentType::Xml),
            Law::Json { .. } => Some(ContentType::Json),
        }
    }
}

/// Texts for people, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// By local name of the element or attribute.
    pub fields: BTreeMap<String, String>,
    /// By name of the code list (a simple type), then by code.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
    /// By code of the question.
    pub questions: BTreeMap<String, String>,
    /// By id of the rule.
    pub rules: BTreeMap<String, String>,
    /// By rejection code; among the common labels only.
    pub rejections: BTreeMap<String, String>,
}

/// The folder of the pack that a file belongs to, with `/` at its end; both are paths from the root of the packs.
pub(crate) fn home(path: &str) -> &str {
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(index, _)| index + 1);
    &path[..end]
}

/// Namespace of the types and elements that areas share.
pub const COMMON_NAMESPACE: &str = "urn:imi:common:1";

/// A legislative area.
#[derive(Debug, Clone)]
pub struct Area {
    /// Its name, equal to the pack's folder.
    pub id: AreaId,
    /// Its title by language tag; English is always there.
    pub title: BTreeMap<String, String>,
    /// The languages that its labels are promised in, besides English; `gateway areas check` demands every text.
    pub languages: Vec<String>,
    /// Countries that take part without being members ([`Areas::members`]), as the Union spells them.
    pub third_countries: Vec<String>,
    /// The acts it rests on.
    pub legal_basis: Vec<String>,
    /// Whom to ask about the pack.
    pub contact: String,
    /// Whether it takes messages.
    pub status: Status,
    /// What the hub does with its documents.
    pub content: ContentPolicy,
    /// How long data of its exchanges live.
    pub retention: Retention,
    /// How its documents spell countries, where the pack says it.
    pub countries: Option<Countries>,
    /// The periods that its acts set.
    pub deadlines: Vec<Deadline>,
    /// Countries whose coordinators approve requests before they leave (domain, B2), as the Union spells them.
    pub approval: Vec<String>,
    /// What some recipients see instead of a document.
    pub views: Vec<View>,
    /// How the answers of many are put into one.
    pub consolidations: Vec<Consolidation>,
    /// Its versions, ascending.
    pub versions: Vec<AreaVersion>,
    /// Its messages in every version they exist in.
    pub messages: Vec<MessageDefinition>,
}

impl Area {
    /// SHA-256 of every schema file and catalogue in the pack's folder, by its path from there.
    pub fn schema_digests(&self) -> BTreeMap<&str, String> {
        let home = format!("areas/{}/", self.id);
        let files = self.versions.iter().flat_map(|version| version.files.iter());
        files.filter_map(|(path, file)| Some((path.strip_prefix(&home)?, file.sha256.clone()))).collect()
    }

    /// The version of this number.
    pub fn version(&self, number: u16) -> Option<&AreaVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

/// Every area that the hub knows. Immutable: a change is a new value.
#[derive(Debug, Clone)]
pub struct Areas {
    areas: BTreeMap<AreaId, Area>,
    definitions: BTreeMap<MessageType, MessageDefinition>,
    workflows: BTreeMap<WorkflowId, Arc<Workflow>>,
    labels: Arc<BTreeMap<String, Labels>>,
    members: Arc<BTreeSet<String>>,
    calendars: Arc<Calendars>,
}

impl Areas {
    /// Loads and proves every pack beneath `root`, which holds `areas/`, `common/` and `workflows/`: a schema that does
    /// not compile, a root element that does not exist, an unknown key, each is an error.
    pub fn load(root: &Path) -> Result<Areas, AreaError> {
        load::areas(root)
    }

    /// Loads every pack beneath `root` while others are in force. A pack that is broken stays as it was in `former`, and
    /// its reason is told; one that is new and broken is left out.
    pub fn reload(root: &Path, former: &Areas) -> (Areas, Vec<AreaError>) {
        load::again(root, former)
    }

    /// Loads every pack beneath `root` that can be loaded, or those of `only` where it names any, and says why others
    /// cannot. The error concerns what the packs share.
    pub fn load_each(root: &Path, only: &[AreaId]) -> Result<(Areas, Vec<AreaError>), AreaError> {
        load::each(root, only)
    }

    /// The areas, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }

    /// The area of this name.
    pub fn area(&self, id: &AreaId) -> Option<&Area> {
        self.areas.get(id)
    }

    /// The version of its area that a message of this type belongs to.
    pub fn version(&self, message_type: &MessageType) -> Option<&AreaVersion> {
        self.area(&message_type.area)?.version(message_type.version)
    }

    /// The areas in every version they have.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&Area, &AreaVersion)> {
        self.iter().flat_map(|area| area.versions.iter().map(move |version| (area, version)))
    }

    /// The workflow of this name.
    pub fn workflow(&self, id: &WorkflowId) -> Option<&Arc<Workflow>> {
        self.workflows.get(id)
    }

    /// Labels that all areas share, by language tag.
    pub fn labels(&self) -> &BTreeMap<String, Labels> {
        &self.labels
    }

    /// The states that take part in every area, as the Union spells them (`common/countries.toml`).
    pub fn members(&self) -> &BTreeSet<String> {
        &self.members
    }

    /// Public holidays of every country, and when legal time limits end (`common/holidays/`).
    pub fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// Whether authorities of a country may take part in an area: those of members do, and of the Commission (`EU`);
    /// others where the area's pack names their country.
    pub fn admits(&self, area: &AreaId, country: &str) -> bool {
        const COMMISSION: &str = "EU";
        let third = || self.area(area).is_some_and(|area| area.third_countries.iter().any(|third| third == country));
        country == COMMISSION || self.members.contains(country) || third()
    }

    /// What a rejection code means, in this language.
    pub fn rejection_text(&self, language: &str, code: RejectionCode) -> Option<&str> {
        self.labels.get(language)?.rejections.get(code.as_str()).map(String::as_str)
    }

    /// What the packs say about messages of this type.
    pub fn definition(&self, message_type: &MessageType) -> Option<&MessageDefinition> {
        self.definitions.get(message_type)
    }
}
