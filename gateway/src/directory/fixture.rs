//! Directories for unit tests: participants with certificates of their own, made on the spot.

use super::{Directory, HeldCertificate, Participant, ParticipantStatus, Revocation, change::Record};
use certs::{
    dev::{self, IssueOptions},
    inspect::{Certificate, inspect_pem},
};
use jiff::Timestamp;
use std::path::Path;

/// 1 January 2030, when everything in these tests happens.
pub(crate) fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().expect("a time")
}

/// `days` before or after [`now`].
pub(crate) fn day(days: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(24 * days)
}

/// An authority, whose certificate is `ca.pem` of the folder.
pub(crate) struct Issued {
    folder: tempfile::TempDir,
}

impl Issued {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        dev::init_at(folder.path(), &[], dev::Existing::Keep, day(-400)).expect("a PKI");
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A certificate that lives from one day to another.
    pub(crate) fn certificate(&self, participant: &str, begins: i64, ends: i64) -> (HeldCertificate, Certificate) {
        let options = IssueOptions {
            days: u16::try_from(ends - begins).expect("some days"),
            begins: Some(day(begins)),
            existing: dev::Existing::Replace,
            ..IssueOptions::default()
        };
        let name = participant.parse().expect("a name");
        let step = dev::issue_at(self.folder(), &name, &options, now()).expect("issued");
        let pem = std::fs::read_to_string(step.public).expect("written");
        let certificate = inspect_pem(pem.as_bytes()).expect("a certificate").swap_remove(0);
        (HeldCertificate { pem, revoked: None }, certificate)
    }
}

/// A participant with these certificates.
pub(crate) fn participant(id: &str, status: ParticipantStatus, certificates: Vec<HeldCertificate>) -> Record {
    Record::Participant(Participant {
        id: id.parse().expect("an id"),
        country: id[..2].into(),
        name: id.into(),
        format: None,
        status,
        certificates,
    })
}

/// The same certificate, revoked.
pub(crate) fn revoked(held: &HeldCertificate, at: Timestamp) -> HeldCertificate {
    HeldCertificate { revoked: Some(Revocation { at, reason: "lost".into() }), ..held.clone() }
}

/// A directory of these records.
pub(crate) fn directory(records: impl IntoIterator<Item = Record>) -> Directory {
    let mut directory = Directory::default();
    records.into_iter().for_each(|record| directory.put(record));
    directory
}
