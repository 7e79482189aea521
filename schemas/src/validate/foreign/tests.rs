//! Any schema and any document: the four words, on schemas of many files.

use super::{ForeignJson, ForeignXsd, Outcome, Report};
use crate::validate::Limits;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
        fs::write(path, content).expect("written");
    }
    root
}

fn compile(root: &TempDir, catalog: Option<&str>) -> Result<ForeignXsd, super::SchemaError> {
    let catalog: Option<PathBuf> = catalog.map(|name| root.path().join(name));
    ForeignXsd::compile(&[root.path().join("main.xsd")], catalog.as_deref())
}

fn outcomes(schema: &ForeignXsd, documents: &[&[u8]]) -> Vec<Outcome> {
    schema.validate(documents, &Limits::default()).into_iter().map(|report| report.outcome).collect()
}

const MAIN: &[u8] =
    br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:p="urn:parts" targetNamespace="urn:main"
    elementFormDefault="qualified">
  <xs:import namespace="urn:parts" schemaLocation="parts/parts.xsd"/>
  <xs:element name="order"><xs:complexType><xs:sequence>
    <xs:element name="item" type="p:Item" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"#;
const PARTS: &[u8] =
    br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:parts" targetNamespace="urn:parts">
  <xs:include schemaLocation="../more/chameleon.xsd"/>
  <xs:complexType name="Item"><xs:simpleContent><xs:extension base="Quantity"/></xs:simpleContent></xs:complexType>
</xs:schema>"#;
const CHAMELEON: &[u8] = br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Quantity"><xs:restriction base="xs:int"><xs:minInclusive value="1"/></xs:restriction></xs:simpleType>
</xs:schema>"#;

fn assert_orders(schema: &ForeignXsd) {
    let words = outcomes(
        schema,
        &[
            b"<order xmlns='urn:main'><item>1</item><item>7</item></order>",
            b"<order xmlns='urn:main'><item>0</item></order>",
            b"<order xmlns='urn:main'><item>1</item>",
            b"<!DOCTYPE order><order xmlns='urn:main'><item>1</item></order>",
            b"<order/>",
        ],
    );
    assert_eq!(words, [Outcome::Valid, Outcome::Invalid, Outcome::Malformed, Outcome::Forbidden, Outcome::Invalid]);
}

#[test]
fn includes_and_imports_are_resolved_beside_the_schema() {
    let root = folder(&[("main.xsd", MAIN), ("parts/parts.xsd", PARTS), ("more/chameleon.xsd", CHAMELEON)]);
    let schema = compile(&root, None).expect("compiles");
    assert!(schema.unread().is_empty());
    assert_orders(&schema);
}

#[test]
fn a_catalogue_finds_what_is_not_where_the_schema_says() {
    let by_name = [("main.xsd", MAIN), ("catalog/x/parts.xsd", PARTS), ("catalog/y/chameleon.xsd", CHAMELEON)];
    assert_orders(&compile(&folder(&by_name), Some("catalog")).expect("found by file name"));

    let main = String::from_utf8_lossy(MAIN).replace(" schemaLocation=\"parts/parts.xsd\"", "");
    let by_namespace = [("main.xsd", main.as_bytes()), ("catalog/other.xsd", PARTS), ("more/chameleon.xsd", CHAMELEON)];
    assert_orders(&compile(&folder(&by_namespace), Some("catalog")).expect("found by namespace"));

    let remote = main.replace("urn:parts\"/>", "urn:parts\" schemaLocation=\"http://192.0.2.1/a/parts.xsd?x\"/>");
    let mirrored = [("main.xsd", remote.as_bytes()), ("catalog/p.xsd", PARTS), ("more/chameleon.xsd", CHAMELEON)];
    assert_orders(&compile(&folder(&mirrored), Some("catalog")).expect("found by namespace, behind a remote address"));
}

#[test]
fn a_namespace_of_several_files_is_gathered_from_the_catalogue() {
    let main = String::from_utf8_lossy(MAIN).replace(" schemaLocation=\"parts/parts.xsd\"", "");
    let types =
        String::from_utf8_lossy(CHAMELEON).replace("XMLSchema\">", "XMLSchema\" targetNamespace=\"urn:parts\">");
    let parts = String::from_utf8_lossy(PARTS).replace("<xs:include schemaLocation=\"../more/chameleon.xsd\"/>", "");
    let root = folder(&[
        ("main.xsd", main.as_bytes()),
        ("catalog/a.xsd", parts.as_bytes()),
        ("catalog/b.xsd", types.as_bytes()),
    ]);
    assert_orders(&compile(&root, Some("catalog")).expect("gathered"));
}

#[test]
fn a_schema_that_cannot_be_used_says_why_and_where() {
    let missing = compile(&folder(&[("main.xsd", MAIN)]), None).err().expect("its types are missing");
    assert!(missing.to_string().contains("parts"), "{missing}");
    let broken = folder(&[(
        "main.xsd",
        b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n<xs:element nam='a'/></xs:schema>",
    )]);
    assert_eq!(compile(&broken, None).err().expect("broken").line, Some(2));
    assert!(compile(&folder(&[]), None).is_err());
}

