//! Every reason for which access is refused, and what is permitted beside it.

use super::*;
use crate::directory::change::Record;
use serde_json::{Value, json};
use std::path::Path;

fn put(directory: &mut Directory, kind: fn(Value) -> Record, record: Value) {
    directory.put(kind(record));
}

fn participant(record: Value) -> Record {
    Record::Participant(serde_json::from_value(record).expect("a participant"))
}

fn authority(record: Value) -> Record {
    Record::Authority(serde_json::from_value(record).expect("an authority"))
}

/// Poland asks; everybody else is there to be asked.
fn directory() -> Directory {
    let mut directory = Directory::default();
    for country in ["PL", "RO", "CH", "AT"] {
        let id = format!("{country}-BACKOFFICE");
        put(&mut directory, participant, json!({ "id": id, "country": country, "name": id }));
    }
    let idle = json!({ "id": "AT-IDLE", "country": "AT", "name": "idle", "status": "suspended" });
    put(&mut directory, participant, idle);
    let both = json!(["requester", "responder"]);
    for (id, area, roles, status) in [
        ("PL-ASKS", "imi-pq", &both, "active"),
        ("PL-OTHER", "imi-pq", &both, "active"),
        ("PL-WAITS", "imi-pq", &both, "pending"),
        ("PL-ANSWERS", "imi-pq", &json!(["responder"]), "active"),
        ("PL-SERVICES", "imi-services", &both, "active"),
        ("PL-REGISTERS", "registers", &json!(["responder"]), "active"),
        ("RO-ANSWERS", "imi-pq", &both, "active"),
        ("RO-ASKS", "imi-pq", &json!(["requester"]), "active"),
        ("RO-INVITED", "imi-pq", &both, "invited"),
        ("RO-SUSPENDED", "imi-pq", &both, "suspended"),
        ("RO-GONE", "imi-pq", &both, "withdrawn"),
        ("RO-SERVICES", "imi-services", &both, "active"),
        ("CH-ANSWERS", "imi-pq", &both, "active"),
    ] {
        let record = json!({
            "id": id, "country": &id[..2], "name": { "en": id }, "participant": format!("{}-BACKOFFICE", &id[..2]),
            "areas": [{ "area": area, "roles": roles }], "status": status, "coordinators": { "validating": "RO-NIMIC" },
        });
        put(&mut directory, authority, record);
    }
    directory
}

/// Who refuses and why, or to whom it may go.
fn judged(system: &str, kind: &str, from: &str, to: &[&str]) -> Result<Vec<String>, (RejectionCode, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
    let directory = directory();
    let envelope = Envelope {
        message_id: "0195b7f0-0000-7000-8000-000000000001".parse().expect("an id"),
        correlation_id: "0195b7f0-0000-7000-8000-000000000002".parse().expect("an id"),
        message_type: kind.parse().expect("a type"),
        content_type: schemas::wire::ContentType::Xml,
        from: from.parse().expect("an id"),
        to: to.iter().map(|id| id.parse().expect("an id")).collect(),
        language: None,
        test: false,
        traceparent: None,
        sent_at_seconds: 0,
    };
    let registrar = "EU-REGISTERS".parse().expect("an id");
    let book = Book { directory: &directory, areas: &areas, registrar: &registrar };
    let definition = areas.definition(&envelope.message_type).expect("a message");
    let workflow = areas.workflow(&definition.workflow).expect("a workflow");
    let permit = authorise(book, Some(&system.parse().expect("an id")), &envelope, definition, workflow);
    let permit = permit.map_err(|rejection| (rejection.code, rejection.reason))?;
    Ok(permit.to.iter().map(ToString::to_string).collect())
}

const REQUEST: &str = "imi-pq/information-request@1";

