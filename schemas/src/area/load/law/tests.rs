//! Packs over foreign schemas: those of the tests load, and each way to break one is refused at its place.

use crate::area::foreign_packs::{Change, packs};
use crate::area::{AreaError, Areas};
use crate::check::check;
use crate::validate::Limits;
use crate::wire::ContentType;
use Change::{File, Gone, Piece};

const CARS: &str = "vehicle-approval/area.toml";
const CATALOG: &str = "vehicle-approval/1/catalog.xml";
const MAIN: &str = "vehicle-approval/1/xsd/exchange.xsd";
const BASE: &str = "vehicle-approval/1/xsd/base/approval.xsd";
const CAR: &str = "vehicle-approval/1/xsd/vehicle/vehicle.xsd";
const DRUGS: &str = "falsified-medicines/area.toml";
const ALERT: &str = "falsified-medicines/1/json/rapid-alert.schema.json";
const CODES: &str = "falsified-medicines/1/json/common/codes.schema.json";

fn refusal(changes: &[Change<'_>]) -> AreaError {
    let root = packs(changes);
    let mut error = Areas::load(root.path()).expect_err("a broken pack is refused");
    error.file = error.file.strip_prefix(root.path().join("areas")).expect("a file of a pack").to_path_buf();
    error
}

/// Every change is refused at this file and line, for a reason that holds this piece.
fn assert_refused<'a>(cases: impl IntoIterator<Item = (Change<'a>, &'a str, u32, &'a str)>) {
    let wrong = cases.into_iter().filter_map(|(change, at, line, says)| {
        let error = refusal(&[change]);
        let found = (error.file.to_str().expect("UTF-8"), error.line);
        let is_told = error.reason.contains(says) && !error.remedy.is_empty();
        (found != (at, Some(line)) || !is_told).then(|| format!("{at}:{line} {says}\n    found {error}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_packs_of_the_tests_are_fit_to_be_used() {
    let root = packs(&[]);
    let report = check(root.path(), &[], Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.findings, []);
    let counts: Vec<_> = report.areas.values().map(|area| (area.good_samples, area.bad_samples)).collect();
    assert_eq!(counts, [(2, 3), (2, 3)]);
}

#[test]
fn a_version_knows_its_spelling_and_every_file_of_its_set() {
    let root = packs(&[]);
    let areas = Areas::load(root.path()).unwrap_or_else(|error| panic!("{error}"));
    let area = |id: &str| areas.area(&id.parse().expect("a name")).expect("loaded");
    let spelling = |id: &str| area(id).versions[0].only_spelling();
    assert_eq!(spelling("vehicle-approval"), Some(ContentType::Xml));
    assert_eq!(spelling("falsified-medicines"), Some(ContentType::Json));
    let files = |id: &str| area(id).schema_digests().into_keys().map(str::to_owned).collect::<Vec<_>>();
    let xsd = ["base/approval", "codes", "exchange", "shared/party", "vehicle/vehicle"];
    let xsd = xsd.map(|name| format!("1/xsd/{name}.xsd"));
    assert_eq!(files("vehicle-approval"), [vec!["1/catalog.xml".to_owned()], xsd.to_vec()].concat());
    assert_eq!(files("falsified-medicines").len(), 4);
    let comment = areas.definition(&"vehicle-approval/vehicle-comment@1".parse().expect("a type")).expect("defined");
    assert_eq!(comment.namespace, "http://approval.example/vehicle");
    assert!(areas.iter().flat_map(|area| &area.versions).all(|version| version.mapping().is_none()));
}

#[test]
fn what_is_written_of_a_foreign_xsd_has_to_be_there() {
    let spelling = "spelling = \"xml\"\n";
    let cases = [
        (CARS, "exchange.xsd", "none.xsd", 22, "does not exist in the pack's folder"),
        (CARS, "1/xsd/exchange.xsd", "../../common/common.xsd", 22, "does not exist in the pack's folder"),
        (CARS, "1/catalog.xml", "1/none.xml", 23, "does not exist in the pack's folder"),
        (CARS, "1/catalog.xml", "../falsified-medicines/catalog.xml", 23, "does not exist in the pack's folder"),
        (CARS, "namespace = \"http://approval.example/exchange/3\"\n", "", 21, "version 1 has no namespace"),
        (CARS, spelling, "", 22, "is not spelled in XML only"),
        (CARS, spelling, "spelling = \"yaml\"\n", 20, "unknown variant"),
        (CARS, "\"approvalNotification\"", "\"approval\"", 28, "no global element approval in the namespace http"),
        (CARS, "example/vehicle\"", "example/lorry\"", 40, "in the namespace http://approval.example/lorry"),
        (CARS, "\"http://approval.example/vehicle\"", "\"\"", 40, "in no namespace"),
        (CARS, "\"objectionsUntil\"", "\"until\"", 35, "declares the element until"),
    ];
    assert_refused(cases.map(|(file, old, new, line, says)| (Piece(file, old, new), file, line, says)));
    let error = refusal(&[Piece(CARS, spelling, ""), Piece(CARS, "catalog = \"1/catalog.xml\"\n", "")]);
    assert!(error.line == Some(39) && error.reason.contains("not only XML spells it"), "{error}");
}

#[test]
fn a_foreign_xsd_that_cannot_be_used_is_refused_at_its_place() {
    let elsewhere = "../../../falsified-medicines/area.xsd";
    assert_refused([
        (Piece(CATALOG, "shared/party.xsd", elsewhere), CATALOG, 5, "leads out of the pack's folder"),
        (Piece(CATALOG, "shared/party.xsd", "file:///etc/passwd"), CATALOG, 5, "leads out of the pack's folder"),
        (Piece(CATALOG, "shared/party.xsd", "shared/none.xsd"), CATALOG, 5, "is no schema or catalogue of the pack"),
        (Piece(CATALOG, "<rewriteSystem", "<keep"), MAIN, 24, "exchange.xsd:5:3"),
        (Piece(CATALOG, "<uri name", "<keep name"), MAIN, 22, "Party"),
        (Piece(CARS, "catalog = \"1/catalog.xml\"\n", ""), MAIN, 22, "http://approval.example/schemas"),
        (Gone(BASE), MAIN, 7, "base/approval.xsd"),
        (Gone("vehicle-approval/1/xsd/codes.xsd"), CAR, 9, "vehicle.xsd:5:3"),
        (
            Piece(MAIN, "<xs:restriction base=\"ApprovalNumber\"", "<xs:restriction base=\"xs:token\""),
            MAIN,
            8,
            "redefine",
        ),
        (Piece(BASE, "\"Decision\"", "\"Verdict\""), BASE, 11, "Verdict"),
        (
            Piece(BASE, "schemaLocation=\"../codes.xsd\"", "schemaLocation=\"../../../../../common/none.xsd\""),
            BASE,
            11,
            "approval.xsd:4:3",
        ),
    ]);
}

#[test]
fn what_is_written_of_foreign_json_schemas_has_to_be_there() {
    let schema = "schema = \"1/json\"";
    let cases = [
        (schema, "schema = \"1/none\"", 21, "is no folder in the pack's folder"),
        (schema, "schema = \"../vehicle-approval/1\"", 21, "is no folder in the pack's folder"),
        (schema, "schema = \"1\"", 21, "do not lie by themselves"),
        (schema, "schema = \"1/json\"\nnamespace = \"urn:x\"", 22, "JSON, which has no namespaces"),
        (schema, "schema = \"1/json\"\ncatalog = \"1/x.xml\"", 22, "is not spelled in XML only"),
        ("\"rapid-alert.schema.json\"", "\"alert.schema.json\"", 26, "1/json does not hold"),
        ("\"rapid-alert.schema.json\"", "\"../../area.json\"", 26, "1/json does not hold"),
        ("$defs/Information", "$defs/Else", 38, "holds nothing at #/$defs/Else"),
        ("#/$defs/Information", "#Information", 38, "holds nothing at #Information"),
        ("\"/recall/answerBy\"", "\"answerBy\"", 33, "is no JSON Pointer"),
        ("root = \"follow", "namespace = \"urn:x\"\nroot = \"follow", 38, "not only XML spells it"),
    ];
    assert_refused(cases.map(|(old, new, line, says)| (Piece(DRUGS, old, new), DRUGS, line, says)));
    for name in ["rules.toml", "questions.toml"] {
        let error = refusal(&[File(&format!("falsified-medicines/1/{name}"), b"")]);
        assert!(error.file.ends_with(name) && error.reason.contains("asked of XML"), "{error}");
    }
}

#[test]
fn a_foreign_json_schema_that_cannot_be_used_is_refused_at_its_place() {
    let reference = "common/codes.schema.json#/$defs/AlertClass";
    assert_refused([
        (Piece(ALERT, reference, "common/none.json"), ALERT, 7, "common/none.json"),
        (Piece(ALERT, reference, "common/codes.schema.json#/$defs/None"), ALERT, 7, "/$defs/None"),
        (Piece(ALERT, reference, "../../../vehicle-approval/1/none.json"), ALERT, 7, "vehicle-approval/1/none.json"),
        (Piece(ALERT, reference, "http://192.0.2.1/x.json"), ALERT, 7, "192.0.2.1"),
        (Piece(ALERT, reference, "file:///etc/x.json"), ALERT, 7, "etc/x.json"),
        (
            Piece(CODES, "\"enum\": [\"class-1\", \"class-2\", \"class-3\"]", "\"type\": \"shoe\""),
            CODES,
            5,
            "no schema",
        ),
        (Piece(CODES, "{ \"enum\"", "{ \"enum\": [], \"enum\""), CODES, 5, "stands twice"),
        (Piece(CODES, "\"$defs\": {", "\"$defs\": {,"), CODES, 3, "quotation marks"),
        (Piece(CODES, "^[A-Z]{2}-", "^([A-Z]{2}-"), CODES, 4, "is not a \"regex\""),
        (File(CODES, b"[]"), CODES, 1, "it is no JSON Schema"),
    ]);
}

#[test]
fn one_pack_that_cannot_be_read_leaves_the_others_alone() {
    let root = packs(&[File("vehicle-approval/1/xsd/codes.xsd", b"\xFF")]);
    let (areas, refused) = Areas::load_each(root.path(), &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(areas.iter().map(|area| area.id.as_str()).collect::<Vec<_>>(), ["falsified-medicines"]);
    assert!(refused.len() == 1 && refused[0].to_string().contains("encoding"), "{refused:?}");
}