#[test]
fn versions_of_xsd_are_told_apart() {
    let assertion = br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType>
        <xs:attribute name="x" type="xs:int"/><xs:assert test="@x gt 3"/></xs:complexType></xs:element></xs:schema>"#;
    let schema = compile(&folder(&[("main.xsd", assertion)]), None).expect("XSD 1.1");
    assert_eq!(outcomes(&schema, &[b"<a x='4'/>", b"<a x='3'/>"]), [Outcome::Valid, Outcome::Invalid]);
    let year =
        br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:gYear"/></xs:schema>"#;
    let schema = compile(&folder(&[("main.xsd", year)]), None).expect("XSD 1.0");
    assert_eq!(outcomes(&schema, &[b"<a>0000</a>"]), [Outcome::Invalid], "XSD 1.0 knows no year 0");
}

#[test]
fn documents_and_schemas_come_in_any_encoding() {
    let schema = "<?xml version='1.0' encoding='UTF-16'?><xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\
        <xs:element name='größe' type='xs:int'/></xs:schema>";
    let wide: Vec<u8> = format!("\u{FEFF}{schema}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let schema = compile(&folder(&[("main.xsd", &wide)]), None).expect("compiles");
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><gr\xF6\xDFe>5</gr\xF6\xDFe>";
    let hinted = "<größe xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
        xsi:noNamespaceSchemaLocation='http://192.0.2.1/x.xsd'>5</größe>";
    let one_one = "<?xml version='1.1'?><größe>5</größe>";
    let documents = [&latin[..], hinted.as_bytes(), one_one.as_bytes(), b"<gr\xF6\xDFe>5</gr\xF6\xDFe>"];
    assert_eq!(outcomes(&schema, &documents), [Outcome::Valid, Outcome::Valid, Outcome::Valid, Outcome::Malformed]);
}

#[test]
fn identity_constraints_and_late_findings_have_their_places() {
    let main =
        br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:sequence>
        <xs:element name="a" maxOccurs="unbounded"><xs:complexType>
          <xs:attribute name="id" type="xs:ID"/><xs:attribute name="to" type="xs:IDREF"/></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element></xs:schema>"#;
    let schema = compile(&folder(&[("main.xsd", main)]), None).expect("compiles");
    let reports = schema.validate(&["<r>\n<a id='x'/>\n  <a to='y'/></r>"], &Limits::default());
    let violation = &reports[0].violations[0];
    assert_eq!(
        (violation.xpath.as_deref(), violation.line, violation.column),
        (Some("/r[1]/a[2]/@to"), Some(3), Some(3))
    );
}

#[test]
fn hostile_documents_are_forbidden_or_malformed() {
    let schema = compile(&folder(&[("main.xsd", CHAMELEON)]), None).expect("compiles");
    let bomb = b"<!DOCTYPE l [<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>]><l>&b;</l>";
    let deep = "<a>".repeat(100_000);
    let large = vec![b' '; 9 << 20];
    let words = outcomes(&schema, &[bomb, deep.as_bytes(), &large, b"", b"\0\0\0", b"<a>&b;</a>"]);
    let (forbidden, malformed) = (Outcome::Forbidden, Outcome::Malformed);
    assert_eq!(words, [forbidden, forbidden, forbidden, malformed, malformed, malformed]);
}

fn json(schema: &str, documents: &[&str]) -> Vec<Report> {
    let root = folder(&[("schema.json", schema.as_bytes())]);
    let schema = ForeignJson::compile(&root.path().join("schema.json")).unwrap_or_else(|error| panic!("{error}"));
    documents.iter().map(|document| schema.validate(document.as_bytes(), &Limits::default())).collect()
}

#[test]
fn json_is_judged_with_pointer_and_place() {
    let schema = r#"{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}, "required": ["b"]}"#;
    let reports = json(schema, &[r#"{"a": [1], "b": 0}"#, "{\"a\": [1,\n \"x\"]}", "{", r#"{"b": 1, "b": 2}"#]);
    let words: Vec<_> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(words, [Outcome::Valid, Outcome::Invalid, Outcome::Malformed, Outcome::Malformed]);
    let places: Vec<_> = reports[1]
        .violations
        .iter()
        .map(|violation| (violation.pointer.as_deref(), violation.line, violation.column))
        .collect();
    assert_eq!(places, [(Some(""), Some(1), Some(1)), (Some("/a/1"), Some(2), Some(2))]);
}

#[test]
fn a_json_schema_refers_to_itself_and_to_files_beside_it() {
    let own = r##"{"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer"}}}"##;
    assert_eq!(
        json(own, &["1", "\"1\""]).iter().map(|report| report.outcome).collect::<Vec<_>>(),
        [Outcome::Valid, Outcome::Invalid]
    );
    let root = folder(&[
        ("remote.json", br#"{"$ref": "http://192.0.2.1/x.json"}"#),
        ("in/path.json", br#"{"$ref": "other%20parts/amount.json#/$defs/positive"}"#),
        ("in/by-id.json", br#"{"$id": "https://example.org/order", "$ref": "amounts#/$defs/positive"}"#),
        ("in/id.json", br#"{"$id": "https://example.org/amounts", "$defs": {"positive": {"minimum": 1}}}"#),
        ("in/other parts/amount.json", br#"{"$defs": {"positive": {"$ref": "deeper.json"}}}"#),
        ("in/other parts/deeper.json", br#"{"type": "integer", "minimum": 1}"#),
        ("in/above.json", br#"{"$ref": "../twice.json"}"#),
        ("in/encoded.json", br#"{"$ref": "other%20parts%2F..%2F..%2Fsecret.json"}"#),
        ("in/missing.json", br#"{"$ref": "absent.json"}"#),
        ("secret.json", b"true"),
        ("twice.json", br#"{"type": "string", "type": "integer"}"#),
        ("none.json", br#"{"type": "shoe"}"#),
    ]);
    let refused = [
        "remote.json",
        "twice.json",
        "none.json",
        "absent.json",
        "in/above.json",
        "in/encoded.json",
        "in/missing.json",
    ];
    for name in refused {
        assert!(ForeignJson::compile(&root.path().join(name)).is_err(), "{name}");
    }
    for name in ["in/path.json", "in/by-id.json"] {
        let schema = ForeignJson::compile(&root.path().join(name)).unwrap_or_else(|error| panic!("{error}"));
        let words = ["1", "0"].map(|document| schema.validate(document.as_bytes(), &Limits::default()).outcome);
        assert_eq!(words, [Outcome::Valid, Outcome::Invalid], "{name}");
    }
    assert!(ForeignJson::compile(Path::new("/")).is_err());
}

/// A schema of 14 files and 3 MB, and a document of 1.8 MB: what business standards bring along.
#[test]
fn documents_of_business_size_are_judged_by_schemas_of_business_size() {
    const PARTS: usize = 13;
    const TYPES: usize = 500;
    /// Of each part, so many are used.
    const USED: usize = 4;
    let part = |part: usize| {
        let types: String = (0..TYPES)
            .map(|number| {
                format!(
                    r#"  <xs:complexType name="Record-{part}-{number}"><xs:annotation><xs:documentation>Record number {number} of part {part}.</xs:documentation></xs:annotation>
    <xs:sequence><xs:element name="Id"><xs:simpleType><xs:restriction base="xs:token"><xs:pattern value="[A-Z]{{2}}[0-9]{{6}}"/></xs:restriction></xs:simpleType></xs:element>
      <xs:element name="Amount" type="xs:decimal" minOccurs="0"/><xs:element name="Day" type="xs:date"/></xs:sequence>
    <xs:attribute name="kind" type="xs:token"/></xs:complexType>
"#
                )
            })
            .collect();
        format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"qualified\">\n{types}</xs:schema>\n"
        )
    };
    let includes: String =
        (0..PARTS).map(|number| format!("  <xs:include schemaLocation=\"part-{number}.xsd\"/>\n")).collect();
    let records: String = (0..PARTS * USED)
        .map(|number| {
            let (part, number) = (number / USED, number % USED);
            format!("      <xs:element name=\"R-{part}-{number}\" type=\"Record-{part}-{number}\"/>\n")
        })
        .collect();
    let main = format!(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:business\" targetNamespace=\"urn:business\" \
         elementFormDefault=\"qualified\">\n{includes}  <xs:element name=\"Batch\"><xs:complexType>\
         <xs:choice maxOccurs=\"unbounded\">\n{records}    </xs:choice></xs:complexType></xs:element>\n</xs:schema>\n"
    );
    let mut files: Vec<(String, String)> =
        (0..PARTS).map(|number| (format!("part-{number}.xsd"), part(number))).collect();
    files.push(("main.xsd".into(), main));
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    assert!(files.len() == 14 && bytes > 3_000_000, "{} files, {bytes} bytes", files.len());
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let schema = compile(&folder(&borrowed), None).unwrap_or_else(|error| panic!("{error}"));
    let document = |day: &str| {
        let mut text = String::from("<Batch xmlns=\"urn:business\">");
        let mut number = 0;
        while text.len() < 1_800_000 {
            let (part, kind) = (number % PARTS, number % USED);
            text += &format!(
                "<R-{part}-{kind} kind=\"a\"><Id>AB123456</Id><Amount>12.50</Amount><Day>2011-03-02</Day></R-{part}-{kind}>"
            );
            number += 1;
        }
        format!("{text}<R-0-0><Id>AB123456</Id><Day>{day}</Day></R-0-0></Batch>").into_bytes()
    };
    assert_eq!(
        outcomes(&schema, &[&document("2011-03-02"), &document("2011-02-30")]),
        [Outcome::Valid, Outcome::Invalid]
    );
}
