//! Words that the text and the drawing of a workflow share: who, under which condition, what when time passes.

use super::{HUB, Party, Receiver, Requirement, Timer, Transition, Workflow};
use crate::{area::OnMiss, wire::PartyName};
use std::collections::BTreeSet;

/// From how many parties on "any party" says more than their names.
const MANY_PARTIES: usize = 3;

/// Steps that are alike but for their action.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alike<'a> {
    pub by: &'a [PartyName],
    pub guards: Vec<&'static str>,
    /// Indices of the steps.
    pub steps: Vec<usize>,
}

/// Steps by who may take them and under which guard, in the order of the first of each kind.
pub(super) fn alike<'a>(workflow: &'a Workflow, steps: &[usize]) -> Vec<Alike<'a>> {
    let mut found: Vec<Alike<'a>> = Vec::new();
    for index in steps {
        let step = &workflow.transitions[*index];
        let guards = guards(step);
        match found.iter_mut().find(|alike| alike.by == step.by && alike.guards == guards) {
            Some(alike) => alike.steps.push(*index),
            None => found.push(Alike { by: &step.by, guards, steps: vec![*index] }),
        }
    }
    found
}

/// What must hold besides the state.
pub(super) fn guards(step: &Transition) -> Vec<&'static str> {
    let within = step.within_country.then_some("within the own country");
    within.into_iter().chain(step.requires.map(requirement)).collect()
}

fn requirement(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::PartsAnswered => "once every part is answered",
    }
}

/// Who may take a step.
pub(super) fn by(workflow: &Workflow, parties: &[PartyName]) -> String {
    let all = workflow.parties.iter().all(|party| parties.contains(&party.id));
    if all && parties.len() >= MANY_PARTIES && parties.iter().all(|party| party.as_str() != HUB) {
        return "any party".to_owned();
    }
    listed(parties.iter().map(PartyName::as_str))
}

/// Names, with commas between them.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// To whom a step's message goes.
pub(super) fn receivers(step: &Transition) -> String {
    let word = |receiver: &Receiver| match receiver {
        Receiver::Addressed => "whom it names".to_owned(),
        Receiver::Party(party) => party.to_string(),
    };
    if step.deliver.is_empty() {
        return "the hub alone".to_owned();
    }
    step.deliver.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What else there is to know about a step: whom it names, and what must or may be.
pub(super) fn conditions(step: &Transition) -> Vec<String> {
    let names = step.addresses.as_ref().map(|party| {
        let within = if step.within_country { ", within the own country" } else { "" };
        format!("names the {party}{within}")
    });
    let requires = step.requires.map(requirement).map(str::to_owned);
    let selective = step.selective.then(|| "may name some of them only".to_owned());
    let revises = step.revises.then(|| "makes a numbered revision".to_owned());
    [names, requires, selective, revises].into_iter().flatten().collect()
}

/// A party: what it is, and what follows from it.
pub(super) fn party(workflow: &Workflow, party: &Party) -> String {
    let opens = (*workflow.opener() == party.id).then(|| "opens exchanges".to_owned());
    let many = party.many.then(|| "one or more".to_owned());
    let stands = party.coordinates.as_ref().map(|other| format!("found by the hub for the {other}"));
    let more: Vec<String> = [opens, many, stands].into_iter().flatten().collect();
    if more.is_empty() { party.title.clone() } else { format!("{} ({})", party.title, more.join("; ")) }
}

/// What happens when a deadline passes.
pub(super) fn on_miss(on_miss: OnMiss) -> &'static str {
    match on_miss {
        OnMiss::Remind => "who is awaited is reminded",
        OnMiss::Escalate => "who is awaited is reminded, and the coordinators are told",
        OnMiss::TimeOut => "the hub answers instead (time-out)",
        OnMiss::Close => "the hub closes the exchange (close)",
        OnMiss::Consolidate => "the hub puts the answers into one (consolidate)",
        OnMiss::Record => "it is recorded",
    }
}

/// Where a deadline runs.
pub(super) fn running_in(workflow: &Workflow, timer: &Timer) -> String {
    let running: BTreeSet<&String> = timer.states.iter().collect();
    let open: BTreeSet<&String> = workflow.order.iter().filter(|state| workflow.awaits(state).is_some()).collect();
    if running == open && open.len() > 1 {
        return "every open state".to_owned();
    }
    listed(workflow.order.iter().filter(|state| running.contains(state)).map(String::as_str))
}

/// A deadline in a sentence, without its name and provision.
pub(super) fn deadline(workflow: &Workflow, timer: &Timer) -> String {
    let again = if timer.repeats { format!("; again every {}", timer.within) } else { String::new() };
    format!("{} in {}: {}{again}", timer.within, running_in(workflow, timer), on_miss(timer.on_miss))
}

/// Text from a file as it may be shown: control characters would command a terminal and break XML.
pub(super) fn printable(text: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let harmful = |letter: char| {
        letter.is_control() || turns(letter) || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}')
    };
    let shown = |letter: char| match letter {
        '\n' | '\t' => ' ',
        harmless if !harmful(harmless) => harmless,
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(shown).collect()
}

/// Text in lines of at most so many characters, broken at blanks; a word that is longer is cut.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    wrapped_by(text, most, |_| 1)
}

/// Text in lines of at most this size, where each letter has the size that it is said to have.
pub(super) fn wrapped_by(text: &str, most: usize, size: impl Fn(char) -> usize) -> Vec<String> {
    let (mut lines, mut line, mut length) = (Vec::new(), String::new(), 0);
    for word in text.split_whitespace() {
        let needed = size(' ') + word.chars().map(&size).sum::<usize>();
        if length > 0 && length + needed > most {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if length > 0 {
            line.push(' ');
            length += size(' ');
        }
        for letter in word.chars() {
            if length > 0 && length + size(letter) > most {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(letter);
            length += size(letter);
        }
    }
    lines.extend((!line.is_empty()).then_some(line));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_blanks_and_long_words_are_cut() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("a bcdef", 4), ["a", "bcde", "f"]);
        assert!(wrapped(" ", 4).is_empty());
    }

    #[test]
    fn what_would_command_a_terminal_or_turn_the_text_round_is_not_shown() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\nd"), "a\u{fffd}[31mb\u{fffd}c d");
    }
}
