//! Every pack's samples get the verdicts that they name.

use super::{areas, rejection, validator};
use crate::area::{Area, Areas};
use crate::wire::{MessageName, MessageType, RejectionCode};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What stands beside a bad sample.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    message: MessageName,
    code: RejectionCode,
    violation: Vec<ExpectedViolation>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedViolation {
    rule: String,
    xpath: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

fn samples(area: &Area, kind: &str) -> Vec<(PathBuf, u16)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for version in &area.versions {
        let folder = root.join(format!("areas/{}/{}/samples/{kind}", area.id, version.number));
        let listing = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let paths = listing.map(|entry| entry.expect("an entry").path());
        files.extend(
            paths.filter(|path| path.extension().is_some_and(|end| end == "xml")).map(|path| (path, version.number)),
        );
    }
    files.sort();
    files
}

/// A good sample's name begins with its message's.
fn message_of<'a>(area: &'a Area, version: u16, file: &Path) -> &'a MessageType {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let of_version = area.messages.iter().map(|definition| &definition.message_type);
    let named = of_version.filter(|name| name.version == version && stem.starts_with(name.message.as_str()));
    named.max_by_key(|name| name.message.as_str().len()).unwrap_or_else(|| panic!("{stem} names no message"))
}

fn each_message_has(areas: &Areas, counts: &BTreeMap<MessageType, usize>, least: usize) {
    for definition in areas.iter().flat_map(|area| &area.messages) {
        let count = counts.get(&definition.message_type).copied().unwrap_or_default();
        assert!(count >= least, "{} has {count} samples, {least} are asked for", definition.message_type);
    }
}

#[test]
fn good_samples_are_accepted_and_tell_their_due_date() {
    let (areas, validator) = (areas(), validator());
    let mut counts = BTreeMap::new();
    for area in areas.iter() {
        for (file, version) in samples(area, "good") {
            let message_type = message_of(area, version, &file);
            let document = fs::read(&file).expect("readable");
            let checked = validator
                .validate(message_type, document)
                .unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
            let definition = areas.definition(message_type).expect("defined");
            assert!(checked.answer_due.is_none() || definition.answer_due.is_some());
            if message_type.message.as_str() == "information-request" {
                let due = checked.answer_due.expect("a request says when it needs an answer");
                assert!(due.starts_with("201"), "{due:?}");
            }
            *counts.entry(message_type.clone()).or_default() += 1;
        }
    }
    each_message_has(&areas, &counts, 3);
}

#[test]
fn bad_samples_are_rejected_for_the_reasons_they_name() {
    let (areas, validator) = (areas(), validator());
    let mut counts = BTreeMap::new();
    for area in areas.iter() {
        for (file, version) in samples(area, "bad") {
            let beside = fs::read_to_string(file.with_extension("toml")).expect("a sidecar");
            let expected: Expected =
                toml::from_str(&beside).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let message_type = MessageType { area: area.id.clone(), message: expected.message, version };
            let rejection = rejection(validator.validate(&message_type, fs::read(&file).expect("readable")));
            let found = rejection.violations.into_iter().map(|violation| {
                assert!(!violation.message.is_empty());
                let (rule, xpath) = (violation.rule, violation.xpath);
                ExpectedViolation { rule, xpath, line: violation.line, column: violation.column }
            });
            let found: Vec<_> = found.collect();
            assert_eq!((rejection.code, &found), (expected.code, &expected.violation), "{}", file.display());
            *counts.entry(message_type).or_default() += 1;
        }
    }
    each_message_has(&areas, &counts, 5);
}

#[test]
fn the_bench_document_has_two_kilobytes() {
    assert!((1900..=2150).contains(&super::request().len()));
}
