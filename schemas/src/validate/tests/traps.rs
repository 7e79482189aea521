//! What hostile, broken and unlucky documents are answered.

use super::{altered, check_request, refuses, rejection, request, validator};
use crate::area::Areas;
use crate::validate::{Limits, Validator};
use crate::wire::RejectionCode::{DocumentTooLarge, ForbiddenConstruct, MalformedDocument, SchemaViolation};
use std::{path::Path, sync::Arc, time::Instant};

const XSI: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

fn with_start(attributes: &str) -> Vec<u8> {
    altered("<InformationRequest ", &format!("<InformationRequest {attributes} ")).into_bytes()
}

fn with_reference(content: &str) -> Vec<u8> {
    altered("NIA-2011/0417", content).into_bytes()
}

fn with_prolog(prolog: &str) -> Vec<u8> {
    altered("<!-- A203", &format!("{prolog}<!-- A203")).into_bytes()
}

#[test]
fn what_is_not_well_formed_is_malformed() {
    let request = request();
    let latin: Vec<u8> = request.bytes().map(|byte| if byte.is_ascii() { byte } else { 0xB3 }).collect();
    let utf16: Vec<u8> = request.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [&[0xFF, 0xFE][..], &utf16].concat();
    refuses(
        MalformedDocument,
        &[
            ("nothing", Vec::new()),
            ("white space", b" \n ".to_vec()),
            ("text", b"hello".to_vec()),
            ("JSON", b"{\"a\": 1}".to_vec()),
            ("an unclosed root", request.replace("</InformationRequest>", "").into_bytes()),
            ("an unclosed element", altered("</Reference>", "").into_bytes()),
            ("a second root", format!("{request}<a/>").into_bytes()),
            ("text behind the root", format!("{request}x").into_bytes()),
            ("a zero byte behind the root", format!("{request}\0").into_bytes()),
            ("an end tag too many", format!("{request}</a>").into_bytes()),
            ("a control character", with_reference("a\u{1}b")),
            ("a forbidden character", with_reference("a\u{FFFE}b")),
            ("a reference to a control character", with_reference("a&#1;b")),
            ("a reference to a surrogate", with_reference("a&#xD800;b")),
            ("an unknown entity", with_reference("a&eacute;b")),
            ("an unknown entity in an attribute", with_start("a='&eacute;'")),
            ("a bare ampersand", with_reference("a & b")),
            ("the end of CDATA in text", with_reference("a]]>b")),
            ("a less-than in an attribute", with_start("a='<'")),
            ("an attribute twice", with_start("a='1' a='2'")),
            ("an attribute twice by its namespace", with_start("xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'")),
            ("an attribute without quotes", with_start("a=1")),
            ("attributes without space", with_start("a='1'b='2'")),
            ("an unbound prefix", with_reference("<p:a/>")),
            ("an unbound prefix of an attribute", with_start("p:a='1'")),
            ("two colons", with_start("xmlns:p='u' p:a:b='1'")),
            ("a comment with two hyphens", with_reference("<!-- a -- b -->")),
            ("an unclosed comment", with_reference("<!-- a")),
            ("an instruction called xml", with_reference("<?xml version='1.0'?>")),
            ("a declaration behind white space", format!("\n{request}").into_bytes()),
            ("a declaration without version", request.replace("version=\"1.0\" ", "").into_bytes()),
            ("Latin 2 bytes", latin),
            ("an overlong encoding", [b"<a>", &b"\xC0\x80"[..], b"</a>"].concat()),
            ("an encoded surrogate", [b"<a>", &b"\xED\xA0\x80"[..], b"</a>"].concat()),
            ("a truncated character", [b"<a>", &b"\xE2\x82"[..]].concat()),
            ("UTF-16", utf16),
            ("UTF-16 with its mark", marked),
            ("another encoding declared", request.replace("UTF-8", "ISO-8859-1").into_bytes()),
            ("ASCII declared, and more used", request.replace("UTF-8", "US-ASCII").into_bytes()),
            ("UTF-16 declared in UTF-8", request.replace("UTF-8", "UTF-16").into_bytes()),
            ("XML 1.1", request.replace("version=\"1.0\"", "version=\"1.1\"").into_bytes()),
        ],
    );
}

