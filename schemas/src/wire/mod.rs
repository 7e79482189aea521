//! The wire contract: the words, names and formats that hub, adapters and simulators share.
//!
//! Owns identifiers, the envelope's property and header names, queue names, receipts and rejection codes.
//! Knows nothing of brokers, stores or schemas: every item here is plain data.

mod content_type;
mod ids;
mod notice;
mod receipt;
mod rejection;
mod retrieved;

pub use content_type::ContentType;
pub use ids::{
    ActionName, AreaId, AuthorityId, ExchangeId, IdError, MessageId, MessageName, MessageType, ParticipantId,
    PartyName, WorkflowId,
};
pub use notice::{Notice, NoticeKind};
pub use receipt::{Explanation, Outcome, Receipt, ReceiptBatch, SignedReceipt};
pub use rejection::{Rejection, RejectionCode, Violation};
pub use retrieved::{Retrieved, RetrievedEntry};

/// Virtual host that the whole network lives in.
pub const VIRTUAL_HOST: &str = "imi";
/// Exchange that participants publish to, with routing key `<area>.<message>`.
pub const SUBMIT_EXCHANGE: &str = "imi.submit";
/// Area name of the messages that the hub itself understands.
pub const HUB_AREA: &str = "hub";
/// Type of the message that carries receipts to a sender.
pub const RECEIPTS_TYPE: &str = "hub/receipts@1";
/// Type of the message with which a recipient reports what it has stored.
pub const RETRIEVED_TYPE: &str = "hub/retrieved@1";

/// `content_type` of a document spelled in XML.
pub const XML: &str = "application/xml";
/// `content_type` of a document spelled in JSON.
pub const JSON: &str = "application/json";

/// The sending authority.
pub const HEADER_FROM: &str = "imi-from";
/// The receiving authority, or an array of them.
pub const HEADER_TO: &str = "imi-to";
/// BCP 47 tag of the document's free text.
pub const HEADER_LANGUAGE: &str = "imi-language";
/// Marks a test message: validated, tracked and answered, never delivered.
pub const HEADER_TEST: &str = "imi-test";
/// W3C trace context, carried through to the recipient.
pub const HEADER_TRACEPARENT: &str = "traceparent";
/// Position of a delivered message in its exchange, counted from 1.
pub const HEADER_SEQUENCE: &str = "imi-sequence";
/// Date by which an answer is due (ISO 8601), where one is.
pub const HEADER_DEADLINE: &str = "imi-deadline";
/// SHA-256 of the document, lower-case hexadecimal.
pub const HEADER_CONTENT_SHA256: &str = "imi-content-sha256";

/// NYSIIS keys of the names that a search is for, as a JSON object: the path of the name, and its keys.
pub const HEADER_SEARCH_KEYS: &str = "imi-search-keys";

/// The queue an authority receives from.
pub fn mailbox_queue(mailbox: &AuthorityId) -> String {
    format!("mailbox.{mailbox}")
}

/// The queue a participant reads its receipts from.
pub fn receipts_queue(participant: &ParticipantId) -> String {
    format!("receipts.{participant}")
}

/// SHA-256 of a document as the wire spells it: 64 lower-case hexadecimal digits.
pub fn content_sha256(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hexadecimal(&Sha256::digest(content))
}

/// Bytes in lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0x0F)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hash_is_spelled_as_others_spell_it() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::content_sha256(b""), empty);
    }
}
