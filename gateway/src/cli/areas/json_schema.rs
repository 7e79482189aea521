//! `gateway areas json-schema`: the JSON Schemas of an area's messages, generated from its XSD.

use super::super::{Failure, Outcome};
use super::load;
use schemas::{
    json::{schema_file, schema_text},
    wire::AreaId,
};
use std::{fs, path::Path};

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// Writes each to areas/<area>/<version>/json/<message>.schema.json instead
    #[arg(long)]
    write: bool,
    /// The area, e.g. imi-pq
    area: AreaId,
}

pub(super) fn execute(path: &Path, options: &Options) -> Outcome {
    let areas = load(path)?;
    let Some(area) = areas.area(&options.area) else {
        return Err(Failure::Other(format!(
            "there is no area {}; gateway areas list names those that there are",
            options.area
        )));
    };
    for message in &area.messages {
        let Some(text) = schema_text(area, message) else {
            eprintln!("{}: skipped, its area has one spelling and brings its own schema", message.message_type);
            continue;
        };
        if options.write {
            let file = path.join(schema_file(message));
            write(&file, &text).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
            eprintln!("{}", file.display());
        } else {
            print!("{text}");
        }
    }
    Ok(true)
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}