#[test]
fn declarations_entities_and_references_to_the_outside_are_forbidden() {
    let laughs = "<!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>";
    let external = "<!DOCTYPE l [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    refuses(
        ForbiddenConstruct,
        &[
            ("a declaration", with_prolog("<!DOCTYPE InformationRequest>")),
            ("a declaration that names a file", with_prolog("<!DOCTYPE a SYSTEM \"http://192.0.2.1/a.dtd\">")),
            ("a billion laughs", with_prolog(laughs)),
            ("an external entity", with_prolog(external)),
            ("a parameter entity", with_prolog("<!DOCTYPE a [<!ENTITY % p SYSTEM \"x\"> %p;]>")),
            ("a declaration in a broken document", with_prolog("<!DOCTYPE a [ <!ELEMENT ")),
            ("a declaration alone", b"<!DOCTYPE".to_vec()),
            ("a declaration behind a byte order mark", [b"\xEF\xBB\xBF", &b"<!DOCTYPE a><a/>"[..]].concat()),
            ("a declaration in lower case", with_prolog("<!doctype a>")),
            ("a declaration inside the root", with_reference("<!DOCTYPE a>")),
            ("a declaration behind the root", format!("{}<!DOCTYPE a>", request()).into_bytes()),
            ("a schema location", with_start(&format!("{XSI} xsi:schemaLocation='u http://192.0.2.1/a.xsd'"))),
            (
                "a schema location without namespace",
                with_start(&format!("{XSI} xsi:noNamespaceSchemaLocation='a.xsd'")),
            ),
            ("a style sheet", with_prolog("<?xml-stylesheet href='a.xsl'?>")),
        ],
    );
}

#[test]
fn a_declaration_that_is_only_mentioned_is_not_one() {
    let validator = validator();
    for document in [with_prolog("<!-- <!DOCTYPE a> -->"), with_reference("<![CDATA[<!DOCTYPE a>]]>")] {
        assert!(check_request(&validator, document).is_ok());
    }
}

#[test]
fn what_exceeds_a_limit_is_too_large_and_answered_at_once() {
    let started = Instant::now();
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)).into_bytes();
    let attributes: String = (0..300).map(|number| format!(" a{number}='1'")).collect();
    let namespaces: String = (0..70).map(|number| format!(" xmlns:p{number}='u{number}'")).collect();
    let question = "<Question id='q'><Code>good-standing</Code></Question>";
    refuses(
        DocumentTooLarge,
        &[
            ("101 levels", nested(101)),
            ("100,000 levels", nested(100_000)),
            ("100,000 levels, unclosed", "<a>".repeat(100_000).into_bytes()),
            ("20 MiB", with_reference(&"x".repeat(20 << 20))),
            ("20 MiB of garbage", vec![0xFF; 20 << 20]),
            ("300 attributes", with_start(&attributes)),
            ("70 namespaces", with_start(&namespaces)),
            ("a name of 300 bytes", with_reference(&format!("<{}/>", "n".repeat(300)))),
            ("a namespace of 300 bytes", with_start(&format!("xmlns:p='{}'", "n".repeat(300)))),
            (
                "100,000 questions",
                altered("<Questions>", &format!("<Questions>{}", question.repeat(100_000))).into_bytes(),
            ),
        ],
    );
    assert!(started.elapsed().as_secs() < 20, "hostile documents cost {:?}", started.elapsed());
}

#[test]
fn a_document_of_eight_mebibytes_is_still_read() {
    let rejection = rejection(check_request(&validator(), with_reference(&"x".repeat((8 << 20) - 4096))));
    assert_eq!((rejection.code, rejection.violations.len()), (SchemaViolation, 1));
    assert!(rejection.violations[0].message.chars().count() <= 501);
}

#[test]
fn what_the_schema_minds_is_listed_whole_and_in_order() {
    let document = altered("<Regime>automatic", "<Regime>nostrification")
        .replace("1979-05-00", "1979-13-00")
        .replace("<Level>e", "<Level>z")
        .replace("2011-04-29", "29.4.2011");
    let rejection = rejection(check_request(&validator(), document));
    let places: Vec<_> = rejection.violations.iter().filter_map(|violation| violation.line).collect();
    assert_eq!((rejection.code, places), (SchemaViolation, vec![7, 12, 25, 51]));
    assert_eq!(rejection.reason, "the document breaks its schema in 4 places");
}

#[test]
fn a_missing_element_is_one_violation_and_hides_no_other() {
    let document = altered("  <LegalBasis>article-56</LegalBasis>\n", "").replace("2011-04-29", "soon");
    let rejection = rejection(check_request(&validator(), document));
    let found: Vec<_> =
        rejection.violations.iter().map(|violation| (violation.line, violation.message.as_str())).collect();
    assert_eq!(found[0], (Some(5), "'LegalBasis' is missing before 'Profession'."));
    assert_eq!((found.len(), found[1].0), (2, Some(50)));
}

#[test]
fn the_true_number_of_violations_is_told_when_not_all_are_listed() {
    let document = altered("<Questions>", &format!("<Questions>{}", "<Question id='1'/>".repeat(300)));
    let rejection = rejection(check_request(&validator(), document));
    assert_eq!(rejection.violations.len(), 200);
    assert!(rejection.reason.contains("the first 200 are listed"), "{}", rejection.reason);
}

