//! What the development PKI promises, on a temporary folder.

use super::*;
use crate::inspect::{Finding, inspect_pem};
use std::os::unix::fs::PermissionsExt;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn participant(name: &str) -> ParticipantName {
    name.parse().expect("a participant's name")
}

fn certificate(path: &Path) -> Certificate {
    inspect_pem(&fs::read(path).expect("read")).expect("a certificate").swap_remove(0)
}

fn actions(steps: &[Step]) -> Vec<Action> {
    steps.iter().map(|step| step.action.clone()).collect()
}

#[test]
fn a_new_pki_has_every_file_and_private_keys_are_private() {
    let dir = folder();
    let steps = init(dir.path(), &["hub.example".to_owned()]).expect("made");
    assert_eq!(actions(&steps), vec![Action::Made; 4]);
    for name in ["ca", "broker", "gateway", "receipts"] {
        let mode = fs::metadata(dir.path().join(format!("{name}.key"))).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let gateway = certificate(&dir.path().join("gateway.pem"));
    assert_eq!(gateway.common_name.as_deref(), Some(GATEWAY));
    assert_eq!(gateway.alternative_names, ["localhost", "127.0.0.1", "::1", "hub.example"]);
    assert_eq!(gateway.extended_key_usage, ["serverAuth", "clientAuth"]);
    let broker = certificate(&dir.path().join("broker.pem"));
    assert_eq!((broker.common_name.as_deref(), broker.key.as_str()), (Some("localhost"), "EC P-256"));
    assert_eq!(broker.extended_key_usage, ["serverAuth"]);
    assert!(certificate(&dir.path().join("ca.pem")).is_authority);
}

#[test]
fn asked_twice_it_keeps_what_is_there_and_says_what_does_not_fit() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let before = fs::read(dir.path().join("broker.pem")).expect("read");
    assert_eq!(actions(&init(dir.path(), &[]).expect("kept")), vec![Action::Kept; 4]);
    let steps = init(dir.path(), &["hub.example".to_owned()]).expect("kept");
    assert_eq!(steps[1].action, Action::KeptDespite("it lacks the name hub.example".to_owned()));
    assert_eq!(fs::read(dir.path().join("broker.pem")).expect("read"), before);
}

#[test]
fn replace_makes_all_anew() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let all = ["ca.pem", "ca.key", "broker.pem", "gateway.key", "receipts.key", "receipts.pub.pem"];
    let read_all = || all.map(|name| fs::read(dir.path().join(name)).expect("read"));
    let before = read_all();
    let steps = init_at(dir.path(), &[], Existing::Replace, Timestamp::now()).expect("made anew");
    assert_eq!(actions(&steps), vec![Action::Made; 4]);
    assert!(before.iter().zip(read_all()).all(|(old, new)| *old != new));
}

#[test]
fn a_lost_authority_key_is_said_and_never_replaced_in_silence() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    fs::remove_file(dir.path().join("ca.key")).expect("removed");
    assert!(matches!(init(dir.path(), &[]), Err(PkiError::Half { .. })));
    fs::copy(dir.path().join("broker.key"), dir.path().join("ca.key")).expect("copied");
    assert!(matches!(init(dir.path(), &[]), Err(PkiError::Mismatch { .. })));
}

#[test]
fn an_interrupted_run_is_completed_by_the_next() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    for lost in ["gateway.pem", "receipts.pub.pem"] {
        fs::remove_file(dir.path().join(lost)).expect("removed");
    }
    let steps = init(dir.path(), &[]).expect("completed");
    assert_eq!(actions(&steps), [Action::Kept, Action::Kept, Action::Made, Action::Made]);
    assert_eq!(actions(&init(dir.path(), &[]).expect("kept")), vec![Action::Kept; 4]);
}

#[test]
fn a_new_authority_signs_the_servers_anew_and_keeps_the_receipt_key() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let receipts = fs::read(dir.path().join("receipts.key")).expect("read");
    fs::remove_file(dir.path().join("ca.pem")).expect("removed");
    let steps = init(dir.path(), &[]).expect("made");
    assert_eq!(actions(&steps), [Action::Made, Action::Made, Action::Made, Action::Kept]);
    assert_eq!(fs::read(dir.path().join("receipts.key")).expect("read"), receipts);
}

