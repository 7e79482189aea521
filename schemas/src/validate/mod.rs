//! Validation of documents: against the schemas of the area packs for the hub, against any schema for the integrator.
//!
//! Owns the limits and the verdicts. The way of a document: `pool` hands it to a thread, `gate` refuses what the first
//! bytes give away, the engine in `xsd` reads it and asks the area's rules, `answers` looks at the question set, `places`
//! finds lines and paths for what is wrong, `verdict` puts it into the codes of the contract. A document in JSON becomes
//! XML first and has its places told in the JSON (`spelled_in_json`); where its area knows JSON alone, the engine in
//! `json_schema` reads it. `laws` chooses the engine.

mod answers;
mod engine;
pub mod foreign;
mod gate;
mod json_schema;
mod laws;
mod places;
mod pool;
mod spelled_in_json;
mod texts;
mod verdict;
mod xsd;

use crate::area::{AreaVersion, Areas, Law};
use crate::wire::{ContentType, MessageType, Rejection};
pub(crate) use foreign::decode;
pub(crate) use json_schema::{holds, proof_of_json};
pub use pool::ValidatorPool;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
};
pub use texts::{MOST_TEXTS, TEXT_BYTES};
use thiserror::Error;
pub(crate) use xsd::{CompileError, Declared, DeclaredAt, Proof};

/// How much of a document the hub is willing to look at. Every number is configuration (`[limits]`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of a document in bytes; default 8 MiB. More is `document-too-large`.
    pub body_bytes: usize,
    /// Depth of element nesting, the root being 1; default 100. More is `document-too-large`.
    pub depth: usize,
    /// Elements, attributes, texts, comments together; default 200,000. More is `document-too-large`.
    pub nodes: usize,
    /// Length of one name in bytes; default 256. More is `document-too-large`.
    pub name_bytes: usize,
    /// Attributes of one element; default 256. More is `document-too-large`.
    pub attributes: usize,
    /// Namespaces declared by one element, and in scope at any; default 64. More is `document-too-large`.
    pub namespaces: usize,
    /// Characters of one violation's message; default 500. The rest is cut.
    pub message_chars: usize,
    /// Violations that one rejection lists; default 200. The reason names the true total.
    pub violations: usize,
    /// Names that documents may add to a compiled schema before it is compiled anew; default 20,000. Bounds memory.
    pub interned_names: usize,
    /// Units of work that may wait for a validator thread; default 1,024. More is refused with [`Saturated`].
    pub waiting_units: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 << 20,
            depth: 100,
            nodes: 200_000,
            name_bytes: 256,
            attributes: 256,
            namespaces: 64,
            message_chars: 500,
            violations: 200,
            interned_names: 20_000,
            waiting_units: 1024,
        }
    }
}

/// What the schema of a version declares that people read; nothing where it cannot be compiled.
pub(crate) fn declared(version: &AreaVersion) -> Option<Declared> {
    match &version.law {
        Law::Both(_) | Law::Xml { .. } => Proof::of(version).ok().map(|proof| proof.declared()),
        Law::Json { .. } => Some(json_schema::declared(version)),
    }
}

/// One document to check. `B` is whatever owns the bytes: `Vec<u8>`, `Arc<[u8]>`, `bytes::Bytes`.
#[derive(Debug, Clone)]
pub struct Job<B> {
    /// What the document claims to be.
    pub message_type: MessageType,
    /// How it is spelled.
    pub content_type: ContentType,
    /// The document.
    pub body: B,
}

/// A document that its area's schema accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// The date by which an answer is due, as the document spells it, where its definition names an element for it.
    pub answer_due: Option<String>,
    /// Texts by the paths that its definition has read ([`crate::area::Reads`]), in document order; a path that the
    /// document does not have is not there. At most [`MOST_TEXTS`] of each, none longer than [`TEXT_BYTES`].
    pub texts: BTreeMap<String, Vec<String>>,
}

/// Why a document did not pass. The two must never be confused: the first is the sender's to mend, the second ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidateError {
    /// The document is refused: answer the sender.
    #[error("{0}")]
    Rejected(Rejection),
    /// The engine failed on this document and says nothing about it: park the message and raise the alarm.
    #[error("the validation engine failed: {0}")]
    Failed(String),
}

/// The verdict on one document.
pub type Verdict = Result<Checked, ValidateError>;

/// The pool has as many units waiting as its limits allow; the unit was not taken and its call-back is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the validators have too much work waiting")]
pub struct Saturated;

/// The pool could not be started.
#[derive(Debug, Error)]
#[error("a validator thread cannot be started")]
pub struct PoolError(#[from] pub(crate) std::io::Error);

/// The hub's verdict for a caller that waits: the same engine and limits on one thread of its own.
#[derive(Debug)]
pub struct Validator {
    pool: ValidatorPool,
}

impl Validator {
    /// Starts the thread.
    pub fn new(areas: Arc<Areas>, limits: Limits) -> Result<Self, PoolError> {
        Ok(Self { pool: ValidatorPool::new(areas, limits, 1)? })
    }

    /// Checks one document in XML and waits for the verdict.
    pub fn validate(&self, message_type: &MessageType, body: Vec<u8>) -> Verdict {
        self.judge(Job { message_type: message_type.clone(), content_type: ContentType::Xml, body })
    }

    /// Checks one document and waits for the verdict.
    pub fn judge(&self, job: Job<Vec<u8>>) -> Verdict {
        let (sender, receiver) = mpsc::sync_channel(1);
        let queued = self.pool.validate(vec![job], move |mut verdicts| {
            if let Some(verdict) = verdicts.pop() {
                let _caller_waits = sender.send(verdict);
            }
        });
        queued.map_err(|saturated| ValidateError::Failed(saturated.to_string()))?;
        receiver.recv().unwrap_or_else(|_| Err(ValidateError::Failed("the validator thread is gone".to_owned())))
    }
}

#[cfg(test)]
mod tests;
