//! `gateway areas`: what the packs say, for operators and integrators.

mod check;
mod json_schema;
mod new;

use super::{ConfigError, Failure, Outcome, json};
use schemas::{
    area::{Area, Areas},
    check::completeness,
    wire::AreaId,
};
use std::{collections::BTreeSet, path::Path};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// One line per area
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Finds every fault of the packs: schemas, rules, samples, labels, and what else can be proved
    Check(check::Options),
    /// Writes the skeleton of a pack, which passes the check, for its author to fill
    New {
        /// The area, e.g. my-area
        area: AreaId,
    },
    /// Prints the JSON Schemas of an area's messages, generated from its XSD
    JsonSchema(json_schema::Options),
    /// Shows one area and its messages
    Show {
        /// The area, e.g. imi-pq
        area: AreaId,
    },
}

pub(super) fn execute(path: &Path, command: &Command) -> Outcome {
    match command {
        Command::List { json } => list(path, &load(path)?, *json),
        Command::Check(options) => check::execute(path, options),
        Command::New { area } => new::execute(path, area),
        Command::JsonSchema(options) => json_schema::execute(path, options),
        Command::Show { area } => match load(path)?.area(area) {
            Some(area) => show(area),
            None => {
                Err(Failure::Other(format!("there is no area {area}; gateway areas list names those that there are")))
            }
        },
    }
}

fn load(path: &Path) -> Result<Areas, ConfigError> {
    Areas::load(path).map_err(|error| {
        ConfigError::new("areas", error.to_string(), "name the folder with --path DIR, or mend the pack")
    })
}

fn title(area: &Area) -> &str {
    area.title.get("en").map_or("", String::as_str)
}

fn list(path: &Path, areas: &Areas, as_json: bool) -> Outcome {
    if as_json {
        let entries: Vec<_> = areas
            .iter()
            .map(|area| {
                serde_json::json!({
                    "area": area.id,
                    "title": area.title,
                    "status": area.status,
                    "versions": area.versions.iter().map(|version| version.number).collect::<Vec<_>>(),
                    "messages": area.messages.iter().map(|message| &message.message_type).collect::<Vec<_>>(),
                    "languages": completeness(path, areas, &area.id).into_values().next_back(),
                    "workflows": workflows(area),
                    "retention": area.retention,
                    "deadlines": area.deadlines,
                    "schema_digests": area.schema_digests(),
                })
            })
            .collect();
        println!("{}", json(&entries)?);
    } else {
        for area in areas.iter() {
            println!("{:<16} {:>3} messages  {}", area.id.as_str(), area.messages.len(), title(area));
        }
    }
    Ok(true)
}

/// A word as the packs write it.
fn word(value: impl serde::Serialize) -> String {
    let text = serde_json::to_value(value).ok();
    text.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// The procedures that messages of the area are steps of.
fn workflows(area: &Area) -> BTreeSet<&str> {
    area.messages.iter().map(|message| message.workflow.as_str()).collect()
}

fn show(area: &Area) -> Outcome {
    println!("{}: {}", area.id, title(area));
    for act in &area.legal_basis {
        println!("  law        {act}");
    }
    println!("  contact    {}", area.contact);
    println!(
        "  retention  blocked {} after {}, erased after {} ({})",
        area.retention.rule.block_after,
        word(area.retention.rule.counted_from),
        area.retention.rule.erase_after,
        area.retention.rule.reference
    );
    for (messages, keeping) in &area.retention.exceptions {
        let names: Vec<&str> = messages.iter().map(|message| message.as_str()).collect();
        println!(
            "             {}: blocked {} after {}, erased after {} ({})",
            names.join(", "),
            keeping.block_after,
            word(keeping.counted_from),
            keeping.erase_after,
            keeping.reference
        );
    }
    for deadline in &area.deadlines {
        println!(
            "  deadline   {}: {} after {}, then {} ({})",
            deadline.id,
            deadline.within,
            deadline.after,
            word(deadline.on_miss),
            deadline.reference
        );
    }
    for version in &area.versions {
        if let Some(only) = version.only_spelling() {
            println!("  spelling   version {}: {} only, by {}", version.number, only.as_str(), version.schema);
        }
        for rule in &version.rules {
            println!("  rule       {}: {} ({})", rule.id, rule.text, rule.reference);
        }
        for (code, question) in &version.questions {
            println!("  question   {code}: {} ({})", question.text, question.reference);
        }
    }
    for message in &area.messages {
        println!(
            "  {:<50} <{}> {} {}, from {:?} to {:?}",
            message.message_type.to_string(),
            message.root,
            message.workflow,
            message.action,
            message.senders,
            message.receivers
        );
    }
    Ok(true)
}
