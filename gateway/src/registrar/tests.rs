//! Registration from the invitation to the last area, told by the pack's own samples; and everybody who may not.

use super::*;
use crate::directory::{AreaAccess, AuthorityStatus, Coordinator, Participant};
use schemas::{
    area::{Areas, Role},
    validate::Limits,
    wire::AreaId,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn participant(country: &str) -> Participant {
    serde_json::from_value(json!({ "id": format!("{country}-BACKOFFICE"), "country": country, "name": country }))
        .expect("a participant")
}

fn authority(id: &str, more: Value) -> Authority {
    let country = &id[..2];
    let mut record =
        json!({ "id": id, "country": country, "name": { "en": id }, "participant": format!("{country}-BACKOFFICE") });
    record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    serde_json::from_value(record).expect("an authority")
}

/// Austria with a national coordinator and one of the area `imi-pq`; Germany with a coordinator of its own.
fn directory() -> Directory {
    let mut directory = Directory::default();
    for country in ["AT", "DE"] {
        directory.put(Record::Participant(participant(country)));
    }
    let coordinator = |kind: &str, areas: &[&str], validating: bool| json!({ "coordinator": { "kind": kind, "areas": areas, "validating": validating, "access": true } });
    for (id, more) in [
        ("AT-NIMIC", coordinator("nimic", &[], true)),
        ("AT-LIMIC-PQ", coordinator("limic", &["imi-pq"], false)),
        ("AT-OTHER", json!({})),
        ("DE-NIMIC", coordinator("nimic", &[], true)),
    ] {
        directory.put(Record::Authority(authority(id, more)));
    }
    directory
}

/// A sample of the area in its JSON spelling, after `change`.
fn sample(name: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
    let area: AreaId = AREA.parse().expect("an area");
    let xml = fs::read(root.join(format!("areas/{AREA}/1/samples/good/{name}.xml"))).expect("a sample");
    let version = areas.area(&area).and_then(|area| area.version(1)).expect("version 1");
    let mut document: Value = serde_json::from_slice(
        &version.mapping().expect("a mapping").to_json(&xml, &Limits::default()).expect("mapped"),
    )
    .expect("JSON");
    change(document.as_object_mut().and_then(|root| root.values_mut().next()).expect("a root"));
    serde_json::to_vec(&document).expect("JSON")
}

fn send(directory: &Directory, from: &str, message: &str, document: &[u8]) -> Result<Record, Objection> {
    let sender = directory.authority(&from.parse().expect("an id")).expect("the sender");
    let situation = Situation { directory, sender, participant: &sender.participant };
    records(situation, &message.parse().expect("a message"), document).map(|mut records| records.remove(0))
}

fn entered(directory: &mut Directory, from: &str, message: &str, document: &[u8]) -> Authority {
    let record = send(directory, from, message, document).unwrap_or_else(|objection| panic!("{objection:?}"));
    directory.put(record.clone());
    match record {
        Record::Authority(authority) => authority,
        Record::Participant(_) | Record::Register(_) => panic!("an authority was expected"),
    }
}

fn refusal(result: Result<Record, Objection>) -> (RejectionCode, String) {
    match result {
        Err(Objection::Refused(rejection)) => (rejection.code, rejection.reason),
        other => panic!("a refusal was expected: {other:?}"),
    }
}

fn pending(document: &mut Value) {
    document["AuthorityStatus"] = json!("pending");
}

const CHAMBER: &str = "authority-upsert-chamber";

#[test]
fn a_new_authority_is_pending_until_approved_and_acts_nowhere_until_granted() {
    let mut directory = directory();
    let chamber = entered(&mut directory, "AT-OTHER", "authority-upsert", &sample(CHAMBER, pending));
    assert_eq!((chamber.status, chamber.version), (AuthorityStatus::Pending, 1));
    assert!(chamber.areas.is_empty() && chamber.requested.len() == 1);
    assert_eq!(chamber.name["de"], "Österreichische Ärztekammer");
    assert_eq!(chamber.professions, ["doctor"]);
    assert_eq!(chamber.contact.address.as_deref(), Some("Weihburggasse 10–12, 1010 Wien, AT"));

    let approval = sample("authority-decision-approved", |_| {});
    let approved = entered(&mut directory, "AT-NIMIC", "authority-decision", &approval);
    assert_eq!(approved.status, AuthorityStatus::Active);
    assert!(approved.areas.is_empty());
    let (code, reason) = refusal(send(&directory, "AT-NIMIC", "authority-decision", &approval));
    assert_eq!(code, RejectionCode::WrongState);
    assert!(reason.contains("AT-AEK-WIEN is active"), "{reason}");

    let grant = sample("authority-decision-granted", |document| document["AuthorityId"] = json!("AT-AEK-WIEN"));
    let granted = entered(&mut directory, "AT-LIMIC-PQ", "authority-decision", &grant);
    assert!(granted.requested.is_empty());
    let area: AreaId = "imi-pq".parse().expect("an area");
    assert_eq!(granted.roles(&area), Some(&[Role::Requester, Role::Responder][..]));
}

#[test]
fn its_own_coordinator_enters_it_as_it_says() {
    let mut directory = directory();
    let chamber = entered(&mut directory, "AT-NIMIC", "authority-upsert", &sample(CHAMBER, |_| {}));
    assert_eq!(chamber.status, AuthorityStatus::Active);
    let expected: Vec<&str> = chamber.areas.iter().map(|access: &AreaAccess| access.area.as_str()).collect();
    assert_eq!(expected, ["imi-pq"]);
}

#[test]
fn nobody_makes_itself_active_or_speaks_for_others() {
    let directory = directory();
    for (from, message, document, code, says) in [
        ("AT-OTHER", "authority-upsert", sample(CHAMBER, |_| {}), RejectionCode::NotPermitted, "AT-NIMIC) may"),
        ("DE-NIMIC", "authority-upsert", sample(CHAMBER, pending), RejectionCode::NotPermitted, "DE-NIMIC is of DE"),
        (
            "AT-OTHER",
            "authority-decision",
            sample("authority-decision-approved", |document| document["AuthorityId"] = json!("AT-LIMIC-PQ")),
            RejectionCode::NotPermitted,
            "not the validating coordinator",
        ),
        (
            "DE-NIMIC",
            "authority-measure",
            sample("authority-measure-suspended", |document| document["AuthorityId"] = json!("AT-OTHER")),
            RejectionCode::NotPermitted,
            "not the validating coordinator of AT-OTHER",
        ),
        (
            "AT-NIMIC",
            "authority-retire",
            sample("authority-retire-merged", |document| document["AuthorityId"] = json!("AT-NOBODY")),
            RejectionCode::RuleViolation,
            "there is no authority AT-NOBODY",
        ),
    ] {
        let (found, reason) = refusal(send(&directory, from, message, &document));
        assert!(found == code && reason.contains(says), "{found}: {reason}");
    }
}

#[test]
fn an_update_gives_up_areas_but_takes_none_and_keeps_its_coordinators() {
    let mut directory = directory();
    entered(&mut directory, "AT-NIMIC", "authority-upsert", &sample(CHAMBER, |_| {}));
    let update = |version: u32| {
        sample("authority-update-suspended", move |document| {
            document["VersionNumber"] = json!(version);
            document["AuthorityStatus"] = json!("active");
            document["ValidatingCoordinator"] = json!("AT-OTHER");
            document["AreaMembership"][0]["Area"] = json!("imi-services");
        })
    };
    let (code, reason) = refusal(send(&directory, "AT-AEK-WIEN", "authority-update", &update(1)));
    assert_eq!(code, RejectionCode::RuleViolation);
    assert!(reason.contains("the next is 2"), "{reason}");
    let updated = entered(&mut directory, "AT-AEK-WIEN", "authority-update", &update(2));
    assert!(updated.areas.is_empty(), "{:?}", updated.areas);
    assert_eq!(updated.requested[0].area.as_str(), "imi-services");
    assert_eq!(updated.coordinators.validating.expect("one").as_str(), "AT-NIMIC");
    let (code, _) = refusal(send(
        &directory,
        "AT-AEK-WIEN",
        "authority-update",
        &sample("authority-update-suspended", |document| {
            document["VersionNumber"] = json!(3);
        }),
    ));
    assert_eq!(code, RejectionCode::NotPermitted);
}

#[test]
fn whoever_comes_back_has_no_areas_until_they_are_granted_anew() {
    let mut directory = directory();
    entered(&mut directory, "AT-NIMIC", "authority-upsert", &sample(CHAMBER, |_| {}));
    let gone = sample("authority-retire-merged", |document| document["AuthorityId"] = json!("AT-AEK-WIEN"));
    let gone = entered(&mut directory, "AT-AEK-WIEN", "authority-retire", &gone);
    assert_eq!((gone.status, gone.areas.len()), (AuthorityStatus::Withdrawn, 1));
    let again = sample(CHAMBER, |document| {
        pending(document);
        document["VersionNumber"] = json!(2);
    });
    let back = entered(&mut directory, "AT-OTHER", "authority-upsert", &again);
    assert_eq!((back.status, back.areas.len(), back.requested.len()), (AuthorityStatus::Pending, 0, 1));
}

#[test]
fn a_coordinator_of_one_area_grants_no_other() {
    let mut directory = directory();
    entered(&mut directory, "AT-NIMIC", "authority-upsert", &sample(CHAMBER, |_| {}));
    let grant = sample("authority-measure-granted", |document| document["AuthorityId"] = json!("AT-AEK-WIEN"));
    let (code, reason) = refusal(send(&directory, "AT-LIMIC-PQ", "authority-measure", &grant));
    assert_eq!(code, RejectionCode::NotPermitted);
    assert!(reason.contains("does not coordinate the area imi-posting"), "{reason}");
    let granted = entered(&mut directory, "AT-NIMIC", "authority-measure", &grant);
    assert_eq!(granted.areas.len(), 2);
}

#[test]
fn a_coordinator_of_one_area_grants_no_other_by_entering_the_record_itself() {
    let mut directory = directory();
    let two_areas = sample(CHAMBER, |document| {
        pending(document);
        let mut other = document["AreaMembership"][0].clone();
        other["Area"] = json!("imi-services");
        document["AreaMembership"].as_array_mut().expect("memberships").push(other);
    });
    let chamber = entered(&mut directory, "AT-LIMIC-PQ", "authority-upsert", &two_areas);
    let names = |list: &[AreaAccess]| list.iter().map(|access| access.area.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&chamber.areas), ["imi-pq"]);
    assert_eq!(names(&chamber.requested), ["imi-services"]);
}

