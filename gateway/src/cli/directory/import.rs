//! `gateway directory import`

use super::{
    Failure, Outcome, StoreOption,
    actor::{ActorOption, line},
    change::{Author, Mode, Refusal, change},
    json, print,
    report::{Spelling, report},
};
use crate::directory::{
    Directory,
    change::Key,
    files::{self, Entries, Faults, Kind},
};
use std::{collections::HashSet, path::PathBuf};

pub(super) const HELP: &str = "Brings the records of files in: all of them, or none and every error with its place.

TOML and JSON hold participants, authorities and registers ({\"participant\": [], \"authority\": [], \"register\": []});
a CSV file holds one kind, which its header tells: authorities have a column `participant`, registers a column
`authority`, participants neither. `gateway directory export` shows every key and column.

A record in a file is the whole record: what it leaves out is not kept. Importing twice changes nothing the second time.

In CSV, lists have `;` between their items, texts in languages a column each (name.en, name.pl), areas the form
imi-pq:requester+responder:2008-02-18;imi-services:responder, revoked certificates PEM|TIME|REASON.
A certificate is a PEM text, or the name of a file in the folder of certificates.";

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// Files that end in .toml, .json or .csv; together they are one import
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Tells what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Removes the records that the files do not hold, of those kinds that the files speak of
    #[arg(long)]
    remove_missing: bool,
    /// Folder that names of certificate files are relative to; without it, the folder of the file that names them
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: ActorOption,
    #[command(flatten)]
    store: StoreOption,
}

pub(super) fn execute(options: &Options) -> Outcome {
    match import(options) {
        Ok(report) => {
            print(&format!("{report}\n"))?;
            Ok(true)
        }
        Err(Refusal::Files(faults)) => {
            refuse(options, &faults)?;
            Ok(false)
        }
        Err(Refusal::Failure(failure)) => Err(failure),
    }
}

fn import(options: &Options) -> Result<String, Refusal> {
    let entries = files::read(&options.files, options.certificates.as_deref()).map_err(Refusal::Files)?;
    let author = Author { actor: options.actor.name(), reason: options.reason.clone() };
    let mode = if options.dry_run { Mode::Rehearse } else { Mode::Record };
    let done = change(&options.store, author, mode, |directory, now| {
        let removed = if options.remove_missing { missing(directory, &entries) } else { Vec::new() };
        match directory.plan_with_removals(entries.records().to_vec(), &removed, now) {
            Ok((_, changes)) => Ok(changes),
            Err(faults) => Err(Refusal::Files(entries.locate(faults))),
        }
    })?;
    Ok(report(&done, entries.records().len(), options.dry_run, options.json.into())?)
}

/// What the directory holds and the files do not, of the kinds that they speak of.
fn missing(directory: &Directory, entries: &Entries) -> Vec<Key> {
    let there: HashSet<Key> = entries.records().iter().map(|record| record.key()).collect();
    let spoken_of = directory.records().filter(|record| entries.covers(Kind::of(record)));
    spoken_of.map(|record| record.key()).filter(|key| !there.contains(key)).collect()
}

fn refuse(options: &Options, faults: &Faults) -> Result<(), Failure> {
    match Spelling::from(options.json) {
        Spelling::Json => print(&format!("{}\n", json(faults)?))?,
        Spelling::Text => eprintln!("{faults}"),
    }
    Ok(())
}
