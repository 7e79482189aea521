//! What a mapping stumbles over, each with the JSON that it has to become.

use super::{pack, round_trip, same_verdict};
use crate::validate::{Job, Limits, ValidateError, Validator};
use crate::wire::{ContentType, Rejection, RejectionCode};
use std::sync::Arc;

/// Each document's JSON (inside the root), and whether the document is good.
const SPELLINGS: &[(&str, &str, bool)] = &[
    // Numbers digit for digit, and what is no number in JSON as it is written.
    ("<Number>1.50</Number>", r#"{"Number":[1.50]}"#, true),
    ("<Number>000</Number><Number>+1</Number><Number>.5</Number>", r#"{"Number":["000","+1",".5"]}"#, true),
    ("<Number> 5 </Number><Number>-0</Number>", r#"{"Number":[" 5 ",-0]}"#, true),
    ("<Number>1e3</Number>", r#"{"Number":[1e3]}"#, false),
    ("<Number/>", r#"{"Number":[""]}"#, false),
    (
        "<Number>123456789012345678901234567890.000000000000000000001</Number>",
        r#"{"Number":[123456789012345678901234567890.000000000000000000001]}"#,
        true,
    ),
    ("<Double>1E-3</Double>", r#"{"Double":1E-3}"#, true),
    ("<Double>INF</Double>", r#"{"Double":"INF"}"#, true),
    (
        "<Truth>true</Truth><Truth>1</Truth><Truth>false</Truth><Truth> true</Truth>",
        r#"{"Truth":[true,"1",false," true"]}"#,
        true,
    ),
    // Text as it is written.
    ("<Text>1</Text>", r#"{"Text":"1"}"#, true),
    ("<Text/>", r#"{"Text":""}"#, true),
    ("<Text>  a&#13;\n<![CDATA[<&]]>&#x1F600;<!-- no -->]]&gt; </Text>", "{\"Text\":\"  a\\r\\n<&😀]]> \"}", true),
    // Attributes beside a value; one spelling whether or not they are there.
    ("<Measure unit='m&#9;'>2.0</Measure>", "{\"Measure\":{\"@unit\":\"m\\t\",\"$\":2.0}}", true),
    ("<Measure>2.0</Measure>", r#"{"Measure":{"$":2.0}}"#, true),
    ("<Empty on='true' xml:lang='en'/>", r#"{"Empty":{"@on":true,"@xml:lang":"en"}}"#, true),
    ("<Empty> </Empty>", r#"{"Empty":{"$content":[" "]}}"#, false),
    ("<Empty xmlns:z='urn:z' z:a='1'/>", r#"{"Empty":{"@{urn:z}a":"1"}}"#, false),
    // Order, interleaving, mixed content.
    ("<Left>a</Left><Right>b</Right>", r#"{"Left":["a"],"Right":["b"]}"#, true),
    (
        "<Left>a</Left><Right>b</Right><Left>c</Left><Right>d</Right>",
        r#"{"$content":[{"Left":"a"},{"Right":"b"},{"Left":"c"},{"Right":"d"}]}"#,
        true,
    ),
    ("<Red>1</Red><Red>2</Red><Blue>3</Blue>", r#"{"Red":[1,2],"Blue":[3]}"#, true),
    ("<Blue>3</Blue><Red>1</Red>", r#"{"$content":[{"Blue":3},{"Red":1}]}"#, true),
    (
        "<Story>Once <Bold>upon</Bold> a time </Story>",
        r#"{"Story":{"$content":["Once ",{"Bold":"upon"}," a time "]}}"#,
        true,
    ),
    ("<Story> </Story>", r#"{"Story":{"$content":[" "]}}"#, true),
    ("<Story/>", r#"{"Story":{"$content":[]}}"#, true),
    ("<All><One>1</One><Two>2</Two></All>", r#"{"All":{"One":1,"Two":2}}"#, true),
    ("<All><Two>2</Two><One>1</One></All>", r#"{"All":{"$content":[{"Two":2},{"One":1}]}}"#, true),
    ("stray", r#"{"$content":["stray"]}"#, false),
    ("<Text>a<b/></Text>", r#"{"Text":{"$content":["a",{"{urn:trap}b":""}]}}"#, false),
    ("<Text>a</Text><Text>b</Text>", r#"{"Text":["a","b"]}"#, false),
    ("<Last>z</Last><Text>a</Text>", r#"{"$content":[{"Last":"z"},{"Text":"a"}]}"#, false),
    // Names: two namespaces with one local name, unknown names, wildcards.
    (
        "<Both><Same>a</Same><o:Same>1</o:Same><o:Else>2</o:Else></Both>",
        r#"{"Both":{"{urn:trap}Same":"a","{urn:other}Same":1,"Else":2}}"#,
        true,
    ),
    ("<Unknown/>", r#"{"{urn:trap}Unknown":[""]}"#, false),
    ("<Unknown xmlns=''><a/></Unknown>", r#"{"{}Unknown":[{"$content":[{"{}a":""}]}]}"#, false),
    (
        "<z:Z xmlns:z='urn:z' z:q='1'>t</z:Z><o:Else>7</o:Else>",
        r#"{"$content":[{"{urn:z}Z":{"@{urn:z}q":"1","$content":["t"]}},{"{urn:other}Else":7}]}"#,
        true,
    ),
    (
        "<o:Else>7</o:Else><o:Else>8</o:Else><z:Z xmlns:z='urn:z'/>",
        r#"{"{urn:other}Else":[7,8],"{urn:z}Z":[""]}"#,
        true,
    ),
    ("<Any>text</Any>", r#"{"Any":"text"}"#, true),
    ("<Any a='1'> <Text>x</Text></Any>", r#"{"Any":{"@a":"1","$content":[" ",{"{urn:trap}Text":"x"}]}}"#, true),
    ("<Member>m</Member>", r#"{"Member":["m"]}"#, true),
    ("<Head>h</Head><Member>m</Member>", r#"{"Head":["h"],"Member":["m"]}"#, true),
    // Nil, types chosen by the document, values that are names.
    ("<Nil i:nil='true'/>", r#"{"Nil":{"@xsi:nil":true}}"#, true),
    ("<Nil i:nil='1'/>", r#"{"Nil":{"@xsi:nil":"1"}}"#, true),
    ("<Nil i:nil='false'>5</Nil>", r#"{"Nil":{"@xsi:nil":false,"$":5}}"#, true),
    ("<Nil i:nil='true'>5</Nil>", r#"{"Nil":{"@xsi:nil":true,"$":5}}"#, false),
    ("<Base><First>1</First></Base>", r#"{"Base":{"First":1}}"#, true),
    (
        "<Base i:type='t:Derived'><First>1</First><Before>2</Before></Base>",
        r#"{"Base":{"@xsi:type":"Derived","First":1,"Before":2}}"#,
        true,
    ),
    ("<Base><First>1</First><Before>2</Before></Base>", r#"{"Base":{"First":1,"{urn:trap}Before":["2"]}}"#, false),
    ("<Any i:type='x:integer'>5</Any>", r#"{"Any":{"@xsi:type":"xs:integer","$":5}}"#, true),
    ("<Any i:type='cc:Day'>2024-02-29</Any>", r#"{"Any":{"@xsi:type":"c:Day","$":"2024-02-29"}}"#, true),
    ("<Any i:type='nobody:Day'>5</Any>", r#"{"Any":{"@xsi:type":"nobody:Day","$content":["5"]}}"#, false),
    ("<QName>t:a</QName>", r#"{"QName":"a"}"#, true),
    ("<QName xmlns:z='urn:z'>z:a</QName>", r#"{"QName":"{urn:z}a"}"#, true),
    ("<QName xmlns:z='urn:z'>:</QName>", r#"{"QName":":"}"#, false),
];

fn wrapped(inside: &str) -> String {
    format!(
        "<Trap xmlns='urn:trap' xmlns:t='urn:trap' xmlns:o='urn:other' xmlns:cc='urn:imi:common:1' \
         xmlns:i='http://www.w3.org/2001/XMLSchema-instance' xmlns:x='http://www.w3.org/2001/XMLSchema'>{inside}</Trap>"
    )
}

#[test]
fn every_trap_has_one_spelling_in_json_and_the_verdict_of_its_xml() {
    let (areas, kind) = pack::areas();
    let validator = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
    let mapping = areas.version(&kind).expect("a version").mapping().expect("two spellings");
    for (inside, expected, is_good) in SPELLINGS {
        let xml = wrapped(inside);
        let json = round_trip(mapping, xml.as_bytes(), inside);
        assert_eq!(String::from_utf8_lossy(&json), format!("{{\"Trap\":{expected}}}"), "{inside}");
        let verdict = same_verdict(&validator, &kind, xml.as_bytes(), &json, inside);
        assert_eq!(verdict.is_none(), *is_good, "{inside}: {verdict:?}");
    }
}

fn rejection(json: &str) -> Option<Rejection> {
    let (areas, kind) = pack::areas();
    let validator = Validator::new(areas, Limits::default()).expect("a thread");
    match validator.judge(Job { message_type: kind, content_type: ContentType::Json, body: json.as_bytes().to_vec() }) {
        Ok(_) => None,
        Err(ValidateError::Rejected(rejection)) => Some(rejection),
        Err(ValidateError::Failed(problem)) => panic!("{problem}"),
    }
}

#[test]
fn the_order_of_keys_means_nothing() {
    for json in [
        r#"{"Trap":{"Last":"z","Both":{"Else":2,"{urn:other}Same":1,"{urn:trap}Same":"a"},"Number":[1],"Text":"t"}}"#,
        r#"{"Trap":{"Base":{"Before":2,"First":1,"@xsi:type":"Derived"},"Double":1}}"#,
        r#"{"Trap":{"{urn:z}Z":[""],"Measure":{"$":1,"@unit":"m"},"Red":[],"Truth":["true"],"Whole":"7"}}"#,
    ] {
        assert_eq!(rejection(json), None, "{json}");
    }
}

#[test]
fn what_cannot_be_mapped_is_a_violation_with_its_pointer() {
    for (inside, rule, pointer) in [
        (r#""Trap""#, "json-kind", ""),
        (r#"{"Trap":{},"Tra":{}}"#, "json-kind", ""),
        (r#"{"{urn:trap}Trap":{}}"#, "json-name", "/{urn:trap}Trap"),
        (r#"{"a:Trap":{}}"#, "json-name", "/a:Trap"),
        (r#"{"Trap":[]}"#, "json-kind", "/Trap"),
        (r#"{"Trap":{"Text":5}}"#, "json-kind", "/Trap/Text"),
        (r#"{"Trap":{"Text":null}}"#, "json-kind", "/Trap/Text"),
        (r#"{"Trap":{"Text":["a"]}}"#, "json-kind", "/Trap/Text"),
        (r#"{"Trap":{"Number":5}}"#, "json-kind", "/Trap/Number"),
        (r#"{"Trap":{"Number":[true]}}"#, "json-kind", "/Trap/Number/0"),
        (r#"{"Trap":{"Number":[[1]]}}"#, "json-kind", "/Trap/Number/0"),
        (r#"{"Trap":{"Measure":5}}"#, "json-kind", "/Trap/Measure"),
        (r#"{"Trap":{"Measure":{"@unit":"m"}}}"#, "json-kind", "/Trap/Measure"),
        (r#"{"Trap":{"Measure":{"$":1,"Text":"a"}}}"#, "json-kind", "/Trap/Measure"),
        (r#"{"Trap":{"$content":[],"Text":"a"}}"#, "json-kind", "/Trap"),
        (r#"{"Trap":{"$content":[{"Text":"a","Last":"b"}]}}"#, "json-kind", "/Trap/$content/0"),
        (r#"{"Trap":{"$content":[5]}}"#, "json-kind", "/Trap/$content/0"),
        (r#"{"Trap":{"Story":{}}}"#, "json-kind", "/Trap/Story"),
        (r#"{"Trap":{"@xmlns":"urn:x"}}"#, "json-name", "/Trap/@xmlns"),
        (r#"{"Trap":{"@xmlns:a":"urn:x"}}"#, "json-name", "/Trap/@xmlns:a"),
        (r#"{"Trap":{"@a b":"1"}}"#, "json-name", "/Trap/@a b"),
        (r#"{"Trap":{"{urn:trap}Text":"a"}}"#, "json-name", "/Trap/{urn:trap}Text"),
        (r#"{"Trap":{"Same":"a"}}"#, "json-name", "/Trap/Same"),
        (r#"{"Trap":{"Both":{"Same":"a"}}}"#, "json-name", "/Trap/Both/Same"),
        (r#"{"Trap":{"a/b><c":"a"}}"#, "json-name", "/Trap/a~1b><c"),
    ] {
        let rejection = rejection(inside).unwrap_or_else(|| panic!("{inside} is accepted"));
        assert_eq!(rejection.code, RejectionCode::SchemaViolation, "{inside}");
        let [violation] = rejection.violations.as_slice() else { panic!("{inside}: {rejection:?}") };
        assert_eq!((violation.rule.as_str(), violation.pointer.as_deref()), (rule, Some(pointer)), "{inside}");
        assert!(violation.line == Some(1) && violation.column.is_some());
    }
}

#[test]
fn a_breach_of_the_schema_is_told_in_the_json() {
    let json = "{\"Trap\": {\n  \"Whole\": -1,\n  \"All\": {\"One\": 1, \"Tow\": 2},\n  \"Empty\": {\"@on\": \"é\"}, \"Number\": [1,\n \"x\"]}}";
    let rejection = rejection(json).expect("refused");
    let told: Vec<_> = rejection
        .violations
        .iter()
        .map(|violation| {
            (
                violation.pointer.as_deref().unwrap_or(""),
                violation.line,
                violation.column,
                violation.xpath.as_deref().unwrap_or(""),
            )
        })
        .collect();
    assert!(told.contains(&("/Trap/Whole", Some(2), Some(12), "/Trap[1]/Whole[1]")), "{told:?}");
    assert!(told.contains(&("/Trap/All/Tow", Some(3), Some(28), "/Trap[1]/All[1]/Tow[1]")), "{told:?}");
    assert!(told.contains(&("/Trap/Empty/@on", Some(4), Some(20), "/Trap[1]/Empty[1]/@on")), "{told:?}");
    assert!(told.contains(&("/Trap/Number/1", Some(5), Some(2), "/Trap[1]/Number[2]")), "{told:?}");
    assert_eq!(rejection.code, RejectionCode::SchemaViolation);
}

#[test]
fn hostile_json_is_refused_with_the_code_of_its_kind() {
    let deep = format!(
        "{{\"Trap\":{{\"Any\":{}{}}}}}",
        "{\"$content\":[{\"{}a\":".repeat(99),
        "\"\"".to_owned() + &"}]}".repeat(99)
    );
    let many = format!("{{\"Trap\":{{\"Red\":[{}1]}}}}", "1,".repeat(250_000));
    let wide = format!("{{\"Trap\":{{\"{{urn:{}}}Z\":[{}\"\"]}}}}", "z".repeat(200), "\"\",".repeat(90_000));
    for (json, code) in [
        ("", RejectionCode::MalformedDocument),
        ("<Trap xmlns='urn:trap'/>", RejectionCode::MalformedDocument),
        (r#"{"Trap":{"Double":NaN}}"#, RejectionCode::MalformedDocument),
        (r#"{"Trap":{"Text":"a","Text":"a"}}"#, RejectionCode::MalformedDocument),
        (r#"{"Trap":{"Text":"\ud800"}}"#, RejectionCode::MalformedDocument),
        (r#"{"Trap":{"Text":"\u0000"}}"#, RejectionCode::MalformedDocument),
        (r#"{"Trap":{"Text":"\uffff"}}"#, RejectionCode::MalformedDocument),
        ("\u{FEFF}{\"Trap\":{}}", RejectionCode::MalformedDocument),
        (&"[".repeat(1 << 20), RejectionCode::DocumentTooLarge),
        (&deep, RejectionCode::DocumentTooLarge),
        (&many, RejectionCode::DocumentTooLarge),
        (&wide, RejectionCode::DocumentTooLarge),
        (&" ".repeat(9 << 20), RejectionCode::DocumentTooLarge),
        (r#"{"Trap":{"@xsi:schemaLocation":"urn:trap http://192.0.2.1/x"}}"#, RejectionCode::ForbiddenConstruct),
        (r#"{"Head":"h"}"#, RejectionCode::SchemaViolation),
    ] {
        let rejection = rejection(json).unwrap_or_else(|| panic!("{:.80} is accepted", json));
        assert_eq!(rejection.code, code, "{json:.80}: {rejection:?}");
        assert!(!rejection.violations.is_empty() && !rejection.reason.is_empty());
    }
}
