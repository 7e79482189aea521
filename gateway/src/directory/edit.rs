//! Single changes that operators make: what becomes of a record. Pure; recording them is the store's.

use super::{
    AreaAccess, Authority, AuthorityStatus, Directory, HeldCertificate, Participant, ParticipantStatus, Revocation,
    change::Record, files,
};
use certs::inspect::{Certificate, inspect_pem};
use jiff::{Timestamp, civil::Date};
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ParticipantId},
};
use thiserror::Error;

/// Shortest beginning of a fingerprint that is taken for it, in hexadecimal digits.
const SHORTEST_FINGERPRINT: usize = 8;

/// Why a change cannot be made. Whoever asked for it must act.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// There is no such record.
    #[error("there is no {0}; gateway directory export lists all")]
    Unknown(String),
    /// The participant still serves authorities that take part.
    #[error("{0} still serves {1}; withdraw them, or have them served by another participant, first")]
    Serves(ParticipantId, String),
    /// Withdrawn is withdrawn.
    #[error("{0} was withdrawn; import its record with another status to have it take part again")]
    Withdrawn(String),
    /// The file is not the certificate of a participant.
    #[error("{0}; give the participant's certificate in PEM")]
    Certificate(String),
    /// No certificate of the participant is meant, or more than one.
    #[error("{participant} has {found} certificates {wanted:?}; gateway directory show {participant} lists them")]
    NotOne {
        /// The participant.
        participant: ParticipantId,
        /// How many.
        found: usize,
        /// What was asked for.
        wanted: String,
    },
    /// The authority neither acts in the area nor asked to.
    #[error("{0} neither acts in {1} nor asked to; gateway directory show {0} lists its areas")]
    NotInArea(AuthorityId, AreaId),
}

/// Whether somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Takes part.
    Active,
    /// Not for now.
    Suspended,
    /// Not any more.
    Withdrawn,
}

