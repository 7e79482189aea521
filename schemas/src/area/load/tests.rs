//! Packs that are good, and packs that lie.

use super::*;
use crate::area::{ContentPolicy, Role, Status};
use std::fs;
use tempfile::TempDir;

const AREA: &str = r#"id = "probe"
status = "active"
content = "transit"
contact = "probe@coordinator.example"
legal_basis = ["An act"]
title = { en = "Probe" }
retention = { block_after = "6 months", erase_after = "36 months", counted_from = "closure", reference = "An act" }

[[deadline]]
id = "answer"
after = "ping"
ended_by = ["ping"]
within = "10 working days"
on_miss = "remind"
reference = "An act"

[[version]]
number = 1
namespace = "urn:probe"
schema = "1/messages.xsd"

[[message]]
name = "ping"
versions = [1]
root = "Ping"
workflow = "probing"
action = "open"
senders = ["requester"]
receivers = ["responder"]
urgent = false
national = false
answer_due = "DueDate"
"#;
const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:common"
    targetNamespace="urn:probe" elementFormDefault="qualified">
  <xs:import namespace="urn:common" schemaLocation="../../../common/common.xsd"/>
  <xs:element name="Ping"><xs:complexType><xs:sequence>
    <xs:element name="DueDate" type="c:Day"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"#;
const COMMON: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:common">
  <xs:simpleType name="Day"><xs:restriction base="xs:date"/></xs:simpleType>
</xs:schema>"#;

const WORKFLOW: &str = r#"id = "probing"
title = "Probing"
party = [{ id = "asker", title = "Asks" }, { id = "answerer", title = "Answers" }]
state = [{ id = "ASKED", awaits = "answerer" }, { id = "DONE" }]
transition = [
    { action = "open", by = ["asker"], to = "ASKED", addresses = "answerer", deliver = ["addressed"] },
    { action = "close", by = ["answerer"], from = ["ASKED"], to = "DONE", deliver = ["asker"] },
]
"#;

