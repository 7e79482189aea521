//! Lists made by an authority of the test's own: what is read, and what is refused.

use super::{CrlError, Issuer, LARGEST_CRL_BYTES, Listed, understood};
use crate::inspect::{Certificate, inspect_pem};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationList, CertificateRevocationListParams,
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, DnType, IsCa, Issuer as Signer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, RevocationReason, RevokedCertParams, SerialNumber, SignatureAlgorithm,
};
use time::OffsetDateTime;
use x509_parser::{extensions::X509Extension, prelude::FromDer};

struct Authority {
    signer: Signer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        Self::with(name, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    fn with(name: &str, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { signer: Signer::new(params, key), pem }
    }

    fn issuer(&self) -> Issuer {
        Issuer::from_pem(self.pem.as_bytes()).expect("an authority")
    }

    fn leaf(&self, serial: u64) -> Certificate {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(serial));
        params.distinguished_name.push(DnType::CommonName, "PL-BACKOFFICE");
        let key = KeyPair::generate().expect("a key");
        let pem = params.signed_by(&key, &self.signer).expect("signed").pem();
        inspect_pem(pem.as_bytes()).expect("a certificate").swap_remove(0)
    }

    fn list(&self, change: impl FnOnce(&mut CertificateRevocationListParams)) -> Vec<u8> {
        self.sign(change).der().to_vec()
    }

    fn sign(&self, change: impl FnOnce(&mut CertificateRevocationListParams)) -> CertificateRevocationList {
        let mut params = CertificateRevocationListParams {
            this_update: at(1_000),
            next_update: at(2_000),
            crl_number: SerialNumber::from(7),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked(0x80, Some(RevocationReason::KeyCompromise)), revoked(2, None)],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        change(&mut params);
        params.signed_by(&self.signer).expect("signed")
    }
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).expect("in range")
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn revoked(serial: u64, reason_code: Option<RevocationReason>) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: at(900),
        reason_code,
        invalidity_date: None,
    }
}

#[test]
fn a_list_says_which_certificates_of_its_issuer_are_revoked_and_why() {
    let authority = Authority::new("National CA");
    let crl = authority.issuer().read(&authority.list(|_| {})).expect("a good list");
    assert_eq!((crl.number().as_deref(), crl.revoked()), (Some("7"), 2));
    assert_eq!((crl.this_update(), crl.next_update()), (second(1_000), Some(second(2_000))));
    // 0x80 is written with a zero before it, or it would be negative.
    let compromised = Listed { since: second(900), reason: "keyCompromise" };
    assert_eq!(crl.listed(&authority.leaf(0x80)), Some(&compromised));
    assert_eq!(crl.listed(&authority.leaf(2)).map(|listed| listed.reason), Some("unspecified"));
    assert_eq!(crl.listed(&authority.leaf(3)), None);
    assert_eq!(crl.listed(&Authority::new("Another CA").leaf(2)), None, "the same serial number of another issuer");
}

#[test]
fn pem_is_read_like_der_and_an_empty_list_revokes_nobody() {
    let authority = Authority::with("National CA", &PKCS_ECDSA_P384_SHA384);
    let list = authority.sign(|list| list.revoked_certs.clear());
    for bytes in [list.der().to_vec(), list.pem().expect("PEM").into_bytes()] {
        assert_eq!(authority.issuer().read(&bytes).expect("a good list").revoked(), 0);
    }
}

#[test]
fn a_list_that_somebody_else_signed_is_refused_whatever_name_it_bears() {
    let (authority, impostor) = (Authority::new("National CA"), Authority::new("National CA"));
    assert_eq!(authority.issuer().read(&impostor.list(|_| {})).err(), Some(CrlError::Signature));
    let other = Authority::new("Another CA");
    assert!(matches!(authority.issuer().read(&other.list(|_| {})), Err(CrlError::OtherIssuer { .. })));
}

#[test]
fn a_list_with_one_bit_changed_is_never_read() {
    let authority = Authority::new("National CA");
    let (issuer, good) = (authority.issuer(), authority.list(|_| {}));
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 1;
        assert!(issuer.read(&bad).is_err(), "byte {position}");
    }
    for length in 0..good.len() {
        assert!(issuer.read(&good[..length]).is_err(), "cut after {length} bytes");
    }
    let longer = [good, vec![0]].concat();
    assert!(matches!(issuer.read(&longer), Err(CrlError::Malformed(_))));
}

