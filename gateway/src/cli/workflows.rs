//! `gateway workflows`: the legal procedures, for operators and integrators: which there are, whether they are fit to be
//! used, and what one of them says, as text, drawing or JSON.

use super::{ConfigError, Failure, Outcome, json, print};
use schemas::{
    area::AreaError,
    check::{self, WorkflowReport, WorkflowSummary},
    wire::{AreaId, WorkflowId},
    workflow::{self, Use, Workflow},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// One line per workflow: states and transitions, and the areas that use it
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Finds every flaw of the workflows, and what no area uses of them
    Check {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows one workflow: parties, steps state by state, deadlines
    Show(ShowOptions),
}

#[derive(clap::Args)]
pub(super) struct ShowOptions {
    /// The workflow, e.g. information-request
    workflow: WorkflowId,
    /// Prints the state machine as a drawing (SVG) that stands alone
    #[arg(long, conflicts_with = "json")]
    svg: bool,
    /// Prints JSON, with the messages that are steps of it
    #[arg(long)]
    json: bool,
}

pub(super) fn execute(path: &Path, command: &Command) -> Outcome {
    match command {
        Command::List { json } => list(path, *json),
        Command::Check { json } => check(path, *json),
        Command::Show(options) => show(path, options),
    }
}

fn broken(error: &AreaError) -> ConfigError {
    ConfigError::new("areas", error.to_string(), "name the folder with --path DIR, or mend the workflow")
}

/// What the packs use; those that cannot be read are told to standard error.
fn uses(path: &Path) -> Result<Vec<Use>, ConfigError> {
    let (uses, unread) = workflow::uses(path).map_err(|error| broken(&error))?;
    for error in unread {
        eprintln!("gateway: {error}");
    }
    Ok(uses)
}

fn list(path: &Path, as_json: bool) -> Outcome {
    let workflows = workflow::workflows(&path.join("workflows")).map_err(|error| broken(&error))?;
    let summaries = check::summaries(&workflows, &uses(path)?);
    if as_json {
        let entry = |(id, summary): (&WorkflowId, &WorkflowSummary)| {
            let WorkflowSummary { title, states, transitions, areas } = summary;
            serde_json::json!({
                "workflow": id, "title": title, "states": states, "transitions": transitions, "areas": areas,
            })
        };
        println!("{}", json(&summaries.iter().map(entry).collect::<Vec<_>>())?);
    } else {
        print(&lines(&summaries))?;
    }
    Ok(true)
}

/// One line per workflow, its areas beneath it.
fn lines(summaries: &BTreeMap<WorkflowId, WorkflowSummary>) -> String {
    let mut text = String::new();
    for (id, WorkflowSummary { title, states, transitions, areas }) in summaries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<20} {states:>3} states {transitions:>3} transitions  {title}", id.as_str());
        for line in named(areas) {
            let _ = writeln!(text, "{:<20} {line}", "");
        }
    }
    text
}

/// Names of areas, in lines that a terminal of 120 columns has room for beside the workflow's name.
fn named(areas: &BTreeSet<AreaId>) -> Vec<String> {
    const LONGEST: usize = 98;
    let mut lines = vec![if areas.is_empty() { "used by no area" } else { "used by" }.to_owned()];
    for (index, area) in areas.iter().enumerate() {
        let comma = if index + 1 < areas.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.len() + area.as_str().len() + 2 <= LONGEST => *line += &format!(" {area}{comma}"),
            Some(_) | None => lines.push(format!("{area}{comma}")),
        }
    }
    lines
}

fn check(path: &Path, as_json: bool) -> Outcome {
    let report = check::workflows(path).map_err(|error| broken(&error))?;
    if as_json {
        println!("{}", json(&report)?);
    } else {
        print(&verdict(path, &report))?;
    }
    Ok(report.findings.is_empty())
}