impl Directory {
    /// A participant as it is, to be changed.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn participant_to_edit(&self, id: &ParticipantId) -> Result<Participant, EditError> {
        self.participant(id).cloned().ok_or_else(|| EditError::Unknown(format!("participant {id}")))
    }

    /// An authority as it is, to be changed.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn authority_to_edit(&self, id: &AuthorityId) -> Result<Authority, EditError> {
        self.authority(id).cloned().ok_or_else(|| EditError::Unknown(format!("authority {id}")))
    }

    /// A participant with another standing.
    ///
    /// # Errors
    /// It is unknown, was withdrawn, or is to be withdrawn while it serves authorities that were not.
    pub fn participant_in(&self, id: &ParticipantId, standing: Standing) -> Result<Record, EditError> {
        let mut participant = self.participant_to_edit(id)?;
        if participant.status == ParticipantStatus::Withdrawn && standing != Standing::Withdrawn {
            return Err(EditError::Withdrawn(format!("participant {id}")));
        }
        participant.status = match standing {
            Standing::Active => ParticipantStatus::Active,
            Standing::Suspended => ParticipantStatus::Suspended,
            Standing::Withdrawn => ParticipantStatus::Withdrawn,
        };
        let others: Vec<&str> = self
            .served_by(id)
            .filter(|authority| authority.status != AuthorityStatus::Withdrawn)
            .map(|authority| authority.id.as_str())
            .collect();
        match (standing, others.as_slice()) {
            (Standing::Withdrawn, [first, more @ ..]) => {
                let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
                Err(EditError::Serves(id.clone(), format!("{first}{more}")))
            }
            _ => Ok(Record::Participant(participant)),
        }
    }

    /// An authority with another standing. Resuming one that was invited or waits for its coordinator makes it active.
    ///
    /// # Errors
    /// It is unknown, or was withdrawn.
    pub fn authority_in(&self, id: &AuthorityId, standing: Standing) -> Result<Record, EditError> {
        let mut authority = self.authority_to_edit(id)?;
        if authority.status == AuthorityStatus::Withdrawn && standing != Standing::Withdrawn {
            return Err(EditError::Withdrawn(format!("authority {id}")));
        }
        authority.status = match standing {
            Standing::Active => AuthorityStatus::Active,
            Standing::Suspended => AuthorityStatus::Suspended,
            Standing::Withdrawn => AuthorityStatus::Withdrawn,
        };
        Ok(Record::Authority(authority))
    }

    /// A participant with one certificate more: the first of a PEM text. One that it has already changes nothing.
    ///
    /// # Errors
    /// The participant is unknown, or the text is no certificate.
    pub fn with_certificate(&self, id: &ParticipantId, pem: &str) -> Result<Record, EditError> {
        let mut participant = self.participant_to_edit(id)?;
        let pem = files::leaf(pem).map_err(EditError::Certificate)?;
        let new = read(&pem).map(|certificate| certificate.sha256);
        let has_it = |held: &HeldCertificate| read(&held.pem).map(|certificate| certificate.sha256) == new;
        if !participant.certificates.iter().any(has_it) {
            participant.certificates.push(HeldCertificate { pem, revoked: None });
        }
        Ok(Record::Participant(participant))
    }

    /// A participant with one of its certificates revoked. One that is revoked already stays as it was.
    ///
    /// # Errors
    /// The participant is unknown, or `wanted` (SHA-256, its first 8 digits or more, or serial) means not exactly one.
    pub fn with_revoked(&self, id: &ParticipantId, wanted: &str, revocation: Revocation) -> Result<Record, EditError> {
        let mut participant = self.participant_to_edit(id)?;
        let meant = the_one(&participant, wanted)?;
        participant.certificates[meant].revoked.get_or_insert(revocation);
        Ok(Record::Participant(participant))
    }

    /// A participant without one of its certificates.
    ///
    /// # Errors
    /// As [`Self::with_revoked`].
    pub fn without_certificate(&self, id: &ParticipantId, wanted: &str) -> Result<Record, EditError> {
        let mut participant = self.participant_to_edit(id)?;
        let meant = the_one(&participant, wanted)?;
        participant.certificates.remove(meant);
        Ok(Record::Participant(participant))
    }

    /// An authority with these roles in an area, in place of those that it had there; a request for the area is settled
    /// by it. `since` holds where it is new there.
    ///
    /// # Errors
    /// It is unknown.
    pub fn with_area(&self, id: &AuthorityId, area: &AreaId, roles: &[Role], since: Date) -> Result<Record, EditError> {
        let mut authority = self.authority_to_edit(id)?;
        authority.requested.retain(|access| access.area != *area);
        let mut wanted = roles.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        match authority.areas.iter_mut().find(|access| access.area == *area) {
            Some(access) => {
                let mut former = access.roles.clone();
                former.sort_unstable();
                if former != wanted {
                    access.roles = wanted;
                }
            }
            None => authority.areas.push(AreaAccess { area: area.clone(), roles: wanted, since: Some(since) }),
        }
        Ok(Record::Authority(authority))
    }

    /// An authority without an area, and without its request for it.
    ///
    /// # Errors
    /// It is unknown, or neither acts in the area nor asked to.
    pub fn without_area(&self, id: &AuthorityId, area: &AreaId) -> Result<Record, EditError> {
        let mut authority = self.authority_to_edit(id)?;
        let before = authority.areas.len() + authority.requested.len();
        authority.areas.retain(|access| access.area != *area);
        authority.requested.retain(|access| access.area != *area);
        if authority.areas.len() + authority.requested.len() == before {
            return Err(EditError::NotInArea(id.clone(), area.clone()));
        }
        Ok(Record::Authority(authority))
    }
}

fn read(pem: &str) -> Option<Certificate> {
    inspect_pem(pem.as_bytes()).ok()?.into_iter().next()
}

/// Position of the certificate that is meant.
fn the_one(participant: &Participant, wanted: &str) -> Result<usize, EditError> {
    let digits: String = wanted.chars().filter(|c| !matches!(c, ':' | ' ')).collect::<String>().to_ascii_lowercase();
    let is_meant = |held: &HeldCertificate| {
        read(&held.pem).is_some_and(|certificate| {
            let by_fingerprint = digits.len() >= SHORTEST_FINGERPRINT && certificate.sha256.starts_with(&digits);
            by_fingerprint || certificate.serial.trim_start_matches('0') == digits.trim_start_matches('0')
        })
    };
    let certificates = participant.certificates.iter().enumerate();
    let meant: Vec<usize> = certificates.filter(|(_, held)| is_meant(held)).map(|(position, _)| position).collect();
    match meant.as_slice() {
        [one] => Ok(*one),
        others => Err(EditError::NotOne {
            participant: participant.id.clone(),
            found: others.len(),
            wanted: wanted.chars().take(80).collect(),
        }),
    }
}

impl Revocation {
    /// A revocation at a time, to the second.
    pub fn new(at: Timestamp, reason: impl Into<String>) -> Self {
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        Self { at, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests;
