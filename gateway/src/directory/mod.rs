//! The directory: who exists, and who serves whom. Immutable once loaded; knows neither files nor brokers.

pub mod access;
mod load;

pub use load::load;

use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ContentType, ParticipantId},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A technical system that connects with its own certificates.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Equals the CN of each of its certificates.
    pub id: ParticipantId,
    /// Country code as the domain spells it (EL and UK included).
    pub country: String,
    /// Its name, for people.
    pub name: String,
    /// How it wants documents spelled; as their senders spelled them where it does not say.
    pub format: Option<ContentType>,
    /// The certificates it may connect with.
    pub certificates: Vec<certs::inspect::Certificate>,
}

/// A competent authority.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its identifier on the wire.
    pub id: AuthorityId,
    /// Its names by language.
    pub name: BTreeMap<String, String>,
    /// Country code.
    pub country: String,
    /// The participant that serves it.
    pub participant: ParticipantId,
    /// Languages it understands.
    pub languages: Vec<String>,
    /// Its roles by area.
    pub areas: BTreeMap<AreaId, Vec<Role>>,
    /// The mailbox it receives from: its own id, or one that it shares.
    pub mailbox: AuthorityId,
}

/// Participants and authorities, loaded and checked.
#[derive(Debug, Default)]
pub struct Directory {
    participants: HashMap<ParticipantId, Participant>,
    authorities: HashMap<AuthorityId, Authority>,
}

impl Directory {
    /// A participant by id.
    pub fn participant(&self, id: &ParticipantId) -> Option<&Participant> {
        self.participants.get(id)
    }

    /// An authority by id.
    pub fn authority(&self, id: &AuthorityId) -> Option<&Authority> {
        self.authorities.get(id)
    }

    /// All participants, in no order.
    pub fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.participants.values()
    }

    /// All authorities, in no order.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.values()
    }

    /// The authorities that a participant serves.
    pub fn served_by<'a>(&'a self, participant: &'a ParticipantId) -> impl Iterator<Item = &'a Authority> {
        self.authorities.values().filter(move |authority| &authority.participant == participant)
    }

    /// How the participant that serves an authority wants documents spelled, if it says.
    pub fn format(&self, authority: &AuthorityId) -> Option<ContentType> {
        self.participant(&self.authority(authority)?.participant)?.format
    }

    /// Every mailbox once, in order.
    pub fn mailboxes(&self) -> BTreeSet<&AuthorityId> {
        self.authorities.values().map(|authority| &authority.mailbox).collect()
    }

    /// The participant whose certificate this is (DER), if any.
    pub fn owner_of(&self, certificate_sha256: &str) -> Option<&Participant> {
        self.participants.values().find(|participant| {
            participant.certificates.iter().any(|certificate| certificate.sha256 == certificate_sha256)
        })
    }
}
