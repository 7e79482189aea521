//! `gateway directory export` and `show`: what the directory holds.

use super::{Failure, Outcome, StoreOption, json, print};
use crate::directory::{
    Directory, Participant,
    change::{Key, Record},
    files::{self, Format, Kind},
};
use certs::inspect::inspect_pem;
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// toml, json or csv; without it, as the name of --out ends, or toml
    #[arg(long)]
    format: Option<Format>,
    /// Only this kind: participant, authority or register; CSV holds one
    #[arg(long)]
    kind: Vec<Kind>,
    /// The file to write; without it, standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    store: StoreOption,
}

pub(super) fn export(options: &Options) -> Outcome {
    let by_name = || options.out.as_deref().and_then(Format::of);
    let format = options.format.or_else(by_name).unwrap_or(Format::Toml);
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| options.kind.is_empty() || options.kind.contains(kind)).collect();
    let records: Vec<Record> = options.store.directory()?.directory.records().collect();
    let text = files::write(format, &kinds, &records).map_err(Failure::Other)?;
    match &options.out {
        Some(path) => write_whole(path, &text)?,
        None => print(&text)?,
    }
    Ok(true)
}

/// Beside it first: a file that is there already is replaced as a whole, or not at all.
fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| Failure::Other(format!("{}: {error}; name a file that can be written", path.display())))
}

#[derive(clap::Args)]
pub(in crate::cli) struct ShowOptions {
    /// A participant, an authority or a register
    #[arg(value_name = "ID")]
    id: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOption,
}

pub(super) fn show(options: &ShowOptions) -> Outcome {
    let directory = options.store.directory()?.directory;
    let found: Vec<Record> = keys(&options.id).into_iter().filter_map(|key| directory.record(&key)).collect();
    if options.json {
        print(&format!("{}\n", json(&found.iter().map(|record| entry(record, &directory)).collect::<Vec<_>>())?))?;
    } else {
        let texts: Vec<String> = found.iter().map(|record| shown(record, &directory)).collect::<Result<_, _>>()?;
        if !texts.is_empty() {
            print(&format!("{}\n", texts.join("\n")))?;
        }
    }
    if found.is_empty() {
        eprintln!("gateway: nobody and nothing has the id {}; gateway directory export lists all", options.id);
    }
    Ok(!found.is_empty())
}

fn keys(id: &str) -> Vec<Key> {
    let participant = id.parse().ok().map(Key::Participant);
    let authority = id.parse().ok().map(Key::Authority);
    participant.into_iter().chain(authority).chain([Key::Register(id.to_owned())]).collect()
}

fn entry(record: &Record, directory: &Directory) -> serde_json::Value {
    let mut entry = serde_json::json!({ "kind": Kind::of(record).as_str(), "record": record_value(record) });
    if let Record::Participant(participant) = record {
        entry["certificates"] = certificates(participant).into_iter().map(|(_, fact)| fact).collect();
        entry["serves"] = directory.served_by(&participant.id).map(|authority| authority.id.as_str()).collect();
    }
    entry
}

fn record_value(record: &Record) -> serde_json::Value {
    match record {
        Record::Participant(participant) => serde_json::json!(participant),
        Record::Authority(authority) => serde_json::json!(authority),
        Record::Register(register) => serde_json::json!(register),
    }
}

fn shown(record: &Record, directory: &Directory) -> Result<String, Failure> {
    let mut text = format!("[{}]\n", Kind::of(record).as_str());
    if let Record::Participant(participant) = record {
        for (line, _) in certificates(participant) {
            text += &format!("# {line}\n");
        }
        let serves = directory.served_by(&participant.id).count();
        text += &format!("# serves {serves} authorities\n");
    }
    Ok(text + &files::shown(record).map_err(Failure::Other)?)
}

/// What is said of each certificate, for people and for programs.
fn certificates(participant: &Participant) -> Vec<(String, serde_json::Value)> {
    let read = participant.certificates.iter().filter_map(|held| {
        let certificate = inspect_pem(held.pem.as_bytes()).ok()?.into_iter().next()?;
        let mut line = format!(
            "certificate {} serial {}, valid from {} to {}, by {}",
            certificate.sha256, certificate.serial, certificate.not_before, certificate.not_after, certificate.issuer
        );
        if let Some(revoked) = &held.revoked {
            line += &format!("; revoked {}: {}", revoked.at, revoked.reason);
        }
        let fact = serde_json::json!({
            "sha256": certificate.sha256,
            "serial": certificate.serial,
            "issuer": certificate.issuer,
            "not_before": certificate.not_before,
            "not_after": certificate.not_after,
            "revoked": held.revoked,
        });
        Some((line, fact))
    });
    read.collect()
}