#[test]
fn a_space_that_is_none_in_xml_is_text() {
    let validator = validator();
    for space in ["\u{A0}", "&#xA0;", "\u{2003}", "\u{3000}"] {
        let document = altered("<Questions>", &format!("<Questions>{space}"));
        let rejection = rejection(check_request(&validator, document));
        assert_eq!((rejection.code, rejection.violations[0].rule.as_str()), (SchemaViolation, "cvc-complex-type.2.3"));
        let date = altered("2011-04-29", &format!("{space}2011-04-29"));
        assert!(check_request(&validator, date).is_err());
    }
    assert!(check_request(&validator, altered("<Questions>", "<Questions>\r\n\t &#32;")).is_ok());
}

#[test]
fn the_root_must_be_the_message_s_own() {
    let validator = validator();
    for (message, root) in [
        ("imi-pq/information-request-close@1", "InformationRequest"),
        ("imi-services/information-request@1", "InformationRequest"),
    ] {
        let rejection = rejection(validator.validate(&message.parse().expect("a type"), request().into_bytes()));
        assert_eq!((rejection.code, rejection.violations.len()), (SchemaViolation, 1), "{message}");
        assert_eq!(rejection.violations[0].xpath.as_deref(), Some(format!("/{root}[1]").as_str()));
    }
}

#[test]
fn assertions_are_evaluated() {
    let document = "<InformationRequestWithdraw xmlns='urn:imi:area:imi-pq:1' xmlns:c='urn:imi:common:1'>\
        <c:WithdrawalReason>other</c:WithdrawalReason></InformationRequestWithdraw>";
    let message_type = "imi-pq/information-request-withdraw@1".parse().expect("a type");
    let rejection = rejection(validator().validate(&message_type, document.into()));
    assert_eq!(rejection.violations[0].message, "The reason 'other' is explained in a comment.");
}

#[test]
fn the_due_date_is_read_as_it_is_written() {
    let validator = validator();
    for (written, read) in [
        ("2011-04-29", "2011-04-29"),
        (" 2011-04-29+02:00\n", "2011-04-29+02:00"),
        ("<!-- x -->2011-<![CDATA[04]]>-29Z", "2011-04-29Z"),
        ("2011-04-&#50;9", "2011-04-29"),
    ] {
        let checked = check_request(&validator, altered("2011-04-29", written)).expect("valid");
        assert_eq!(checked.answer_due.as_deref(), Some(read));
    }
}

#[test]
fn a_byte_order_mark_and_other_declarations_of_utf_8_are_fine() {
    let validator = validator();
    for document in [
        format!("\u{FEFF}{}", request()),
        request().replace("UTF-8", "utf-8"),
        request().replace(" encoding=\"UTF-8\"", ""),
        request().replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""),
        request().replace('\n', "\r\n"),
    ] {
        assert!(check_request(&validator, document).is_ok());
    }
}

#[test]
fn limits_are_those_that_were_configured() {
    let areas = Arc::new(Areas::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the packs"));
    let limits = Limits { body_bytes: 1000, violations: 2, ..Limits::default() };
    let validator = Validator::new(areas, limits).expect("a thread");
    assert_eq!(rejection(check_request(&validator, request())).code, DocumentTooLarge);
    let rejection =
        rejection(check_request(&validator, "<InformationRequest xmlns='urn:imi:area:imi-pq:1' a='1' b='2' c='3'/>"));
    assert_eq!((rejection.code, rejection.violations.len()), (SchemaViolation, 2));
}

#[test]
fn patterns_take_no_longer_for_values_made_to_hurt_them() {
    let started = Instant::now();
    let validator = validator();
    let long = "0 ".repeat(2 << 20);
    let document = format!(
        "<InformationRequestAccept xmlns='urn:imi:area:imi-pq:1' xmlns:c='urn:imi:common:1'>\
         <c:AgreedDate>2011-04-29</c:AgreedDate><c:Official><c:Name>N</c:Name><c:Telephone>+{long}</c:Telephone>\
         <c:Email>{}</c:Email></c:Official></InformationRequestAccept>",
        "a@".repeat(1 << 20),
    );
    let message_type = "imi-pq/information-request-accept@1".parse().expect("a type");
    let rejection = rejection(validator.validate(&message_type, document.into()));
    assert_eq!(rejection.violations.len(), 2, "{:?}", rejection.violations);
    let language = altered("language=\"pl\">Czy", &format!("language=\"{}\">Czy", "ab-".repeat(2 << 20)));
    assert_eq!(super::rejection(check_request(&validator, language)).code, SchemaViolation);
    assert!(started.elapsed().as_secs() < 10, "long values cost {:?}", started.elapsed());
}
