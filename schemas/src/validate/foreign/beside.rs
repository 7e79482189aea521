//! What a JSON Schema refers to: files in its own folder or below, by path or by `$id`. Nothing above it, no network.

use super::json::value_of;
use jsonschema::{Retrieve, Uri};
use serde_json::Value;
use std::{
    error::Error,
    fs,
    path::{Component, Path, PathBuf},
};

/// Scheme of the made-up addresses that the files have while they are compiled.
const SCHEME: &str = "beside:/";
/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;
/// Most files of the folder whose `$id` is looked at.
const MOST_FILES: usize = 1_000;

/// The folder of a schema.
pub(super) struct Beside {
    folder: PathBuf,
}

impl Beside {
    /// The folder of this schema, and the address that the schema has in it.
    pub(super) fn of(schema: &Path) -> (Self, String) {
        let folder = schema.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = schema.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        (Self { folder: folder.to_owned() }, format!("{SCHEME}{}", encoded(&name)))
    }

    fn by_path(&self, path: &str) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let path = PathBuf::from(decoded(path).ok_or("it is no path")?);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err("it lies outside the schema's folder".into());
        }
        // A link may lead anywhere: where it ends is what counts.
        let (folder, file) = (self.folder.canonicalize()?, self.folder.join(&path).canonicalize()?);
        if !file.starts_with(folder) {
            return Err("it lies outside the schema's folder".into());
        }
        read(&file)
    }

    /// A file of the folder that calls itself so.
    fn by_id(&self, id: &str) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort_unstable();
        let own = |value: &Value| value.get("$id")?.as_str().map(|id| id.trim_end_matches('#').to_owned());
        let found = files
            .iter()
            .take(MOST_FILES)
            .filter_map(|file| read(file).ok())
            .find(|value| own(value).is_some_and(|own| own == id));
        found.ok_or_else(|| "no file beside the schema has this $id, and nothing is fetched from the network".into())
    }
}

impl Retrieve for Beside {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        match uri.as_str().strip_prefix(SCHEME) {
            Some(path) => self.by_path(path),
            None => self.by_id(uri.as_str()),
        }
    }
}

fn read(file: &Path) -> Result<Value, Box<dyn Error + Send + Sync>> {
    if fs::metadata(file)?.len() > LARGEST_FILE {
        return Err(format!("it is larger than {LARGEST_FILE} bytes").into());
    }
    value_of(&fs::read(file)?).map_err(Into::into)
}

/// A path as it stands in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The reverse; `None` where it is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        rest = others;
        if first == b'%' {
            let (digits, others) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = others;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}
