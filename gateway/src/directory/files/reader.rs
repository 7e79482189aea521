//! Gathers the records of several files with their places, and every fault of them.

use super::{
    Kind,
    certificates::Folder,
    entries,
    fault::{Faults, FileFault},
    node::{Node, Position},
};
use crate::directory::{
    Fault,
    change::{Key, Record},
};
use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

/// Most records of one import.
pub(super) const MOST_RECORDS: usize = 200_000;

/// A file in hand.
struct Source {
    path: PathBuf,
    text: Arc<str>,
    folder: Folder,
}

/// What files hold.
#[derive(Default)]
pub(super) struct Reader {
    sources: Vec<Source>,
    records: Vec<Record>,
    origins: HashMap<Key, (usize, Position)>,
    kinds: BTreeSet<Kind>,
    faults: Faults,
    is_full: bool,
}

impl Reader {
    /// Begins with another file; what follows is of that one.
    pub(super) fn open(&mut self, path: PathBuf, text: Arc<str>, folder: Folder) {
        self.sources.push(Source { path, text, folder });
    }

    /// The file speaks of all records of this kind.
    pub(super) fn covers(&mut self, kind: Kind) {
        self.kinds.insert(kind);
    }

    /// Takes a fault of the file in hand. `of` says of what, if anything.
    pub(super) fn fault(
        &mut self,
        at: Position,
        of: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let fault = FileFault::new(of, reason, remedy);
        let fault = match self.sources.len().checked_sub(1) {
            Some(source) => self.placed((source, at), fault),
            None => fault,
        };
        self.faults.push(fault);
    }

    /// Takes a fault of a file that could not even be opened.
    pub(super) fn unreadable(&mut self, path: PathBuf, line: Option<usize>, reason: impl Into<String>, remedy: &str) {
        self.faults.push(FileFault { file: Some(path), line, ..FileFault::new("", reason, remedy) });
    }

    /// Takes a record of the file in hand, or its faults.
    pub(super) fn entry(&mut self, kind: Kind, node: &Node) {
        let Some(source) = self.sources.last() else { return };
        if self.records.len() >= MOST_RECORDS {
            if !std::mem::replace(&mut self.is_full, true) {
                let reason = format!("there are more than {MOST_RECORDS} records");
                self.fault(node.at, "", reason, "import them in parts");
            }
            return;
        }
        let (of, read) = entries::read(kind, node, &source.folder);
        match read {
            Ok(record) => self.keep(record, node.at),
            Err(said) => {
                for one in said {
                    let of = if one.field.is_empty() { of.clone() } else { format!("{of}: {}", one.field) };
                    self.fault(one.at, of, one.reason, one.remedy);
                }
            }
        }
    }

    fn keep(&mut self, record: Record, at: Position) {
        let key = record.key();
        if let Some(first) = self.origins.get(&key) {
            let first = self.placed(*first, FileFault::new("", "", "")).place();
            let reason = format!("it is there already: {first}");
            return self.fault(at, key.to_string(), reason, "keep one of the two");
        }
        self.origins.insert(key, (self.sources.len() - 1, at));
        self.records.push(record);
    }

    fn placed(&self, (source, at): (usize, Position), fault: FileFault) -> FileFault {
        let source = &self.sources[source];
        let (row, line, column) = match at {
            Position::Row { row, line } => (Some(row), line, None),
            Position::Byte(offset) => {
                let before = source.text.get(..offset).unwrap_or(&source.text);
                let line = before.rsplit('\n').next().unwrap_or_default();
                (None, 1 + before.bytes().filter(|byte| *byte == b'\n').count(), Some(1 + line.chars().count()))
            }
        };
        FileFault { file: Some(source.path.clone()), row, line: Some(line), column, ..fault }
    }

    /// All records, or every fault.
    pub(super) fn finish(self) -> Result<Entries, Faults> {
        if self.faults.total > 0 { Err(self.faults) } else { Ok(Entries(self)) }
    }
}

/// The records of some files, each with its place.
pub struct Entries(Reader);

impl Entries {
    /// The records, in the order of the files.
    pub fn records(&self) -> &[Record] {
        &self.0.records
    }

    /// The kinds of records that the files speak of, be it only to say that there are none.
    pub fn covers(&self, kind: Kind) -> bool {
        self.0.kinds.contains(&kind)
    }

    /// Faults of a directory, each at the place of the record that it concerns.
    pub fn locate(&self, faults: Vec<Fault>) -> Faults {
        let mut located = Faults::default();
        for Fault { key, reason, remedy } in faults {
            let fault = FileFault::new(key.to_string(), reason, remedy);
            located.push(match self.0.origins.get(&key) {
                Some(origin) => self.0.placed(*origin, fault),
                None => fault,
            });
        }
        located
    }
}
