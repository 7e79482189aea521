//! Packs with faults: each is named with its place, and none hides another.

use super::*;
use std::fs;
use tempfile::TempDir;

const AREA: &str = r#"id = "probe"
status = "active"
content = "transit"
contact = "probe@coordinator.example"
legal_basis = ["An act"]
title = { en = "Probe" }
retention = { block_after = "6 months", erase_after = "36 months", counted_from = "closure", reference = "An act" }
countries = { convention = "own", codes = { D = "DE" } }

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
"#;
const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:probe"
    targetNamespace="urn:probe" elementFormDefault="qualified">
  <xs:element name="Ping"><xs:complexType><xs:sequence>
    <xs:element name="Size" type="xs:int"/>
    <xs:element name="Country" type="Country"/>
    <xs:element name="Code" type="QuestionCode"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:simpleType name="Country"><xs:restriction base="xs:token"><xs:enumeration value="DE"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="QuestionCode"><xs:restriction base="xs:token"><xs:enumeration value="is-big"/></xs:restriction></xs:simpleType>
</xs:schema>"#;
const RULES: &str = r#"[[rule]]
id = "not-small"
messages = ["ping"]
test = "number(Size) gt 1"
text = "Nothing is small."
reference = "design"
"#;
const QUESTIONS: &str = r#"[[question]]
code = "is-big"
text = "Is it big?"
answer = "yes-no"
reference = "design"
"#;
const ENGLISH: &str = r#"[fields]
Code = "Code"
Country = "Country"
Ping = "A message of {n} words"
Size = "Size"

[codes.Country]
DE = "Germany"

[codes.QuestionCode]
is-big = "Bigness"

[questions]
is-big = "Is it big?"

[rules]
not-small = "Nothing is small."
"#;
const GERMAN: &str = "[fields]\nPing = \"Eine Nachricht mit {n} Wörtern\"\nSize = \"Größe\"\n";
const GOOD: &str = "<Ping xmlns=\"urn:probe\">\n<Size>2</Size><Country>DE</Country><Code>is-big</Code></Ping>";
const BAD: &str = "<Ping xmlns=\"urn:probe\">\n<Size>1</Size><Country>DE</Country><Code>is-big</Code></Ping>";
const BESIDE: &str = "message = \"ping\"\ncode = \"rule-violation\"\n\n[[violation]]\nrule = \"not-small\"\nxpath = \"/Ping[1]\"\nline = 1\ncolumn = 1\n";
const WORKFLOW: &str = r#"id = "probing"
title = "Probing"
party = [{ id = "asker", title = "Asks" }, { id = "answerer", title = "Answers" }]
state = [{ id = "ASKED", awaits = "answerer" }, { id = "DONE" }]
transition = [
    { action = "open", by = ["asker"], to = "ASKED", addresses = "answerer", deliver = ["addressed"] },
    { action = "close", by = ["answerer"], from = ["ASKED"], to = "DONE", deliver = ["asker"] },
]
"#;
const FILES: [(&str, &str); 11] = [
    ("workflows/probing.toml", WORKFLOW),
    ("common/countries.toml", "[[country]]\nunion = \"EL\"\niso = \"GR\"\n"),
    ("areas/probe/area.toml", AREA),
    ("areas/probe/1/messages.xsd", SCHEMA),
    ("areas/probe/1/rules.toml", RULES),
    ("areas/probe/1/questions.toml", QUESTIONS),
    ("areas/probe/1/labels/en.toml", ENGLISH),
    ("areas/probe/1/labels/de.toml", GERMAN),
    ("areas/probe/1/samples/good/ping-a.xml", GOOD),
    ("areas/probe/1/samples/bad/ping-b.xml", BAD),
    ("areas/probe/1/samples/bad/ping-b.toml", BESIDE),
];

/// The packs with one piece replaced, or with a file more.
fn packs(file: &str, old: &str, new: &str) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
        fs::write(path, text).expect("written");
    };
    for (name, text) in FILES {
        assert!(name != file || text.contains(old), "{name} holds no {old:?}");
        write(name, &if name == file { text.replace(old, new) } else { text.to_owned() });
    }
    if FILES.iter().all(|(name, _)| *name != file) {
        write(file, new);
    }
    root
}

/// What is found, as `file:line: reason`, the file within the pack.
fn found(root: &TempDir) -> Vec<String> {
    let report = check(root.path(), &[], Limits::default()).expect("checked");
    let home = format!("{}/areas/probe/", root.path().display());
    report.findings.iter().map(|finding| finding.to_string().replace(&home, "")).collect()
}

