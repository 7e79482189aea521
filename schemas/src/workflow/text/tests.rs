//! Everything that a workflow says is told, within 120 columns.

use super::*;
use crate::workflow::{Workflows, workflows};
use std::path::Path;

fn shipped() -> Workflows {
    workflows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows")).expect("good")
}

#[test]
fn every_party_state_action_and_deadline_is_told_within_120_columns() {
    for workflow in shipped().values() {
        let told = text(workflow);
        let names = workflow.parties.iter().map(|party| party.id.as_str());
        let names = names.chain(workflow.order.iter().map(String::as_str));
        let names = names.chain(workflow.transitions.iter().map(|step| step.action.as_str()));
        let names = names.chain(workflow.deadlines.iter().map(|timer| timer.id.as_str()));
        for name in names.chain([workflow.title.as_str()]) {
            assert!(told.contains(name), "{}: {name}", workflow.id);
        }
        assert!(told.lines().all(|line| line.chars().count() <= WIDTH && line == line.trim_end()), "{told}");
        assert_eq!(told, text(workflow));
    }
}

#[test]
fn a_step_is_told_with_whom_it_reaches_and_under_which_condition() {
    let told = text(&shipped()[&"information-request".parse().expect("a name")]);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let accepted = words(told.split("\nACCEPTED (").nth(1).expect("a state").split("\n\n").next().expect("its steps"));
    assert!(accepted.starts_with("awaits the responder, pending 30 days, inactive 2 months) forward"), "{accepted}");
    assert!(accepted.contains("partial-reply responder PARTIALLY_ANSWERED requester"), "{accepted}");
    assert!(accepted.contains("reply responder ANSWERED requester once every part is answered"), "{accepted}");
    assert!(accepted.contains("withdraw requester WITHDRAWN (end)"), "{accepted}");
    assert!(
        words(&told)
            .contains("Ends CLOSED answered; reached by close WITHDRAWN reached by withdraw Deadlines pending 30 days")
    );
}

#[test]
fn hostile_words_neither_command_the_terminal_nor_leave_its_width() {
    let mut workflow = (*shipped()[&"repository".parse().expect("a name")]).clone();
    workflow.title = format!("\u{1b}]0;owned\u{7}{}", "x".repeat(500));
    workflow.parties[0].title = "\u{202e}\r\n".repeat(100);
    let told = text(&workflow);
    assert!(told.chars().all(|letter| letter == '\n' || !letter.is_control()), "{told:?}");
    assert!(told.lines().all(|line| line.chars().count() <= WIDTH), "{told}");
}
