//! A folder of schemas as a catalogue: files by their names, and by the namespaces they define.

use super::decode::decode;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// Most schema files that a catalogue looks at.
const MOST_FILES: usize = 20_000;
/// Deepest folder that it descends into.
const DEPTH: usize = 32;

/// Where schemas are found that are not where the schema says.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    by_name: BTreeMap<String, Vec<PathBuf>>,
    by_namespace: BTreeMap<String, Vec<PathBuf>>,
    files: usize,
}

impl Catalog {
    /// Looks through a folder and those beneath it. What cannot be read is left out.
    pub(super) fn of(folder: &Path) -> Self {
        let mut catalog = Self::default();
        catalog.collect(folder, 0);
        catalog
    }

    fn collect(&mut self, folder: &Path, depth: usize) {
        let Ok(listing) = fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() && depth < DEPTH {
                self.collect(&path, depth + 1);
            } else if path.extension() == Some(OsStr::new("xsd")) && self.files < MOST_FILES {
                self.files += 1;
                self.add(path);
            }
        }
    }

    fn add(&mut self, path: PathBuf) {
        if let Some(name) = path.file_name().and_then(OsStr::to_str) {
            self.by_name.entry(name.to_owned()).or_default().push(path.clone());
        }
        if let Some(namespace) = fs::read(&path).ok().and_then(|bytes| target_namespace(&bytes)) {
            self.by_namespace.entry(namespace).or_default().push(path);
        }
    }

    /// The file that a location means: the one whose path shares the longest end with it.
    pub(super) fn file(&self, location: &str) -> Option<&Path> {
        let wanted: Vec<&str> = location.split(['/', '\\']).collect();
        let candidates = self.by_name.get(*wanted.last()?)?;
        candidates.iter().max_by_key(|path| shared_end(path, &wanted)).map(PathBuf::as_path)
    }

    /// The files that define a namespace.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = (&str, &[PathBuf])> {
        self.by_namespace.iter().map(|(namespace, files)| (namespace.as_str(), files.as_slice()))
    }
}

fn shared_end(path: &Path, wanted: &[&str]) -> usize {
    path.iter().rev().zip(wanted.iter().rev()).take_while(|(part, name)| **part == *OsStr::new(name)).count()
}

/// The target namespace of a schema document; empty for one without.
fn target_namespace(bytes: &[u8]) -> Option<String> {
    let text = decode(bytes).ok()?;
    let mut reader = Reader::from_reader(text.as_ref());
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let attribute =
                    tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == "targetNamespace");
                let value = attribute.map(|attribute| attribute.value.as_ref().trim().to_owned());
                return (tag.local_name().as_ref() == "schema").then(|| value.unwrap_or_default());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}
