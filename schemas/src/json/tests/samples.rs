//! Every sample of every pack in both spellings.

use super::{areas, generous, round_trip, same_verdict};
use crate::area::{Area, Areas};
use crate::validate::{Limits, Validator};
use crate::wire::{MessageType, RejectionCode};
use std::sync::Arc;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The samples of a kind, with what each claims to be.
pub(super) fn samples(areas: &Areas, kind: &str) -> Vec<(MessageType, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for area in areas.iter() {
        for version in &area.versions {
            let folder = root.join(format!("areas/{}/{}/samples/{kind}", area.id, version.number));
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let files = entries.map(|entry| entry.expect("an entry").path());
            let files = files.filter(|file| file.extension().is_some_and(|end| end == "xml"));
            found.extend(files.map(|file| (message_of(area, version.number, &file), file)));
        }
    }
    found.sort();
    found
}

/// A sample's name begins with its message's.
fn message_of(area: &Area, version: u16, file: &Path) -> MessageType {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let of_version = area.messages.iter().map(|definition| &definition.message_type);
    let named = of_version.filter(|name| name.version == version && stem.starts_with(name.message.as_str()));
    named.max_by_key(|name| name.message.as_str().len()).unwrap_or_else(|| panic!("{stem} names no message")).clone()
}

#[test]
fn good_samples_go_over_into_json_and_back_without_loss() {
    let areas = areas();
    let validator = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
    let samples = samples(&areas, "good");
    assert!(samples.len() >= 40);
    let mut explicit = 0;
    for (kind, file) in &samples {
        let xml = fs::read(file).expect("readable");
        let mapping = areas.version(kind).expect("a version").mapping().expect("two spellings");
        let json = round_trip(mapping, &xml, &file.display().to_string());
        explicit += usize::from(json.windows(10).any(|part| part == b"\"$content\""));
        assert_eq!(
            same_verdict(&validator, kind, &xml, &json, &file.display().to_string()),
            None,
            "{}",
            file.display()
        );
    }
    assert!(explicit * 10 < samples.len(), "{explicit} of {} samples need the explicit form", samples.len());
}

#[test]
fn bad_samples_have_the_same_verdict_in_both_spellings() {
    let areas = areas();
    let validator = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
    let mut compared = 0;
    for (kind, file) in samples(&areas, "bad") {
        let xml = fs::read(&file).expect("readable");
        let mapping = areas.version(&kind).expect("a version").mapping().expect("two spellings");
        let what = file.display().to_string();
        let by_xml = super::verdict(&validator, &kind, crate::wire::ContentType::Xml, &xml);
        let Ok(json) = mapping.to_json(&xml, &generous()) else {
            let code = by_xml.map(|(code, _)| code);
            let unreadable = [RejectionCode::MalformedDocument, RejectionCode::ForbiddenConstruct];
            assert!(code.is_some_and(|code| unreadable.contains(&code)), "{what}: {code:?}");
            continue;
        };
        // What JSON does not carry cannot be wrong with it: how the XML is written, and processing instructions.
        let is_carried = !xml.windows(14).any(|part| part == b"xml-stylesheet");
        if is_carried && !matches!(by_xml, Some((RejectionCode::MalformedDocument, _))) {
            round_trip(mapping, &xml, &what);
            same_verdict(&validator, &kind, &xml, &json, &what);
            compared += 1;
        }
    }
    assert!(compared >= 40, "{compared}");
}
