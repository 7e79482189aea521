//! Rules and question sets give their own rejection, after the schema and in the places that they speak of.

use super::rejection;
use crate::area::Areas;
use crate::validate::{Limits, Validator};
use crate::wire::{RejectionCode, Violation};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

const AREA: &str = r#"id = "probe"
status = "active"
content = "transit"
contact = "probe@coordinator.example"
legal_basis = ["An act"]
title = { en = "Probe" }
retention = { block_after = "6 months", erase_after = "36 months", counted_from = "closure", reference = "An act" }

[[version]]
number = 1
namespace = "urn:probe"
schema = "1/messages.xsd"

[[message]]
name = "reply"
versions = [1]
root = "Reply"
workflow = "information-request"
action = "reply"
senders = ["requester"]
receivers = ["responder"]
urgent = false
national = false
"#;
const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:imi:common:1"
    targetNamespace="urn:probe" elementFormDefault="qualified">
  <xs:import namespace="urn:imi:common:1" schemaLocation="../../../common/common.xsd"/>
  <xs:element name="Reply"><xs:complexType><xs:sequence>
    <xs:element name="From" type="xs:date"/>
    <xs:element name="To" type="xs:date"/>
    <xs:element name="Answers" type="c:Answers"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"#;
const RULES: &str = r#"[[rule]]
id = "in-order"
messages = ["reply"]
test = "xs:date(From) le xs:date(To)"
text = "Nothing ends before it begins."
reference = "design"
"#;
const QUESTIONS: &str = r#"[[question]]
code = "since-when"
text = "Since when?"
answer = "date"
reference = "design"
"#;

fn packs() -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["common", "workflows"] {
        std::os::unix::fs::symlink(own.join(part), root.path().join(part)).expect("linked");
    }
    let folder = root.path().join("areas/probe/1");
    fs::create_dir_all(&folder).expect("created");
    for (name, text) in
        [("../area.toml", AREA), ("messages.xsd", SCHEMA), ("rules.toml", RULES), ("questions.toml", QUESTIONS)]
    {
        fs::write(folder.join(name), text).expect("written");
    }
    root
}

fn document(from: &str, value: &str) -> Vec<u8> {
    format!(
        "<Reply xmlns=\"urn:probe\" xmlns:c=\"urn:imi:common:1\">\n<From>{from}</From><To>2014-05-02</To><Answers>\n <c:Answer question=\"q1\" code=\"since-when\"><c:Value>{value}</c:Value></c:Answer></Answers></Reply>"
    )
    .into_bytes()
}

/// Rule, XPath, line and column.
type Place<'a> = (&'a str, Option<&'a str>, Option<u32>, Option<u32>);

fn places(violations: &[Violation]) -> Vec<Place<'_>> {
    violations.iter().map(|it| (it.rule.as_str(), it.xpath.as_deref(), it.line, it.column)).collect()
}

#[test]
fn a_valid_document_is_asked_the_rules_and_the_question_set() {
    let root = packs();
    let areas = Areas::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let validator = Validator::new(Arc::new(areas), Limits::default()).expect("a thread");
    let check = |from, value| validator.validate(&"probe/reply@1".parse().expect("a type"), document(from, value));

    assert!(check("2014-05-01", "not-known").is_ok());

    let both = rejection(check("2014-05-03", "yes"));
    assert_eq!(both.code, RejectionCode::RuleViolation);
    let answer = "/Reply[1]/Answers[1]/c:Answer[1]";
    let rule = ("in-order", Some("/Reply[1]"), Some(1), Some(1));
    assert_eq!(places(&both.violations), [rule, ("question-set", Some(answer), Some(3), Some(2))]);
    assert_eq!(both.violations[0].message, "Nothing ends before it begins.");

    // What breaks the schema is not asked anything else.
    let broken = rejection(check("yesterday", "yes"));
    assert_eq!((broken.code, broken.violations.len()), (RejectionCode::SchemaViolation, 1));
}

#[test]
fn a_rule_that_does_not_compile_keeps_its_pack_out() {
    let root = packs();
    let file = root.path().join("areas/probe/1/rules.toml");
    fs::write(&file, RULES.replace("xs:date(From) le", "xs:date(From")).expect("written");
    let error = Areas::load(root.path()).expect_err("refused");
    assert_eq!((&error.file, error.line), (&file, Some(4)), "{error}");
}
