//! The directory: who exists, who serves whom, and who may not any more.
//!
//! A [`Directory`] is an immutable picture; a change makes a new one. Knows neither files nor brokers nor databases:
//! those are `files`, [`crate::broker`] and [`crate::store`].

pub mod access;
mod admission;
pub mod change;
mod check;
mod coordination;
pub mod diff;
pub mod edit;
pub mod files;
#[cfg(test)]
pub(crate) mod fixture;
mod in_force;
mod record;
pub mod search;
pub mod statistics;

pub use admission::Refusal;
pub use check::Fault;
pub use files::load;
pub use in_force::InForce;
pub use record::{
    AreaAccess, Authority, AuthorityStatus, Contact, Coordinator, CoordinatorKind, Coordinators, HeldCertificate,
    Level, Participant, ParticipantStatus, Register, Revocation, Texts,
};

use certs::inspect::{Certificate, inspect_pem};
use schemas::wire::{AuthorityId, ContentType, ParticipantId};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// A country's code as the Union spells it, which is how the directory does: `EL` for `GR`, `UK` for `GB`.
pub fn union_code(code: &str) -> &str {
    match code {
        "GR" => "EL",
        "GB" => "UK",
        other => other,
    }
}

/// A country's code of ISO 3166-1, from what the Union writes: the inverse of [`union_code`].
pub fn iso_code(code: &str) -> &str {
    match code {
        "EL" => "GR",
        "UK" => "GB",
        other => other,
    }
}

/// Everyone, with the ways to find them. Cheap to clone: records are shared.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    participants: BTreeMap<ParticipantId, Arc<Participant>>,
    authorities: BTreeMap<AuthorityId, Arc<Authority>>,
    registers: BTreeMap<String, Arc<Register>>,
    certificates: HashMap<String, Arc<KnownCertificate>>,
    served: HashMap<ParticipantId, BTreeSet<AuthorityId>>,
}

/// A certificate of the directory, read.
#[derive(Debug, Clone)]
pub struct KnownCertificate {
    /// Whose it is.
    pub participant: ParticipantId,
    /// What it says.
    pub certificate: Certificate,
    /// Whether it was revoked.
    pub revoked: Option<Revocation>,
}

impl Directory {
    /// A participant by id.
    pub fn participant(&self, id: &ParticipantId) -> Option<&Participant> {
        self.participants.get(id).map(Arc::as_ref)
    }

    /// An authority by id.
    pub fn authority(&self, id: &AuthorityId) -> Option<&Authority> {
        self.authorities.get(id).map(Arc::as_ref)
    }

    /// A register by id.
    pub fn register(&self, id: &str) -> Option<&Register> {
        self.registers.get(id).map(Arc::as_ref)
    }

    /// All participants, by id.
    pub fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.participants.values().map(Arc::as_ref)
    }

    /// All authorities, by id.
    pub fn authorities(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.values().map(Arc::as_ref)
    }

    /// All registers, by id.
    pub fn registers(&self) -> impl Iterator<Item = &Register> {
        self.registers.values().map(Arc::as_ref)
    }

    /// All certificates, in no order.
    pub fn certificates(&self) -> impl Iterator<Item = &KnownCertificate> {
        self.certificates.values().map(Arc::as_ref)
    }

    /// Whether it holds nobody and nothing.
    pub fn is_empty(&self) -> bool {
        self.participants.is_empty() && self.authorities.is_empty() && self.registers.is_empty()
    }

    /// The authorities that a participant serves, by id.
    pub fn served_by(&self, participant: &ParticipantId) -> impl Iterator<Item = &Authority> {
        self.served.get(participant).into_iter().flatten().filter_map(|id| self.authority(id))
    }

    /// How the participant that serves an authority wants documents spelled, if it says.
    pub fn format(&self, authority: &AuthorityId) -> Option<ContentType> {
        self.participant(&self.authority(authority)?.participant)?.format
    }

    /// Every mailbox that has to exist, once, in order.
    pub fn mailboxes(&self) -> BTreeSet<&AuthorityId> {
        self.authorities().filter(|authority| authority.status.has_mailbox()).map(Authority::mailbox).collect()
    }

    /// A certificate by the SHA-256 of its DER form.
    pub fn certificate(&self, sha256: &str) -> Option<&KnownCertificate> {
        self.certificates.get(sha256).map(Arc::as_ref)
    }

    /// The active participant that holds this certificate (SHA-256 of its DER form), not revoked, if any. For callers
    /// whose connection ends with the certificate's time; [`Self::admit`] judges that too.
    pub fn owner_of(&self, sha256: &str) -> Option<&Participant> {
        let known = self.certificate(sha256).filter(|known| known.revoked.is_none())?;
        self.participant(&known.participant).filter(|participant| participant.status == ParticipantStatus::Active)
    }

    /// The certificates of a participant, in no order.
    pub fn certificates_of(&self, participant: &ParticipantId) -> impl Iterator<Item = &KnownCertificate> {
        self.certificates().filter(move |known| known.participant == *participant)
    }

    fn put_participant(&mut self, participant: Participant) {
        self.drop_certificates(&participant.id);
        for held in &participant.certificates {
            // What cannot be read is a fault that `check` names; it never gets in.
            let Some(certificate) = inspect_pem(held.pem.as_bytes()).ok().and_then(|chain| chain.into_iter().next())
            else {
                continue;
            };
            let known =
                KnownCertificate { participant: participant.id.clone(), revoked: held.revoked.clone(), certificate };
            self.certificates.insert(known.certificate.sha256.clone(), Arc::new(known));
        }
        self.participants.insert(participant.id.clone(), Arc::new(participant));
    }

    fn remove_participant(&mut self, id: &ParticipantId) {
        self.drop_certificates(id);
        self.participants.remove(id);
    }

    fn drop_certificates(&mut self, id: &ParticipantId) {
        let former = self.participants.get(id).map(Arc::clone);
        for held in former.iter().flat_map(|former| &former.certificates) {
            let certificate = inspect_pem(held.pem.as_bytes()).ok().and_then(|chain| chain.into_iter().next());
            let Some(sha256) = certificate.map(|certificate| certificate.sha256) else { continue };
            if self.certificates.get(&sha256).is_some_and(|known| known.participant == *id) {
                self.certificates.remove(&sha256);
            }
        }
    }

    fn put_authority(&mut self, authority: Authority) {
        self.remove_authority(&authority.id);
        self.served.entry(authority.participant.clone()).or_default().insert(authority.id.clone());
        self.authorities.insert(authority.id.clone(), Arc::new(authority));
    }

    fn remove_authority(&mut self, id: &AuthorityId) {
        let Some(former) = self.authorities.remove(id) else { return };
        if let Some(served) = self.served.get_mut(&former.participant) {
            served.remove(id);
        }
    }
}
