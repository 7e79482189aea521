//! Who may connect with which certificate, and why not: one answer for the broker, for HTTPS, and for sessions that
//! are open already.

use super::{Directory, KnownCertificate, Participant, ParticipantStatus};
use jiff::Timestamp;
use std::fmt;

/// Why a certificate does not let anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The directory does not hold the certificate, or not the participant.
    Unknown,
    /// Its participant is suspended.
    Suspended,
    /// The participant takes part no longer.
    Withdrawn,
    /// It was revoked.
    Revoked,
    /// Its time has not begun.
    NotYetValid,
    /// Its time is over.
    Expired,
}

impl Refusal {
    /// The word for it in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Suspended => "suspended",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "the directory does not hold the certificate",
            Self::Suspended => "the participant is suspended",
            Self::Withdrawn => "the participant takes part no longer",
            Self::Revoked => "the certificate was revoked",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Expired => "the certificate has expired",
        })
    }
}

impl Directory {
    /// The participant that may connect at `now` with the certificate of this SHA-256 (of its DER form).
    ///
    /// # Errors
    /// Why nobody may.
    pub fn admit(&self, sha256: &str, now: Timestamp) -> Result<&Participant, Refusal> {
        self.admit_known(self.certificate(sha256).ok_or(Refusal::Unknown)?, now)
    }

    pub(crate) fn admit_known(&self, known: &KnownCertificate, now: Timestamp) -> Result<&Participant, Refusal> {
        let participant = self.participant(&known.participant).ok_or(Refusal::Unknown)?;
        match participant.status {
            ParticipantStatus::Suspended => Err(Refusal::Suspended),
            ParticipantStatus::Withdrawn => Err(Refusal::Withdrawn),
            ParticipantStatus::Active if known.revoked.is_some() => Err(Refusal::Revoked),
            ParticipantStatus::Active if now < known.certificate.not_before => Err(Refusal::NotYetValid),
            // RFC 5280, 4.1.2.5: notAfter itself is still within.
            ParticipantStatus::Active if now > known.certificate.not_after => Err(Refusal::Expired),
            ParticipantStatus::Active => Ok(participant),
        }
    }

    /// The certificates that may connect at `now`, in no order.
    pub fn admitted(&self, now: Timestamp) -> impl Iterator<Item = &KnownCertificate> {
        self.certificates().filter(move |known| self.admit_known(known, now).is_ok())
    }
}
