//! Certificate revocation lists (RFC 5280, section 5): reading one, and proving whose it is.
//!
//! A [`Crl`] is only ever made by the [`Issuer`] whose signature it bears. Knows nothing of files, the network or the
//! directory. Only complete lists of one issuer are read: delta lists and indirect ones are refused, and so is whatever
//! marks something critical that is not understood here, as section 5.2 demands.

use crate::inspect::{Certificate, hexadecimal, plain, timestamp};
use jiff::Timestamp;
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, CertificateRevocationListDer, pem::PemObject},
};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::HashMap};
use thiserror::Error;
use x509_parser::{
    asn1_rs::Any,
    certificate::X509Certificate,
    der_parser::num_bigint::BigUint,
    error::X509Error,
    extensions::{ParsedExtension, X509Extension},
    prelude::FromDer,
    revocation_list::{CertificateRevocationList, RevokedCertificate},
};

/// Largest list that is read, in bytes: some 400,000 revoked certificates.
pub const LARGEST_CRL_BYTES: usize = 16 * 1024 * 1024;

/// The reasons of RFC 5280, section 5.3.1, by their codes.
const REASONS: [(u8, &str); 10] = [
    (0, "unspecified"),
    (1, "keyCompromise"),
    (2, "cACompromise"),
    (3, "affiliationChanged"),
    (4, "superseded"),
    (5, "cessationOfOperation"),
    (6, "certificateHold"),
    (8, REMOVED),
    (9, "privilegeWithdrawn"),
    (10, "aACompromise"),
];
/// `removeFromCRL` (RFC 5280, 5.3.1): the certificate is no longer on hold.
const REMOVED: &str = "removeFromCRL";

/// Why a list cannot be used, or its issuer's certificate not.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CrlError {
    /// The issuer's certificate cannot be read.
    #[error("the issuer's certificate cannot be read: {0}")]
    Issuer(String),
    /// The issuer's certificate may not sign lists.
    #[error("the certificate is not that of an authority that may sign CRLs (basicConstraints, keyUsage cRLSign)")]
    NoAuthority,
    /// More bytes than [`LARGEST_CRL_BYTES`].
    #[error("it has {0} bytes, and {LARGEST_CRL_BYTES} are the most")]
    TooLarge(usize),
    /// Not a list.
    #[error("it is no CRL in DER or PEM: {0}")]
    Malformed(String),
    /// Somebody else's list.
    #[error("it is the CRL of {found:?}, not of {expected:?}")]
    OtherIssuer {
        /// Whose was expected.
        expected: String,
        /// Whose it says it is.
        found: String,
    },
    /// The signature is not the issuer's, or made with an algorithm that is not accepted (SHA-1 is not).
    #[error("its signature is not that of the issuer's key, or its algorithm is not accepted")]
    Signature,
    /// A kind of list that is not read here.
    #[error("it is {0}; a complete CRL of the issuer's own certificates is wanted")]
    Unsuitable(&'static str),
    /// It demands that something be understood that is not.
    #[error("its critical extension {0} is not understood")]
    Critical(String),
}

/// A certification authority whose lists are followed. Its certificate is trusted because the operator names it:
/// neither its chain nor its validity is looked at.
#[derive(Debug, Clone)]
pub struct Issuer {
    name: String,
    subject: Vec<u8>,
    public_key_info: Vec<u8>,
    sha256: String,
}

