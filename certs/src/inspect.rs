//! Reading certificates: what a PEM file says, in plain fields.
//!
//! Owns the translation from X.509 to words; judges through [`Finding`]. Verifies no signature and no chain: the
//! network accepts exactly the leaf certificates that its directory lists (design, section 4).

pub use crate::finding::{ADVISED_RSA_BITS, CLIENT_AUTH, Finding, LEAST_EC_BITS, LEAST_RSA_BITS, Severity};

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{fmt::Write, net::IpAddr};
use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate,
    error::X509Error,
    extensions::{ExtendedKeyUsage, GeneralName},
    public_key::PublicKey,
    time::ASN1Time,
    x509::SubjectPublicKeyInfo,
};

/// Most certificates that one file may hold.
pub const MOST_CERTIFICATES: usize = 64;
/// Longest text that is taken from a name, in characters: names come from outside and end up in logs.
const LONGEST_TEXT: usize = 512;

/// Why a file is not a certificate that can be read. The owner of the file must act.
#[derive(Debug, Error)]
pub enum InspectError {
    /// The PEM armour is broken.
    #[error("the PEM text is broken")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// There is no certificate.
    #[error("there is no certificate (no \"BEGIN CERTIFICATE\")")]
    Empty,
    /// There are too many.
    #[error("there are more than {MOST_CERTIFICATES} certificates")]
    TooMany,
    /// A certificate is not X.509.
    #[error("certificate {position} is not X.509: {cause}")]
    Malformed {
        /// Its position in the file, from 1.
        position: usize,
        /// What the parser says.
        cause: String,
    },
}

/// The family of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// Elliptic curve (ECDSA).
    EllipticCurve,
    /// RSA.
    Rsa,
    /// Anything else.
    Other,
}

/// One certificate in plain fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The subject's (first) common name.
    pub common_name: Option<String>,
    /// How many common names the subject has.
    pub common_names: usize,
    /// The issuer's name.
    pub issuer: String,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Begin of its validity, inclusive.
    pub not_before: Timestamp,
    /// End of its validity, inclusive.
    pub not_after: Timestamp,
    /// Kind and size of the key, e.g. `EC P-256` or `RSA 3072`.
    pub key: String,
    /// The key's family.
    pub key_kind: KeyKind,
    /// Size of the key in bits; 0 where it is not known.
    pub key_bits: u32,
    /// Names of the extended key usages (RFC 5280), or their object identifiers.
    pub extended_key_usage: Vec<String>,
    /// Subject alternative names: DNS names and IP addresses plain, others with their kind before them.
    pub alternative_names: Vec<String>,
    /// Whether it may sign other certificates.
    pub is_authority: bool,
    /// SHA-256 of the DER form, lower-case hexadecimal.
    pub sha256: String,
    /// The certificate itself.
    #[serde(skip)]
    pub der: Vec<u8>,
}

impl Certificate {
    /// Judges it as the certificate of `participant_id` at the time `now`; empty when there is nothing to say.
    pub fn findings(&self, participant_id: &str, now: Timestamp) -> Vec<Finding> {
        crate::finding::judge(self, participant_id, now)
    }

    /// The subject's public key as DER (SubjectPublicKeyInfo), to compare with a private key's.
    pub(crate) fn public_key_info(&self) -> Option<Vec<u8>> {
        let (_, parsed) = x509_parser::parse_x509_certificate(&self.der).ok()?;
        Some(parsed.public_key().raw.to_vec())
    }
}

/// Reads every certificate of a PEM text, in its order: the participant's own first, then those above it.
pub fn inspect_pem(pem: &[u8]) -> Result<Vec<Certificate>, InspectError> {
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der?;
        if certificates.len() == MOST_CERTIFICATES {
            return Err(InspectError::TooMany);
        }
        let position = certificates.len() + 1;
        certificates.push(inspect_der(&der).map_err(|error| malformed(position, error))?);
    }
    if certificates.is_empty() { Err(InspectError::Empty) } else { Ok(certificates) }
}

fn malformed(position: usize, error: X509Error) -> InspectError {
    InspectError::Malformed { position, cause: plain(&error.to_string()) }
}

/// Reads one certificate in DER form.
fn inspect_der(der: &[u8]) -> Result<Certificate, X509Error> {
    let (rest, parsed) = x509_parser::parse_x509_certificate(der).map_err(X509Error::from)?;
    if !rest.is_empty() {
        return Err(X509Error::InvalidCertificate);
    }
    let key = read_key(parsed.public_key());
    let names: Vec<_> = parsed.subject().iter_common_name().map(|name| name.as_str().map(str::to_owned)).collect();
    Ok(Certificate {
        common_names: names.len(),
        common_name: names.into_iter().next().transpose()?,
        issuer: plain(&parsed.issuer().to_string()),
        serial: hexadecimal(parsed.raw_serial()),
        not_before: timestamp(parsed.validity().not_before)?,
        not_after: timestamp(parsed.validity().not_after)?,
        key: key.name,
        key_kind: key.kind,
        key_bits: key.bits,
        extended_key_usage: parsed.extended_key_usage()?.map(|found| usages(found.value)).unwrap_or_default(),
        alternative_names: alternative_names(&parsed)?,
        is_authority: parsed.basic_constraints()?.is_some_and(|constraints| constraints.value.ca),
        sha256: hexadecimal(&Sha256::digest(der)),
        der: der.to_vec(),
    })
}

