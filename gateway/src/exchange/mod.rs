//! Exchanges: what each of them is, and how its log makes it so.
//!
//! The log is the truth: an [`Exchange`] is what its entries say when they are applied in order, and applying needs neither
//! packs nor directory nor clock. Deciding which entry comes next is [`advance`]'s work for messages, [`deadline`]'s for
//! time that passes. All of it is pure: state in, state out.

mod advance;
mod clocks;
pub mod deadline;
mod log;
mod relatives;
mod route;
#[cfg(test)]
mod tests;

pub use advance::{Advance, Around, Event, Law, advance};
pub use log::{Broken, Cause, Change, Entry, Opening, PartChange, Relation, Standing, replay};
pub use relatives::{named, of_passing};

use jiff::Timestamp;
use schemas::wire::{AreaId, AuthorityId, ExchangeId, PartyName, WorkflowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An exchange as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its identifier.
    pub correlation_id: ExchangeId,
    /// The area it belongs to.
    pub area: AreaId,
    /// The procedure it follows.
    pub workflow: WorkflowId,
    /// Whether it is made of test messages.
    pub test: bool,
    /// Where it stands: a state of the workflow.
    pub state: String,
    /// The party that is awaited; none once it has ended.
    pub awaits: Option<PartyName>,
    /// Who takes part, and as what; in the order of joining.
    pub members: Vec<Member>,
    /// Who took part and handed it on: they see that it goes on, and nothing of its content.
    pub former: Vec<AuthorityId>,
    /// Number of entries in its log.
    pub sequence: u32,
    /// Number of revisions of what it is about; 0 before the first.
    pub revision: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it came into its state.
    pub changed_at: Timestamp,
    /// Deadlines that run.
    pub clocks: Vec<Clock>,
    /// The deadline that ended it, if one did.
    pub ended_by: Option<String>,
    /// The ids of the questions that it was opened with, where its area has them read.
    pub questions: Vec<String>,
    /// The exchange that it is a part of.
    pub parent: Option<ExchangeId>,
    /// The exchanges that it was split into.
    pub parts: Vec<Part>,
    /// Other exchanges that it is linked to. A link gives nobody access to them.
    pub links: BTreeSet<ExchangeId>,
}

/// An authority that takes part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The authority.
    pub authority: AuthorityId,
    /// As what.
    pub party: PartyName,
}

/// A part of an exchange that was split (domain, B2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The exchange of the part.
    pub exchange: ExchangeId,
    /// Its questions: some of the whole's, none of another part's.
    pub questions: Vec<String>,
    /// Whether it is answered.
    pub answered: bool,
}

/// Who set a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The area's law.
    Area,
    /// The procedure.
    Workflow,
}

/// A deadline that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The deadline's id.
    pub deadline: String,
    /// Who set it.
    pub origin: Origin,
    /// The position in the exchange of what started it.
    pub since: u32,
    /// When it passes.
    pub due: Timestamp,
    /// Who has to meet it; who has done so is not here any more.
    pub awaited: Vec<AuthorityId>,
}

impl Exchange {
    /// The authorities that are awaited.
    pub fn awaited(&self) -> Vec<&AuthorityId> {
        self.awaits.iter().flat_map(|party| self.authorities(party)).collect()
    }

    /// The authorities that are this party.
    pub fn authorities<'a>(&'a self, party: &'a PartyName) -> impl Iterator<Item = &'a AuthorityId> {
        self.members.iter().filter(move |member| member.party == *party).map(|member| &member.authority)
    }

    /// Who opened it.
    pub fn initiator(&self) -> Option<&AuthorityId> {
        self.members.first().map(|member| &member.authority)
    }

    /// What an authority takes part as.
    pub fn parties_of<'a>(&'a self, authority: &'a AuthorityId) -> impl Iterator<Item = &'a PartyName> {
        self.members.iter().filter(move |member| member.authority == *authority).map(|member| &member.party)
    }

    /// Whether an authority takes part.
    pub fn involves(&self, authority: &AuthorityId) -> bool {
        self.members.iter().any(|member| member.authority == *authority)
    }

    /// Everybody who takes part, once each.
    pub fn everybody(&self) -> Vec<&AuthorityId> {
        let mut all: Vec<&AuthorityId> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            if !all.contains(&&member.authority) {
                all.push(&member.authority);
            }
        }
        all
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.awaits.is_none()
    }

    /// When its next deadline passes.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.clocks.iter().map(|clock| clock.due).min()
    }
}
