//! A message as a participant sends it: the document and its envelope.
//!
//! Owns the defaults and the limits of the envelope; what the document says is the hub's to judge.

use schemas::wire::{AuthorityId, ExchangeId, MessageId, MessageType, XML};
use std::fmt;
use uuid::Uuid;

/// Most recipients that one message may name: the envelope has to fit into one AMQP frame.
const MOST_RECIPIENTS: usize = 500;
/// Longest short string of AMQP, in bytes.
pub(crate) const LONGEST_SHORT_STRING: usize = 255;
/// Longest language tag or trace context, in bytes.
const LONGEST_HEADER: usize = 1024;

/// One message to submit. The pair of participant and `message_id` names it for ever: sending it again repeats the
/// hub's answer and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub message_id: MessageId,
    /// The exchange it opens or belongs to.
    pub correlation_id: ExchangeId,
    /// Its type.
    pub message_type: MessageType,
    /// Spelling of the document: `application/xml` or `application/json`.
    pub content_type: String,
    /// The sending authority, which the participant must serve.
    pub from: AuthorityId,
    /// The receiving authorities; none where the exchange itself knows them.
    pub to: Vec<AuthorityId>,
    /// Language of free text (BCP 47).
    pub language: Option<String>,
    /// Whether it is a test: checked and answered, never delivered.
    pub test: bool,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// The bare document.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// A message with a fresh id that opens an exchange of its own (both UUID version 7), its document in XML.
    pub fn new(message_type: MessageType, from: AuthorityId, to: Vec<AuthorityId>, body: Vec<u8>) -> Self {
        Self {
            message_id: MessageId(Uuid::now_v7()),
            correlation_id: ExchangeId(Uuid::now_v7()),
            message_type,
            content_type: XML.to_owned(),
            from,
            to,
            language: None,
            test: false,
            traceparent: None,
            body,
        }
    }

    /// The same message within an exchange that is open already.
    pub fn in_exchange(self, correlation_id: ExchangeId) -> Self {
        Self { correlation_id, ..self }
    }

    /// The same message with the language of its free text.
    pub fn language(self, tag: &str) -> Self {
        Self { language: Some(tag.to_owned()), ..self }
    }

    /// The first property that the protocol cannot carry.
    pub(crate) fn objection(&self) -> Option<String> {
        let short = |name: &str, length: usize| {
            (length > LONGEST_SHORT_STRING)
                .then(|| format!("{name} has {length} bytes, more than {LONGEST_SHORT_STRING}"))
        };
        let header = |name: &str, value: &Option<String>| {
            let length = value.as_ref().map_or(0, String::len);
            (length > LONGEST_HEADER).then(|| format!("{name} has {length} bytes, more than {LONGEST_HEADER}"))
        };
        short("type", self.message_type.to_string().len())
            .or_else(|| short("routing key", self.message_type.routing_key().len()))
            .or_else(|| short("content_type", self.content_type.len()))
            .or_else(|| header("imi-language", &self.language))
            .or_else(|| header("traceparent", &self.traceparent))
            .or_else(|| {
                let count = self.to.len();
                (count > MOST_RECIPIENTS).then(|| format!("{count} recipients are more than {MOST_RECIPIENTS}"))
            })
    }
}

/// Without the document: what is printed ends up in logs.
impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Outgoing");
        debug.field("message_id", &self.message_id.0).field("correlation_id", &self.correlation_id.0);
        debug.field("message_type", &self.message_type.to_string()).field("body_bytes", &self.body.len());
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Outgoing {
        let id = |text: &str| text.parse().expect("an authority");
        let message_type = "imi-pq/information-request@1".parse().expect("a type");
        Outgoing::new(message_type, id("PL-NIA-PHARM"), vec![id("UK-GPHC")], b"<a/>".to_vec())
    }

    #[test]
    fn a_new_message_has_ids_of_its_own_and_keeps_them() {
        let (first, second) = (message(), message());
        assert_ne!(first.message_id, second.message_id);
        assert_ne!(first.correlation_id, second.correlation_id);
        assert_eq!(first.message_id.0.get_version_num(), 7);
        let answer = second.clone().in_exchange(first.correlation_id).language("pl");
        assert_eq!((answer.message_id, answer.correlation_id), (second.message_id, first.correlation_id));
        assert_eq!(answer.language.as_deref(), Some("pl"));
    }

    #[test]
    fn a_document_is_never_printed() {
        let secret = Outgoing { body: b"secret".to_vec(), ..message() };
        let printed = format!("{secret:?}");
        assert!(printed.contains("body_bytes: 6") && !printed.contains("115"), "{printed}");
    }

    #[test]
    fn what_the_protocol_cannot_carry_is_said_before_sending() {
        assert_eq!(message().objection(), None);
        let long = Outgoing { content_type: "x".repeat(256), ..message() };
        assert_eq!(long.objection().as_deref(), Some("content_type has 256 bytes, more than 255"));
        let many = Outgoing { to: vec![message().from; 501], ..message() };
        assert!(many.objection().is_some());
        assert!(message().language(&"x".repeat(2000)).objection().is_some());
    }
}
