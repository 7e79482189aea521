//! `gateway areas check`: every fault of the packs, one line each.

use super::super::{ConfigError, Outcome, json};
use crate::config::Config;
use schemas::{
    check::{self, Report},
    wire::AreaId,
};
use std::path::Path;

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// The areas; all of the folder where none is named
    #[arg(value_name = "AREA")]
    areas: Vec<AreaId>,
}

pub(super) fn execute(path: &Path, options: &Options) -> Outcome {
    let limits = Config::default().limits.document();
    let report = check::check(path, &options.areas, limits)
        .map_err(|error| ConfigError::new("areas", error.to_string(), "name the folder with --path DIR"))?;
    if options.json {
        println!("{}", json(&report)?);
    } else {
        print(path, &report);
    }
    Ok(report.findings.is_empty())
}

/// What was looked at, then what is wrong.
fn print(path: &Path, report: &Report) {
    for (area, looked_at) in &report.areas {
        let languages: Vec<String> = looked_at
            .languages
            .values()
            .flatten()
            .filter(|(language, percent)| **percent > 0 && language.as_str() != "en")
            .map(|(language, percent)| format!("{language} {percent} %"))
            .collect();
        let languages = if languages.is_empty() { String::new() } else { format!(", {}", languages.join(", ")) };
        println!(
            "{:<20} {:>3} messages, {:>3} good and {:>3} bad samples{languages}",
            area.as_str(),
            looked_at.messages,
            looked_at.good_samples,
            looked_at.bad_samples
        );
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    match report.findings.len() {
        0 => println!("{}: good ({} areas)", path.display(), report.areas.len()),
        count => println!("{}: {count} findings", path.display()),
    }
}
