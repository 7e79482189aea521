//! What can be wrong with a certificate that is to stand for a participant: a closed list, each with a sentence.
//!
//! Owns the rules of design section 4; knows nothing of files, parsers or the directory.

use crate::{
    inspect::{Certificate, KeyKind},
    name::ParticipantName,
};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;

/// Smallest elliptic curve, in bits.
pub const LEAST_EC_BITS: u32 = 256;
/// Smallest RSA modulus, in bits.
pub const LEAST_RSA_BITS: u32 = 2048;
/// RSA modulus advised for keys that live beyond 2030, in bits (BSI TR-02102-1, ECCG agreed mechanisms).
pub const ADVISED_RSA_BITS: u32 = 3072;
/// The extended key usage that lets a certificate open a TLS session as a client (RFC 5280, 4.2.1.12).
pub const CLIENT_AUTH: &str = "clientAuth";

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The certificate works; better is possible.
    Advice,
    /// The certificate cannot stand for the participant.
    Problem,
}

/// One thing that is wrong with a participant's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// The subject has no common name.
    NoCommonName,
    /// The subject has more than one common name, so that parties could read different ones.
    SeveralCommonNames,
    /// The common name is not the participant's id.
    OtherCommonName {
        /// The participant's id.
        expected: String,
        /// What the certificate says.
        found: String,
    },
    /// The common name cannot be the id of any participant.
    NotAnId {
        /// What the certificate says.
        found: String,
    },
    /// Its time has not begun.
    NotYetValid {
        /// When it begins.
        from: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// When it ended.
        since: Timestamp,
    },
    /// The key can be broken.
    WeakKey {
        /// Kind and size.
        key: String,
    },
    /// The key is neither RSA nor EC on a known curve.
    UnsuitableKey {
        /// Its kind.
        key: String,
    },
    /// The key is an RSA key shorter than what is advised.
    ShortRsaKey {
        /// Its length.
        bits: u32,
    },
    /// The extended key usage does not allow client authentication.
    NoClientAuthentication,
    /// It is the certificate of a certification authority.
    IsAuthority,
}

impl Finding {
    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        match self {
            Self::ShortRsaKey { .. } => Severity::Advice,
            Self::NoCommonName
            | Self::SeveralCommonNames
            | Self::OtherCommonName { .. }
            | Self::NotAnId { .. }
            | Self::NotYetValid { .. }
            | Self::Expired { .. }
            | Self::WeakKey { .. }
            | Self::UnsuitableKey { .. }
            | Self::NoClientAuthentication
            | Self::IsAuthority => Severity::Problem,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommonName => to.write_str("The subject has no common name; it must be the participant's id."),
            Self::SeveralCommonNames => to.write_str("The subject has several common names; it must have one."),
            Self::OtherCommonName { expected, found } => {
                write!(to, "The common name is {found:?}; it must be the participant's id, {expected:?}.")
            }
            Self::NotAnId { found } => {
                write!(to, "The common name {found:?} is no participant's id (2 to 64 of A-Z, 0-9 and '-').")
            }
            Self::NotYetValid { from } => write!(to, "The certificate is not valid before {from}."),
            Self::Expired { since } => write!(to, "The certificate expired on {since}."),
            Self::WeakKey { key } => {
                write!(to, "The key ({key}) is too weak: EC from {LEAST_EC_BITS} or RSA from {LEAST_RSA_BITS} bits.")
            }
            Self::UnsuitableKey { key } => write!(to, "The key ({key}) is neither RSA nor EC on a curve known here."),
            Self::ShortRsaKey { bits } => {
                write!(to, "The RSA key has {bits} bits; at least {ADVISED_RSA_BITS} are advised.")
            }
            Self::NoClientAuthentication => to.write_str("The extended key usage does not contain clientAuth."),
            Self::IsAuthority => to.write_str("This is the certificate of a certification authority."),
        }
    }
}

/// Judges `certificate` as that of `participant_id` at the time `now`; empty when there is nothing to say.
pub(crate) fn judge(certificate: &Certificate, participant_id: &str, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(judge_name(certificate, participant_id));
    findings.extend(judge_time(certificate, now));
    findings.extend(judge_key(certificate));
    if !certificate.extended_key_usage.iter().any(|usage| usage == CLIENT_AUTH) {
        findings.push(Finding::NoClientAuthentication);
    }
    if certificate.is_authority {
        findings.push(Finding::IsAuthority);
    }
    findings
}

fn judge_name(certificate: &Certificate, expected: &str) -> Option<Finding> {
    match &certificate.common_name {
        _ if certificate.common_names > 1 => Some(Finding::SeveralCommonNames),
        None => Some(Finding::NoCommonName),
        Some(found) if found.parse::<ParticipantName>().is_err() => Some(Finding::NotAnId { found: found.clone() }),
        Some(found) if found == expected => None,
        Some(found) => Some(Finding::OtherCommonName { expected: expected.to_owned(), found: found.clone() }),
    }
}