/// What was looked at, then what is wrong, and what may be meant so.
fn verdict(path: &Path, report: &WorkflowReport) -> String {
    let mut text = lines(&report.workflows);
    for remark in &report.remarks {
        let _ = writeln!(text, "remark: {remark}");
    }
    for finding in &report.findings {
        let _ = writeln!(text, "{finding}");
    }
    let remarks = report.remarks.len();
    let _ = match report.findings.len() {
        0 => writeln!(text, "{}: good ({} workflows, {remarks} remarks)", path.display(), report.workflows.len()),
        count => writeln!(text, "{}: {count} findings, {remarks} remarks", path.display()),
    };
    text
}

fn show(path: &Path, options: &ShowOptions) -> Outcome {
    let (found, refused) = workflow::workflows_each(&path.join("workflows")).map_err(|error| broken(&error))?;
    let id = &options.workflow;
    let Some(workflow) = found.get(id) else {
        let file = format!("{id}.toml");
        return Err(match refused.iter().find(|error| error.file.ends_with(&file)) {
            Some(error) => broken(error).into(),
            None => {
                Failure::Other(format!("there is no workflow {id}; gateway workflows list names those that there are"))
            }
        });
    };
    if options.svg {
        return print(&workflow::svg(workflow)).map(|()| true);
    }
    let uses: Vec<Use> = uses(path)?.into_iter().filter(|used| used.workflow == *id).collect();
    if options.json {
        println!("{}", json(&serde_json::json!({ "workflow": **workflow, "messages": uses }))?);
    } else {
        print(&format!("{}{}", workflow::text(workflow), used_by(workflow, &uses)))?;
    }
    Ok(true)
}

/// The areas that use a workflow, each with its messages and what they do.
fn used_by(workflow: &Workflow, uses: &[Use]) -> String {
    let mut areas: BTreeMap<&AreaId, usize> = BTreeMap::new();
    for used in uses.iter().filter(|used| workflow.knows(&used.action)) {
        *areas.entry(&used.area).or_default() += 1;
    }
    let mut text = "\nAreas (gateway areas show AREA names the messages)\n".to_owned();
    for (area, messages) in areas {
        let _ = writeln!(text, "  {:<16} {messages:>3} messages", area.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::PathBuf};

    fn packs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
    }

    fn shown(workflow: &str) -> ShowOptions {
        ShowOptions { workflow: workflow.parse().expect("a name"), svg: false, json: false }
    }

    #[test]
    fn the_workflows_of_the_house_are_listed_checked_and_shown() {
        for command in [
            Command::List { json: false },
            Command::List { json: true },
            Command::Check { json: false },
            Command::Check { json: true },
            Command::Show(shown("alert")),
            Command::Show(ShowOptions { svg: true, ..shown("alert") }),
            Command::Show(ShowOptions { json: true, ..shown("alert") }),
        ] {
            assert!(matches!(execute(&packs(), &command), Ok(true)));
        }
    }

    #[test]
    fn a_flaw_is_a_negative_verdict_and_a_folder_without_workflows_is_bad_configuration() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(matches!(execute(root.path(), &Command::Check { json: false }), Err(Failure::Config(_))));
        fs::create_dir(root.path().join("workflows")).expect("made");
        for name in ["alert", "repository"] {
            let text = fs::read_to_string(packs().join(format!("workflows/{name}.toml"))).expect("read");
            let text = if name == "alert" { text.replace("awaits = \"recipient\"", "") } else { text };
            fs::write(root.path().join(format!("workflows/{name}.toml")), text).expect("written");
        }
        assert!(matches!(execute(root.path(), &Command::Check { json: false }), Ok(false)));
        assert!(matches!(execute(root.path(), &Command::List { json: false }), Err(Failure::Config(_))));
        assert!(matches!(execute(root.path(), &Command::Show(shown("alert"))), Err(Failure::Config(_))));
        assert!(matches!(execute(root.path(), &Command::Show(shown("repository"))), Ok(true)));
        assert!(matches!(execute(root.path(), &Command::Show(shown("no-such"))), Err(Failure::Other(_))));
    }

    #[test]
    fn the_list_names_numbers_titles_and_areas() {
        let report = check::workflows(&packs()).expect("checked");
        let text = lines(&report.workflows);
        assert!(text.contains("broadcast-search       3 states   5 transitions  Broadcast search"), "{text}");
        assert!(text.contains("used by erru, tachonet\n") && text.contains(", resper,\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
}
