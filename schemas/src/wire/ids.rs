//! Identifiers, each with its own type and one spelling that is checked where it enters.

use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, str::FromStr};
use thiserror::Error;
use uuid::Uuid;

/// Why a text is not the identifier it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{found:?} is not {expected}")]
pub struct IdError {
    expected: &'static str,
    found: String,
}

impl IdError {
    fn new(expected: &'static str, found: &str) -> Self {
        // Outside bytes end up in logs and receipts: a bounded excerpt is enough to recognise them.
        Self { expected, found: found.chars().take(80).collect() }
    }
}

/// Longest identifier in bytes. Queue names may have 255, and `receipts.` or `mailbox.` stands before the identifier.
const LONGEST: usize = 128;

fn upper_word(text: &str) -> bool {
    (2..=LONGEST).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}

fn lower_word(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

macro_rules! word_id {
    ($(#[$doc:meta])* $name:ident, $check:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Box<str>);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if $check(text) { Ok(Self(text.into())) } else { Err(IdError::new($expected, text)) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

word_id! {
    /// A technical system with its own certificate; equals the certificate's subject CN, e.g. `PL-BACKOFFICE`.
    ParticipantId, upper_word, "a participant id (2 to 128 of A-Z, 0-9 and '-', beginning with a letter)"
}
word_id! {
    /// A competent authority of the directory, e.g. `PL-NIA-PHARM`; begins with its country's code.
    AuthorityId, upper_word, "an authority id (2 to 128 of A-Z, 0-9 and '-', beginning with a letter)"
}
word_id! {
    /// A legislative area or system, e.g. `imi-pq`.
    AreaId, lower_word, "an area (a-z, 0-9 and '-', beginning with a letter)"
}
word_id! {
    /// The name of a message within its area, e.g. `information-request`.
    MessageName, lower_word, "a message name (a-z, 0-9 and '-', beginning with a letter)"
}

word_id! {
    /// A workflow, e.g. `information-request`.
    WorkflowId, lower_word, "a workflow (a-z, 0-9 and '-', beginning with a letter)"
}
word_id! {
    /// A side of an exchange, e.g. `requester`: a word of the exchange's workflow.
    PartyName, lower_word, "a party (a-z, 0-9 and '-', beginning with a letter)"
}
word_id! {
    /// What a message does to its exchange, e.g. `reply`: a word of the message's workflow.
    ActionName, lower_word, "an action (a-z, 0-9 and '-', beginning with a letter)"
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl FromStr for $name {
            type Err = IdError;
            /// Accepts the hyphenated spelling of 36 characters only, so that one id has one text.
            fn from_str(text: &str) -> Result<Self, IdError> {
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(IdError::new($expected, text)),
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

uuid_id! {
    /// A message, minted by its sender; with the participant it is the idempotency key.
    MessageId, "a message id (UUID of 36 characters)"
}
uuid_id! {
    /// An exchange (`correlation_id`), minted by whoever opens it.
    ExchangeId, "an exchange id (UUID of 36 characters)"
}

/// `<area>/<message>@<version>`, e.g. `imi-pq/information-request@1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct MessageType {
    /// The legislative area.
    pub area: AreaId,
    /// The message within the area.
    pub message: MessageName,
    /// The version of the area's schemas, from 1.
    pub version: u16,
}

impl MessageType {
    /// The routing key that a message of this type is published with: `<area>.<message>`.
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.area, self.message)
    }
}

impl FromStr for MessageType {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::new("a message type (<area>/<message>@<version>)", text);
        let (area, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (message, version) = rest.split_once('@').ok_or_else(wrong)?;
        let plain =
            !version.is_empty() && !version.starts_with('0') && version.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self {
            area: area.parse().map_err(|_| wrong())?,
            message: message.parse().map_err(|_| wrong())?,
            version: if plain { version.parse().map_err(|_| wrong())? } else { return Err(wrong()) },
        })
    }
}

impl TryFrom<String> for MessageType {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl Serialize for MessageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}@{}", self.area, self.message, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_type_has_one_spelling() {
        let text = "imi-pq/information-request@1";
        let parsed: MessageType = text.parse().expect("the contract's own example");
        assert_eq!(parsed.to_string(), text);
        assert_eq!(parsed.routing_key(), "imi-pq.information-request");
        for wrong in [
            "",
            "imi-pq",
            "imi-pq/x",
            "imi-pq/x@",
            "imi-pq/x@01",
            "imi-pq/x@+1",
            "IMI/x@1",
            "a/b@99999",
            "a/b/c@1",
            "a/b@1 ",
        ] {
            assert!(wrong.parse::<MessageType>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn identifiers_refuse_what_could_name_another_queue() {
        for wrong in ["", "P", "pl", "PL.X", "PL#", "PL*", "PL X", "-PL", "ÉU", &"A".repeat(129)] {
            assert!(wrong.parse::<AuthorityId>().is_err(), "{wrong:?}");
        }
        assert_eq!("PL-NIA-PHARM".parse::<AuthorityId>().expect("valid").as_str(), "PL-NIA-PHARM");
    }

    #[test]
    fn a_message_id_is_hyphenated() {
        assert!("0195b7f0-0000-7000-8000-000000000001".parse::<MessageId>().is_ok());
        assert!("0195b7f0000070008000000000000001".parse::<MessageId>().is_err());
        assert!("{0195b7f0-0000-7000-8000-000000000001}".parse::<MessageId>().is_err());
    }
}
