//! Deadlines of an area: the periods that its acts set, what starts and what ends them.

use super::Period;
use crate::wire::MessageName;
use serde::{Deserialize, Serialize};

/// What happens when a deadline passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnMiss {
    /// Who is awaited is reminded.
    Remind,
    /// Who is awaited is reminded, and the coordinators are told.
    Escalate,
    /// The hub answers in the place of who is silent: its step `time-out`.
    TimeOut,
    /// The hub closes the exchange: its step `close`.
    Close,
    /// The hub puts what it was answered into one: its step `consolidate`. Not waited for once everybody has answered.
    Consolidate,
    /// It is recorded.
    Record,
}

/// Who has to meet a deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// Those who received the message that started it; of several, any of them.
    #[default]
    Recipients,
    /// Each of those who received the message that started it.
    EachRecipient,
    /// Who sent the message that started it.
    Sender,
    /// Who opened the exchange.
    Initiator,
}

/// When a deadline applies: an element of the message that starts it has this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The path of the element ([`super::Reads`]).
    pub field: String,
    /// Its text.
    pub is: String,
}

/// When a message ends a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndCondition {
    /// The message.
    pub message: MessageName,
    /// The path of its element ([`super::Reads`]).
    pub field: String,
    /// The element's text.
    pub is: String,
}

/// A period that an act sets for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Its name within the area.
    pub id: String,
    /// The message that starts it, when the hub accepts it.
    pub after: MessageName,
    /// The path of the element of that message that holds the date to count from instead ([`super::Reads`]). Of several
    /// dates the earliest counts; where there is none, nothing is counted.
    pub from_field: Option<String>,
    /// When it applies; always where nothing is said.
    pub when: Option<Condition>,
    /// The messages that end it.
    #[serde(default)]
    pub ended_by: Vec<MessageName>,
    /// Messages among them that end it only where an element of theirs has a certain text.
    #[serde(default)]
    pub ended_if: Vec<EndCondition>,
    /// Its length.
    pub within: Period,
    /// What happens when it passes.
    pub on_miss: OnMiss,
    /// Who has to meet it.
    #[serde(default)]
    pub awaits: Awaited,
    /// Whether the message that starts it must itself be in time: nothing runs, and a late one is recorded as late.
    #[serde(default)]
    pub on_arrival: bool,
    /// Whether it begins again when it passes.
    #[serde(default)]
    pub repeats: bool,
    /// The provision.
    pub reference: String,
}