pub(crate) fn timestamp(time: ASN1Time) -> Result<Timestamp, X509Error> {
    Timestamp::from_second(time.timestamp()).map_err(|_| X509Error::InvalidDate)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Bounded and free of control characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(LONGEST_TEXT).collect()
}

struct Key {
    name: String,
    kind: KeyKind,
    bits: u32,
}

fn read_key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let bits = bit_length(rsa.modulus);
            Key { name: format!("RSA {bits}"), kind: KeyKind::Rsa, bits }
        }
        Ok(PublicKey::EC(_)) => curve(info),
        Ok(_) | Err(_) => {
            let identifier = info.algorithm.algorithm.to_id_string();
            let (name, bits) = match identifier.as_str() {
                "1.3.101.112" => ("Ed25519".to_owned(), 256),
                "1.3.101.113" => ("Ed448".to_owned(), 456),
                _ => (identifier, 0),
            };
            Key { name, kind: KeyKind::Other, bits }
        }
    }
}

/// Length of an unsigned big-endian number: the parser's own figure counts whole bytes.
fn bit_length(number: &[u8]) -> u32 {
    let significant = number.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &number[first..]);
    let first_bits = significant.first().map_or(0, |first| 8 - first.leading_zeros());
    let more_bytes = u32::try_from(significant.len().saturating_sub(1)).unwrap_or(u32::MAX / 8);
    first_bits + more_bytes * 8
}

fn curve(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let identifier = info.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let identifier = identifier.map(|oid| oid.to_id_string()).unwrap_or_default();
    let (name, bits) = match identifier.as_str() {
        "1.2.840.10045.3.1.1" => ("P-192", 192),
        "1.3.132.0.33" => ("P-224", 224),
        "1.2.840.10045.3.1.7" => ("P-256", 256),
        "1.3.132.0.34" => ("P-384", 384),
        "1.3.132.0.35" => ("P-521", 521),
        "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", 256),
        "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", 512),
        // Explicit parameters or a curve that nobody here knows: no size is claimed for it.
        _ => return Key { name: format!("EC {identifier}"), kind: KeyKind::Other, bits: 0 },
    };
    Key { name: format!("EC {name}"), kind: KeyKind::EllipticCurve, bits }
}

fn usages(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, CLIENT_AUTH),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let named = known.into_iter().filter(|(present, _)| *present).map(|(_, name)| name.to_owned());
    named.chain(usage.other.iter().map(|oid| oid.to_id_string())).collect()
}

fn alternative_names(parsed: &X509Certificate<'_>) -> Result<Vec<String>, X509Error> {
    let extension = parsed.subject_alternative_name()?;
    Ok(extension.map(|found| found.value.general_names.iter().map(spell).collect()).unwrap_or_default())
}

fn spell(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => plain(name),
        GeneralName::IPAddress(bytes) => address(bytes),
        GeneralName::RFC822Name(name) => plain(&format!("email:{name}")),
        GeneralName::URI(name) => plain(&format!("uri:{name}")),
        other => plain(&other.to_string()),
    }
}

fn address(bytes: &[u8]) -> String {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let address = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
    address.map_or_else(|_| format!("address:{}", hexadecimal(bytes)), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_an_error_and_never_a_panic() {
        assert!(matches!(inspect_pem(b""), Err(InspectError::Empty)));
        assert!(matches!(inspect_pem(b"hello"), Err(InspectError::Empty)));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(inspect_pem(broken), Err(InspectError::Malformed { position: 1, .. })));
        assert!(matches!(inspect_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n"), Err(InspectError::Pem(_))));
    }

    #[test]
    fn a_number_is_as_long_as_its_highest_bit() {
        assert_eq!(bit_length(&[]), 0);
        assert_eq!(bit_length(&[0, 0]), 0);
        assert_eq!(bit_length(&[0, 0x80, 0]), 16);
        assert_eq!(bit_length(&[0x7f, 0]), 15);
    }

    #[test]
    fn names_from_outside_lose_their_control_characters_and_their_length() {
        assert_eq!(plain("a\nb\u{1b}[2J"), "a\u{fffd}b\u{fffd}[2J");
        assert_eq!(plain(&"x".repeat(10_000)).len(), LONGEST_TEXT);
    }
}
