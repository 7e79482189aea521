//! Workflows: the legal procedures as data, shared by the areas.
//!
//! Owns what a workflow says (states, who is awaited, which message moves what) and its proof at loading. Moving an
//! exchange along is the gateway's work; nothing here knows an exchange.

mod load;
mod proof;

use crate::wire::{ActionName, WorkflowId};
pub(crate) use load::workflows;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Opened the exchange.
    Initiator,
    /// Was addressed in it; there may be several.
    Counterpart,
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Initiator => "initiator",
            Self::Counterpart => "counterpart",
        })
    }
}

/// To whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deliver {
    /// To the one authority that it names, which becomes a counterpart.
    Addressee,
    /// To all authorities that it names, at least one; they become counterparts.
    Addressees,
    /// To the one authority of the sender's own country that it names, which takes the sender's place; and to the initiator.
    Successor,
    /// To every other party. A message that names recipients names parties.
    Others,
    /// To the initiator alone.
    Initiator,
}

/// Where an exchange can stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Its name, e.g. `ANSWERED`.
    pub id: String,
    /// Who is awaited; nobody where the exchange has ended.
    pub awaits: Option<Party>,
}

/// A legal step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// What the message does.
    pub action: ActionName,
    /// Who may do it.
    pub by: Vec<Party>,
    /// In which states; none where it opens the exchange.
    pub from: Vec<String>,
    /// The state afterwards; the same as before where there is none.
    pub to: Option<String>,
    /// Who receives the message.
    pub deliver: Deliver,
}

/// A legal procedure. Made by loading only, and proved then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Workflow {
    /// Its name, equal to its file's.
    pub id: WorkflowId,
    /// What it is, in English.
    pub title: String,
    /// The states by name.
    pub states: BTreeMap<String, State>,
    /// The steps, in the file's order.
    pub transitions: Vec<Transition>,
}

impl Workflow {
    /// The step that opens an exchange with this action.
    pub fn opening(&self, action: &ActionName) -> Option<&Transition> {
        self.transitions.iter().find(|step| step.from.is_empty() && &step.action == action)
    }

    /// The step that this party may take with this action in this state.
    pub fn step(&self, state: &str, party: Party, action: &ActionName) -> Option<&Transition> {
        self.transitions.iter().find(|step| {
            &step.action == action && step.by.contains(&party) && step.from.iter().any(|from| from == state)
        })
    }

    /// Whether any step has this action.
    pub fn knows(&self, action: &ActionName) -> bool {
        self.transitions.iter().any(|step| &step.action == action)
    }

    /// Whether the action hands the sender's part to another authority of its country.
    pub fn hands_over(&self, action: &ActionName) -> bool {
        self.transitions.iter().any(|step| &step.action == action && step.deliver == Deliver::Successor)
    }

    /// Who is awaited in a state; `None` where the exchange has ended or the state is unknown.
    pub fn awaits(&self, state: &str) -> Option<Party> {
        self.states.get(state).and_then(|state| state.awaits)
    }
}
