//! Rejections: a closed list of codes, each the sender's to act on.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! rejection_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $meaning:literal;)*) => {
        /// Why the hub refused a message. The list is closed (design, section 3); codes are never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RejectionCode {
            $(#[doc = $meaning] #[serde(rename = $code)] $variant,)*
        }
        impl RejectionCode {
            /// Every code, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The code as the wire spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
            /// What the code means, in one English sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

rejection_codes! {
    UnidentifiedSender = "unidentified-sender", "The message carries no sender that the broker has proved, or one that the directory does not hold.";
    NotYourAuthority = "not-your-authority", "The sending participant does not serve the authority it names.";
    UnknownArea = "unknown-area", "No legislative area has this name.";
    UnknownType = "unknown-type", "The area has no message of this name and version.";
    MalformedMetadata = "malformed-metadata", "A property or header is missing, of the wrong kind, or contradicts another.";
    MalformedDocument = "malformed-document", "The document is not well-formed, or not in the encoding it claims.";
    DocumentTooLarge = "document-too-large", "The document exceeds a limit of size, depth or count.";
    ForbiddenConstruct = "forbidden-construct", "The document holds a document type declaration, an entity or an external reference.";
    SchemaViolation = "schema-violation", "The document breaks its area's schema.";
    RuleViolation = "rule-violation", "The document breaks a business rule of its area.";
    UnknownRecipient = "unknown-recipient", "No authority has this name.";
    RecipientNotInArea = "recipient-not-in-area", "The receiving authority does not act in this area.";
    NotPermitted = "not-permitted", "This authority may not send this message in this exchange or to this recipient.";
    UnknownExchange = "unknown-exchange", "The message belongs to an exchange that was never opened.";
    WrongState = "wrong-state", "The exchange is in a state that does not allow this message.";
    DeadlinePassed = "deadline-passed", "The time for this message is over.";
    MessageIdReused = "message-id-reused", "The sender has used this message id before, for other content.";
    AreaSuspended = "area-suspended", "The area takes no messages at present.";
    RateLimited = "rate-limited", "The sender has sent more than its share.";
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One thing that is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Stable name of the broken constraint (an XSD constraint code such as `cvc-complex-type.2.4`, or a rule's id).
    pub rule: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// XPath of the element, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub xpath: Option<String>,
    /// JSON Pointer of the value, for a document spelled in JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pointer: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// Column, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
}

/// The hub's refusal of a message: a normal outcome, recorded and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Which of the closed list.
    pub code: RejectionCode,
    /// A sentence that says what was wrong with this message.
    pub reason: String,
    /// Every violation, in document order, up to the configured number.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub violations: Vec<Violation>,
}

impl Rejection {
    /// A rejection without a place in the document.
    pub fn new(code: RejectionCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), violations: Vec::new() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_spells_a_code_as_the_contract_does() {
        assert_eq!(RejectionCode::ALL.len(), 19);
        for code in RejectionCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("a plain text"), code.as_str());
        }
    }
}
