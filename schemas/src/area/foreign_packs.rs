//! The tests' packs over foreign schemas, as folders that a test may change.

use std::{fs, path::Path};
use tempfile::TempDir;

/// What is done to a pack before it is loaded.
#[derive(Clone, Copy)]
pub(crate) enum Change<'a> {
    /// In this file a piece is replaced by another.
    Piece(&'a str, &'a str, &'a str),
    /// This file is written.
    File(&'a str, &'a [u8]),
    /// This file is removed.
    Gone(&'a str),
}

/// Both packs beneath `areas/`, changed; paths are counted from there.
pub(crate) fn packs(changes: &[Change<'_>]) -> TempDir {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tempfile::tempdir().expect("a folder");
    for part in ["common", "workflows"] {
        std::os::unix::fs::symlink(own.join(part), root.path().join(part)).expect("linked");
    }
    let areas = root.path().join("areas");
    for area in ["vehicle-approval", "falsified-medicines"] {
        copy(&own.join("../tests/packs").join(area), &areas.join(area));
    }
    for change in changes {
        match *change {
            Change::Piece(file, old, new) => {
                let text = fs::read_to_string(areas.join(file)).expect("a file of the pack");
                assert!(text.contains(old), "{file} holds no {old:?}");
                fs::write(areas.join(file), text.replacen(old, new, 1)).expect("written");
            }
            Change::File(file, bytes) => {
                fs::create_dir_all(areas.join(file).parent().expect("a folder above")).expect("created");
                fs::write(areas.join(file), bytes).expect("written");
            }
            Change::Gone(file) => fs::remove_file(areas.join(file)).expect("removed"),
        }
    }
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("a folder of the pack") {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("an entry");
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).expect("copied");
        }
    }
}
