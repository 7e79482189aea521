//! The folders of one adapter, and the names that files may have in them.
//!
//! ```text
//! outbox/   documents to send (and their sidecars)
//! sent/     documents that were sent, each with its envelope and its state
//! error/    documents that could not be sent or were rejected, each with a reason
//! inbox/    AUTHORITY/ documents that arrived, each with its envelope
//! receipts/ what the hub said, one file each
//! work/     the adapter's own: jobs/, arriving/, seen, lock
//! ```

use super::disk::Disk;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Longest name of a document without its ending, in bytes; longer ones are cut, so that endings still fit.
const LONGEST_NAME: usize = 120;

/// The folders.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) outbox: PathBuf,
    pub(super) sent: PathBuf,
    pub(super) error: PathBuf,
    pub(super) inbox: PathBuf,
    pub(super) receipts: PathBuf,
    pub(super) jobs: PathBuf,
    pub(super) arriving: PathBuf,
    pub(super) seen: PathBuf,
    lock: PathBuf,
}

/// Held for as long as the folders are in use.
#[derive(Debug)]
pub(super) struct PlaceLock {
    _file: File,
}

impl Place {
    /// The folders below a root.
    pub(super) fn below(root: &Path) -> Self {
        let work = root.join("work");
        Self {
            outbox: root.join("outbox"),
            sent: root.join("sent"),
            error: root.join("error"),
            inbox: root.join("inbox"),
            receipts: root.join("receipts"),
            jobs: work.join("jobs"),
            arriving: work.join("arriving"),
            seen: work.join("seen"),
            lock: work.join("lock"),
        }
    }

    /// Creates what is missing. All folders must be on one file system, or moving would not be atomic.
    pub(super) fn create(&self, disk: &Disk) -> io::Result<()> {
        for folder in [&self.outbox, &self.sent, &self.error, &self.inbox, &self.receipts, &self.jobs, &self.arriving] {
            disk.create_folder(folder)?;
        }
        Ok(())
    }

    /// Takes the folders for this process alone.
    pub(super) fn lock(&self) -> io::Result<PlaceLock> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.lock)?;
        match file.try_lock() {
            Ok(()) => Ok(PlaceLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(io::Error::other("another adapter is running on these folders")),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// A name for `wanted` that `taken` does not know: itself, or with a number behind it.
pub(super) fn free_name(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut end = wanted.len().min(LONGEST_NAME);
    while !wanted.is_char_boundary(end) {
        end -= 1;
    }
    let wanted = &wanted[..end];
    if !taken(wanted) {
        return wanted.to_owned();
    }
    let numbered = (2u64..).map(|number| format!("{wanted}-{number}")).find(|name| !taken(name));
    numbered.expect("a folder holds fewer files than there are numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = ["request", "request-2"];
        assert_eq!(free_name("request", |name| taken.contains(&name)), "request-3");
        assert_eq!(free_name("other", |name| taken.contains(&name)), "other");
    }

    #[test]
    fn long_names_are_cut_between_letters() {
        let name = free_name(&"ž".repeat(200), |_| false);
        assert!(name.len() <= LONGEST_NAME && name.chars().all(|c| c == 'ž'), "{name}");
    }

    #[test]
    fn two_adapters_cannot_work_on_the_same_folders() {
        let root = tempfile::tempdir().expect("a folder");
        let place = Place::below(root.path());
        place.create(&Disk::default()).expect("created");
        let _first = place.lock().expect("locked");
        assert!(place.lock().expect_err("locked already").to_string().contains("another adapter"));
    }
}
