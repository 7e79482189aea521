//! The development authority: its own certificate, and those it signs.
//!
//! Owns what goes into a certificate (subject, names, purposes, lifetime); leaves files to its parent.

use super::{Action, Existing, GATEWAY, Pair, PkiError, Step};
use crate::name::ParticipantName;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::path::Path;
use time::OffsetDateTime;

/// Life of the authority, in days.
pub(super) const AUTHORITY_DAYS: u16 = 3650;
/// Life of the broker's and the gateway's certificates, in days.
const SERVER_DAYS: u16 = 825;
/// Certificates begin a little before they are made, because clocks differ.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// Common name of every development authority, before the eight digits that tell two of them apart.
const AUTHORITY_NAME: &str = "IMI development authority ";
/// Common name of an authority that signs nothing.
const NOBODY_NAME: &str = "IMI nobody ";
const ORGANISATION: &str = "IMI Gateway development";

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A TLS server.
    Server,
    /// Both ends: the gateway serves HTTPS and is a client of the broker.
    ServerAndClient,
    /// A TLS client.
    Client,
}

/// What is to be certified.
pub(super) struct Order {
    pub(super) common_name: String,
    pub(super) names: Vec<String>,
    purpose: Purpose,
    begins: Timestamp,
    days: u16,
}

impl Order {
    pub(super) fn broker(names: &[String], now: Timestamp) -> Self {
        Self::server("localhost", Purpose::Server, names, now)
    }

    pub(super) fn gateway(names: &[String], now: Timestamp) -> Self {
        Self::server(GATEWAY, Purpose::ServerAndClient, names, now)
    }

    fn server(common_name: &str, purpose: Purpose, names: &[String], now: Timestamp) -> Self {
        let begins = tolerant(now);
        Self { common_name: common_name.to_owned(), names: names.to_vec(), purpose, begins, days: SERVER_DAYS }
    }

    pub(super) fn participant(name: &ParticipantName, days: u16, begins: Option<Timestamp>, now: Timestamp) -> Self {
        let begins = begins.unwrap_or_else(|| tolerant(now));
        Self { common_name: name.to_string(), names: Vec::new(), purpose: Purpose::Client, begins, days }
    }
}

/// A development authority that can sign.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Opens the authority of a folder.
    pub(super) fn open(dir: &Path) -> Result<Self, PkiError> {
        let pair = Pair::new(dir, "ca");
        Self::read(&pair)?.ok_or(PkiError::NoAuthority { path: pair.certificate })
    }

    /// Opens the authority of a folder, or makes one.
    pub(super) fn open_or_make(dir: &Path, existing: Existing, now: Timestamp) -> Result<(Self, Step), PkiError> {
        let pair = Pair::new(dir, "ca");
        if existing == Existing::Keep
            && let Some(authority) = Self::read(&pair)?
        {
            return Ok((authority, pair.step(Action::Kept)));
        }
        Ok((Self::make(&pair, now)?, pair.step(Action::Made)))
    }

    /// What signs.
    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    fn read(pair: &Pair) -> Result<Option<Self>, PkiError> {
        let Some((certificate, key)) = pair.read()? else { return Ok(None) };
        match certificate.common_name.filter(|name| name.starts_with(AUTHORITY_NAME)) {
            Some(name) => Ok(Some(Self { issuer: Issuer::new(authority_params(&name), key) })),
            None => Err(PkiError::ForeignAuthority { path: pair.certificate.clone() }),
        }
    }

    fn make(pair: &Pair, now: Timestamp) -> Result<Self, PkiError> {
        let (certificate_pem, params, key) = root(AUTHORITY_NAME, now)?;
        pair.write(&certificate_pem, &key)?;
        Ok(Self { issuer: Issuer::new(params, key) })
    }

    /// The certificate of an authority whose key is gone before anyone could use it, in PEM.
    pub(super) fn nobody(now: Timestamp) -> Result<String, PkiError> {
        root(NOBODY_NAME, now).map(|(certificate_pem, _, _)| certificate_pem)
    }

    /// A new key and the certificate for it, in PEM.
    pub(super) fn issue(&self, order: &Order) -> Result<(String, KeyPair), PkiError> {
        let key = KeyPair::generate().map_err(PkiError::cryptography)?;
        let mut params = CertificateParams::new(order.names.clone()).map_err(PkiError::cryptography)?;
        params.distinguished_name = distinguished_name(&order.common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages(order.purpose);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity(order.begins, order.days)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(PkiError::cryptography)?;
        Ok((certificate.pem(), key))
    }
}

fn root(name: &str, now: Timestamp) -> Result<(String, CertificateParams, KeyPair), PkiError> {
    let key = KeyPair::generate().map_err(PkiError::cryptography)?;
    let digits: String = key.public_key_raw()[1..5].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut params = authority_params(&format!("{name}{digits}"));
    (params.not_before, params.not_after) = validity(tolerant(now), AUTHORITY_DAYS)?;
    let certificate = params.self_signed(&key).map_err(PkiError::cryptography)?;
    Ok((certificate.pem(), params, key))
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = distinguished_name(name);
    params
}

fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, ORGANISATION);
    name.push(DnType::CommonName, common_name);
    name
}

fn usages(purpose: Purpose) -> Vec<ExtendedKeyUsagePurpose> {
    match purpose {
        Purpose::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
        Purpose::ServerAndClient => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        Purpose::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
    }
}

fn tolerant(now: Timestamp) -> Timestamp {
    now.checked_sub(CLOCK_TOLERANCE).unwrap_or(now)
}

fn validity(begins: Timestamp, days: u16) -> Result<(OffsetDateTime, OffsetDateTime), PkiError> {
    let outside = |_| PkiError::Request { what: "the validity is outside the calendar".to_owned() };
    let begin = OffsetDateTime::from_unix_timestamp(begins.as_second()).map_err(outside)?;
    let end = begins.as_second() + i64::from(days) * 86_400;
    Ok((begin, OffsetDateTime::from_unix_timestamp(end).map_err(outside)?))
}
