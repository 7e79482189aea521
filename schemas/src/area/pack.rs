//! `area.toml` as it is written. Every key is known; what it says is checked in `load`.

use super::{Action, ContentPolicy, Retention, Role, Status};
use crate::wire::{AreaId, MessageName};
use serde::Deserialize;
use std::collections::BTreeMap;

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
    pub retention: Retention,
    pub version: Vec<PackVersion>,
    pub message: Vec<PackMessage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackVersion {
    pub number: u16,
    /// Target namespace of the schema.
    pub namespace: String,
    /// Path of the schema from the pack's folder.
    pub schema: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackMessage {
    pub name: MessageName,
    /// The versions that have this message.
    pub versions: Vec<u16>,
    pub root: String,
    pub action: Action,
    pub senders: Vec<Role>,
    pub receivers: Vec<Role>,
    pub urgent: bool,
    pub national: bool,
    pub answer_due: Option<String>,
}
