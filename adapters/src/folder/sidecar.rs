//! The envelope of a document as a small TOML file beside it, and how defaults complete it.
//!
//! Owns the keys and their meaning; reads and writes no file.

use crate::outgoing::Outgoing;
use schemas::wire::{AuthorityId, ExchangeId, JSON, MessageId, MessageType, XML};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use uuid::Uuid;

/// Largest sidecar, in bytes.
pub(super) const LARGEST_SIDECAR: u64 = 256 * 1024;

/// One authority, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Recipients {
    /// `to = "UK-GPHC"`
    One(AuthorityId),
    /// `to = ["UK-GPHC", "DE-RP-DARMSTADT"]`
    Many(Vec<AuthorityId>),
}

impl From<Recipients> for Vec<AuthorityId> {
    fn from(recipients: Recipients) -> Self {
        match recipients {
            Recipients::One(one) => vec![one],
            Recipients::Many(many) => many,
        }
    }
}

/// What a sidecar, or the defaults of the configuration, may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sidecar {
    /// `<area>/<message>@<version>`
    #[serde(rename = "type")]
    pub(super) message_type: Option<MessageType>,
    pub(super) from: Option<AuthorityId>,
    pub(super) to: Option<Recipients>,
    pub(super) language: Option<String>,
    pub(super) correlation_id: Option<ExchangeId>,
    pub(super) message_id: Option<MessageId>,
    pub(super) test: Option<bool>,
    pub(super) traceparent: Option<String>,
}

/// The spelling of a document, as its file name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Spelling {
    /// `.xml`
    Xml,
    /// `.json`
    Json,
}

impl Spelling {
    /// Ending of file names.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The spelling that an ending stands for.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        [Self::Xml, Self::Json].into_iter().find(|spelling| spelling.ending() == ending)
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Xml => XML,
            Self::Json => JSON,
        }
    }

    /// The ending for a content type that was delivered.
    pub(super) fn ending_for(content_type: &str) -> &'static str {
        if content_type == JSON { "json" } else { "xml" }
    }
}

/// A complete envelope: what is sent, and what is written beside the document that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Envelope {
    /// The message.
    pub(super) message_id: MessageId,
    /// The exchange.
    pub(super) correlation_id: ExchangeId,
    /// The type.
    #[serde(rename = "type")]
    pub(super) message_type: MessageType,
    /// The sender.
    pub(super) from: AuthorityId,
    /// The recipients; none where the exchange knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) to: Vec<AuthorityId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) test: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) traceparent: Option<String>,
}

/// Two fresh identifiers, for an envelope that brings none.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreshIds {
    pub(super) message: Uuid,
    pub(super) exchange: Uuid,
}

impl Sidecar {
    /// Reads the text of a sidecar.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "the sidecar is not UTF-8".to_owned())?;
        toml::from_str(text).map_err(|error| format!("the sidecar cannot be read: {error}"))
    }

    /// Completes it with defaults and fresh ids; says what is missing.
    ///
    /// A sidecar with a `correlation_id` answers within an open exchange, where the recipients are usually known: the
    /// default for `to` is used only for a message that opens one.
    pub(super) fn complete(self, defaults: &Sidecar, fresh: FreshIds) -> Result<Envelope, String> {
        let missing = |key: &str| format!("neither the sidecar nor [defaults] of the configuration says {key:?}");
        let default_to = defaults.to.clone().filter(|_| self.correlation_id.is_none());
        Ok(Envelope {
            message_id: self.message_id.unwrap_or(MessageId(fresh.message)),
            correlation_id: self.correlation_id.unwrap_or(ExchangeId(fresh.exchange)),
            message_type: self.message_type.or_else(|| defaults.message_type.clone()).ok_or_else(|| missing("type"))?,
            from: self.from.or_else(|| defaults.from.clone()).ok_or_else(|| missing("from"))?,
            to: self.to.or(default_to).map(Vec::from).unwrap_or_default(),
            language: self.language.or_else(|| defaults.language.clone()),
            test: self.test.or(defaults.test).unwrap_or(false),
            traceparent: self.traceparent,
        })
    }
}