impl Issuer {
    /// Reads the authority's certificate, the first of a PEM text.
    ///
    /// # Errors
    /// There is no certificate, or it may not sign lists.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CrlError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| CrlError::Issuer(error.to_string()))?;
        let unreadable = |error: X509Error| CrlError::Issuer(plain(&error.to_string()));
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| unreadable(error.into()))?;
        let is_authority = parsed.basic_constraints().map_err(unreadable)?.is_some_and(|found| found.value.ca);
        let may_sign = parsed.key_usage().map_err(unreadable)?.is_none_or(|found| found.value.crl_sign());
        if !is_authority || !may_sign {
            return Err(CrlError::NoAuthority);
        }
        Ok(Self {
            name: plain(&parsed.subject().to_string()),
            subject: parsed.subject().as_raw().to_vec(),
            public_key_info: parsed.public_key().raw.to_vec(),
            sha256: hexadecimal(&Sha256::digest(&der)),
        })
    }

    /// Its name, free of control characters and bounded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its certificate's DER form, lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Reads a list of this issuer, in DER or PEM, and verifies its signature.
    ///
    /// # Errors
    /// It is too large, no list, not this issuer's, of a kind that is not read, or says what is not understood.
    pub fn read(&self, bytes: &[u8]) -> Result<Crl, CrlError> {
        if bytes.len() > LARGEST_CRL_BYTES {
            return Err(CrlError::TooLarge(bytes.len()));
        }
        let der = der(bytes)?;
        let malformed = |error: X509Error| CrlError::Malformed(plain(&error.to_string()));
        let (rest, list) = CertificateRevocationList::from_der(&der).map_err(|error| malformed(error.into()))?;
        if !rest.is_empty() {
            return Err(CrlError::Malformed("something follows it".into()));
        }
        if list.issuer().as_raw() != self.subject {
            let found = plain(&list.issuer().to_string());
            return Err(CrlError::OtherIssuer { expected: self.name.clone(), found });
        }
        self.verify(&list)?;
        list.extensions().iter().try_for_each(understood)?;
        let mut entries = HashMap::new();
        for revoked in list.iter_revoked_certificates() {
            revoked.extensions().iter().try_for_each(understood)?;
            let entry = entry(revoked).map_err(malformed)?;
            if entry.reason != REMOVED {
                entries.insert(number_bytes(revoked.raw_serial()).into(), entry);
            }
        }
        Ok(Crl {
            issuer: self.subject.clone(),
            number: list.crl_number().cloned(),
            this_update: timestamp(list.last_update()).map_err(malformed)?,
            next_update: list.next_update().map(timestamp).transpose().map_err(malformed)?,
            entries,
        })
    }

    /// The serial number of one of its certificates, without the zeros before it; `None` for another issuer's.
    pub(crate) fn serial_of(&self, certificate: &Certificate) -> Option<Vec<u8>> {
        serial_under(&self.subject, certificate)
    }

    /// Every algorithm that TLS accepts in certificates is accepted here, and no other.
    fn verify(&self, list: &CertificateRevocationList<'_>) -> Result<(), CrlError> {
        let (outer, inner) = (&list.signature_algorithm, &list.tbs_cert_list.signature);
        let (Some(signing), Some(key)) = (signature_algorithm(list.as_raw()), first(&self.public_key_info)) else {
            return Err(CrlError::Signature);
        };
        let (_, key_info) = X509PublicKey::from_der(&self.public_key_info).map_err(|_| CrlError::Signature)?;
        let is_verified = outer == inner
            && list.signature_value.unused_bits == 0
            && aws_lc_rs::default_provider().signature_verification_algorithms.all.iter().any(|algorithm| {
                algorithm.signature_alg_id().as_ref() == signing
                    && algorithm.public_key_alg_id().as_ref() == key
                    && algorithm
                        .verify_signature(
                            &key_info.subject_public_key.data,
                            list.tbs_cert_list.as_ref(),
                            &list.signature_value.data,
                        )
                        .is_ok()
            });
        if is_verified { Ok(()) } else { Err(CrlError::Signature) }
    }
}

type X509PublicKey<'a> = x509_parser::x509::SubjectPublicKeyInfo<'a>;

/// A list whose signature was verified.
#[derive(Debug, Clone)]
pub struct Crl {
    issuer: Vec<u8>,
    number: Option<BigUint>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: HashMap<Box<[u8]>, Listed>,
}

/// What a list says of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Since when it is revoked.
    pub since: Timestamp,
    /// Why, in the words of RFC 5280, section 5.3.1; `unspecified` where the list does not say.
    pub reason: &'static str,
}

impl Crl {
    /// Its number (decimal), where it has one.
    pub fn number(&self) -> Option<String> {
        self.number.as_ref().map(ToString::to_string)
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// By when the next one is made, where it says.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// How many certificates it revokes.
    pub fn revoked(&self) -> usize {
        self.entries.len()
    }

    /// Whether the next one should be there by `now`.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.next_update.is_some_and(|next| next < now)
    }