#[test]
fn garbage_and_what_is_too_large_are_refused() {
    let issuer = Authority::new("National CA").issuer();
    for garbage in [&b""[..], b"<html>Not found</html>", b"-----BEGIN X509 CRL-----\nAAAA\n", &[0x30; 4096]] {
        assert!(matches!(issuer.read(garbage), Err(CrlError::Malformed(_))), "{garbage:?}");
    }
    let huge = vec![0x30; LARGEST_CRL_BYTES + 1];
    assert_eq!(issuer.read(&huge).err(), Some(CrlError::TooLarge(LARGEST_CRL_BYTES + 1)));
}

#[test]
fn lists_that_say_less_than_they_seem_to_are_refused() {
    let authority = Authority::new("National CA");
    let scoped = |scope| {
        authority.list(|list| {
            let distribution_point = CrlDistributionPoint { uris: vec!["http://ca.example/crl".into()] };
            list.issuing_distribution_point = Some(CrlIssuingDistributionPoint { distribution_point, scope });
        })
    };
    let issuer = authority.issuer();
    assert!(issuer.read(&scoped(Some(CrlScope::UserCertsOnly))).is_ok());
    assert!(issuer.read(&scoped(None)).is_ok());
    assert!(matches!(issuer.read(&scoped(Some(CrlScope::CaCertsOnly))), Err(CrlError::Unsuitable(_))));
    // Each as its DER: an indirect list, a delta list, an unknown critical extension, and one that is not critical.
    let extension = |der: &[u8]| X509Extension::from_der(der).map(|(_, parsed)| understood(&parsed)).expect("DER");
    let indirect = [0x30, 0x0f, 6, 3, 0x55, 0x1d, 0x1c, 1, 1, 0xff, 4, 5, 0x30, 3, 0x84, 1, 0xff];
    assert_eq!(extension(&indirect), Err(CrlError::Unsuitable("an indirect CRL")));
    let delta = [0x30, 0x0d, 6, 3, 0x55, 0x1d, 0x1b, 1, 1, 0xff, 4, 3, 2, 1, 5];
    assert_eq!(extension(&delta), Err(CrlError::Unsuitable("a delta CRL")));
    let unknown = [0x30, 0x0d, 6, 3, 0x55, 0x1d, 0x7b, 1, 1, 0xff, 4, 3, 2, 1, 5];
    assert_eq!(extension(&unknown), Err(CrlError::Critical("2.5.29.123".into())));
    assert_eq!(extension(&[0x30, 0x0a, 6, 3, 0x55, 0x1d, 0x7b, 4, 3, 2, 1, 5]), Ok(()));
}

#[test]
fn what_was_taken_off_the_list_is_not_revoked() {
    let authority = Authority::new("National CA");
    let bytes = authority.list(|list| list.revoked_certs = vec![revoked(2, Some(RevocationReason::RemoveFromCrl))]);
    let crl = authority.issuer().read(&bytes).expect("a good list");
    assert_eq!(crl.listed(&authority.leaf(2)), None);
}

#[test]
fn a_list_is_older_by_number_or_by_time_and_stale_after_its_next_update() {
    let authority = Authority::new("National CA");
    let read = |number: u64, this_update: i64| {
        let bytes = authority.list(|list| {
            list.crl_number = SerialNumber::from(number);
            list.this_update = at(this_update);
        });
        authority.issuer().read(&bytes).expect("a good list")
    };
    let held = read(300, 1_000);
    assert!(read(299, 1_500).is_older_than(&held));
    assert!(read(301, 999).is_older_than(&held));
    assert!(!read(300, 1_000).is_older_than(&held));
    assert!(!read(301, 1_001).is_older_than(&held));
    assert!(!held.is_stale(second(2_000)) && held.is_stale(second(2_001)));
}

#[test]
fn only_an_authority_that_may_sign_lists_is_an_issuer() {
    let authority = Authority::new("National CA");
    let mut params = CertificateParams::default();
    let key = KeyPair::generate().expect("a key");
    let leaf = params.signed_by(&key, &authority.signer).expect("signed").pem();
    assert_eq!(Issuer::from_pem(leaf.as_bytes()).err(), Some(CrlError::NoAuthority));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let silent = params.self_signed(&key).expect("signed").pem();
    assert_eq!(Issuer::from_pem(silent.as_bytes()).err(), Some(CrlError::NoAuthority));
    assert!(matches!(Issuer::from_pem(b"nothing"), Err(CrlError::Issuer(_))));
}
