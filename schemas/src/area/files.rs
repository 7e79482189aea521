//! Reading packs from disk, within limits. The schemas are kept in memory, so that what was proved is what runs.

use super::AreaError;
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Largest file of a pack, in bytes.
const FILE_BYTES: u64 = 8 << 20;
/// Deepest folder beneath `areas/` or `common/` in which a schema may lie.
const FOLDER_DEPTH: usize = 8;

/// Every schema file beneath the root, by its path from there with `/` between the parts.
pub(crate) type SchemaFiles = BTreeMap<String, Arc<str>>;

fn unreadable(file: &Path, error: &io::Error) -> AreaError {
    AreaError::new(file, format!("it cannot be read ({error})"), "make it readable for the gateway, or remove it")
}

/// Reads a text file.
pub(super) fn text(file: &Path) -> Result<String, AreaError> {
    let size_bytes = fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    if size_bytes > FILE_BYTES {
        let reason = format!("it has {size_bytes} bytes, the limit is {FILE_BYTES}");
        return Err(AreaError::new(file, reason, "split it"));
    }
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

/// Reads a TOML file; an unknown or missing key is an error with its line.
pub(crate) fn toml<T: DeserializeOwned>(file: &Path) -> Result<T, AreaError> {
    let text = text(file)?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        AreaError::new(file, error.message().trim(), "correct the file")
            .at_line(line.and_then(|line| u32::try_from(line).ok()))
    })
}

/// The entries of a folder, by name; a folder that does not exist has none.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, AreaError> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in listing {
        paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Collects the schema files beneath `areas/` and `common/`.
pub(super) fn schemas(root: &Path) -> Result<SchemaFiles, AreaError> {
    let mut files = SchemaFiles::new();
    for part in ["areas", "common"] {
        collect(&root.join(part), part, 0, &mut files)?;
    }
    Ok(files)
}

fn collect(folder: &Path, name: &str, depth: usize, files: &mut SchemaFiles) -> Result<(), AreaError> {
    if depth > FOLDER_DEPTH {
        let reason = format!("folders are nested more than {FOLDER_DEPTH} deep");
        return Err(AreaError::new(folder, reason, "lay the schemas out flatter"));
    }
    for path in entries(folder)? {
        let Some(file_name) = path.file_name().and_then(OsStr::to_str) else { continue };
        let inner = format!("{name}/{file_name}");
        if path.is_dir() {
            collect(&path, &inner, depth + 1, files)?;
        } else if path.extension() == Some(OsStr::new("xsd")) {
            files.insert(inner, text(&path)?.into());
        }
    }
    Ok(())
}