#[test]
fn every_reason_is_told_with_its_code() {
    use RejectionCode::{NotPermitted, NotYourAuthority, RecipientNotInArea, UnidentifiedSender, UnknownRecipient};
    for (system, from, to, code, says) in [
        ("XX-NOBODY", "PL-ASKS", "RO-ANSWERS", UnidentifiedSender, "the directory holds no participant XX-NOBODY"),
        ("AT-IDLE", "PL-ASKS", "RO-ANSWERS", NotPermitted, "AT-IDLE is suspended"),
        ("RO-BACKOFFICE", "PL-ASKS", "RO-ANSWERS", NotYourAuthority, "RO-BACKOFFICE does not serve"),
        ("PL-BACKOFFICE", "PL-NOBODY", "RO-ANSWERS", NotYourAuthority, "PL-BACKOFFICE does not serve"),
        ("PL-BACKOFFICE", "PL-WAITS", "RO-ANSWERS", NotPermitted, "PL-WAITS has registered, and its coordinator"),
        ("PL-BACKOFFICE", "PL-SERVICES", "RO-ANSWERS", NotPermitted, "does not act in area imi-pq"),
        ("PL-BACKOFFICE", "PL-ANSWERS", "RO-ANSWERS", NotPermitted, "has no role in area imi-pq that may send"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-NOBODY", UnknownRecipient, "there is no authority RO-NOBODY"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-GONE", UnknownRecipient, "RO-GONE takes part no longer"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-SUSPENDED", NotPermitted, "is suspended; its coordinator is RO-NIMIC"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-INVITED", NotPermitted, "was invited and has not registered"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-SERVICES", RecipientNotInArea, "RO-SERVICES does not act in area imi-pq"),
        ("PL-BACKOFFICE", "PL-ASKS", "RO-ASKS", NotPermitted, "has no role in area imi-pq that receives"),
        ("PL-BACKOFFICE", "PL-ASKS", "CH-ANSWERS", NotPermitted, "a third country that area imi-pq does not admit"),
        ("CH-BACKOFFICE", "CH-ANSWERS", "RO-ANSWERS", NotPermitted, "CH-ANSWERS is in CH, a third country"),
        ("PL-BACKOFFICE", "PL-ASKS", "PL-OTHER", NotPermitted, "has no national use"),
        ("PL-BACKOFFICE", "PL-ASKS", "EU-REGISTERS", UnknownRecipient, "there is no authority EU-REGISTERS"),
    ] {
        let (found, reason) = judged(system, REQUEST, from, &[to]).expect_err(says);
        assert!(found == code && reason.contains(says), "{says}: {found}: {reason}");
    }
}

#[test]
fn what_is_not_refused_is_permitted() {
    let permitted = |from: &str, to: &[&str]| judged("PL-BACKOFFICE", REQUEST, from, to);
    assert_eq!(permitted("PL-ASKS", &["RO-ANSWERS"]), Ok(vec!["RO-ANSWERS".to_owned()]));
    // One recipient that may not be written to spoils the whole message.
    assert!(permitted("PL-ASKS", &["RO-ANSWERS", "RO-SUSPENDED"]).is_err());
}

#[test]
fn in_the_area_registers_the_hub_itself_is_meant_where_nobody_is_named() {
    let to = judged("PL-BACKOFFICE", "registers/register-search@1", "PL-REGISTERS", &[]);
    assert_eq!(to, Ok(vec!["EU-REGISTERS".to_owned()]));
    let to = judged("PL-BACKOFFICE", "registers/register-search@1", "PL-REGISTERS", &["EU-REGISTERS"]);
    assert_eq!(to, Ok(vec!["EU-REGISTERS".to_owned()]));
}

#[test]
fn where_a_country_has_requests_approved_none_leaves_it_without() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
    let (directory, shipped) = (directory(), areas.area(&"imi-pq".parse().expect("an area")).expect("shipped"));
    let sender = directory.authority(&"PL-ASKS".parse().expect("an id")).expect("there");
    let verdict = |approval: &[&str], kind: &str| {
        let area = Area { approval: approval.iter().map(ToString::to_string).collect(), ..shipped.clone() };
        let definition = areas.definition(&kind.parse().expect("a type")).expect("a message");
        let workflow = areas.workflow(&definition.workflow).expect("a workflow");
        check_approval(&area, sender, definition, workflow).map_err(|rejection| rejection.code)
    };
    assert_eq!(verdict(&["PL"], REQUEST), Err(RejectionCode::NotPermitted));
    assert_eq!(verdict(&["RO"], REQUEST), Ok(()), "another country's rule");
    for step in ["information-request-submit", "information-request-part", "information-request-close", "alert-56a"] {
        assert_eq!(verdict(&["PL"], &format!("imi-pq/{step}@1")), Ok(()), "{step}");
    }
}

#[test]
fn a_request_that_is_refused_goes_to_a_coordinator_of_ones_own() {
    let refuse = "imi-pq/information-request-refuse@1";
    let to = |to: &[&str]| judged("RO-BACKOFFICE", refuse, "RO-ANSWERS", to);
    let (code, reason) = to(&["RO-ASKS"]).expect_err("no coordinator");
    assert_eq!(code, RejectionCode::NotPermitted, "{reason}");
    assert_eq!(to(&[]), Ok(Vec::new()), "the directory names none; the exchange says so");
}
