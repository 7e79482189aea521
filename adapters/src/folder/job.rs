//! One document on its way out: a folder of its own below `work/jobs/`, and a record of how far it has come.
//!
//! ```text
//! claimed (no record) ── decide ──> sending ── confirmed ──> sent ── filed in sent/ ──> gone
//!                           └─────> failed ── filed in error/ ──> gone
//! ```
//! The record with the message's ids is on the disk before the first publish, so a crash anywhere sends the same
//! message again and never another one. Every step may be done twice.

use super::{
    disk::{Disk, read_bounded},
    place::Place,
    sidecar::{Envelope, Spelling},
};
use schemas::wire::MessageId;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Name of the record: no document can have it, because their names do not begin with a dot.
const RECORD: &str = ".record";
/// Largest record, in bytes.
const LARGEST_RECORD: u64 = 1 << 20;

/// How far a job has come, with what the next step needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "lowercase")]
pub(super) enum Stage {
    /// It is being published, perhaps for the second time.
    Sending { envelope: Envelope },
    /// The broker has confirmed it.
    Sent { confirmed: String, envelope: Envelope },
    /// It will not be sent.
    Failed { reason: String, envelope: Option<Envelope> },
}

/// What is written down about a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its name in `sent/` or `error/`, without ending.
    pub(super) name: String,
    /// How its document is spelled.
    pub(super) spelling: Spelling,
    /// How far it has come.
    #[serde(flatten)]
    pub(super) stage: Stage,
}

/// What a job's folder holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: claiming stopped before it began, or filing stopped before its end.
    Nothing,
    /// A sidecar whose document was not claimed any more.
    SidecarAlone(PathBuf),
    /// A document about which nothing is decided.
    Undecided { document: PathBuf, sidecar: Option<PathBuf> },
    /// A job with its record; the document may have been filed already.
    Decided { record: Box<Record>, document: Option<PathBuf>, sidecar: Option<PathBuf> },
}

/// Looks into a job's folder.
pub(super) fn look(folder: &Path) -> io::Result<Found> {
    let (mut record, mut document, mut sidecar) = (None, None, None);
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if name == RECORD => record = Some(read_record(&path)?),
            // What a crash left of writing a record.
            _ if name.starts_with('.') => {}
            Some("toml") => sidecar = Some(path),
            _ => document = Some(path),
        }
    }
    Ok(match (record, document, sidecar) {
        (Some(record), document, sidecar) => Found::Decided { record: Box::new(record), document, sidecar },
        (None, Some(document), sidecar) => Found::Undecided { document, sidecar },
        (None, None, Some(sidecar)) => Found::SidecarAlone(sidecar),
        (None, None, None) => Found::Nothing,
    })
}

fn read_record(path: &Path) -> io::Result<Record> {
    let damaged = |cause: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {cause}", path.display()));
    let text = read_bounded(path, LARGEST_RECORD)?.ok_or_else(|| damaged("too large".to_owned()))?;
    let text = String::from_utf8(text).map_err(|error| damaged(error.to_string()))?;
    toml::from_str(&text).map_err(|error| damaged(error.to_string()))
}

/// Writes the record of a job.
pub(super) fn write_record(disk: &Disk, folder: &Path, record: &Record) -> io::Result<()> {
    let text = toml::to_string(record).expect("plain data always has a TOML form");
    disk.write(&folder.join(RECORD), text.as_bytes())
}

/// Files a job that is decided and over; its folder is gone afterwards.
pub(super) fn file(disk: &Disk, place: &Place, folder: &Path, record: &Record) -> io::Result<()> {
    let target = |folder: &Path, ending: &str| folder.join(format!("{}.{ending}", record.name));
    let (document, sidecar) = match look(folder)? {
        Found::Decided { document, sidecar, .. } => (document, sidecar),
        Found::Nothing | Found::SidecarAlone(_) | Found::Undecided { .. } => (None, None),
    };
    let kept_in = match &record.stage {
        // It is not over yet.
        Stage::Sending { .. } => return Ok(()),
        Stage::Sent { confirmed, envelope } => {
            let comments = [format!("The broker confirmed it at {confirmed}. Its state: {}.state.txt", record.name)];
            disk.write(&target(&place.sent, "toml"), envelope.text(&comments).as_bytes())?;
            &place.sent
        }
        Stage::Failed { reason, envelope } => {
            disk.write(&target(&place.error, "reason.txt"), format!("{reason}\n").as_bytes())?;
            match (envelope, sidecar) {
                (Some(envelope), _) => {
                    disk.write(&target(&place.error, "toml"), envelope.text_for_another_try().as_bytes())?;
                }
                (None, Some(sidecar)) => drop(disk.rename(&sidecar, &target(&place.error, "toml"))?),
                (None, None) => {}
            }
            &place.error
        }
    };
    if let Some(document) = document {
        disk.rename(&document, &target(kept_in, record.spelling.ending()))?;
    }
    disk.remove_folder(folder)
}

/// A job that is being sent.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) folder: PathBuf,
    pub(super) record: Record,
    pub(super) envelope: Envelope,
}

impl Job {
    /// The message it is about.
    pub(super) fn message_id(&self) -> MessageId {
        self.envelope.message_id
    }

    /// The job when the broker has confirmed it.
    pub(super) fn sent(&self, confirmed: String) -> Record {
        Record { stage: Stage::Sent { confirmed, envelope: self.envelope.clone() }, ..self.record.clone() }
    }

    /// The job when it cannot be sent.
    pub(super) fn failed(&self, reason: String) -> Record {
        Record { stage: Stage::Failed { reason, envelope: Some(self.envelope.clone()) }, ..self.record.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::sidecar::{FreshIds, Sidecar};
    use uuid::Uuid;

    fn envelope() -> Envelope {
        let text = b"type = 'imi-pq/information-request@1'\nfrom = 'PL-NIA-PHARM'\nto = ['UK-GPHC']";
        let ids = FreshIds { message: Uuid::from_u128(1), exchange: Uuid::from_u128(2) };
        Sidecar::read(text).and_then(|sidecar| sidecar.complete(&Sidecar::default(), ids)).expect("an envelope")
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let stages = [
            Stage::Sending { envelope: envelope() },
            Stage::Sent { confirmed: "2026-01-01T00:00:00Z".into(), envelope: envelope() },
            Stage::Failed { reason: "two\nlines".into(), envelope: None },
            Stage::Failed { reason: String::new(), envelope: Some(envelope()) },
        ];
        for stage in stages {
            let record = Record { name: "request".into(), spelling: Spelling::Xml, stage };
            write_record(&Disk::default(), folder.path(), &record).expect("written");
            let found = look(folder.path()).expect("read");
            assert_eq!(found, Found::Decided { record: Box::new(record), document: None, sidecar: None });
        }
    }

    #[test]
    fn what_an_interrupted_claim_left_is_recognised() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name| folder.path().join(name);
        assert_eq!(look(folder.path()).expect("read"), Found::Nothing);
        fs::write(path("request.toml"), "").expect("written");
        assert_eq!(look(folder.path()).expect("read"), Found::SidecarAlone(path("request.toml")));
        fs::write(path("request.xml"), "").expect("written");
        fs::write(path("..record.part"), "half").expect("written");
        let undecided = Found::Undecided { document: path("request.xml"), sidecar: Some(path("request.toml")) };
        assert_eq!(look(folder.path()).expect("read"), undecided);
    }
}