/// A pack on disk, each file written with pieces replaced.
fn pack(changes: &[(&str, &str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let files = [
        ("areas/probe/area.toml", AREA),
        ("areas/probe/1/messages.xsd", SCHEMA),
        ("common/common.xsd", COMMON),
        ("workflows/probing.toml", WORKFLOW),
    ];
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
        let changed = changes.iter().filter(|(file, ..)| *file == name).fold(text.to_owned(), |text, (_, old, new)| {
            assert!(text.contains(old), "{name} holds no {old:?}");
            text.replace(old, new)
        });
        fs::write(path, changed).expect("written");
    }
    root
}

fn refusal(changes: &[(&str, &str, &str)]) -> AreaError {
    let root = pack(changes);
    let mut error = areas(root.path()).expect_err("a broken pack is refused");
    error.file = error.file.strip_prefix(root.path()).expect("a file of the pack").to_path_buf();
    error
}

#[test]
fn a_pack_says_what_its_area_is() {
    let root = pack(&[]);
    let areas = areas(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let area = areas.iter().next().expect("one area");
    assert_eq!(
        (area.status, area.content, area.title["en"].as_str()),
        (Status::Active, ContentPolicy::Transit, "Probe")
    );
    let definition = areas.definition(&"probe/ping@1".parse().expect("a type")).expect("defined");
    assert_eq!((definition.action.as_str(), definition.senders.as_slice()), ("open", &[Role::Requester][..]));
    assert!(
        areas.workflow(&definition.workflow).is_some_and(|workflow| workflow.opening(&definition.action).is_some())
    );
    assert_eq!(definition.answer_due.as_deref(), Some("DueDate"));
    assert!(areas.definition(&"probe/ping@2".parse().expect("a type")).is_none());
}

#[test]
fn a_pack_that_lies_is_refused_with_file_and_line() {
    const TOML: &str = "areas/probe/area.toml";
    const XSD: &str = "areas/probe/1/messages.xsd";
    const SHARED: &str = "common/common.xsd";
    for (file, old, new, at, line, says) in [
        (TOML, "status = \"active\"", "status = \"active\"\ncolour = 1", TOML, Some(3), "unknown field `colour`"),
        (TOML, "urgent = false", "urgent = 0", TOML, Some(30), "invalid type"),
        (TOML, "\"open\"", "\"shout\"", TOML, None, "no action shout"),
        (TOML, "\"probing\"", "\"probe\"", TOML, None, "names the workflow probe"),
        (TOML, "after = \"ping\"", "after = \"pang\"", TOML, None, "names the message pang"),
        (TOML, "ended_by = [\"ping\"]", "ended_by = []", TOML, Some(9), "is ended by nothing"),
        (TOML, "ended_by = [\"ping\"]", "ended_by = [\"pang\"]", TOML, Some(9), "names the message pang"),
        (TOML, "on_miss = \"remind\"", "on_miss = \"close\"", TOML, Some(9), "the hub has no step close"),
        (
            TOML,
            "urgent = false",
            "urgent = false\nreads = { links = \"Lost/Ping\" }",
            TOML,
            None,
            "declares an element Lost",
        ),
        (TOML, "urgent = false", "urgent = false\ncopies = [\"nobody\"]", TOML, None, "copied to nobody"),
        (TOML, "10 working days", "10 moons", TOML, Some(13), "is not a period"),
        (TOML, "id = \"probe\"", "id = \"other\"", TOML, None, "calls itself other"),
        (TOML, "{ en =", "{ fr =", TOML, None, "no English"),
        (TOML, "block_after = \"6 ", "block_after = \"60 ", TOML, None, "erased before"),
        (TOML, "versions = [1]", "versions = [2]", TOML, None, "belongs to no version"),
        (TOML, "versions = [1]", "versions = [1, 1]", TOML, None, "defined twice"),
        (TOML, "number = 1", "number = 0", TOML, None, "not numbered upwards"),
        (TOML, "senders = [\"requester\"]", "senders = []", TOML, None, "nobody may"),
        (TOML, "1/messages.xsd", "2/messages.xsd", TOML, None, "does not exist"),
        (TOML, "1/messages.xsd", "../../../../secret.xsd", TOML, None, "does not exist"),
        (TOML, "\"DueDate\"", "\"Deadline\"", TOML, None, "declares the element Deadline"),
        (TOML, "root = \"Ping\"", "root = \"Pong\"", XSD, None, "no global element Pong"),
        (TOML, "urn:probe", "urn:else", XSD, None, "no global element Ping"),
        (XSD, "c:Day", "c:Night", XSD, Some(5), "Night"),
        (XSD, "</xs:element>\n</xs", "\n</xs", XSD, Some(7), "xs:element"),
        (XSD, "common/common.xsd", "common/missing.xsd", XSD, None, "missing.xsd"),
        (XSD, "../../../common/common.xsd", "http://192.0.2.1/common.xsd", XSD, None, "192.0.2.1"),
        (SHARED, "xs:date", "xs:dat", SHARED, Some(2), "dat' not found"),
    ] {
        let error = refusal(&[(file, old, new)]);
        let found = (error.file.to_str().expect("UTF-8"), error.reason.contains(says));
        assert_eq!(found, (at, true), "{new}: {error}");
        assert!(line.is_none() || error.line == line, "{new}: {error}");
        assert!(!error.remedy.is_empty());
    }
}

#[test]
fn holidays_come_with_the_packs_and_a_file_of_them_that_lies_is_refused() {
    let root = pack(&[]);
    let christmas = jiff::civil::date(2024, 12, 25);
    let free = |areas: &Areas| !areas.calendars().is_working_day("DE", christmas);
    let without = areas(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let file = root.path().join("common/holidays/DE.toml");
    fs::create_dir_all(file.parent().expect("a folder above")).expect("created");
    let german = "country = \"DE\"\nzone = \"Europe/Berlin\"\n[[holiday]]\nname = \"Christmas\"\ndate = \"12-25\"\n";
    fs::write(&file, german).expect("written");
    let with = areas(root.path()).unwrap_or_else(|error| panic!("{error}"));
    assert!(!free(&without) && free(&with));
    fs::write(&file, german.replace("12-25", "25-12")).expect("written");
    let error = areas(root.path()).expect_err("refused");
    assert!(error.file == file && error.line == Some(5), "{error}");
    let (kept, refused) = again(root.path(), &with);
    assert!(free(&kept) && refused.len() == 1, "the former holidays stay");
}

#[test]
fn a_folder_without_packs_is_refused() {
    let root = tempfile::tempdir().expect("a folder");
    assert!(areas(root.path()).is_err());
    fs::create_dir_all(root.path().join("areas/empty")).expect("created");
    assert!(areas(root.path()).expect_err("refused").to_string().contains("area.toml"));
}
