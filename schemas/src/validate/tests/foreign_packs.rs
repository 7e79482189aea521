//! Verdicts by foreign schemas: the hub's gates hold for them too, and a document has the one spelling there is.

use super::rejection;
use crate::area::Areas;
use crate::area::foreign_packs::{Change, packs};
use crate::validate::{Job, Limits, Validator, Verdict};
use crate::wire::{ContentType, Rejection, RejectionCode};
use Change::{File, Piece};
use std::{fs, path::Path, sync::Arc, time::Instant};

const CARS: &str = "vehicle-approval/approval-notification@1";
const DRUGS: &str = "falsified-medicines/rapid-alert@1";

fn validator_over(changes: &[Change<'_>], limits: Limits) -> Validator {
    let root = packs(changes);
    let areas = Areas::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    Validator::new(Arc::new(areas), limits).expect("a thread")
}

fn validator() -> Validator {
    validator_over(&[], Limits::default())
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/packs").join(name);
    fs::read_to_string(path).expect("a sample")
}

fn car() -> String {
    sample("vehicle-approval/1/samples/good/approval-notification-first.xml")
}

fn drug() -> String {
    sample("falsified-medicines/1/samples/good/rapid-alert-first.json")
}

fn judge(validator: &Validator, kind: &str, content_type: ContentType, body: impl Into<Vec<u8>>) -> Verdict {
    validator.judge(Job { message_type: kind.parse().expect("a type"), content_type, body: body.into() })
}

fn xml(validator: &Validator, body: impl Into<Vec<u8>>) -> Verdict {
    judge(validator, CARS, ContentType::Xml, body)
}

fn json(validator: &Validator, body: impl Into<Vec<u8>>) -> Verdict {
    judge(validator, DRUGS, ContentType::Json, body)
}

/// Rule, place and line of a violation.
type Told<'a> = (&'a str, &'a str, Option<u32>);

fn told(rejection: &Rejection) -> (RejectionCode, Vec<Told<'_>>) {
    let violations = rejection.violations.iter().map(|violation| {
        let place = violation.xpath.as_deref().or(violation.pointer.as_deref()).unwrap_or_default();
        (violation.rule.as_str(), place, violation.line)
    });
    (rejection.code, violations.collect())
}

#[test]
fn good_documents_pass_and_tell_when_an_answer_is_due() {
    let validator = validator();
    assert_eq!(xml(&validator, car()).expect("valid").answer_due.as_deref(), Some("2011-06-14"));
    assert_eq!(json(&validator, drug()).expect("valid").answer_due.as_deref(), Some("2011-03-04"));
}

#[test]
fn a_redefinition_holds_instead_of_what_it_redefines() {
    let validator = validator();
    let long = car().replace("0042*03", "0042*03*0000000001");
    let rejection = rejection(xml(&validator, long));
    let at = "/approvalNotification[1]/approval[1]/number[1]";
    assert_eq!(told(&rejection), (RejectionCode::SchemaViolation, vec![("cvc-maxLength-valid", at, Some(8))]));
    assert!(xml(&validator, car().replace("    <smallSeries>true</smallSeries>\n", "")).is_ok());
}

#[test]
fn the_gates_of_the_hub_hold_for_foreign_schemas() {
    let validator = validator();
    let hint =
        "<approvalNotification xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\"";
    let root = "<vehicleComment xmlns=\"http://approval.example/exchange/3\"/>";
    for (document, code) in [
        (
            car().replacen("<approvalNotification", "<!DOCTYPE a><approvalNotification", 1),
            RejectionCode::ForbiddenConstruct,
        ),
        (car().replacen("<approvalNotification", hint, 1), RejectionCode::ForbiddenConstruct),
        (car().replacen("</vehicle>", "", 1), RejectionCode::MalformedDocument),
        (root.to_owned(), RejectionCode::SchemaViolation),
        (format!("{}{}", "<a>".repeat(101), "</a>".repeat(101)), RejectionCode::DocumentTooLarge),
    ] {
        assert_eq!(rejection(xml(&validator, document)).code, code);
    }
    let wrong_root = rejection(xml(&validator, root));
    assert!(wrong_root.violations[0].message.contains("'approvalNotification' in the namespace"), "{wrong_root:?}");
}

#[test]
fn the_other_spelling_is_refused_and_the_reason_names_the_one_there_is() {
    let validator = validator();
    for (kind, content_type, document, only) in [
        (CARS, ContentType::Json, "{}".to_owned(), "application/xml;"),
        (CARS, ContentType::Json, car(), "application/xml;"),
        (DRUGS, ContentType::Xml, "<a/>".to_owned(), "application/json;"),
        (DRUGS, ContentType::Xml, drug(), "application/json;"),
    ] {
        let rejection = rejection(judge(&validator, kind, content_type, document));
        assert_eq!(rejection.code, RejectionCode::MalformedMetadata);
        assert!(rejection.reason.contains(&format!("{kind} has one spelling, {only}")), "{rejection}");
    }
}

#[test]
fn json_is_read_as_strictly_as_everywhere() {
    let limits = Limits { depth: 5, nodes: 30, body_bytes: 2000, ..Limits::default() };
    let validator = validator_over(&[], limits);
    let deep = drug().replace("\"B-2292\"", "[[[[[1]]]]]");
    let many = drug().replace("{ \"number\": \"B-2292\" }", &["1"; 30].join(","));
    let (malformed, large) = (RejectionCode::MalformedDocument, RejectionCode::DocumentTooLarge);
    for (document, code, line) in [
        (drug().replace("\"class\"", "\"reference\""), malformed, Some(3)),
        (drug().replace("1200", "01200"), malformed, Some(6)),
        (drug().replace("1200", "1e999"), malformed, Some(6)),
        (drug().replace("tablet", "\\ud800"), malformed, Some(4)),
        (format!("\u{FEFF}{}", drug()), malformed, Some(1)),
        (drug() + "{}", malformed, Some(11)),
        (deep, large, Some(7)),
        (many, large, Some(7)),
        (drug() + &" ".repeat(2000), large, Some(1)),
    ] {
        let rejection = rejection(json(&validator, document.clone()));
        assert_eq!((rejection.code, rejection.violations[0].line), (code, line), "{document}: {rejection}");
    }
    assert_eq!(rejection(json(&validator, b"{\"a\": \"\xFF\"}")).code, malformed);
    assert!(json(&validator, drug()).is_ok(), "the validator goes on");
}

#[test]
fn a_violation_in_json_names_keyword_pointer_and_place_and_does_not_repeat_the_document() {
    let validator = validator_over(&[], Limits { violations: 2, ..Limits::default() });
    let document = drug().replace("\"B-2291\"", "\"\"").replace("1200", "0").replace("tablet", &"x".repeat(10_000));
    let document = document.replace("\"class-1\"", "{\"a~/b\": 1}").replace("\"name\"", "\"nome\"");
    let rejection = rejection(json(&validator, document));
    assert_eq!((rejection.code, rejection.violations.len()), (RejectionCode::SchemaViolation, 2));
    assert!(rejection.reason.contains("in 5 places; the first 2 are listed"), "{rejection}");
    assert!(rejection.violations.iter().all(|violation| violation.message.len() < 200), "{rejection:?}");
    assert!(rejection.violations.iter().all(|violation| violation.xpath.is_none() && violation.column.is_some()));
}

/// What may be matched in more than one way is tried in all of them, unless somebody counts.
#[test]
fn a_pattern_that_explodes_costs_little_and_lets_nothing_pass() {
    let schema = "falsified-medicines/1/json/common/product.schema.json";
    let bomb = "\"form\": { \"type\": \"string\", \"pattern\": \"^(?:(a|aa|a(?=a))+)+\\\\1b$\" }";
    let validator = validator_over(&[Piece(schema, "\"form\": { \"type\": \"string\" }", bomb)], Limits::default());
    let started = Instant::now();
    let rejection = rejection(json(&validator, drug().replace("tablet", &"a".repeat(5_000))));
    let elapsed = started.elapsed();
    assert_eq!(told(&rejection).1, [("pattern", "/product/form", Some(4))], "{rejection:?}");
    assert!(rejection.violations[0].message.contains("cannot be decided"), "{rejection:?}");
    assert!(elapsed.as_secs() < 5, "{elapsed:?}");
}

#[test]
fn a_date_that_is_none_is_nobodys_deadline() {
    let schema = "falsified-medicines/1/json/common/codes.schema.json";
    let open =
        Piece(schema, "\"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"", "\"title\": \"any\"");
    let validator = validator_over(&[open], Limits::default());
    for (written, due) in [
        ("\"2011-03-04\"", Some("2011-03-04")),
        ("\"2011-03-04T12:00:00Z\"", Some("2011-03-04T12:00:00Z")),
        ("\"soon\"", None),
        ("20110304", None),
        ("null", None),
    ] {
        let checked = json(&validator, drug().replace("\"2011-03-04\"", written)).expect("valid");
        assert_eq!(checked.answer_due.as_deref(), due, "{written}");
    }
    let endless = format!("\"2011-03-04{}\"", "0".repeat(100));
    assert_eq!(json(&validator, drug().replace("\"2011-03-04\"", &endless)).expect("valid").answer_due, None);
}

#[test]
fn a_schema_without_namespace_in_another_encoding_is_a_law_like_any() {
    let schema = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\
        <xs:element name=\"straße\"><xs:complexType><xs:sequence><xs:element name=\"von\" type=\"xs:int\"/>\
        <xs:element name=\"bis\" type=\"xs:int\"/></xs:sequence></xs:complexType></xs:element></xs:schema>";
    let wide: Vec<u8> = format!("\u{FEFF}{schema}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let rules = "[[rule]]\nid = \"in-order\"\nmessages = [\"road\"]\ntest = \"number(von) le number(bis)\"\ntext = \"t\"\nreference = \"r\"\n";
    let area = "id = \"roads\"\nstatus = \"active\"\ncontent = \"transit\"\ncontact = \"c\"\nlegal_basis = [\"An act\"]\n\
        title = { en = \"Roads\" }\n\
        retention = { block_after = \"6 months\", erase_after = \"36 months\", counted_from = \"closure\", reference = \"r\" }\n\
        [[version]]\nnumber = 1\nspelling = \"xml\"\nnamespace = \"\"\nschema = \"1/wege.xsd\"\n\
        [[message]]\nname = \"road\"\nversions = [1]\nroot = \"straße\"\nworkflow = \"alert\"\naction = \"open\"\n\
        senders = [\"requester\"]\nreceivers = [\"responder\"]\nurgent = false\nnational = false\n";
    let files = [
        File("roads/area.toml", area.as_bytes()),
        File("roads/1/wege.xsd", &wide),
        File("roads/1/rules.toml", rules.as_bytes()),
    ];
    let validator = validator_over(&files, Limits::default());
    let road = |body: &str| judge(&validator, "roads/road@1", ContentType::Xml, body);
    assert!(road("<straße><von>1</von><bis>2</bis></straße>").is_ok());
    let broken = rejection(road("<straße><von>3</von><bis>2</bis></straße>"));
    assert_eq!(told(&broken), (RejectionCode::RuleViolation, vec![("in-order", "/straße[1]", Some(1))]));
    let other = rejection(road("<straße xmlns=\"urn:x\"><von>1</von><bis>2</bis></straße>"));
    assert!(other.violations[0].message.contains("in no namespace"), "{other:?}");
}
