//! The development authority's revocation list, `ca.crl`: DER, as national authorities publish theirs.
//!
//! Owns what is listed; each list holds all that the one before did and has the next number.

use super::{Authority, Pair, PkiError, read};
use crate::{
    crl::{Crl, Issuer, Listed, reason_code},
    files::{self, Secrecy},
    inspect::Certificate,
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// Hours until the next list is promised when nothing else is asked for.
pub const CRL_HOURS: u16 = 7 * 24;

/// How certificates are to be revoked.
#[derive(Debug, Clone)]
pub struct RevokeOptions {
    /// Why, in the words of RFC 5280, section 5.3.1, e.g. `keyCompromise`.
    pub reason: String,
    /// Hours until the next list is promised, at least 1.
    pub hours: u16,
}

impl Default for RevokeOptions {
    fn default() -> Self {
        Self { reason: "unspecified".into(), hours: CRL_HOURS }
    }
}

/// Adds certificates to the list of the authority in `dir` and writes it anew, at the time `now`; without any it is
/// only written anew. Returns the list's file.
///
/// # Errors
/// There is no authority, a certificate is not its own, the reason is not known, or a file cannot be read or written.
pub fn revoke_at(
    dir: &Path,
    certificates: &[Certificate],
    options: &RevokeOptions,
    now: Timestamp,
) -> Result<PathBuf, PkiError> {
    let authority = Authority::open(dir)?;
    let pem = Pair::new(dir, "ca").certificate;
    let issuer = Issuer::from_pem(&read(&pem)?).map_err(|error| PkiError::unusable(&pem, error))?;
    let path = dir.join("ca.crl");
    let former = former(&issuer, &path)?;
    let unknown =
        || PkiError::Request { what: format!("{:?} is no reason of RFC 5280, section 5.3.1", options.reason) };
    let code = reason_code(&options.reason).ok_or_else(unknown)?;
    let mut entries: Vec<(Vec<u8>, Timestamp, u8)> = Vec::new();
    for (serial, Listed { since, reason }) in former.iter().flat_map(Crl::entries) {
        entries.push((serial.to_vec(), *since, reason_code(reason).unwrap_or_default()));
    }
    for certificate in certificates {
        let serial = issuer.serial_of(certificate).ok_or_else(|| PkiError::Request {
            what: format!("the certificate with the serial number {} is another authority's", certificate.serial),
        })?;
        entries.retain(|(listed, ..)| *listed != serial);
        entries.push((serial, now, code));
    }
    let number = former.as_ref().and_then(Crl::next_number).unwrap_or_else(|| vec![1]);
    let params = CertificateRevocationListParams {
        this_update: time(now)?,
        next_update: time(now + SignedDuration::from_hours(options.hours.max(1).into()))?,
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: entries.into_iter().map(entry).collect::<Result<_, _>>()?,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = params.signed_by(authority.issuer()).map_err(PkiError::cryptography)?;
    files::write(&path, list.der(), Secrecy::Public).map_err(PkiError::io(&path))?;
    Ok(path)
}

fn former(issuer: &Issuer, path: &Path) -> Result<Option<Crl>, PkiError> {
    if !path.exists() {
        return Ok(None);
    }
    issuer.read(&read(path)?).map(Some).map_err(|error| PkiError::unusable(path, error))
}

fn entry((serial, since, code): (Vec<u8>, Timestamp, u8)) -> Result<RevokedCertParams, PkiError> {
    let reason_code = match code {
        1 => Some(RevocationReason::KeyCompromise),
        2 => Some(RevocationReason::CaCompromise),
        3 => Some(RevocationReason::AffiliationChanged),
        4 => Some(RevocationReason::Superseded),
        5 => Some(RevocationReason::CessationOfOperation),
        6 => Some(RevocationReason::CertificateHold),
        9 => Some(RevocationReason::PrivilegeWithdrawn),
        10 => Some(RevocationReason::AaCompromise),
        _ => None,
    };
    let serial_number = SerialNumber::from(serial);
    Ok(RevokedCertParams { serial_number, revocation_time: time(since)?, reason_code, invalidity_date: None })
}

fn time(at: Timestamp) -> Result<OffsetDateTime, PkiError> {
    OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(PkiError::cryptography)
}
