//! Messages of an area as the pipeline needs them, what the hub reads from their documents, and what it makes of them.

use super::Role;
use crate::wire::{ActionName, MessageName, MessageType, PartyName, WorkflowId};
use serde::{Deserialize, Serialize};

/// Who receives a message that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipients {
    /// Every other state: its coordinator of the area where the message may go to coordinators and there is one,
    /// otherwise all its authorities that may receive the message.
    EveryState,
    /// Whom the message names, and the Commission's authority in the area besides.
    NamedAndCommission,
    /// The sender's coordinator in the area.
    OwnCoordinator,
}

/// What the hub reads from a document once it is valid. Each is a path: local names of elements from any depth with `/`
/// between them, and at its end an element or an `@attribute`, e.g. `Question/@id`. Where documents are spelled in JSON
/// only: a JSON Pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// The exchange that this one is a part of.
    pub parent: Option<String>,
    /// Other exchanges that this one is linked to.
    pub links: Option<String>,
    /// The ids of the questions that are asked.
    pub questions: Option<String>,
    /// Names that are searched for: their NYSIIS keys travel with the message.
    #[serde(default)]
    pub names: Vec<String>,
}

/// One message of an area in one version, as the pipeline needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageDefinition {
    /// Area, name and version.
    pub message_type: MessageType,
    /// Local name of the root element. Where documents are spelled in JSON only: the file of its schema in the folder of
    /// the version's schemas, and after a `#` the JSON Pointer of a part of it.
    pub root: String,
    /// Namespace of the root element; empty where it has none.
    pub namespace: String,
    /// The procedure that it is a step of.
    pub workflow: WorkflowId,
    /// What the message does to its exchange: an action of the workflow.
    pub action: ActionName,
    /// Who may send it.
    pub senders: Vec<Role>,
    /// Who receives it.
    pub receivers: Vec<Role>,
    /// Whether it travels on the urgent lane.
    pub urgent: bool,
    /// Whether its recipient may be an authority of the sender's own country.
    pub national: bool,
    /// Local name of the element that holds the date by which an answer is due (`xs:date`): the first of that name
    /// in document order, whatever its namespace. Where documents are spelled in JSON only: its JSON Pointer.
    pub answer_due: Option<String>,
    /// Who receives it where it names nobody; the workflow knows otherwise.
    pub recipients: Option<Recipients>,
    /// Parties that receive it besides those of the workflow's step.
    pub copies: Vec<PartyName>,
    /// What the hub reads from it.
    pub reads: Reads,
    /// Every path that is read from it: those of `reads`, and those of the deadlines that it starts.
    pub paths: Vec<String>,
}

/// What recipients see instead of a document who may not see all of it (need to know, Regulation (EU) No 1024/2012,
/// Article 9(4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The messages.
    pub messages: Vec<MessageName>,
    /// The party of the workflow that it is for.
    pub party: PartyName,
    /// It is for those who have only this role in the area.
    pub only_role: Role,
    /// The message that they receive instead.
    #[serde(rename = "as")]
    pub instead: MessageName,
    /// The elements of that message, in order.
    pub field: Vec<ViewField>,
}

/// One element of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewField {
    /// Its local name.
    pub name: String,
    /// The path of the element of the document that it repeats ([`Reads`]); left out where the document has none.
    pub from: Option<String>,
    /// Its text where the document has this element.
    pub constant: Option<Constant>,
    /// Whether it names the exchange.
    #[serde(default)]
    pub exchange: bool,
}

/// A text that depends on what a document contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The text where the document contains an element of this local name.
    pub contains: String,
    /// The text then.
    pub then: String,
    /// The text otherwise.
    pub otherwise: String,
}

/// How the hub puts the answers of many to one request into one answer (Implementing Regulations (EU) 2016/480 and
/// 2016/68, Annexes I): one entry per state that was asked, with what it answered or why it did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consolidation {
    /// The request.
    pub request: MessageName,
    /// A state's answer.
    pub answer: MessageName,
    /// A state's report that it cannot answer.
    pub error: MessageName,
    /// The answer that the hub makes.
    pub result: MessageName,
    /// Elements that the answer repeats from the request, in order.
    pub from_request: Vec<String>,
    /// The element that says how the search ended, in the answer as a whole, in each entry and in a state's answer.
    pub status: String,
    /// Statuses of the whole, the first that any entry has.
    pub precedence: Vec<String>,
    /// The element of one entry.
    pub entry: String,
    /// The element of an entry that names the state.
    pub country: String,
    /// Elements that an entry repeats from a state's answer, in order.
    pub from_answer: Vec<String>,
    /// The element of an entry that says it in words.
    pub remark: String,
    /// The status of a state that was silent.
    pub silent: String,
    /// The status of a state that answered what the hub had to refuse.
    pub invalid: String,
    /// The status of a state that reported that it cannot answer.
    pub failed: String,
}
