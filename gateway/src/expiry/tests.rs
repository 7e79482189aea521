//! Who is warned of, when, and how often.

use super::*;
use crate::directory::{
    ParticipantStatus,
    fixture::{Issued, day, directory, now, participant, revoked},
};

const ACTIVE: ParticipantStatus = ParticipantStatus::Active;

fn warnings(expiries: &[Expiry]) -> Vec<(&str, Option<&'static str>)> {
    expiries.iter().map(|expiry| (expiry.owner.as_str(), expiry.warning(now()))).collect()
}

#[test]
fn warnings_come_60_30_and_7_days_ahead() {
    let issued = Issued::new();
    let own = issued.certificate("AT-HUB", -9, 8).1;
    let of = |id: &str, ends| participant(id, ACTIVE, vec![issued.certificate(id, -9, ends).0]);
    let directory =
        directory([of("BE-X", 61), of("CY-X", 60), of("DE-X", 31), of("EL-X", 30), of("FI-X", 7), of("HU-X", -1)]);
    let expiries = expiries(&directory, "AT-HUB", &[own], now());
    let expected = [
        ("HU-X", Some("expired")),
        ("FI-X", Some("expires within 7 days")),
        ("AT-HUB", Some("expires within 30 days")),
        ("EL-X", Some("expires within 30 days")),
        ("DE-X", Some("expires within 60 days")),
        ("CY-X", Some("expires within 60 days")),
        ("BE-X", None),
    ];
    assert_eq!(warnings(&expiries), expected);
    assert_eq!(days_left(&expiries, now()), -1);
}

#[test]
fn nobody_is_warned_of_what_was_rotated_revoked_or_suspended() {
    let issued = Issued::new();
    let held = |id: &str, ends| issued.certificate(id, -9, ends).0;
    let directory = directory([
        participant("BE-X", ACTIVE, vec![held("BE-X", 5), held("BE-X", 200)]),
        participant("CY-X", ACTIVE, vec![held("CY-X", 5), revoked(&held("CY-X", 200), day(-1))]),
        participant("DE-X", ACTIVE, vec![revoked(&held("DE-X", 5), day(-1)), held("DE-X", 210)]),
        participant("EL-X", ParticipantStatus::Suspended, vec![held("EL-X", 5)]),
        participant("FI-X", ACTIVE, vec![held("FI-X", -2), held("FI-X", 220)]),
    ]);
    let expiries = expiries(&directory, "AT-HUB", &[], now());
    let expected = [
        ("BE-X", Some("successor registered")),
        ("CY-X", Some("expires within 7 days")),
        ("BE-X", None),
        ("DE-X", None),
        ("FI-X", None),
    ];
    assert_eq!(warnings(&expiries), expected);
    assert_eq!(days_left(&expiries, now()), 5, "that of CY-X, whose successor was revoked");
    assert_eq!(days_left(&expiries[..1], now()), 0);
    let due: Vec<_> = Reminders::default().due(&expiries, now()).into_iter().map(|(it, _)| it.owner.clone()).collect();
    assert_eq!(due, ["CY-X"]);
}

#[test]
fn one_reminder_a_day_for_each_certificate() {
    let issued = Issued::new();
    let directory = directory([participant("BE-X", ACTIVE, vec![issued.certificate("BE-X", -9, 61).0])]);
    let mut reminders = Reminders::default();
    let mut count = |hours: i64| {
        let at = now() + jiff::SignedDuration::from_hours(hours);
        reminders.due(&expiries(&directory, "AT-HUB", &[], at), at).into_iter().map(|(_, warning)| warning).next()
    };
    assert_eq!(count(0), None, "61 days");
    assert_eq!(count(24), Some("expires within 60 days"));
    assert_eq!(count(25), None);
    assert_eq!(count(47), None);
    assert_eq!(count(48), Some("expires within 60 days"));
    assert_eq!(count(24 * 31), Some("expires within 30 days"));
    assert_eq!(count(24 * 54), Some("expires within 7 days"));
    assert_eq!(count(24 * 62), Some("expired"));
}
