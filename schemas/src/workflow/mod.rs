//! Workflows: the legal procedures as data, shared by the areas.
//!
//! Owns what a workflow says (parties, states, who is awaited, which message moves what, what happens as time passes) and
//! its proof at loading. Moving an exchange along is the gateway's work; nothing here knows an exchange.

mod draw;
mod load;
mod proof;
mod text;
mod uses;
mod words;

use crate::{
    area::{OnMiss, Period},
    wire::{ActionName, PartyName, WorkflowId},
};
pub use draw::svg;
pub use load::{Workflows, workflows, workflows_each};
pub use proof::step_on_miss;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};
pub use text::text;
pub use uses::{Use, uses};

/// The party that is the hub itself: it takes steps when a deadline passes. Every workflow has it, none declares it.
pub const HUB: &str = "hub";

/// The action of the hub's own step when the period for an answer is over.
pub const TIME_OUT: &str = "time-out";

/// The action of the hub's own step that closes what nobody needs any more.
pub const CLOSE: &str = "close";

/// The action of the hub's own step that puts the answers of many into one.
pub const CONSOLIDATE: &str = "consolidate";

/// A side of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name within the workflow.
    pub id: PartyName,
    /// What it is, in English.
    pub title: String,
    /// Whether several authorities can be it at once; otherwise whoever becomes it takes the place of who was it.
    #[serde(default)]
    pub many: bool,
    /// The party whose coordinators it stands for: the hub finds them in the directory once they are needed.
    #[serde(default)]
    pub coordinates: Option<PartyName>,
}

/// To whom a message goes. Its sender never receives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Receiver {
    /// Whom it names.
    Addressed,
    /// Everybody who is this party.
    Party(PartyName),
}

impl FromStr for Receiver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "addressed" => Ok(Self::Addressed),
            party => party.parse().map(Self::Party).map_err(|error: crate::wire::IdError| error.to_string()),
        }
    }
}

impl TryFrom<String> for Receiver {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Receiver> for String {
    fn from(receiver: Receiver) -> Self {
        receiver.to_string()
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addressed => formatter.write_str("addressed"),
            Self::Party(party) => party.fmt(formatter),
        }
    }
}

/// What must be true of an exchange besides its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// Every part that it was split into has an answer (domain, B2).
    PartsAnswered,
}

/// Where an exchange can stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Its name, e.g. `ANSWERED`.
    pub id: String,
    /// Who is awaited; nobody where the exchange has ended.
    pub awaits: Option<PartyName>,
    /// Whether what was asked is answered: a part in such a state no longer holds up the whole.
    pub answered: bool,
}

/// A legal step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// What the message does.
    pub action: ActionName,
    /// Who may do it.
    pub by: Vec<PartyName>,
    /// In which states; none where it opens the exchange.
    pub from: Vec<String>,
    /// The state afterwards; the same as before where there is none.
    pub to: Option<String>,
    /// What those become whom the message names; nobody joins where there is none.
    pub addresses: Option<PartyName>,
    /// Whether those must be of the sender's own country.
    pub within_country: bool,
    /// Who receives the message.
    pub deliver: Vec<Receiver>,
    /// Whether the sender may name some of the receivers instead of all.
    pub selective: bool,
    /// Whether it makes a numbered revision of what the exchange is about.
    pub revises: bool,
    /// What else must be true.
    pub requires: Option<Requirement>,
}

/// A period that the procedure itself sets for leaving a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// Its name within the workflow.
    pub id: String,
    /// The states in which it runs; it begins anew whenever a step leads into one.
    pub states: Vec<String>,
    /// Its length.
    pub within: Period,
    /// What happens when it passes.
    pub on_miss: OnMiss,
    /// Whether it begins again then.
    #[serde(default)]
    pub repeats: bool,
    /// The provision.
    pub reference: String,
}

/// A legal procedure. Made by loading only, and proved then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Workflow {
    /// Its name, equal to its file's.
    pub id: WorkflowId,
    /// What it is, in English.
    pub title: String,
    /// The parties, in the file's order; the first opens exchanges.
    pub parties: Vec<Party>,
    /// The states by name.
    pub states: BTreeMap<String, State>,
    /// The names of the states, in the file's order.
    pub order: Vec<String>,
    /// The steps, in the file's order.
    pub transitions: Vec<Transition>,
    /// Its deadlines.
    pub deadlines: Vec<Timer>,
}

impl Workflow {
    /// The party that opens exchanges.
    pub fn opener(&self) -> &PartyName {
        &self.parties[0].id
    }

    /// The party of this name.
    pub fn party(&self, name: &PartyName) -> Option<&Party> {
        self.parties.iter().find(|party| party.id == *name)
    }

    /// The step that opens an exchange with this action.
    pub fn opening(&self, action: &ActionName) -> Option<&Transition> {
        self.transitions.iter().find(|step| step.from.is_empty() && step.action == *action)
    }

    /// The step that this party may take with this action in this state.
    pub fn step(&self, state: &str, party: &str, action: &str) -> Option<&Transition> {
        self.transitions.iter().find(|step| {
            step.action.as_str() == action
                && step.by.iter().any(|by| by.as_str() == party)
                && step.from.iter().any(|from| from == state)
        })
    }

    /// Whether any step has this action.
    pub fn knows(&self, action: &ActionName) -> bool {
        self.transitions.iter().any(|step| step.action == *action)
    }

    /// Whether those whom a message with this action names must be of the sender's own country.
    pub fn stays_within_country(&self, action: &ActionName) -> bool {
        self.transitions.iter().any(|step| step.action == *action && step.within_country)
    }

    /// Whether the step brings somebody into the exchange whom the message names.
    pub fn addresses(&self, action: &ActionName) -> bool {
        self.transitions.iter().any(|step| step.action == *action && step.addresses.is_some())
    }

    /// Who is awaited in a state; `None` where the exchange has ended or the state is unknown.
    pub fn awaits(&self, state: &str) -> Option<&PartyName> {
        self.states.get(state).and_then(|state| state.awaits.as_ref())
    }
}