    /// Whether it was made before `other`, a list from the same place: by its number, and by its time.
    pub fn is_older_than(&self, other: &Self) -> bool {
        let counts_back = self.number.as_ref().zip(other.number.as_ref()).is_some_and(|(own, other)| own < other);
        counts_back || self.this_update < other.this_update
    }

    /// What it says of this certificate; `None` where that is another issuer's, or not revoked.
    pub fn listed(&self, certificate: &Certificate) -> Option<&Listed> {
        self.entries.get(serial_under(&self.issuer, certificate)?.as_slice())
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&[u8], &Listed)> {
        self.entries.iter().map(|(serial, listed)| (serial.as_ref(), listed))
    }

    /// The number of the list that follows, big-endian.
    pub(crate) fn next_number(&self) -> Option<Vec<u8>> {
        self.number.as_ref().map(|number| (number + 1_u8).to_bytes_be())
    }
}

fn serial_under(issuer: &[u8], certificate: &Certificate) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(&certificate.der).ok()?;
    (parsed.issuer().as_raw() == issuer).then(|| number_bytes(parsed.raw_serial()).to_vec())
}

fn der(bytes: &[u8]) -> Result<Cow<'_, [u8]>, CrlError> {
    if !bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok(Cow::Borrowed(bytes));
    }
    let list = CertificateRevocationListDer::from_pem_slice(bytes);
    list.map(|list| Cow::Owned(list.to_vec())).map_err(|error| CrlError::Malformed(plain(&error.to_string())))
}

/// The content of the first element within an element: of an AlgorithmIdentifier, that is what rustls names it by.
fn first(element: &[u8]) -> Option<&[u8]> {
    let (_, outer) = Any::from_der(element).ok()?;
    Any::from_der(outer.data).ok().map(|(_, inner)| inner.data)
}

/// The content of the second element of a list: CertificateList is tbsCertList, signatureAlgorithm, signature.
fn signature_algorithm(list: &[u8]) -> Option<&[u8]> {
    let (_, outer) = Any::from_der(list).ok()?;
    let (after_first, _) = Any::from_der(outer.data).ok()?;
    Any::from_der(after_first).ok().map(|(_, second)| second.data)
}

/// An INTEGER's bytes without the zeros before it.
fn number_bytes(bytes: &[u8]) -> &[u8] {
    let begin = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[begin..]
}

fn entry(revoked: &RevokedCertificate<'_>) -> Result<Listed, X509Error> {
    let code = revoked.reason_code().map_or(0, |(_, code)| code.0);
    Ok(Listed { since: timestamp(revoked.revocation_date)?, reason: reason(code) })
}

fn reason(code: u8) -> &'static str {
    REASONS.iter().find(|(known, _)| *known == code).map_or("unspecified", |(_, name)| name)
}

/// The code of a reason for revoking.
pub(crate) fn reason_code(name: &str) -> Option<u8> {
    REASONS.iter().find(|(_, known)| *known == name && name != REMOVED).map(|(code, _)| *code)
}

/// Refuses what must be understood and is not, and the kinds of lists that say less than they seem to.
fn understood(extension: &X509Extension<'_>) -> Result<(), CrlError> {
    match extension.parsed_extension() {
        ParsedExtension::IssuingDistributionPoint(point) if point.indirect_crl => {
            Err(CrlError::Unsuitable("an indirect CRL"))
        }
        ParsedExtension::IssuingDistributionPoint(point) if point.only_contains_ca_certs => {
            Err(CrlError::Unsuitable("a CRL of authorities' certificates only"))
        }
        ParsedExtension::IssuingDistributionPoint(point) if point.only_contains_attribute_certs => {
            Err(CrlError::Unsuitable("a CRL of attribute certificates only"))
        }
        ParsedExtension::IssuingDistributionPoint(_)
        | ParsedExtension::AuthorityKeyIdentifier(_)
        | ParsedExtension::CRLNumber(_)
        | ParsedExtension::ReasonCode(_)
        | ParsedExtension::InvalidityDate(_) => Ok(()),
        _ if extension.oid.to_id_string() == "2.5.29.27" => Err(CrlError::Unsuitable("a delta CRL")),
        _ if extension.critical => Err(CrlError::Critical(extension.oid.to_id_string())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