fn judge_time(certificate: &Certificate, now: Timestamp) -> Option<Finding> {
    if now < certificate.not_before {
        return Some(Finding::NotYetValid { from: certificate.not_before });
    }
    // RFC 5280, 4.1.2.5: notAfter itself is still within.
    (now > certificate.not_after).then_some(Finding::Expired { since: certificate.not_after })
}

fn judge_key(certificate: &Certificate) -> Option<Finding> {
    let (key, bits) = (certificate.key.clone(), certificate.key_bits);
    match certificate.key_kind {
        KeyKind::EllipticCurve if bits < LEAST_EC_BITS => Some(Finding::WeakKey { key }),
        KeyKind::Rsa if bits < LEAST_RSA_BITS => Some(Finding::WeakKey { key }),
        KeyKind::Rsa if bits < ADVISED_RSA_BITS => Some(Finding::ShortRsaKey { bits }),
        KeyKind::Other => Some(Finding::UnsuitableKey { key }),
        KeyKind::EllipticCurve | KeyKind::Rsa => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        Certificate {
            common_name: Some("PL-BACKOFFICE".into()),
            common_names: 1,
            issuer: "CN=anyone".into(),
            serial: "01".into(),
            not_before: Timestamp::from_second(1_000).expect("in range"),
            not_after: Timestamp::from_second(2_000).expect("in range"),
            key: "EC P-256".into(),
            key_kind: KeyKind::EllipticCurve,
            key_bits: 256,
            extended_key_usage: vec![CLIENT_AUTH.into()],
            alternative_names: vec![],
            is_authority: false,
            sha256: String::new(),
            der: vec![],
        }
    }

    /// One change of a good certificate, judged at second 1500.
    fn found(change: impl FnOnce(&mut Certificate)) -> Vec<Finding> {
        let mut certificate = certificate();
        change(&mut certificate);
        certificate.findings("PL-BACKOFFICE", Timestamp::from_second(1_500).expect("in range"))
    }

    #[test]
    fn a_good_certificate_gives_no_finding() {
        assert_eq!(found(|_| {}), []);
        assert_eq!(found(|it| it.key_bits = 521), []);
    }

    #[test]
    fn the_common_name_must_be_the_participant() {
        assert_eq!(found(|it| it.common_name = None), [Finding::NoCommonName]);
        assert_eq!(found(|it| it.common_names = 2), [Finding::SeveralCommonNames]);
        let other = found(|it| it.common_name = Some("UK-BACKOFFICE".into()));
        assert!(matches!(&other[..], [Finding::OtherCommonName { found, .. }] if found == "UK-BACKOFFICE"));
        let garbage = found(|it| it.common_name = Some("pl-backoffice".into()));
        assert!(matches!(&garbage[..], [Finding::NotAnId { found }] if found == "pl-backoffice"));
    }

    #[test]
    fn validity_includes_its_two_ends() {
        let at = |second| certificate().findings("PL-BACKOFFICE", Timestamp::from_second(second).expect("in range"));
        assert!(matches!(at(999)[..], [Finding::NotYetValid { .. }]));
        assert_eq!(at(1_000), []);
        assert_eq!(at(2_000), []);
        assert!(matches!(at(2_001)[..], [Finding::Expired { .. }]));
    }

    #[test]
    fn keys_are_strong_enough_and_short_rsa_is_only_advised_against() {
        let rsa = |bits| {
            found(|it| {
                it.key_kind = KeyKind::Rsa;
                it.key_bits = bits;
            })
        };
        assert!(matches!(rsa(2047)[..], [Finding::WeakKey { .. }]));
        assert_eq!(rsa(2048), [Finding::ShortRsaKey { bits: 2048 }]);
        assert_eq!(rsa(2048)[0].severity(), Severity::Advice);
        assert_eq!(rsa(3072), []);
        assert!(matches!(found(|it| it.key_bits = 224)[..], [Finding::WeakKey { .. }]));
        assert!(matches!(found(|it| it.key_kind = KeyKind::Other)[..], [Finding::UnsuitableKey { .. }]));
    }

    #[test]
    fn purposes_are_judged_and_every_finding_is_given() {
        assert_eq!(found(|it| it.extended_key_usage = vec!["serverAuth".into()]), [Finding::NoClientAuthentication]);
        assert_eq!(found(|it| it.is_authority = true), [Finding::IsAuthority]);
        let all = found(|it| {
            it.is_authority = true;
            it.common_name = None;
            it.key_bits = 160;
        });
        assert_eq!(all.len(), 3);
    }
}
