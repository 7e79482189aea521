//! Which messages of which areas are steps of which workflow.
//!
//! Reads no more of a pack than that: a pack with other faults still tells what it uses.

use crate::{
    area::{AreaError, entries, line_at, text, toml},
    wire::{ActionName, AreaId, MessageName, WorkflowId},
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};
use toml::Spanned;

/// A message that is a step of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// The area.
    pub area: AreaId,
    /// Its message.
    pub message: MessageName,
    /// The workflow.
    pub workflow: WorkflowId,
    /// What the message does.
    pub action: ActionName,
    /// The pack's file.
    #[serde(skip)]
    pub file: PathBuf,
    /// The line in it that names the action, from 1.
    #[serde(skip)]
    pub line: u32,
}

#[derive(Deserialize)]
struct Pack {
    #[serde(default)]
    message: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    name: MessageName,
    workflow: WorkflowId,
    action: Spanned<ActionName>,
}

/// What every pack beneath `root` uses, by area and in the order of its file, and which packs cannot be read. The error
/// concerns the folder.
pub fn uses(root: &Path) -> Result<(Vec<Use>, Vec<AreaError>), AreaError> {
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for folder in entries(&root.join("areas"))?.iter().filter(|path| path.is_dir()) {
        match uses_of(folder) {
            Ok(uses) => found.extend(uses),
            Err(error) => refused.push(error),
        }
    }
    Ok((found, refused))
}

fn uses_of(folder: &Path) -> Result<Vec<Use>, AreaError> {
    let file = folder.join("area.toml");
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let area =
        AreaId::from_str(&name).map_err(|error| AreaError::new(folder, error.to_string(), "rename the folder"))?;
    let (pack, source): (Pack, String) = (toml(&file)?, text(&file)?);
    let used = |message: Message| Use {
        area: area.clone(),
        message: message.name,
        workflow: message.workflow,
        line: line_at(&source, message.action.span().start),
        action: message.action.into_inner(),
        file: file.clone(),
    };
    Ok(pack.message.into_iter().map(used).collect())
}
