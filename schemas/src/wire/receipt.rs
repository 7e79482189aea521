//! Receipts: the hub's signed word about one message.

use super::{AuthorityId, MessageType, RejectionCode, Violation};
use serde::{Deserialize, Serialize};

/// What happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The hub holds the message and is responsible for it from now on.
    Accepted,
    /// The hub refused it; the receipt says why.
    Rejected,
    /// It lies in the recipient's mailbox.
    Delivered,
    /// The recipient has reported that it stored it.
    Retrieved,
    /// Its time was over before it could be delivered.
    Expired,
    /// The hub gave up delivering it; the receipt says why.
    Failed,
}

impl Outcome {
    /// The outcome as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Delivered => "delivered",
            Self::Retrieved => "retrieved",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// One receipt. The same fact always gives the same receipt, so one that comes twice says the same twice:
/// (`message_id`, `outcome`, `recipient`, `content_sha256`) tells duplicates apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Id of the hub that speaks.
    pub hub: String,
    /// The message as its sender named it; absent where the sender named none. Text, because it may be garbage.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<String>,
    /// The exchange it belongs to, as its sender named it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_id: Option<String>,
    /// Its type, where it had a valid one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub message_type: Option<MessageType>,
    /// What happened.
    pub outcome: Outcome,
    /// When it happened: RFC 3339, UTC, milliseconds.
    pub time: String,
    /// SHA-256 of the document, lower-case hexadecimal.
    pub content_sha256: String,
    /// The sending authority, where the hub accepted it as such.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<AuthorityId>,
    /// The recipient that a delivered, retrieved, expired or failed speaks of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipient: Option<AuthorityId>,
    /// Why it was rejected: the code of the closed list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<RejectionCode>,
    /// Why it was rejected or failed: a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What the code means, in the sender's language.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub explanation: Option<Explanation>,
    /// Every violation with its place.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub violations: Vec<Violation>,
}

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its language (BCP 47).
    pub language: String,
    /// The sentence.
    pub text: String,
}

/// A receipt with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    /// The receipt in plain sight.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// JWS in compact form (RFC 7515, `EdDSA` of RFC 8037). Its payload is the receipt as JSON: believe the
    /// payload, and use the plain fields for reading.
    pub jws: String,
}

/// Body of a `hub/receipts@1` message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBatch {
    /// One or many receipts, oldest first.
    pub receipts: Vec<SignedReceipt>,
}
