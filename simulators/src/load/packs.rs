//! What the area packs cost: reading and proving all of them, and judging one document of 2 KB on one core.

use super::{
    LoadError,
    document::{Document, MESSAGE_TYPE},
    latency::rounded,
};
use schemas::{
    area::Areas,
    validate::{Job, Limits, ValidatorPool},
    wire::{ContentType, MessageType},
};
use serde::Serialize;
use std::{
    path::Path,
    sync::{Arc, mpsc::channel},
    time::Instant,
};

/// Documents that are judged for the figure, after as many to warm up.
const DOCUMENTS: usize = 5000;

/// What was measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct PacksCost {
    /// Areas that were read.
    pub areas: usize,
    /// Milliseconds to read and prove all packs.
    pub packs_load_ms: f64,
    /// Microseconds to judge one document of 2 KB on one thread.
    pub validate_us: f64,
}

/// Measures with the packs beneath `root`.
///
/// # Errors
/// The packs cannot be used, or a document of the bench is refused.
pub(super) fn measure(root: &Path) -> Result<PacksCost, LoadError> {
    let unexpected = |error: &dyn std::fmt::Display| LoadError::Unexpected(error.to_string());
    let began = Instant::now();
    let areas = Arc::new(Areas::load(root).map_err(|error| unexpected(&error))?);
    let packs_load_ms = rounded(began.elapsed().as_secs_f64() * 1000.0, 1);
    let pool = ValidatorPool::new(Arc::clone(&areas), Limits::default(), 1).map_err(|error| unexpected(&error))?;
    let document = Document::new();
    let message_type: MessageType = MESSAGE_TYPE.parse().map_err(|error| unexpected(&error))?;
    let mut elapsed = 0.0;
    for _ in 0..2 {
        let job = |index| Job {
            message_type: message_type.clone(),
            content_type: ContentType::Xml,
            body: document.numbered(index),
        };
        let jobs = (0..DOCUMENTS).map(job).collect();
        let (tell, told) = channel();
        let began = Instant::now();
        pool.validate(jobs, move |verdicts| drop(tell.send(verdicts))).map_err(|error| unexpected(&error))?;
        let verdicts = told.recv().map_err(|error| unexpected(&error))?;
        elapsed = began.elapsed().as_secs_f64();
        if let Some(Err(error)) = verdicts.into_iter().find(Result::is_err) {
            return Err(unexpected(&error));
        }
    }
    let validate_us = rounded(elapsed * 1e6 / DOCUMENTS as f64, 1);
    Ok(PacksCost { areas: areas.iter().count(), packs_load_ms, validate_us })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_the_shipped_packs_can_be_measured() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let cost = measure(&root).unwrap_or_else(|error| panic!("{error}"));
        assert!(cost.areas > 1 && cost.packs_load_ms > 0.0 && cost.validate_us > 0.0);
    }
}
