//! Who has to go, and who may stay.

use super::*;
use crate::directory::{
    HeldCertificate, ParticipantStatus,
    change::Record,
    fixture::{Issued, day, directory, now, participant, revoked},
};
use certs::inspect::Certificate;

const PL: &str = "PL-BACKOFFICE";

fn connection(certificate: Option<&Certificate>, opened: Timestamp) -> BrokerConnection {
    BrokerConnection {
        name: "one".into(),
        user: Some(PL.into()),
        peer_cert_validity: certificate.map(|it| format!("{} - {}", it.not_before, it.not_after)),
        connected_at: Some(opened.as_millisecond()),
    }
}

fn active(certificates: &[&HeldCertificate]) -> Record {
    participant(PL, ParticipantStatus::Active, certificates.iter().copied().cloned().collect())
}

fn judged(records: impl IntoIterator<Item = Record>, connection: &BrokerConnection) -> Option<Refusal> {
    verdict(&directory(records), PL, connection, now())
}

#[test]
fn whoever_may_still_connect_stays() {
    let (held, certificate) = Issued::new().certificate(PL, -10, 10);
    assert_eq!(judged([active(&[&held])], &connection(Some(&certificate), day(-1))), None);
    assert_eq!(judged([active(&[&held])], &connection(None, day(-1))), None, "the broker need not tell");
}

#[test]
fn the_suspended_the_revoked_the_expired_and_the_unknown_go() {
    let issued = Issued::new();
    let (held, certificate) = issued.certificate(PL, -10, 10);
    let open = connection(Some(&certificate), day(-1));
    let suspended = participant(PL, ParticipantStatus::Suspended, vec![held.clone()]);
    assert_eq!(judged([suspended], &open), Some(Refusal::Suspended));
    assert_eq!(judged([active(&[&revoked(&held, day(-5))])], &open), Some(Refusal::Revoked));
    assert_eq!(judged([], &open), Some(Refusal::Unknown), "the participant was removed");
    let (other, _) = issued.certificate(PL, -3, 30);
    assert_eq!(judged([active(&[&other])], &open), Some(Refusal::Unknown), "its certificate was removed");
    let (old, certificate) = issued.certificate(PL, -20, -1);
    assert_eq!(judged([active(&[&old])], &connection(Some(&certificate), day(-2))), Some(Refusal::Expired));
    assert_eq!(verdict(&directory([]), "no id", &open, now()), Some(Refusal::Unknown));
}

#[test]
fn the_session_of_the_successor_is_not_disturbed() {
    let issued = Issued::new();
    let ((first, one), (second, other)) = (issued.certificate(PL, -10, 10), issued.certificate(PL, -1, 30));
    let rotated = [active(&[&revoked(&first, now()), &second])];
    assert_eq!(judged(rotated.clone(), &connection(Some(&other), day(-1))), None);
    assert_eq!(judged(rotated.clone(), &connection(Some(&one), day(-1))), Some(Refusal::Revoked));
    assert_eq!(judged(rotated, &connection(Some(&one), now())), Some(Refusal::Revoked), "nor does it get in again");
}

#[test]
fn where_the_certificate_cannot_be_told_all_come_again_once() {
    let issued = Issued::new();
    let ((first, one), (second, _)) = (issued.certificate(PL, -10, 10), issued.certificate(PL, -10, 10));
    let at = day(-1);
    let rotated = || [active(&[&revoked(&first, at), &second])];
    let seconds = SignedDuration::from_secs;
    for told in [Some(&one), None] {
        assert_eq!(judged(rotated(), &connection(told, at - seconds(60))), Some(Refusal::Revoked));
        assert_eq!(judged(rotated(), &connection(told, at + seconds(6))), Some(Refusal::Revoked));
        assert_eq!(judged(rotated(), &connection(told, at + seconds(8))), None);
        let silent = BrokerConnection { connected_at: None, ..connection(told, at) };
        assert_eq!(judged(rotated(), &silent), None, "long after, nobody is closed for want of a time");
        let just_now = [active(&[&revoked(&first, now()), &second])];
        assert_eq!(judged(just_now, &silent), Some(Refusal::Revoked));
    }
}

#[test]
fn whoever_a_change_leaves_without_a_way_in_is_shut_out() {
    let issued = Issued::new();
    let ((first, _), (second, _)) = (issued.certificate(PL, -10, 10), issued.certificate(PL, -1, 30));
    let both = directory([active(&[&first, &second])]);
    let after = |records: Vec<Record>| shut_out(&both, &directory(records), now()).collect::<Vec<_>>();
    let pl: ParticipantId = PL.parse().expect("an id");
    let (one, other) = (revoked(&first, now()), revoked(&second, now()));
    assert_eq!(after(vec![active(&[&one, &second])]), [], "its successor lets it in");
    assert_eq!(after(vec![active(&[&one, &other])]), [(pl.clone(), Refusal::Revoked)]);
    assert_eq!(after(vec![]), [(pl.clone(), Refusal::Unknown)]);
    assert_eq!(after(vec![active(&[])]), [(pl.clone(), Refusal::Unknown)]);
    let suspended = || participant(PL, ParticipantStatus::Suspended, vec![first.clone(), second.clone()]);
    assert_eq!(after(vec![suspended()]), [(pl, Refusal::Suspended)]);
    let (was, is) = (directory([suspended()]), directory([]));
    assert_eq!(shut_out(&was, &is, now()).count(), 0, "it was out already");
}
