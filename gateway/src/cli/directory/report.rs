//! Tells what was changed.

use super::{Failure, change::Done, json};
use crate::directory::{change::Change, diff::FieldChange};
use serde::Serialize;

/// Most changes that are told one by one to people; programs get all.
const MOST_TOLD: usize = 100;

#[derive(Serialize)]
struct Report<'a> {
    new: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
    dry_run: bool,
    version: u64,
    changes: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    kind: &'a str,
    id: &'a str,
    change: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldChange>,
}

/// How a report is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Text,
    Json,
}

impl From<bool> for Spelling {
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

fn word(change: &Change) -> &'static str {
    match (&change.before, &change.after) {
        (None, _) => "new",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
    }
}

/// The report on what became of `asked` records.
pub(super) fn report(done: &Done, asked: usize, is_rehearsal: bool, spelling: Spelling) -> Result<String, Failure> {
    let count = |wanted: &str| done.changes.iter().filter(|change| word(change) == wanted).count();
    let (new, changed, removed) = (count("new"), count("changed"), count("removed"));
    let unchanged = asked.saturating_sub(new + changed);
    let told = |change| told(change).map_err(|error| Failure::Other(error.to_string()));
    if spelling == Spelling::Json {
        let changes = done.changes.iter().map(told).collect::<Result<_, _>>()?;
        return json(&Report {
            new,
            changed,
            removed,
            unchanged,
            dry_run: is_rehearsal,
            version: done.version,
            changes,
        });
    }
    let mut text = String::new();
    for change in done.changes.iter().take(MOST_TOLD) {
        let told = told(change)?;
        text += &format!("{:<8} {} {}\n", told.change, told.kind, told.id);
        for field in &told.fields {
            text += &format!("           {}\n", field.text());
        }
    }
    if done.changes.len() > MOST_TOLD {
        text += &format!("… and {} more\n", done.changes.len() - MOST_TOLD);
    }
    let removed = if removed > 0 { format!(", {removed} removed") } else { String::new() };
    let note = if is_rehearsal { " (nothing was changed: --dry-run)" } else { "" };
    Ok(format!("{text}{new} new, {changed} changed{removed}, {unchanged} unchanged{note}"))
}

fn told(change: &Change) -> Result<Told<'_>, serde_json::Error> {
    let word = word(change);
    let fields = if word == "changed" { change.fields()? } else { Vec::new() };
    Ok(Told { kind: change.key.kind(), id: change.key.id(), change: word, fields })
}
