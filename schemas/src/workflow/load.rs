//! Workflows from their files.

use super::{Deliver, Party, State, Transition, Workflow, proof};
use crate::{
    area::{AreaError, entries, toml},
    wire::{ActionName, WorkflowId},
};
use serde::Deserialize;
use std::{collections::BTreeMap, ffi::OsStr, path::Path, sync::Arc};

/// Most workflows that one gateway serves.
const MOST_WORKFLOWS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: WorkflowId,
    title: String,
    state: Vec<FileState>,
    transition: Vec<FileTransition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileState {
    id: String,
    awaits: Option<Party>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTransition {
    action: ActionName,
    by: Vec<Party>,
    #[serde(default)]
    from: Vec<String>,
    to: Option<String>,
    deliver: Deliver,
}

/// Loads and proves every `*.toml` of the folder.
pub(crate) fn workflows(folder: &Path) -> Result<BTreeMap<WorkflowId, Arc<Workflow>>, AreaError> {
    let mut found = BTreeMap::new();
    for file in entries(folder)?.iter().filter(|file| file.extension() == Some(OsStr::new("toml"))) {
        let workflow = workflow(file)?;
        found.insert(workflow.id.clone(), Arc::new(workflow));
    }
    if found.len() > MOST_WORKFLOWS {
        let reason = format!("it holds {} workflows, the limit is {MOST_WORKFLOWS}", found.len());
        return Err(AreaError::new(folder, reason, "remove those that no area uses"));
    }
    Ok(found)
}

fn workflow(file: &Path) -> Result<Workflow, AreaError> {
    let read: File = toml(file)?;
    if file.file_stem() != Some(OsStr::new(read.id.as_str())) {
        let reason = format!("the workflow calls itself {}", read.id);
        return Err(AreaError::new(file, reason, "give file and id the same name"));
    }
    let count = read.state.len();
    let states: BTreeMap<String, State> =
        read.state.into_iter().map(|state| (state.id.clone(), State { id: state.id, awaits: state.awaits })).collect();
    if states.len() != count {
        return Err(AreaError::new(file, "a state is defined twice", "remove one definition"));
    }
    let transitions = read
        .transition
        .into_iter()
        .map(|step| Transition {
            action: step.action,
            by: step.by,
            from: step.from,
            to: step.to,
            deliver: step.deliver,
        })
        .collect();
    let workflow = Workflow { id: read.id, title: read.title, states, transitions };
    proof::prove(&workflow).map_err(|(reason, remedy)| AreaError::new(file, reason, remedy))?;
    Ok(workflow)
}
