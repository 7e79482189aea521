//! What every story must be, before anybody plays it.

use super::*;
use crate::{
    demo::{
        documents,
        story::{Expect, Step},
    },
    directory::Directory,
};
use schemas::{
    area::Areas,
    validate::{Job, Limits, ValidateError, Validator},
    wire::{ContentType, ExchangeId, MessageType, RejectionCode},
};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};
use uuid::Uuid;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project's folder")
}

fn directory() -> Directory {
    Directory::read(&[root().join("config/directory/demo.toml")]).expect("the demo's directory")
}

fn steps() -> impl Iterator<Item = (&'static Story, &'static Step, &'static str)> {
    ALL.iter().flat_map(|story| {
        let area = |step: &Step| story.area(step).unwrap_or_else(|| panic!("{}: exchange {}", story.id, step.exchange));
        story.steps.iter().map(move |step| (story, step, area(step)))
    })
}

#[test]
fn every_document_is_what_its_story_needs() {
    let areas = Areas::load(&root().join("schemas")).expect("the project's own areas");
    let validator = Validator::new(Arc::new(areas), Limits::default()).expect("a thread");
    for (story, step, area) in steps() {
        let path = root().join(step.document.path(area));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let exchanges: Vec<_> = story.exchanges.iter().map(|_| ExchangeId(Uuid::now_v7())).collect();
        let body = documents::filled(&text, &exchanges).into_bytes();
        let message_type: MessageType = format!("{area}/{}@1", step.message).parse().expect("a type");
        let verdict = validator.judge(Job { message_type, content_type: step.document.spelling(), body });
        match (verdict, step.expect) {
            (Ok(_), Expect::State(_)) => {}
            (Err(ValidateError::Rejected(rejection)), Expect::Refusal(code)) => {
                assert_eq!(rejection.code.as_str(), code);
                assert_eq!(rejection.code, RejectionCode::SchemaViolation);
                assert!(rejection.violations.len() >= 3, "{rejection:?}");
            }
            (verdict, expected) => panic!("{}: {verdict:?} where {expected:?} is told", path.display()),
        }
    }
}

#[test]
fn an_exchange_opens_with_a_named_recipient() {
    for story in ALL {
        for exchange in 0..story.exchanges.len() {
            let opening = story.steps.iter().find(|step| step.exchange == exchange);
            assert!(opening.is_some_and(|step| !step.to.is_empty()), "{}: {exchange}", story.id);
        }
    }
}

#[test]
fn everybody_in_a_story_is_in_the_directory_and_acts_in_its_area() {
    let directory = directory();
    for (story, step, area) in steps() {
        for id in step.reaches.iter().chain(step.to).chain([&step.from]) {
            let authority = directory.authority(&id.parse().expect("an authority"));
            let acts = authority.is_some_and(|authority| authority.acts_in(&area.parse().expect("an area")));
            assert!(acts, "{}: {id} in {area}", story.id);
        }
    }
}

#[test]
fn whoever_prefers_json_writes_json() {
    let directory = directory();
    let mut told = BTreeSet::new();
    for (story, step, _) in steps() {
        let prefers = directory.format_of(&step.from.parse().expect("an authority"));
        assert_eq!(prefers == Some(ContentType::Json), step.document.spelling() == ContentType::Json, "{}", step.says);
        if step.document.spelling() == ContentType::Json {
            told.insert(story.id);
        }
    }
    assert_eq!(told, BTreeSet::from(["A204", "A207"]), "stories in which one side speaks JSON");
}
