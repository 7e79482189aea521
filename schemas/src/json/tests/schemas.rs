//! The JSON Schemas accept what the XSD accepts.

use super::generate::{Dice, Generator};
use super::{areas, generous, pack, samples::samples, verdict};
use crate::area::Areas;
use crate::json::{Mapping, fresh, schema_file, schema_text};
use crate::validate::{Limits, Validator};
use crate::wire::{ContentType, MessageType};
use std::{collections::BTreeMap, fs, sync::Arc};

/// Each message with a validator for its JSON Schema.
fn validators(areas: &Areas) -> BTreeMap<MessageType, jsonschema::Validator> {
    let messages = areas.iter().flat_map(|area| area.messages.iter().map(move |message| (area, message)));
    let compiled = messages.map(|(area, message)| {
        let text = schema_text(area, message).expect("a schema");
        let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(jsonschema::meta::is_valid(&schema), "{}", message.message_type);
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{error}"));
        (message.message_type.clone(), validator)
    });
    compiled.collect()
}

fn faults(validator: &jsonschema::Validator, json: &[u8]) -> Vec<String> {
    let value = serde_json::from_slice(json).expect("JSON");
    validator.iter_errors(&value).map(|error| innermost(&error)).collect()
}

/// What is wrong in the alternative that came furthest.
fn innermost(error: &jsonschema::ValidationError<'_>) -> String {
    match error.kind() {
        jsonschema::error::ValidationErrorKind::AnyOf { context } => context
            .iter()
            .flatten()
            .max_by_key(|inner| inner.instance_path().as_str().len())
            .map_or_else(|| error.to_string(), |inner| innermost(inner)),
        _ => format!("{}: {:.200}", error.instance_path(), error.to_string()),
    }
}

#[test]
fn good_samples_keep_their_json_schema() {
    let areas = areas();
    let validators = validators(&areas);
    for (kind, file) in samples(&areas, "good") {
        let xml = fs::read(&file).expect("readable");
        let mapping = areas.version(&kind).expect("a version").mapping().expect("two spellings");
        let json = mapping.to_json(&xml, &generous()).expect("converted");
        assert_eq!(faults(&validators[&kind], &json), Vec::<String>::new(), "{}", file.display());
    }
}

fn made_up(mapping: &Mapping, root: &str, seed: u64) -> Vec<u8> {
    let mischief = [0, 200][usize::try_from(seed % 2).expect("small")];
    let dice = Dice::new(seed + 1_000);
    let generator = Generator { grammar: &mapping.grammar, dice, mischief, out: String::new() };
    mapping.to_json(generator.document(root).as_bytes(), &generous()).expect("converted")
}

#[test]
fn no_json_schema_is_stricter_than_its_xsd() {
    let (trap, _) = pack::areas();
    for areas in [areas(), trap] {
        let validators = validators(&areas);
        let judge = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
        for definition in areas.iter().flat_map(|area| &area.messages) {
            let kind = &definition.message_type;
            let mapping = areas.version(kind).expect("a version").mapping().expect("two spellings");
            for seed in 0..8 {
                let json = made_up(mapping, &definition.root, seed);
                if verdict(&judge, kind, ContentType::Json, &json).is_none() {
                    let faults = faults(&validators[kind], &json);
                    assert!(faults.is_empty(), "{kind}, seed {seed}: {faults:?}\n{}", String::from_utf8_lossy(&json));
                }
            }
        }
    }
}

#[test]
fn a_json_schema_refuses_what_it_can() {
    let areas = areas();
    let kind: MessageType = "imi-pq/information-request@1".parse().expect("a type");
    let validator = &validators(&areas)[&kind];
    let sample = include_bytes!("../../../areas/imi-pq/1/samples/good/information-request-2kb.xml");
    let mapping = areas.version(&kind).expect("a version").mapping().expect("two spellings");
    let json = String::from_utf8(mapping.to_json(sample, &generous()).expect("converted")).expect("UTF-8");
    assert!(faults(validator, json.as_bytes()).is_empty());
    for (piece, by) in [
        ("\"DueDate\":\"", "\"DueDate\":\"soon "),
        ("\"DueDate\"", "\"DueDay\""),
        ("\"LegalBasis\":\"article", "\"LegalBasis\":\"articel"),
        ("\"Nationality\":[", "\"Nationality\":[5,"),
        ("\"@language\":", "\"@languages\":"),
        ("{\"InformationRequest\":", "{\"More\":1,\"InformationRequest\":"),
    ] {
        assert!(json.contains(piece), "{piece}");
        assert!(!faults(validator, json.replacen(piece, by, 1).as_bytes()).is_empty(), "{by}");
    }
}

#[test]
fn a_schema_on_disk_is_fresh_until_it_is_changed() {
    let (areas, kind) = pack::areas();
    let area = areas.area(&kind.area).expect("the area");
    let root = tempfile::tempdir().expect("a folder");
    assert!(fresh(root.path(), area).iter().all(|stale| !stale.exists));
    let message = &area.messages[0];
    let file = root.path().join(schema_file(message));
    fs::create_dir_all(file.parent().expect("a folder above")).expect("created");
    fs::write(&file, schema_text(area, message).expect("a schema")).expect("written");
    assert_eq!(fresh(root.path(), area), []);
    fs::write(&file, "{}").expect("written");
    assert!(fresh(root.path(), area).iter().all(|stale| stale.exists && stale.file == file));
}
