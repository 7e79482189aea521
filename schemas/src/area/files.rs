//! Reading packs from disk, within limits. The schemas are kept in memory, so that what was proved is what runs.

use super::AreaError;
use crate::validate::decode;
use crate::wire::content_sha256;
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
/// Deepest folder beneath a pack or `common/` in which a schema may lie.
const FOLDER_DEPTH: usize = 8;
/// Most schema files of one pack.
const MOST_FILES: usize = 5_000;
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// A schema, a catalogue, or a part of one.
#[derive(Debug)]
pub(crate) struct SchemaFile {
    /// Its text, whatever encoding it came in.
    pub text: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Schema files, each by its path from the root of the packs with `/` between the parts.
pub(crate) type SchemaFiles = BTreeMap<String, Arc<SchemaFile>>;

fn unreadable(file: &Path, error: &io::Error) -> AreaError {
    AreaError::new(file, format!("it cannot be read ({error})"), "make it readable for the gateway, or remove it")
}

fn check_size(file: &Path) -> Result<(), AreaError> {
    let size_bytes = fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    if size_bytes > FILE_BYTES {
        let reason = format!("it has {size_bytes} bytes, the limit is {FILE_BYTES}");
        return Err(AreaError::new(file, reason, "split it"));
    }
    Ok(())
}

/// Reads a text file.
pub(crate) fn text(file: &Path) -> Result<String, AreaError> {
    check_size(file)?;
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

/// Reads a schema in any encoding of XML.
fn schema(file: &Path) -> Result<SchemaFile, AreaError> {
    check_size(file)?;
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    let decoded = decode(&bytes).ok().and_then(|text| String::from_utf8(text.into_owned()).ok());
    let Some(text) = decoded else {
        return Err(AreaError::new(file, "it is not in the encoding that it claims", "save it in UTF-8"));
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(text);
    Ok(SchemaFile { text, sha256: content_sha256(&bytes) })
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

/// Adds the files of a folder and of those beneath it whose names end so; the folder is given by its path from the
/// root of the packs.
pub(super) fn collect(root: &Path, folder: &str, extension: &str, files: &mut SchemaFiles) -> Result<(), AreaError> {
    let mut waiting = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        if depth > FOLDER_DEPTH {
            let reason = format!("folders are nested more than {FOLDER_DEPTH} deep");
            return Err(AreaError::new(root.join(folder), reason, "lay the schemas out flatter"));
        }
        beside(root, &folder, extension, files)?;
        let inner = entries(&root.join(&folder))?.into_iter().filter(|path| path.is_dir());
        waiting.extend(inner.filter_map(|path| Some((format!("{folder}/{}", path.file_name()?.to_str()?), depth + 1))));
    }
    Ok(())
}

/// Adds the files of a folder, and of none beneath it, whose names end so.
pub(super) fn beside(root: &Path, folder: &str, extension: &str, files: &mut SchemaFiles) -> Result<(), AreaError> {
    for path in entries(&root.join(folder))? {
        let Some(name) = path.file_name().and_then(OsStr::to_str) else { continue };
        if path.is_dir() || path.extension() != Some(OsStr::new(extension)) {
            continue;
        }
        if files.len() >= MOST_FILES {
            let reason = format!("it is one of more than {MOST_FILES} schema files");
            return Err(AreaError::new(path, reason, "leave out what no message needs"));
        }
        files.insert(format!("{folder}/{name}"), Arc::new(schema(&path)?));
    }
    Ok(())
}
