//! Whether the workflows are fit to be used, and whether they are used: every flaw of every file, workflows that no area
//! has, messages that nobody could send, and steps that no message takes.

use super::{Finding, line_of};
use crate::{
    area::AreaError,
    wire::{AreaId, WorkflowId},
    workflow::{CONSOLIDATE, HUB, Use, Workflow, Workflows, uses, workflows_each},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What was looked at in one workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkflowSummary {
    /// What it is, in English.
    pub title: String,
    /// How many states it has.
    pub states: usize,
    /// How many transitions.
    pub transitions: usize,
    /// The areas that have a message of it.
    pub areas: BTreeSet<AreaId>,
}

/// The findings about workflows, and what was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorkflowReport {
    /// The workflows that are proved.
    pub workflows: BTreeMap<WorkflowId, WorkflowSummary>,
    /// Everything that is wrong, by file and line.
    pub findings: Vec<Finding>,
    /// What may be meant so: steps that no message of any area takes.
    pub remarks: Vec<Finding>,
}

/// Checks the workflows beneath `root`, and what the packs beside them use of them. The error means that nothing could
/// be checked at all.
pub fn workflows(root: &Path) -> Result<WorkflowReport, AreaError> {
    let folder = root.join("workflows");
    let (found, refused) = workflows_each(&folder)?;
    if found.is_empty() && refused.is_empty() {
        return Err(AreaError::new(folder, "it holds no workflow", "name the folder that holds areas/ and workflows/"));
    }
    let (uses, unread) = uses(root)?;
    let mut report = WorkflowReport { workflows: summaries(&found, &uses), ..WorkflowReport::default() };
    report.findings.extend(messages_of_the_hub(&found, &uses));
    if unread.is_empty() {
        for workflow in found.values() {
            let file = folder.join(format!("{}.toml", workflow.id));
            report.findings.extend(unused(&file, workflow, &uses));
            report.remarks.extend(untaken(&file, workflow, &uses));
        }
    }
    report.findings.extend(refused.into_iter().chain(unread).map(Finding::from));
    report.findings.sort();
    report.remarks.sort();
    Ok(report)
}

/// What each workflow is, and who uses it.
pub fn summaries(workflows: &Workflows, uses: &[Use]) -> BTreeMap<WorkflowId, WorkflowSummary> {
    let summary = |workflow: &Workflow| WorkflowSummary {
        title: workflow.title.clone(),
        states: workflow.states.len(),
        transitions: workflow.transitions.len(),
        areas: of(workflow, uses).map(|used| used.area.clone()).collect(),
    };
    workflows.iter().map(|(id, workflow)| (id.clone(), summary(workflow))).collect()
}

fn of<'a>(workflow: &'a Workflow, uses: &'a [Use]) -> impl Iterator<Item = &'a Use> {
    uses.iter().filter(|used| used.workflow == workflow.id)
}

fn unused(file: &Path, workflow: &Workflow, uses: &[Use]) -> Option<Finding> {
    let reason = "no area has a message of this workflow";
    of(workflow, uses).next().is_none().then(|| Finding::new(file, reason, "bind a message to it, or remove it"))
}

/// Messages with an action that only the hub takes: nobody could ever send them. Of a consolidated answer the area
/// brings the document, so it has a message.
fn messages_of_the_hub(workflows: &Workflows, uses: &[Use]) -> Vec<Finding> {
    let is_hubs = |used: &&Use| {
        let workflow = workflows.get(&used.workflow);
        let steps = workflow.into_iter().flat_map(|workflow| &workflow.transitions);
        let mut steps = steps.filter(|step| step.action == used.action).peekable();
        let known = steps.peek().is_some();
        known && used.action.as_str() != CONSOLIDATE && steps.all(|step| step.by.iter().all(|by| by.as_str() == HUB))
    };
    let finding = |used: &Use| {
        let reason = format!(
            "the message {} has the action {} of {}, which is a step of the hub alone",
            used.message, used.action, used.workflow
        );
        Finding::new(PathBuf::from(&used.file), reason, "choose another action, or remove the message").at(used.line)
    };
    uses.iter().filter(is_hubs).map(finding).collect()
}

