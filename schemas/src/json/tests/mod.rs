//! Tests of the mapping: every sample of every pack, documents made up from the schemas, and the traps.

mod generate;
mod infoset;
mod made_up;
mod pack;
mod samples;
mod schemas;
mod traps;

use super::Mapping;
use super::value::Node;
use crate::area::Areas;
use crate::validate::{Job, Limits, ValidateError, Validator};
use crate::wire::{ContentType, MessageType, RejectionCode};
use std::{path::Path, sync::Arc};

fn areas() -> Arc<Areas> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Arc::new(Areas::load(root).unwrap_or_else(|error| panic!("{error}")))
}

/// Limits under which everything can be converted.
fn generous() -> Limits {
    Limits { body_bytes: 64 << 20, depth: 5_000, nodes: 5_000_000, ..Limits::default() }
}

/// Both spellings say the same, and go over into each other without loss.
fn round_trip(mapping: &Mapping, xml: &[u8], what: &str) -> Vec<u8> {
    let convert = |xml: &[u8]| mapping.to_json(xml, &generous()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let json = convert(xml);
    let back = mapping.to_xml(&json, &generous());
    let text = String::from_utf8_lossy(&json);
    let back = back.unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
    if let Some(difference) = infoset::difference(&infoset::of(xml), &infoset::of(&back)) {
        panic!("{what}: another infoset: {difference}");
    }
    let again = convert(&back);
    assert!(parsed(&json) == parsed(&again), "{what}: another value\n{text}\n{}", String::from_utf8_lossy(&again));
    json
}

fn parsed(json: &[u8]) -> Node<'_> {
    super::read(json, &generous()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Code and rules of a verdict; nothing for a good document.
fn verdict(validator: &Validator, kind: &MessageType, content_type: ContentType, body: &[u8]) -> Verdict {
    match validator.judge(Job { message_type: kind.clone(), content_type, body: body.to_vec() }) {
        Ok(_) => None,
        Err(ValidateError::Rejected(rejection)) => {
            let mut rules: Vec<String> = rejection.violations.into_iter().map(|violation| violation.rule).collect();
            rules.sort();
            Some((rejection.code, rules))
        }
        Err(ValidateError::Failed(problem)) => panic!("{kind}: {problem}"),
    }
}

type Verdict = Option<(RejectionCode, Vec<String>)>;

/// The JSON has the verdict of the XML.
fn same_verdict(validator: &Validator, kind: &MessageType, xml: &[u8], json: &[u8], what: &str) -> Verdict {
    let by_xml = verdict(validator, kind, ContentType::Xml, xml);
    let by_json = verdict(validator, kind, ContentType::Json, json);
    assert_eq!(by_xml, by_json, "{what}: another verdict\n{}", String::from_utf8_lossy(json));
    by_xml
}