#[test]
fn a_pack_without_fault_is_told_how_complete_it_is() {
    let root = packs("areas/probe/area.toml", "", "");
    let report = check(root.path(), &[], Limits::default()).expect("checked");
    assert_eq!(report.findings, []);
    let area = &report.areas[&"probe".parse::<AreaId>().expect("a name")];
    assert_eq!((area.messages, area.good_samples, area.bad_samples), (1, 1, 1));
    assert_eq!(area.languages[&1], Completeness::from([("de".to_owned(), 25), ("en".to_owned(), 100)]));
}

#[test]
fn every_fault_is_named_with_its_place() {
    for (file, old, new, says) in [
        ("1/samples/good/ping-a.xml", ">2<", ">two<", "1/samples/good/ping-a.xml:2: it is rejected, schema-violation"),
        ("1/samples/good/ping-a.xml", ">2<", ">1<", "ping-a.xml:1: it is rejected, rule-violation: Nothing is small."),
        ("1/samples/bad/ping-b.xml", ">1<", ">2<", "ping-b.xml: it is valid, but lies among"),
        ("1/samples/bad/ping-b.toml", "line = 1", "line = 2", "not-small at /Ping[1] (1:1)], expected is"),
        ("1/samples/bad/ping-b.toml", "\"ping\"", "\"pong\"", "ping-b.toml:1: it speaks of the message pong"),
        ("1/samples/bad/ping-b.toml", "column", "colour", "ping-b.toml:8: unknown field `colour`"),
        ("1/samples/bad/ping-c.xml", "", "<", "ping-c.xml: nothing says why it is bad"),
        ("1/samples/bad/ping-c.toml", "", "", "ping-c.toml: it belongs to no sample"),
        ("1/samples/good/pingpong.xml", "", "<a/>", "pingpong.xml: its name begins with no message"),
        (
            "area.toml",
            "[[message]]",
            "[[message]]\nname = \"pong\"\nversions = [1]\nroot = \"Ping\"\nworkflow = \"probing\"\naction = \"open\"\nsenders = [\"requester\"]\nreceivers = [\"responder\"]\nurgent = false\nnational = false\n\n[[message]]",
            "area.toml:16: message pong of version 1 has no bad sample",
        ),
        (
            "1/rules.toml",
            "[[rule]]",
            "[[rule]]\nid = \"any\"\nmessages = [\"ping\"]\ntest = \"1\"\ntext = \"t\"\nreference = \"r\"\n\n[[rule]]",
            "1/rules.toml:4: no bad sample breaks the rule any",
        ),
        ("1/rules.toml", "number(Size)", "nummer(Size)", "1/rules.toml:4: rule not-small"),
        (
            "1/labels/en.toml",
            "Size = \"Size\"\n",
            "",
            "1/labels/en.toml: there is no text for Size (areas/probe/1/messages.xsd:4)",
        ),
        ("area.toml", "title = ", "languages = [\"de\"]\ntitle = ", "1/labels/de.toml: there is no text for Country ("),
        ("1/labels/en.toml", "DE = ", "DA = ", "1/labels/en.toml: there is no text for DE"),
        (
            "1/rules.toml",
            "number(Size)",
            "not(@Sise or Sise) and *:Any and number(Size)",
            "1/rules.toml:4: the expression asks for {urn:probe}Sise, {}Sise, which",
        ),
        (
            "1/messages.xsd",
            "</xs:sequence></xs:complexType></xs:element>",
            "</xs:sequence><xs:assert test=\"Size\" xpathDefaultNamespace=\"urn:other\"/></xs:complexType></xs:element>",
            "1/messages.xsd:7: the expression asks for {urn:other}Size, which",
        ),
        ("1/labels/en.toml", "Size = ", "Sise = ", "1/labels/en.toml:5: [fields] names Sise, which exists nowhere"),
        (
            "1/labels/en.toml",
            "is-big = \"Is",
            "is-bog = \"Is",
            "1/labels/en.toml: there is no text for is-big (areas/probe/1/questions.toml:2)",
        ),
        ("1/labels/de.toml", "\"Größe\"", "\" \"", "1/labels/de.toml:3: [fields] Size has no text"),
        ("1/labels/de.toml", "{n}", "{m}", "1/labels/de.toml:2: [fields] Ping has other placeholders"),
        (
            "1/labels/de.toml",
            "Eine Nachricht mit {n} Wörtern",
            "A message of {n} words",
            "de.toml:2: [fields] Ping still is the English",
        ),
        (
            "1/questions.toml",
            "is-big",
            "is-small",
            "1/questions.toml:2: the question is-small is no code of the schema's",
        ),
        (
            "1/messages.xsd",
            "value=\"is-big\"",
            "value=\"is-big\"/><xs:enumeration value=\"is-red\"",
            "1/messages.xsd:9: QuestionCode has the code is-red",
        ),
        (
            "1/messages.xsd",
            "type=\"xs:int\"/>",
            "><xs:simpleType><xs:restriction base=\"xs:token\"><xs:enumeration value=\"2\"/><xs:enumeration value=\"1\"/></xs:restriction></xs:simpleType></xs:element>",
            "1/messages.xsd:4: an enumeration has no named type",
        ),
        ("area.toml", "\"DE\"", "\"FR\"", "area.toml:8: D stands for FR, which is no code of ISO"),
        ("area.toml", "\"own\"", "\"iso\"", "area.toml:8: codes of its own need a map"),
    ] {
        let found = found(&packs(&format!("areas/probe/{file}"), old, new));
        assert!(found.iter().any(|finding| finding.contains(says)), "{says}: {found:#?}");
    }
}

