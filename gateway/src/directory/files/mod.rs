//! Directories in files: TOML, JSON and CSV say the same.
//!
//! Reading is all or nothing, and tells every fault with its place; writing is stable to the byte, and what was written
//! reads back as what it was. Records are judged one by one here; whether they fit together is [`super::check`]'s.
//!
//! Limits: a file has 64 MiB at most, an import 200,000 records, a text 4,000 characters, a list 2,000 items.

mod certificates;
mod csv;
mod entries;
mod fault;
mod json;
mod node;
mod reader;
#[cfg(test)]
mod tests;
mod toml;

pub use certificates::{leaf, read_pem};
pub use fault::{Faults, FileFault, MOST_FAULTS};
pub use reader::Entries;

use super::{Directory, change::Record};
use crate::config::{self, ConfigError};
use certificates::Folder;
use jiff::Timestamp;
use reader::Reader;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Largest file, bytes.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// Kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Technical systems.
    Participant,
    /// Competent authorities.
    Authority,
    /// National registers.
    Register,
}

impl Kind {
    /// All of them, in the order of files.
    pub const ALL: [Self; 3] = [Self::Participant, Self::Authority, Self::Register];

    /// The word for it in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Authority => "authority",
            Self::Register => "register",
        }
    }

    /// The kind of a record.
    pub const fn of(record: &Record) -> Self {
        match record {
            Record::Participant(_) => Self::Participant,
            Record::Authority(_) => Self::Authority,
            Record::Register(_) => Self::Register,
        }
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| "participant, authority or register".into())
    }
}

/// How a directory is written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One file for everything, for people.
    Toml,
    /// One file for everything, for programs.
    Json,
    /// One file for each kind of records, for spreadsheets.
    Csv,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "toml" => Ok(Self::Toml),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err("toml, json or csv".into()),
        }
    }
}

impl Format {
    /// The format that a file's name ends with.
    pub fn of(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.to_ascii_lowercase().parse().ok()
    }
}

/// Reads files, in order, as one directory. Names of certificate files are relative to `certificates`, or to the folder
/// of the file that names them.
///
/// # Errors
/// Every fault of every file; no record is given out then.
pub fn read(files: &[PathBuf], certificates: Option<&Path>) -> Result<Entries, Faults> {
    let mut reader = Reader::default();
    for path in files {
        let Some(format) = Format::of(path) else {
            reader.unreadable(path.clone(), None, "its format is not known", "name it .toml, .json or .csv");
            continue;
        };
        let text = match text_of(path) {
            Ok(text) => text,
            Err((line, reason, remedy)) => {
                reader.unreadable(path.clone(), line, reason, remedy);
                continue;
            }
        };
        let folder = certificates.or_else(|| path.parent()).unwrap_or(Path::new("")).to_owned();
        let text: std::sync::Arc<str> = text.into();
        reader.open(path.clone(), std::sync::Arc::clone(&text), Folder(folder));
        match format {
            Format::Toml => toml::read(&text, &mut reader),
            Format::Json => json::read(&text, &mut reader),
            Format::Csv => csv::read(&text, &mut reader),
        }
    }
    reader.finish()
}

type Unreadable = (Option<usize>, String, &'static str);

/// A file's text, without byte order mark.
fn text_of(path: &Path) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    opened.map_err(|error| (None, error.to_string(), "name a file that can be read"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err((None, format!("it has more than {LARGEST_FILE} bytes"), "import it in parts"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        (Some(line), "it is not UTF-8".into(), "save it as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Records as the text of a file, in the order given; of the kinds named, which for CSV is one.
///
/// # Errors
/// CSV holds one kind, and another number of them is named.
pub fn write(format: Format, kinds: &[Kind], records: &[Record]) -> Result<String, String> {
    match (format, kinds) {
        (Format::Toml, _) => toml::write(kinds, records).map_err(|error| error.to_string()),
        (Format::Json, _) => json::write(kinds, records).map_err(|error| error.to_string()),
        (Format::Csv, [kind]) => csv::write(*kind, records).map_err(|error| error.to_string()),
        (Format::Csv, _) => Err("a table holds records of one kind: name it with --kind".into()),
    }
}

/// One record for people: its fields as TOML, a line each.
///
/// # Errors
/// None in practice: records can be written.
pub fn shown(record: &Record) -> Result<String, String> {
    toml::fields(record).map_err(|error| error.to_string())
}

/// Loads every file of the configuration, in order, as one directory.
///
/// # Errors
/// The first fault, with the number of the others: a file or certificate that cannot be read, a record twice, or
/// records that do not fit together.
pub fn load(settings: &config::Directory) -> Result<Vec<Record>, ConfigError> {
    let entries = read(&settings.files, Some(&settings.certificates)).map_err(|faults| first(&faults))?;
    let records = entries.records().to_vec();
    match Directory::default().plan(records.clone(), Timestamp::now()) {
        Ok(_) => Ok(records),
        Err(faults) => Err(first(&entries.locate(faults))),
    }
}

fn first(faults: &Faults) -> ConfigError {
    let Some(fault) = faults.first.first() else {
        return ConfigError::new(
            "directory.files",
            "cannot be used",
            "gateway directory import --dry-run FILE says more",
        );
    };
    let more = match faults.total {
        1 => String::new(),
        2 => " (and another error: gateway directory import --dry-run tells all)".into(),
        total => format!(" (and {} other errors: gateway directory import --dry-run tells all)", total - 1),
    };
    ConfigError::new(fault.place(), fault.reason.clone() + &more, fault.remedy.clone())
}
