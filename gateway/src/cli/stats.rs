//! `gateway stats`: figures about what the store holds.

use super::{ConfigError, Failure, Outcome, StoreOption, json};
use crate::directory::statistics::{self, AuthorityCounts, MissingProfessions, ProfessionGaps};
use schemas::area::Areas;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Authorities of each state in imi-pq, in imi-services and in both (annual report 2010, Figure 2)
    Authorities(Options),
    /// Professions of imi-pq without an authority, for each state (annual report 2010, Figure 4)
    Professions {
        /// Folder that holds areas/ and common/; without it, the configuration's, or schemas
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
        #[command(flatten)]
        options: Options,
    },
}

#[derive(clap::Args)]
pub(super) struct Options {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOption,
}

pub(super) fn execute(command: &Command) -> Outcome {
    match command {
        Command::Authorities(options) => {
            let counts = statistics::authorities(&options.store.directory()?.directory);
            println!("{}", if options.json { json(&counts)? } else { authorities(&counts) });
        }
        Command::Professions { path, options } => {
            let professions = professions_of(path.as_ref(), options)?;
            let gaps = statistics::professions(&options.store.directory()?.directory, professions);
            println!("{}", if options.json { json(&gaps)? } else { self::professions(&gaps) });
        }
    }
    Ok(true)
}

fn professions_of(path: Option<&PathBuf>, options: &Options) -> Result<Vec<String>, Failure> {
    let path = match (path, &options.store.database) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => "schemas".into(),
        (None, None) => options.store.config.load()?.areas.path,
    };
    let wrong = |problem: String| ConfigError::file(&path, problem, "name the folder of the packs with --path DIR");
    let only = ["imi-pq".parse().map_err(|error| Failure::Other(format!("{error}")))?];
    let (areas, problems) = Areas::load_each(&path, &only).map_err(|error| wrong(error.to_string()))?;
    let professions = statistics::professions_of(&areas);
    if professions.is_empty() {
        let problem = problems.first().map_or("imi-pq has no labels of professions".into(), ToString::to_string);
        return Err(wrong(problem).into());
    }
    Ok(professions)
}

fn authorities(counts: &AuthorityCounts) -> String {
    let mut text = format!("{:<8}{:>12}{:>14}{:>8}{:>8}\n", "", "imi-pq only", "services only", "both", "total");
    let rows = counts.rows.iter().map(|row| (row.country.as_str(), row.count));
    for (country, count) in rows.chain([("total", counts.total)]) {
        text += &format!(
            "{country:<8}{:>12}{:>14}{:>8}{:>8}\n",
            count.pq_only, count.services_only, count.both, count.total
        );
    }
    text.trim_end().to_owned()
}

fn professions(gaps: &ProfessionGaps) -> String {
    let line = |row: &MissingProfessions| match (&row.covered_by, row.count) {
        (Some(coordinator), _) => format!("{:<4} all, by {coordinator}", row.country),
        (None, 0) => format!("{:<4} none missing", row.country),
        (None, count) => format!("{:<4} {count} missing: {}", row.country, row.missing.join(", ")),
    };
    let lines = gaps.rows.iter().map(line);
    lines.chain([format!("of {} professions", gaps.professions.len())]).collect::<Vec<_>>().join("\n")
}