#[test]
fn a_register_is_written_by_its_keeper_or_a_coordinator_of_its_country() {
    let mut directory = directory();
    directory.put(Record::Participant(participant("EL")));
    let entry = |change: fn(&mut Value)| sample("register-entry-upsert-architects-greece", change);
    let keeper: Value = serde_json::from_slice(&entry(|_| {})).expect("JSON");
    let keeper = keeper["RegisterEntryUpsert"]["ManagingAuthority"].as_str().expect("its keeper").to_owned();
    directory.put(Record::Authority(authority(&keeper, json!({ "country": "EL", "participant": "EL-BACKOFFICE" }))));
    directory.put(Record::Authority(authority("EL-OTHER", json!({}))));
    let (code, reason) = refusal(send(&directory, "AT-NIMIC", "register-entry-upsert", &entry(|_| {})));
    assert_eq!(code, RejectionCode::NotPermitted, "{reason}");
    let (code, reason) = refusal(send(&directory, "EL-OTHER", "register-entry-upsert", &entry(|_| {})));
    assert_eq!(code, RejectionCode::NotPermitted, "{reason}");
    let record = send(&directory, &keeper, "register-entry-upsert", &entry(|_| {})).expect("entered");
    let Record::Register(register) = &record else { panic!("a register was expected") };
    assert_eq!(register.country, "EL");
    assert!(register.name.contains_key("el"), "{:?}", register.name);
    directory.put(record);
    let (code, reason) = refusal(send(&directory, &keeper, "register-entry-upsert", &entry(|_| {})));
    assert_eq!(code, RejectionCode::RuleViolation);
    assert!(reason.contains("was entered before"), "{reason}");
}

