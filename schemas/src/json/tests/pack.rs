//! A pack made for the traps: one message with everything that XML Schema can do and a mapping can stumble over.

use crate::area::Areas;
use crate::wire::MessageType;
use std::{fs, sync::Arc};

const AREA: &str = r#"id = "trap"
status = "active"
content = "transit"
contact = "trap@coordinator.example"
legal_basis = ["An act"]
title = { en = "Traps" }
retention = { block_after = "6 months", erase_after = "36 months", counted_from = "closure", reference = "An act" }
[[version]]
number = 1
namespace = "urn:trap"
schema = "1/messages.xsd"
[[message]]
name = "trap"
versions = [1]
root = "Trap"
workflow = "trapping"
action = "open"
senders = ["requester"]
receivers = ["responder"]
urgent = false
national = false
"#;

const WORKFLOW: &str = r#"id = "trapping"
title = "Trapping"
party = [{ id = "asker", title = "Asks" }, { id = "answerer", title = "Answers" }]
state = [{ id = "ASKED", awaits = "answerer" }, { id = "DONE" }]
transition = [
    { action = "open", by = ["asker"], to = "ASKED", addresses = "answerer", deliver = ["addressed"] },
    { action = "close", by = ["answerer"], from = ["ASKED"], to = "DONE", deliver = ["asker"] },
]
"#;

const SCHEMA: &str = r###"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:trap" xmlns:c="urn:imi:common:1"
    xmlns:o="urn:other" targetNamespace="urn:trap" elementFormDefault="qualified">
  <xs:import namespace="urn:imi:common:1" schemaLocation="../../../common/common.xsd"/>
  <xs:import namespace="urn:other" schemaLocation="other.xsd"/>
  <xs:import namespace="http://www.w3.org/XML/1998/namespace"/>
  <xs:element name="Trap"><xs:complexType><xs:sequence>
    <xs:element name="Number" type="xs:decimal" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="Double" type="xs:double" minOccurs="0"/>
    <xs:element name="Whole" type="xs:positiveInteger" minOccurs="0"/>
    <xs:element name="Truth" type="xs:boolean" minOccurs="0" maxOccurs="4"/>
    <xs:element name="Text" type="xs:string" minOccurs="0"/>
    <xs:element name="Measure" type="Measure" minOccurs="0"/>
    <xs:sequence minOccurs="0" maxOccurs="unbounded"><xs:element name="Left" type="xs:string"/><xs:element name="Right" type="xs:string"/></xs:sequence>
    <xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="Red" type="xs:int"/><xs:element name="Blue" type="xs:int"/></xs:choice>
    <xs:element name="Story" minOccurs="0"><xs:complexType mixed="true"><xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element name="Bold" type="xs:string"/></xs:choice></xs:complexType></xs:element>
    <xs:element name="Both" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="Same" type="xs:string"/><xs:element ref="o:Same"/><xs:element ref="o:Else" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
    <xs:element name="All" minOccurs="0"><xs:complexType><xs:all>
      <xs:element name="One" type="xs:int"/><xs:element name="Two" type="xs:int" minOccurs="0"/></xs:all></xs:complexType></xs:element>
    <xs:element name="Nil" type="xs:int" nillable="true" minOccurs="0"/>
    <xs:element name="Empty" minOccurs="0"><xs:complexType><xs:attribute name="on" type="xs:boolean"/><xs:attribute ref="xml:lang"/></xs:complexType></xs:element>
    <xs:element name="Base" type="Base" minOccurs="0"/>
    <xs:element name="QName" type="xs:QName" minOccurs="0"/>
    <xs:element ref="Head" minOccurs="0" maxOccurs="2"/>
    <xs:element name="Any" minOccurs="0"/>
    <xs:element name="Last" type="xs:string" minOccurs="0"/>
    <xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="Measure"><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="unit" type="xs:token"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="Base"><xs:sequence><xs:element name="First" type="xs:int"/></xs:sequence></xs:complexType>
  <xs:complexType name="Derived"><xs:complexContent><xs:extension base="Base"><xs:sequence>
    <xs:element name="Before" type="xs:int" minOccurs="0"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:element name="Head" type="xs:string"/>
  <xs:element name="Member" type="xs:string" substitutionGroup="Head"/>
</xs:schema>"###;

const OTHER: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:other">
  <xs:element name="Same" type="xs:int"/><xs:element name="Else" type="xs:int"/>
</xs:schema>"#;

pub(super) fn areas() -> (Arc<Areas>, MessageType) {
    let root = tempfile::tempdir().expect("a folder");
    let common = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"urn:imi:common:1\">
      <xs:simpleType name=\"Day\"><xs:restriction base=\"xs:date\"/></xs:simpleType></xs:schema>";
    for (name, text) in [
        ("areas/trap/area.toml", AREA),
        ("areas/trap/1/messages.xsd", SCHEMA),
        ("areas/trap/1/other.xsd", OTHER),
        ("common/common.xsd", common),
        ("workflows/trapping.toml", WORKFLOW),
    ] {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
        fs::write(path, text).expect("written");
    }
    let areas = Areas::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    (Arc::new(areas), "trap/trap@1".parse().expect("a type"))
}
