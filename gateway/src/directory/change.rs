//! Changes of the directory: what becomes of whom, and who asked for it.
//!
//! Every change is an audit event; a directory is the sum of its events.

use super::{Authority, Directory, Fault, Participant, Register};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ParticipantId};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, fmt, sync::Arc};

/// One of the records that a directory is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// A technical system.
    Participant(Participant),
    /// A competent authority.
    Authority(Authority),
    /// A national register.
    Register(Register),
}

impl Record {
    /// What it is a record of.
    pub fn key(&self) -> Key {
        match self {
            Self::Participant(participant) => Key::Participant(participant.id.clone()),
            Self::Authority(authority) => Key::Authority(authority.id.clone()),
            Self::Register(register) => Key::Register(register.id.clone()),
        }
    }
}

/// What a record is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A technical system.
    Participant(ParticipantId),
    /// A competent authority.
    Authority(AuthorityId),
    /// A national register.
    Register(String),
}

impl Key {
    /// The word for its kind: `participant`, `authority`, `register`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Participant(_) => "participant",
            Self::Authority(_) => "authority",
            Self::Register(_) => "register",
        }
    }

    /// The identifier.
    pub fn id(&self) -> &str {
        match self {
            Self::Participant(id) => id.as_str(),
            Self::Authority(id) => id.as_str(),
            Self::Register(id) => id,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.id())
    }
}

/// One record's change. Before and after are never both absent, and never equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub key: Key,
    /// What was there; `None` for a new one.
    pub before: Option<Record>,
    /// What is there now; `None` where it was removed.
    pub after: Option<Record>,
}

/// A change with who, when and how: an event of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Position in the trail, from 1; the directory's version after it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who: an operator's name, a participant with its authority, or a national CA's list.
    pub actor: String,
    /// Why, where somebody said it.
    pub reason: Option<String>,
    /// What.
    pub change: Change,
}

/// Changes that take effect together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// The directory's version that they were decided on; another one at the time of recording is a conflict.
    pub based_on: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why, where somebody said it.
    pub reason: Option<String>,
    /// What; at least one.
    pub changes: Vec<Change>,
}

/// A directory and its version, as the store has it.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Number of the last audit event; 0 for an empty trail.
    pub version: u64,
    /// The directory.
    pub directory: Arc<Directory>,
}

impl Directory {
    /// The record of this key.
    pub fn record(&self, key: &Key) -> Option<Record> {
        match key {
            Key::Participant(id) => self.participant(id).cloned().map(Record::Participant),
            Key::Authority(id) => self.authority(id).cloned().map(Record::Authority),
            Key::Register(id) => self.register(id).cloned().map(Record::Register),
        }
    }

    /// Every record: participants, authorities, registers, each by id.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let participants = self.participants().cloned().map(Record::Participant);
        let authorities = self.authorities().cloned().map(Record::Authority);
        participants.chain(authorities).chain(self.registers().cloned().map(Record::Register))
    }

    /// Lays a record in, in place of the one of its key.
    pub fn put(&mut self, record: Record) {
        match record {
            Record::Participant(participant) => self.put_participant(participant),
            Record::Authority(authority) => self.put_authority(authority),
            Record::Register(register) => {
                self.registers.insert(register.id.clone(), Arc::new(register));
            }
        }
    }

    /// Applies a change, whatever was there before.
    pub fn apply(&mut self, change: &Change) {
        match (&change.after, &change.key) {
            (Some(record), _) => self.put(record.clone()),
            (None, Key::Participant(id)) => self.remove_participant(id),
            (None, Key::Authority(id)) => self.remove_authority(id),
            (None, Key::Register(id)) => {
                self.registers.remove(id);
            }
        }
    }

    /// The changes that bring these records in, without those that change nothing; in the order given, a record of
    /// the same key twice counting as the last. `now` judges the certificates.
    ///
    /// # Errors
    /// Every fault of the directory as it would be afterwards.
    pub fn plan(&self, records: Vec<Record>, now: Timestamp) -> Result<(Self, Vec<Change>), Vec<Fault>> {
        self.plan_with_removals(records, &[], now)
    }

    /// The same, and the records of `removed` go. Removing what is not there changes nothing; a key that is also among
    /// the records stays.
    ///
    /// # Errors
    /// Every fault of the directory as it would be afterwards.
    pub fn plan_with_removals(
        &self,
        records: Vec<Record>,
        removed: &[Key],
        now: Timestamp,
    ) -> Result<(Self, Vec<Change>), Vec<Fault>> {
        let mut next = self.clone();
        let mut order: Vec<Key> = Vec::new();
        let mut last: HashMap<Key, Record> = HashMap::new();
        for record in records {
            let key = record.key();
            if last.insert(key.clone(), record).is_none() {
                order.push(key);
            }
        }
        let gone = removed.iter().filter(|key| !last.contains_key(key));
        let mut changes: Vec<Change> = gone.filter_map(|key| self.removal(key)).collect();
        changes.iter().for_each(|change| next.apply(change));
        for key in order {
            let Some(after) = last.remove(&key) else { continue };
            let before = self.record(&key);
            if before.as_ref() != Some(&after) {
                next.put(after.clone());
                changes.push(Change { key, before, after: Some(after) });
            }
        }
        let faults = next.faults(&changes, now);
        if faults.is_empty() { Ok((next, changes)) } else { Err(faults) }
    }

    fn removal(&self, key: &Key) -> Option<Change> {
        Some(Change { key: key.clone(), before: Some(self.record(key)?), after: None })
    }
}
