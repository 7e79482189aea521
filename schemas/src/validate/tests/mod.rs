//! Tests of the verdicts (those on the packs' samples are in [`crate::check`]): the rules of an area, foreign schemas, the traps of the gate and the engine, the threads.

mod foreign_packs;
mod rules;
mod threads;
mod traps;

use super::{Limits, ValidateError, Validator, Verdict};
use crate::area::Areas;
use crate::wire::{Rejection, RejectionCode};
use std::{path::Path, sync::Arc};

/// The packs of this crate.
fn areas() -> Arc<Areas> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Arc::new(Areas::load(root).unwrap_or_else(|error| panic!("{error}")))
}

fn validator() -> Validator {
    Validator::new(areas(), Limits::default()).expect("a thread")
}

/// A realistic request of 2 KB.
fn request() -> String {
    include_str!("../../../areas/imi-pq/1/samples/good/information-request-2kb.xml").to_owned()
}

/// The request with a piece of it changed.
fn altered(piece: &str, by: &str) -> String {
    let request = request();
    assert!(request.contains(piece), "the request holds no {piece:?}");
    request.replacen(piece, by, 1)
}

fn check_request(validator: &Validator, document: impl Into<Vec<u8>>) -> Verdict {
    validator.validate(&"imi-pq/information-request@1".parse().expect("a type"), document.into())
}

fn rejection(verdict: Verdict) -> Rejection {
    match verdict {
        Err(ValidateError::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

/// Checks documents that are all to be refused with one code.
fn refuses(code: RejectionCode, documents: &[(&str, Vec<u8>)]) {
    let validator = validator();
    for (what, document) in documents {
        let verdict = check_request(&validator, document.clone());
        assert!(
            matches!(&verdict, Err(ValidateError::Rejected(rejection)) if rejection.code == code),
            "{what}: {verdict:?}"
        );
    }
    assert!(check_request(&validator, request()).is_ok(), "the validator goes on");
}

#[test]
fn the_bench_document_has_two_kilobytes() {
    assert!((1900..=2150).contains(&request().len()));
}