#[test]
fn a_participants_certificate_gives_no_finding_and_is_signed_by_the_authority() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let step = issue(dir.path(), &participant("PL-BACKOFFICE"), &IssueOptions::default()).expect("issued");
    assert_eq!(step.public, dir.path().join("participants/PL-BACKOFFICE.pem"));
    let leaf = certificate(&step.public);
    assert_eq!(leaf.findings("PL-BACKOFFICE", Timestamp::now()), []);
    assert!(matches!(leaf.findings("UK-BACKOFFICE", Timestamp::now())[..], [Finding::OtherCommonName { .. }]));
    let authority = certificate(&dir.path().join("ca.pem"));
    let (_, authority) = x509_parser::parse_x509_certificate(&authority.der).expect("parsed");
    let (_, parsed) = x509_parser::parse_x509_certificate(&leaf.der).expect("parsed");
    assert_eq!(parsed.issuer().as_raw(), authority.subject().as_raw());
    let roots = [rustls::pki_types::CertificateDer::from(authority.as_raw().to_vec())];
    let mut store = rustls::RootCertStore::empty();
    store.add(roots[0].clone()).expect("an anchor");
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(store.into(), provider).build();
    let leaf = rustls::pki_types::CertificateDer::from(leaf.der);
    let now = rustls::pki_types::UnixTime::now();
    verifier.expect("a verifier").verify_client_cert(&leaf, &[], now).expect("signed by the authority");
}

#[test]
fn a_second_certificate_of_a_participant_stands_beside_the_first() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let name = participant("PL-BACKOFFICE");
    issue(dir.path(), &name, &IssueOptions::default()).expect("issued");
    let again = issue(dir.path(), &name, &IssueOptions::default()).expect("kept");
    assert_eq!(again.action, Action::Kept);
    let second = IssueOptions { name: Some("PL-BACKOFFICE.2".parse().expect("a stem")), ..IssueOptions::default() };
    let second = issue(dir.path(), &name, &second).expect("issued");
    assert_eq!(second.action, Action::Made);
    assert_ne!(certificate(&second.public).sha256, certificate(&again.public).sha256);
}

#[test]
fn an_expired_certificate_can_be_made_for_tests() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let begins = Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(48)).expect("in range");
    let options = IssueOptions { days: 1, begins: Some(begins), ..IssueOptions::default() };
    let step = issue(dir.path(), &participant("PL-OLD"), &options).expect("issued");
    assert!(matches!(certificate(&step.public).findings("PL-OLD", Timestamp::now())[..], [Finding::Expired { .. }]));
}

#[test]
fn impossible_orders_are_refused_before_anything_is_written() {
    let dir = folder();
    for wrong in ["", "a b", "-a", "a..b", &"a".repeat(300), "a/b"] {
        assert!(matches!(init(dir.path(), &[wrong.to_owned()]), Err(PkiError::Request { .. })), "{wrong:?}");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 0);
    let name = participant("PL-X");
    assert!(matches!(issue(dir.path(), &name, &IssueOptions::default()), Err(PkiError::NoAuthority { .. })));
    let endless = IssueOptions { days: 0, ..IssueOptions::default() };
    assert!(matches!(issue(dir.path(), &name, &endless), Err(PkiError::Request { .. })));
}

#[test]
fn the_authoritys_list_grows_and_counts_and_holds_its_own_certificates_only() {
    let dir = folder();
    init(dir.path(), &[]).expect("made");
    let issued =
        |name| certificate(&issue(dir.path(), &participant(name), &IssueOptions::default()).expect("issued").public);
    let (pl, uk) = (issued("PL-BACKOFFICE"), issued("UK-BACKOFFICE"));
    let issuer =
        crate::crl::Issuer::from_pem(&fs::read(dir.path().join("ca.pem")).expect("read")).expect("an authority");
    let now = Timestamp::from_second(1_800_000_000).expect("in range");
    let revoke = |certificates: &[Certificate], reason: &str| {
        let path = revoke_at(dir.path(), certificates, &RevokeOptions { reason: reason.into(), hours: 1 }, now)?;
        Ok::<_, PkiError>(issuer.read(&fs::read(path).expect("read")).expect("a good list"))
    };
    let empty = revoke(&[], "unspecified").expect("made");
    assert_eq!((empty.number().as_deref(), empty.revoked()), (Some("1"), 0));
    revoke(std::slice::from_ref(&pl), "keyCompromise").expect("made");
    let list = revoke(std::slice::from_ref(&uk), "superseded").expect("made");
    assert_eq!((list.number().as_deref(), list.revoked()), (Some("3"), 2));
    let reasons = [&pl, &uk].map(|it| list.listed(it).map(|listed| (listed.since, listed.reason)));
    assert_eq!(reasons, [Some((now, "keyCompromise")), Some((now, "superseded"))]);
    assert!(matches!(revoke(&[pl], "removeFromCRL"), Err(PkiError::Request { .. })));
    let elsewhere = folder();
    init(elsewhere.path(), &[]).expect("made");
    let foreign = issue(elsewhere.path(), &participant("PL-X"), &IssueOptions::default()).expect("issued");
    assert!(matches!(revoke(&[certificate(&foreign.public)], "superseded"), Err(PkiError::Request { .. })));
}
