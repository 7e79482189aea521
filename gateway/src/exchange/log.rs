//! The log of an exchange: one entry for everything that ever happened to it, each with what it changed.
//!
//! Owns the one way in which state comes about. An entry says what was decided, not why: replaying it years later needs
//! neither the packs nor the directory of its day.

use super::{Clock, Exchange, Member, Part};
use jiff::Timestamp;
use schemas::{
    area::OnMiss,
    wire::{ActionName, AreaId, AuthorityId, ExchangeId, ParticipantId, PartyName, WorkflowId},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// One thing that happened to an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Its position in the exchange, from 1 without gaps.
    pub sequence: u32,
    /// When the hub decided on it.
    pub at: Timestamp,
    /// What happened.
    pub cause: Cause,
    /// What it changed.
    pub change: Change,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Cause {
    /// A message was accepted.
    Message {
        /// Who sent it: the participant.
        participant: Option<ParticipantId>,
        /// Its id.
        message_id: Uuid,
        /// What it does.
        action: ActionName,
        /// The sending authority.
        from: AuthorityId,
        /// As what.
        party: PartyName,
    },
    /// A deadline passed.
    Deadline {
        /// Its id.
        deadline: String,
        /// When it passed.
        due: Timestamp,
        /// What followed.
        on_miss: OnMiss,
        /// Who had to meet it and did not.
        awaited: Vec<AuthorityId>,
    },
    /// Something happened to an exchange that this one belongs together with.
    Relative {
        /// The other one.
        exchange: ExchangeId,
        /// What.
        relation: Relation,
    },
    /// It was there before the log was kept.
    CarriedOver,
}

/// What happened to another exchange that this one belongs together with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// A part of this one was opened.
    PartOpened,
    /// A part was answered.
    PartAnswered,
    /// More was asked about a part that was answered.
    PartReopened,
    /// A part was withdrawn: its questions are this one's again.
    PartWithdrawn,
    /// It was linked to this one.
    Linked,
}

/// What an entry changes. What is not there stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// The exchange begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
    /// It comes into a state, which may be the one that it was in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Who joins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Member>,
    /// Who is this party no longer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Member>,
    /// The clocks that run from now on, where they are others than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<Clock>>,
    /// Deadlines that the message itself did not meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<String>,
    /// It makes a revision.
    #[serde(skip_serializing_if = "is_false")]
    pub revises: bool,
    /// The deadline that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// What happens to a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<PartChange>,
    /// Other exchanges that it is linked to from now on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<ExchangeId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How an exchange begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The area.
    pub area: AreaId,
    /// The procedure.
    pub workflow: WorkflowId,
    /// Whether it is made of test messages.
    pub test: bool,
    /// The ids of its questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// The exchange that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ExchangeId>,
}

/// Where an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: String,
    /// Who is awaited.
    pub awaits: Option<PartyName>,
}

/// What happens to a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum PartChange {
    /// It begins.
    Opened {
        /// The exchange of the part.
        exchange: ExchangeId,
        /// Its questions.
        questions: Vec<String>,
    },
    /// It is answered, or no longer.
    Answered {
        /// The exchange of the part.
        exchange: ExchangeId,
        /// Whether it is.
        answered: bool,
    },
    /// It is no part any more.
    Withdrawn {
        /// The exchange of the part.
        exchange: ExchangeId,
    },
}

/// A log that cannot be: an entry is missing, or there are two of one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the log of exchange {exchange} is broken at entry {sequence}: {problem}")]
pub struct Broken {
    exchange: ExchangeId,
    sequence: u32,
    problem: &'static str,
}

impl Entry {
    fn broken(&self, problem: &'static str) -> Broken {
        Broken { exchange: self.exchange, sequence: self.sequence, problem }
    }
}

impl Exchange {
    /// The exchange that an entry opens.
    ///
    /// # Errors
    /// The entry opens none.
    pub fn begun(entry: &Entry) -> Result<Self, Broken> {
        let Change { opening: Some(opening), standing: Some(standing), .. } = &entry.change else {
            return Err(entry.broken("it opens no exchange"));
        };
        if entry.sequence != 1 && entry.cause != Cause::CarriedOver {
            return Err(entry.broken("it is not the first"));
        }
        let mut exchange = Self {
            correlation_id: entry.exchange,
            area: opening.area.clone(),
            workflow: opening.workflow.clone(),
            test: opening.test,
            state: standing.state.clone(),
            awaits: standing.awaits.clone(),
            members: Vec::new(),
            former: Vec::new(),
            sequence: entry.sequence,
            revision: 0,
            opened_at: entry.at,
            changed_at: entry.at,
            clocks: Vec::new(),
            ended_by: None,
            questions: opening.questions.clone(),
            parent: opening.parent,
            parts: Vec::new(),
            links: std::collections::BTreeSet::new(),
        };
        exchange.take(entry);
        Ok(exchange)
    }

    /// The exchange after an entry.
    ///
    /// # Errors
    /// The entry is not the next one of this exchange.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        if entry.exchange != self.correlation_id {
            return Err(entry.broken("it belongs to another exchange"));
        }
        if entry.sequence != self.sequence + 1 {
            return Err(entry.broken("it does not follow the one before"));
        }
        if entry.change.opening.is_some() {
            return Err(entry.broken("it opens an exchange that is open"));
        }
        self.sequence = entry.sequence;
        self.take(entry);
        Ok(())
    }

    fn take(&mut self, entry: &Entry) {
        let change = &entry.change;
        if let Some(Standing { state, awaits }) = &change.standing {
            self.state.clone_from(state);
            self.awaits.clone_from(awaits);
            self.changed_at = entry.at;
        }
        self.members.retain(|member| !change.left.contains(member));
        self.members.extend(change.joined.iter().cloned());
        for Member { authority, .. } in &change.left {
            if !self.involves(authority) && !self.former.contains(authority) {
                self.former.push(authority.clone());
            }
        }
        let members = &self.members;
        self.former.retain(|authority| members.iter().all(|member| member.authority != *authority));
        if let Some(clocks) = &change.clocks {
            self.clocks.clone_from(clocks);
        }
        self.revision += u32::from(change.revises);
        self.ended_by = change.ended_by.clone().or(self.ended_by.take());
        self.links.extend(&change.linked);
        if let Some(part) = &change.part {
            self.take_part(part);
        }
    }

    fn take_part(&mut self, change: &PartChange) {
        match change {
            PartChange::Opened { exchange, questions } => {
                self.parts.push(Part { exchange: *exchange, questions: questions.clone(), answered: false });
            }
            PartChange::Answered { exchange, answered } => {
                for part in self.parts.iter_mut().filter(|part| part.exchange == *exchange) {
                    part.answered = *answered;
                }
            }
            PartChange::Withdrawn { exchange } => self.parts.retain(|part| part.exchange != *exchange),
        }
    }
}

/// What the entries of one exchange make of it; nothing where there are none.
///
/// # Errors
/// They are not the log of one exchange, complete and in order.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Option<Exchange>, Broken> {
    let mut entries = entries.into_iter();
    let Some(first) = entries.next() else { return Ok(None) };
    let mut exchange = Exchange::begun(first)?;
    for entry in entries {
        exchange.apply(entry)?;
    }
    Ok(Some(exchange))
}
