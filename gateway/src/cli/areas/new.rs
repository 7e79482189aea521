//! `gateway areas new`: the skeleton of a pack, which passes the check as it is.
//!
//! Owns the writing. What is written lies in `skeleton/`, with `{{area}}` for the area's name.

use super::super::{ConfigError, Failure, Outcome};
use schemas::wire::{AreaId, HUB_AREA};
use std::{fs, io, path::Path};

macro_rules! skeleton {
    ($($path:literal from $file:literal,)*) => {
        /// Paths in the pack, and what stands there.
        const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!("skeleton/", $file))),)*];
    };
}

skeleton! {
    "area.toml" from "area.toml",
    "1/messages.xsd" from "messages.xsd",
    "1/rules.toml" from "rules.toml",
    "1/questions.toml" from "questions.toml",
    "1/labels/en.toml" from "en.toml",
    "1/samples/good/request-first.xml" from "request-first.xml",
    "1/samples/good/reply-first.xml" from "reply-first.xml",
    "1/samples/bad/request-due-before-sent.xml" from "request-due-before-sent.xml",
    "1/samples/bad/request-due-before-sent.toml" from "request-due-before-sent.toml",
    "1/samples/bad/request-subject-missing.xml" from "request-subject-missing.xml",
    "1/samples/bad/request-subject-missing.toml" from "request-subject-missing.toml",
    "1/samples/bad/reply-date-missing.xml" from "reply-date-missing.xml",
    "1/samples/bad/reply-date-missing.toml" from "reply-date-missing.toml",
}

pub(super) fn execute(path: &Path, area: &AreaId) -> Outcome {
    if area.as_str() == HUB_AREA {
        return Err(Failure::Other(format!("{HUB_AREA} is the hub's own area; choose another name")));
    }
    let common = path.join("common");
    if !common.is_dir() {
        let problem = "the folder does not exist, so the pack would stand alone";
        return Err(ConfigError::file(&common, problem, "name the folder of the packs with --path DIR").into());
    }
    let folder = path.join("areas").join(area.as_str());
    if folder.exists() {
        return Err(Failure::Other(format!("{} exists already; nothing was written", folder.display())));
    }
    for (name, text) in FILES {
        let file = folder.join(name);
        write(&file, &text.replace("{{area}}", area.as_str()))
            .map_err(|error| ConfigError::file(&file, error, "make the folder writable"))?;
        println!("{}", file.display());
    }
    Ok(true)
}

/// Writes a file that does not exist yet.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::File::create_new(file)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::{check::check, validate::Limits};
    use std::os::unix::fs::symlink;

    #[test]
    fn a_new_pack_passes_the_check_and_is_not_overwritten() {
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let root = tempfile::tempdir().expect("a folder");
        for part in ["common", "workflows"] {
            symlink(packs.join(part), root.path().join(part)).expect("linked");
        }
        let area: AreaId = "my-area".parse().expect("a name");
        assert!(execute(root.path(), &area).expect("written"));
        let report = check(root.path(), std::slice::from_ref(&area), Limits::default()).expect("checked");
        assert_eq!(report.findings, []);
        let looked_at = &report.areas[&area];
        assert_eq!((looked_at.good_samples, looked_at.bad_samples), (2, 3));
        assert!(execute(root.path(), &area).is_err(), "it is not overwritten");
    }

    #[test]
    fn a_pack_is_written_beside_others_only() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(execute(root.path(), &"my-area".parse().expect("a name")).is_err());
        assert!(!root.path().join("areas").exists());
    }
}