/// Steps of a workflow in use that no message takes, once for each action.
fn untaken(file: &Path, workflow: &Workflow, uses: &[Use]) -> Vec<Finding> {
    let taken: BTreeSet<_> = of(workflow, uses).map(|used| &used.action).collect();
    let steps = workflow.transitions.iter().filter(|step| step.by.iter().any(|by| by.as_str() != HUB));
    let actions: BTreeSet<_> = steps.map(|step| &step.action).filter(|action| !taken.contains(action)).collect();
    let finding = |action: &crate::wire::ActionName| {
        let reason = format!("no message of any area takes the step {action}");
        let line = line_of(file, &format!("action = \"{action}\""));
        Finding::new(file, reason, "bind a message to it where an act knows the step, or leave it to areas to come")
            .at(line)
    };
    if taken.is_empty() { Vec::new() } else { actions.into_iter().map(finding).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const WORKFLOW: &str = r#"id = "probe"
title = "Probe"
party = [{ id = "asker", title = "Asks" }, { id = "answerer", title = "Answers" }]
state = [{ id = "ASKED", awaits = "answerer" }, { id = "DONE" }]

[[transition]]
action = "open"
by = ["asker"]
to = "ASKED"
addresses = "answerer"

[[transition]]
action = "answer"
by = ["answerer"]
from = ["ASKED"]
to = "DONE"

[[transition]]
action = "time-out"
by = ["hub"]
from = ["ASKED"]
to = "DONE"
"#;

    /// What the check says of files that are written so: a workflow and the messages of an area.
    fn checked(workflow: &str, messages: &[(&str, &str)]) -> WorkflowReport {
        let root = tempfile::tempdir().expect("a folder");
        let area = root.path().join("areas/tested");
        fs::create_dir_all(&area).expect("made");
        fs::create_dir(root.path().join("workflows")).expect("made");
        fs::write(root.path().join("workflows/probe.toml"), workflow).expect("written");
        let message = |(name, action): &(&str, &str)| {
            format!("[[message]]\nname = \"{name}\"\nworkflow = \"probe\"\naction = \"{action}\"\n")
        };
        let pack: String = messages.iter().map(message).collect();
        fs::write(area.join("area.toml"), pack).expect("written");
        workflows(root.path()).expect("checked")
    }

    fn said(findings: &[Finding]) -> String {
        findings.iter().map(|finding| format!("{finding}\n")).collect()
    }

    #[test]
    fn the_workflows_of_the_house_have_no_findings() {
        let report = workflows(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("checked");
        assert_eq!(report.findings, []);
        assert_eq!(report.workflows.len(), 6);
    }

    #[test]
    fn a_workflow_that_every_message_finds_its_step_in_is_good() {
        let report = checked(WORKFLOW, &[("ask", "open"), ("answer", "answer")]);
        assert_eq!((report.findings, report.remarks), (vec![], vec![]));
        let summary = &report.workflows[&"probe".parse().expect("a name")];
        assert_eq!((summary.states, summary.transitions, summary.areas.len()), (2, 3, 1));
    }

    #[test]
    fn what_is_unused_untaken_or_the_hubs_alone_is_told_with_its_place() {
        let report = checked(WORKFLOW, &[]);
        assert!(said(&report.findings).contains("probe.toml: no area has a message"), "{report:?}");
        let report = checked(WORKFLOW, &[("ask", "open"), ("silence", "time-out")]);
        assert!(
            said(&report.findings).contains("area.toml:8: the message silence has the action time-out"),
            "{report:?}"
        );
        assert!(
            said(&report.remarks).contains("probe.toml:13: no message of any area takes the step answer"),
            "{report:?}"
        );
    }

    #[test]
    fn a_flaw_is_a_finding_and_a_pack_that_cannot_be_read_leaves_open_what_is_used() {
        let report = checked(&WORKFLOW.replace("to = \"DONE\"", "to = \"LOST\""), &[]);
        assert!(
            said(&report.findings).contains("probe.toml:12: the transition answer names the state LOST"),
            "{report:?}"
        );
        let report = checked(WORKFLOW, &[("Not a name!", "open")]);
        assert!(matches!(report.findings.as_slice(), [unread] if unread.file.ends_with("area.toml")), "{report:?}");
        assert_eq!(report.remarks, []);
    }

    #[test]
    fn a_folder_without_workflows_cannot_be_checked() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(workflows(root.path()).expect_err("nothing there").to_string().contains("holds no workflow"));
    }
}