#[test]
fn one_fault_hides_no_other() {
    let root = packs("areas/probe/1/samples/good/ping-a.xml", ">2<", ">two<");
    fs::write(root.path().join("areas/probe/1/labels/en.toml"), "").expect("written");
    let broken = root.path().join("areas/broken");
    fs::create_dir_all(&broken).expect("created");
    fs::write(broken.join("area.toml"), "colour = 1").expect("written");
    let found = found(&root);
    assert!(found.iter().any(|finding| finding.contains("broken/area.toml:1: ")), "{found:#?}");
    assert_eq!(found.iter().filter(|finding| finding.contains("there is no text")).count(), 8, "{found:#?}");
    assert!(found.iter().any(|finding| finding.contains("ping-a.xml:2: ")), "{found:#?}");
    let only = ["probe".parse().expect("a name")];
    let report = check(root.path(), &only, Limits::default()).expect("checked");
    assert!(!report.findings.iter().any(|finding| finding.file.starts_with(&broken)));
}

#[test]
fn a_version_keeps_the_messages_of_the_one_before() {
    let second = "number = 1\nnamespace = \"urn:probe\"\nschema = \"1/messages.xsd\"\n\n[[version]]\nnumber = 2";
    let root = packs("areas/probe/area.toml", "number = 1", second);
    let found = found(&root);
    assert!(found.iter().any(|finding| finding.contains("version 2 no longer has the message ping")), "{found:#?}");
}

#[test]
fn the_packs_of_this_crate_are_fit_to_be_used() {
    let report = check(Path::new(env!("CARGO_MANIFEST_DIR")), &[], Limits::default()).expect("checked");
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
    assert!(report.areas.values().all(|area| area.good_samples > 0 && area.bad_samples > 0));
    let of_the_union = 24;
    for (area, entry) in &report.areas {
        let complete = |language: &&str| entry.languages[&1].get(*language) == Some(&100);
        assert!(["de", "en", "es", "fr", "it", "pl"].iter().all(complete), "{area}");
        if area.as_str().starts_with("imi-") {
            let languages = entry.languages[&1].keys().map(String::as_str);
            assert_eq!(languages.filter(complete).count(), of_the_union + ["nb", "is"].len(), "{area}");
        }
    }
}

/// A family is what a message's name begins with: `alert` of `alert-correction`, `p2000` of `p2000-starter`.
#[test]
fn every_family_of_messages_has_three_good_and_five_bad_samples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let areas = Areas::load(root).unwrap_or_else(|error| panic!("{error}"));
    let family = |name: &str| name.split(['-', '.']).next().unwrap_or_default().to_owned();
    let families = |area: &AreaId, folder: &str| -> Vec<String> {
        let folder = root.join(format!("areas/{area}/1/samples/{folder}"));
        let files =
            fs::read_dir(&folder).expect("samples").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        files.filter(|file| file.ends_with(".xml")).map(|file| family(&file)).collect()
    };
    for area in areas.iter() {
        let (good, bad) = (families(&area.id, "good"), families(&area.id, "bad"));
        for message in &area.messages {
            let own = family(message.message_type.message.as_str());
            let count = |list: &[String]| list.iter().filter(|other| **other == own).count();
            assert!(count(&good) >= 3 && count(&bad) >= 5, "{}: {own}: {} and {}", area.id, count(&good), count(&bad));
        }
    }
}
