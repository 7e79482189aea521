//! Area packs: a legislative area as data.
//!
//! Owns what a pack says (titles, messages, who may send what, retention) and its loading from disk. Knows nothing
//! of documents: applying a pack's schemas is the work of [`crate::validate`].

mod error;
mod files;
mod load;
mod pack;

use crate::wire::{AreaId, MessageType};
pub use error::AreaError;
pub(crate) use files::SchemaFiles;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// What a message does to its exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Opens the exchange.
    Open,
    /// Takes responsibility for answering.
    Accept,
    /// Answers.
    Reply,
    /// Asks for more information after an answer.
    RequestMore,
    /// Ends the exchange: the answer satisfies.
    Close,
    /// Ends the exchange: the question is no longer asked.
    Withdraw,
    /// Hands the request to another authority of the same country.
    Forward,
}

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
}

/// How long an exchange's data live after its formal closure (Regulation (EU) 1024/2012, Article 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Months after which personal data are blocked.
    pub block_after_months: u16,
    /// Months after which they are erased; never fewer than `block_after_months`.
    pub erase_after_months: u16,
}

/// One message of an area in one version, as the pipeline needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageDefinition {
    /// Area, name and version.
    pub message_type: MessageType,
    /// Local name of the root element, in the namespace of the version.
    pub root: String,
    /// What the message does to its exchange.
    pub action: Action,
    /// Who may send it.
    pub senders: Vec<Role>,
    /// Who receives it.
    pub receivers: Vec<Role>,
    /// Whether it travels on the urgent lane.
    pub urgent: bool,
    /// Whether its recipient may be an authority of the sender's own country.
    pub national: bool,
    /// Local name of the element that holds the date by which an answer is due (`xs:date`): the first of that name
    /// in document order, whatever its namespace.
    pub answer_due: Option<String>,
}

/// One version of an area's schemas.
#[derive(Debug, Clone)]
pub struct AreaVersion {
    /// The number, from 1.
    pub number: u16,
    /// Target namespace of its messages.
    pub namespace: String,
    /// Labels by language tag.
    pub labels: BTreeMap<String, Labels>,
    /// The schema's file, relative to the root of the packs, with `/` between its parts.
    pub schema: String,
    pub(crate) files: Arc<SchemaFiles>,
}

/// Texts for people, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// By local name of the element or attribute.
    pub fields: BTreeMap<String, String>,
    /// By name of the code list (a simple type), then by code.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// A legislative area.
#[derive(Debug, Clone)]
pub struct Area {
    /// Its name, equal to the pack's folder.
    pub id: AreaId,
    /// Its title by language tag; English is always there.
    pub title: BTreeMap<String, String>,
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
    /// Its versions, ascending.
    pub versions: Vec<AreaVersion>,
    /// Its messages in every version they exist in.
    pub messages: Vec<MessageDefinition>,
}

impl Area {
    /// The version of this number.
    pub fn version(&self, number: u16) -> Option<&AreaVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

/// Every area that the hub knows. Immutable: a change is a new value.
#[derive(Debug)]
pub struct Areas {
    areas: BTreeMap<AreaId, Area>,
    definitions: BTreeMap<MessageType, MessageDefinition>,
}

impl Areas {
    /// Loads and proves every pack beneath `root`, which holds `areas/` and `common/`: a schema that does not
    /// compile, a root element that does not exist, an unknown key, each is an error.
    pub fn load(root: &Path) -> Result<Areas, AreaError> {
        load::areas(root)
    }

    /// The areas, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }

    /// The area of this name.
    pub fn area(&self, id: &AreaId) -> Option<&Area> {
        self.areas.get(id)
    }

    /// The areas in every version they have.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&Area, &AreaVersion)> {
        self.iter().flat_map(|area| area.versions.iter().map(move |version| (area, version)))
    }

    /// What the packs say about messages of this type.
    pub fn definition(&self, message_type: &MessageType) -> Option<&MessageDefinition> {
        self.definitions.get(message_type)
    }
}
