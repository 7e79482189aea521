//! `gateway areas`: what the packs say, for operators and integrators.

use super::{ConfigError, Failure, Outcome, json};
use schemas::{
    area::{Area, Areas},
    wire::AreaId,
};
use std::path::Path;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// One line per area
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Loads every pack and compiles every schema
    Check,
    /// Shows one area and its messages
    Show {
        /// The area, e.g. imi-pq
        area: AreaId,
    },
}

pub(super) fn execute(path: &Path, command: &Command) -> Outcome {
    let areas = Areas::load(path).map_err(|error| {
        ConfigError::new("areas", error.to_string(), "name the folder with --path DIR, or mend the pack")
    })?;
    match command {
        Command::List { json } => list(&areas, *json),
        Command::Check => {
            println!("{}: good ({} areas)", path.display(), areas.iter().count());
            Ok(true)
        }
        Command::Show { area } => match areas.area(area) {
            Some(area) => show(area),
            None => {
                Err(Failure::Other(format!("there is no area {area}; gateway areas list names those that there are")))
            }
        },
    }
}

fn title(area: &Area) -> &str {
    area.title.get("en").map_or("", String::as_str)
}

fn list(areas: &Areas, as_json: bool) -> Outcome {
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
                    "retention": area.retention,
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

fn show(area: &Area) -> Outcome {
    println!("{}: {}", area.id, title(area));
    for act in &area.legal_basis {
        println!("  law        {act}");
    }
    println!("  contact    {}", area.contact);
    println!(
        "  retention  blocked {} after {:?}, erased after {} ({})",
        area.retention.rule.block_after,
        area.retention.rule.counted_from,
        area.retention.rule.erase_after,
        area.retention.rule.reference
    );
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
