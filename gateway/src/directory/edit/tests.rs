//! Single changes, and what they refuse.

use super::*;
use crate::directory::change::Record;

fn directory() -> Directory {
    let mut directory = Directory::default();
    let participant = r#"{"id":"PL-BACKOFFICE","country":"PL","name":"x"}"#;
    directory.put(Record::Participant(serde_json::from_str(participant).expect("a participant")));
    let authority = r#"{"id":"PL-A","name":{"pl":"a"},"country":"PL","participant":"PL-BACKOFFICE",
        "areas":[{"area":"imi-pq","roles":["responder","requester"],"since":"2008-02-18"}],
        "requested":[{"area":"solvit","roles":["responder"]}]}"#;
    directory.put(Record::Authority(serde_json::from_str(authority).expect("an authority")));
    directory
}

fn participant(record: Result<Record, EditError>) -> Participant {
    match record {
        Ok(Record::Participant(participant)) => participant,
        other => panic!("{other:?}"),
    }
}

fn authority(record: Result<Record, EditError>) -> Authority {
    match record {
        Ok(Record::Authority(authority)) => authority,
        other => panic!("{other:?}"),
    }
}

fn backoffice() -> ParticipantId {
    "PL-BACKOFFICE".parse().expect("a participant")
}

fn a() -> AuthorityId {
    "PL-A".parse().expect("an authority")
}

#[test]
fn who_is_suspended_can_be_resumed_and_who_is_withdrawn_cannot() {
    let mut directory = directory();
    let mut stand = |standing| {
        let changed = directory.authority_in(&a(), standing);
        changed.inspect(|record| directory.put(record.clone())).map(|_| directory.authority(&a()).map(|a| a.status))
    };
    assert_eq!(stand(Standing::Suspended), Ok(Some(AuthorityStatus::Suspended)));
    assert_eq!(stand(Standing::Active), Ok(Some(AuthorityStatus::Active)));
    assert_eq!(stand(Standing::Withdrawn), Ok(Some(AuthorityStatus::Withdrawn)));
    assert_eq!(stand(Standing::Active), Err(EditError::Withdrawn("authority PL-A".into())));
    let nobody = directory.authority_in(&"PL-NOBODY".parse().expect("an id"), Standing::Active);
    assert_eq!(nobody, Err(EditError::Unknown("authority PL-NOBODY".into())));
}

#[test]
fn a_participant_is_withdrawn_after_those_it_serves() {
    let mut directory = directory();
    let refused = directory.participant_in(&backoffice(), Standing::Withdrawn);
    assert_eq!(refused, Err(EditError::Serves(backoffice(), "PL-A".into())));
    let suspended = participant(directory.participant_in(&backoffice(), Standing::Suspended));
    assert_eq!(suspended.status, ParticipantStatus::Suspended);
    directory.put(directory.authority_in(&a(), Standing::Withdrawn).expect("withdrawn"));
    directory.put(directory.participant_in(&backoffice(), Standing::Withdrawn).expect("withdrawn"));
    let back = directory.participant_in(&backoffice(), Standing::Active);
    assert_eq!(back, Err(EditError::Withdrawn("participant PL-BACKOFFICE".into())));
}

#[test]
fn roles_are_granted_in_place_of_the_former_ones() {
    let directory = directory();
    let (pq, solvit): (AreaId, AreaId) = ("imi-pq".parse().expect("an area"), "solvit".parse().expect("an area"));
    let today = jiff::civil::date(2026, 1, 2);
    let same = directory.with_area(&a(), &pq, &[Role::Requester, Role::Responder], today);
    assert_eq!(authority(same), *directory.authority(&a()).expect("there"), "the order of roles says nothing");
    let fewer = authority(directory.with_area(&a(), &pq, &[Role::Responder, Role::Responder], today));
    assert_eq!(fewer.roles(&pq), Some([Role::Responder].as_slice()));
    assert_eq!(fewer.areas[0].since, Some(jiff::civil::date(2008, 2, 18)), "it has been there since");
    let more = authority(directory.with_area(&a(), &solvit, &[Role::Responder], today));
    assert_eq!((more.areas.len(), more.areas[1].since, more.requested.len()), (2, Some(today), 0));
}

#[test]
fn an_area_is_taken_away_or_its_request_refused() {
    let directory = directory();
    let without = |area: &str| directory.without_area(&a(), &area.parse().expect("an area"));
    assert!(authority(without("imi-pq")).areas.is_empty());
    assert!(authority(without("solvit")).requested.is_empty());
    assert_eq!(without("rasff"), Err(EditError::NotInArea(a(), "rasff".parse().expect("an area"))));
}

#[test]
fn certificates_are_added_once_and_meant_by_fingerprint_or_serial() {
    let folder = tempfile::tempdir().expect("a folder");
    certs::dev::init(folder.path(), &[]).expect("a PKI");
    let pems = ["one", "two"].map(|stem| {
        let options = certs::dev::IssueOptions {
            name: Some(stem.parse().expect("a stem")),
            ..certs::dev::IssueOptions::default()
        };
        certs::dev::issue(folder.path(), &"PL-BACKOFFICE".parse().expect("a name"), &options).expect("issued");
        std::fs::read_to_string(folder.path().join(format!("participants/{stem}.pem"))).expect("readable")
    });
    let mut directory = directory();
    for pem in pems.iter().chain(&pems) {
        directory.put(directory.with_certificate(&backoffice(), pem).expect("added"));
    }
    assert_eq!(directory.participant(&backoffice()).map(|own| own.certificates.len()), Some(2));
    let second = read(&pems[1]).expect("a certificate");
    let at = Timestamp::from_millisecond(1_700_000_000_123).expect("in range");
    let colons: Vec<&str> =
        second.sha256.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hex")).collect();
    for wanted in [second.sha256.clone(), second.sha256[..8].to_owned(), second.serial, colons.join(":").to_uppercase()]
    {
        let revoked = participant(directory.with_revoked(&backoffice(), &wanted, Revocation::new(at, "lost")));
        let revocation = revoked.certificates[1].revoked.clone().expect("revoked");
        assert_eq!((revocation.at.as_millisecond(), revocation.reason.as_str()), (1_700_000_000_000, "lost"));
        assert!(revoked.certificates[0].revoked.is_none());
        let removed = participant(directory.without_certificate(&backoffice(), &wanted));
        assert_eq!(read(&removed.certificates[0].pem), read(&pems[0]));
    }
    for wanted in [&second.sha256[..7], "", "0000000000"] {
        let refused = directory.without_certificate(&backoffice(), wanted);
        assert!(matches!(refused, Err(EditError::NotOne { found: 0, .. })), "{wanted:?}: {refused:?}");
    }
    let key = std::fs::read_to_string(folder.path().join("participants/one.key")).expect("readable");
    let both = directory.with_certificate(&backoffice(), &(pems[0].clone() + &key));
    assert!(matches!(both, Err(EditError::Certificate(_))), "{both:?}");
}
