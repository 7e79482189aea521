//! What every workflow must be: unambiguous, each state reachable, each open state left, an end always in reach.

use super::{Deliver, Party, Workflow};
use std::collections::BTreeSet;

type Flaw = (String, &'static str);

/// Proves a workflow, or says what is wrong and what to do.
pub(super) fn prove(workflow: &Workflow) -> Result<(), Flaw> {
    names(workflow)?;
    unambiguous(workflow)?;
    let reached = reach(workflow, opened(workflow));
    if let Some(state) = workflow.states.keys().find(|state| !reached.contains(state.as_str())) {
        return Err((format!("no step leads to the state {state}"), "add a transition to it, or remove it"));
    }
    for state in workflow.states.values() {
        let left = workflow.transitions.iter().any(|step| step.from.contains(&state.id));
        let ends = reach(workflow, [state.id.as_str()].into())
            .into_iter()
            .any(|reached| workflow.states[reached].awaits.is_none());
        match (state.awaits, left, ends) {
            (None, true, _) => {
                let reason = format!("the state {} awaits nobody, yet a step leaves it", state.id);
                return Err((reason, "say whom it awaits, or remove the step"));
            }
            (Some(_), _, false) => {
                return Err((
                    format!("from the state {} no end can be reached", state.id),
                    "add a transition that ends it",
                ));
            }
            (None, false, _) | (Some(_), _, true) => {}
        }
    }
    Ok(())
}

fn names(workflow: &Workflow) -> Result<(), Flaw> {
    if !workflow.transitions.iter().any(|step| step.from.is_empty()) {
        return Err(("no transition opens an exchange".into(), "add a transition without from"));
    }
    for step in &workflow.transitions {
        let unknown = step.from.iter().chain(&step.to).find(|state| !workflow.states.contains_key(*state));
        if let Some(state) = unknown {
            return Err((
                format!("the transition {} names the state {state}, which does not exist", step.action),
                "add the state, or correct the name",
            ));
        }
        if step.by.is_empty() {
            return Err((format!("nobody may take the step {}", step.action), "name a party under by"));
        }
        if step.from.is_empty() {
            let addressed = matches!(step.deliver, Deliver::Addressee | Deliver::Addressees);
            if step.by != [Party::Initiator] || step.to.is_none() || !addressed {
                let reason =
                    format!("the opening step {} is not by the initiator, to a state, to addressees", step.action);
                return Err((reason, "write by = [\"initiator\"], to, and deliver = \"addressee\" or \"addressees\""));
            }
        }
    }
    Ok(())
}

fn unambiguous(workflow: &Workflow) -> Result<(), Flaw> {
    let mut seen = BTreeSet::new();
    for step in &workflow.transitions {
        let from: Vec<&str> =
            if step.from.is_empty() { vec!["(opening)"] } else { step.from.iter().map(String::as_str).collect() };
        for state in from {
            for party in &step.by {
                if !seen.insert((state, *party, step.action.as_str())) {
                    let reason = format!("in {state} the {party} may take the step {} in two ways", step.action);
                    return Err((reason, "remove one transition"));
                }
            }
        }
    }
    Ok(())
}

fn opened(workflow: &Workflow) -> BTreeSet<&str> {
    workflow.transitions.iter().filter(|step| step.from.is_empty()).filter_map(|step| step.to.as_deref()).collect()
}

/// Everything that can be reached from these states, themselves included.
fn reach<'a>(workflow: &'a Workflow, mut reached: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    loop {
        let more: BTreeSet<&str> = workflow
            .transitions
            .iter()
            .filter(|step| step.from.iter().any(|from| reached.contains(from.as_str())))
            .filter_map(|step| step.to.as_deref())
            .filter(|to| !reached.contains(to))
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::workflows;
    use std::fs;

    const GOOD: &str = r#"id = "probe"
title = "Probe"

[[state]]
id = "ASKED"
awaits = "counterpart"

[[state]]
id = "DONE"

[[transition]]
action = "open"
by = ["initiator"]
to = "ASKED"
deliver = "addressee"

[[transition]]
action = "answer"
by = ["counterpart"]
from = ["ASKED"]
to = "DONE"
deliver = "others"
"#;

    fn refusal(old: &str, new: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(GOOD.contains(old), "{old}");
        fs::write(folder.path().join("probe.toml"), GOOD.replacen(old, new, 1)).expect("written");
        match workflows(folder.path()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_workflow_that_proves_itself_is_taken_and_every_flaw_is_named() {
        assert_eq!(refusal("Probe", "Probe"), "");
        for (old, new, says) in [
            ("id = \"probe\"", "id = \"other\"", "calls itself other"),
            ("id = \"DONE\"", "id = \"DONE\"\nawaits = \"initiator\"", "no end can be reached"),
            ("id = \"ASKED\"\nawaits = \"counterpart\"", "id = \"ASKED\"", "yet a step leaves it"),
            ("to = \"ASKED\"", "to = \"DONE\"", "no step leads to the state ASKED"),
            ("from = [\"ASKED\"]", "from = [\"LOST\"]", "names the state LOST"),
            ("by = [\"counterpart\"]", "by = []", "nobody may take"),
            ("by = [\"counterpart\"]", "by = [\"counterpart\", \"counterpart\"]", "in two ways"),
            ("deliver = \"addressee\"", "deliver = \"others\"", "the opening step"),
            ("deliver = \"others\"", "deliver = \"all\"", "unknown variant"),
            ("title", "colour", "unknown field"),
        ] {
            let error = refusal(old, new);
            assert!(error.contains(says), "{new}: {error:?}");
        }
    }
}
