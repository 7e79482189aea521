//! Claim: what a message says of itself, and the fingerprint by which a repetition is told from a reuse.
//!
//! Pure. Judges nothing: a claim exists for messages that are refused as well.

use crate::{
    envelope::{self, HeaderValue, Properties, Received},
    store::MessageKey,
};
use schemas::wire::{AuthorityId, HEADER_FROM, HEADER_LANGUAGE, HEADER_TEST, HEADER_TO, MessageType, ParticipantId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a message says of itself, kept even when it is refused: a receipt and a record need it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its identity in the store.
    pub key: MessageKey,
    /// `message_id` as written.
    pub message_id: Option<String>,
    /// `correlation_id` as written.
    pub correlation_id: Option<String>,
    /// Its type, where valid.
    pub message_type: Option<MessageType>,
    /// The sending authority, where valid and served by the participant.
    pub sender: Option<AuthorityId>,
    /// SHA-256 over metadata and document.
    pub fingerprint: String,
    /// SHA-256 of the document.
    pub content_sha256: String,
}

impl Claim {
    /// Reads it; `participant` is who the broker and the directory have proved.
    pub(super) fn read(received: &Received, participant: Option<&ParticipantId>) -> Self {
        let properties = &received.properties;
        let content_sha256 = schemas::wire::content_sha256(&received.body);
        let fingerprint = fingerprint(properties, &content_sha256);
        let message_id = match envelope::message_id(properties) {
            Ok(id) => id.0,
            // No usable id: one derived from participant and content, so that a redelivery is still recognised.
            Err(_) => Uuid::new_v5(&Uuid::NAMESPACE_OID, fingerprint.as_bytes()),
        };
        Self {
            key: MessageKey { participant: participant.cloned(), message_id },
            message_id: excerpt(properties.message_id.as_deref()),
            correlation_id: excerpt(properties.correlation_id.as_deref()),
            message_type: envelope::message_type(properties).ok(),
            sender: None,
            fingerprint,
            content_sha256,
        }
    }
}

/// As the sender wrote it, but for U+0000, which databases do not hold.
fn excerpt(text: Option<&str>) -> Option<String> {
    text.map(|text| {
        text.chars().take(255).map(|one| if one == '\0' { char::REPLACEMENT_CHARACTER } else { one }).collect()
    })
}

fn fingerprint(properties: &Properties, content_sha256: &str) -> String {
    let mut hasher = Sha256::new();
    let mut absorb = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    absorb(content_sha256);
    for property in [&properties.message_type, &properties.correlation_id, &properties.content_type] {
        absorb(property.as_deref().unwrap_or("\0"));
    }
    for name in [HEADER_FROM, HEADER_TO, HEADER_LANGUAGE, HEADER_TEST] {
        absorb(&properties.headers.get(name).map_or_else(|| "\0".into(), spelled));
    }
    schemas::wire::hexadecimal(&hasher.finalize())
}

fn spelled(value: &HeaderValue) -> String {
    match value {
        HeaderValue::Text(text) => format!("t{}:{text}", text.len()),
        HeaderValue::List(values) => format!("l{}:{}", values.len(), values.iter().map(spelled).collect::<String>()),
        HeaderValue::Flag(value) => format!("f{value}"),
        HeaderValue::Other(kind) => format!("o{kind}"),
    }
}
