//! `area.toml` as it is written. Every key is known; what it says is checked in `load`.

use super::{
    Consolidation, ContentPolicy, CountedFrom, Countries, Deadline, Keeping, Period, Reads, Recipients, Role, Status,
    View,
};
use crate::wire::{ActionName, AreaId, ContentType, MessageName, PartyName, WorkflowId};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pack {
    /// Equal to the folder's name.
    pub id: AreaId,
    pub status: Status,
    pub content: ContentPolicy,
    pub contact: String,
    pub legal_basis: Vec<String>,
    /// By language tag; `en` is required.
    pub title: BTreeMap<String, String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub third_countries: Vec<String>,
    pub retention: PackRetention,
    pub countries: Option<Countries>,
    #[serde(default)]
    pub deadline: Vec<Spanned<Deadline>>,
    #[serde(default)]
    pub approval: Vec<String>,
    #[serde(default)]
    pub view: Vec<Spanned<View>>,
    #[serde(default)]
    pub consolidation: Vec<Spanned<Consolidation>>,
    pub version: Vec<PackVersion>,
    pub message: Vec<PackMessage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackRetention {
    pub block_after: Period,
    pub erase_after: Period,
    pub counted_from: CountedFrom,
    pub reference: String,
    #[serde(default)]
    pub exception: Vec<PackException>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackException {
    pub messages: Vec<MessageName>,
    pub block_after: Period,
    pub erase_after: Period,
    pub counted_from: CountedFrom,
    pub reference: String,
}

impl PackRetention {
    pub(super) fn rule(&self) -> Keeping {
        let Self { block_after, erase_after, counted_from, ref reference, .. } = *self;
        Keeping { block_after, erase_after, counted_from, reference: reference.clone() }
    }
}

impl PackException {
    pub(super) fn rule(&self) -> Keeping {
        let Self { block_after, erase_after, counted_from, ref reference, .. } = *self;
        Keeping { block_after, erase_after, counted_from, reference: reference.clone() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackVersion {
    pub number: u16,
    /// The only spelling of its documents; absent where they have both.
    pub spelling: Option<ContentType>,
    /// Target namespace of the schema, empty for one without. JSON has none.
    pub namespace: Option<Spanned<String>>,
    /// Path of the schema from the pack's folder; in JSON, of the folder that the schemas lie in.
    pub schema: Spanned<String>,
    /// Path of an OASIS XML catalogue from the pack's folder.
    pub catalog: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackMessage {
    pub name: MessageName,
    /// The versions that have this message.
    pub versions: Vec<u16>,
    /// Local name of the root element; in JSON, the schema's file and a JSON Pointer in it.
    pub root: Spanned<String>,
    /// Namespace of the root element, where it is not that of the version.
    pub namespace: Option<Spanned<String>>,
    pub workflow: WorkflowId,
    pub action: ActionName,
    pub senders: Vec<Role>,
    pub receivers: Vec<Role>,
    pub urgent: bool,
    pub national: bool,
    pub answer_due: Option<Spanned<String>>,
    pub recipients: Option<Recipients>,
    #[serde(default)]
    pub copies: Vec<PartyName>,
    #[serde(default)]
    pub reads: Reads,
}