impl Envelope {
    /// The message with this document.
    pub(super) fn message(&self, spelling: Spelling, body: Vec<u8>) -> Outgoing {
        Outgoing {
            message_id: self.message_id,
            correlation_id: self.correlation_id,
            message_type: self.message_type.clone(),
            content_type: spelling.content_type().to_owned(),
            from: self.from.clone(),
            to: self.to.clone(),
            language: self.language.clone(),
            test: self.test,
            traceparent: self.traceparent.clone(),
            body,
        }
    }

    /// The text of a sidecar that says all of it, beneath comments.
    pub(super) fn text(&self, comments: &[String]) -> String {
        let mut text = String::new();
        for comment in comments {
            let plain: String = comment.chars().filter(|c| !c.is_control()).collect();
            let _infallible = writeln!(text, "# {plain}");
        }
        text + &toml::to_string(self).expect("plain data always has a TOML form")
    }

    /// The text of a sidecar for a corrected document. It names no message: the hub remembers what the former id stood
    /// for, and would refuse it for another document.
    pub(super) fn text_for_another_try(&self) -> String {
        let own_id = format!("message_id = \"{}\"\n", self.message_id);
        let comment = format!("This was message {}; sent again it gets an id of its own.", self.message_id);
        self.text(&[comment]).replacen(&own_id, "", 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: FreshIds = FreshIds { message: Uuid::from_u128(1), exchange: Uuid::from_u128(2) };

    fn defaults() -> Sidecar {
        Sidecar::read(
            b"type = 'imi-services/information-request@1'\nfrom = 'CZ-TLO-PRAHA'\nto = 'PL-CEIDG'\nlanguage = 'cs'",
        )
        .expect("good defaults")
    }

    fn complete(sidecar: &str) -> Result<Envelope, String> {
        Sidecar::read(sidecar.as_bytes())?.complete(&defaults(), FRESH)
    }

    #[test]
    fn a_plain_document_is_sent_as_the_defaults_say() {
        let envelope = complete("").expect("complete");
        assert_eq!(envelope.message_id.0, FRESH.message);
        assert_eq!(envelope.correlation_id.0, FRESH.exchange);
        assert_eq!(envelope.to, ["PL-CEIDG".parse().expect("an authority")]);
        assert_eq!(envelope.language.as_deref(), Some("cs"));
        assert!(!envelope.test);
    }

    #[test]
    fn a_sidecar_says_it_better() {
        let id = "0195b7f0-0000-7000-8000-000000000001";
        let envelope = complete(&format!("to = ['UK-GPHC', 'DE-RP-DARMSTADT']\nmessage_id = '{id}'\ntest = true"));
        let envelope = envelope.expect("complete");
        assert_eq!((envelope.to.len(), envelope.test), (2, true));
        assert_eq!(envelope.message_id.to_string(), id);
    }

    #[test]
    fn an_answer_goes_to_whom_the_exchange_knows() {
        let answer = complete("correlation_id = '0195b7f0-0000-7000-8000-000000000001'").expect("complete");
        assert!(answer.to.is_empty());
        assert_ne!(answer.correlation_id.0, FRESH.exchange);
    }

    #[test]
    fn what_is_wrong_or_missing_is_said() {
        for wrong in ["tpye = 'x'", "to = 7", "from = 'cz'", "type = 'x'", "message_id = '1'", "\u{0}", "test = 'yes'"]
        {
            assert!(complete(wrong).is_err(), "{wrong:?}");
        }
        let missing = Sidecar::default().complete(&Sidecar::default(), FRESH).expect_err("nothing is known");
        assert!(missing.contains("\"type\""), "{missing}");
        assert!(Sidecar::read(b"\xff").is_err());
    }

    #[test]
    fn what_was_sent_can_be_read_back_and_sent_again() {
        let envelope = complete("to = ['UK-GPHC']").expect("complete");
        let text = envelope.text(&["confirmed\nat noon".to_owned()]);
        assert!(text.starts_with("# confirmedat noon\n"), "{text}");
        assert_eq!(complete(&text).expect("complete"), envelope);
    }

    #[test]
    fn what_was_rejected_is_tried_again_as_another_message() {
        let id = "0195b7f0-0000-7000-8000-000000000001";
        let rejected = complete(&format!("message_id = '{id}'\nlanguage = 'sk'")).expect("complete");
        let again = complete(&rejected.text_for_another_try()).expect("complete");
        assert_eq!(again.message_id.0, FRESH.message);
        assert_eq!(Envelope { message_id: rejected.message_id, ..again }, rejected);
    }
}