#[test]
fn what_xml_spells_in_its_own_way_is_read_as_what_it_means() {
    let spelled = |change: fn(&mut Value)| sample("register-entry-upsert-licences-paid", change);
    let document: Value = serde_json::from_slice(&spelled(|_| {})).expect("JSON");
    let content = &document["RegisterEntryUpsert"];
    assert_eq!((&content["Electronic"], &content["LastVerifiedOn"]), (&json!("0"), &json!("2011-03-01+02:00")));
    let keeper = content["ManagingAuthority"].as_str().expect("its keeper").to_owned();
    let country = keeper.get(..2).expect("its country").to_owned();
    let mut directory = directory();
    directory.put(Record::Participant(participant(&country)));
    directory.put(Record::Authority(authority(&keeper, json!({}))));
    let version = |document: &mut Value| document["VersionNumber"] = json!("+03");
    for document in [spelled(|_| {}), spelled(version)] {
        let record = send(&directory, &keeper, "register-entry-upsert", &document).expect("entered");
        let Record::Register(register) = &record else { panic!("a register was expected") };
        assert_eq!((register.electronic, register.version), (false, 3));
        assert_eq!(register.verified.to_string(), "2011-03-01");
    }
}

#[test]
fn searches_change_nothing() {
    let directory = directory();
    let sender = directory.authorities().next().expect("somebody");
    let situation = Situation { directory: &directory, sender, participant: &sender.participant };
    let search = sample("authority-search-greek-words", |_| {});
    assert_eq!(records(situation, &"authority-search".parse().expect("a message"), &search), Ok(Vec::new()));
}

#[test]
fn coordinators_have_the_functions_that_their_record_says() {
    let directory = directory();
    let limic = directory.authority(&"AT-LIMIC-PQ".parse().expect("an id")).expect("there");
    let named = authority("AT-X", json!({ "coordinators": { "validating": "AT-LIMIC-PQ", "access": "AT-LIMIC-PQ" } }));
    assert!(coordinates(limic, &named, Function::Access));
    assert!(!coordinates(limic, &named, Function::Validating), "it has no validating function");
    let Some(Coordinator { kind, .. }) = &limic.coordinator else { panic!("it is one") };
    assert_eq!(*kind, CoordinatorKind::Limic);
}
