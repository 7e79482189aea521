//! `hub/retrieved@1`: a recipient reports what it has stored.

use super::{AuthorityId, MessageId};
use serde::{Deserialize, Serialize};

/// One message that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RetrievedEntry {
    /// The id alone: every delivery with it in the reporter's mailboxes is meant.
    Id(MessageId),
    /// The id and the authority it came from, for reporters that meet one id from two senders.
    From {
        /// The message.
        message_id: MessageId,
        /// Its `imi-from`.
        from: AuthorityId,
    },
}

impl RetrievedEntry {
    /// The message that was stored.
    pub fn message_id(&self) -> MessageId {
        match self {
            Self::Id(message_id) | Self::From { message_id, .. } => *message_id,
        }
    }

    /// The authority it came from, where the report names it.
    pub fn from(&self) -> Option<AuthorityId> {
        match self {
            Self::Id(_) => None,
            Self::From { from, .. } => Some(from.clone()),
        }
    }
}

/// Body of a `hub/retrieved@1` message, JSON: `{"messages": ["<message id>", …]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retrieved {
    /// What was stored: 1 to 10,000 entries.
    pub messages: Vec<RetrievedEntry>,
}

impl Retrieved {
    /// Most entries that one report may hold.
    pub const MOST: usize = 10_000;
}
