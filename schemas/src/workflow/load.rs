//! Workflows from their files, each fault with its line.

use super::{Party, Receiver, Requirement, State, Timer, Transition, Workflow, proof};
use crate::{
    area::{AreaError, entries, toml},
    wire::{ActionName, PartyName, WorkflowId},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::Spanned;

/// Most workflows that one gateway serves.
const MOST_WORKFLOWS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: WorkflowId,
    title: String,
    party: Vec<Party>,
    state: Vec<Spanned<FileState>>,
    transition: Vec<Spanned<FileTransition>>,
    #[serde(default)]
    deadline: Vec<Spanned<Timer>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileState {
    id: String,
    awaits: Option<PartyName>,
    #[serde(default)]
    answered: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTransition {
    action: ActionName,
    by: Vec<PartyName>,
    #[serde(default)]
    from: Vec<String>,
    to: Option<String>,
    addresses: Option<PartyName>,
    #[serde(default)]
    within_country: bool,
    #[serde(default)]
    deliver: Vec<Receiver>,
    #[serde(default)]
    selective: bool,
    #[serde(default)]
    revises: bool,
    requires: Option<Requirement>,
}

/// Loads and proves every `*.toml` of a folder; the first that has a flaw is the error.
pub fn workflows(folder: &Path) -> Result<Workflows, AreaError> {
    let (found, mut refused) = workflows_each(folder)?;
    if refused.is_empty() { Ok(found) } else { Err(refused.swap_remove(0)) }
}

/// Workflows by name.
pub type Workflows = BTreeMap<WorkflowId, Arc<Workflow>>;

/// Loads and proves every `*.toml` of a folder, and says of each that has a flaw what the first one is. The error
/// concerns the folder.
pub fn workflows_each(folder: &Path) -> Result<(Workflows, Vec<AreaError>), AreaError> {
    let files: Vec<PathBuf> =
        entries(folder)?.into_iter().filter(|file| file.extension() == Some(OsStr::new("toml"))).collect();
    if files.len() > MOST_WORKFLOWS {
        let reason = format!("it holds {} workflows, the limit is {MOST_WORKFLOWS}", files.len());
        return Err(AreaError::new(folder, reason, "remove those that no area uses"));
    }
    let (mut found, mut refused) = (BTreeMap::new(), Vec::new());
    for file in &files {
        match workflow(file) {
            Ok(workflow) => {
                found.insert(workflow.id.clone(), Arc::new(workflow));
            }
            Err(error) => refused.push(error),
        }
    }
    Ok((found, refused))
}

/// Where in the file the pieces of a workflow stand, as bytes from its beginning.
pub(super) struct Places {
    pub states: Vec<usize>,
    pub transitions: Vec<usize>,
    pub deadlines: Vec<usize>,
}

fn workflow(file: &Path) -> Result<Workflow, AreaError> {
    let read: File = toml(file)?;
    if file.file_stem() != Some(OsStr::new(read.id.as_str())) {
        let reason = format!("the workflow calls itself {}", read.id);
        return Err(AreaError::new(file, reason, "give file and id the same name"));
    }
    let begin = |span: std::ops::Range<usize>| span.start;
    let places = Places {
        states: read.state.iter().map(|state| begin(state.span())).collect(),
        transitions: read.transition.iter().map(|step| begin(step.span())).collect(),
        deadlines: read.deadline.iter().map(|timer| begin(timer.span())).collect(),
    };
    let (workflow, states) = assembled(read);
    proof::prove(&workflow, &states).map_err(|flaw| {
        let source = fs::read_to_string(file).unwrap_or_default();
        let line = flaw.place.byte(&places).map(|byte| line_at(&source, byte));
        AreaError::new(file, flaw.reason, flaw.remedy).at_line(line)
    })?;
    Ok(workflow)
}

fn line_at(source: &str, byte: usize) -> u32 {
    let before = source.as_bytes().get(..byte).unwrap_or_default();
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// The workflow, and its states as they were written, with repetitions.
fn assembled(read: File) -> (Workflow, Vec<State>) {
    let state = |state: Spanned<FileState>| {
        let FileState { id, awaits, answered } = state.into_inner();
        State { id, awaits, answered }
    };
    let written: Vec<State> = read.state.into_iter().map(state).collect();
    let transition = |step: Spanned<FileTransition>| {
        let step = step.into_inner();
        Transition {
            action: step.action,
            by: step.by,
            from: step.from,
            to: step.to,
            addresses: step.addresses,
            within_country: step.within_country,
            deliver: step.deliver,
            selective: step.selective,
            revises: step.revises,
            requires: step.requires,
        }
    };
    let workflow = Workflow {
        id: read.id,
        title: read.title,
        parties: read.party,
        states: written.iter().map(|state| (state.id.clone(), state.clone())).collect(),
        order: written.iter().map(|state| state.id.clone()).collect(),
        transitions: read.transition.into_iter().map(transition).collect(),
        deadlines: read.deadline.into_iter().map(Spanned::into_inner).collect(),
    };
    (workflow, written)
}
